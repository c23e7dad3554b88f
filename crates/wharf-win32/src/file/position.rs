//! Sizes and positions.
#![allow(unsafe_code)] // exported under C names

use rustix::fs::{SeekFrom, ftruncate, seek, tell};
use wharf_core::status::FileContext;

use super::handle::{self, File, Kind};
use super::{code_of, read_error, stat};
use crate::error::SetLastError;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard};

const INVALID: u32 = u32::MAX;

fn size(file: &File) -> Result<u64, u32> {
    match file.kind {
        Kind::Disk => {
            Ok(stat::of_descriptor(rustix::fd::AsFd::as_fd(file)).map_err(read_error)?.size)
        }
        Kind::Directory => Ok(0),
        Kind::Character | Kind::Pipe => Err(code::ERROR_INVALID_FUNCTION),
    }
}

/// The size of a file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileSizeEx(file: HANDLE, to: *mut i64) -> BOOL {
    guard::call(FALSE, || {
        let size = size(&*handle::get(file)?)?;
        // SAFETY: the caller's variable.
        unsafe { arg::store(to, size.cast_signed()) }?;
        Ok(TRUE)
    })
}

/// The lower half of the size of a file; the upper one is stored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileSize(file: HANDLE, high: *mut u32) -> u32 {
    guard::call(INVALID, || {
        let size = size(&*handle::get(file)?)?;
        // SAFETY: the caller's variable, or null.
        unsafe { arg::store_optional(high, (size >> 32) as u32) }?;
        low_half(size)
    })
}

/// A half that looks like the failure value comes with the code of success.
fn low_half(value: u64) -> Result<u32, u32> {
    if value as u32 == INVALID {
        SetLastError(code::ERROR_SUCCESS);
    }
    Ok(value as u32)
}

fn moved(file: &File, distance: i64, method: u32) -> Result<u64, u32> {
    if file.kind == Kind::Character || file.kind == Kind::Pipe {
        return Err(code::ERROR_INVALID_FUNCTION);
    }
    let base = match method {
        0 => 0,
        1 => tell(file).map_err(read_error)?.cast_signed(),
        2 => size(file)?.cast_signed(),
        _ => return Err(code::ERROR_INVALID_PARAMETER),
    };
    let target = base.checked_add(distance).ok_or(code::ERROR_INVALID_PARAMETER)?;
    let target = u64::try_from(target).map_err(|_| code::ERROR_NEGATIVE_SEEK)?;
    seek(file, SeekFrom::Start(target)).map_err(read_error)
}

/// Moves the position; it may go past the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFilePointerEx(
    file: HANDLE,
    distance: i64,
    to: *mut i64,
    method: u32,
) -> BOOL {
    guard::call(FALSE, || {
        let place = moved(&*handle::get(file)?, distance, method)?;
        // SAFETY: the caller's variable, or null.
        unsafe { arg::store_optional(to, place.cast_signed()) }?;
        Ok(TRUE)
    })
}

/// Moves the position, by a distance in one or two halves; answers the lower half of the new one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFilePointer(
    file: HANDLE,
    distance: i32,
    high: *mut i32,
    method: u32,
) -> u32 {
    guard::call(INVALID, || {
        let file = handle::get(file)?;
        let distance = if high.is_null() {
            i64::from(distance)
        } else {
            // SAFETY: the caller's variable.
            i64::from(unsafe { arg::load(high) }?) << 32 | i64::from(distance.cast_unsigned())
        };
        let before = tell(&*file);
        let place = moved(&file, distance, method)?;
        if high.is_null() && place >> 32 != 0 {
            if let Ok(before) = before {
                seek(&*file, SeekFrom::Start(before)).map_err(read_error)?;
            }
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: as above.
        unsafe { arg::store_optional(high, ((place >> 32) as u32).cast_signed()) }?;
        low_half(place)
    })
}

/// Gives a file a size.
pub(crate) fn resize(file: &File, size: u64) -> Result<(), u32> {
    file.must_write()?;
    ftruncate(file, size).map_err(|errno| code_of(errno, FileContext::Write))
}

/// The file ends at its position from now on.
#[unsafe(no_mangle)]
pub extern "C" fn SetEndOfFile(file: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(file)?;
        file.must_write()?;
        if file.kind != Kind::Disk {
            return Err(code::ERROR_INVALID_FUNCTION);
        }
        resize(&file, tell(&*file).map_err(read_error)?).map(|()| TRUE)
    })
}

/// Declares that content up to here is valid. Linux has no such mark: what was not written reads as zeros. Windows wants
/// a privilege for it, which a process here does not have, so this is its refusal; callers go on without.
#[unsafe(no_mangle)]
pub extern "C" fn SetFileValidData(file: HANDLE, length: i64) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(file)?;
        let end = size(&file)?;
        if u64::try_from(length).is_ok_and(|length| length <= end) {
            return Err(code::ERROR_PRIVILEGE_NOT_HELD);
        }
        Err(code::ERROR_INVALID_PARAMETER)
    })
}
