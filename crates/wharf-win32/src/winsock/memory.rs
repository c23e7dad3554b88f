//! The program's pointers, checked as far as can be told without touching them.
//!
//! Null, the first 64 KiB and what no user address can be are WSAEFAULT, as Windows answers them. A pointer that
//! is merely stale goes to the kernel where the kernel is the one to use it; where this library uses it, it is the
//! program's fault, as on Windows outside a system call.
#![allow(unsafe_code)] // reads and writes through the program's pointers

use std::ffi::{CStr, c_char};

use wharf_core::status::code;

use crate::types::WCHAR;

/// Nothing is mapped below, by rule on Windows and by vm.mmap_min_addr on Linux.
const LOWEST: usize = 0x1_0000;
/// User addresses end below, on every 64-bit Linux with four levels of tables.
const HIGHEST: usize = 0x7fff_ffff_ffff;

/// Whether `length` bytes at `pointer` can be the program's memory at all.
pub(crate) fn plausible<T>(pointer: *const T, length: usize) -> Result<(), u32> {
    let start = pointer as usize;
    match start.checked_add(length) {
        Some(end) if start >= LOWEST && end <= HIGHEST => Ok(()),
        _ => Err(code::WSAEFAULT),
    }
}

/// Reads one value, at any alignment.
///
/// # Safety
/// A plausible pointer is one to a value of this type, readable.
pub(crate) unsafe fn read<T: Copy>(pointer: *const T) -> Result<T, u32> {
    plausible(pointer, size_of::<T>())?;
    // SAFETY: the caller's promise.
    Ok(unsafe { pointer.read_unaligned() })
}

/// Writes one value, at any alignment.
///
/// # Safety
/// A plausible pointer is one to writable memory for this type.
pub(crate) unsafe fn write<T: Copy>(pointer: *mut T, value: T) -> Result<(), u32> {
    plausible(pointer, size_of::<T>())?;
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
    plausible(pointer, length)?;
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
    plausible(pointer, bytes.len())?;
    // SAFETY: the caller's promise; `bytes` is ours, so the two do not overlap.
    unsafe { pointer.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    Ok(())
}

/// A string of bytes.
///
/// # Safety
/// A plausible pointer is one to a string that ends in a zero, and nobody writes it meanwhile.
pub(crate) unsafe fn narrow<'a>(pointer: *const c_char) -> Result<&'a CStr, u32> {
    plausible(pointer, 1)?;
    // SAFETY: the caller's promise.
    Ok(unsafe { CStr::from_ptr(pointer) })
}

/// A wide string, as text; WSAEINVAL for what is no text.
///
/// # Safety
/// A plausible pointer is one to a string that ends in a zero.
pub(crate) unsafe fn wide(pointer: *const WCHAR) -> Result<String, u32> {
    plausible(pointer, size_of::<WCHAR>())?;
    let mut text = String::new();
    for at in 0.. {
        // SAFETY: no zero has come yet, so the string goes on here.
        let here = unsafe { pointer.add(at) };
        // SAFETY: likewise.
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
    plausible(pointer, size_of_val(text))?;
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
            [(0, 1), (1, 0), (0xffff, 1), (usize::MAX, 1), (1 << 47, 4), (HIGHEST, 1)]
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
