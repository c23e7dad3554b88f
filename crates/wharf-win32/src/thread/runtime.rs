//! The C runtime's way to make threads (F12).
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::sync::PoisonError;

use super::create::{CREATE_SUSPENDED, Start, create};
use super::end::ExitThread;
use super::suspend::ResumeThread;
use crate::sync::errno;
use crate::{arg, code, guard};

/// What `_beginthreadex` runs; its value is the exit code.
pub type _beginthreadex_proc_type = Option<unsafe extern "C" fn(arglist: *mut c_void) -> u32>;

/// What `_beginthread` runs.
pub type _beginthread_proc_type = Option<unsafe extern "C" fn(arglist: *mut c_void)>;

fn errno_of(error: u32) -> i32 {
    match error {
        code::ERROR_INVALID_PARAMETER => libc::EINVAL,
        code::ERROR_ACCESS_DENIED => libc::EACCES,
        _ => libc::EAGAIN,
    }
}

/// Makes a thread, whose handle the caller closes; 0 with errno, and the last error, if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _beginthreadex(
    security: *mut c_void,
    stack_size: u32,
    start_address: _beginthreadex_proc_type,
    arglist: *mut c_void,
    initflag: u32,
    thrdaddr: *mut u32,
) -> usize {
    let _ = security;
    guard::call(0, || {
        let made = if start_address.is_none() {
            Err(code::ERROR_INVALID_PARAMETER)
        } else {
            create(stack_size as usize, Start::Win32(start_address), arglist, initflag)
        };
        let (handle, thread) = made.inspect_err(|error| errno::set(errno_of(*error)))?;
        if !thrdaddr.is_null() {
            // SAFETY: the caller's.
            unsafe { arg::store(thrdaddr, thread.tid()) }?;
        }
        Ok(handle as usize)
    })
}

/// Makes a thread, whose handle is closed at its end; -1 with errno if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _beginthread(
    start_address: _beginthread_proc_type,
    stack_size: u32,
    arglist: *mut c_void,
) -> usize {
    guard::call(usize::MAX, || {
        // Suspended until the record has the handle: the thread may end before this returns.
        let made = match start_address {
            None => Err(code::ERROR_INVALID_PARAMETER),
            Some(start) => {
                create(stack_size as usize, Start::Plain(start), arglist, CREATE_SUSPENDED)
            }
        };
        let (handle, thread) = made.inspect_err(|error| errno::set(errno_of(*error)))?;
        let mut own = thread.own_handle.lock().unwrap_or_else(PoisonError::into_inner);
        *own = Some(handle as usize);
        drop(own);
        ResumeThread(handle);
        Ok(handle as usize)
    })
}

/// Ends the calling thread.
#[unsafe(no_mangle)]
pub extern "C" fn _endthreadex(retval: u32) -> ! {
    ExitThread(retval)
}

/// Ends the calling thread, and closes its handle.
#[unsafe(no_mangle)]
pub extern "C" fn _endthread() -> ! {
    ExitThread(0)
}
