//! Semaphores (F20, F22).
#![allow(unsafe_code)] // exported under C names

use std::sync::Arc;

use super::dispatcher::{Dispatcher, Signal};
use super::names;
use super::token::{self, Locked};
use crate::file::SECURITY_ATTRIBUTES;
use crate::object::{self, Object};
use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::{arg, code, guard};

struct Semaphore(Arc<Dispatcher>);

impl Object for Semaphore {
    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        Some(Arc::clone(&self.0))
    }

    fn is_signal(&self) -> bool {
        true
    }

    fn closed(&self, last: bool) {
        if last {
            names::forget(self);
        }
    }
}

/// Adds to the count; the previous one. ERROR_TOO_MANY_POSTS past the maximum.
pub(super) fn release(
    semaphore: &Arc<Dispatcher>,
    locked: &mut Locked,
    by: i32,
) -> Result<i32, u32> {
    let Signal::Semaphore { count, maximum } = semaphore.signal(locked) else {
        return Err(code::ERROR_INVALID_HANDLE);
    };
    let previous = *count;
    let sum = previous.checked_add(by).filter(|sum| sum <= maximum);
    *count = sum.ok_or(code::ERROR_TOO_MANY_POSTS)?;
    semaphore.settle(locked);
    Ok(previous)
}

fn create(name: Option<Vec<u8>>, initial: i32, maximum: i32) -> Result<HANDLE, u32> {
    if maximum <= 0 || initial < 0 || initial > maximum {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let signal = Signal::Semaphore { count: initial, maximum };
    names::create(name.as_deref(), || Arc::new(Semaphore(Dispatcher::new(signal))))
}

/// Makes a semaphore, or opens the one of that name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateSemaphoreA(
    lpSemaphoreAttributes: *const SECURITY_ATTRIBUTES,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: *const u8,
) -> HANDLE {
    let _ = lpSemaphoreAttributes;
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        create(unsafe { arg::name(lpName) }?, lInitialCount, lMaximumCount)
    })
}

/// Makes a semaphore, or opens the one of that name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateSemaphoreW(
    lpSemaphoreAttributes: *const SECURITY_ATTRIBUTES,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: *const WCHAR,
) -> HANDLE {
    let _ = lpSemaphoreAttributes;
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        create(unsafe { arg::name_wide(lpName) }?, lInitialCount, lMaximumCount)
    })
}

/// Makes a semaphore, or opens the one of that name. Flags must be 0; access is not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateSemaphoreExA(
    lpSemaphoreAttributes: *const SECURITY_ATTRIBUTES,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: *const u8,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> HANDLE {
    let _ = (lpSemaphoreAttributes, dwDesiredAccess);
    guard::call(std::ptr::null_mut(), || {
        if dwFlags != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's.
        create(unsafe { arg::name(lpName) }?, lInitialCount, lMaximumCount)
    })
}

/// Makes a semaphore, or opens the one of that name. Flags must be 0; access is not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateSemaphoreExW(
    lpSemaphoreAttributes: *const SECURITY_ATTRIBUTES,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: *const WCHAR,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> HANDLE {
    let _ = (lpSemaphoreAttributes, dwDesiredAccess);
    guard::call(std::ptr::null_mut(), || {
        if dwFlags != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's.
        create(unsafe { arg::name_wide(lpName) }?, lInitialCount, lMaximumCount)
    })
}

/// Opens a semaphore by its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenSemaphoreA(access: u32, inherit: BOOL, lpName: *const u8) -> HANDLE {
    let _ = (access, inherit);
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        names::open::<Semaphore>(unsafe { arg::name(lpName) }?.as_deref())
    })
}

/// Opens a semaphore by its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenSemaphoreW(
    access: u32,
    inherit: BOOL,
    lpName: *const WCHAR,
) -> HANDLE {
    let _ = (access, inherit);
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        names::open::<Semaphore>(unsafe { arg::name_wide(lpName) }?.as_deref())
    })
}

/// Adds to a semaphore's count, and stores the one before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseSemaphore(
    hSemaphore: HANDLE,
    lReleaseCount: i32,
    lpPreviousCount: *mut i32,
) -> BOOL {
    guard::call(FALSE, || {
        let semaphore = object::get::<Semaphore>(hSemaphore)?;
        if lReleaseCount <= 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let previous = release(&semaphore.0, &mut token::lock(), lReleaseCount)?;
        // SAFETY: the caller's.
        unsafe { arg::store_optional(lpPreviousCount, previous) }?;
        Ok(TRUE)
    })
}
