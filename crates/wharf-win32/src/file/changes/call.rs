//! The exported function.
#![allow(unsafe_code)] // exported under a C name

use std::ffi::c_void;
use std::sync::{Arc, PoisonError};

use super::super::handle::{self, File, Kind};
use super::tree::FILTERS;
use super::watch::{Waiter, Watch};
use crate::overlapped::file_routine;
use crate::overlapped::request::Request;
use crate::overlapped::types::LPOVERLAPPED_COMPLETION_ROUTINE;
use crate::thread::synchronous;
use crate::types::{BOOL, FALSE, HANDLE, OVERLAPPED, TRUE};
use crate::{arg, code, guard};

/// Tells what changes in a directory, once for each call: names that come and go, sizes, times, attributes.
///
/// On an overlapped handle it always pends, and says TRUE (E15). More changes than a buffer holds are NOTIFY_ENUM_DIR,
/// with no bytes (E16). Changes between calls go to the next (E17).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadDirectoryChangesW(
    directory: HANDLE,
    buffer: *mut c_void,
    length: u32,
    subtree: BOOL,
    filter: u32,
    returned: *mut u32,
    overlapped: *mut OVERLAPPED,
    routine: LPOVERLAPPED_COMPLETION_ROUTINE,
) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(directory)?;
        if file.kind != Kind::Directory || filter == 0 || filter & !FILTERS != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        if !(buffer as usize).is_multiple_of(4) || (buffer.is_null() && length > 0) {
            return Err(code::ERROR_NOACCESS);
        }
        file.must_read()?;
        // C27's counterpart is not for this call; A14 is.
        if routine.is_some() && file.bound.is_bound() {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let room = length as usize;
        if !file.overlapped {
            let watch = watch(&file, subtree != 0, filter, room)?;
            let wait = || watch.synchronous(buffer.cast(), room);
            let (status, bytes) = synchronous::cancellable(None, wait);
            if !status.is_success_or_informational() {
                return Err(status.win32());
            }
            // SAFETY: the caller's variable.
            unsafe { arg::store_optional(returned, bytes as u32) }?;
            return Ok(TRUE);
        }
        let routine = file_routine(routine, overlapped);
        arg::check(overlapped).map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        let watch = watch(&file, subtree != 0, filter, room)?;
        // SAFETY: the caller lends it until the operation's end.
        let request = unsafe { Request::begin(overlapped, routine) }?;
        file.bound.begin(&request);
        watch.wait(Waiter { request, buffer: buffer.cast(), room });
        Ok(TRUE)
    })
}

/// The watch of an open directory, which begins with the first call.
fn watch(file: &File, subtree: bool, filter: u32, limit: usize) -> Result<Arc<Watch>, u32> {
    let mut watch = file.changes.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(watch) = &*watch {
        return Ok(Arc::clone(watch));
    }
    let made = Watch::new(&file.path(), subtree, filter, limit, Arc::clone(&file.bound))?;
    Ok(Arc::clone(watch.insert(made)))
}
