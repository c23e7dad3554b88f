//! The registration of a socket: which port reports its edges.
#![allow(unsafe_code)] // the record's own descriptor

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use wharf::Watched;

use super::internal;
use crate::port::IoPort;
use crate::socket::Record;

impl Record {
    /// Sees to it that edges are reported: by the socket's own port, by the one of whoever waits, or by the one that
    /// serves sockets without.
    pub(crate) fn watch(&mut self, other: Option<&Arc<IoPort>>) -> std::io::Result<()> {
        if self.io.watched_by.is_some() {
            return Ok(());
        }
        let own = self.io.binding.as_ref().map(|binding| &binding.port);
        let port = match own.or(other) {
            Some(port) if !port.is_closed() => Arc::clone(port),
            _ => internal::port()?,
        };
        let port = match port.port.watch(self.descriptor(), self.name()) {
            // Closed meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotConnected => {
                let port = internal::port()?;
                port.port.watch(self.descriptor(), self.name())?;
                port
            }
            watched => watched.map(|()| port)?,
        };
        self.io.watched_by = Some(port);
        Ok(())
    }

    /// Ends the registration.
    pub(crate) fn unwatch(&mut self) {
        if let Some(port) = self.io.watched_by.take() {
            port.port.unwatch(self.descriptor());
        }
    }

    /// Moves the registration to where it belongs now.
    pub(super) fn rewatch(&mut self) -> std::io::Result<()> {
        self.unwatch();
        let noticed = self.notes.selection.is_some() || self.notes.registration.is_some();
        if self.is_pending() || noticed { self.watch(None) } else { Ok(()) }
    }

    fn descriptor(&self) -> BorrowedFd<'static> {
        // SAFETY: used for one system call, under the lock of a record that is in the table: the descriptor is open.
        unsafe { BorrowedFd::borrow_raw(self.fd) }
    }

    /// Its name in the ports.
    #[inline]
    pub(crate) fn name(&self) -> Watched {
        Watched { index: self.fd.cast_unsigned(), generation: self.generation }
    }
}
