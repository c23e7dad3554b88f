//! The process as a handle: only the own one.

use std::ffi::c_void;

use crate::object;
use crate::thread::process::Process;
use crate::types::HANDLE;

/// GetCurrentProcess.
pub(crate) const CURRENT: HANDLE = usize::MAX as *mut c_void;

/// Refuses handles that are not the calling process.
pub(crate) fn own(process: HANDLE) -> Result<(), u32> {
    if process == CURRENT { Ok(()) } else { object::get::<Process>(process).map(|_| ()) }
}
