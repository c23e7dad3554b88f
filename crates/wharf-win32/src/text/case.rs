//! CharUpper, CharLower, IsCharAlpha and their kind.
//!
//! Strings are changed where they are. A letter whose other case takes another number of bytes in UTF-8 stays as it is
//! in the narrow calls.
#![allow(unsafe_code)] // exported under C names

use crate::types::{BOOL, WCHAR};
use crate::{arg, guard};

/// The upper case, for letters with one of one character.
pub(crate) fn upper(character: char) -> char {
    single(character, character.to_uppercase())
}

fn lower(character: char) -> char {
    single(character, character.to_lowercase())
}

fn single(character: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(other), None) => other,
        _ => character,
    }
}

fn convert_wide(text: &mut [WCHAR], map: fn(char) -> char) {
    for unit in text {
        if let Some(character) = char::from_u32(unit.cast_unsigned()) {
            *unit = super::unit(map(character));
        }
    }
}

fn convert_narrow(text: &mut [u8], map: fn(char) -> char) {
    let mapped: String = match std::str::from_utf8(text) {
        Ok(valid) => valid
            .chars()
            .map(|c| Some(map(c)).filter(|m| m.len_utf8() == c.len_utf8()).unwrap_or(c))
            .collect(),
        Err(_) => text
            .iter()
            .map(|byte| char::from(*byte))
            .map(|c| if c.is_ascii() { map(c) } else { c })
            .collect(),
    };
    if mapped.len() == text.len() {
        text.copy_from_slice(mapped.as_bytes());
    } else {
        // No UTF-8: one character for each byte.
        text.iter_mut()
            .zip(mapped.chars())
            .for_each(|(to, c)| *to = u8::try_from(c).unwrap_or(*to));
    }
}

/// Maps a string in place, or a character that stands in the pointer's place.
///
/// # Safety
/// A character, or a string.
unsafe fn string<T: Copy + Default + PartialEq + TryFrom<usize> + Into<i64>>(
    text: *mut T,
    map: impl Fn(&mut [T]),
) -> *mut T {
    if (text as usize) >> 16 == 0 {
        let Ok(unit) = T::try_from(text as usize) else { return text };
        let mut one = [unit];
        map(&mut one);
        return usize::try_from(one[0].into()).unwrap_or(text as usize) as *mut T;
    }
    guard::call(text, || {
        // SAFETY: the caller's string.
        let mut copy = unsafe { arg::string(text) }?;
        map(&mut copy);
        // SAFETY: as long as before.
        unsafe { arg::store_all(text, &copy) }?;
        Ok(text)
    })
}

/// Maps a buffer of a given length.
///
/// # Safety
/// Readable and writable for `length` units.
unsafe fn buffer<T: Copy>(text: *mut T, length: u32, map: impl Fn(&mut [T])) -> u32 {
    guard::call(0, || {
        // SAFETY: the caller's buffer.
        let mut copy = unsafe { arg::load_all(text, length as usize) }?;
        map(&mut copy);
        // SAFETY: as long as before.
        unsafe { arg::store_all(text, &copy) }?;
        Ok(length)
    })
}

/// Upper case, in place.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CharUpperA(text: *mut u8) -> *mut u8 {
    // SAFETY: the caller's.
    unsafe { string(text, |text| convert_narrow(text, upper)) }
}

/// Upper case, in place.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CharUpperW(text: *mut WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's.
    unsafe { string(text, |text| convert_wide(text, upper)) }
}

/// Lower case, in place.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CharLowerA(text: *mut u8) -> *mut u8 {
    // SAFETY: the caller's.
    unsafe { string(text, |text| convert_narrow(text, lower)) }
}

/// Lower case, in place.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CharLowerW(text: *mut WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's.
    unsafe { string(text, |text| convert_wide(text, lower)) }
}

/// Upper case of a buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CharUpperBuffA(text: *mut u8, length: u32) -> u32 {
    // SAFETY: the caller's.
    unsafe { buffer(text, length, |text| convert_narrow(text, upper)) }
}

/// Upper case of a buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CharUpperBuffW(text: *mut WCHAR, length: u32) -> u32 {
    // SAFETY: the caller's.
    unsafe { buffer(text, length, |text| convert_wide(text, upper)) }
}

/// Lower case of a buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CharLowerBuffA(text: *mut u8, length: u32) -> u32 {
    // SAFETY: the caller's.
    unsafe { buffer(text, length, |text| convert_narrow(text, lower)) }
}

/// Lower case of a buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CharLowerBuffW(text: *mut WCHAR, length: u32) -> u32 {
    // SAFETY: the caller's.
    unsafe { buffer(text, length, |text| convert_wide(text, lower)) }
}

fn is(unit: WCHAR, test: fn(char) -> bool) -> BOOL {
    BOOL::from(char::from_u32(unit.cast_unsigned()).is_some_and(test))
}

/// Whether a character is a letter.
#[unsafe(no_mangle)]
pub extern "C" fn IsCharAlphaW(unit: WCHAR) -> BOOL {
    is(unit, char::is_alphabetic)
}

/// Whether a byte is a letter.
#[unsafe(no_mangle)]
pub extern "C" fn IsCharAlphaA(byte: u8) -> BOOL {
    BOOL::from(byte.is_ascii_alphabetic())
}

/// Whether a character is a letter or a digit.
#[unsafe(no_mangle)]
pub extern "C" fn IsCharAlphaNumericW(unit: WCHAR) -> BOOL {
    is(unit, char::is_alphanumeric)
}

/// Whether a byte is a letter or a digit.
#[unsafe(no_mangle)]
pub extern "C" fn IsCharAlphaNumericA(byte: u8) -> BOOL {
    BOOL::from(byte.is_ascii_alphanumeric())
}

/// Whether a character is an upper-case letter.
#[unsafe(no_mangle)]
pub extern "C" fn IsCharUpperW(unit: WCHAR) -> BOOL {
    is(unit, char::is_uppercase)
}

/// Whether a byte is an upper-case letter.
#[unsafe(no_mangle)]
pub extern "C" fn IsCharUpperA(byte: u8) -> BOOL {
    BOOL::from(byte.is_ascii_uppercase())
}

/// Whether a character is a lower-case letter.
#[unsafe(no_mangle)]
pub extern "C" fn IsCharLowerW(unit: WCHAR) -> BOOL {
    is(unit, char::is_lowercase)
}

/// Whether a byte is a lower-case letter.
#[unsafe(no_mangle)]
pub extern "C" fn IsCharLowerA(byte: u8) -> BOOL {
    BOOL::from(byte.is_ascii_lowercase())
}
