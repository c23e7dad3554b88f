//! Address space by Windows' granularity: ranges begin at multiples of 64 KiB (contract F1).
#![allow(unsafe_code)] // mmap

use std::ffi::c_void;

use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use crate::code;

pub(super) const GRANULARITY: usize = 0x1_0000;
pub(super) const PAGE: usize = 4096;

/// The size in whole pages.
pub(super) fn pages(size: usize) -> Result<usize, u32> {
    size.checked_next_multiple_of(PAGE).ok_or(code::ERROR_NOT_ENOUGH_MEMORY)
}

/// Reserves address space without access: at an address that is free, or at any.
pub(super) fn reserve(wanted: usize, size: usize) -> Result<*mut c_void, u32> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    if wanted != 0 {
        let fixed = flags | MapFlags::FIXED_NOREPLACE;
        // SAFETY: it takes only address space that nobody has.
        let at = unsafe { mmap_anonymous(wanted as *mut c_void, size, ProtFlags::empty(), fixed) };
        return at.map_err(|errno| match errno {
            Errno::NOMEM => code::ERROR_NOT_ENOUGH_MEMORY,
            _ => code::ERROR_INVALID_ADDRESS,
        });
    }
    // More than is needed, so that an aligned part of it is large enough; the rest goes back.
    let more = size.checked_add(GRANULARITY).ok_or(code::ERROR_NOT_ENOUGH_MEMORY)?;
    // SAFETY: as above.
    let raw = unsafe { mmap_anonymous(std::ptr::null_mut(), more, ProtFlags::empty(), flags) };
    let raw = raw.map_err(|_| code::ERROR_NOT_ENOUGH_MEMORY)? as usize;
    let base = raw.next_multiple_of(GRANULARITY);
    release(raw as *mut c_void, base - raw)?;
    release((base + size) as *mut c_void, raw + more - base - size)?;
    Ok(base as *mut c_void)
}

/// Gives address space back; nothing of nothing.
pub(super) fn release(at: *mut c_void, size: usize) -> Result<(), u32> {
    if size == 0 {
        return Ok(());
    }
    // SAFETY: the range is ours, by the tables of this room.
    unsafe { munmap(at, size) }.map_err(|_| code::ERROR_INVALID_ADDRESS)
}
