//! Types of registered I/O, with Windows' names and layouts. Queues and buffers are named by numbers of the handle table,
//! which no other call takes.
#![allow(missing_docs, reason = "Windows' own names, explained there")]

use std::ffi::c_void;

use crate::types::{BOOL, HANDLE};

pub type RIO_BUFFERID = isize;
pub type RIO_CQ = isize;
pub type RIO_RQ = isize;

pub const RIO_INVALID_BUFFERID: RIO_BUFFERID = 0xFFFF_FFFF;
pub const RIO_INVALID_CQ: RIO_CQ = 0;
pub const RIO_INVALID_RQ: RIO_RQ = 0;
pub const RIO_MAX_CQ_SIZE: u32 = 0x0800_0000;
pub const RIO_CORRUPT_CQ: u32 = u32::MAX;

pub const RIO_MSG_DONT_NOTIFY: u32 = 1;
pub const RIO_MSG_DEFER: u32 = 2;
pub const RIO_MSG_WAITALL: u32 = 4;
pub const RIO_MSG_COMMIT_ONLY: u32 = 8;

pub const RIO_EVENT_COMPLETION: i32 = 1;
pub const RIO_IOCP_COMPLETION: i32 = 2;

/// How a request ended: a Winsock code, and the two numbers of the program's.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RIORESULT {
    pub Status: i32,
    pub BytesTransferred: u32,
    pub SocketContext: u64,
    pub RequestContext: u64,
}
const _: () = assert!(size_of::<RIORESULT>() == 24);

/// A part of a registered buffer.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RIO_BUF {
    pub BufferId: RIO_BUFFERID,
    pub Offset: u32,
    pub Length: u32,
}
const _: () = assert!(size_of::<RIO_BUF>() == 16);

/// How a completion queue tells that it is not empty.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RIO_NOTIFICATION_COMPLETION {
    pub Type: i32,
    pub Anonymous: RIO_NOTIFICATION_COMPLETION_0,
}
const _: () = assert!(size_of::<RIO_NOTIFICATION_COMPLETION>() == 32);

#[repr(C)]
#[derive(Clone, Copy)]
pub union RIO_NOTIFICATION_COMPLETION_0 {
    pub Event: RIO_NOTIFICATION_COMPLETION_0_0,
    pub Iocp: RIO_NOTIFICATION_COMPLETION_0_1,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RIO_NOTIFICATION_COMPLETION_0_0 {
    pub EventHandle: HANDLE,
    pub NotifyReset: BOOL,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RIO_NOTIFICATION_COMPLETION_0_1 {
    pub IocpHandle: HANDLE,
    pub CompletionKey: *mut c_void,
    pub Overlapped: *mut c_void,
}

type Transfer = unsafe extern "C" fn(RIO_RQ, *const RIO_BUF, u32, u32, *const c_void) -> BOOL;

/// The functions, as SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER answers them.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct RIO_EXTENSION_FUNCTION_TABLE {
    pub cbSize: u32,
    pub RIOReceive: Option<Transfer>,
    pub RIOReceiveEx: Option<
        unsafe extern "C" fn(
            RIO_RQ,
            *const RIO_BUF,
            u32,
            *const RIO_BUF,
            *const RIO_BUF,
            *const RIO_BUF,
            *const RIO_BUF,
            u32,
            *const c_void,
        ) -> i32,
    >,
    pub RIOSend: Option<Transfer>,
    pub RIOSendEx: Option<
        unsafe extern "C" fn(
            RIO_RQ,
            *const RIO_BUF,
            u32,
            *const RIO_BUF,
            *const RIO_BUF,
            *const RIO_BUF,
            *const RIO_BUF,
            u32,
            *const c_void,
        ) -> BOOL,
    >,
    pub RIOCloseCompletionQueue: Option<unsafe extern "C" fn(RIO_CQ)>,
    pub RIOCreateCompletionQueue:
        Option<unsafe extern "C" fn(u32, *const RIO_NOTIFICATION_COMPLETION) -> RIO_CQ>,
    pub RIOCreateRequestQueue: Option<
        unsafe extern "C" fn(usize, u32, u32, u32, u32, RIO_CQ, RIO_CQ, *const c_void) -> RIO_RQ,
    >,
    pub RIODequeueCompletion: Option<unsafe extern "C" fn(RIO_CQ, *mut RIORESULT, u32) -> u32>,
    pub RIODeregisterBuffer: Option<unsafe extern "C" fn(RIO_BUFFERID)>,
    pub RIONotify: Option<unsafe extern "C" fn(RIO_CQ) -> i32>,
    pub RIORegisterBuffer: Option<unsafe extern "C" fn(*const u8, u32) -> RIO_BUFFERID>,
    pub RIOResizeCompletionQueue: Option<unsafe extern "C" fn(RIO_CQ, u32) -> BOOL>,
    pub RIOResizeRequestQueue: Option<unsafe extern "C" fn(RIO_RQ, u32, u32) -> BOOL>,
}
const _: () = assert!(size_of::<RIO_EXTENSION_FUNCTION_TABLE>() == 112);
