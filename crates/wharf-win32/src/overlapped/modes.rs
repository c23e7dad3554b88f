//! SetFileCompletionNotificationModes (C20-C24).
#![allow(unsafe_code)] // exported under a C name

use wharf_core::status::code;

use super::request::{SKIP_EVENT_ON_HANDLE, SKIP_PACKET_ON_SUCCESS};
use crate::socket::table;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{guard, object};

/// Adds modes: no packet for what succeeds at once, no event on the handle. They are not taken away again (C22).
/// ERROR_INVALID_PARAMETER for other modes, and for a handle that is not overlapped (C23).
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn SetFileCompletionNotificationModes(FileHandle: HANDLE, Flags: u8) -> BOOL {
    guard::call(FALSE, || {
        if Flags & !(SKIP_PACKET_ON_SUCCESS | SKIP_EVENT_ON_HANDLE) != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        if object::is_object(FileHandle) {
            object::find(FileHandle)?.add_modes(Flags)?;
            return Ok(TRUE);
        }
        let mut record =
            table::find(FileHandle as usize).map_err(|_| code::ERROR_INVALID_HANDLE)?;
        if !record.overlapped {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        record.io.modes |= Flags;
        if Flags & SKIP_EVENT_ON_HANDLE != 0 {
            record.io.signal.set(false);
        }
        Ok(TRUE)
    })
}
