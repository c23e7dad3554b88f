//! Critical sections (F24): 40 bytes as Windows has them, entered and left without a system call while nobody waits.
//!
//! `LockCount` is the futex word: -1 free, 0 held, 1 held and somebody sleeps. Whoever has slept holds it as 1, for it
//! does not know of others; so a leave that finds 1 wakes one, perhaps in vain, and one that finds 0 has nobody to wake.
//!
//! # Invariants
//! 1. `OwningThread` and `RecursionCount` are written by the holder only. A thread that reads its own number there holds
//!    the section; what others read is never their own.
//! 2. After the word is released the section is not touched: it may be gone. The wake-up needs its address only.
#![allow(unsafe_code)] // memory of the program's

use std::ffi::c_void;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::futex;
use crate::thread;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};

/// A lock that its holder may enter again.
#[repr(C)]
#[derive(Default)]
pub struct CRITICAL_SECTION {
    /// Not used.
    pub DebugInfo: *mut c_void,
    /// -1 if it is free.
    pub LockCount: i32,
    /// How often its holder has entered it.
    pub RecursionCount: i32,
    /// The holder's thread id.
    pub OwningThread: HANDLE,
    /// Not used.
    pub LockSemaphore: HANDLE,
    /// How often to look before sleeping.
    pub SpinCount: usize,
}

const _: () = assert!(size_of::<CRITICAL_SECTION>() == 40);

const FREE: u32 = u32::MAX;
const HELD: u32 = 0;
const CONTENDED: u32 = 1;
/// Windows takes the rest for flags.
const SPIN_MASK: u32 = 0x00FF_FFFF;
const KNOWN_FLAGS: u32 = 0xFF00_0000;

/// The word.
///
/// # Safety
/// A section that is there as long as the reference is used.
unsafe fn word<'a>(section: *mut CRITICAL_SECTION) -> &'a AtomicU32 {
    // SAFETY: the caller's.
    let word = unsafe { &raw mut (*section).LockCount };
    // SAFETY: aligned, and accessed as an atomic by everybody.
    unsafe { AtomicU32::from_ptr(word.cast()) }
}

/// The owner's number: a pointer, of which the lower half is used.
///
/// # Safety
/// As for `word`.
unsafe fn owner<'a>(section: *mut CRITICAL_SECTION) -> &'a AtomicU32 {
    // SAFETY: the caller's.
    let word = unsafe { &raw mut (*section).OwningThread };
    // SAFETY: as there.
    unsafe { AtomicU32::from_ptr(word.cast()) }
}

/// Makes a section, free.
unsafe fn initialize(section: *mut CRITICAL_SECTION, spin: u32) {
    let fresh = CRITICAL_SECTION {
        DebugInfo: std::ptr::null_mut(),
        LockCount: FREE.cast_signed(),
        RecursionCount: 0,
        OwningThread: std::ptr::null_mut(),
        LockSemaphore: std::ptr::null_mut(),
        SpinCount: (spin & SPIN_MASK) as usize,
    };
    // SAFETY: the caller's memory.
    unsafe { section.write(fresh) };
}

/// Makes a critical section.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeCriticalSection(lpCriticalSection: *mut CRITICAL_SECTION) {
    // SAFETY: the caller's.
    unsafe { initialize(lpCriticalSection, 0) };
}

/// Makes a critical section, with a number of looks before it sleeps.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeCriticalSectionAndSpinCount(
    lpCriticalSection: *mut CRITICAL_SECTION,
    dwSpinCount: u32,
) -> BOOL {
    // SAFETY: the caller's.
    unsafe { initialize(lpCriticalSection, dwSpinCount) };
    TRUE
}

