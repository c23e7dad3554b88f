//! GetTempPath, GetTempFileName, GetFullPathName.
#![allow(unsafe_code)] // exported under C names

use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

use super::path::{self, Place};
use super::{open_error, resolve};
use crate::text::{self, out};
use crate::types::WCHAR;
use crate::{arg, code, guard};

/// A path without `.`, `..` and doubled slashes, from the root.
fn full(name: &[u8]) -> Result<Vec<u8>, u32> {
    // Wildcards are no business of this call: it looks at nothing on disk.
    let cleaned: Vec<u8> = name.iter().map(|b| if *b == b'\\' { b'/' } else { *b }).collect();
    let path = match path::locate(&cleaned) {
        Ok(Place::File(path)) => path,
        Err(code::ERROR_INVALID_NAME) => PathBuf::from(std::ffi::OsStr::from_bytes(&cleaned)),
        Ok(_) => return Ok(name.to_vec()),
        Err(code) => return Err(code),
    };
    let absolute = std::path::absolute(&path).map_err(|_| code::ERROR_INVALID_NAME)?;
    let mut clean = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    let mut bytes = clean.as_os_str().as_bytes().to_vec();
    if cleaned.ends_with(b"/") && !bytes.ends_with(b"/") {
        bytes.push(b'/');
    }
    Ok(bytes)
}

/// Where the last part begins; none if the path ends with a slash.
fn last_part<T: PartialEq>(path: &[T], slash: &T) -> Option<usize> {
    let at = path.iter().rposition(|unit| unit == slash).map_or(0, |at| at + 1);
    (at < path.len()).then_some(at)
}

/// # Safety
/// The buffer is writable for `size` units, `part` null or writable.
unsafe fn store_full<T: Copy + Default + PartialEq>(
    path: &[T],
    slash: T,
    size: u32,
    buffer: *mut T,
    part: *mut *mut T,
) -> Result<u32, u32> {
    // SAFETY: the caller's.
    let length = unsafe { out::sized(path, buffer, size) }?;
    let stored = length < size;
    let at = last_part(path, &slash).filter(|_| stored);
    let at = at.map_or(std::ptr::null_mut(), |at| buffer.wrapping_add(at));
    // SAFETY: the caller's.
    unsafe { arg::store_optional(part, at) }?;
    Ok(length)
}

/// The whole path of a name, and where its last part begins.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFullPathNameA(
    name: *const u8,
    size: u32,
    buffer: *mut u8,
    part: *mut *mut u8,
) -> u32 {
    guard::call(0, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::string(name) }.map_err(|_| code::ERROR_INVALID_NAME)?;
        // SAFETY: the caller's buffer.
        unsafe { store_full(&full(&name)?, b'/', size, buffer, part) }
    })
}

/// The whole path of a name, and where its last part begins.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFullPathNameW(
    name: *const WCHAR,
    size: u32,
    buffer: *mut WCHAR,
    part: *mut *mut WCHAR,
) -> u32 {
    guard::call(0, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::wide(name) }.map_err(|_| code::ERROR_INVALID_NAME)?;
        let full = text::wide(&full(&name)?);
        // SAFETY: the caller's buffer.
        unsafe { store_full(&full, text::unit('/'), size, buffer, part) }
    })
}

/// The directory for temporary files, with a slash at its end.
fn temporary() -> Vec<u8> {
    let mut path = std::env::temp_dir().as_os_str().as_bytes().to_vec();
    if !path.ends_with(b"/") {
        path.push(b'/');
    }
    path
}

/// The directory for temporary files.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempPathA(size: u32, buffer: *mut u8) -> u32 {
    // SAFETY: the caller's buffer.
    guard::call(0, || unsafe { out::sized(&temporary(), buffer, size) })
}

/// The directory for temporary files.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempPathW(size: u32, buffer: *mut WCHAR) -> u32 {
    // SAFETY: the caller's buffer.
    guard::call(0, || unsafe { out::sized_wide(&temporary(), buffer, size) })
}

/// A name from three characters and a number; with number 0 the file is made, so that the name is nobody else's.
fn temporary_name(directory: &[u8], prefix: &[u8], unique: u32) -> Result<(Vec<u8>, u32), u32> {
    let directory = resolve::existing(&path::file(directory)?);
    if !directory.is_dir() {
        return Err(code::ERROR_DIRECTORY);
    }
    let prefix: String = String::from_utf8_lossy(prefix).chars().take(3).collect();
    let name = |number: u32| directory.join(format!("{prefix}{number:X}.tmp"));
    let bytes = |path: &Path| path.as_os_str().as_bytes().to_vec();
    if unique & 0xFFFF != 0 {
        return Ok((bytes(&name(unique & 0xFFFF)), unique));
    }
    let start = crate::time::clock::GetTickCount();
    for step in 0..0xFFFF {
        let number = start.wrapping_add(step) & 0xFFFF;
        if number == 0 {
            continue;
        }
        let path = name(number);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        match open(&path, flags, Mode::from_raw_mode(0o600)) {
            Ok(_) => return Ok((bytes(&path), number)),
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(open_error(errno)),
        }
    }
    Err(code::ERROR_FILE_EXISTS)
}

/// A name for a temporary file; the buffer has MAX_PATH (260) characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempFileNameA(
    directory: *const u8,
    prefix: *const u8,
    unique: u32,
    buffer: *mut u8,
) -> u32 {
    guard::call(0, || {
        // SAFETY: the caller's name.
        let directory = unsafe { arg::string(directory) }.map_err(|_| code::ERROR_DIRECTORY)?;
        // SAFETY: the caller's prefix, or null.
        let prefix = unsafe { arg::string(prefix) }.unwrap_or_default();
        arg::check_room(buffer, 1)?;
        let (name, number) = temporary_name(&directory, &prefix, unique)?;
        // SAFETY: the caller's buffer.
        unsafe { store_name(&name, buffer) }?;
        Ok(number)
    })
}

/// A name for a temporary file; the buffer has MAX_PATH (260) characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempFileNameW(
    directory: *const WCHAR,
    prefix: *const WCHAR,
    unique: u32,
    buffer: *mut WCHAR,
) -> u32 {
    guard::call(0, || {
        // SAFETY: the caller's name.
        let directory = unsafe { arg::wide(directory) }.map_err(|_| code::ERROR_DIRECTORY)?;
        // SAFETY: the caller's prefix, or null.
        let prefix = unsafe { arg::wide(prefix) }.unwrap_or_default();
        arg::check_room(buffer, 1)?;
        let (name, number) = temporary_name(&directory, &prefix, unique)?;
        // SAFETY: the caller's buffer.
        unsafe { store_name(&text::wide(&name), buffer) }?;
        Ok(number)
    })
}

/// # Safety
/// The buffer has 260 units.
unsafe fn store_name<T: Copy + Default>(name: &[T], buffer: *mut T) -> Result<(), u32> {
    // SAFETY: the caller's.
    let length = unsafe { out::sized(name, buffer, 260) }?;
    if length >= 260 { Err(code::ERROR_BUFFER_OVERFLOW) } else { Ok(()) }
}
