//! One associated file: what is pending on it, and its end.
//!
//! # Invariants
//! 1. Operations are independent: they take effect in any order, also at the same time (contract E1).
//! 2. An operation is with the caller of `issue`, with an engine, or in a packet. While an engine has it, `pending` has
//!    an entry; both begin under the lock, so that who cancels or closes finds every one that an engine has.
//! 3. An operation keeps the file, and with it the descriptor, until it is over: the kernel never uses a
//!    descriptor number that belongs to somebody else.
//! 4. Failures of the operation are packets, whenever they are found, and failures of the call are refusals: both engines
//!    give the same answers (E4).
//!
//! # References
//! Contract A6, A7, C33-C35, C39-C41, E1, E10.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering::{AcqRel, Relaxed};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex};

use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat};
use rustix::io::Errno;
use wharf_core::deadline::Deadline;
use wharf_core::operation::OpId;
use wharf_core::slots::Token;
use wharf_core::timers::TimerKey;

use super::call;
use super::identity::Identity;
use super::work::Range;
use super::{Files, Kind};
use crate::engine::Due;
use crate::sensor::Birth;
use crate::shared::Shared;
use crate::sync::lock;

/// An associated file, shared by its handles, its operations and the engine's table.
pub(crate) struct OpenFile<T: Send + 'static> {
    /// Before the descriptor: its entry goes first. Held for its drop. `None` for a file that has just been opened, of
    /// which there are no duplicates.
    _identity: Option<Identity>,
    pub(super) fd: OwnedFd,
    /// After the descriptor: its close gives locks up.
    pub(super) locks: Locks,
    pub(crate) port: Arc<Shared<T>>,
    pub(crate) key: usize,
    token: Token,
    pub(super) readable: bool,
    pub(super) writable: bool,
    pub(super) direct: bool,
    /// The file system can say that it would have to wait. Relaxed: only a hint.
    pub(super) tries_reads: AtomicBool,
    pub(super) tries_writes: AtomicBool,
    pub(super) files: &'static Files,
    pub(super) kind: Kind,
    pub(super) issued: AtomicU64,
    handles: AtomicUsize,
    pub(super) pending: Mutex<BTreeMap<OpId, Entry>>,
}

/// What is known of an operation that an engine has.
pub(super) struct Entry {
    /// Its flight's.
    pub(super) name: u64,
    pub(super) deadline: Option<TimerKey>,
    /// Its end was asked for, for this reason.
    pub(super) ended: Option<Errno>,
    pub(super) waits: bool,
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
        let file = port.dispatcher.engine.enter_file(|token| {
            Arc::new(OpenFile {
                _identity: identity,
                fd,
                locks: Locks { files, taken: AtomicBool::new(false), birth: Birth::here() },
                port: Arc::clone(port),
                key,
                token,
                readable: mode != OFlags::WRONLY,
                writable: mode != OFlags::RDONLY,
                direct: flags.contains(OFlags::DIRECT),
                tries_reads: AtomicBool::new(true),
                tries_writes: AtomicBool::new(true),
                files,
                kind: files.choose(port.file_engine()),
                issued: AtomicU64::new(0),
                handles: AtomicUsize::new(1),
                pending: Mutex::default(),
            })
        });
        Ok(file)
    }

    /// Asks for the end of one operation (C33, C35); false if it is not pending, or its end was asked for already.
    pub(crate) fn cancel(&self, id: OpId, reason: Errno) -> bool {
        let name = {
            let mut pending = lock(&self.pending);
            match pending.get_mut(&id) {
                Some(entry) if entry.ended.is_none() => {
                    entry.ended = Some(reason);
                    entry.name
                }
                _ => return false,
            }
        };
        // Without the lock: what comes back finishes under it.
        if let Some(flight) = self.files.cancel(name) {
            flight.finish(Err(Errno::CANCELED.into()), false);
        }
        true
    }

    /// Asks for the end of everything that is pending (C34); answers how many it was.
    pub(crate) fn cancel_all(&self, reason: Errno) -> usize {
        let ids: Vec<OpId> = lock(&self.pending).keys().copied().collect();
        ids.into_iter().filter(|id| self.cancel(*id, reason)).count()
    }

    /// Sets when a pending operation is over at the latest; false if it is not pending any more.
    pub(crate) fn set_deadline(self: &Arc<Self>, id: OpId, deadline: Deadline) -> bool {
        let mut pending = lock(&self.pending);
        let Some(entry) = pending.get_mut(&id) else { return false };
        let alarm = &self.port.dispatcher.engine.alarm;
        let key = alarm.set(deadline, Due::File(Arc::downgrade(self), id));
        if let Some(old) = entry.deadline.replace(key) {
            alarm.clear(old);
        }
        true
    }

    /// Gives a lock up, and tells those of this process who wait for one.
    pub(crate) fn unlock(&self, range: Range) -> Result<(), Errno> {
        call::lock(self.fd.as_fd(), range, libc::F_UNLCK)?;
        self.files.unlocked();
        Ok(())
    }

    /// Number of pending operations: transfers, and locks that are waited for.
    pub(crate) fn pending(&self) -> (usize, usize) {
        let pending = lock(&self.pending);
        let waits = pending.values().filter(|entry| entry.waits).count();
        (pending.len() - waits, waits)
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// What waits for disks on its behalf.
    pub(crate) fn engine(&self) -> Kind {
        self.kind
    }

    pub(crate) fn add_handle(&self) {
        self.handles.fetch_add(1, Relaxed); // a handle exists: its owner's
    }

    /// AcqRel: what the other handles did before their drop happens before the end.
    pub(crate) fn drop_handle(&self) {
        if self.handles.fetch_sub(1, AcqRel) == 1 {
            self.port.dispatcher.engine.leave_file(self.token);
            self.cancel_all(Errno::CANCELED);
        }
    }
}
