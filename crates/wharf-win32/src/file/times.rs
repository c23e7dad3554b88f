//! GetFileTime and SetFileTime. Linux keeps the time of a file's birth and lets nobody change it.
#![allow(unsafe_code)] // exported under C names

use std::os::fd::AsFd;

use rustix::fs::{Timespec, Timestamps, UTIME_OMIT, futimens};

use super::handle::{self, File};
use super::{read_error, stat};
use crate::time::filetime::FILETIME;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, guard};

/// When a file was made, read and written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileTime(
    file: HANDLE,
    created: *mut FILETIME,
    accessed: *mut FILETIME,
    written: *mut FILETIME,
) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(file)?;
        let facts = stat::of_descriptor(file.as_fd()).map_err(read_error)?;
        for (to, time) in
            [(created, facts.created), (accessed, facts.accessed), (written, facts.written)]
        {
            // SAFETY: the caller's variables, or null.
            unsafe { arg::store_optional(to, time) }?;
        }
        Ok(TRUE)
    })
}

/// Sets the times of the last read and write; 0 and all ones leave one as it is.
pub(crate) fn set(file: &File, accessed: FILETIME, written: FILETIME) -> Result<(), u32> {
    let times =
        Timestamps { last_access: timespec(accessed), last_modification: timespec(written) };
    futimens(file, &times).map_err(read_error)
}

fn timespec(time: FILETIME) -> Timespec {
    if time.ticks() == 0 || time.ticks() == u64::MAX {
        return Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    }
    let (tv_sec, tv_nsec) = time.unix();
    Timespec { tv_sec, tv_nsec }
}

/// Sets the times of the last read and write. The time of birth stays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFileTime(
    file: HANDLE,
    _created: *const FILETIME,
    accessed: *const FILETIME,
    written: *const FILETIME,
) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(file)?;
        let optional = |time: *const FILETIME| {
            if time.is_null() {
                return Ok(FILETIME::default());
            }
            // SAFETY: the caller's variable.
            unsafe { arg::load(time) }
        };
        set(&file, optional(accessed)?, optional(written)?).map(|()| TRUE)
    })
}
