//! CancelIo and CancelIoEx (C33-C37).
#![allow(unsafe_code)] // exported under C names

use wharf_core::status::code;

use super::life::cancel_accepts;
use super::operation::Operation;
use super::thread::{self, ThreadId};
use super::types::OVERLAPPED;
use crate::socket::table;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{guard, object};

/// Which operations of a handle are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancel {
    /// All of them, or the one with this OVERLAPPED, by whomever.
    Named(*mut OVERLAPPED),
    All,
    /// What this thread has issued.
    Of(ThreadId),
    /// What of that does not outlive the thread (C43).
    EndOf(ThreadId),
}

impl Cancel {
    pub(crate) fn means(self, name: *mut OVERLAPPED, thread: ThreadId) -> bool {
        match self {
            Cancel::Named(wanted) => name == wanted,
            Cancel::All => true,
            Cancel::Of(wanted) | Cancel::EndOf(wanted) => thread == wanted,
        }
    }

    fn wants(self, operation: &Operation) -> bool {
        operation.request.is_named()
            && self.means(operation.request.name(), operation.request.thread)
    }
}

fn cancel(handle: HANDLE, which: Cancel) -> Result<usize, u32> {
    if object::is_object(handle) {
        return object::find(handle)?.cancel(which);
    }
    let mut record = table::find(handle as usize).map_err(|_| code::ERROR_INVALID_HANDLE)?;
    // An accept that waits for data is an operation of the listener (C37).
    let mut count = record.cancel(|one| one.via.is_none() && which.wants(one));
    let listener = record.listening.then(|| record.name());
    drop(record);
    if let Some(listener) = listener {
        count += cancel_accepts(listener, |one| which.wants(one));
    }
    Ok(count)
}

/// Asks for the end of what the calling thread has pending on a handle; TRUE also if that is nothing (C36). Each
/// operation still ends once, with its packet.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn CancelIo(hFile: HANDLE) -> BOOL {
    guard::call(FALSE, || cancel(hFile, Cancel::Of(thread::current())).map(|_| TRUE))
}

/// Asks for the end of one operation on a handle, or of all for null, by whichever thread they were issued;
/// ERROR_NOT_FOUND if there is none. Each operation still ends once, with its packet.
// SAFETY: the name is Windows' own and nobody else's. The OVERLAPPED is a name here and is not looked into.
#[unsafe(no_mangle)]
pub extern "C" fn CancelIoEx(hFile: HANDLE, lpOverlapped: *mut OVERLAPPED) -> BOOL {
    guard::call(FALSE, || {
        let which = if lpOverlapped.is_null() { Cancel::All } else { Cancel::Named(lpOverlapped) };
        match cancel(hFile, which)? {
            0 => Err(code::ERROR_NOT_FOUND),
            _ => Ok(TRUE),
        }
    })
}
