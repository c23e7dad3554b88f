//! WSAGetLastError and WSASetLastError: the same value as GetLastError (D4).
#![allow(unsafe_code)] // exported under C names

use crate::error::{GetLastError, SetLastError};

/// The code of the thread's last failure.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn WSAGetLastError() -> i32 {
    GetLastError().cast_signed()
}

/// Sets it.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn WSASetLastError(code: i32) {
    SetLastError(code.cast_unsigned());
}
