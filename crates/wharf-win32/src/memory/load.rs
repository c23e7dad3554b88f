//! How much memory there is: GlobalMemoryStatus, and what the process uses.
#![allow(unsafe_code)] // exported under C names

use crate::system::process;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard};

const ADDRESS_SPACE: u64 = 0x7FFF_FFFE_0000;

/// MEMORYSTATUSEX.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct MEMORYSTATUSEX {
    /// The size of this structure, set by the caller.
    pub dwLength: u32,
    /// Per cent of memory in use.
    pub dwMemoryLoad: u32,
    /// Memory.
    pub ullTotalPhys: u64,
    /// Memory that can be had without swapping.
    pub ullAvailPhys: u64,
    /// Memory and swap.
    pub ullTotalPageFile: u64,
    /// Of these, what can be had.
    pub ullAvailPageFile: u64,
    /// Address space.
    pub ullTotalVirtual: u64,
    /// Of it, what is free.
    pub ullAvailVirtual: u64,
    /// 0.
    pub ullAvailExtendedVirtual: u64,
}

/// MEMORYSTATUS.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct MEMORYSTATUS {
    /// The size of this structure, set by the call.
    pub dwLength: u32,
    /// Per cent of memory in use.
    pub dwMemoryLoad: u32,
    /// Memory.
    pub dwTotalPhys: usize,
    /// Memory that can be had without swapping.
    pub dwAvailPhys: usize,
    /// Memory and swap.
    pub dwTotalPageFile: usize,
    /// Of these, what can be had.
    pub dwAvailPageFile: usize,
    /// Address space.
    pub dwTotalVirtual: usize,
    /// Of it, what is free.
    pub dwAvailVirtual: usize,
}

/// PROCESS_MEMORY_COUNTERS_EX; PROCESS_MEMORY_COUNTERS is all but its last field.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct PROCESS_MEMORY_COUNTERS_EX {
    /// The size of this structure.
    pub cb: u32,
    /// Pages that had to be brought.
    pub PageFaultCount: u32,
    /// The most memory at a time.
    pub PeakWorkingSetSize: usize,
    /// Memory now.
    pub WorkingSetSize: usize,
    /// 0.
    pub QuotaPeakPagedPoolUsage: usize,
    /// 0.
    pub QuotaPagedPoolUsage: usize,
    /// 0.
    pub QuotaPeakNonPagedPoolUsage: usize,
    /// 0.
    pub QuotaNonPagedPoolUsage: usize,
    /// Private memory, in memory or swapped.
    pub PagefileUsage: usize,
    /// The most of it at a time.
    pub PeakPagefileUsage: usize,
    /// Private memory again.
    pub PrivateUsage: usize,
}

const _: () = assert!(size_of::<MEMORYSTATUSEX>() == 64);
const _: () = assert!(size_of::<MEMORYSTATUS>() == 56);
const _: () = assert!(size_of::<PROCESS_MEMORY_COUNTERS_EX>() == 80);

/// A field of a file of /proc that counts kilobytes, in bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    rest.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

fn status() -> Result<MEMORYSTATUSEX, u32> {
    let text = std::fs::read_to_string("/proc/meminfo").map_err(|_| code::ERROR_NOT_SUPPORTED)?;
    let value = |name: &str| field(&text, name).ok_or(code::ERROR_NOT_SUPPORTED);
    let (total, available) = (value("MemTotal")?, value("MemAvailable")?);
    let used = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let used = field(&used, "VmSize").unwrap_or(0);
    Ok(MEMORYSTATUSEX {
        dwLength: 64,
        dwMemoryLoad: u32::try_from((total - available.min(total)) * 100 / total.max(1))
            .unwrap_or(0),
        ullTotalPhys: total,
        ullAvailPhys: available,
        ullTotalPageFile: total + value("SwapTotal")?,
        ullAvailPageFile: available + value("SwapFree")?,
        ullTotalVirtual: ADDRESS_SPACE,
        ullAvailVirtual: ADDRESS_SPACE.saturating_sub(used),
        ullAvailExtendedVirtual: 0,
    })
}

/// Tells about the machine's memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GlobalMemoryStatusEx(to: *mut MEMORYSTATUSEX) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's structure.
        if unsafe { arg::load(to) }?.dwLength != 64 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's structure.
        unsafe { arg::store(to, status()?) }?;
        Ok(TRUE)
    })
}

/// Tells about the machine's memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GlobalMemoryStatus(to: *mut MEMORYSTATUS) {
    guard::call((), || {
        let status = status()?;
        let value = MEMORYSTATUS {
            dwLength: 56,
            dwMemoryLoad: status.dwMemoryLoad,
            dwTotalPhys: status.ullTotalPhys as usize,
            dwAvailPhys: status.ullAvailPhys as usize,
            dwTotalPageFile: status.ullTotalPageFile as usize,
            dwAvailPageFile: status.ullAvailPageFile as usize,
            dwTotalVirtual: status.ullTotalVirtual as usize,
            dwAvailVirtual: status.ullAvailVirtual as usize,
        };
        // SAFETY: the caller's structure.
        unsafe { arg::store(to, value) }
    });
}

fn counters() -> PROCESS_MEMORY_COUNTERS_EX {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = |name: &str| field(&text, name).unwrap_or(0) as usize;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Minor and major faults are the tenth and the twelfth field; the third follows the name.
    let after_name = stat.rsplit_once(')').map_or("", |parts| parts.1);
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
    let private = value("RssAnon") + value("VmSwap");
    PROCESS_MEMORY_COUNTERS_EX {
        cb: 80,
        PageFaultCount: (number(7) + number(9)) as u32,
        PeakWorkingSetSize: value("VmHWM"),
        WorkingSetSize: value("VmRSS"),
        PagefileUsage: private,
        PeakPagefileUsage: private.max(value("VmHWM")),
        PrivateUsage: private,
        ..PROCESS_MEMORY_COUNTERS_EX::default()
    }
}

/// Tells about the memory of a process: this one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcessMemoryInfo(
    process: HANDLE,
    to: *mut PROCESS_MEMORY_COUNTERS_EX,
    size: u32,
) -> BOOL {
    guard::call(FALSE, || {
        process::own(process)?;
        let counters = counters();
        match size {
            0..72 => return Err(code::ERROR_INSUFFICIENT_BUFFER),
            72..80 => {
                let words: [u64; 9] = words(counters);
                // SAFETY: the caller's structure has 72 bytes.
                unsafe { arg::store(to.cast(), words) }?;
            }
            // SAFETY: the caller's structure.
            _ => unsafe { arg::store(to, counters) }?,
        }
        Ok(TRUE)
    })
}

/// The structure without its last field, as words.
fn words(counters: PROCESS_MEMORY_COUNTERS_EX) -> [u64; 9] {
    [
        72 | u64::from(counters.PageFaultCount) << 32,
        counters.PeakWorkingSetSize as u64,
        counters.WorkingSetSize as u64,
        0,
        0,
        0,
        0,
        counters.PagefileUsage as u64,
        counters.PeakPagefileUsage as u64,
    ]
}

/// GetProcessMemoryInfo by kernel32's name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32GetProcessMemoryInfo(
    process: HANDLE,
    to: *mut PROCESS_MEMORY_COUNTERS_EX,
    size: u32,
) -> BOOL {
    // SAFETY: the caller's.
    unsafe { GetProcessMemoryInfo(process, to, size) }
}
