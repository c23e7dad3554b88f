//! Directories: making, removing, and the current one.
#![allow(unsafe_code)] // exported under C names

use std::os::unix::ffi::OsStrExt;

use rustix::fs::{Mode, mkdir, rmdir};
use rustix::io::Errno;

use super::{open_error, path, resolve};
use crate::text::out;
use crate::types::{BOOL, FALSE, TRUE, WCHAR};
use crate::{arg, code, guard};

fn create(name: &[u8]) -> Result<BOOL, u32> {
    let path = resolve::new(&path::file(name)?);
    match mkdir(&path, Mode::from_raw_mode(0o777)) {
        Ok(()) => Ok(TRUE),
        // What is missing is the directory that it should be in.
        Err(Errno::NOENT) => Err(code::ERROR_PATH_NOT_FOUND),
        Err(errno) => Err(open_error(errno)),
    }
}

fn remove(name: &[u8]) -> Result<BOOL, u32> {
    let path = resolve::existing(&path::file(name)?);
    match rmdir(&path) {
        Ok(()) => Ok(TRUE),
        Err(Errno::NOTDIR) if path.exists() => Err(code::ERROR_DIRECTORY),
        Err(Errno::INVAL) => Err(code::ERROR_SHARING_VIOLATION),
        Err(errno) => Err(resolve::error(errno, &path)),
    }
}

fn change(name: &[u8]) -> Result<BOOL, u32> {
    let path = resolve::existing(&path::file(name)?);
    match rustix::process::chdir(&path) {
        Ok(()) => Ok(TRUE),
        Err(Errno::NOTDIR) => Err(code::ERROR_DIRECTORY),
        Err(errno) => Err(resolve::error(errno, &path)),
    }
}

fn current() -> Result<Vec<u8>, u32> {
    let path = std::env::current_dir().map_err(|_| code::ERROR_PATH_NOT_FOUND)?;
    Ok(path.as_os_str().as_bytes().to_vec())
}

/// Makes a directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateDirectoryA(
    name: *const u8,
    _security: *const super::create::SECURITY_ATTRIBUTES,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        create(&unsafe { arg::string(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)?)
    })
}

/// Makes a directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateDirectoryW(
    name: *const WCHAR,
    _security: *const super::create::SECURITY_ATTRIBUTES,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        create(&unsafe { arg::wide(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)?)
    })
}

/// Removes an empty directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RemoveDirectoryA(name: *const u8) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        remove(&unsafe { arg::string(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)?)
    })
}

/// Removes an empty directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RemoveDirectoryW(name: *const WCHAR) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        remove(&unsafe { arg::wide(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)?)
    })
}

/// Changes the current directory of the process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetCurrentDirectoryA(name: *const u8) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        change(&unsafe { arg::string(name) }.map_err(|_| code::ERROR_INVALID_NAME)?)
    })
}

/// Changes the current directory of the process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetCurrentDirectoryW(name: *const WCHAR) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        change(&unsafe { arg::wide(name) }.map_err(|_| code::ERROR_INVALID_NAME)?)
    })
}

/// The current directory of the process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetCurrentDirectoryA(size: u32, buffer: *mut u8) -> u32 {
    // SAFETY: the caller's buffer.
    guard::call(0, || unsafe { out::sized(&current()?, buffer, size) })
}

/// The current directory of the process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetCurrentDirectoryW(size: u32, buffer: *mut WCHAR) -> u32 {
    // SAFETY: the caller's buffer.
    guard::call(0, || unsafe { out::sized_wide(&current()?, buffer, size) })
}
