//! Names of files as the C library's functions get them: Windows' names become the system's.
#![allow(unsafe_code)] // exported under C names

use std::ffi::{CStr, CString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::ptr::null_mut;

use crate::arg;
use crate::file::{path, resolve};
use crate::text;
use crate::types::WCHAR;

/// The system's name for one of Windows'; what cannot be one stays as it is, for the system to refuse.
fn unix(name: &[u8]) -> CString {
    let Ok(path) = path::file(name) else { return CString::new(name).unwrap_or_default() };
    CString::new(resolve::existing(&path).as_os_str().as_bytes()).unwrap_or_default()
}

/// A copy in the C library's memory.
fn allocated(name: &CStr) -> *mut c_char {
    // SAFETY: a terminated string.
    unsafe { libc::strdup(name.as_ptr()) }
}

/// The system's name, to be freed; null for null.
#[unsafe(export_name = "wharf_unix_name")]
pub(super) unsafe extern "C" fn unix_name(name: *const u8) -> *mut c_char {
    // SAFETY: the caller's.
    unsafe { arg::string(name) }.map_or(null_mut(), |name| allocated(&unix(&name)))
}

/// The same of a wide name.
#[unsafe(export_name = "wharf_unix_name_w")]
pub(super) unsafe extern "C" fn unix_name_w(name: *const WCHAR) -> *mut c_char {
    // SAFETY: the caller's.
    unsafe { arg::string(name) }.map_or(null_mut(), |name| allocated(&unix(&text::narrow(&name))))
}

/// A mode of Microsoft's as the C library's: its additions say how a file is cached, shared and encoded.
fn mode(mode: &[u8]) -> CString {
    let plain = mode.split(|byte| *byte == b',').next().unwrap_or_default();
    let known: Vec<u8> = plain.iter().copied().filter(|byte| b"rwabx+".contains(byte)).collect();
    CString::new(known).unwrap_or_default()
}

fn open(name: &[u8], wanted: &[u8]) -> *mut libc::FILE {
    let (name, wanted) = (unix(name), mode(wanted));
    // SAFETY: terminated strings.
    unsafe { libc::fopen(name.as_ptr(), wanted.as_ptr()) }
}

fn invalid() -> *mut libc::FILE {
    super::invalid::invalid_parameter(libc::EINVAL);
    null_mut()
}

#[unsafe(export_name = "wharf_fopen")]
pub(super) unsafe extern "C" fn fopen(name: *const u8, wanted: *const u8) -> *mut libc::FILE {
    // SAFETY: the caller's.
    let Ok(name) = (unsafe { arg::string(name) }) else { return invalid() };
    // SAFETY: the caller's.
    let Ok(wanted) = (unsafe { arg::string(wanted) }) else { return invalid() };
    open(&name, &wanted)
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn _wfopen(
    name: *const WCHAR,
    wanted: *const WCHAR,
) -> *mut libc::FILE {
    // SAFETY: the caller's.
    let Ok(name) = (unsafe { arg::string(name) }) else { return invalid() };
    // SAFETY: the caller's.
    let Ok(wanted) = (unsafe { arg::string(wanted) }) else { return invalid() };
    open(&text::narrow(&name), &text::narrow(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_lose_what_only_windows_has() {
        assert_eq!(mode(b"rt, ccs=UTF-8").as_bytes(), b"r");
        assert_eq!(mode(b"w+bS").as_bytes(), b"w+b");
    }
}
