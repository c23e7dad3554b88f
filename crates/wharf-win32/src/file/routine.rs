//! ReadFileEx and WriteFileEx: transfers whose end is told by a routine of the calling thread's, in its next alertable
//! wait.
//!
//! On a file that is not overlapped the transfer is over when the call returns, and the routine is queued all the same.
//!
//! # References
//! Contract A13, A14, F23.
#![allow(unsafe_code)] // the caller's buffers; exported under C names

use std::ffi::c_void;

use super::io::{Direction, Transfer, call};
use crate::overlapped::file_routine;
use crate::overlapped::types::LPOVERLAPPED_COMPLETION_ROUTINE;
use crate::types::{BOOL, FALSE, HANDLE, OVERLAPPED, TRUE};
use crate::{arg, code, guard};

/// # Safety
/// The arguments are as the calls' documentation has them.
unsafe fn begin(
    file: HANDLE,
    transfer: Transfer,
    overlapped: *mut OVERLAPPED,
    routine: LPOVERLAPPED_COMPLETION_ROUTINE,
) -> Result<BOOL, u32> {
    arg::check(overlapped).map_err(|_| code::ERROR_INVALID_PARAMETER)?;
    let routine = file_routine(routine, overlapped).ok_or(code::ERROR_INVALID_PARAMETER)?;
    // SAFETY: the caller's promise.
    match unsafe { call(file, transfer, std::ptr::null_mut(), overlapped, Some(routine)) } {
        Ok(_) | Err(code::ERROR_IO_PENDING) => Ok(TRUE),
        Err(error) => Err(error),
    }
}

/// Reads. FALSE: nothing has begun, and the routine will not run; ERROR_INVALID_PARAMETER also for a file that has a port
/// (A14).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadFileEx(
    hFile: HANDLE,
    lpBuffer: *mut c_void,
    nNumberOfBytesToRead: u32,
    lpOverlapped: *mut OVERLAPPED,
    lpCompletionRoutine: LPOVERLAPPED_COMPLETION_ROUTINE,
) -> BOOL {
    let transfer =
        Transfer { direction: Direction::Read, buffer: lpBuffer, length: nNumberOfBytesToRead };
    // SAFETY: the caller's arguments.
    guard::call(FALSE, || unsafe { begin(hFile, transfer, lpOverlapped, lpCompletionRoutine) })
}

/// Writes, as [`ReadFileEx`] reads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteFileEx(
    hFile: HANDLE,
    lpBuffer: *const c_void,
    nNumberOfBytesToWrite: u32,
    lpOverlapped: *mut OVERLAPPED,
    lpCompletionRoutine: LPOVERLAPPED_COMPLETION_ROUTINE,
) -> BOOL {
    let buffer = lpBuffer.cast_mut();
    let transfer = Transfer { direction: Direction::Write, buffer, length: nNumberOfBytesToWrite };
    // SAFETY: the caller's arguments.
    guard::call(FALSE, || unsafe { begin(hFile, transfer, lpOverlapped, lpCompletionRoutine) })
}
