//! PostQueuedCompletionStatus (A42, A43).
#![allow(unsafe_code)] // exported under a C name

use wharf_core::status::{Status, code};

use super::{Entry, Mark, lookup};
use crate::guard;
use crate::overlapped::types::OVERLAPPED;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};

/// Queues a packet of the program's own; all three values come back as they are, and the OVERLAPPED is never looked
/// into. False with ERROR_INVALID_HANDLE.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn PostQueuedCompletionStatus(
    CompletionPort: HANDLE,
    dwNumberOfBytesTransferred: u32,
    dwCompletionKey: usize,
    lpOverlapped: *mut OVERLAPPED,
) -> BOOL {
    guard::call(FALSE, || {
        let entry =
            Entry { overlapped: lpOverlapped as usize, status: Status::SUCCESS, mark: Mark::Plain };
        lookup::with(CompletionPort, |port| {
            port.port
                .post(dwCompletionKey, entry, dwNumberOfBytesTransferred as usize)
                .map_err(|_| code::ERROR_INVALID_HANDLE)
        })?;
        Ok(TRUE)
    })
}
