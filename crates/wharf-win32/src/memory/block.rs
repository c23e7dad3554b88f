//! Blocks of memory that know their size: malloc's, with a header of 16 bytes before.
//!
//! # Invariants
//! 1. A block's header carries its kind's mark while the block lives, and another afterwards, so that a pointer freed
//!    twice or to the wrong place is refused in all likelihood. (What is no pointer at all is not: there Windows
//!    crashes too.)
//! 2. Blocks are aligned to 16 bytes, as malloc's are.
#![allow(unsafe_code)] // malloc, and headers before the caller's blocks

use std::ffi::c_void;

use crate::arg;
use crate::code;

const HEADER: usize = 16;

/// Stands before a block.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) size: usize,
    pub(crate) mark: u32,
    /// The owner's own.
    pub(crate) note: u32,
}

const _: () = assert!(size_of::<Header>() == HEADER);

/// A new block; none if there is no memory.
pub(crate) fn allocate(size: usize, zero: bool, mark: u32, note: u32) -> Option<*mut c_void> {
    let whole = size.checked_add(HEADER)?;
    // SAFETY: any size may be asked for.
    let raw = if zero { unsafe { libc::calloc(1, whole) } } else { unsafe { libc::malloc(whole) } };
    if raw.is_null() {
        return None;
    }
    // SAFETY: the block begins with room for a header, aligned to 16.
    unsafe { raw.cast::<Header>().write(Header { size, mark, note }) };
    Some(raw.wrapping_byte_add(HEADER))
}

fn header_of(block: *const c_void) -> Result<*mut Header, u32> {
    arg::check(block).map_err(|_| code::ERROR_INVALID_HANDLE)?;
    if !(block as usize).is_multiple_of(HEADER) {
        return Err(code::ERROR_INVALID_HANDLE);
    }
    Ok(block.wrapping_byte_sub(HEADER).cast_mut().cast())
}

/// The header of a block of this mark; ERROR_INVALID_HANDLE for what evidently is none.
///
/// # Safety
/// The memory before the block is readable.
pub(crate) unsafe fn header(block: *const c_void, mark: u32) -> Result<Header, u32> {
    let at = header_of(block)?;
    // SAFETY: the caller's.
    let header = unsafe { at.read() };
    if header.mark == mark { Ok(header) } else { Err(code::ERROR_INVALID_HANDLE) }
}

/// Changes the note of a block.
///
/// # Safety
/// A live block.
pub(crate) unsafe fn annotate(block: *const c_void, header: Header) -> Result<(), u32> {
    let at = header_of(block)?;
    // SAFETY: the caller's.
    unsafe { at.write(header) };
    Ok(())
}

/// Frees a block.
///
/// # Safety
/// The memory before the block is readable; no one uses the block any more.
pub(crate) unsafe fn free(block: *const c_void, mark: u32) -> Result<(), u32> {
    // SAFETY: the caller's.
    let old = unsafe { header(block, mark) }?;
    // SAFETY: the mark says that it lives (invariant 1).
    unsafe { annotate(block, Header { mark: !mark, ..old }) }?;
    let raw = header_of(block)?;
    // SAFETY: what malloc gave.
    unsafe { libc::free(raw.cast()) };
    Ok(())
}

/// Gives a block another size; it may move. None, and the block as it was, if there is no memory.
///
/// # Safety
/// As for [`free`], for the case that it moves.
pub(crate) unsafe fn resize(
    block: *mut c_void,
    size: usize,
    zero: bool,
    mark: u32,
) -> Result<Option<*mut c_void>, u32> {
    // SAFETY: the caller's.
    let old = unsafe { header(block, mark) }?;
    let Some(new) = allocate(size, zero, mark, old.note) else { return Ok(None) };
    let kept = old.size.min(size);
    // SAFETY: both have room for what is kept.
    unsafe { new.cast::<u8>().copy_from_nonoverlapping(block.cast(), kept) };
    // SAFETY: it has moved.
    unsafe { free(block, mark) }?;
    Ok(Some(new))
}
