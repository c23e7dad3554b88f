//! Descriptors of any kind that can be waited for.

use std::ops::Deref;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use crate::engine::{Socket, Work};
use crate::{Handle, OperationId, Refused};

/// A descriptor to be associated as a [`Pollable`]: a pipe, an eventfd, a timerfd, a signalfd, an inotify, a pidfd, a
/// terminal, a device, or a socket that the program reads and writes itself.
#[derive(Debug)]
pub struct Descriptor(OwnedFd);

impl<F: Into<OwnedFd>> From<F> for Descriptor {
    fn from(fd: F) -> Self {
        Descriptor(fd.into())
    }
}

impl Descriptor {
    pub(crate) fn into_fd(self) -> OwnedFd {
        self.0
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A descriptor on a port of which packets tell that it can be read or written. The program makes the call itself, on
/// the descriptor that [`with_fd`](Handle::with_fd) lends; it should be non-blocking, because another thread may have
/// been faster.
///
/// Regular files and directories cannot be waited for: their association is refused with `PermissionDenied` (EPERM of
/// epoll_ctl(2)).
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use rustix::event::{EventfdFlags, eventfd};
/// use wharf::Descriptor;
/// let port = wharf::Port::new(1)?;
/// let counter = port.associate(Descriptor::from(eventfd(0, EventfdFlags::NONBLOCK)?), 7)?;
/// counter.readable("it counts")?;
/// counter.with_fd(|fd| rustix::io::write(fd, &5_u64.to_ne_bytes()))?;
/// let packet = port.get(None)?;
/// assert_eq!((packet.key, packet.payload, packet.result?), (7, "it counts", 0));
/// let mut count = [0; 8];
/// counter.with_fd(|fd| rustix::io::read(fd, &mut count))?;
/// assert_eq!(u64::from_ne_bytes(count), 5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Pollable<T: Send + 'static> {
    handle: Handle<T>,
}

impl<T: Send + 'static> Pollable<T> {
    pub(crate) fn new(socket: Arc<Socket<T>>) -> Self {
        Pollable { handle: Handle::new(socket) }
    }

    /// Ends, with 0, as soon as a read would not block: there is data, an end, or an error to fetch. At once if it is so
    /// already. One packet for each call: for the next time call again.
    ///
    /// # Errors
    /// No packet comes: `ECANCELED` if the port is closed.
    pub fn readable(&self, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::Readable)
    }

    /// Ends, with 0, as soon as a write would not block: there is room, or nobody reads any more.
    ///
    /// # Errors
    /// As [`readable`](Pollable::readable).
    pub fn writable(&self, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::Writable)
    }
}

impl<T: Send + 'static> Clone for Pollable<T> {
    fn clone(&self) -> Self {
        Pollable { handle: self.handle.clone() }
    }
}

impl<T: Send + 'static> Deref for Pollable<T> {
    type Target = Handle<T>;

    fn deref(&self) -> &Handle<T> {
        &self.handle
    }
}
