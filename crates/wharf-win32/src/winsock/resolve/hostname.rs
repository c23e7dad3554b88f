//! The name of this machine.
#![allow(unsafe_code)] // exported under C names; gethostname of the C library

use std::ffi::{CStr, CString, c_char};

use wharf_core::status::code;

use crate::guard;
use crate::socket::started;
use crate::socket::types::SOCKET_ERROR;
use crate::types::WCHAR;
use crate::winsock::memory;

/// The kernel's name of this machine.
pub(super) fn this_machine() -> Result<CString, u32> {
    let mut buffer = [0_u8; 256];
    // SAFETY: room for so many bytes; a name is at most 64, so the last one stays zero.
    let result = unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len() - 1) };
    if result != 0 {
        return Err(code::WSAENETDOWN);
    }
    let name = CStr::from_bytes_until_nul(&buffer).map_err(|_| code::WSAENETDOWN)?;
    Ok(name.to_owned())
}

/// The name of this machine, with its closing zero in a buffer of `length` bytes; WSAEFAULT if it is too short.
///
/// # Safety
/// A plausible `name` is one to so much room.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_gethostname")]
pub unsafe extern "C" fn gethostname(name: *mut c_char, length: i32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        let own = this_machine()?;
        let bytes = own.as_bytes_with_nul();
        if usize::try_from(length).map_err(|_| code::WSAEFAULT)? < bytes.len() {
            return Err(code::WSAEFAULT);
        }
        // SAFETY: the caller's promise; it fits.
        unsafe { memory::store(name.cast(), bytes) }.map(|()| 0)
    })
}

/// The wide form of [`gethostname`].
///
/// # Safety
/// As there, in characters.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetHostNameW(name: *mut WCHAR, length: i32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        let own = memory::widen(&this_machine()?.to_string_lossy());
        if usize::try_from(length).map_err(|_| code::WSAEFAULT)? < own.len() {
            return Err(code::WSAEFAULT);
        }
        // SAFETY: the caller's promise; it fits.
        unsafe { memory::store_wide(name, &own) }.map(|()| 0)
    })
}
