//! INI files: GetPrivateProfileString, GetPrivateProfileInt, WritePrivateProfileString.
//!
//! Sections and keys have no case; a value loses the blanks around it and one pair of quotes. A bare file name, which
//! Windows would look for in its own directory, is one of the current directory.
#![allow(unsafe_code)] // exported under C names

use std::path::PathBuf;

use crate::file::{path, resolve};
use crate::text;
use crate::types::{BOOL, FALSE, TRUE, WCHAR};
use crate::{arg, code, guard};

fn file(name: &[u8]) -> Result<PathBuf, u32> {
    Ok(resolve::existing(&path::file(name)?))
}

fn read(name: &[u8]) -> Result<String, u32> {
    let path = file(name)?;
    let content = std::fs::read(&path).map_err(|_| code::ERROR_FILE_NOT_FOUND)?;
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&content);
    Ok(String::from_utf8_lossy(content).into_owned())
}

/// The name of a section that a line begins.
fn section(line: &str) -> Option<&str> {
    line.trim().strip_prefix('[')?.split(']').next()
}

/// Key and value of a line.
fn pair(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.starts_with(';') {
        return None;
    }
    let (key, value) = line.split_once('=')?;
    let value = value.trim();
    let quoted = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote).and_then(|rest| rest.strip_suffix(*quote)));
    Some((key.trim(), quoted.unwrap_or(value)))
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// The lines of a section.
fn lines<'t>(content: &'t str, wanted: &str) -> impl Iterator<Item = &'t str> {
    let mut after = content.lines();
    after.find(|line| section(line).is_some_and(|name| same(name.trim(), wanted.trim())));
    after.take_while(|line| section(line).is_none())
}

/// What a question is about; a missing section or key asks for the names of all.
struct Question {
    section: Option<String>,
    key: Option<String>,
    file: Vec<u8>,
}

/// The value, or the names, one after another, each terminated.
fn answer(question: &Question, default: &str) -> (String, bool) {
    let content = read(&question.file).unwrap_or_default();
    let listed = |names: Vec<&str>| (names.iter().map(|name| format!("{name}\0")).collect(), true);
    match (&question.section, &question.key) {
        (None, _) => listed(content.lines().filter_map(section).collect()),
        (Some(section), None) => {
            listed(lines(&content, section).filter_map(pair).map(|pair| pair.0).collect())
        }
        (Some(section), Some(key)) => {
            let found =
                lines(&content, section).filter_map(pair).find(|pair| same(pair.0, key.trim()));
            // Blanks at the end of the default are not part of it.
            (found.map_or(default.trim_end(), |pair| pair.1).to_owned(), false)
        }
    }
}

/// Stores what fits: a value is cut to the size less one, a list to the size less two, and ends with two terminators.
///
/// # Safety
/// The buffer is writable for `size` units.
unsafe fn store<T: Copy + Default>(
    text: &[T],
    list: bool,
    buffer: *mut T,
    size: u32,
) -> Result<u32, u32> {
    let ends = if list { 2 } else { 1 };
    let Some(most) = (size as usize).checked_sub(ends) else { return Ok(0) };
    let cut = text.len() > if list { most + 1 } else { most };
    let length = if list && !cut { text.len().saturating_sub(1) } else { text.len().min(most) };
    let mut stored = text[..length].to_vec();
    stored.resize(length + ends, T::default());
    // SAFETY: not more than the size.
    unsafe { arg::store_all(buffer, &stored) }?;
    if cut {
        crate::error::SetLastError(code::ERROR_MORE_DATA);
    }
    Ok(u32::try_from(if list && !cut { text.len() } else { length }).unwrap_or(size))
}

fn utf8(text: Vec<u8>) -> String {
    String::from_utf8_lossy(&text).into_owned()
}

/// # Safety
/// Null, or a string.
unsafe fn narrow(text: *const u8) -> Option<String> {
    // SAFETY: the caller's.
    unsafe { arg::string(text) }.ok().map(utf8)
}

/// # Safety
/// Null, or a string.
unsafe fn wide(text: *const WCHAR) -> Option<String> {
    // SAFETY: the caller's.
    unsafe { arg::wide(text) }.ok().map(utf8)
}

/// A value, or the names of all keys or sections.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetPrivateProfileStringA(
    section: *const u8,
    key: *const u8,
    default: *const u8,
    buffer: *mut u8,
    size: u32,
    file: *const u8,
) -> u32 {
    guard::call(0, || {
        // SAFETY: the caller's texts.
        let section = unsafe { narrow(section) };
        // SAFETY: as above.
        let key = unsafe { narrow(key) };
        // SAFETY: as above.
        let default = unsafe { narrow(default) }.unwrap_or_default();
        // SAFETY: as above.
        let file = unsafe { arg::string(file) }?;
        let (text, list) = answer(&Question { section, key, file }, &default);
        // SAFETY: the caller's buffer.
        unsafe { store(text.as_bytes(), list, buffer, size) }
    })
}

/// A value, or the names of all keys or sections.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetPrivateProfileStringW(
    section: *const WCHAR,
    key: *const WCHAR,
    default: *const WCHAR,
    buffer: *mut WCHAR,
    size: u32,
    file: *const WCHAR,
) -> u32 {
    guard::call(0, || {
        // SAFETY: the caller's texts.
        let section = unsafe { wide(section) };
        // SAFETY: as above.
        let key = unsafe { wide(key) };
        // SAFETY: as above.
        let default = unsafe { wide(default) }.unwrap_or_default();
        // SAFETY: as above.
        let file = unsafe { arg::wide(file) }?;
        let (text, list) = answer(&Question { section, key, file }, &default);
        // SAFETY: the caller's buffer.
        unsafe { store(&text::wide(text.as_bytes()), list, buffer, size) }
    })
}

