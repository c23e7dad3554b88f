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
//! Contract A6, A7, A47, C16-C18, C33-C35, C39-C41, E1, E4-E8, E10.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering::{AcqRel, Relaxed};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex};

use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat};
use rustix::io::Errno;
use wharf_core::deadline::Deadline;
use wharf_core::operation::OpId;
use wharf_core::scheduler::Urgency;
use wharf_core::slots::Token;
use wharf_core::timers::TimerKey;

use super::call::{self, Call, perform};
use super::flight::{Flight, Refusal};
use super::identity::Identity;
use super::resident::is_memory;
use super::work::{Progress, Range, Work};
use super::{Files, Kind, next_name};
use crate::engine::Due;
use crate::sensor::Birth;
use crate::shared::Shared;
use crate::sync::lock;
use crate::{Buffer, Issued, Packet, worker};

/// An associated file, shared by its handles, its operations and the engine's table.
pub(crate) struct OpenFile<T: Send + 'static> {
    /// Before the descriptor: its entry goes first. Held for its drop. `None` for a file that has just been opened, of
    /// which there are no duplicates.
    _identity: Option<Identity>,
    fd: OwnedFd,
    /// After the descriptor: its close gives locks up.
    locks: Locks,
    pub(crate) port: Arc<Shared<T>>,
    pub(crate) key: usize,
    token: Token,
    readable: bool,
    writable: bool,
    direct: bool,
    /// The file system can say that it would have to wait. Relaxed: only a hint.
    tries_reads: AtomicBool,
    tries_writes: AtomicBool,
    files: &'static Files,
    kind: Kind,
    issued: AtomicU64,
    handles: AtomicUsize,
    pending: Mutex<BTreeMap<OpId, Entry>>,
}

/// What is known of an operation that an engine has.
struct Entry {
    /// Its flight's.
    name: u64,
    deadline: Option<TimerKey>,
    /// Its end was asked for, for this reason.
    ended: Option<Errno>,
    waits: bool,
}

/// Tells those who wait for locks that a file has been closed.
struct Locks {
    files: &'static Files,
    taken: AtomicBool,
    birth: Birth,
}

impl Drop for Locks {
    fn drop(&mut self) {
        if self.taken.load(Relaxed) && !self.birth.is_over() {
            self.files.unlocked();
        }
    }
}

/// A file of a file system without a disk has been read, which is asked about at once from then on. Relaxed: only a hint.
static MEMORY_SEEN: AtomicBool = AtomicBool::new(false);

