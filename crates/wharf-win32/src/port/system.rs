//! GetSystemInfo (F1): where a program reads how many workers it wants.
#![allow(unsafe_code)] // exported under C names; sysconf, sched_getaffinity
#![allow(missing_docs, reason = "Windows' own names, explained there")]

use std::ffi::c_void;
use std::mem::{offset_of, size_of};

/// What a program can know of the machine.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SYSTEM_INFO {
    pub Anonymous: SYSTEM_INFO_0,
    pub dwPageSize: u32,
    pub lpMinimumApplicationAddress: *mut c_void,
    pub lpMaximumApplicationAddress: *mut c_void,
    pub dwActiveProcessorMask: usize,
    pub dwNumberOfProcessors: u32,
    pub dwProcessorType: u32,
    pub dwAllocationGranularity: u32,
    pub wProcessorLevel: u16,
    pub wProcessorRevision: u16,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union SYSTEM_INFO_0 {
    pub dwOemId: u32,
    pub Anonymous: SYSTEM_INFO_0_0,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SYSTEM_INFO_0_0 {
    pub wProcessorArchitecture: u16,
    pub wReserved: u16,
}

const _: () = assert!(size_of::<SYSTEM_INFO>() == 48);
const _: () = assert!(offset_of!(SYSTEM_INFO, dwNumberOfProcessors) == 32);

/// PROCESSOR_ARCHITECTURE_* and PROCESSOR_* of what this was built for.
const ARCHITECTURE: u16 = if cfg!(target_arch = "x86_64") {
    9
} else if cfg!(target_arch = "aarch64") {
    12
} else {
    0xFFFF
};
const PROCESSOR: u32 = if cfg!(target_arch = "x86_64") { 8664 } else { 0 };

/// Processors that are online; a thread's affinity does not matter (F1). At most the 64 of a group.
pub(crate) fn processors() -> u32 {
    // SAFETY: reads a number.
    let online = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
    u32::try_from(online).unwrap_or(1).clamp(1, 64)
}

/// Tells what the machine is like. Never fails.
///
/// # Safety
/// Valid for writes.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSystemInfo(lpSystemInfo: *mut SYSTEM_INFO) {
    if lpSystemInfo.is_null() {
        return; // a call that cannot fail has no way to say it
    }
    let number = processors();
    // SAFETY: reads a number.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    let kind = SYSTEM_INFO_0_0 { wProcessorArchitecture: ARCHITECTURE, wReserved: 0 };
    let info = SYSTEM_INFO {
        Anonymous: SYSTEM_INFO_0 { Anonymous: kind },
        dwPageSize: u32::try_from(page).unwrap_or(4096),
        lpMinimumApplicationAddress: 0x1_0000 as *mut c_void,
        lpMaximumApplicationAddress: 0x7FFF_FFFE_FFFF as *mut c_void,
        dwActiveProcessorMask: usize::MAX >> (usize::BITS - number),
        dwNumberOfProcessors: number,
        dwProcessorType: PROCESSOR,
        dwAllocationGranularity: 0x1_0000,
        wProcessorLevel: 6,
        wProcessorRevision: 0,
    };
    // SAFETY: the caller's memory, not null.
    unsafe { lpSystemInfo.write(info) };
}

/// As [`GetSystemInfo`]: there is no emulation here that would show another machine.
///
/// # Safety
/// Valid for writes.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNativeSystemInfo(lpSystemInfo: *mut SYSTEM_INFO) {
    // SAFETY: the caller's promise.
    unsafe { GetSystemInfo(lpSystemInfo) };
}
