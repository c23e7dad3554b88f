//! What the handles of all kinds of sockets have in common.

use std::io;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{getpeername, getsockname};

use crate::engine::{Operation, Socket, Work};
use crate::{Buffer, Issued, OperationId, Refused, clock, worker};

/// An associated socket, whatever its kind: [`Stream`](crate::Stream), [`Listener`](crate::Listener) and
/// [`Datagram`](crate::Datagram) dereference to it.
///
/// A handle is cloned like an [`Arc`]. When the last clone is dropped the socket is closed and every
/// operation that is still pending on it ends: one packet each, with the handle's key.
pub struct Handle<T: Send + 'static> {
    socket: Arc<Socket<T>>,
}

impl<T: Send + 'static> Handle<T> {
    /// Takes over the one handle that a new socket counts.
    pub(crate) fn new(socket: Arc<Socket<T>>) -> Self {
        Handle { socket }
    }

    #[inline]
    pub(crate) fn issue(&self, payload: T, work: Work) -> Result<OperationId, Refused<T>> {
        match self.try_issue(payload, work, false)? {
            Issued::Pending(id) => Ok(id),
            Issued::Done(_) => unreachable!("its packet was to go through the port"),
        }
    }

    #[inline]
    fn try_issue(&self, payload: T, work: Work, direct: bool) -> Result<Issued<T>, Refused<T>> {
        if self.is_foreign() {
            return Err(Refused::new(Errno::CANCELED, payload, work.into_buffer()));
        }
        worker::inside(|| self.socket.issue(Operation::new(payload, work), direct)).map_err(
            |(error, operation)| {
                let Operation { payload, work, .. } = operation;
                Refused::new(error, payload, work.into_buffer())
            },
        )
    }

    /// Issues an operation whose packet need not go through the port.
    #[inline]
    pub(crate) fn issue_direct(&self, payload: T, work: Work) -> Result<Issued<T>, Refused<T>> {
        self.try_issue(payload, work, true)
    }

    /// Issues a receive, whose buffer must be the operation's own.
    #[inline]
    pub(crate) fn issue_into(
        &self,
        buffer: Buffer,
        payload: T,
        work: fn(Buffer) -> Work,
    ) -> Result<OperationId, Refused<T>> {
        if !buffer.is_writable() {
            return Err(Refused::new(Errno::INVAL, payload, buffer));
        }
        self.issue(payload, work(buffer))
    }

    /// Whether this is a child of the process that made the port.
    fn is_foreign(&self) -> bool {
        self.socket.port.is_foreign()
    }

    pub(crate) fn socket(&self) -> &Socket<T> {
        &self.socket
    }

    /// The completion key that was given at association.
    #[must_use]
    pub fn key(&self) -> usize {
        self.socket.key
    }

    /// Ends a pending operation: its packet comes, with the error `ECANCELED`. False if it is not pending:
    /// its packet has been queued already, or this handle never had it (contract C33, C35).
    pub fn cancel(&self, operation: OperationId) -> bool {
        !self.is_foreign() && self.socket.cancel(operation)
    }

    /// Ends every pending operation of this socket, by whichever thread it was issued; answers how many.
    pub fn cancel_all(&self) -> usize {
        if self.is_foreign() { 0 } else { self.socket.cancel_all(true, true, Errno::CANCELED) }
    }

    /// Sets a deadline for a pending operation, or replaces it: if it is still pending `after` from now, it
    /// ends with [`TimedOut`](io::ErrorKind::TimedOut). False if it is not pending any more.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use std::net::UdpSocket;
    /// use std::time::Duration;
    /// let port = wharf::Port::new(1)?;
    /// let socket = port.associate(UdpSocket::bind("127.0.0.1:0")?, 0)?;
    /// let receive = socket.recv_from(Vec::with_capacity(64), "silence")?;
    /// assert!(socket.expire_after(receive, Duration::from_millis(1)));
    /// let packet = port.get(None)?;
    /// assert_eq!(packet.result.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    /// # Ok(())
    /// # }
    /// ```
    pub fn expire_after(&self, operation: OperationId, after: Duration) -> bool {
        !self.is_foreign() && self.socket.set_deadline(operation, clock::deadline(Some(after)))
    }

    /// The address that the socket is bound to.
    ///
    /// # Errors
    /// Those of getsockname(2); `InvalidInput` for a socket that is not of an internet family.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let address = self.socket.with_fd(|fd| getsockname(fd))?;
        Ok(SocketAddr::try_from(address).map_err(|_| Errno::INVAL)?)
    }

    /// The address of the peer.
    ///
    /// # Errors
    /// Those of getpeername(2), mostly `NotConnected`; `InvalidInput` for a socket that is not of an
    /// internet family.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        let address = self.socket.with_fd(|fd| getpeername(fd))?.ok_or(Errno::NOTCONN)?;
        Ok(SocketAddr::try_from(address).map_err(|_| Errno::INVAL)?)
    }

    /// Calls with the socket's descriptor: for options that the crate has no method for. Operations on this
    /// socket wait meanwhile; issuing one inside the call is a deadlock, and so is asking the port for its numbers.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let port = wharf::Port::<()>::new(1)?;
    /// let listener = port.associate(std::net::TcpListener::bind("127.0.0.1:0")?, 0)?;
    /// listener.with_fd(|fd| rustix::net::sockopt::set_socket_keepalive(fd, true))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_fd<R>(&self, call: impl FnOnce(BorrowedFd<'_>) -> R) -> R {
        self.socket.with_fd(call)
    }
}

impl<T: Send + 'static> Clone for Handle<T> {
    fn clone(&self) -> Self {
        self.socket.add_handle();
        Handle { socket: Arc::clone(&self.socket) }
    }
}

impl<T: Send + 'static> Drop for Handle<T> {
    fn drop(&mut self) {
        // A child made by fork must not end what is the parent's; the descriptor goes with the child.
        if !self.is_foreign() {
            self.socket.drop_handle();
        }
    }
}

impl<T: Send + 'static> std::fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").field("key", &self.socket.key).finish_non_exhaustive()
    }
}
