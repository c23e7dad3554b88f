//! wvsprintf. (`wsprintf` itself has variable arguments, and is an inline function of the headers.)
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;

use super::printf;
use super::varargs::Arguments;
use crate::types::WCHAR;
use crate::{arg, guard};

/// The buffer of wsprintf is taken to have this many units, the terminator among them.
const ROOM: usize = 1024;

/// Formats into a buffer of 1024 bytes; answers the length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wvsprintfA(to: *mut u8, format: *const u8, list: *const c_void) -> i32 {
    guard::call(0, || {
        // SAFETY: the caller's format.
        let format = unsafe { arg::string(format) }?;
        let format: Vec<char> = String::from_utf8_lossy(&format).chars().collect();
        // SAFETY: the caller's list.
        let mut arguments = unsafe { Arguments::list(list) }?;
        // SAFETY: the arguments fit, by the caller's word.
        let mut text = unsafe { printf::whole(&format, &mut arguments, false) }?.into_bytes();
        // SAFETY: the caller's buffer.
        unsafe { finish(&mut text, to) }
    })
}

/// Formats into a buffer of 1024 characters; answers the length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wvsprintfW(
    to: *mut WCHAR,
    format: *const WCHAR,
    list: *const c_void,
) -> i32 {
    guard::call(0, || {
        // SAFETY: the caller's format.
        let format = unsafe { arg::string(format) }?;
        let format: Vec<char> = super::characters(&format).collect();
        // SAFETY: the caller's list.
        let mut arguments = unsafe { Arguments::list(list) }?;
        // SAFETY: the arguments fit, by the caller's word.
        let text = unsafe { printf::whole(&format, &mut arguments, true) }?;
        let mut text: Vec<WCHAR> = text.chars().map(super::unit).collect();
        // SAFETY: the caller's buffer.
        unsafe { finish(&mut text, to) }
    })
}

/// # Safety
/// `to` is writable for 1024 units.
unsafe fn finish<T: Copy + Default>(text: &mut Vec<T>, to: *mut T) -> Result<i32, u32> {
    text.truncate(ROOM - 1);
    let length = i32::try_from(text.len()).unwrap_or(0);
    text.push(T::default());
    // SAFETY: the caller's.
    unsafe { arg::store_all(to, text) }?;
    Ok(length)
}
