//! What a worker takes from a port: one finished operation.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;

use crate::engine::About;
use crate::{Ancillary, Buffer};

/// A completion packet: the end of one operation, of one timer, or one post.
///
/// Every accepted operation becomes exactly one packet, whatever happens to it: success, failure,
/// cancellation, time-out, or the drop of its handle.
#[derive(Debug)]
#[non_exhaustive]
pub struct Packet<T> {
    /// The completion key: what the program called the handle, the timer or the post.
    pub key: usize,
    /// What the program called this operation.
    pub payload: T,
    /// Bytes transferred, or why the operation failed. 0 bytes received from a stream is its end, unless
    /// the buffer had no room. Posts carry their number here.
    ///
    /// Cancelled operations fail with `ECANCELED`, those of a dropped stream with
    /// [`ConnectionAborted`](io::ErrorKind::ConnectionAborted), those whose deadline passed with
    /// [`TimedOut`](io::ErrorKind::TimedOut); see [`was_cancelled`](Packet::was_cancelled).
    pub result: io::Result<usize>,
    /// Bytes transferred, also where the operation failed half way: a send that was cancelled, a datagram
    /// that was too long for its buffer.
    pub transferred: usize,
    /// The operation's memory, back again. Empty for operations without.
    pub buffer: Buffer,
    /// The accepted connection.
    pub socket: Option<OwnedFd>,
    /// Boxed: every packet is moved through the queue, and few have it.
    pub(crate) about: Option<Box<About>>,
}

impl<T> Packet<T> {
    pub(crate) fn new(key: usize, payload: T, result: io::Result<usize>) -> Self {
        let transferred = *result.as_ref().unwrap_or(&0);
        Packet {
            key,
            payload,
            result,
            transferred,
            buffer: Buffer::default(),
            socket: None,
            about: None,
        }
    }

    /// Sender of a datagram, or peer of an accepted connection; `None` where there is none, or where it is not of an
    /// internet family.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.about.as_ref()?.peer
    }

    /// Control data of a datagram that was received with [`Datagram::recv_msg`](crate::Datagram::recv_msg).
    #[must_use]
    pub fn ancillary(&self) -> Option<&Ancillary> {
        self.about.as_ref()?.ancillary.as_deref()
    }

    /// The connection of a finished accept.
    ///
    /// # Errors
    /// The accept's own error; `InvalidInput` if the packet is of another operation.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use std::net::{TcpListener, TcpStream};
    /// let port = wharf::Port::new(1)?;
    /// let listener = port.associate(TcpListener::bind("127.0.0.1:0")?, 7)?;
    /// listener.accept("first")?;
    /// let client = TcpStream::connect(listener.local_addr()?)?;
    /// let mut packet = port.get(None)?;
    /// assert_eq!((packet.key, packet.payload), (7, "first"));
    /// assert_eq!(packet.accepted()?.peer_addr()?, client.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn accepted(&mut self) -> io::Result<TcpStream> {
        if self.result.is_err() {
            return Err(std::mem::replace(&mut self.result, Ok(0)).expect_err("just tested"));
        }
        let socket = self.socket.take().ok_or(io::ErrorKind::InvalidInput)?;
        Ok(TcpStream::from(socket))
    }

    /// Whether the operation was ended by the program: cancelled, or its handle dropped.
    #[must_use]
    pub fn was_cancelled(&self) -> bool {
        use rustix::io::Errno;
        let code = self.result.as_ref().err().and_then(io::Error::raw_os_error);
        code.is_some_and(|code| {
            code == Errno::CANCELED.raw_os_error() || code == Errno::CONNABORTED.raw_os_error()
        })
    }
}
