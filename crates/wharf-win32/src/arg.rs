//! Pointers that come from C: each is read or written through one of these.
//!
//! What cannot be read, or written, is refused with ERROR_NOACCESS, and so is null and the first 64 KiB, which Windows
//! never maps: a null structure with an offset is refused wherever Linux would map it. No alignment is assumed.
#![allow(unsafe_code)] // memory of the caller's

use crate::touch::PAGE;
use crate::types::WCHAR;
use crate::{code, touch};

const NEVER_MAPPED: usize = 0x1_0000;
/// Longer strings are taken for missing terminators.
const STRING_LIMIT: usize = 1 << 30;

/// Whether something can be at an address.
pub(crate) fn check<T>(pointer: *const T) -> Result<(), u32> {
    if (pointer as usize) < NEVER_MAPPED { Err(code::ERROR_NOACCESS) } else { Ok(()) }
}

/// Whether there is room for so many values at an address.
pub(crate) fn check_room<T>(pointer: *const T, count: usize) -> Result<(), u32> {
    check(pointer)?;
    let there =
        size_of::<T>().checked_mul(count).is_some_and(|size| touch::writable(pointer, size));
    if there { Ok(()) } else { Err(code::ERROR_NOACCESS) }
}

/// Whether there is room for a value at each of three addresses. They are mostly variables of one function, on one page, and
/// a page is touched once.
#[inline]
pub(crate) fn check_rooms<A, B, C>(a: *const A, b: *const B, c: *const C) -> Result<(), u32> {
    let ends =
        [(a as usize, size_of::<A>()), (b as usize, size_of::<B>()), (c as usize, size_of::<C>())];
    let first = ends.iter().fold(usize::MAX, |least, (start, _)| least.min(*start));
    let last = ends.iter().fold(0, |most, (start, size)| most.max(start.saturating_add(size - 1)));
    if first / PAGE == last / PAGE {
        return check_room(first as *const u8, 1);
    }
    check_room(a, 1)?;
    check_room(b, 1)?;
    check_room(c, 1)
}

/// Whether so many values at an address can be read.
pub(crate) fn check_read<T>(pointer: *const T, count: usize) -> Result<(), u32> {
    check(pointer)?;
    let there =
        size_of::<T>().checked_mul(count).is_some_and(|size| touch::readable(pointer, size));
    if there { Ok(()) } else { Err(code::ERROR_NOACCESS) }
}

/// What a pointer points to.
///
/// # Safety
/// Null, or readable.
pub(crate) unsafe fn load<T: Copy>(pointer: *const T) -> Result<T, u32> {
    check_read(pointer, 1)?;
    // SAFETY: the caller's.
    Ok(unsafe { pointer.read_unaligned() })
}

/// Stores through a pointer.
///
/// # Safety
/// Null, or writable.
pub(crate) unsafe fn store<T>(pointer: *mut T, value: T) -> Result<(), u32> {
    check_room(pointer, 1)?;
    // SAFETY: the caller's.
    unsafe { pointer.write_unaligned(value) };
    Ok(())
}

/// Stores through a pointer that may be null.
///
/// # Safety
/// Null, or writable.
pub(crate) unsafe fn store_optional<T>(pointer: *mut T, value: T) -> Result<(), u32> {
    if pointer.is_null() {
        return Ok(());
    }
    // SAFETY: the caller's.
    unsafe { store(pointer, value) }
}

/// A copy of an array; empty for a count of 0.
///
/// # Safety
/// Readable for `count` elements.
pub(crate) unsafe fn load_all<T: Copy>(pointer: *const T, count: usize) -> Result<Vec<T>, u32> {
    if count > 0 {
        check_read(pointer, count)?;
    }
    let mut copy = Vec::with_capacity(count);
    for at in 0..count {
        let from = pointer.wrapping_add(at);
        // SAFETY: the caller's.
        copy.push(unsafe { from.read_unaligned() });
    }
    Ok(copy)
}

