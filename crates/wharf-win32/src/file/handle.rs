//! What a file handle is: a descriptor, and what Windows remembers about an opened file.
//!
//! # Invariants
//! 1. A file that is deleted on close goes when its last handle is closed.
//! 2. The descriptor of a standard stream is not ours to close.
#![allow(unsafe_code)] // descriptors of the standard streams

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::FdFlags;
use wharf_core::status::Status;

use super::changes::Watch;
use super::{lock, overlapped, share};
use crate::code;
use crate::fork::Lock;
use crate::object::{self, Object};
use crate::overlapped::Cancel;
use crate::overlapped::request::{Ended, Request};
use crate::port::{Binding, Bound};
use crate::types::HANDLE;
use crate::wait::dispatcher::Dispatcher;

/// What the descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Disk,
    Directory,
    /// A terminal or another character device.
    Character,
    /// An end of an anonymous pipe or of a FIFO, or a socket that a standard stream is.
    Pipe,
}

pub(crate) enum Descriptor {
    Owned(OwnedFd),
    Standard(RawFd),
}

/// An opened file.
pub(crate) struct File {
    pub(crate) descriptor: Descriptor,
    pub(crate) kind: Kind,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// Writes go to the end, whatever the offset.
    pub(crate) append: bool,
    pub(crate) overlapped: bool,
    /// Transfers go to the disk, past the cache or through it.
    pub(crate) direct: bool,
    /// FILE_FLAG_NO_BUFFERING.
    pub(crate) unbuffered: bool,
    /// Its port.
    pub(crate) bound: Arc<Bound>,
    /// ReadDirectoryChangesW, from its first call on.
    pub(crate) changes: Mutex<Option<Arc<Watch>>>,
    /// Where it was opened; changed by a rename through the handle.
    pub(crate) path: Mutex<PathBuf>,
    pub(crate) delete_on_close: AtomicBool,
    /// Its last handle is gone; written under the lock of `lock`'s table.
    pub(crate) closed: AtomicBool,
    pub(crate) identity: share::Identity,
    pub(crate) registration: Mutex<Option<share::Registration>>,
}

impl File {
    pub(crate) fn new(descriptor: Descriptor, kind: Kind, readable: bool, writable: bool) -> Self {
        File {
            descriptor,
            kind,
            readable,
            writable,
            append: false,
            overlapped: false,
            direct: false,
            unbuffered: false,
            bound: Arc::default(),
            changes: Mutex::default(),
            path: Mutex::default(),
            delete_on_close: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            identity: (0, 0),
            registration: Mutex::default(),
        }
    }

    /// A new handle to it.
    pub(crate) fn publish(self) -> Result<HANDLE, u32> {
        object::insert(Arc::new(self))
    }

    /// The end of an overlapped operation. This reference to the file is given up before it is told: who hears of the last
    /// end and closes the last handle closes the descriptor then and there.
    pub(crate) fn finish(
        self: Arc<Self>,
        request: Request,
        status: Status,
        bytes: usize,
        ended: Ended,
    ) {
        let bound = Arc::clone(&self.bound);
        drop(self);
        bound.finish(request, status, bytes, ended);
    }

    pub(crate) fn raw(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.path.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn must_read(&self) -> Result<(), u32> {
        if self.readable { Ok(()) } else { Err(code::ERROR_ACCESS_DENIED) }
    }

    pub(crate) fn must_write(&self) -> Result<(), u32> {
        if self.writable { Ok(()) } else { Err(code::ERROR_ACCESS_DENIED) }
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.descriptor {
            Descriptor::Owned(fd) => fd.as_fd(),
            // SAFETY: 0, 1 or 2: a number that programs keep open, or whose use fails with EBADF.
            Descriptor::Standard(fd) => unsafe { BorrowedFd::borrow_raw(*fd) },
        }
    }
}

impl Object for File {
    fn set_inherited(&self, inherited: bool) {
        if let Descriptor::Owned(fd) = &self.descriptor {
            let flags = if inherited { FdFlags::empty() } else { FdFlags::CLOEXEC };
            let _ = rustix::io::fcntl_setfd(fd, flags); // an open descriptor has no reason to refuse
        }
    }

    fn associate(&self, binding: Binding) -> Result<(), u32> {
        self.bound.associate(self.overlapped, binding)
    }

    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        Some(self.bound.signal.waitable())
    }

    fn add_modes(&self, modes: u8) -> Result<(), u32> {
        if !self.overlapped {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        self.bound.add_modes(modes);
        Ok(())
    }

    fn cancel(&self, which: Cancel) -> Result<usize, u32> {
        let watch = self.changes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let locks = lock::cancel(self, which);
        Ok(overlapped::cancel(self, which) + locks + watch.map_or(0, |watch| watch.cancel(which)))
    }

    fn closed(&self, last: bool) {
        if !last {
            return;
        }
        overlapped::cancel(self, Cancel::All);
        lock::close(self);
        let watch = self.changes.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(watch) = watch {
            watch.close();
        }
        self.registration.lock().unwrap_or_else(PoisonError::into_inner).take();
        if self.delete_on_close.swap(false, Ordering::Relaxed) {
            let path = self.path();
            // Somebody may have removed or replaced it already; a close has nobody to tell.
            let _ = match self.kind {
                Kind::Directory => rustix::fs::rmdir(&path),
                _ => rustix::fs::unlink(&path),
            };
        }
    }
}

/// The file of a handle; ERROR_INVALID_HANDLE for a handle of another kind.
pub(crate) fn get(handle: HANDLE) -> Result<Arc<File>, u32> {
    object::get::<File>(handle)
}

/// Whether that is done.
pub(crate) static SIGPIPE: Lock<bool> = Lock::new(false);

/// Makes writes to a pipe without a reader fail, as on Windows, instead of ending the process.
pub(crate) fn without_sigpipe() {
    let mut is_seen_to = SIGPIPE.lock();
    if std::mem::replace(&mut *is_seen_to, true) {
        return;
    }
    // SAFETY: all zeros are a valid sigaction.
    let mut now: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: it only reads.
    unsafe { libc::sigaction(libc::SIGPIPE, std::ptr::null(), &raw mut now) };
    if now.sa_sigaction == libc::SIG_DFL {
        // SAFETY: nobody has a handler for it.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    }
}
