//! Comparison of strings: ordinal, and in the order of a dictionary.
//!
//! The dictionary's order here is that of the invariant locale as far as characters go: letters by their lower case
//! first, the lower case before the upper one when all else is equal. Weights of accents and of symbols are Unicode's
//! numbers.
#![allow(unsafe_code)] // exported under C names

use std::cmp::Ordering;

use crate::types::{BOOL, WCHAR};
use crate::{arg, code, guard};

const NORM_IGNORECASE: u32 = 1;
const LINGUISTIC_IGNORECASE: u32 = 0x10;
const SORT_STRINGSORT: u32 = 0x1000;
const NORM_LINGUISTIC_CASING: u32 = 0x0800_0000;

fn folded(text: &[WCHAR]) -> impl Iterator<Item = char> + '_ {
    super::characters(text).flat_map(char::to_lowercase)
}

/// The order of a dictionary.
pub(crate) fn dictionary(one: &[WCHAR], other: &[WCHAR], ignore_case: bool) -> Ordering {
    let letters = folded(one).cmp(folded(other));
    // Upper case has the lower numbers, and comes later.
    if ignore_case { letters } else { letters.then_with(|| other.cmp(one)) }
}

/// [`dictionary`], in which a string that is missing comes first.
pub(crate) fn optional(
    one: Option<&[WCHAR]>,
    other: Option<&[WCHAR]>,
    ignore_case: bool,
) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => dictionary(one, other, ignore_case),
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}

/// A string with a length, or up to its terminator if that is negative.
///
/// # Safety
/// As that says.
unsafe fn counted<T: Copy + Default + PartialEq>(
    text: *const T,
    length: i32,
) -> Result<Vec<T>, u32> {
    if text.is_null() || length < -1 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    match usize::try_from(length) {
        // SAFETY: the caller's.
        Ok(length) => unsafe { arg::load_all(text, length) },
        // SAFETY: the caller's.
        Err(_) => unsafe { arg::string(text) },
    }
}

/// CSTR_LESS_THAN, CSTR_EQUAL or CSTR_GREATER_THAN.
fn encode(order: Ordering) -> i32 {
    order as i32 + 2
}

fn case(flags: u32) -> Result<bool, u32> {
    let known = NORM_IGNORECASE | LINGUISTIC_IGNORECASE | SORT_STRINGSORT | NORM_LINGUISTIC_CASING;
    if flags & !known != 0 {
        return Err(code::ERROR_INVALID_FLAGS);
    }
    Ok(flags & (NORM_IGNORECASE | LINGUISTIC_IGNORECASE) != 0)
}

/// Compares two strings as a dictionary orders them; the locale is the invariant one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CompareStringW(
    _locale: u32,
    flags: u32,
    one: *const WCHAR,
    one_length: i32,
    other: *const WCHAR,
    other_length: i32,
) -> i32 {
    guard::call(0, || {
        let ignore_case = case(flags)?;
        // SAFETY: the caller's string.
        let one = unsafe { counted(one, one_length) }?;
        // SAFETY: the caller's string.
        let other = unsafe { counted(other, other_length) }?;
        Ok(encode(dictionary(&one, &other, ignore_case)))
    })
}

/// Compares two strings as a dictionary orders them; the locale is the invariant one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CompareStringA(
    _locale: u32,
    flags: u32,
    one: *const u8,
    one_length: i32,
    other: *const u8,
    other_length: i32,
) -> i32 {
    guard::call(0, || {
        let ignore_case = case(flags)?;
        // SAFETY: the caller's string.
        let one = super::wide(&unsafe { counted(one, one_length) }?);
        // SAFETY: the caller's string.
        let other = super::wide(&unsafe { counted(other, other_length) }?);
        Ok(encode(dictionary(&one, &other, ignore_case)))
    })
}

/// Compares two strings by the numbers of their characters, upper-cased first if asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CompareStringOrdinal(
    one: *const WCHAR,
    one_length: i32,
    other: *const WCHAR,
    other_length: i32,
    ignore_case: BOOL,
) -> i32 {
    guard::call(0, || {
        // SAFETY: the caller's string.
        let one = unsafe { counted(one, one_length) }?;
        // SAFETY: the caller's string.
        let other = unsafe { counted(other, other_length) }?;
        let upper = |text: &[WCHAR]| -> Vec<char> {
            super::characters(text).map(super::case::upper).collect()
        };
        let order =
            if ignore_case == 0 { one.cmp(&other) } else { upper(&one).cmp(&upper(&other)) };
        Ok(encode(order))
    })
}
