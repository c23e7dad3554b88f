//! Making jobs, putting processes into them, and ending them.
#![allow(unsafe_code)] // exported under C names

use std::sync::Arc;

use super::{Job, own_job};
use crate::file::SECURITY_ATTRIBUTES;
use crate::object;
use crate::process::child::Child;
use crate::system::process::own;
use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::wait::names;
use crate::{arg, guard};

/// Makes a job, or opens the one of that name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateJobObjectA(
    lpJobAttributes: *const SECURITY_ATTRIBUTES,
    lpName: *const u8,
) -> HANDLE {
    let _ = lpJobAttributes;
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        names::create(unsafe { arg::name(lpName) }?.as_deref(), Job::new)
    })
}

/// Makes a job, or opens the one of that name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateJobObjectW(
    lpJobAttributes: *const SECURITY_ATTRIBUTES,
    lpName: *const WCHAR,
) -> HANDLE {
    let _ = lpJobAttributes;
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        names::create(unsafe { arg::name_wide(lpName) }?.as_deref(), Job::new)
    })
}

/// Opens a job by its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenJobObjectA(access: u32, inherit: BOOL, lpName: *const u8) -> HANDLE {
    let _ = (access, inherit);
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        names::open::<Job>(unsafe { arg::name(lpName) }?.as_deref())
    })
}

/// Opens a job by its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenJobObjectW(
    access: u32,
    inherit: BOOL,
    lpName: *const WCHAR,
) -> HANDLE {
    let _ = (access, inherit);
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        names::open::<Job>(unsafe { arg::name_wide(lpName) }?.as_deref())
    })
}

/// Puts a process into a job, for good. ERROR_ACCESS_DENIED for one that has ended or is in a job already,
/// ERROR_NOT_ENOUGH_QUOTA beyond the job's limit, and then the process ends.
#[unsafe(no_mangle)]
pub extern "C" fn AssignProcessToJobObject(hJob: HANDLE, hProcess: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        let job = object::get::<Job>(hJob)?;
        match object::get::<Child>(hProcess) {
            Ok(child) => job.take(&child)?,
            Err(_) => {
                own(hProcess)?;
                job.take_own()?;
            }
        }
        Ok(TRUE)
    })
}

/// Whether a process is in a job; null is any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IsProcessInJob(
    ProcessHandle: HANDLE,
    JobHandle: HANDLE,
    Result: *mut BOOL,
) -> BOOL {
    guard::call(FALSE, || {
        let job = match object::get::<Child>(ProcessHandle) {
            Ok(child) => child.job(),
            Err(_) => own(ProcessHandle).map(|()| own_job())?,
        };
        let is = if JobHandle.is_null() {
            job.is_some()
        } else {
            let wanted = object::get::<Job>(JobHandle)?;
            job.is_some_and(|job| Arc::ptr_eq(&job, &wanted))
        };
        // SAFETY: the caller's.
        unsafe { arg::store(Result, BOOL::from(is)) }?;
        Ok(TRUE)
    })
}

/// Ends all processes of a job, with a code.
#[unsafe(no_mangle)]
pub extern "C" fn TerminateJobObject(hJob: HANDLE, uExitCode: u32) -> BOOL {
    guard::call(FALSE, || {
        if object::get::<Job>(hJob)?.terminate(uExitCode) {
            crate::thread::process::vanish(uExitCode);
        }
        Ok(TRUE)
    })
}
