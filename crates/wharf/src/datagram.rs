//! Datagram sockets.

use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use crate::engine::{Socket, Work};
use crate::{Buffer, Handle, OperationId, Refused};

/// A datagram socket on a port: UDP, or Unix.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use std::net::UdpSocket;
/// let port = wharf::Port::new(1)?;
/// let a = port.associate(UdpSocket::bind("127.0.0.1:0")?, 1)?;
/// let b = UdpSocket::bind("127.0.0.1:0")?;
/// a.send_to("ping", b.local_addr()?, "sent")?;
/// assert_eq!(port.get(None)?.payload, "sent");
/// a.recv_from(Vec::with_capacity(64), "received")?;
/// b.send_to(b"pong", a.local_addr()?)?;
/// let packet = port.get(None)?;
/// assert_eq!(packet.peer(), Some(b.local_addr()?));
/// assert_eq!(packet.buffer.into_vec(), b"pong");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Datagram<T: Send + 'static> {
    handle: Handle<T>,
}

impl<T: Send + 'static> Datagram<T> {
    pub(crate) fn new(socket: Arc<Socket<T>>) -> Self {
        Datagram { handle: Handle::new(socket) }
    }

    /// Receives one datagram into one vector; its sender is [`Packet::peer`](crate::Packet::peer).
    ///
    /// A datagram that is longer than the vector's capacity fills it, the rest is lost, and the packet says
    /// `EMSGSIZE` (contract D58). A datagram of 0 bytes is a success with 0 (D60).
    ///
    /// # Errors
    /// No packet comes, and buffer and payload are in the error: `InvalidInput` for a buffer of another kind;
    /// `ECANCELED` if the port is closed; errors that the kernel had kept for the socket, such as
    /// `ConnectionRefused` for an earlier send of a connected socket.
    #[inline]
    pub fn recv_from(&self, buffer: Vec<u8>, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue_into(buffer.into(), payload, Work::ReceiveFrom)
    }

    /// Sends one datagram to an address.
    ///
    /// # Errors
    /// No packet comes: `EMSGSIZE` if it is too long, the errors of sendto(2).
    #[inline]
    pub fn send_to(
        &self,
        buffer: impl Into<Buffer>,
        to: SocketAddr,
        payload: T,
    ) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::SendTo(buffer.into(), Some(Box::new(to))))
    }

    /// Sends one datagram to the connected peer.
    ///
    /// # Errors
    /// As [`send_to`](Datagram::send_to); `EDESTADDRREQ` if there is no peer.
    pub fn send(&self, buffer: impl Into<Buffer>, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::SendTo(buffer.into(), None))
    }

    /// Sets the peer: sends go there, and only its datagrams are received (contract D66). At once, without
    /// a packet.
    ///
    /// # Errors
    /// Those of connect(2).
    pub fn connect(&self, to: SocketAddr) -> io::Result<()> {
        Ok(self.with_fd(|fd| rustix::net::connect(fd, &to))?)
    }
}

impl<T: Send + 'static> Clone for Datagram<T> {
    fn clone(&self) -> Self {
        Datagram { handle: self.handle.clone() }
    }
}

impl<T: Send + 'static> Deref for Datagram<T> {
    type Target = Handle<T>;

    fn deref(&self) -> &Handle<T> {
        &self.handle
    }
}
