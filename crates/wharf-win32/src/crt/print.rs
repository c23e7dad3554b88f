//! printf and its kin, with the arguments in a list: the format is rewritten, and the C library prints.
#![allow(unsafe_code)] // exported under C names

use std::ffi::{c_int, c_void};

use super::format::{self, Unit};
use super::invalid::invalid_parameter;
use crate::arg;
use crate::text;
use crate::types::WCHAR;

/// A C `va_list` as an argument: the address of its state, on both architectures.
type List = *mut c_void;

unsafe extern "C" {
    static stdout: *mut libc::FILE;
    fn vfprintf(file: *mut libc::FILE, format: *const u8, list: List) -> c_int;
    fn vsnprintf(to: *mut u8, size: usize, format: *const u8, list: List) -> c_int;
    fn vswprintf(to: *mut WCHAR, size: usize, format: *const WCHAR, list: List) -> c_int;
}

/// The rewritten format with its terminator; `None` after a complaint.
///
/// # Safety
/// Null, or terminated.
unsafe fn rewritten<C: Unit>(at: *const C) -> Option<Vec<C>> {
    // SAFETY: the caller's.
    let format = unsafe { arg::string(at) }.ok();
    let Some(mut to) = format.and_then(|format| format::print(&format)) else {
        invalid_parameter(libc::EINVAL);
        return None;
    };
    to.push(C::of(0));
    Some(to)
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_vfprintf(
    file: *mut libc::FILE,
    at: *const u8,
    list: List,
) -> c_int {
    // SAFETY: the caller's format.
    let Some(format) = (unsafe { rewritten(at) }) else { return -1 };
    // SAFETY: the caller's stream and list, a terminated format.
    unsafe { vfprintf(file, format.as_ptr(), list) }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_vprintf(at: *const u8, list: List) -> c_int {
    // SAFETY: set before the program runs.
    let file = unsafe { stdout };
    // SAFETY: the caller's.
    unsafe { wharf_vfprintf(file, at, list) }
}

/// As C99 has it: answers the whole length, and always terminates.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_vsnprintf(
    to: *mut u8,
    size: usize,
    at: *const u8,
    list: List,
) -> c_int {
    // SAFETY: the caller's format.
    let Some(format) = (unsafe { rewritten(at) }) else { return -1 };
    // SAFETY: the caller's buffer and list, a terminated format.
    unsafe { vsnprintf(to, size, format.as_ptr(), list) }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_vsprintf(to: *mut u8, at: *const u8, list: List) -> c_int {
    // SAFETY: the caller's; whoever calls this says that there is room.
    unsafe { wharf_vsnprintf(to, i32::MAX as usize, at, list) }
}

/// Writes UTF-8: the C library fixes a stream to one width at its first use, and drops what has the other.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_vfwprintf(
    file: *mut libc::FILE,
    at: *const WCHAR,
    list: List,
) -> c_int {
    // SAFETY: the caller's format and list.
    let Some(wide) = (unsafe { formatted(at, list, 0) }) else { return -1 };
    let bytes = text::narrow(&wide);
    // SAFETY: the caller's stream, and what there is.
    let written = unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), file) };
    if written == bytes.len() { c_int::try_from(wide.len()).unwrap_or(-1) } else { -1 }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_vwprintf(at: *const WCHAR, list: List) -> c_int {
    // SAFETY: set before the program runs.
    let file = unsafe { stdout };
    // SAFETY: the caller's.
    unsafe { wharf_vfwprintf(file, at, list) }
}

/// As the C standard has it: less than 0 where the text and its terminator do not fit.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_vswprintf(
    to: *mut WCHAR,
    size: usize,
    at: *const WCHAR,
    list: List,
) -> c_int {
    // SAFETY: the caller's format.
    let Some(format) = (unsafe { rewritten(at) }) else { return -1 };
    // SAFETY: the caller's buffer and list, a terminated format.
    unsafe { vswprintf(to, size, format.as_ptr(), list) }
}

/// Answers the whole length of the text, and always terminates: what the C library has for bytes only.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_vsnwprintf(
    to: *mut WCHAR,
    size: usize,
    at: *const WCHAR,
    list: List,
) -> c_int {
    // SAFETY: the caller's format and list.
    let Some(text) = (unsafe { formatted(at, list, size) }) else { return -1 };
    if size > 0 {
        let fits = text.len().min(size - 1);
        // SAFETY: less than the caller's buffer has, and what the text has.
        unsafe { to.copy_from_nonoverlapping(text.as_ptr(), fits) };
        let end = to.wrapping_add(fits);
        // SAFETY: within the buffer.
        unsafe { *end = 0 };
    }
    c_int::try_from(text.len()).unwrap_or(-1)
}

/// A wide text in full; `room` is a guess of its size.
///
/// # Safety
/// The arguments fit the format.
unsafe fn formatted(at: *const WCHAR, list: List, room: usize) -> Option<Vec<WCHAR>> {
    // SAFETY: the caller's format.
    let format = unsafe { rewritten(at) }?;
    let mut room = room.clamp(256, MOST);
    loop {
        let mut text = vec![0; room];
        // SAFETY: the state of a list may be copied, and each attempt needs one of its own.
        let mut copy = unsafe { list.cast::<State>().read() };
        // SAFETY: a buffer of that size, a terminated format, the caller's arguments.
        let length =
            unsafe { vswprintf(text.as_mut_ptr(), room, format.as_ptr(), (&raw mut copy).cast()) };
        if let Ok(length) = usize::try_from(length) {
            text.truncate(length);
            return Some(text);
        }
        if room >= MOST {
            return None;
        }
        room = (room * 8).min(MOST);
    }
}

/// Nobody formats longer texts, and what cannot be converted fails at any size.
const MOST: usize = 1 << 20;

/// The state of a list.
#[cfg(target_arch = "x86_64")]
type State = [u64; 3];
#[cfg(target_arch = "aarch64")]
type State = [u64; 4];
