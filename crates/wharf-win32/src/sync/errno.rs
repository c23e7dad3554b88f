//! The C library's errno of the calling thread.
#![allow(unsafe_code)] // a cell of the C library's

fn cell() -> *mut i32 {
    // SAFETY: it only answers where the calling thread's cell is.
    unsafe { libc::__errno_location() }
}

pub(crate) fn get() -> i32 {
    // SAFETY: the calling thread's cell.
    unsafe { cell().read() }
}

pub(crate) fn set(errno: i32) {
    // SAFETY: the calling thread's cell.
    unsafe { cell().write(errno) }
}
