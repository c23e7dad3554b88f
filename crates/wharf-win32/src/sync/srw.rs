//! Slim reader/writer locks (F25): 8 bytes, zero is free.
//!
//! The lower half is the state, and the futex word of both kinds of waiters, which are told apart by futex bit sets:
//! holders in 30 bits, all ones for one in exclusive mode; a bit if shared waiters may sleep, and one if exclusive ones
//! may. An exclusive waiter goes first; while one waits, nobody new enters in shared mode.
//!
//! # Invariants
//! 1. Nobody sleeps without its bit being set, or a wake-up being on its way: the bit is set, and the sleep begins only
//!    if the word still has it, in one step (futex).
//! 2. Whoever makes a lock free that has bits wakes one exclusive waiter, else all shared ones.
//! 3. After the word is released the lock is not touched unless it has bits, and then only by compare-and-swap on the word.
//!    A waiter holds it in being: who waits for a lock may not be left with a freed one.
#![allow(unsafe_code)] // memory of the program's

use std::ffi::c_void;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::futex::{self, Class};

/// A lock for one, or for many that only read.
#[repr(C)]
#[derive(Default)]
pub struct SRWLOCK {
    /// Zero if it is free.
    pub Ptr: *mut c_void,
}

const _: () = assert!(size_of::<SRWLOCK>() == 8);

const HOLDERS: u32 = (1 << 30) - 1;
const EXCLUSIVE: u32 = HOLDERS;
const SHARED_WAIT: u32 = 1 << 30;
const EXCLUSIVE_WAIT: u32 = 1 << 31;
/// Looks before a thread sleeps: about a microsecond.
const SPINS: u32 = 100;

/// # Safety
/// A lock that is there as long as the reference is used.
unsafe fn word<'a>(lock: *mut SRWLOCK) -> &'a AtomicU32 {
    // SAFETY: the caller's; accessed as an atomic by everybody. The lower half comes first.
    unsafe { AtomicU32::from_ptr(lock.cast()) }
}

/// Shared mode is open: no exclusive holder, and nobody waits.
fn is_open(state: u32) -> bool {
    state < EXCLUSIVE - 1
}

fn try_shared(word: &AtomicU32) -> bool {
    word.fetch_update(Acquire, Relaxed, |state| is_open(state).then(|| state + 1)).is_ok()
}

/// Looks a while whether `found` comes true.
fn spin(word: &AtomicU32, found: impl Fn(u32) -> bool) -> u32 {
    let mut state = word.load(Relaxed);
    for _ in 0..SPINS {
        if found(state) {
            break;
        }
        std::hint::spin_loop();
        state = word.load(Relaxed);
    }
    state
}

#[cold]
fn shared_contended(word: &AtomicU32) {
    loop {
        let state = spin(word, is_open);
        if is_open(state) {
            if word.compare_exchange(state, state + 1, Acquire, Relaxed).is_ok() {
                return;
            }
            continue;
        }
        if state == SHARED_WAIT {
            // Free, and those who slept in shared mode are not in yet: they come in with this one.
            if word.compare_exchange(state, 1, Acquire, Relaxed).is_ok() {
                futex::wake_class(word, futex::EVERYBODY, Class::Shared);
                return;
            }
            continue;
        }
        let marked = state | SHARED_WAIT;
        if state == marked || word.compare_exchange(state, marked, Relaxed, Relaxed).is_ok() {
            futex::wait_class(word, marked, Class::Shared);
        }
    }
}

#[cold]
fn exclusive_contended(word: &AtomicU32) {
    // Others may sleep: who has slept does not know, and keeps the bit.
    let mut others = 0;
    loop {
        let state = spin(word, |state| state & HOLDERS == 0);
        if state & HOLDERS == 0 {
            let taken = state | EXCLUSIVE | others;
            if word.compare_exchange(state, taken, Acquire, Relaxed).is_ok() {
                return;
            }
            continue;
        }
        let marked = state | EXCLUSIVE_WAIT;
        if state == marked || word.compare_exchange(state, marked, Relaxed, Relaxed).is_ok() {
            others = EXCLUSIVE_WAIT;
            futex::wait_class(word, marked, Class::Exclusive);
        }
    }
}

/// The lock has become free, and has bits: unless somebody takes it, and thereby this duty, whoever waits is woken.
#[cold]
fn wake(word: &AtomicU32) {
    loop {
        let state = word.load(Relaxed);
        if state & HOLDERS != 0 || state == 0 {
            return;
        }
        // Without the bit of those who are woken. An exclusive one that others may sleep behind sets it again.
        let (left, class, count) = if state & EXCLUSIVE_WAIT != 0 {
            (state & !EXCLUSIVE_WAIT, Class::Exclusive, 1)
        } else {
            (0, Class::Shared, futex::EVERYBODY)
        };
        if word.compare_exchange(state, left, Relaxed, Relaxed).is_err() {
            continue;
        }
        // No exclusive waiter: the bit was left by the last one, or one is not asleep yet and will look again.
        if futex::wake_class(word, count, class) > 0 || left == 0 {
            return;
        }
    }
}

/// Makes a lock, free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeSRWLock(SRWLock: *mut SRWLOCK) {
    // SAFETY: the caller's memory.
    unsafe { SRWLock.write(SRWLOCK { Ptr: std::ptr::null_mut() }) };
}

/// Takes a lock alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AcquireSRWLockExclusive(SRWLock: *mut SRWLOCK) {
    // SAFETY: the caller's.
    let word = unsafe { word(SRWLock) };
    if word.compare_exchange(0, EXCLUSIVE, Acquire, Relaxed).is_err() {
        wharf::blocking(|| exclusive_contended(word));
    }
}

/// Takes a lock with others that only read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AcquireSRWLockShared(SRWLock: *mut SRWLOCK) {
    // SAFETY: the caller's.
    let word = unsafe { word(SRWLock) };
    if !try_shared(word) {
        wharf::blocking(|| shared_contended(word));
    }
}

/// Takes a lock alone, if that is possible at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TryAcquireSRWLockExclusive(SRWLock: *mut SRWLOCK) -> u8 {
    // SAFETY: the caller's.
    let word = unsafe { word(SRWLock) };
    let free = |state: u32| (state & HOLDERS == 0).then_some(state | EXCLUSIVE);
    word.fetch_update(Acquire, Relaxed, free).is_ok().into()
}

/// Takes a lock with others, if that is possible at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TryAcquireSRWLockShared(SRWLock: *mut SRWLOCK) -> u8 {
    // SAFETY: the caller's.
    try_shared(unsafe { word(SRWLock) }).into()
}

/// Gives a lock back that was taken alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseSRWLockExclusive(SRWLock: *mut SRWLOCK) {
    // SAFETY: the caller's.
    let word = unsafe { word(SRWLock) };
    let state = word.fetch_sub(EXCLUSIVE, Release) - EXCLUSIVE;
    if state != 0 {
        wake(word);
    }
}

/// Gives a lock back that was taken with others.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseSRWLockShared(SRWLock: *mut SRWLOCK) {
    // SAFETY: the caller's.
    let word = unsafe { word(SRWLock) };
    let state = word.fetch_sub(1, Release) - 1;
    if state & HOLDERS == 0 && state != 0 {
        wake(word);
    }
}
