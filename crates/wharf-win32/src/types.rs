//! Types that every room uses, with Windows' names and sizes.

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
