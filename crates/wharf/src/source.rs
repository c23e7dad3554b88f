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
use crate::{Datagram, Descriptor, File, Listener, Pollable, Port, Stream};

mod sealed {
    pub trait Sealed {}
}

/// A socket or file that [`Port::associate`] takes.
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

fn pollable<T: Send + 'static>(
    source: Descriptor,
    port: &Port<T>,
    key: usize,
) -> io::Result<Pollable<T>> {
    port.enter(source.into_fd(), key, Shape::Pollable, true).map(Pollable::new)
}

/// A Unix socket of sequenced packets (SOCK_SEQPACKET), connected: [`Port::associate`] makes it a [`Datagram`] without
/// addresses. A receive of 0 bytes is the end, or an empty packet: the kernel does not say which.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
/// use wharf::SeqPacket;
/// let flags = SocketFlags::CLOEXEC;
/// let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
/// let port = wharf::Port::new(1)?;
/// let socket = port.associate(SeqPacket::from(ours), 0)?;
/// socket.recv_from(Vec::with_capacity(100), ())?;
/// rustix::io::write(&theirs, b"one packet")?;
/// assert_eq!(port.get(None)?.buffer.into_vec(), b"one packet");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SeqPacket(OwnedFd);

/// A Unix socket of sequenced packets that listens; what it accepts is a [`SeqPacket`]
/// ([`Packet::socket`](crate::Packet::socket)).
#[derive(Debug)]
pub struct SeqPacketListener(OwnedFd);

fn seqpacket<T: Send + 'static>(
    source: SeqPacket,
    port: &Port<T>,
    key: usize,
) -> io::Result<Datagram<T>> {
    check(&source.0, SocketType::SEQPACKET, false)?;
    port.enter(source.0, key, Shape::Datagram, true).map(Datagram::new)
}

fn seqpacket_listener<T: Send + 'static>(
    source: SeqPacketListener,
    port: &Port<T>,
    key: usize,
) -> io::Result<Listener<T>> {
    check(&source.0, SocketType::SEQPACKET, true)?;
    fcntl_setfl(&source.0, fcntl_getfl(&source.0)? | OFlags::NONBLOCK)?;
    port.enter(source.0, key, Shape::Listener, true).map(Listener::new)
}

impl From<OwnedFd> for SeqPacket {
    fn from(fd: OwnedFd) -> Self {
        SeqPacket(fd)
    }
}

impl From<OwnedFd> for SeqPacketListener {
    fn from(fd: OwnedFd) -> Self {
        SeqPacketListener(fd)
    }
}

fn file<T: Send + 'static>(fd: OwnedFd, port: &Port<T>, key: usize) -> io::Result<File<T>> {
    port.enter_file(fd, None, key).map(File::new)
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
    SeqPacket => Datagram by seqpacket;
    SeqPacketListener => Listener by seqpacket_listener;
    Descriptor => Pollable by pollable;
    std::fs::File => File by file;
}
