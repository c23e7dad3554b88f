//! Fiber local storage: as TLS, with a callback for each value that is left at the thread's end or the slot's.
#![allow(unsafe_code)] // calls the program's callbacks

use std::ffi::c_void;

use super::record::{self, Thread};
use super::slots::Slots;
use crate::types::{BOOL, FALSE, TRUE};
use crate::{guard, thread::deferral};

/// Gets the value.
pub type PFLS_CALLBACK_FUNCTION = Option<unsafe extern "C" fn(lpFlsData: *const c_void)>;

const OUT_OF_INDEXES: u32 = u32::MAX;
const LIMIT: usize = 4080;

static SLOTS: Slots<PFLS_CALLBACK_FUNCTION> = Slots::new(LIMIT);

fn call(callback: PFLS_CALLBACK_FUNCTION, value: usize) {
    if let Some(callback) = callback
        && value != 0
    {
        // SAFETY: the program's callback, with its value.
        deferral::callback(|| unsafe { callback(value as *const c_void) });
    }
}

/// The end of a thread.
pub(super) fn run_callbacks(thread: &Thread) {
    for (index, allocation, callback) in SLOTS.allocated() {
        call(callback, thread.fls.take(index, allocation));
    }
}

/// A slot; -1 if all are taken.
#[unsafe(no_mangle)]
pub extern "C" fn FlsAlloc(lpCallback: PFLS_CALLBACK_FUNCTION) -> u32 {
    guard::call(OUT_OF_INDEXES, || SLOTS.allocate(lpCallback))
}

/// Frees a slot, after a callback for each thread's value.
#[unsafe(no_mangle)]
pub extern "C" fn FlsFree(dwFlsIndex: u32) -> BOOL {
    guard::call(FALSE, || {
        let (allocation, callback) = SLOTS.free(dwFlsIndex)?;
        for thread in record::all() {
            call(callback, thread.fls.take(dwFlsIndex as usize, allocation));
        }
        Ok(TRUE)
    })
}

/// The calling thread's value; null with ERROR_INVALID_PARAMETER for a slot that is not allocated.
#[unsafe(no_mangle)]
pub extern "C" fn FlsGetValue(dwFlsIndex: u32) -> *mut c_void {
    guard::call(std::ptr::null_mut(), || {
        let allocation = SLOTS.allocation(dwFlsIndex)?;
        let value = record::with_current(|own| own.fls.get(dwFlsIndex as usize, allocation));
        crate::error::SetLastError(0); // a null that is a value is told apart by this
        Ok(value as *mut c_void)
    })
}

/// Sets the calling thread's value.
#[unsafe(no_mangle)]
pub extern "C" fn FlsSetValue(dwFlsIndex: u32, lpFlsData: *const c_void) -> BOOL {
    guard::call(FALSE, || {
        let allocation = SLOTS.allocation(dwFlsIndex)?;
        let value = lpFlsData as usize;
        record::with_current(|own| own.fls.set(dwFlsIndex as usize, allocation, value));
        Ok(TRUE)
    })
}
