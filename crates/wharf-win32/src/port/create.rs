//! CreateIoCompletionPort: makes a port, associates a handle, or both (A1-A9).
#![allow(unsafe_code)] // exported under a C name

use std::sync::Arc;

use wharf_core::status::code;

use super::{Binding, IoPort};
use crate::object;
use crate::socket;
use crate::types::{HANDLE, INVALID_HANDLE_VALUE};
use crate::{guard, overlapped};

/// Makes a port, associates a file or socket with a port, or does both.
///
/// The port's handle, or null: ERROR_INVALID_PARAMETER for an existing port without a file, a file that is not
/// overlapped or has a port already; ERROR_INVALID_HANDLE.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn CreateIoCompletionPort(
    FileHandle: HANDLE,
    ExistingCompletionPort: HANDLE,
    CompletionKey: usize,
    NumberOfConcurrentThreads: u32,
) -> HANDLE {
    guard::call(std::ptr::null_mut(), || {
        let existing = if ExistingCompletionPort.is_null() {
            None
        } else if FileHandle == INVALID_HANDLE_VALUE {
            return Err(code::ERROR_INVALID_PARAMETER); // A4
        } else {
            Some(object::get::<IoPort>(ExistingCompletionPort)?)
        };
        let port = match existing {
            Some(port) => {
                associate(FileHandle, Binding { port, key: CompletionKey })?;
                return Ok(ExistingCompletionPort);
            }
            None => {
                let made = IoPort::new(NumberOfConcurrentThreads);
                Arc::new(made.map_err(|_| code::ERROR_NO_SYSTEM_RESOURCES)?)
            }
        };
        if FileHandle != INVALID_HANDLE_VALUE {
            // A2: a port whose first association fails is not there; its drop closes it.
            associate(FileHandle, Binding { port: Arc::clone(&port), key: CompletionKey })?;
        }
        object::insert(port)
    })
}

/// Associates a file or socket with a port (A5-A9).
pub(crate) fn associate(file: HANDLE, binding: Binding) -> Result<(), u32> {
    if object::is_object(file) {
        let file = object::find(file)?;
        return file.associate(binding);
    }
    let mut found = socket::table::find(file as usize).map_err(|_| code::ERROR_INVALID_HANDLE)?;
    overlapped::associate(&mut found, binding)
}
