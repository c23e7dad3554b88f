//! What a job is told and asked.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::mem::size_of;

use super::types::{
    IO_COUNTERS, JOBOBJECT_ASSOCIATE_COMPLETION_PORT, JOBOBJECT_BASIC_ACCOUNTING_INFORMATION,
    JOBOBJECT_BASIC_LIMIT_INFORMATION, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
};
use super::{Job, LIMIT_KILL_ON_JOB_CLOSE, MESSAGE_NEW_PROCESS, kill_at_exit, own_job};
use crate::object;
use crate::port::IoPort;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard};

const BASIC_ACCOUNTING: i32 = 1;
const BASIC_LIMIT: i32 = 2;
const BASIC_PROCESS_ID_LIST: i32 = 3;
const ASSOCIATE_COMPLETION_PORT: i32 = 7;
const BASIC_AND_IO_ACCOUNTING: i32 = 8;
const EXTENDED_LIMIT: i32 = 9;

/// JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION.
#[repr(C)]
struct Both {
    accounting: JOBOBJECT_BASIC_ACCOUNTING_INFORMATION,
    transfers: IO_COUNTERS,
}

/// Limits that a basic structure may set, and an extended one.
const BASIC_FLAGS: u32 = 0xFF;
const EXTENDED_FLAGS: u32 = 0x7FFF;
/// ACTIVE_PROCESS, DIE_ON_UNHANDLED_EXCEPTION (nothing asks the user here), BREAKAWAY_OK, SILENT_BREAKAWAY_OK,
/// KILL_ON_JOB_CLOSE. Times, memory, priorities and processors of others are refused.
const OFFERED: u32 = 0x8 | 0x400 | 0x800 | 0x1000 | 0x2000;

/// ERROR_INVALID_PARAMETER for flags that the structure has not, ERROR_NOT_SUPPORTED for limits that are not offered.
fn check(flags: u32, known: u32) -> Result<(), u32> {
    if flags & !known != 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    if flags & !OFFERED != 0 { Err(code::ERROR_NOT_SUPPORTED) } else { Ok(()) }
}

/// ERROR_NOT_SUPPORTED for a class of Windows' that is not offered.
fn refusal(class: i32) -> u32 {
    if (1..=47).contains(&class) {
        code::ERROR_NOT_SUPPORTED
    } else {
        code::ERROR_INVALID_PARAMETER
    }
}

/// A structure of exactly that length, or ERROR_BAD_LENGTH.
///
/// # Safety
/// Null, or readable for `length` bytes.
unsafe fn load<T: Copy>(from: *const c_void, length: u32) -> Result<T, u32> {
    if length as usize != size_of::<T>() {
        return Err(code::ERROR_BAD_LENGTH);
    }
    // SAFETY: the caller's.
    unsafe { arg::load(from.cast()) }
}

fn associate(job: &Job, wish: JOBOBJECT_ASSOCIATE_COMPLETION_PORT) -> Result<(), u32> {
    let mut state = job.state();
    if wish.CompletionPort.is_null() {
        state.port = None;
        return Ok(());
    }
    if state.port.is_some() {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let port = object::get::<IoPort>(wish.CompletionPort)?;
    state.port = Some((port, wish.CompletionKey as usize));
    for process in state.ids() {
        state.tell(MESSAGE_NEW_PROCESS, process);
    }
    Ok(())
}

/// Sets something of a job: the port that hears of it (once; a null port ends that), or limits.
///
/// ERROR_BAD_LENGTH for another length than the structure's, ERROR_INVALID_PARAMETER for an unknown class,
/// ERROR_NOT_SUPPORTED for a class or limit that is not offered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetInformationJobObject(
    hJob: HANDLE,
    JobObjectInformationClass: i32,
    lpJobObjectInformation: *const c_void,
    cbJobObjectInformationLength: u32,
) -> BOOL {
    let (from, length) = (lpJobObjectInformation, cbJobObjectInformationLength);
    guard::call(FALSE, || {
        let job = object::get::<Job>(hJob)?;
        match JobObjectInformationClass {
            // SAFETY: the caller's.
            ASSOCIATE_COMPLETION_PORT => associate(&job, unsafe { load(from, length) }?)?,
            BASIC_LIMIT => {
                // SAFETY: the caller's.
                let limits: JOBOBJECT_BASIC_LIMIT_INFORMATION = unsafe { load(from, length) }?;
                check(limits.LimitFlags, BASIC_FLAGS)?;
                let mut state = job.state();
                let kept = state.limits.BasicLimitInformation.LimitFlags & !BASIC_FLAGS;
                state.limits.BasicLimitInformation = limits;
                state.limits.BasicLimitInformation.LimitFlags |= kept;
            }
            EXTENDED_LIMIT => {
                // SAFETY: the caller's.
                let limits: JOBOBJECT_EXTENDED_LIMIT_INFORMATION = unsafe { load(from, length) }?;
                let flags = limits.BasicLimitInformation.LimitFlags;
                check(flags, EXTENDED_FLAGS)?;
                job.state().limits = limits;
                if flags & LIMIT_KILL_ON_JOB_CLOSE != 0 {
                    kill_at_exit();
                }
            }
            other => return Err(refusal(other)),
        }
        Ok(TRUE)
    })
}

