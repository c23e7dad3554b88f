//! What overlapped calls have beside the OVERLAPPED itself, with Windows' names and layouts (C1).
#![allow(missing_docs, reason = "Windows' own names, explained there")]

use std::mem::{offset_of, size_of};

pub(crate) use crate::types::OVERLAPPED;

/// A packet, as GetQueuedCompletionStatusEx stores it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct OVERLAPPED_ENTRY {
    pub lpCompletionKey: usize,
    pub lpOverlapped: *mut OVERLAPPED,
    pub Internal: usize,
    pub dwNumberOfBytesTransferred: u32,
}

const _: () = assert!(size_of::<OVERLAPPED_ENTRY>() == 32);
const _: () = assert!(offset_of!(OVERLAPPED_ENTRY, Internal) == 16);

/// Runs in the issuing thread's next alertable wait: error, bytes, operation, flags.
pub type LPWSAOVERLAPPED_COMPLETION_ROUTINE =
    Option<unsafe extern "system" fn(u32, u32, *mut OVERLAPPED, u32)>;
/// The same of a file: error, bytes, operation.
pub type LPOVERLAPPED_COMPLETION_ROUTINE =
    Option<unsafe extern "system" fn(u32, u32, *mut OVERLAPPED)>;
