//! Echo on tokio as its users write it: a task per connection, two workers.
//!
//! Two workers because the Wharf server of the tables has two. Nothing is tuned: what tokio does with a handler that
//! blocks is part of what is measured.

use std::io;

use rivals::{BACKLOG, BUFFER, Options, announce};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime;

fn main() -> io::Result<()> {
    let options = Options::from_args();
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_io().build()?;
    // The accept loop is a task too: under block_on it would run on a third thread.
    runtime.block_on(async move { tokio::spawn(serve(options)).await.expect("serve panicked") })
}

async fn serve(options: Options) -> io::Result<()> {
    let socket = if options.addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(options.addr)?;
    let listener = socket.listen(BACKLOG.unsigned_abs())?;
    announce(listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        // A connection that fails has nobody to tell but its client, who sees it closed.
        tokio::spawn(async move {
            let _ = echo(stream, options).await;
        });
    }
}

async fn echo(mut stream: TcpStream, options: Options) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        options.handle(&buffer[..count]);
        stream.write_all(&buffer[..count]).await?;
    }
}
