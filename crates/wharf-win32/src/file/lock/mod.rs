//! Locked ranges of files (contract E10).
//!
//! Windows' locks bind everybody, readers and writers included, and belong to a handle; Linux' bind only those who ask.
//! So they are kept here, for all handles of this process. Other programs neither see nor hold them. The calls are in
//! `call`.
//!
//! # Invariants
//! 1. Two locks of one file that overlap are both shared, or of one owner and both shared.
//! 2. A file without locks costs a reader one load of an atomic number.
//! 3. A file that is closed has no locks and no requests, and gets none: a call that has found the file before is refused.
//! 4. A request waits only beside a lock that bars it: whoever takes a lock away grants what has become possible, in the
//!    order of the requests' coming.

mod call;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, MutexGuard, PoisonError};

use wharf_core::status::Status;

use super::handle::File;
use super::io::Direction;
use super::share::Identity;
use crate::code;
use crate::fork;
use crate::overlapped::Cancel;
use crate::overlapped::request::{Ended, Request};
use crate::thread::synchronous;

pub use call::{LockFile, LockFileEx, UnlockFile, UnlockFileEx};

/// What is to be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    start: u64,
    length: u64,
    exclusive: bool,
}

struct Lock {
    /// The address of the file object, which lives as long as its locks.
    owner: usize,
    range: Range,
}

/// An overlapped request beside somebody's lock.
struct Waiting {
    file: Arc<File>,
    request: Request,
    range: Range,
}

impl Range {
    fn overlaps(&self, start: u64, length: u64) -> bool {
        // A range of no bytes overlaps what it lies inside of only; between 0 and 0 there is nothing.
        length > 0
            && self.length > 0
            && start < self.start.saturating_add(self.length)
            && self.start < start.saturating_add(length)
    }
}

/// One file's.
#[derive(Default)]
pub(crate) struct Locks {
    held: Vec<Lock>,
    waiting: Vec<Waiting>,
}

impl Locks {
    /// Takes a lock if nothing is in the way.
    fn take(&mut self, owner: usize, range: Range) -> bool {
        let bars = |lock: &Lock| {
            (lock.range.exclusive || range.exclusive)
                && lock.range.overlaps(range.start, range.length)
        };
        if self.held.iter().any(bars) {
            return false;
        }
        self.held.push(Lock { owner, range });
        COUNT.fetch_add(1, Ordering::Relaxed);
        true
    }
}

type Files = BTreeMap<Identity, Locks>;

static COUNT: AtomicUsize = AtomicUsize::new(0);
pub(crate) static LOCKS: fork::Lock<Files> = fork::Lock::new(Files::new());
static RELEASED: Condvar = Condvar::new();

fn locks() -> MutexGuard<'static, Files> {
    LOCKS.lock()
}

/// For a call that takes a lock (invariant 3).
fn locks_for(file: &File) -> Result<MutexGuard<'static, Files>, u32> {
    let files = locks();
    // Relaxed: under the lock, as the store.
    if file.closed.load(Ordering::Relaxed) { Err(code::ERROR_INVALID_HANDLE) } else { Ok(files) }
}

fn owner(file: &File) -> usize {
    std::ptr::from_ref(file) as usize
}

/// Whether a transfer on this file has to ask.
pub(crate) fn any(file: &File) -> bool {
    // Relaxed: a lock taken at the same time as this read or write begins may come before or after it.
    COUNT.load(Ordering::Relaxed) > 0 && locks().contains_key(&file.identity)
}

/// Refuses a transfer that touches somebody else's lock, or writes where even the own lock is shared.
pub(crate) fn admit(
    file: &File,
    direction: Direction,
    start: u64,
    length: u64,
) -> Result<(), Status> {
    if COUNT.load(Ordering::Relaxed) == 0 {
        return Ok(());
    }
    let files = locks();
    let forbids = |lock: &Lock| {
        let foreign = lock.owner != owner(file);
        let bars = if lock.range.exclusive { foreign } else { direction == Direction::Write };
        bars && lock.range.overlaps(start, length)
    };
    match files.get(&file.identity) {
        Some(locks) if locks.held.iter().any(forbids) => Err(Status::FILE_LOCK_CONFLICT),
        _ => Ok(()),
    }
}

/// Takes a lock, or says that something is in the way.
fn try_lock(file: &File, range: Range) -> Result<(), u32> {
    let mut files = locks_for(file)?;
    if files.entry(file.identity).or_default().take(owner(file), range) {
        Ok(())
    } else {
        Err(code::ERROR_LOCK_VIOLATION)
    }
}

