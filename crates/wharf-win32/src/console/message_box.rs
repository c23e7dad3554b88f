//! MessageBox, where there are no windows: the text goes to standard error, and the answer is the affirmative one.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::io::Write;

use crate::types::WCHAR;
use crate::{arg, code, guard};

const IDOK: i32 = 1;
const IDIGNORE: i32 = 5;
const IDYES: i32 = 6;
const IDCONTINUE: i32 = 11;

/// The button that lets the program go on, by the kind of box.
fn answer(kind: u32) -> Result<i32, u32> {
    match kind & 0xF {
        // OK; OK and Cancel.
        0 | 1 => Ok(IDOK),
        // Abort, Retry, Ignore.
        2 => Ok(IDIGNORE),
        // Yes, No, with and without Cancel.
        3 | 4 => Ok(IDYES),
        // Retry and Cancel: not to try again for ever.
        5 => Ok(2),
        // Cancel, Try again, Continue.
        6 => Ok(IDCONTINUE),
        _ => Err(code::ERROR_INVALID_PARAMETER),
    }
}

fn show(text: &[u8], title: &[u8], kind: u32) -> Result<i32, u32> {
    let answer = answer(kind)?;
    let line = [title, b": ", text, b"\n"].concat();
    // Where there is no standard error nobody reads it.
    let _ = std::io::stderr().write_all(&line);
    Ok(answer)
}

/// Shows a message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MessageBoxA(
    _owner: *mut c_void,
    text: *const u8,
    title: *const u8,
    kind: u32,
) -> i32 {
    guard::call(0, || {
        // SAFETY: the caller's text, or null.
        let text = unsafe { arg::string(text) }.unwrap_or_default();
        // SAFETY: the caller's title, or null, which means "Error".
        let title = unsafe { arg::string(title) }.unwrap_or_else(|_| b"Error".to_vec());
        show(&text, &title, kind)
    })
}

/// Shows a message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MessageBoxW(
    _owner: *mut c_void,
    text: *const WCHAR,
    title: *const WCHAR,
    kind: u32,
) -> i32 {
    guard::call(0, || {
        // SAFETY: the caller's text, or null.
        let text = unsafe { arg::wide(text) }.unwrap_or_default();
        // SAFETY: the caller's title, or null, which means "Error".
        let title = unsafe { arg::wide(title) }.unwrap_or_else(|_| b"Error".to_vec());
        show(&text, &title, kind)
    })
}
