//! Registered I/O: sends and receives on registered memory, whose results a program takes from queues (E23).
//!
//! | file | subject |
//! |---|---|
//! | `types` | structures of the interface |
//! | `buffer` | registered memory |
//! | `completion` | completion queues |
//! | `queue` | request queues |
//! | `request` | sends and receives |
//!
//! There is no export: WSAIoctl answers the table of functions. Queues and buffers are numbers of the handle table, so a
//! stale one names nothing.
//!
//! # Known differences
//! Registering memory saves nothing here, and neither does deferring. The local address, control data and flags of the Ex
//! calls are refused.
#![allow(unsafe_code)] // the program's memory

mod buffer;
mod completion;
mod queue;
mod request;
pub(crate) mod types;

use std::ffi::c_void;

use types::RIO_EXTENSION_FUNCTION_TABLE;

use crate::code;
use crate::overlapped::extension::guid;
use crate::socket::types::GUID;

pub(crate) use queue::end_of_socket;

const WSAID_MULTIPLE_RIO: GUID =
    guid(0x8509_e081, 0x96dd, 0x4005, [0xb1, 0x65, 0x9e, 0x2e, 0xe8, 0xc7, 0x9e, 0x3f]);

const SIZE: u32 = 112;

const TABLE: RIO_EXTENSION_FUNCTION_TABLE = RIO_EXTENSION_FUNCTION_TABLE {
    cbSize: SIZE,
    RIOReceive: Some(request::receive),
    RIOReceiveEx: Some(request::receive_ex),
    RIOSend: Some(request::send),
    RIOSendEx: Some(request::send_ex),
    RIOCloseCompletionQueue: Some(completion::close),
    RIOCreateCompletionQueue: Some(completion::create),
    RIOCreateRequestQueue: Some(queue::create),
    RIODequeueCompletion: Some(completion::dequeue),
    RIODeregisterBuffer: Some(buffer::deregister),
    RIONotify: Some(completion::notify),
    RIORegisterBuffer: Some(buffer::register),
    RIOResizeCompletionQueue: Some(completion::resize),
    RIOResizeRequestQueue: Some(queue::resize),
};

/// Answers the table of a GUID: how many bytes that is. WSAEFAULT for too short a buffer, WSAEINVAL for another GUID.
///
/// # Safety
/// Null, or pointers to as many bytes as their lengths say.
pub(crate) unsafe fn find_table(
    input: *const c_void,
    input_length: u32,
    output: *mut c_void,
    output_length: u32,
) -> Result<u32, u32> {
    if input.is_null()
        || output.is_null()
        || (input_length as usize) < size_of::<GUID>()
        || output_length < SIZE
    {
        return Err(code::WSAEFAULT);
    }
    // SAFETY: long enough.
    let id = unsafe { input.cast::<GUID>().read_unaligned() };
    if id != WSAID_MULTIPLE_RIO {
        return Err(code::WSAEINVAL);
    }
    // SAFETY: long enough.
    unsafe { output.cast::<RIO_EXTENSION_FUNCTION_TABLE>().write_unaligned(TABLE) };
    Ok(SIZE)
}