/// Takes a lock, and waits for it; CancelSynchronousIo ends that.
fn lock_and_wait(file: &File, range: Range) -> Result<(), u32> {
    let wait = || {
        let mut files = locks_for(file)?;
        while !files.entry(file.identity).or_default().take(owner(file), range) {
            if synchronous::is_cancelled() || file.closed.load(Ordering::Relaxed) {
                return Err(code::ERROR_OPERATION_ABORTED);
            }
            files = RELEASED.wait(files).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    };
    let wake = || {
        drop(locks()); // who is about to sleep has looked before, or sleeps
        RELEASED.notify_all();
    };
    synchronous::cancellable(Some(Arc::new(wake)), || wharf::blocking(wait))
}

/// Takes a lock, or leaves the request to whoever makes way for it: ERROR_IO_PENDING.
fn lock_or_queue(
    file: Arc<File>,
    range: Range,
    request: Request,
) -> Result<(Arc<File>, Request), u32> {
    let mut files = locks_for(&file)?;
    let locks = files.entry(file.identity).or_default();
    if locks.take(owner(&file), range) {
        return Ok((file, request));
    }
    locks.waiting.push(Waiting { file, request, range });
    Err(code::ERROR_IO_PENDING)
}

/// Gives back the lock of exactly this range.
fn unlock(file: &File, start: u64, length: u64) -> Result<(), u32> {
    let own = |lock: &Lock| {
        lock.owner == owner(file) && lock.range.start == start && lock.range.length == length
    };
    let mut files = locks();
    let locks = files.get_mut(&file.identity).ok_or(code::ERROR_NOT_LOCKED)?;
    let at = locks.held.iter().position(own).ok_or(code::ERROR_NOT_LOCKED)?;
    locks.held.remove(at);
    released(files, file.identity, 1);
    Ok(())
}

/// Locks have been taken away: who waits may have them.
fn released(mut files: MutexGuard<'_, Files>, identity: Identity, count: usize) {
    COUNT.fetch_sub(count, Ordering::Relaxed);
    let mut granted = Vec::new();
    if let Some(locks) = files.get_mut(&identity) {
        for waiting in std::mem::take(&mut locks.waiting) {
            if locks.take(owner(&waiting.file), waiting.range) {
                granted.push(waiting);
            } else {
                locks.waiting.push(waiting);
            }
        }
        if locks.held.is_empty() {
            files.remove(&identity);
        }
    }
    drop(files);
    RELEASED.notify_all();
    end(granted, Status::SUCCESS);
}

fn end(all: Vec<Waiting>, status: Status) {
    for Waiting { file, request, .. } in all {
        file.finish(request, status, 0, Ended::Later);
    }
}

/// Withdraws requests of a file; answers how many that was.
pub(crate) fn cancel(file: &File, which: Cancel) -> usize {
    let withdrawn = withdraw(&mut locks(), file, which);
    let count = withdrawn.len();
    end(withdrawn, Status::CANCELLED);
    count
}

fn withdraw(files: &mut Files, file: &File, which: Cancel) -> Vec<Waiting> {
    let bound = file.bound.is_bound();
    let meant = |waiting: &mut Waiting| {
        owner(&waiting.file) == owner(file) && waiting.request.is_meant(which, bound)
    };
    let locks = files.get_mut(&file.identity);
    locks.map_or_else(Vec::new, |locks| locks.waiting.extract_if(.., meant).collect())
}

/// A file is closed: its requests end and its locks go.
pub(crate) fn close(file: &File) {
    let mut files = locks();
    file.closed.store(true, Ordering::Relaxed);
    let withdrawn = withdraw(&mut files, file, Cancel::All);
    match files.get_mut(&file.identity) {
        None => drop(files),
        Some(locks) => {
            let before = locks.held.len();
            locks.held.retain(|lock| lock.owner != owner(file));
            let gone = before - locks.held.len();
            released(files, file.identity, gone);
        }
    }
    end(withdrawn, Status::CANCELLED);
}

#[cfg(test)]
mod tests {
    use super::super::handle::{Descriptor, Kind};
    use super::*;

    /// Invariant 3: a call that has found the file before its last handle was closed leaves nothing behind.
    #[test]
    fn a_closed_file_gets_no_locks() {
        let make = || {
            let file = File::new(Descriptor::Standard(0), Kind::Disk, true, true);
            Arc::new(File { identity: (u64::MAX, 2), ..file })
        };
        let range = Range { start: 0, length: 10, exclusive: true };
        let (file, other) = (make(), make());
        assert_eq!(try_lock(&file, range), Ok(()));
        assert_eq!(try_lock(&other, range), Err(code::ERROR_LOCK_VIOLATION));
        close(&file);
        assert_eq!(try_lock(&file, range), Err(code::ERROR_INVALID_HANDLE));
        assert_eq!(lock_and_wait(&file, range), Err(code::ERROR_INVALID_HANDLE));
        assert_eq!(try_lock(&other, range), Ok(()));
        close(&other);
        assert!(!any(&file));
    }
}