/// Makes a critical section; the flags, which are in the highest byte, are about debugging.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeCriticalSectionEx(
    lpCriticalSection: *mut CRITICAL_SECTION,
    dwSpinCount: u32,
    Flags: u32,
) -> BOOL {
    if Flags & !KNOWN_FLAGS != 0 {
        crate::error::SetLastError(crate::code::ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    // SAFETY: the caller's.
    unsafe { initialize(lpCriticalSection, dwSpinCount) };
    TRUE
}

/// Sets the number of looks; the one before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetCriticalSectionSpinCount(
    lpCriticalSection: *mut CRITICAL_SECTION,
    dwSpinCount: u32,
) -> u32 {
    // SAFETY: the caller's.
    let count = unsafe { &mut (*lpCriticalSection).SpinCount };
    let before = std::mem::replace(count, (dwSpinCount & SPIN_MASK) as usize);
    u32::try_from(before).unwrap_or(SPIN_MASK)
}

/// Nothing was allocated, so there is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DeleteCriticalSection(lpCriticalSection: *mut CRITICAL_SECTION) {
    // SAFETY: the caller's.
    unsafe { initialize(lpCriticalSection, 0) };
}

/// Enters; waits while another thread is inside, and gives a worker's slot back meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn EnterCriticalSection(lpCriticalSection: *mut CRITICAL_SECTION) {
    let id = thread::current_id();
    // SAFETY: the caller's.
    if unsafe { try_enter(lpCriticalSection, id) } {
        return;
    }
    // SAFETY: the caller's.
    unsafe { enter_contended(lpCriticalSection) };
    // SAFETY: held.
    unsafe { own(lpCriticalSection, id) };
}

/// Enters if no other thread is inside.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TryEnterCriticalSection(lpCriticalSection: *mut CRITICAL_SECTION) -> BOOL {
    // SAFETY: the caller's.
    unsafe { try_enter(lpCriticalSection, thread::current_id()) }.into()
}

#[inline]
unsafe fn try_enter(section: *mut CRITICAL_SECTION, id: u32) -> bool {
    // SAFETY: the caller's.
    if unsafe { owner(section) }.load(Relaxed) == id {
        // SAFETY: held by this thread (invariant 1).
        unsafe { (*section).RecursionCount += 1 };
        return true;
    }
    // Acquire pairs with the release of the last leave.
    // SAFETY: the caller's.
    if unsafe { word(section) }.compare_exchange(FREE, HELD, Acquire, Relaxed).is_err() {
        return false;
    }
    // SAFETY: held.
    unsafe { own(section, id) };
    true
}

/// The section has just been taken.
#[inline]
unsafe fn own(section: *mut CRITICAL_SECTION, id: u32) {
    // SAFETY: the caller's.
    unsafe { owner(section) }.store(id, Relaxed);
    // SAFETY: as above.
    unsafe { (*section).RecursionCount = 1 };
}

#[cold]
unsafe fn enter_contended(section: *mut CRITICAL_SECTION) {
    // SAFETY: the caller's.
    let word = unsafe { word(section) };
    // SAFETY: as above.
    for _ in 0..unsafe { (*section).SpinCount } {
        std::hint::spin_loop();
        if word.load(Relaxed) == FREE && word.compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok()
        {
            return;
        }
    }
    wharf::blocking(|| {
        while word.swap(CONTENDED, Acquire) != FREE {
            futex::wait(word, CONTENDED, None);
        }
    });
}

/// Leaves, as often as it was entered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LeaveCriticalSection(lpCriticalSection: *mut CRITICAL_SECTION) {
    // SAFETY: held by the caller.
    let recursion = unsafe { &mut (*lpCriticalSection).RecursionCount };
    *recursion -= 1;
    if *recursion > 0 {
        return;
    }
    // SAFETY: as above.
    unsafe { owner(lpCriticalSection) }.store(0, Relaxed);
    // SAFETY: as above.
    let word = unsafe { word(lpCriticalSection) };
    let address = std::ptr::from_ref(word);
    if word.swap(FREE, Release) == CONTENDED {
        futex::wake(address, 1); // invariant 2
    }
}
