//! Invalid parameters: whoever passes one hears of it through a handler, or ends.
#![allow(unsafe_code)] // exported under C names

use std::ptr::null;

use crate::fork::Lock;
use crate::types::WCHAR;

/// Gets the expression, function, file and line, which only a debug library knows, and a reserved word.
pub(super) type Handler =
    Option<unsafe extern "C" fn(*const WCHAR, *const WCHAR, *const WCHAR, u32, usize)>;

pub(crate) static HANDLER: Lock<Handler> = Lock::new(None);

/// Sets the handler; answers the one before.
#[unsafe(no_mangle)]
pub(super) extern "C" fn _set_invalid_parameter_handler(handler: Handler) -> Handler {
    let mut current = HANDLER.lock();
    std::mem::replace(&mut *current, handler)
}

/// The handler.
#[unsafe(no_mangle)]
pub(super) extern "C" fn _get_invalid_parameter_handler() -> Handler {
    *HANDLER.lock()
}

/// Tells the handler, and returns if it does, with `errno` set. Without one the process ends, as on Windows.
#[unsafe(export_name = "wharf_invalid_parameter")]
pub(super) extern "C" fn invalid_parameter(error: i32) -> i32 {
    match _get_invalid_parameter_handler() {
        // SAFETY: the program's own function, with the arguments that a release library passes.
        Some(handler) => unsafe { handler(null(), null(), null(), 0, 0) },
        None => {
            eprintln!("an invalid parameter was passed to a function of the C library");
            std::process::abort();
        }
    }
    // SAFETY: every thread has one.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: the calling thread's.
    unsafe { *errno = error };
    error
}
