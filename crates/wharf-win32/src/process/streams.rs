//! The standard streams of a new process: what STARTUPINFO names, or what this process has.
//!
//! A handle that is given is handed on, whether or not it is marked as inheritable. Instead of none there is /dev/null: a
//! program without descriptor 1 would write into the first file that it opens.
#![allow(unsafe_code)] // descriptors of sockets, by number

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::Stdio;

use super::types::{Standard, is_none};
use crate::console::standard;
use crate::file::handle::{Descriptor, File};
use crate::file::named::End;
use crate::types::HANDLE;
use crate::{code, object};

fn duplicate(handle: HANDLE) -> Result<OwnedFd, u32> {
    let copy =
        |fd: BorrowedFd<'_>| fd.try_clone_to_owned().map_err(|_| code::ERROR_TOO_MANY_OPEN_FILES);
    if !object::is_object(handle) {
        drop(crate::socket::table::find(handle as usize).map_err(|_| code::ERROR_INVALID_HANDLE)?);
        let number = i32::try_from(handle as usize).map_err(|_| code::ERROR_INVALID_HANDLE)?;
        // SAFETY: a number, of which the kernel makes a copy or says that it is none.
        return copy(unsafe { BorrowedFd::borrow_raw(number) });
    }
    if let Ok(end) = object::get::<End>(handle) {
        return end.duplicate();
    }
    copy(object::get::<File>(handle)?.as_fd())
}

/// One stream, of the number 0, 1 or 2.
fn stream(handle: HANDLE, number: i32) -> Result<Stdio, u32> {
    if is_none(handle) {
        return Ok(Stdio::null());
    }
    if let Ok(file) = object::get::<File>(handle)
        && matches!(file.descriptor, Descriptor::Standard(own) if own == number)
    {
        return Ok(Stdio::inherit());
    }
    duplicate(handle).map(Stdio::from)
}

/// All three.
pub(super) fn of(given: Standard) -> Result<[Stdio; 3], u32> {
    let given = match given {
        Some([input, output, error]) => [Some(input), Some(output), Some(error)],
        None => standard::replaced(),
    };
    let one = |at: usize, number: i32| match given[at] {
        Some(handle) => stream(handle, number),
        None => Ok(Stdio::inherit()),
    };
    Ok([one(0, 0)?, one(1, 1)?, one(2, 2)?])
}
