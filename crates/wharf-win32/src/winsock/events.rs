//! Winsock's names of event objects: manual-reset events, and the wait for several.
#![allow(unsafe_code)] // exported under C names

use std::ptr;

use crate::guard;
use crate::object;
use crate::socket::started;
use crate::types::{BOOL, FALSE, HANDLE};
use crate::wait::{CreateEventW, ResetEvent, SetEvent, WaitForMultipleObjectsEx};

/// What WSAWaitForMultipleEvents answers when it fails.
pub const WSA_WAIT_FAILED: u32 = u32::MAX;

/// Makes a manual-reset event that is not set; null if it cannot.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn WSACreateEvent() -> HANDLE {
    guard::call(ptr::null_mut(), || {
        started()?;
        // SAFETY: no attributes and no name.
        Ok(unsafe { CreateEventW(ptr::null(), 1, 0, ptr::null()) })
    })
}

/// Sets an event.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn WSASetEvent(event: HANDLE) -> BOOL {
    guard::call(FALSE, || started().map(|()| SetEvent(event)))
}

/// Clears an event.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn WSAResetEvent(event: HANDLE) -> BOOL {
    guard::call(FALSE, || started().map(|()| ResetEvent(event)))
}

/// Closes an event.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn WSACloseEvent(event: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        started()?;
        object::close(event).map(|()| 1)
    })
}

/// Waits until one or all of up to 64 events are set, a routine has run (alertable), or `timeout` milliseconds.
///
/// # Safety
/// Null, or plausible and then as many handles.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAWaitForMultipleEvents(
    count: u32,
    events: *const HANDLE,
    all: BOOL,
    timeout: u32,
    alertable: BOOL,
) -> u32 {
    guard::call(WSA_WAIT_FAILED, || {
        started()?;
        // SAFETY: the caller's promise.
        Ok(unsafe { WaitForMultipleObjectsEx(count, events, all, timeout, alertable) })
    })
}
