//! The program's pointers, checked as far as can be told without touching them.
//!
//! Null, the first 64 KiB and what no user address can be are WSAEFAULT, as Windows answers them. A pointer that
//! is merely stale goes to the kernel where the kernel is the one to use it. Where this library uses it, calls that are
//! made once or twice in a socket's life ask the kernel first ([`present`]) and answer WSAEFAULT; in the others, where
//! that would cost a tenth of the call, it is the program's fault, as on Windows outside a system call.
#![allow(unsafe_code)] // reads and writes through the program's pointers

use std::ffi::{CStr, c_char, c_void};

use wharf_core::status::code;

use crate::sync::errno;
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

/// As `plausible`, and something is mapped there: the first and the last byte can be read. What was unmapped, and what
/// another thread unmaps meanwhile, is another matter: this finds mistakes and protects from nobody.
pub(crate) fn present<T>(pointer: *const T, length: usize) -> Result<(), u32> {
    plausible(pointer, length)?;
    if length == 0 {
        return Ok(());
    }
    let start: *mut c_void = pointer.cast_mut().cast();
    let last = start.wrapping_byte_add(length - 1);
    let ends = [start, last].map(|iov_base| libc::iovec { iov_base, iov_len: 1 });
    let mut space = [0_u8; 2];
    let to = libc::iovec { iov_base: space.as_mut_ptr().cast(), iov_len: 2 };
    let process = rustix::process::getpid().as_raw_nonzero().get();
    // SAFETY: of this process the kernel reads what can be read, and writes to `space`.
    let read = unsafe { libc::process_vm_readv(process, &raw const to, 1, ends.as_ptr(), 2, 0) };
    match read {
        2 => Ok(()),
        // A filter may refuse the question.
        -1 if errno::get() != libc::EFAULT => Ok(()),
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

    #[test]
    fn what_is_not_mapped_is_not_present() {
        let page = 4096;
        // SAFETY: a fresh mapping of two pages.
        let memory = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                2 * page,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_eq!(present(memory, 2 * page), Ok(()));
        // SAFETY: ours, and used no more.
        unsafe { libc::munmap(memory.wrapping_byte_add(page), page) };
        assert_eq!(present(memory, page), Ok(()));
        assert_eq!(present(memory, page + 1), Err(code::WSAEFAULT));
        assert_eq!(present(memory.wrapping_byte_add(page), 1), Err(code::WSAEFAULT));
        // SAFETY: as above.
        unsafe { libc::munmap(memory, page) };
        assert_eq!(present(memory, 1), Err(code::WSAEFAULT));
    }
}