/// Stores an array.
///
/// # Safety
/// Writable for as many elements.
pub(crate) unsafe fn store_all<T: Copy>(pointer: *mut T, values: &[T]) -> Result<(), u32> {
    if !values.is_empty() {
        check_room(pointer, values.len())?;
    }
    for (at, value) in values.iter().enumerate() {
        let to = pointer.wrapping_add(at);
        // SAFETY: the caller's.
        unsafe { to.write_unaligned(*value) };
    }
    Ok(())
}

/// A string up to its terminator, without it.
///
/// # Safety
/// Null, or readable up to a zero.
pub(crate) unsafe fn string<T: Copy + Default + PartialEq>(
    pointer: *const T,
) -> Result<Vec<T>, u32> {
    check_read(pointer, 1)?;
    let mut copy = Vec::new();
    for at in 0..STRING_LIMIT {
        let from = pointer.wrapping_add(at);
        // A page ends: whether the next is there is asked where it begins.
        if from as usize % PAGE < size_of::<T>() {
            check_read(from, 1)?;
        }
        // SAFETY: no zero so far, so the string goes on here.
        let unit = unsafe { from.read_unaligned() };
        if unit == T::default() {
            break;
        }
        copy.push(unit);
    }
    Ok(copy)
}

/// The name of an object; null is none.
///
/// # Safety
/// Null, or readable up to a zero.
pub(crate) unsafe fn name(pointer: *const u8) -> Result<Option<Vec<u8>>, u32> {
    // SAFETY: the caller's.
    (!pointer.is_null()).then(|| unsafe { string(pointer) }).transpose()
}

/// The name of an object, in UTF-8; null is none.
///
/// # Safety
/// Null, or readable up to a zero.
pub(crate) unsafe fn name_wide(pointer: *const WCHAR) -> Result<Option<Vec<u8>>, u32> {
    // SAFETY: the caller's.
    (!pointer.is_null()).then(|| unsafe { wide(pointer) }).transpose()
}

/// A wide string in UTF-8.
///
/// # Safety
/// Null, or readable up to a zero.
pub(crate) unsafe fn wide(pointer: *const WCHAR) -> Result<Vec<u8>, u32> {
    // SAFETY: the caller's.
    Ok(crate::text::narrow(&unsafe { string(pointer) }?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A23: results that cannot be written are refused, wherever the three of them are: together on a page that is only to be
    /// read, one behind another one's page, or half behind the end of what is there.
    #[test]
    fn three_results_need_room_each() {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a fresh mapping.
        let memory =
            unsafe { libc::mmap(std::ptr::null_mut(), 3 * PAGE, protection, flags, -1, 0) };
        assert_ne!(memory, libc::MAP_FAILED);
        // SAFETY: a page of that.
        unsafe { libc::mprotect(memory.wrapping_byte_add(PAGE), PAGE, libc::PROT_READ) };
        let check = |pointer: usize, key: usize, bytes: usize| {
            let at = |offset: usize| memory.wrapping_byte_add(offset);
            check_rooms(
                at(pointer).cast::<usize>(),
                at(key).cast::<usize>(),
                at(bytes).cast::<u32>(),
            )
        };
        let last = PAGE - 8;
        assert_eq!((check(0, 8, 16), check(0, last, PAGE - 12)), (Ok(()), Ok(())));
        assert_eq!(check(2 * PAGE, 0, 8), Ok(()));
        for (pointer, key, bytes) in [
            (PAGE, PAGE + 8, PAGE + 16),
            (PAGE, 0, 8),
            (0, PAGE, 8),
            (0, 8, PAGE),
            (last + 1, 0, 8),
            (0, last + 1, 8),
            (0, 8, PAGE - 3),
        ] {
            assert_eq!(
                check(pointer, key, bytes),
                Err(code::ERROR_NOACCESS),
                "{pointer} {key} {bytes}"
            );
        }
        let low = std::ptr::null::<u32>();
        assert_eq!(check_rooms(low, low.wrapping_add(1), low), Err(code::ERROR_NOACCESS));
        let high = low.wrapping_byte_sub(2);
        assert_eq!(check_rooms(high, high, high), Err(code::ERROR_NOACCESS));
        // SAFETY: ours, and used no more.
        unsafe { libc::munmap(memory, 3 * PAGE) };
    }
}
