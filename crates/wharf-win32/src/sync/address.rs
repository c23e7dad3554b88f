//! WaitOnAddress: sleeping on a value of 1, 2, 4 or 8 bytes.
//!
//! Who wakes does not say the size, so this is no futex on the value: sleepers are listed by address, each with a word of
//! its own.
//!
//! # Invariants
//! 1. The value is compared under the bucket's lock, after the sleeper is listed; who wakes has changed the value before it
//!    takes that lock. So either the comparison sees the change, or the sleeper is found.
//! 2. A sleeper is taken from the list by who wakes it, or by itself when its time is over, once.
#![allow(unsafe_code)] // memory of the program's

use std::ffi::c_void;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64};
use std::sync::{Arc, MutexGuard};

use super::futex::{self, Moment};
use crate::fork::Lock;
use crate::thread::deferral::Deferral;
use crate::types::{BOOL, FALSE, TRUE};
use crate::{code, error};

const BUCKETS: usize = 64;

pub(crate) struct Sleeper {
    address: usize,
    woken: Arc<AtomicU32>,
}

pub(crate) static LISTS: [Lock<Vec<Sleeper>>; BUCKETS] = [const { Lock::new(Vec::new()) }; BUCKETS];

fn list(address: usize) -> MutexGuard<'static, Vec<Sleeper>> {
    let bucket = (address >> 3).wrapping_mul(0x9E37_79B9) >> 8 & (BUCKETS - 1);
    LISTS[bucket].lock()
}

/// Waits while a value equals another, and perhaps a little less; false with ERROR_TIMEOUT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitOnAddress(
    Address: *const c_void,
    CompareAddress: *const c_void,
    AddressSize: usize,
    dwMilliseconds: u32,
) -> BOOL {
    if !matches!(AddressSize, 1 | 2 | 4 | 8) {
        error::SetLastError(code::ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    let deadline = Moment::after_millis(dwMilliseconds);
    let woken = Arc::new(AtomicU32::new(0));
    {
        let _deferral = Deferral::begin();
        let mut list = list(Address as usize);
        list.push(Sleeper { address: Address as usize, woken: Arc::clone(&woken) });
        // SAFETY: the caller's values, of that size.
        if !unsafe { equal(Address, CompareAddress, AddressSize) } {
            list.pop();
            return TRUE;
        }
    }
    let mut in_time = true;
    wharf::blocking(|| {
        while in_time && woken.load(Acquire) == 0 {
            in_time = futex::wait(&woken, 0, deadline);
        }
    });
    if !in_time {
        let _deferral = Deferral::begin();
        let mut list = list(Address as usize);
        if let Some(at) = list.iter().position(|sleeper| Arc::ptr_eq(&sleeper.woken, &woken)) {
            list.remove(at);
            drop(list);
            error::SetLastError(code::ERROR_TIMEOUT);
            return FALSE;
        }
    }
    TRUE
}

/// # Safety
/// Both are readable, and aligned, for that size; others may write the first meanwhile.
unsafe fn equal(address: *const c_void, compare: *const c_void, size: usize) -> bool {
    macro_rules! equal {
        ($atomic:ty, $kind:ty) => {{
            // SAFETY: the caller's; others write it as an atomic.
            let value = unsafe { <$atomic>::from_ptr(address.cast_mut().cast()) };
            // Acquire: whoever finds a change here goes on by what was written before it.
            // SAFETY: the caller's.
            value.load(Acquire) == unsafe { compare.cast::<$kind>().read_unaligned() }
        }};
    }
    match size {
        1 => equal!(AtomicU8, u8),
        2 => equal!(AtomicU16, u16),
        4 => equal!(AtomicU32, u32),
        _ => equal!(AtomicU64, u64),
    }
}

fn wake(address: usize, all: bool) {
    let _deferral = Deferral::begin();
    let mut woken = Vec::new();
    let mut list = list(address);
    let mut at = 0;
    while at < list.len() && (all || woken.is_empty()) {
        if list[at].address == address {
            woken.push(list.remove(at).woken);
        } else {
            at += 1;
        }
    }
    drop(list);
    for word in woken {
        word.store(1, Release); // pairs with the load in WaitOnAddress
        futex::wake(&raw const *word, 1);
    }
}

/// Wakes one that waits on an address, the first that came.
#[unsafe(no_mangle)]
pub extern "C" fn WakeByAddressSingle(Address: *const c_void) {
    wake(Address as usize, false);
}

/// Wakes all that wait on an address.
#[unsafe(no_mangle)]
pub extern "C" fn WakeByAddressAll(Address: *const c_void) {
    wake(Address as usize, true);
}
