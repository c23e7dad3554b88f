//! Thread local storage.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;

use super::record;
use super::slots::Slots;
use crate::guard;
use crate::types::{BOOL, FALSE, TRUE};

const OUT_OF_INDEXES: u32 = u32::MAX;
const LIMIT: usize = 1088;

static SLOTS: Slots<()> = Slots::new(LIMIT);

/// A slot, which reads as null in every thread; -1 if all are taken.
#[unsafe(no_mangle)]
pub extern "C" fn TlsAlloc() -> u32 {
    guard::call(OUT_OF_INDEXES, || SLOTS.allocate(()))
}

/// Frees a slot.
#[unsafe(no_mangle)]
pub extern "C" fn TlsFree(dwTlsIndex: u32) -> BOOL {
    guard::call(FALSE, || SLOTS.free(dwTlsIndex).map(|_| TRUE))
}

/// The calling thread's value; null with ERROR_INVALID_PARAMETER for a slot that is not allocated.
#[unsafe(no_mangle)]
pub extern "C" fn TlsGetValue(dwTlsIndex: u32) -> *mut c_void {
    guard::call(std::ptr::null_mut(), || {
        let allocation = SLOTS.allocation(dwTlsIndex)?;
        let value = record::with_current(|own| own.tls.get(dwTlsIndex as usize, allocation));
        crate::error::SetLastError(0); // a null that is a value is told apart by this
        Ok(value as *mut c_void)
    })
}

/// Sets the calling thread's value.
#[unsafe(no_mangle)]
pub extern "C" fn TlsSetValue(dwTlsIndex: u32, lpTlsValue: *const c_void) -> BOOL {
    guard::call(FALSE, || {
        let allocation = SLOTS.allocation(dwTlsIndex)?;
        let value = lpTlsValue as usize;
        record::with_current(|own| own.tls.set(dwTlsIndex as usize, allocation, value));
        Ok(TRUE)
    })
}
