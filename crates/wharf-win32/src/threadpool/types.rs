//! Types of the thread pool's interface, with Windows' names and layouts. Objects are named by numbers of the handle
//! table, which no other call takes.
#![allow(missing_docs, reason = "Windows' own names, explained there")]

use std::ffi::c_void;
use std::mem::offset_of;

pub type PTP_POOL = isize;
pub type PTP_WORK = isize;
pub type PTP_TIMER = isize;
pub type PTP_WAIT = isize;
pub type PTP_IO = isize;
pub type PTP_CLEANUP_GROUP = isize;
pub type PTP_CALLBACK_INSTANCE = isize;

pub type PTP_SIMPLE_CALLBACK =
    Option<unsafe extern "C" fn(Instance: PTP_CALLBACK_INSTANCE, Context: *mut c_void)>;
pub type PTP_WORK_CALLBACK = Option<
    unsafe extern "C" fn(Instance: PTP_CALLBACK_INSTANCE, Context: *mut c_void, Work: PTP_WORK),
>;
pub type PTP_TIMER_CALLBACK = Option<
    unsafe extern "C" fn(Instance: PTP_CALLBACK_INSTANCE, Context: *mut c_void, Timer: PTP_TIMER),
>;
/// The result is WAIT_OBJECT_0, WAIT_ABANDONED or WAIT_TIMEOUT.
pub type PTP_WAIT_CALLBACK = Option<
    unsafe extern "C" fn(
        Instance: PTP_CALLBACK_INSTANCE,
        Context: *mut c_void,
        Wait: PTP_WAIT,
        WaitResult: u32,
    ),
>;
pub type PTP_WIN32_IO_CALLBACK = Option<
    unsafe extern "C" fn(
        Instance: PTP_CALLBACK_INSTANCE,
        Context: *mut c_void,
        Overlapped: *mut c_void,
        IoResult: u32,
        NumberOfBytesTransferred: usize,
        Io: PTP_IO,
    ),
>;
pub type PTP_CLEANUP_GROUP_CANCEL_CALLBACK =
    Option<unsafe extern "C" fn(ObjectContext: *mut c_void, CleanupContext: *mut c_void)>;

/// Callbacks of higher priority come before those of lower, within one pool.
pub type TP_CALLBACK_PRIORITY = i32;
pub const TP_CALLBACK_PRIORITY_HIGH: TP_CALLBACK_PRIORITY = 0;
pub const TP_CALLBACK_PRIORITY_NORMAL: TP_CALLBACK_PRIORITY = 1;
pub const TP_CALLBACK_PRIORITY_LOW: TP_CALLBACK_PRIORITY = 2;

/// How callbacks are to be called. Version 1 ends before the priority.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TP_CALLBACK_ENVIRON_V3 {
    pub Version: u32,
    pub Pool: PTP_POOL,
    pub CleanupGroup: PTP_CLEANUP_GROUP,
    pub CleanupGroupCancelCallback: PTP_CLEANUP_GROUP_CANCEL_CALLBACK,
    pub RaceDll: *mut c_void,
    pub ActivationContext: isize,
    pub FinalizationCallback: PTP_SIMPLE_CALLBACK,
    pub u: TP_CALLBACK_ENVIRON_V3_0,
    pub CallbackPriority: TP_CALLBACK_PRIORITY,
    pub Size: u32,
}
const _: () = assert!(size_of::<TP_CALLBACK_ENVIRON_V3>() == 72);
const _: () = assert!(offset_of!(TP_CALLBACK_ENVIRON_V3, u) == 56);

/// Bit 0: callbacks may run long; bit 1: they want threads that stay.
#[repr(C)]
#[derive(Clone, Copy)]
pub union TP_CALLBACK_ENVIRON_V3_0 {
    pub Flags: u32,
    pub s: TP_CALLBACK_ENVIRON_V3_0_0,
}

impl std::fmt::Debug for TP_CALLBACK_ENVIRON_V3_0 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TP_CALLBACK_ENVIRON_V3_0")
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TP_CALLBACK_ENVIRON_V3_0_0 {
    pub _bitfield: u32,
}

/// Sizes of the stacks of a pool's threads, in bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TP_POOL_STACK_INFORMATION {
    pub StackReserve: usize,
    pub StackCommit: usize,
}
