//! One associated file: its descriptor, and what its handles share.
//!
//! # Invariants
//! 1. Operations are independent: they take effect in any order, also at the same time (contract E1).
//! 2. An operation is with the caller of `issue`, with an engine, or in a packet. While an engine has it, [`InFlight`] has
//!    an entry; both begin under its lock, so that who cancels or closes finds every one that an engine has.
//! 3. The descriptor belongs to the handles and to the operations that an engine has: the kernel never uses a number that
//!    belongs to somebody else. An operation gives it up before its packet is queued, so that who has the last packet
//!    and drops the last handle closes the file then and there.
//! 4. Failures of the operation are packets, whenever they are found, and failures of the call are refusals: both engines
//!    give the same answers (E4).
//!
//! # References
//! Contract A6, A7, C33-C35, C39-C41, E1, E10.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};

use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat};
use rustix::io::Errno;

use super::call;
use super::identity::Identity;
use super::in_flight::InFlight;
use super::resident::is_served;
use super::work::Range;
use super::{Files, Kind};
use crate::sensor::Birth;
use crate::shared::Shared;

/// An open descriptor.
pub(super) struct Descriptor {
    /// Before the descriptor: its entry goes first. Held for its drop. `None` for a file that has just been opened, of
    /// which there are no duplicates.
    _identity: Option<Identity>,
    fd: OwnedFd,
    /// After the descriptor: its close gives locks up.
    pub(super) locks: Locks,
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// What the handles of a file share; its drop is the drop of the last one.
pub(crate) struct OpenFile<T: Send + 'static> {
    pub(super) descriptor: Arc<Descriptor>,
    pub(super) in_flight: Arc<InFlight<T>>,
    pub(crate) port: Arc<Shared<T>>,
    pub(crate) key: usize,
    pub(super) readable: bool,
    pub(super) writable: bool,
    pub(super) direct: bool,
    /// Opened with O_DIRECT, and served by a program. Others are found out by a try.
    pub(super) direct_served: bool,
    /// The file system can say that it would have to wait. Relaxed: only a hint.
    pub(super) tries_reads: AtomicBool,
    pub(super) tries_writes: AtomicBool,
    pub(super) files: &'static Files,
    pub(super) kind: Kind,
    pub(super) issued: AtomicU64,
}

/// Tells those who wait for locks that a file has been closed.
pub(super) struct Locks {
    files: &'static Files,
    pub(super) taken: AtomicBool,
    birth: Birth,
}

impl Drop for Locks {
    fn drop(&mut self) {
        if self.taken.load(Relaxed) && !self.birth.is_over() {
            self.files.unlocked();
        }
    }
}

/// What an association has to know of a descriptor.
fn examine(fd: &OwnedFd) -> Result<(OFlags, Identity), Errno> {
    let stat = fstat(fd)?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    if !matches!(kind, FileType::RegularFile | FileType::BlockDevice) {
        return Err(Errno::INVAL);
    }
    let flags = fcntl_getfl(fd)?;
    if flags.contains(OFlags::PATH) {
        return Err(Errno::BADF);
    }
    Ok((flags, Identity::claim(fd, &stat)?))
}

impl<T: Send + 'static> OpenFile<T> {
    /// `opened`: it has just been opened with these flags, and is a regular file; else the kernel is asked.
    pub(crate) fn associate(
        port: &Arc<Shared<T>>,
        fd: OwnedFd,
        opened: Option<OFlags>,
        key: usize,
    ) -> Result<Arc<OpenFile<T>>, Errno> {
        let (flags, identity) = match opened {
            Some(flags) => (flags, None),
            None => examine(&fd).map(|(flags, identity)| (flags, Some(identity)))?,
        };
        let mode = flags & OFlags::RWMODE;
        let files = Files::of_this_process();
        let direct_served = flags.contains(OFlags::DIRECT) && is_served(fd.as_fd());
        let locks = Locks { files, taken: AtomicBool::new(false), birth: Birth::here() };
        Ok(Arc::new(OpenFile {
            descriptor: Arc::new(Descriptor { _identity: identity, fd, locks }),
            in_flight: InFlight::enter(port, files),
            port: Arc::clone(port),
            key,
            readable: mode != OFlags::WRONLY,
            writable: mode != OFlags::RDONLY,
            direct: flags.contains(OFlags::DIRECT),
            direct_served,
            tries_reads: AtomicBool::new(true),
            tries_writes: AtomicBool::new(true),
            files,
            kind: files.choose(port.file_engine()),
            issued: AtomicU64::new(0),
        }))
    }

    pub(crate) fn in_flight(&self) -> &Arc<InFlight<T>> {
        &self.in_flight
    }

    /// Gives a lock up, and tells those of this process who wait for one.
    pub(crate) fn unlock(&self, range: Range) -> Result<(), Errno> {
        call::lock(self.fd(), range, libc::F_UNLCK)?;
        self.files.unlocked();
        Ok(())
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// What waits for disks on its behalf.
    pub(crate) fn engine(&self) -> Kind {
        self.kind
    }
}

impl<T: Send + 'static> Drop for OpenFile<T> {
    fn drop(&mut self) {
        // A child made by fork must not end what is the parent's; its copy of the descriptor goes.
        if !self.port.is_foreign() {
            self.in_flight.abandon();
        }
    }
}