/// Stores a structure for which there is room, or ERROR_BAD_LENGTH; answers its length.
///
/// # Safety
/// Null, or writable for `length` bytes.
unsafe fn store<T>(to: *mut c_void, length: u32, value: T) -> Result<usize, u32> {
    if (length as usize) < size_of::<T>() {
        return Err(code::ERROR_BAD_LENGTH);
    }
    // SAFETY: there is room.
    unsafe { arg::store(to.cast(), value) }?;
    Ok(size_of::<T>())
}

/// Numbers of the members: as many as there is room for, and ERROR_MORE_DATA if that is not all.
///
/// # Safety
/// Null, or writable for `length` bytes.
unsafe fn list(job: &Job, to: *mut c_void, length: u32) -> Result<usize, u32> {
    let ids = job.state().ids();
    let room = (length as usize).checked_sub(8).ok_or(code::ERROR_BAD_LENGTH)? / size_of::<usize>();
    let fitting: Vec<usize> = ids.iter().take(room).map(|id| *id as usize).collect();
    let counts = [ids.len(), fitting.len()].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    // SAFETY: there is room.
    unsafe { arg::store_all(to.cast(), &counts) }?;
    // SAFETY: as above.
    unsafe { arg::store_all(to.wrapping_byte_add(8).cast(), &fitting) }?;
    if fitting.len() < ids.len() {
        Err(code::ERROR_MORE_DATA)
    } else {
        Ok(8 + fitting.len() * size_of::<usize>())
    }
}

/// Asks for something of a job; null is that of this process. Times and transfers are not counted, and are 0.
///
/// ERROR_BAD_LENGTH for too little room, ERROR_MORE_DATA for a part of a list, ERROR_NOT_SUPPORTED for a class that is not
/// offered, ERROR_ACCESS_DENIED for null in a process without a job.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryInformationJobObject(
    hJob: HANDLE,
    JobObjectInformationClass: i32,
    lpJobObjectInformation: *mut c_void,
    cbJobObjectInformationLength: u32,
    lpReturnLength: *mut u32,
) -> BOOL {
    let (to, length) = (lpJobObjectInformation, cbJobObjectInformationLength);
    guard::call(FALSE, || {
        let job = match hJob.is_null() {
            true => own_job().ok_or(code::ERROR_ACCESS_DENIED)?,
            false => object::get::<Job>(hJob)?,
        };
        let (accounting, limits) = {
            let state = job.state();
            let accounting = JOBOBJECT_BASIC_ACCOUNTING_INFORMATION {
                TotalProcesses: state.total,
                ActiveProcesses: u32::try_from(state.active()).unwrap_or(u32::MAX),
                TotalTerminatedProcesses: state.terminated,
                ..Default::default()
            };
            (accounting, state.limits)
        };
        let used = match JobObjectInformationClass {
            // SAFETY: the caller's.
            BASIC_ACCOUNTING => unsafe { store(to, length, accounting) }?,
            BASIC_AND_IO_ACCOUNTING => {
                let both = Both { accounting, transfers: IO_COUNTERS::default() };
                // SAFETY: as above.
                unsafe { store(to, length, both) }?
            }
            // SAFETY: as above.
            BASIC_PROCESS_ID_LIST => unsafe { list(&job, to, length) }?,
            // SAFETY: as above.
            EXTENDED_LIMIT => unsafe { store(to, length, limits) }?,
            BASIC_LIMIT => {
                let mut limits = limits.BasicLimitInformation;
                limits.LimitFlags &= BASIC_FLAGS;
                // SAFETY: as above.
                unsafe { store(to, length, limits) }?
            }
            other => return Err(refusal(other)),
        };
        // SAFETY: the caller's.
        unsafe { arg::store_optional(lpReturnLength, u32::try_from(used).unwrap_or(0)) }?;
        Ok(TRUE)
    })
}
