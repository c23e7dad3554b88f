//! LockFile, LockFileEx and their counterparts.
#![allow(unsafe_code)] // exported under C names

use std::sync::Arc;

use wharf_core::status::Status;

use super::super::handle::{self, File, Kind};
use super::super::io::{At, offset};
use super::{Range, lock_and_wait, lock_or_queue, try_lock, unlock};
use crate::overlapped::request::{Ended, Request};
use crate::types::{BOOL, FALSE, HANDLE, OVERLAPPED, TRUE};
use crate::{arg, code, guard};

const FAIL_IMMEDIATELY: u32 = 1;
const EXCLUSIVE: u32 = 2;

fn range(file: &File, start: u64, length: u64, flags: u32) -> Result<Range, u32> {
    if file.kind != Kind::Disk {
        return Err(code::ERROR_INVALID_FUNCTION);
    }
    if flags & !(FAIL_IMMEDIATELY | EXCLUSIVE) != 0 || start.checked_add(length).is_none() {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    Ok(Range { start, length, exclusive: flags & EXCLUSIVE != 0 })
}

/// Locks for LockFileEx: on an overlapped file a lock that has to be waited for is an operation.
fn lock(file: Arc<File>, range: Range, wait: bool, request: Request) -> Result<BOOL, u32> {
    file.bound.begin(&request);
    let (file, request) = match wait {
        true if file.overlapped => lock_or_queue(file, range, request)?,
        true => lock_and_wait(&file, range).map(|()| (file, request))?,
        false => try_lock(&file, range).map(|()| (file, request))?,
    };
    file.finish(request, Status::SUCCESS, 0, Ended::AtOnce);
    Ok(TRUE)
}

fn join(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// Locks a range for this handle alone, or fails at once.
#[unsafe(no_mangle)]
pub extern "C" fn LockFile(file: HANDLE, low: u32, high: u32, length: u32, more: u32) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(file)?;
        let range = range(&file, join(low, high), join(length, more), EXCLUSIVE)?;
        try_lock(&file, range).map(|()| TRUE)
    })
}

/// Gives such a range back.
#[unsafe(no_mangle)]
pub extern "C" fn UnlockFile(file: HANDLE, low: u32, high: u32, length: u32, more: u32) -> BOOL {
    guard::call(FALSE, || {
        unlock(&*handle::get(file)?, join(low, high), join(length, more))?;
        Ok(TRUE)
    })
}

/// # Safety
/// Null, or the structure.
unsafe fn start(overlapped: *mut OVERLAPPED) -> Result<u64, u32> {
    // SAFETY: the caller's.
    let overlapped = unsafe { arg::load(overlapped) };
    match offset(overlapped.map_err(|_| code::ERROR_INVALID_PARAMETER)?) {
        At::Offset(start) => Ok(start),
        _ => Err(code::ERROR_INVALID_PARAMETER),
    }
}

/// Locks a range, exclusively or shared; waits, unless the flags say no. On an overlapped file that is an operation:
/// ERROR_IO_PENDING.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LockFileEx(
    file: HANDLE,
    flags: u32,
    reserved: u32,
    length: u32,
    more: u32,
    overlapped: *mut OVERLAPPED,
) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(file)?;
        if reserved != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's structure.
        let start = unsafe { start(overlapped) }?;
        let range = range(&file, start, join(length, more), flags)?;
        // SAFETY: the caller lends it until the operation's end.
        let request = unsafe { Request::begin(overlapped, None) }?;
        lock(file, range, flags & FAIL_IMMEDIATELY == 0, request)
    })
}

/// Gives a range back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UnlockFileEx(
    file: HANDLE,
    reserved: u32,
    length: u32,
    more: u32,
    overlapped: *mut OVERLAPPED,
) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(file)?;
        if reserved != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's structure.
        let start = unsafe { start(overlapped) }?;
        unlock(&file, start, join(length, more))?;
        Ok(TRUE)
    })
}
