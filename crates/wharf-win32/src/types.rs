//! Types that every room uses, with Windows' names and sizes.
#![allow(unsafe_code)] // a union of numbers

use std::ffi::c_void;

/// 0 is false, anything else is true.
pub type BOOL = i32;
/// Names an object of the process.
pub type HANDLE = *mut c_void;
/// A character of a wide string: `wchar_t`, 32 bits here.
pub type WCHAR = i32;

/// What calls that open something answer when they fail.
pub const INVALID_HANDLE_VALUE: HANDLE = usize::MAX as HANDLE;
pub(crate) const TRUE: BOOL = 1;
pub(crate) const FALSE: BOOL = 0;

/// What an overlapped operation knows: its place, its event, and how it ended (contract C1).
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct OVERLAPPED {
    /// The status.
    pub Internal: usize,
    /// Bytes transferred.
    pub InternalHigh: usize,
    /// Where in the file.
    pub Anonymous: OVERLAPPED_0,
    /// Set when the operation has ended.
    pub hEvent: HANDLE,
}

/// The place in a file, in two halves, or a pointer.
#[repr(C)]
#[derive(Clone, Copy)]
pub union OVERLAPPED_0 {
    /// The halves.
    pub Anonymous: OVERLAPPED_0_0,
    /// The pointer.
    pub Pointer: *mut c_void,
}

impl Default for OVERLAPPED_0 {
    fn default() -> Self {
        OVERLAPPED_0 { Anonymous: OVERLAPPED_0_0::default() }
    }
}

/// The place in a file.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct OVERLAPPED_0_0 {
    /// The lower half.
    pub Offset: u32,
    /// The upper half.
    pub OffsetHigh: u32,
}

impl OVERLAPPED {
    /// The lower and the upper half of the place.
    pub(crate) fn offset(&self) -> (u32, u32) {
        // SAFETY: both members are plain numbers of this size.
        let halves = unsafe { self.Anonymous.Anonymous };
        (halves.Offset, halves.OffsetHigh)
    }
}

const _: () =
    assert!(size_of::<OVERLAPPED>() == 32 && std::mem::offset_of!(OVERLAPPED, hEvent) == 24);
