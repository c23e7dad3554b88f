//! DeleteFile, MoveFile, CopyFile, and links.
#![allow(unsafe_code)] // exported under C names

use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, rename, renameat_with, unlink};
use rustix::io::Errno;

use super::stat::{self, Facts};
use super::{open_error, path, resolve, share};
use crate::types::{BOOL, FALSE, TRUE, WCHAR};
use crate::{arg, code, guard};

const MOVEFILE_REPLACE_EXISTING: u32 = 1;
const MOVEFILE_COPY_ALLOWED: u32 = 2;
const MOVEFILE_DELAY_UNTIL_REBOOT: u32 = 4;
/// Those that need nothing here: DELAY aside, WRITE_THROUGH and FAIL_IF_NOT_TRACKABLE.
const MOVE_FLAGS: u32 = 0x2B;

fn existing(name: &[u8]) -> Result<(PathBuf, Facts), u32> {
    let path = resolve::existing(&path::file(name)?);
    let facts = stat::of_path(&path).map_err(|errno| resolve::error(errno, &path))?;
    Ok((path, facts))
}

fn delete(name: &[u8]) -> Result<BOOL, u32> {
    let (path, facts) = existing(name)?;
    if facts.attributes & (stat::DIRECTORY | stat::READONLY) != 0 {
        return Err(code::ERROR_ACCESS_DENIED);
    }
    share::may_delete(facts.identity, None)?;
    unlink(&path).map_err(|errno| resolve::error(errno, &path))?;
    Ok(TRUE)
}

fn rename_to(from: &[u8], to: Option<&[u8]>, flags: u32) -> Result<BOOL, u32> {
    if flags & MOVEFILE_DELAY_UNTIL_REBOOT != 0 {
        return Err(code::ERROR_NOT_SUPPORTED);
    }
    let to = to.filter(|_| flags & !MOVE_FLAGS == 0).ok_or(code::ERROR_INVALID_PARAMETER)?;
    let (from, facts) = existing(from)?;
    share::may_delete(facts.identity, None)?;
    let to = resolve::new(&path::file(to)?);
    move_path(&from, &to, facts, flags)?;
    Ok(TRUE)
}

/// Renames; onto another volume it copies and deletes, if that is allowed.
pub(crate) fn move_path(from: &Path, to: &Path, facts: Facts, flags: u32) -> Result<(), u32> {
    let replace = flags & MOVEFILE_REPLACE_EXISTING != 0;
    if replace && let Ok(target) = stat::of_path(to) {
        // A directory is never replaced, and a read-only file neither.
        let barred = (target.attributes | facts.attributes) & stat::DIRECTORY != 0
            || target.attributes & stat::READONLY != 0;
        if barred && target.identity != facts.identity {
            return Err(code::ERROR_ACCESS_DENIED);
        }
        share::may_delete(target.identity, None).map_err(|_| code::ERROR_ACCESS_DENIED)?;
    }
    let renamed = if replace {
        rename(from, to)
    } else {
        renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)
    };
    let renamed = match renamed {
        // A file system without that flag: the look before is all there is.
        Err(Errno::INVAL) if !replace && rustix::fs::lstat(to).is_err() => rename(from, to),
        other => other,
    };
    match renamed {
        Ok(()) => Ok(()),
        Err(Errno::EXIST) => Err(code::ERROR_ALREADY_EXISTS),
        Err(Errno::XDEV)
            if flags & MOVEFILE_COPY_ALLOWED != 0 && facts.attributes & stat::DIRECTORY == 0 =>
        {
            copy_path(from, to, !replace)?;
            unlink(from).map_err(open_error)
        }
        Err(Errno::NOENT) => Err(resolve::missing(to).max(code::ERROR_PATH_NOT_FOUND)),
        Err(errno) => Err(open_error(errno)),
    }
}

fn copy(from: &[u8], to: &[u8], fail_if_exists: bool) -> Result<BOOL, u32> {
    let (from, facts) = existing(from)?;
    if facts.attributes & stat::DIRECTORY != 0 {
        return Err(code::ERROR_ACCESS_DENIED);
    }
    let to = resolve::new(&path::file(to)?);
    copy_path(&from, &to, fail_if_exists)?;
    Ok(TRUE)
}

