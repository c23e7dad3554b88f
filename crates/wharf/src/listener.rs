//! Listening sockets.

use std::ops::Deref;
use std::sync::Arc;

use crate::engine::{Socket, Work};
use crate::{Handle, OperationId, Refused};

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
