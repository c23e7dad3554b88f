//! GetFileAttributes and SetFileAttributes.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::path::Path;

use rustix::fs::{Mode, chmod};

use super::stat::{self, Facts};
use super::{path, resolve};
use crate::time::filetime::FILETIME;
use crate::types::{BOOL, FALSE, TRUE, WCHAR};
use crate::{arg, code, guard};

const INVALID: u32 = u32::MAX;
/// What SetFileAttributes takes: READONLY, and those that Linux cannot store: HIDDEN, SYSTEM, ARCHIVE, NORMAL, TEMPORARY,
/// OFFLINE, NOT_CONTENT_INDEXED.
const SETTABLE: u32 = 0x31A7;

/// WIN32_FILE_ATTRIBUTE_DATA.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WIN32_FILE_ATTRIBUTE_DATA {
    /// FILE_ATTRIBUTE_*.
    pub dwFileAttributes: u32,
    /// Its birth.
    pub ftCreationTime: FILETIME,
    /// The last read.
    pub ftLastAccessTime: FILETIME,
    /// The last write.
    pub ftLastWriteTime: FILETIME,
    /// Upper half of the size.
    pub nFileSizeHigh: u32,
    /// Lower half of the size.
    pub nFileSizeLow: u32,
}

/// Facts about a named file.
pub(crate) fn look(name: &[u8]) -> Result<Facts, u32> {
    let path = resolve::existing(&path::file(name)?);
    stat::of_path(&path).map_err(|errno| resolve::error(errno, &path))
}

fn change(name: &[u8], attributes: u32) -> Result<BOOL, u32> {
    if attributes & !SETTABLE != 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let path = resolve::existing(&path::file(name)?);
    set_read_only(&path, attributes & stat::READONLY != 0)?;
    Ok(TRUE)
}

/// Sets or clears the one attribute that Linux has: that nobody may write.
pub(crate) fn set_read_only(path: &Path, read_only: bool) -> Result<(), u32> {
    let failed = |errno| resolve::error(errno, path);
    let now = rustix::fs::stat(path).map_err(failed)?;
    let writable = now.st_mode & 0o222 != 0;
    let directory = rustix::fs::FileType::from_raw_mode(now.st_mode).is_dir();
    if writable != read_only || directory {
        return Ok(());
    }
    // Who may read may also write again, as far as the process' mask allows.
    let mode = if read_only { now.st_mode & !0o222 } else { now.st_mode | 0o200 };
    chmod(path, Mode::from_raw_mode(mode & 0o7777)).map_err(failed)
}

/// The attributes of a file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileAttributesA(name: *const u8) -> u32 {
    guard::call(INVALID, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::string(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)?;
        Ok(look(&name)?.attributes)
    })
}

/// The attributes of a file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileAttributesW(name: *const WCHAR) -> u32 {
    guard::call(INVALID, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::wide(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)?;
        Ok(look(&name)?.attributes)
    })
}

/// Sets attributes: READONLY; the others are accepted, and Linux has no place for them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFileAttributesA(name: *const u8, attributes: u32) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::string(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)?;
        change(&name, attributes)
    })
}

/// Sets attributes: READONLY; the others are accepted, and Linux has no place for them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFileAttributesW(name: *const WCHAR, attributes: u32) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::wide(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)?;
        change(&name, attributes)
    })
}

/// # Safety
/// Null, or writable.
unsafe fn store(level: u32, name: &[u8], to: *mut c_void) -> Result<BOOL, u32> {
    if level != 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let facts = look(name)?;
    let data = WIN32_FILE_ATTRIBUTE_DATA {
        dwFileAttributes: facts.attributes,
        ftCreationTime: facts.created,
        ftLastAccessTime: facts.accessed,
        ftLastWriteTime: facts.written,
        nFileSizeHigh: (facts.size >> 32) as u32,
        nFileSizeLow: facts.size as u32,
    };
    // SAFETY: the caller's.
    unsafe { arg::store(to.cast(), data) }?;
    Ok(TRUE)
}

/// Attributes, times and size of a file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileAttributesExA(
    name: *const u8,
    level: u32,
    to: *mut c_void,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::string(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)?;
        // SAFETY: the caller's structure.
        unsafe { store(level, &name, to) }
    })
}

/// Attributes, times and size of a file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileAttributesExW(
    name: *const WCHAR,
    level: u32,
    to: *mut c_void,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::wide(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)?;
        // SAFETY: the caller's structure.
        unsafe { store(level, &name, to) }
    })
}
