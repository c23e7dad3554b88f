//! GlobalAlloc and LocalAlloc, which are one.
//!
//! A handle of movable memory is the address of its block: nothing moves while it is not given another size. It has a
//! count of locks all the same, which GlobalUnlock reports as Windows does.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::ptr;

use super::block;
use crate::{code, guard};

const MARK: u32 = 0x4C41_4C47;
const MOVEABLE: u32 = 2;
const ZEROINIT: u32 = 0x40;
/// GMEM_MODIFY, and LMEM_MODIFY.
const MODIFY: u32 = 0x80;
/// Flags that Windows accepts and ignores too: NOCOMPACT, NODISCARD, DISCARDABLE, SHARE, NOTIFY.
const IGNORED: u32 = 0x7F30;
/// In a block's note: it is movable. Below are its locks.
const IS_MOVEABLE: u32 = 1 << 31;
const LOCKS: u32 = 0xFF;

/// A block for GlobalFree or LocalFree.
pub(crate) fn allocate(flags: u32, size: usize) -> Result<*mut c_void, u32> {
    if flags & !(MOVEABLE | ZEROINIT | IGNORED) != 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let note = if flags & MOVEABLE == 0 { 0 } else { IS_MOVEABLE };
    let block = block::allocate(size, flags & ZEROINIT != 0, MARK, note);
    block.ok_or(code::ERROR_NOT_ENOUGH_MEMORY)
}

/// # Safety
/// A block, or null.
unsafe fn free(block: *mut c_void) -> *mut c_void {
    guard::call(block, || {
        if !block.is_null() {
            // SAFETY: the caller's.
            unsafe { block::free(block, MARK) }?;
        }
        Ok(ptr::null_mut())
    })
}

/// # Safety
/// A block.
unsafe fn resize(block: *mut c_void, size: usize, flags: u32) -> *mut c_void {
    guard::call(ptr::null_mut(), || {
        if flags & MODIFY != 0 {
            // SAFETY: the caller's.
            let mut header = unsafe { block::header(block, MARK) }?;
            if flags & MOVEABLE != 0 {
                header.note |= IS_MOVEABLE;
            }
            // SAFETY: its header was read.
            unsafe { block::annotate(block, header) }?;
            return Ok(block);
        }
        // SAFETY: the caller's.
        let new = unsafe { block::resize(block, size, flags & ZEROINIT != 0, MARK) }?;
        new.ok_or(code::ERROR_NOT_ENOUGH_MEMORY)
    })
}

/// # Safety
/// A block.
unsafe fn lock(block: *mut c_void) -> *mut c_void {
    guard::call(ptr::null_mut(), || {
        // SAFETY: the caller's.
        let mut header = unsafe { block::header(block, MARK) }?;
        if header.note & IS_MOVEABLE != 0 && header.note & LOCKS < LOCKS {
            header.note += 1;
            // SAFETY: its header was read.
            unsafe { block::annotate(block, header) }?;
        }
        Ok(block)
    })
}

/// # Safety
/// A block.
unsafe fn unlock(block: *mut c_void) -> i32 {
    guard::call(0, || {
        // SAFETY: the caller's.
        let mut header = unsafe { block::header(block, MARK) }?;
        if header.note & IS_MOVEABLE == 0 {
            return Ok(1);
        }
        if header.note & LOCKS == 0 {
            return Err(code::ERROR_NOT_LOCKED);
        }
        header.note -= 1;
        // SAFETY: its header was read.
        unsafe { block::annotate(block, header) }?;
        // Not locked any more is the failure value, with success as its code.
        if header.note & LOCKS == 0 { Err(code::ERROR_SUCCESS) } else { Ok(1) }
    })
}

/// # Safety
/// A block.
unsafe fn size(block: *mut c_void) -> usize {
    // SAFETY: the caller's.
    guard::call(0, || Ok(unsafe { block::header(block, MARK) }?.size))
}

/// # Safety
/// A block.
unsafe fn flags(block: *mut c_void) -> u32 {
    // SAFETY: the caller's; the failure value is GMEM_INVALID_HANDLE.
    guard::call(0x8000, || Ok(unsafe { block::header(block, MARK) }?.note & LOCKS))
}

/// Allocates memory.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalAlloc(flags: u32, size: usize) -> *mut c_void {
    guard::call(ptr::null_mut(), || allocate(flags, size))
}

/// Allocates memory.
#[unsafe(no_mangle)]
pub extern "C" fn LocalAlloc(flags: u32, size: usize) -> *mut c_void {
    guard::call(ptr::null_mut(), || allocate(flags, size))
}

/// Frees memory; null, or the argument when that is no such memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GlobalFree(block: *mut c_void) -> *mut c_void {
    // SAFETY: the caller's.
    unsafe { free(block) }
}

/// Frees memory; null, or the argument when that is no such memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LocalFree(block: *mut c_void) -> *mut c_void {
    // SAFETY: the caller's.
    unsafe { free(block) }
}

/// Gives memory another size, or with GMEM_MODIFY other flags.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GlobalReAlloc(block: *mut c_void, size: usize, flags: u32) -> *mut c_void {
    // SAFETY: the caller's.
    unsafe { resize(block, size, flags) }
}

/// Gives memory another size, or with LMEM_MODIFY other flags.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LocalReAlloc(block: *mut c_void, size: usize, flags: u32) -> *mut c_void {
    // SAFETY: the caller's.
    unsafe { resize(block, size, flags) }
}

/// The address of movable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GlobalLock(block: *mut c_void) -> *mut c_void {
    // SAFETY: the caller's.
    unsafe { lock(block) }
}

/// The address of movable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LocalLock(block: *mut c_void) -> *mut c_void {
    // SAFETY: the caller's.
    unsafe { lock(block) }
}

/// Takes a lock back: 0 with NO_ERROR when that was the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GlobalUnlock(block: *mut c_void) -> i32 {
    // SAFETY: the caller's.
    unsafe { unlock(block) }
}

/// Takes a lock back: 0 with NO_ERROR when that was the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LocalUnlock(block: *mut c_void) -> i32 {
    // SAFETY: the caller's.
    unsafe { unlock(block) }
}

/// The size that was asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GlobalSize(block: *mut c_void) -> usize {
    // SAFETY: the caller's.
    unsafe { size(block) }
}

/// The size that was asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LocalSize(block: *mut c_void) -> usize {
    // SAFETY: the caller's.
    unsafe { size(block) }
}

/// The count of locks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GlobalFlags(block: *mut c_void) -> u32 {
    // SAFETY: the caller's.
    unsafe { flags(block) }
}

/// The count of locks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LocalFlags(block: *mut c_void) -> u32 {
    // SAFETY: the caller's.
    unsafe { flags(block) }
}

/// The handle of an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GlobalHandle(block: *mut c_void) -> *mut c_void {
    // SAFETY: the caller's.
    guard::call(ptr::null_mut(), || unsafe { block::header(block, MARK) }.map(|_| block))
}

/// The handle of an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LocalHandle(block: *mut c_void) -> *mut c_void {
    // SAFETY: the caller's.
    guard::call(ptr::null_mut(), || unsafe { block::header(block, MARK) }.map(|_| block))
}
