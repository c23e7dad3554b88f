//! Locked ranges of files (contract E10).
//!
//! Windows' locks bind everybody, readers and writers included, and belong to a handle; Linux' bind only those who ask.
//! So they are kept here, for all handles of this process. Other programs neither see nor hold them.
//!
//! # Invariants
//! 1. Two locks of one file that overlap are both shared, or of one owner and both shared.
//! 2. A file without locks costs a reader one load of an atomic number.
#![allow(unsafe_code)] // exported under C names

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};

use wharf_core::status::Status;

use super::handle::{self, File, Kind};
use super::io::{At, Direction, offset};
use super::share::Identity;
use crate::thread::synchronous;
use crate::types::{BOOL, FALSE, HANDLE, OVERLAPPED, TRUE};
use crate::{arg, code, guard};

const FAIL_IMMEDIATELY: u32 = 1;
const EXCLUSIVE: u32 = 2;

struct Lock {
    /// The address of the file object, which lives as long as its locks.
    owner: usize,
    start: u64,
    length: u64,
    exclusive: bool,
}

impl Lock {
    fn overlaps(&self, start: u64, length: u64) -> bool {
        // A range of no bytes overlaps what it lies inside of only; between 0 and 0 there is nothing.
        length > 0
            && self.length > 0
            && start < self.start.saturating_add(self.length)
            && self.start < start.saturating_add(length)
    }
}

type Locks = HashMap<Identity, Vec<Lock>>;

static COUNT: AtomicUsize = AtomicUsize::new(0);
static LOCKS: LazyLock<Mutex<Locks>> = LazyLock::new(Mutex::default);
static RELEASED: Condvar = Condvar::new();

fn locks() -> MutexGuard<'static, Locks> {
    LOCKS.lock().unwrap_or_else(PoisonError::into_inner)
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
    let locks = locks();
    let forbids = |lock: &Lock| {
        let foreign = lock.owner != owner(file);
        let bars = if lock.exclusive { foreign } else { direction == Direction::Write };
        bars && lock.overlaps(start, length)
    };
    match locks.get(&file.identity) {
        Some(list) if list.iter().any(forbids) => Err(Status::FILE_LOCK_CONFLICT),
        _ => Ok(()),
    }
}

/// Takes a lock if nobody else's is in the way.
fn take(locks: &mut Locks, file: &File, start: u64, length: u64, exclusive: bool) -> bool {
    let list = locks.entry(file.identity).or_default();
    let bars = |lock: &Lock| (lock.exclusive || exclusive) && lock.overlaps(start, length);
    if list.iter().any(bars) {
        return false;
    }
    list.push(Lock { owner: owner(file), start, length, exclusive });
    COUNT.fetch_add(1, Ordering::Relaxed);
    true
}

fn lock(file: &File, start: u64, length: u64, flags: u32) -> Result<BOOL, u32> {
    if file.kind != Kind::Disk {
        return Err(code::ERROR_INVALID_FUNCTION);
    }
    if flags & !(FAIL_IMMEDIATELY | EXCLUSIVE) != 0 || start.checked_add(length).is_none() {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let exclusive = flags & EXCLUSIVE != 0;
    let mut held = locks();
    if take(&mut held, file, start, length, exclusive) {
        return Ok(TRUE);
    }
    if flags & FAIL_IMMEDIATELY != 0 {
        return Err(code::ERROR_LOCK_VIOLATION);
    }
    drop(held);
    let wait = || {
        let mut held = locks();
        while !take(&mut held, file, start, length, exclusive) {
            if synchronous::is_cancelled() {
                return Err(code::ERROR_OPERATION_ABORTED);
            }
            held = RELEASED.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(TRUE)
    };
    let wake = || {
        drop(locks()); // who is about to sleep has looked before, or sleeps
        RELEASED.notify_all();
    };
    synchronous::cancellable(Some(Arc::new(wake)), || wharf::blocking(wait))
}

/// Gives back the lock of exactly this range.
fn unlock(file: &File, start: u64, length: u64) -> Result<BOOL, u32> {
    let mut locks = locks();
    let list = locks.get_mut(&file.identity).ok_or(code::ERROR_NOT_LOCKED)?;
    let own =
        |lock: &Lock| lock.owner == owner(file) && lock.start == start && lock.length == length;
    let at = list.iter().position(own).ok_or(code::ERROR_NOT_LOCKED)?;
    list.remove(at);
    released(&mut locks, file.identity, 1);
    Ok(TRUE)
}

fn released(locks: &mut Locks, file: Identity, count: usize) {
    if locks.get(&file).is_some_and(Vec::is_empty) {
        locks.remove(&file);
    }
    COUNT.fetch_sub(count, Ordering::Relaxed);
    RELEASED.notify_all();
}

/// A file is closed: its locks go.
pub(crate) fn forget(file: &File) {
    if COUNT.load(Ordering::Relaxed) == 0 {
        return;
    }
    let mut locks = locks();
    let Some(list) = locks.get_mut(&file.identity) else { return };
    let before = list.len();
    list.retain(|lock| lock.owner != owner(file));
    let gone = before - list.len();
    released(&mut locks, file.identity, gone);
}

fn join(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// Locks a range for this handle alone, or fails at once.
#[unsafe(no_mangle)]
pub extern "C" fn LockFile(file: HANDLE, low: u32, high: u32, length: u32, more: u32) -> BOOL {
    guard::call(FALSE, || {
        let flags = FAIL_IMMEDIATELY | EXCLUSIVE;
        lock(&*handle::get(file)?, join(low, high), join(length, more), flags)
    })
}

/// Gives such a range back.
#[unsafe(no_mangle)]
pub extern "C" fn UnlockFile(file: HANDLE, low: u32, high: u32, length: u32, more: u32) -> BOOL {
    guard::call(FALSE, || unlock(&*handle::get(file)?, join(low, high), join(length, more)))
}

/// # Safety
/// Null, or the structure.
unsafe fn start(overlapped: *mut OVERLAPPED) -> Result<u64, u32> {
    // SAFETY: the caller's.
    let overlapped = unsafe { arg::load(overlapped) };
    match offset(overlapped.map_err(|_| code::ERROR_INVALID_PARAMETER)?) {
        At::Offset(start) => Ok(start),
        _ => Err(code::ERROR_INVALID_PARAMETER),
    }
}

/// Locks a range, exclusively or shared; waits, unless the flags say no.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LockFileEx(
    file: HANDLE,
    flags: u32,
    reserved: u32,
    length: u32,
    more: u32,
    overlapped: *mut OVERLAPPED,
) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(file)?;
        if reserved != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's structure.
        let start = unsafe { start(overlapped) }?;
        lock(&file, start, join(length, more), flags)
    })
}

/// Gives a range back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UnlockFileEx(
    file: HANDLE,
    reserved: u32,
    length: u32,
    more: u32,
    overlapped: *mut OVERLAPPED,
) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(file)?;
        if reserved != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's structure.
        let start = unsafe { start(overlapped) }?;
        unlock(&file, start, join(length, more))
    })
}
