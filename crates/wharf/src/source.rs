//! What can be associated with a port.

use std::io;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::net::SocketType;
use rustix::net::sockopt::{socket_acceptconn, socket_type};

use crate::engine::Shape;
use crate::{Datagram, Listener, Port, Stream};

mod sealed {
    pub trait Sealed {}
}

/// A socket that [`Port::associate`] takes.
pub trait Source: sealed::Sealed + Sized {
    /// The handle that owns it from then on.
    type Handle<T: Send + 'static>;

    #[doc(hidden)]
    fn associate<T: Send + 'static>(
        self,
        port: &Port<T>,
        key: usize,
    ) -> io::Result<Self::Handle<T>>;
}

/// Checks what the type promises: an `OwnedFd` may have been anything.
fn check(fd: &impl AsFd, kind: SocketType, listens: bool) -> Result<(), Errno> {
    let actual = socket_type(fd).map_err(|_| Errno::INVAL)?;
    if actual != kind || (listens && !socket_acceptconn(fd)?) {
        return Err(Errno::INVAL);
    }
    Ok(())
}

fn stream<T: Send + 'static>(fd: OwnedFd, port: &Port<T>, key: usize) -> io::Result<Stream<T>> {
    check(&fd, SocketType::STREAM, false)?;
    port.enter(fd, key, Shape::Stream, true).map(Stream::new)
}

fn listener<T: Send + 'static>(fd: OwnedFd, port: &Port<T>, key: usize) -> io::Result<Listener<T>> {
    check(&fd, SocketType::STREAM, true)?;
    // accept(2) has no flag for "do not wait".
    fcntl_setfl(&fd, fcntl_getfl(&fd)? | OFlags::NONBLOCK)?;
    port.enter(fd, key, Shape::Listener, true).map(Listener::new)
}

fn datagram<T: Send + 'static>(fd: OwnedFd, port: &Port<T>, key: usize) -> io::Result<Datagram<T>> {
    check(&fd, SocketType::DGRAM, false)?;
    port.enter(fd, key, Shape::Datagram, true).map(Datagram::new)
}

macro_rules! sources {
    ($($socket:ty => $handle:ident by $associate:ident;)*) => {$(
        impl sealed::Sealed for $socket {}
        impl Source for $socket {
            type Handle<T: Send + 'static> = $handle<T>;

            fn associate<T: Send + 'static>(self, port: &Port<T>, key: usize) -> io::Result<$handle<T>> {
                $associate(self.into(), port, key)
            }
        }
    )*};
}

sources! {
    TcpStream => Stream by stream;
    UnixStream => Stream by stream;
    TcpListener => Listener by listener;
    UnixListener => Listener by listener;
    UdpSocket => Datagram by datagram;
    UnixDatagram => Datagram by datagram;
}
