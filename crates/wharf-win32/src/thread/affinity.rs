//! On which processors a thread runs (F14). One group of up to 64 processors, with the kernel's numbers.
#![allow(unsafe_code)] // sched_setaffinity; exported under C names

use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;

use super::record;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard};

/// Processors of a group.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GROUP_AFFINITY {
    /// A bit for each.
    pub Mask: usize,
    /// The group.
    pub Group: u16,
    /// Zeros.
    pub Reserved: [u16; 3],
}

/// A processor of a group.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PROCESSOR_NUMBER {
    /// The group.
    pub Group: u16,
    /// The processor.
    pub Number: u8,
    /// Zero.
    pub Reserved: u8,
}

const MAXIMUM_PROCESSORS: u32 = 64;

fn get(tid: u32) -> Result<usize, u32> {
    // SAFETY: all zeros are a set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    let tid = tid.cast_signed();
    // SAFETY: a local of that size.
    let result = unsafe { libc::sched_getaffinity(tid, size_of_val(&set), &raw mut set) };
    if result != 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    // SAFETY: numbers below the size of the set.
    let is_set = |number: &usize| unsafe { libc::CPU_ISSET(*number, &set) };
    Ok((0..64).filter(is_set).fold(0, |mask, number| mask | 1 << number))
}

fn set(tid: u32, mask: usize) -> Result<(), u32> {
    // SAFETY: all zeros are a set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    for number in (0..64).filter(|number| mask & 1 << number != 0) {
        // SAFETY: a number below the size of the set.
        unsafe { libc::CPU_SET(number, &mut set) };
    }
    let tid = tid.cast_signed();
    // SAFETY: a local of that size.
    let result = unsafe { libc::sched_setaffinity(tid, size_of_val(&set), &raw const set) };
    if result == 0 { Ok(()) } else { Err(code::ERROR_INVALID_PARAMETER) }
}

/// The processors of the process: those of its first thread when this is first asked.
pub(super) fn whole() -> usize {
    static MASK: OnceLock<usize> = OnceLock::new();
    *MASK.get_or_init(|| get(std::process::id()).unwrap_or(1))
}

/// Sets a thread's processors; the ones before.
fn change(handle: HANDLE, mask: usize) -> Result<usize, u32> {
    let thread = record::of(handle)?;
    if mask == 0 || mask & !whole() != 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let tid = thread.tid();
    let before = get(tid)?;
    set(tid, mask)?;
    Ok(before)
}

/// Sets a thread's processors; the ones before, or 0 with ERROR_INVALID_PARAMETER if some are not the process'.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadAffinityMask(hThread: HANDLE, dwThreadAffinityMask: usize) -> usize {
    whole(); // before the first change
    guard::call(0, || change(hThread, dwThreadAffinityMask))
}

/// Sets a thread's processors.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadGroupAffinity(
    hThread: HANDLE,
    GroupAffinity: *const GROUP_AFFINITY,
    PreviousGroupAffinity: *mut GROUP_AFFINITY,
) -> BOOL {
    guard::call(FALSE, || {
        whole();
        // SAFETY: the caller's.
        let wanted = unsafe { arg::load(GroupAffinity) }?;
        if wanted.Group != 0 || wanted.Reserved != [0; 3] {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let before = GROUP_AFFINITY { Mask: change(hThread, wanted.Mask)?, ..Default::default() };
        // SAFETY: the caller's.
        unsafe { arg::store_optional(PreviousGroupAffinity, before) }?;
        Ok(TRUE)
    })
}

/// A thread's processors.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadGroupAffinity(
    hThread: HANDLE,
    GroupAffinity: *mut GROUP_AFFINITY,
) -> BOOL {
    guard::call(FALSE, || {
        let mask = get(record::of(hThread)?.tid())?;
        // SAFETY: the caller's.
        unsafe { arg::store(GroupAffinity, GROUP_AFFINITY { Mask: mask, ..Default::default() }) }?;
        Ok(TRUE)
    })
}

/// Keeps the processor that a thread would prefer, which the kernel is not told; the one before. With 64 it is only
/// asked for.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadIdealProcessor(hThread: HANDLE, dwIdealProcessor: u32) -> u32 {
    guard::call(u32::MAX, || {
        let thread = record::of(hThread)?;
        if dwIdealProcessor == MAXIMUM_PROCESSORS {
            return Ok(thread.ideal_processor.load(Relaxed));
        }
        if dwIdealProcessor > MAXIMUM_PROCESSORS || whole() >> dwIdealProcessor == 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        Ok(thread.ideal_processor.swap(dwIdealProcessor, Relaxed))
    })
}

/// The same by group and number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadIdealProcessorEx(
    hThread: HANDLE,
    lpIdealProcessor: *const PROCESSOR_NUMBER,
    lpPreviousIdealProcessor: *mut PROCESSOR_NUMBER,
) -> BOOL {
    guard::call(FALSE, || {
        let thread = record::of(hThread)?;
        // SAFETY: the caller's.
        let wanted = unsafe { arg::load(lpIdealProcessor) }?;
        if wanted.Group != 0 || wanted.Reserved != 0 || wanted.Number >= 64 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let before = thread.ideal_processor.swap(wanted.Number.into(), Relaxed);
        let number = u8::try_from(before).unwrap_or(0);
        let before = PROCESSOR_NUMBER { Number: number, ..Default::default() };
        // SAFETY: the caller's.
        unsafe { arg::store_optional(lpPreviousIdealProcessor, before) }?;
        Ok(TRUE)
    })
}

/// The processor that a thread would prefer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadIdealProcessorEx(
    hThread: HANDLE,
    lpIdealProcessor: *mut PROCESSOR_NUMBER,
) -> BOOL {
    guard::call(FALSE, || {
        let ideal = record::of(hThread)?.ideal_processor.load(Relaxed);
        let number =
            PROCESSOR_NUMBER { Number: u8::try_from(ideal).unwrap_or(0), ..Default::default() };
        // SAFETY: the caller's.
        unsafe { arg::store(lpIdealProcessor, number) }?;
        Ok(TRUE)
    })
}
