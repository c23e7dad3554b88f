//! The resolver's errors: EAI_* of the C library to Winsock's, which are the EAI_* of Windows too.
#![allow(unsafe_code)] // exported under C names

use std::cell::UnsafeCell;
use std::ffi::c_char;
use std::ptr;

use wharf_core::status::{SocketContext, code, winsock_from_errno};

use crate::guard;
use crate::types::WCHAR;
use crate::winsock::memory;

pub(crate) const WSA_NOT_ENOUGH_MEMORY: u32 = code::ERROR_NOT_ENOUGH_MEMORY;
pub(crate) const WSATYPE_NOT_FOUND: u32 = 10109;
pub(crate) const WSAHOST_NOT_FOUND: u32 = 11001;
pub(crate) const WSATRY_AGAIN: u32 = 11002;
pub(crate) const WSANO_RECOVERY: u32 = 11003;
pub(crate) const WSANO_DATA: u32 = 11004;

/// The name exists and has no address of the kind asked for; glibc's own number.
const EAI_NODATA: i32 = -5;
/// Likewise, of this family.
const EAI_ADDRFAMILY: i32 = -9;

/// What a failed call of the C library's resolver reads on Windows.
pub(super) fn from_eai(error: i32) -> u32 {
    match error {
        libc::EAI_AGAIN => WSATRY_AGAIN,
        libc::EAI_BADFLAGS => code::WSAEINVAL,
        libc::EAI_FAMILY => code::WSAEAFNOSUPPORT,
        libc::EAI_MEMORY => WSA_NOT_ENOUGH_MEMORY,
        libc::EAI_NONAME => WSAHOST_NOT_FOUND,
        libc::EAI_SERVICE => WSATYPE_NOT_FOUND,
        libc::EAI_SOCKTYPE => code::WSAESOCKTNOSUPPORT,
        libc::EAI_OVERFLOW => code::WSAEFAULT,
        libc::EAI_SYSTEM => {
            let errno = std::io::Error::last_os_error().raw_os_error().filter(|&errno| errno > 0);
            errno.map_or(WSANO_RECOVERY, |errno| winsock_from_errno(errno, SocketContext::Plain))
        }
        EAI_NODATA | EAI_ADDRFAMILY => WSANO_DATA,
        _ => WSANO_RECOVERY,
    }
}

/// What the codes of getaddrinfo say to people.
fn text(error: i32) -> &'static str {
    match u32::try_from(error).unwrap_or(u32::MAX) {
        0 => "The operation completed successfully.",
        WSATRY_AGAIN => "The name could not be resolved at this time; try again later.",
        code::WSAEINVAL => "An argument or flag is invalid.",
        WSANO_RECOVERY => "The resolver failed for good.",
        code::WSAEAFNOSUPPORT => "The address family is not supported.",
        WSA_NOT_ENOUGH_MEMORY => "Memory ran out.",
        WSAHOST_NOT_FOUND => "No such host is known.",
        WSANO_DATA => "The name is known, and has no data of the kind asked for.",
        WSATYPE_NOT_FOUND => "The service is not known for this type of socket.",
        code::WSAESOCKTNOSUPPORT => "The type of socket is not supported.",
        _ => "Unknown error.",
    }
}

thread_local! {
    static NARROW: UnsafeCell<[u8; 96]> = const { UnsafeCell::new([0; 96]) };
    static WIDE: UnsafeCell<[WCHAR; 96]> = const { UnsafeCell::new([0; 96]) };
}

/// A code of getaddrinfo as text, in a buffer of the thread's.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn gai_strerrorA(error: i32) -> *mut c_char {
    guard::call(ptr::null_mut(), || {
        let mut bytes = [0; 96];
        let text = text(error).as_bytes();
        bytes[..text.len()].copy_from_slice(text);
        let fill = |buffer: &UnsafeCell<[u8; 96]>| {
            // SAFETY: the cell is this thread's, and no reference to its content is ever made.
            unsafe { buffer.get().write(bytes) };
            buffer.get().cast()
        };
        NARROW.try_with(fill).map_err(|_| WSA_NOT_ENOUGH_MEMORY)
    })
}

/// The wide form of [`gai_strerrorA`].
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn gai_strerrorW(error: i32) -> *mut WCHAR {
    guard::call(ptr::null_mut(), || {
        let mut wide = [0; 96];
        let text = memory::widen(text(error));
        wide[..text.len()].copy_from_slice(&text);
        let fill = |buffer: &UnsafeCell<[WCHAR; 96]>| {
            // SAFETY: the cell is this thread's, and no reference to its content is ever made.
            unsafe { buffer.get().write(wide) };
            buffer.get().cast()
        };
        WIDE.try_with(fill).map_err(|_| WSA_NOT_ENOUGH_MEMORY)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_fits() {
        for error in [0, 8, 10022, 10044, 10047, 10109, 11001, 11002, 11003, 11004, -7] {
            assert!(text(error).len() < 96);
            assert!(!gai_strerrorA(error).is_null() && !gai_strerrorW(error).is_null());
        }
    }
}
