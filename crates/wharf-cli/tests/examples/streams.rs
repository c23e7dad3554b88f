//! A client of a server that echoes.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::program::{PATIENCE, Program};

/// Sends, and reads as much back.
pub(crate) fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> Vec<u8> {
    let mut sender = stream.try_clone().unwrap();
    let sent = bytes.to_vec();
    let thread = std::thread::spawn(move || sender.write_all(&sent).unwrap());
    let mut back = vec![0; bytes.len()];
    stream.read_exact(&mut back).unwrap();
    thread.join().unwrap();
    back
}

pub(crate) fn connect(program: &Program) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", program.port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}
