//! lstrlen, lstrcpy and their kind: strings that may be null.
#![allow(unsafe_code)] // exported under C names

use super::compare;
use crate::types::WCHAR;
use crate::{arg, code, guard};

/// # Safety
/// Null, or readable up to a zero.
unsafe fn length<T: Copy + Default + PartialEq>(text: *const T) -> i32 {
    // SAFETY: the caller's.
    let text = unsafe { arg::string(text) };
    text.map_or(0, |text| i32::try_from(text.len()).unwrap_or(i32::MAX))
}

/// Copies at most `room` units, the terminator among them, to an offset.
///
/// # Safety
/// `from` is null or a string, `to` null or writable for the copy.
unsafe fn copy<T: Copy + Default + PartialEq>(
    to: *mut T,
    offset: usize,
    from: *const T,
    room: usize,
) -> Result<*mut T, u32> {
    if to.is_null() {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    // SAFETY: the caller's.
    let mut text = unsafe { arg::string(from) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?;
    let Some(most) = room.checked_sub(1) else { return Ok(to) };
    text.truncate(most);
    text.push(T::default());
    // SAFETY: the caller's.
    unsafe { arg::store_all(to.wrapping_add(offset), &text) }?;
    Ok(to)
}

/// # Safety
/// Null, or strings.
unsafe fn append<T: Copy + Default + PartialEq>(to: *mut T, from: *const T) -> Result<*mut T, u32> {
    // SAFETY: the caller's.
    let offset = usize::try_from(unsafe { length(to) }).unwrap_or(0);
    // SAFETY: the caller's.
    unsafe { copy(to, offset, from, usize::MAX) }
}

/// The length in bytes; 0 for null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrlenA(text: *const u8) -> i32 {
    // SAFETY: the caller's string.
    guard::call(0, || Ok(unsafe { length(text) }))
}

/// The length in characters; 0 for null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrlenW(text: *const WCHAR) -> i32 {
    // SAFETY: the caller's string.
    guard::call(0, || Ok(unsafe { length(text) }))
}

/// Copies a string; null when one of the two is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcpyA(to: *mut u8, from: *const u8) -> *mut u8 {
    // SAFETY: the caller's strings.
    guard::call(std::ptr::null_mut(), || unsafe { copy(to, 0, from, usize::MAX) })
}

/// Copies a string; null when one of the two is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcpyW(to: *mut WCHAR, from: *const WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's strings.
    guard::call(std::ptr::null_mut(), || unsafe { copy(to, 0, from, usize::MAX) })
}

/// Copies at most `room` - 1 bytes and a terminator.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcpynA(to: *mut u8, from: *const u8, room: i32) -> *mut u8 {
    let room = usize::try_from(room).unwrap_or(0);
    // SAFETY: the caller's strings.
    guard::call(std::ptr::null_mut(), || unsafe { copy(to, 0, from, room) })
}

/// Copies at most `room` - 1 characters and a terminator.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcpynW(to: *mut WCHAR, from: *const WCHAR, room: i32) -> *mut WCHAR {
    let room = usize::try_from(room).unwrap_or(0);
    // SAFETY: the caller's strings.
    guard::call(std::ptr::null_mut(), || unsafe { copy(to, 0, from, room) })
}

/// Appends a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcatA(to: *mut u8, from: *const u8) -> *mut u8 {
    // SAFETY: the caller's strings.
    guard::call(std::ptr::null_mut(), || unsafe { append(to, from) })
}

/// Appends a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcatW(to: *mut WCHAR, from: *const WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's strings.
    guard::call(std::ptr::null_mut(), || unsafe { append(to, from) })
}

/// # Safety
/// Null, or strings.
unsafe fn ordered_narrow(one: *const u8, other: *const u8, ignore_case: bool) -> i32 {
    // SAFETY: the caller's; null is the least.
    let one = unsafe { arg::string(one) }.ok().map(|text| super::wide(&text));
    // SAFETY: as above.
    let other = unsafe { arg::string(other) }.ok().map(|text| super::wide(&text));
    compare::optional(one.as_deref(), other.as_deref(), ignore_case) as i32
}

/// # Safety
/// Null, or strings.
unsafe fn ordered_wide(one: *const WCHAR, other: *const WCHAR, ignore_case: bool) -> i32 {
    // SAFETY: the caller's; null is the least.
    let one = unsafe { arg::string(one) }.ok();
    // SAFETY: as above.
    let other = unsafe { arg::string(other) }.ok();
    compare::optional(one.as_deref(), other.as_deref(), ignore_case) as i32
}

/// Compares in the order of a dictionary.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcmpA(one: *const u8, other: *const u8) -> i32 {
    // SAFETY: the caller's strings.
    guard::call(0, || Ok(unsafe { ordered_narrow(one, other, false) }))
}

/// Compares in the order of a dictionary.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcmpW(one: *const WCHAR, other: *const WCHAR) -> i32 {
    // SAFETY: the caller's strings.
    guard::call(0, || Ok(unsafe { ordered_wide(one, other, false) }))
}

/// Compares without regard to case.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcmpiA(one: *const u8, other: *const u8) -> i32 {
    // SAFETY: the caller's strings.
    guard::call(0, || Ok(unsafe { ordered_narrow(one, other, true) }))
}

/// Compares without regard to case.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcmpiW(one: *const WCHAR, other: *const WCHAR) -> i32 {
    // SAFETY: the caller's strings.
    guard::call(0, || Ok(unsafe { ordered_wide(one, other, true) }))
}
