//! The program's pointers, looked at before they are used.
//!
//! Null, the first 64 KiB, what no user address can be, and what is not mapped, or not writable where a call writes,
//! are WSAEFAULT, as Windows answers them ([`touch`]). Buffers of data go to the kernel, which looks for itself.
#![allow(unsafe_code)] // reads and writes through the program's pointers

use std::ffi::{CStr, c_char};

use wharf_core::status::code;

use crate::touch::{self, PAGE};
use crate::types::WCHAR;

/// Nothing is mapped below, by rule on Windows and by vm.mmap_min_addr on Linux.
const LOWEST: usize = 0x1_0000;
/// User addresses end below, on every 64-bit Linux with four levels of tables: those of aarch64 have a bit more.
const HIGHEST: usize =
    if cfg!(target_arch = "aarch64") { 0xffff_ffff_ffff } else { 0x7fff_ffff_ffff };

/// Whether `length` bytes at `pointer` can be the program's memory at all.
pub(crate) fn plausible<T>(pointer: *const T, length: usize) -> Result<(), u32> {
    let start = pointer as usize;
    match start.checked_add(length) {
        Some(end) if start >= LOWEST && end <= HIGHEST => Ok(()),
        _ => Err(code::WSAEFAULT),
    }
}

/// As `plausible`, and it can be read.
pub(crate) fn readable<T>(pointer: *const T, length: usize) -> Result<(), u32> {
    plausible(pointer, length)?;
    if touch::readable(pointer, length) { Ok(()) } else { Err(code::WSAEFAULT) }
}

/// As `plausible`, and it can be written.
pub(crate) fn writable<T>(pointer: *const T, length: usize) -> Result<(), u32> {
    plausible(pointer, length)?;
    if touch::writable(pointer, length) { Ok(()) } else { Err(code::WSAEFAULT) }
}

/// As `writable`, of one value.
pub(crate) fn room<T>(pointer: *mut T) -> Result<(), u32> {
    writable(pointer, size_of::<T>())
}

/// As `room`, of an answer that need not be wanted.
pub(crate) fn room_or_null<T>(pointer: *mut T) -> Result<(), u32> {
    if pointer.is_null() { Ok(()) } else { room(pointer) }
}

/// Reads one value, at any alignment.
///
/// # Safety
/// A plausible pointer is one to a value of this type, readable.
pub(crate) unsafe fn read<T: Copy>(pointer: *const T) -> Result<T, u32> {
    readable(pointer, size_of::<T>())?;
    // SAFETY: the caller's promise.
    Ok(unsafe { pointer.read_unaligned() })
}

/// Writes one value, at any alignment.
///
/// # Safety
/// A plausible pointer is one to writable memory for this type.
pub(crate) unsafe fn write<T: Copy>(pointer: *mut T, value: T) -> Result<(), u32> {
    writable(pointer, size_of::<T>())?;
    // SAFETY: the caller's promise.
    unsafe { pointer.write_unaligned(value) };
    Ok(())
}

/// The bytes at a pointer.
///
/// # Safety
/// A plausible pointer is one to that many readable bytes, and nobody writes them meanwhile.
pub(crate) unsafe fn bytes<'a>(pointer: *const u8, length: usize) -> Result<&'a [u8], u32> {
    if length == 0 {
        return Ok(&[]);
    }
    readable(pointer, length)?;
    // SAFETY: the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// Copies bytes to a pointer.
///
/// # Safety
/// A plausible pointer is one to that much writable memory.
pub(crate) unsafe fn store(pointer: *mut u8, bytes: &[u8]) -> Result<(), u32> {
    if bytes.is_empty() {
        return Ok(());
    }
    writable(pointer, bytes.len())?;
    // SAFETY: the caller's promise; `bytes` is ours, so the two do not overlap.
    unsafe { pointer.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    Ok(())
}

/// A string of bytes.
///
/// # Safety
/// A plausible pointer is one to a string that ends in a zero, and nobody writes it meanwhile.
pub(crate) unsafe fn narrow<'a>(pointer: *const c_char) -> Result<&'a CStr, u32> {
    let mut at = pointer;
    // Up to the string's end, a page at a time.
    loop {
        readable(at, 1)?;
        let rest = PAGE - at as usize % PAGE;
        // SAFETY: the page is there.
        if unsafe { libc::strnlen(at, rest) } < rest {
            break;
        }
        at = at.wrapping_add(rest);
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { CStr::from_ptr(pointer) })
}

/// A wide string, as text; WSAEINVAL for what is no text.
///
/// # Safety
/// A plausible pointer is one to a string that ends in a zero.
pub(crate) unsafe fn wide(pointer: *const WCHAR) -> Result<String, u32> {
    let mut text = String::new();
    for at in 0.. {
        let here = pointer.wrapping_add(at);
        if at == 0 || here as usize % PAGE < size_of::<WCHAR>() {
            readable(here, size_of::<WCHAR>())?;
        }
        // SAFETY: no zero has come yet, so the string goes on here.
        let character = unsafe { here.read_unaligned() };
        if character == 0 {
            break;
        }
        let character = u32::try_from(character).ok().and_then(char::from_u32);
        text.push(character.ok_or(code::WSAEINVAL)?);
    }
    Ok(text)
}

/// A text as a wide string, its closing zero included.
pub(crate) fn widen(text: &str) -> Vec<WCHAR> {
    let characters = text.chars().map(|character| u32::from(character).cast_signed());
    characters.chain([0]).collect()
}

/// Copies a wide string to a pointer.
///
/// # Safety
/// A plausible pointer is one to that much writable memory.
pub(crate) unsafe fn store_wide(pointer: *mut WCHAR, text: &[WCHAR]) -> Result<(), u32> {
    writable(pointer, size_of_val(text))?;
    // SAFETY: the caller's promise; `text` is ours, so the two do not overlap.
    unsafe {
        pointer.cast::<u8>().copy_from_nonoverlapping(text.as_ptr().cast(), size_of_val(text))
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_memory_is_a_fault() {
        for (address, length) in
            [(0, 1), (1, 0), (0xffff, 1), (usize::MAX, 1), (HIGHEST + 1, 4), (HIGHEST, 1)]
        {
            assert_eq!(
                plausible(address as *const u8, length),
                Err(code::WSAEFAULT),
                "{address:#x}"
            );
        }
        assert_eq!(plausible(&LOWEST, 8), Ok(()));
    }
}