/// Copies content, permissions and the time of the last write, as Windows does.
fn copy_path(from: &Path, to: &Path, fail_if_exists: bool) -> Result<(), u32> {
    let failed = |error: std::io::Error, path: &Path| {
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
        resolve::error(errno, path)
    };
    if let Ok(target) = stat::of_path(to) {
        let source = stat::of_path(from).map_err(open_error)?;
        if source.identity == target.identity {
            return Err(code::ERROR_SHARING_VIOLATION);
        }
        if fail_if_exists {
            return Err(code::ERROR_FILE_EXISTS);
        }
        if target.attributes & (stat::READONLY | stat::DIRECTORY) != 0 {
            return Err(code::ERROR_ACCESS_DENIED);
        }
    }
    wharf::blocking(|| {
        let mut source = std::fs::File::open(from).map_err(|error| failed(error, from))?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true);
        let options = match fail_if_exists {
            true => options.create_new(true),
            false => options.create(true).truncate(true),
        };
        let mut target = options.open(to).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => code::ERROR_FILE_EXISTS,
            _ => failed(error, to),
        })?;
        // Inside the kernel, where the file systems can.
        std::io::copy(&mut source, &mut target).map_err(|error| failed(error, to))?;
        let metadata = source.metadata().map_err(|error| failed(error, from))?;
        let modified = metadata.modified().map_err(|error| failed(error, from))?;
        target.set_modified(modified).map_err(|error| failed(error, to))?;
        target.set_permissions(metadata.permissions()).map_err(|error| failed(error, to))
    })
}

fn hard_link(to: &[u8], from: &[u8]) -> Result<BOOL, u32> {
    let (from, _) = existing(from)?;
    let to = resolve::new(&path::file(to)?);
    rustix::fs::link(&from, &to).map_err(|errno| resolve::error(errno, &to))?;
    Ok(TRUE)
}

/// # Safety
/// Null, or a string.
unsafe fn narrow(name: *const u8) -> Result<Vec<u8>, u32> {
    // SAFETY: the caller's.
    unsafe { arg::string(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)
}

/// # Safety
/// Null, or a string.
unsafe fn wide(name: *const WCHAR) -> Result<Vec<u8>, u32> {
    // SAFETY: the caller's.
    unsafe { arg::wide(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)
}

/// Deletes a file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DeleteFileA(name: *const u8) -> BOOL {
    // SAFETY: the caller's name.
    guard::call(FALSE, || delete(&unsafe { narrow(name) }?))
}

/// Deletes a file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DeleteFileW(name: *const WCHAR) -> BOOL {
    // SAFETY: the caller's name.
    guard::call(FALSE, || delete(&unsafe { wide(name) }?))
}

/// Renames a file or a directory; not onto another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MoveFileA(from: *const u8, to: *const u8) -> BOOL {
    // SAFETY: the caller's names.
    unsafe { MoveFileExA(from, to, MOVEFILE_COPY_ALLOWED) }
}

/// Renames a file or a directory; not onto another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MoveFileW(from: *const WCHAR, to: *const WCHAR) -> BOOL {
    // SAFETY: the caller's names.
    unsafe { MoveFileExW(from, to, MOVEFILE_COPY_ALLOWED) }
}

/// Renames a file or a directory, by flags.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MoveFileExA(from: *const u8, to: *const u8, flags: u32) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let from = unsafe { narrow(from) }?;
        // SAFETY: the caller's name, or null.
        let to = (!to.is_null()).then(|| unsafe { narrow(to) }).transpose()?;
        rename_to(&from, to.as_deref(), flags)
    })
}

/// Renames a file or a directory, by flags.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MoveFileExW(from: *const WCHAR, to: *const WCHAR, flags: u32) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let from = unsafe { wide(from) }?;
        // SAFETY: the caller's name, or null.
        let to = (!to.is_null()).then(|| unsafe { wide(to) }).transpose()?;
        rename_to(&from, to.as_deref(), flags)
    })
}

/// Copies a file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CopyFileA(from: *const u8, to: *const u8, fail_if_exists: BOOL) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let from = unsafe { narrow(from) }?;
        // SAFETY: the caller's name.
        copy(&from, &unsafe { narrow(to) }?, fail_if_exists != 0)
    })
}

/// Copies a file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CopyFileW(
    from: *const WCHAR,
    to: *const WCHAR,
    fail_if_exists: BOOL,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let from = unsafe { wide(from) }?;
        // SAFETY: the caller's name.
        copy(&from, &unsafe { wide(to) }?, fail_if_exists != 0)
    })
}

/// Gives a file another name, on the same volume.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateHardLinkA(
    to: *const u8,
    from: *const u8,
    _security: *const std::ffi::c_void,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let to = unsafe { narrow(to) }?;
        // SAFETY: the caller's name.
        hard_link(&to, &unsafe { narrow(from) }?)
    })
}

/// Gives a file another name, on the same volume.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateHardLinkW(
    to: *const WCHAR,
    from: *const WCHAR,
    _security: *const std::ffi::c_void,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let to = unsafe { wide(to) }?;
        // SAFETY: the caller's name.
        hard_link(&to, &unsafe { wide(from) }?)
    })
}
