//! Condition variables (F26): 8 bytes, zero from the beginning.
//!
//! The lower half counts wake-ups and is the futex word; the upper half counts sleepers, so that a wake-up that nobody
//! waits for is no system call.
//!
//! # Invariants
//! 1. A sleeper is counted, and has read the word, before it releases the lock: a wake-up that comes after the release
//!    changes the word and ends the sleep. Spurious ends are allowed.
#![allow(unsafe_code)] // memory of the program's

use std::ffi::c_void;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;

use super::critical::{CRITICAL_SECTION, EnterCriticalSection, LeaveCriticalSection};
use super::futex::{self, Moment};
use super::srw::{
    AcquireSRWLockExclusive, AcquireSRWLockShared, ReleaseSRWLockExclusive, ReleaseSRWLockShared,
    SRWLOCK,
};
use crate::types::{BOOL, FALSE, TRUE};
use crate::{code, error};

/// Threads wait on it for what others do under a lock.
#[repr(C)]
#[derive(Default)]
pub struct CONDITION_VARIABLE {
    /// Zero at the beginning.
    pub Ptr: *mut c_void,
}

const _: () = assert!(size_of::<CONDITION_VARIABLE>() == 8);

/// The SRW lock is held in shared mode.
pub const CONDITION_VARIABLE_LOCKMODE_SHARED: u32 = 1;

/// The two halves.
///
/// # Safety
/// A variable that is there as long as the references are used.
unsafe fn halves<'a>(variable: *mut CONDITION_VARIABLE) -> (&'a AtomicU32, &'a AtomicU32) {
    let wakeups: *mut u32 = variable.cast();
    // SAFETY: the caller's; accessed as atomics by everybody.
    let sleepers = unsafe { AtomicU32::from_ptr(wakeups.wrapping_add(1)) };
    // SAFETY: as above.
    (unsafe { AtomicU32::from_ptr(wakeups) }, sleepers)
}

/// Makes a condition variable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeConditionVariable(ConditionVariable: *mut CONDITION_VARIABLE) {
    // SAFETY: the caller's memory.
    unsafe { ConditionVariable.write(CONDITION_VARIABLE { Ptr: std::ptr::null_mut() }) };
}

unsafe fn sleep(
    variable: *mut CONDITION_VARIABLE,
    millis: u32,
    release: impl FnOnce(),
    acquire: impl FnOnce(),
) -> BOOL {
    // SAFETY: the caller's.
    let (wakeups, sleepers) = unsafe { halves(variable) };
    let deadline = Moment::after_millis(millis);
    sleepers.fetch_add(1, SeqCst);
    let seen = wakeups.load(SeqCst);
    release();
    let in_time = wharf::blocking(|| futex::wait(wakeups, seen, deadline));
    sleepers.fetch_sub(1, SeqCst);
    acquire();
    if !in_time {
        error::SetLastError(code::ERROR_TIMEOUT);
        return FALSE;
    }
    TRUE
}

/// Releases a critical section, waits for a wake-up, and enters it again; false with ERROR_TIMEOUT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SleepConditionVariableCS(
    ConditionVariable: *mut CONDITION_VARIABLE,
    CriticalSection: *mut CRITICAL_SECTION,
    dwMilliseconds: u32,
) -> BOOL {
    // SAFETY: the caller's, who is inside.
    let release = || unsafe { LeaveCriticalSection(CriticalSection) };
    // SAFETY: the caller's.
    let acquire = || unsafe { EnterCriticalSection(CriticalSection) };
    // SAFETY: the caller's.
    unsafe { sleep(ConditionVariable, dwMilliseconds, release, acquire) }
}

/// Releases an SRW lock, waits for a wake-up, and takes it again in the same mode; false with ERROR_TIMEOUT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SleepConditionVariableSRW(
    ConditionVariable: *mut CONDITION_VARIABLE,
    SRWLock: *mut SRWLOCK,
    dwMilliseconds: u32,
    Flags: u32,
) -> BOOL {
    if Flags & !CONDITION_VARIABLE_LOCKMODE_SHARED != 0 {
        error::SetLastError(code::ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    let shared = Flags != 0;
    let release = || match shared {
        // SAFETY: the caller's, who holds it.
        true => unsafe { ReleaseSRWLockShared(SRWLock) },
        // SAFETY: as above.
        false => unsafe { ReleaseSRWLockExclusive(SRWLock) },
    };
    let acquire = || match shared {
        // SAFETY: the caller's.
        true => unsafe { AcquireSRWLockShared(SRWLock) },
        // SAFETY: as above.
        false => unsafe { AcquireSRWLockExclusive(SRWLock) },
    };
    // SAFETY: the caller's.
    unsafe { sleep(ConditionVariable, dwMilliseconds, release, acquire) }
}

unsafe fn wake(variable: *mut CONDITION_VARIABLE, count: i32) {
    // SAFETY: the caller's.
    let (wakeups, sleepers) = unsafe { halves(variable) };
    if sleepers.load(SeqCst) != 0 {
        wakeups.fetch_add(1, SeqCst);
        futex::wake(wakeups, count);
    }
}

/// Wakes one that sleeps.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WakeConditionVariable(ConditionVariable: *mut CONDITION_VARIABLE) {
    // SAFETY: the caller's.
    unsafe { wake(ConditionVariable, 1) };
}

/// Wakes all that sleep.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WakeAllConditionVariable(ConditionVariable: *mut CONDITION_VARIABLE) {
    // SAFETY: the caller's.
    unsafe { wake(ConditionVariable, futex::EVERYBODY) };
}
