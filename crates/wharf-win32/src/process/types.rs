//! The structures of CreateProcess, with Windows' names and layouts.
#![allow(missing_docs, reason = "Windows' own names, explained there")]

use std::mem::{offset_of, size_of};

use crate::types::{HANDLE, INVALID_HANDLE_VALUE, WCHAR};

/// How a process is to appear; the standard streams are what has a meaning here.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct STARTUPINFOA {
    pub cb: u32,
    pub lpReserved: *mut u8,
    pub lpDesktop: *mut u8,
    pub lpTitle: *mut u8,
    pub dwX: u32,
    pub dwY: u32,
    pub dwXSize: u32,
    pub dwYSize: u32,
    pub dwXCountChars: u32,
    pub dwYCountChars: u32,
    pub dwFillAttribute: u32,
    pub dwFlags: u32,
    pub wShowWindow: u16,
    pub cbReserved2: u16,
    pub lpReserved2: *mut u8,
    pub hStdInput: HANDLE,
    pub hStdOutput: HANDLE,
    pub hStdError: HANDLE,
}

/// The same with wide texts.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct STARTUPINFOW {
    pub cb: u32,
    pub lpReserved: *mut WCHAR,
    pub lpDesktop: *mut WCHAR,
    pub lpTitle: *mut WCHAR,
    pub dwX: u32,
    pub dwY: u32,
    pub dwXSize: u32,
    pub dwYSize: u32,
    pub dwXCountChars: u32,
    pub dwYCountChars: u32,
    pub dwFillAttribute: u32,
    pub dwFlags: u32,
    pub wShowWindow: u16,
    pub cbReserved2: u16,
    pub lpReserved2: *mut u8,
    pub hStdInput: HANDLE,
    pub hStdOutput: HANDLE,
    pub hStdError: HANDLE,
}

/// What CreateProcess answers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PROCESS_INFORMATION {
    pub hProcess: HANDLE,
    pub hThread: HANDLE,
    pub dwProcessId: u32,
    pub dwThreadId: u32,
}

const _: () = assert!(size_of::<STARTUPINFOA>() == 104 && size_of::<STARTUPINFOW>() == 104);
const _: () = assert!(offset_of!(STARTUPINFOA, dwFlags) == 60);
const _: () = assert!(offset_of!(STARTUPINFOA, hStdInput) == 80);
const _: () = assert!(size_of::<PROCESS_INFORMATION>() == 24);

/// `dwFlags`: the three handles are meant.
const USE_STANDARD_HANDLES: u32 = 0x100;

/// What is looked at of either structure: the standard handles, if they are given.
pub(super) type Standard = Option<[HANDLE; 3]>;

impl STARTUPINFOA {
    pub(super) fn standard(&self) -> Standard {
        (self.dwFlags & USE_STANDARD_HANDLES != 0).then_some([
            self.hStdInput,
            self.hStdOutput,
            self.hStdError,
        ])
    }
}

impl STARTUPINFOW {
    pub(super) fn standard(&self) -> Standard {
        (self.dwFlags & USE_STANDARD_HANDLES != 0).then_some([
            self.hStdInput,
            self.hStdOutput,
            self.hStdError,
        ])
    }
}

/// What a handle that is not there looks like to programs.
pub(super) fn is_none(handle: HANDLE) -> bool {
    handle.is_null() || handle == INVALID_HANDLE_VALUE
}
