//! WSAStartup and WSACleanup, which nest (D1-D3).
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_char;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use wharf_core::status::code;

use super::types::{SOCKET_ERROR, WSADATA};
use super::{close, table};
use crate::guard;
use crate::winsock::duplicate;

/// Startups without their cleanup. Relaxed: it guards nothing but itself.
static STARTS: AtomicU32 = AtomicU32::new(0);

/// Whether Winsock calls are allowed: WSANOTINITIALISED before the first WSAStartup and after the last WSACleanup.
#[inline]
pub(crate) fn started() -> Result<(), u32> {
    if STARTS.load(Relaxed) == 0 { Err(code::WSANOTINITIALISED) } else { Ok(()) }
}

/// Highest version that we are: 2.2, minor number in the high byte.
const HIGHEST: u16 = 0x0202;

fn version(wanted: u16) -> Option<u16> {
    match (wanted & 0xFF, wanted >> 8) {
        (0, _) => None,
        (1, 0) => Some(0x0001),
        (1, _) => Some(0x0101),
        (2, minor @ 0..=1) => Some(minor << 8 | 2),
        _ => Some(HIGHEST),
    }
}

fn text<const N: usize>(text: &[u8]) -> [c_char; N] {
    let mut chars = [0; N];
    for (to, from) in chars.iter_mut().zip(text) {
        *to = c_char::from_ne_bytes([*from]);
    }
    chars
}

/// Begins the use of Winsock. Answers its error directly (D2): WSAVERNOTSUPPORTED, WSAEFAULT.
///
/// # Safety
/// `data` is null or valid for writes.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAStartup(wVersionRequested: u16, data: *mut WSADATA) -> i32 {
    let Some(version) = version(wVersionRequested) else {
        return code::WSAVERNOTSUPPORTED.cast_signed();
    };
    if data.is_null() {
        return code::WSAEFAULT.cast_signed();
    }
    let old = version < 0x0002 || version & 0xFF == 1;
    let answer = WSADATA {
        wVersion: version,
        wHighVersion: HIGHEST,
        // Only version 1.1 knows these; later ones report zero.
        iMaxSockets: if old { 0x7FFF } else { 0 },
        iMaxUdpDg: if old { 65_467 } else { 0 },
        lpVendorInfo: std::ptr::null_mut(),
        szDescription: text(b"WinSock 2.0"),
        szSystemStatus: text(b"Running"),
    };
    // SAFETY: not null; the caller's memory.
    unsafe { data.write(answer) };
    STARTS.fetch_add(1, Relaxed);
    0
}

/// Ends one use of Winsock; the last one closes every socket of the process (D3).
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn WSACleanup() -> i32 {
    guard::call(SOCKET_ERROR, || {
        let before = STARTS.fetch_update(Relaxed, Relaxed, |starts| starts.checked_sub(1));
        if before.map_err(|_| code::WSANOTINITIALISED)? == 1 {
            duplicate::forget();
            for socket in table::numbers() {
                // Another thread may have closed it meanwhile.
                let _ = close::close(socket);
            }
        }
        Ok(0)
    })
}
