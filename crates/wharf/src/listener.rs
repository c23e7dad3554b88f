//! Listening sockets.

use std::ops::Deref;
use std::sync::Arc;

use crate::engine::{Socket, Work};
use crate::{Buffer, Handle, OperationId, Refused};

/// A listening stream socket on a port.
#[derive(Debug)]
pub struct Listener<T: Send + 'static> {
    handle: Handle<T>,
}

impl<T: Send + 'static> Listener<T> {
    pub(crate) fn new(socket: Arc<Socket<T>>) -> Self {
        Listener { handle: Handle::new(socket) }
    }

    /// Accepts one connection: [`Packet::accepted`](crate::Packet::accepted).
    ///
    /// Pending accepts are satisfied in issue order; connections that come while there is none wait in the
    /// kernel's backlog. While the process is out of descriptors or memory an accept stays pending and is
    /// tried again 20 times a second.
    ///
    /// # Errors
    /// No packet comes: `InvalidInput` if the socket does not listen; `ECANCELED` if the port is closed or
    /// [no longer accepts](crate::Port::stop_accepting).
    #[inline]
    pub fn accept(&self, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::Accept)
    }

    /// Accepts one connection together with the first that it sends: the packet comes when there is any data, which is
    /// in its buffer, or the end of the stream, with 0 bytes (contract D18). A buffer without room waits for the
    /// connection only (D17).
    ///
    /// Connections are handed to accepts of both kinds in issue order; one that stays silent delays only its own packet:
    /// give it a [deadline](crate::Handle::expire_after). An accept that is cancelled or out of time closes the
    /// connection that it had taken.
    ///
    /// # Errors
    /// As [`accept`](Listener::accept); `InvalidInput` for a buffer that is not the operation's own. In the packet also
    /// `ConnectionReset`, of the connection that was taken.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use std::io::Write;
    /// use std::net::{TcpListener, TcpStream};
    /// let port = wharf::Port::new(1)?;
    /// let listener = port.associate(TcpListener::bind("127.0.0.1:0")?, 7)?;
    /// listener.accept_with_data(Vec::with_capacity(100), "first")?;
    /// TcpStream::connect(listener.local_addr()?)?.write_all(b"hello")?;
    /// let mut packet = port.get(None)?;
    /// let _connection = packet.accepted()?;
    /// assert_eq!(packet.buffer.into_vec(), b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn accept_with_data(
        &self,
        buffer: impl Into<Buffer>,
        payload: T,
    ) -> Result<OperationId, Refused<T>> {
        self.handle.issue_into(buffer.into(), payload, Work::AcceptData)
    }
}

impl<T: Send + 'static> Clone for Listener<T> {
    fn clone(&self) -> Self {
        Listener { handle: self.handle.clone() }
    }
}

impl<T: Send + 'static> Deref for Listener<T> {
    type Target = Handle<T>;

    fn deref(&self) -> &Handle<T> {
        &self.handle
    }
}
