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