/// An operation that was not accepted: why, and what it was given.
pub(crate) type Unaccepted<T> = (Errno, T, Buffer);

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

    /// Accepts an operation, or gives it back with the reason. An accepted one ends in one packet: the port's, or, if it is
    /// over at once and that is asked for, the answer's (C20).
    pub(crate) fn issue(
        self: &Arc<Self>,
        payload: T,
        work: Work,
        direct: bool,
    ) -> Result<Issued<T>, Unaccepted<T>> {
        if let Err(error) = self.admit(&work) {
            return Err((error, payload, work.into_buffer()));
        }
        let mut progress = Progress::new(work, self.direct);
        let attempted = self.attempt(&mut progress);
        if let (Work::Lock { wait: false, .. }, Attempted::Later) = (&progress.work, &attempted) {
            return Err((Errno::AGAIN, payload, Buffer::default()));
        }
        let id = OpId(self.issued.fetch_add(1, Relaxed) + 1);
        match attempted {
            Attempted::Done(result) => {
                let packet = self.packet(payload, progress, result);
                if direct {
                    return Ok(Issued::Done(packet));
                }
                self.port.delivering(move |out| out(packet));
                Ok(Issued::Pending(id))
            }
            Attempted::Later => self.hand_over(id, payload, progress).map(Issued::Pending),
        }
    }

    /// What is refused before it is tried (C18).
    fn admit(&self, work: &Work) -> Result<(), Errno> {
        if self.port.is_closed() {
            return Err(Errno::CANCELED);
        }
        let allowed = match work {
            Work::Read(..) | Work::Lock { exclusive: false, .. } => self.readable,
            Work::Write(..) | Work::Append(_) | Work::SetLen(_) => self.writable,
            Work::Lock { exclusive: true, .. } => self.writable,
            Work::Sync { .. } => true,
        };
        if allowed { work.check() } else { Err(Errno::BADF) }
    }

    /// Does what can be done without waiting.
    fn attempt(&self, progress: &mut Progress) -> Attempted {
        if progress.work.is_nothing() {
            return Attempted::Done(Ok(0));
        }
        let tries = match progress.work {
            Work::Read(..) if !self.direct => &self.tries_reads,
            Work::Write(..) if !self.direct => &self.tries_writes,
            Work::Lock { .. } => return self.attempt_lock(progress),
            _ => return Attempted::Later,
        };
        if !tries.load(Relaxed) {
            return Attempted::Later;
        }
        let reads = matches!(progress.work, Work::Read(..));
        let mut flags = if reads && MEMORY_SEEN.load(Relaxed) && is_memory(self.fd.as_fd()) {
            0
        } else {
            libc::RWF_NOWAIT
        };
        loop {
            let call = progress.call();
            let answer = match perform(self.fd.as_fd(), call, flags) {
                Err(Errno::AGAIN) => return Attempted::Later,
                Err(Errno::OPNOTSUPP) if reads && flags != 0 && is_memory(self.fd.as_fd()) => {
                    MEMORY_SEEN.store(true, Relaxed);
                    flags = 0;
                    continue;
                }
                // Not by this file system, or not by this kernel.
                Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
                    tries.store(false, Relaxed);
                    return Attempted::Later;
                }
                answer => answer,
            };
            if let Some(result) = progress.answer(answer) {
                return Attempted::Done(result);
            }
        }
    }

    fn attempt_lock(&self, progress: &mut Progress) -> Attempted {
        self.locks.taken.store(true, Relaxed);
        loop {
            let call = progress.call();
            match perform(self.fd.as_fd(), call, 0) {
                Err(Errno::AGAIN) => return Attempted::Later,
                answer => {
                    if let Some(result) = progress.answer(answer) {
                        return Attempted::Done(result);
                    }
                }
            }
        }
    }

    /// Gives an operation to an engine.
    fn hand_over(
        self: &Arc<Self>,
        id: OpId,
        payload: T,
        progress: Progress,
    ) -> Result<OpId, Unaccepted<T>> {
        let name = next_name();
        let waits = matches!(progress.work, Work::Lock { .. });
        let soon = worker::urgency(self.port.id()) == Urgency::Lazy;
        let flight = Box::new(Operation { file: Arc::clone(self), id, name, payload, progress });
        let mut pending = lock(&self.pending);
        if self.port.is_closed() {
            // Closed meanwhile, and its visit may be over.
            drop(pending);
            let Operation { payload, progress, .. } = *flight;
            return Err((Errno::CANCELED, payload, progress.into_buffer()));
        }
        pending.insert(id, Entry { name, deadline: None, ended: None, waits });
        let submitted = if waits {
            self.files.wait(flight)
        } else {
            self.files.submit(self.kind, flight, soon)
        };
        drop(pending);
        if let Err(Refusal { error, flight }) = submitted {
            flight.finish(Err(error));
        }
        Ok(id)
    }

    fn packet(&self, payload: T, progress: Progress, result: io::Result<usize>) -> Packet<T> {
        let mut packet = Packet::new(self.key, payload, result);
        packet.transferred = progress.done;
        packet.buffer = progress.into_buffer();
        packet
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
            flight.finish(Err(Errno::CANCELED.into()));
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

/// How far an operation came without waiting.
enum Attempted {
    Done(io::Result<usize>),
    Later,
}

/// An operation that an engine has: owner of its buffer and payload until its packet (A47, C31).
struct Operation<T: Send + 'static> {
    file: Arc<OpenFile<T>>,
    id: OpId,
    name: u64,
    payload: T,
    progress: Progress,
}

impl<T: Send + 'static> Flight for Operation<T> {
    fn name(&self) -> u64 {
        self.name
    }

    fn work(&self) -> &Work {
        &self.progress.work
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.file.fd.as_fd()
    }

    fn call(&mut self) -> Call {
        self.progress.call()
    }

    fn answer(&mut self, answer: Result<usize, Errno>) -> Option<io::Result<usize>> {
        self.progress.answer(answer)
    }

    fn finish(self: Box<Self>, result: io::Result<usize>) {
        let Operation { file, id, payload, progress, .. } = *self;
        let cancelled =
            |error: &io::Error| error.raw_os_error() == Some(Errno::CANCELED.raw_os_error());
        // Queued under the lock: who counts what is under way counts it here or there.
        file.port.delivering(|out| {
            let mut pending = lock(&file.pending);
            let entry = pending.remove(&id).expect("an operation of an engine ends once");
            if let Some(deadline) = entry.deadline {
                file.port.dispatcher.engine.alarm.clear(deadline);
            }
            let result = match (result, entry.ended) {
                (Err(error), Some(reason)) if cancelled(&error) => Err(reason.into()),
                (result, _) => result,
            };
            out(file.packet(payload, progress, result));
        });
    }
}
