//! A packet, as the tests of several subjects take it.
#![allow(dead_code, unreachable_pub)] // each test file uses some
#![allow(unsafe_code)] // calls the C ABI

use std::ptr::null_mut;

use wharf_win32::Win32::Foundation::{GetLastError, HANDLE};
use wharf_win32::Win32::System::IO::{GetQueuedCompletionStatus, OVERLAPPED};

/// Whether the call said TRUE, the code otherwise, bytes, key, operation.
pub type Got = (i32, u32, u32, usize, *mut OVERLAPPED);

/// The variables are preset, so that one that is left alone shows.
pub fn get(port: HANDLE, millis: u32) -> Got {
    let (mut bytes, mut key, mut done) = (77, 77, null_mut());
    let to = &raw mut done;
    // SAFETY: three variables of this function.
    let good = unsafe { GetQueuedCompletionStatus(port, &raw mut bytes, &raw mut key, to, millis) };
    (good, if good == 0 { GetLastError() } else { 0 }, bytes, key, done)
}

pub fn nothing(port: HANDLE) {
    assert_eq!(get(port, 0), (0, 258, 77, 77, null_mut()));
}

/// The key of a packet, if one comes.
pub fn key_of(port: HANDLE, millis: u32) -> Option<usize> {
    let (good, _, _, key, _) = get(port, millis);
    (good != 0).then_some(key)
}