/// The number that a value begins with: decimal or 0x; 0 if it is none, the default if there is no value.
fn number(question: &Question, default: i32) -> u32 {
    let (text, _) = answer(question, "");
    if text.is_empty() {
        return default.cast_unsigned();
    }
    let (sign, digits) = text.strip_prefix('-').map_or((1, text.as_str()), |rest| (-1, rest));
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, &digits[2..]),
        _ => (10, digits),
    };
    let value = digits
        .chars()
        .map_while(|c| c.to_digit(radix))
        .fold(0_u32, |sum, digit| sum.wrapping_mul(radix).wrapping_add(digit));
    value.cast_signed().wrapping_mul(sign).cast_unsigned()
}

/// A number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetPrivateProfileIntA(
    section: *const u8,
    key: *const u8,
    default: i32,
    file: *const u8,
) -> u32 {
    guard::call(default.cast_unsigned(), || {
        // SAFETY: the caller's texts.
        let section = unsafe { narrow(section) };
        // SAFETY: as above.
        let key = unsafe { narrow(key) };
        // SAFETY: as above.
        let file = unsafe { arg::string(file) }?;
        if section.is_none() || key.is_none() {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        Ok(number(&Question { section, key, file }, default))
    })
}

/// A number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetPrivateProfileIntW(
    section: *const WCHAR,
    key: *const WCHAR,
    default: i32,
    file: *const WCHAR,
) -> u32 {
    guard::call(default.cast_unsigned(), || {
        // SAFETY: the caller's texts.
        let section = unsafe { wide(section) };
        // SAFETY: as above.
        let key = unsafe { wide(key) };
        // SAFETY: as above.
        let file = unsafe { arg::wide(file) }?;
        if section.is_none() || key.is_none() {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        Ok(number(&Question { section, key, file }, default))
    })
}

/// The file with a value set, a key removed (no value), or a section removed (no key).
fn changed(content: &str, wanted: &str, key: Option<&str>, value: Option<&str>) -> String {
    let mut lines: Vec<String> = content.lines().map(str::to_owned).collect();
    let is_wanted =
        |line: &String| section(line).is_some_and(|name| same(name.trim(), wanted.trim()));
    let Some(start) = lines.iter().position(is_wanted) else {
        if let (Some(key), Some(value)) = (key, value) {
            lines.extend([format!("[{wanted}]"), format!("{key}={value}")]);
        }
        return joined(&lines);
    };
    let length = lines[start + 1..].iter().position(|line| section(line).is_some());
    let end = length.map_or(lines.len(), |length| start + 1 + length);
    let Some(key) = key else {
        lines.drain(start..end);
        return joined(&lines);
    };
    let own = |line: &String| pair(line).is_some_and(|pair| same(pair.0, key.trim()));
    let at = lines[start + 1..end].iter().position(own).map(|at| start + 1 + at);
    match (at, value) {
        (Some(at), Some(value)) => lines[at] = format!("{key}={value}"),
        (Some(at), None) => drop(lines.remove(at)),
        (None, Some(value)) => {
            // After the section's last line that is not empty.
            let used = lines[start..end].iter().rposition(|line| !line.trim().is_empty());
            lines.insert(start + used.unwrap_or(0) + 1, format!("{key}={value}"));
        }
        (None, None) => {}
    }
    joined(&lines)
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

fn write(
    name: &[u8],
    section: Option<&str>,
    key: Option<&str>,
    value: Option<&str>,
) -> Result<BOOL, u32> {
    let section = section.ok_or(code::ERROR_INVALID_PARAMETER)?;
    let path = file(name)?;
    let content = read(name).unwrap_or_default();
    std::fs::write(&path, changed(&content, section, key, value)).map_err(|error| {
        let errno = rustix::io::Errno::from_io_error(&error).unwrap_or(rustix::io::Errno::IO);
        resolve::error(errno, &path)
    })?;
    Ok(TRUE)
}

/// Sets a value, or removes a key or a section.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WritePrivateProfileStringA(
    section: *const u8,
    key: *const u8,
    value: *const u8,
    file: *const u8,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's texts.
        let section = unsafe { narrow(section) };
        // SAFETY: as above.
        let key = unsafe { narrow(key) };
        // SAFETY: as above.
        let value = unsafe { narrow(value) };
        // SAFETY: as above.
        let file = unsafe { arg::string(file) }?;
        write(&file, section.as_deref(), key.as_deref(), value.as_deref())
    })
}

/// Sets a value, or removes a key or a section.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WritePrivateProfileStringW(
    section: *const WCHAR,
    key: *const WCHAR,
    value: *const WCHAR,
    file: *const WCHAR,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's texts.
        let section = unsafe { wide(section) };
        // SAFETY: as above.
        let key = unsafe { wide(key) };
        // SAFETY: as above.
        let value = unsafe { wide(value) };
        // SAFETY: as above.
        let file = unsafe { arg::wide(file) }?;
        write(&file, section.as_deref(), key.as_deref(), value.as_deref())
    })
}
