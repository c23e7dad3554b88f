//! The last error of a thread.
#![allow(unsafe_code)] // exported under a C name

use std::cell::Cell;

thread_local! {
    static LAST: Cell<u32> = const { Cell::new(0) };
}

/// The code of the calling thread's last failure. Winsock's `WSAGetLastError` is the same number.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn GetLastError() -> u32 {
    LAST.try_with(Cell::get).unwrap_or(0)
}

/// Sets it.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn SetLastError(code: u32) {
    let _ = LAST.try_with(|last| last.set(code));
}
