//! QueueUserWorkItem, and the door of this room to the default pool of `threadpool`.
#![allow(unsafe_code)] // calls the program's function

use std::ffi::c_void;

use crate::threadpool::pool;
use crate::types::{BOOL, FALSE, TRUE};
use crate::{code, guard};

/// Queues work.
pub(super) fn submit(work: impl FnOnce() + Send + 'static) -> Result<(), u32> {
    pool::default()?.call(work)
}

/// Has a function run by a pool thread. The flags choose among kinds of threads of which there is one here.
#[unsafe(no_mangle)]
pub extern "C" fn QueueUserWorkItem(
    Function: crate::thread::LPTHREAD_START_ROUTINE,
    Context: *mut c_void,
    Flags: u32,
) -> BOOL {
    let _ = Flags;
    guard::call(FALSE, || {
        let function = Function.ok_or(code::ERROR_INVALID_PARAMETER)?;
        let context = Context as usize;
        submit(move || {
            // SAFETY: the program's function, with its argument.
            unsafe { function(context as *mut c_void) };
        })?;
        Ok(TRUE)
    })
}
