//! Processors: how many, which of them, and the priority of the process.
#![allow(unsafe_code)] // exported under C names

use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

use super::process;
use crate::port::processors;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard};

const ALL_GROUPS: u16 = 0xFFFF;

/// Processors that are online, of group 0 or of all groups: there is one.
#[unsafe(no_mangle)]
pub extern "C" fn GetActiveProcessorCount(group: u16) -> u32 {
    guard::call(0, || match group {
        0 | ALL_GROUPS => Ok(processors()),
        _ => Err(code::ERROR_INVALID_PARAMETER),
    })
}

/// Groups of processors: one.
#[unsafe(no_mangle)]
pub extern "C" fn GetActiveProcessorGroupCount() -> u16 {
    1
}

/// Groups that there can be: one.
#[unsafe(no_mangle)]
pub extern "C" fn GetMaximumProcessorGroupCount() -> u16 {
    1
}

/// Processors that there can be.
#[unsafe(no_mangle)]
pub extern "C" fn GetMaximumProcessorCount(group: u16) -> u32 {
    GetActiveProcessorCount(group)
}

/// The processor that the thread runs on, at this moment.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentProcessorNumber() -> u32 {
    sched_getcpu() as u32
}

fn mask(set: &CpuSet) -> usize {
    (0..64).filter(|at| set.is_set(*at)).fold(0, |mask, at| mask | 1 << at)
}

/// All processors of the machine.
fn system_mask() -> usize {
    usize::MAX >> (64 - processors().clamp(1, 64))
}

/// Which processors the process may use, and which there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcessAffinityMask(
    process: HANDLE,
    own: *mut usize,
    system: *mut usize,
) -> BOOL {
    guard::call(FALSE, || {
        process::own(process)?;
        let allowed = sched_getaffinity(Some(rustix::process::getpid()));
        let allowed = mask(&allowed.map_err(|_| code::ERROR_NOT_SUPPORTED)?);
        // SAFETY: the caller's variable.
        unsafe { arg::store(own, allowed) }?;
        // SAFETY: the caller's variable.
        unsafe { arg::store(system, system_mask() | allowed) }?;
        Ok(TRUE)
    })
}

/// Says which processors the process may use: its threads of now, and those that they start.
#[unsafe(no_mangle)]
pub extern "C" fn SetProcessAffinityMask(process: HANDLE, wanted: usize) -> BOOL {
    guard::call(FALSE, || {
        process::own(process)?;
        if wanted == 0 || wanted & !system_mask() != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let mut set = CpuSet::new();
        (0..64).filter(|at| wanted >> at & 1 != 0).for_each(|at| set.set(at));
        let threads =
            std::fs::read_dir("/proc/self/task").map_err(|_| code::ERROR_NOT_SUPPORTED)?;
        let ids = threads.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
        for id in ids {
            let thread = rustix::process::Pid::from_raw(id);
            match sched_setaffinity(thread, &set) {
                // It has ended meanwhile.
                Ok(()) | Err(rustix::io::Errno::SRCH) => {}
                Err(_) => return Err(code::ERROR_INVALID_PARAMETER),
            }
        }
        Ok(TRUE)
    })
}

/// IDLE, BELOW_NORMAL, NORMAL, ABOVE_NORMAL, HIGH, REALTIME, with Linux' nice values.
const CLASSES: [(u32, i32); 6] =
    [(0x40, 19), (0x4000, 10), (0x20, 0), (0x8000, -5), (0x80, -10), (0x100, -20)];

/// Gives a process that was just started a class, if its flags name one. It is no more than a wish.
pub(crate) fn set_priority_of(id: u32, class: u32) {
    let nice = CLASSES.iter().find(|row| row.0 & class != 0).map_or(0, |row| row.1);
    if nice != 0 {
        let id = rustix::process::Pid::from_raw(id.cast_signed());
        let _ = rustix::process::setpriority_process(id, nice);
    }
}

/// Sets the priority of the process. Above normal needs a permission, without which it stays as it is, and the call
/// succeeds: so does Windows with a class that it lowers.
#[unsafe(no_mangle)]
pub extern "C" fn SetPriorityClass(process: HANDLE, class: u32) -> BOOL {
    guard::call(FALSE, || {
        process::own(process)?;
        let found = CLASSES.iter().find(|row| row.0 == class);
        let nice = found.ok_or(code::ERROR_INVALID_PARAMETER)?.1;
        // A wish for more that is not granted changes nothing.
        let _ = rustix::process::setpriority_process(None, nice);
        Ok(TRUE)
    })
}

/// The priority class that is nearest to the process' nice value.
#[unsafe(no_mangle)]
pub extern "C" fn GetPriorityClass(process: HANDLE) -> u32 {
    guard::call(0, || {
        process::own(process)?;
        let nice = rustix::process::getpriority_process(None);
        let nice = nice.map_err(|_| code::ERROR_NOT_SUPPORTED)?;
        let nearest = CLASSES.iter().min_by_key(|row| (row.1 - nice).abs());
        Ok(nearest.map_or(0x20, |row| row.0))
    })
}
