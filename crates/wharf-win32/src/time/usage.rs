//! CPU time of the process and of the system.
#![allow(unsafe_code)] // exported under C names

use rustix::process::getpid;

use super::filetime::FILETIME;
use crate::system::process;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard};

/// RUSAGE times as a FILETIME of their length.
fn length(seconds: i64, microseconds: i64) -> FILETIME {
    FILETIME::from_ticks((seconds * 10_000_000 + microseconds * 10).cast_unsigned())
}

fn usage() -> libc::rusage {
    // SAFETY: all zeros are a valid rusage.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: ours; it cannot fail for these arguments.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    usage
}

/// When this process began: its start in clock ticks since boot, by the kernel's record.
fn began() -> Option<FILETIME> {
    start(&std::fs::read_to_string(format!("/proc/{}/stat", getpid().as_raw_nonzero())).ok()?)
}

/// The start that a stat file of a process or thread tells.
fn start(stat: &str) -> Option<FILETIME> {
    // The name may hold anything; the fields after its parenthesis begin with the third.
    let start: i64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let boot = std::fs::read_to_string("/proc/stat").ok()?;
    let boot = boot.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    let frequency = i64::try_from(rustix::param::clock_ticks_per_second()).ok()?;
    let fraction = start % frequency * 1_000_000_000 / frequency;
    Some(FILETIME::from_unix(i64::checked_add(boot, start / frequency)?, fraction))
}

/// When the process began, and its time in the kernel and outside; it has not exited.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcessTimes(
    process: HANDLE,
    creation: *mut FILETIME,
    exit: *mut FILETIME,
    kernel: *mut FILETIME,
    user: *mut FILETIME,
) -> BOOL {
    guard::call(FALSE, || {
        process::own(process)?;
        let usage = usage();
        let began = began().ok_or(code::ERROR_NOT_SUPPORTED)?;
        let values = [
            (creation, began),
            (exit, FILETIME::default()),
            (kernel, length(usage.ru_stime.tv_sec, usage.ru_stime.tv_usec)),
            (user, length(usage.ru_utime.tv_sec, usage.ru_utime.tv_usec)),
        ];
        for (to, value) in values {
            // SAFETY: the caller's variables.
            unsafe { arg::store(to, value) }?;
        }
        Ok(TRUE)
    })
}

/// When a thread began, and its time in the kernel and outside; one that has ended keeps nothing of it here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadTimes(
    thread: HANDLE,
    creation: *mut FILETIME,
    exit: *mut FILETIME,
    kernel: *mut FILETIME,
    user: *mut FILETIME,
) -> BOOL {
    guard::call(FALSE, || {
        let thread = crate::thread::of(thread)?;
        let stat = format!("/proc/self/task/{}/stat", thread.tid());
        let stat = std::fs::read_to_string(stat).map_err(|_| code::ERROR_NOT_SUPPORTED)?;
        let field = |at: usize| -> Option<i64> {
            stat.rsplit_once(')')?.1.split_whitespace().nth(at)?.parse().ok()
        };
        let ticks = i64::try_from(10_000_000 / rustix::param::clock_ticks_per_second().max(1));
        let ticks = ticks.unwrap_or(100_000);
        let spent =
            |at: usize| FILETIME::from_ticks((field(at).unwrap_or(0) * ticks).cast_unsigned());
        let began = start(&stat).ok_or(code::ERROR_NOT_SUPPORTED)?;
        let values = [
            (creation, began),
            (exit, FILETIME::default()),
            (kernel, spent(12)),
            (user, spent(11)),
        ];
        for (to, value) in values {
            // SAFETY: the caller's variables.
            unsafe { arg::store(to, value) }?;
        }
        Ok(TRUE)
    })
}

/// Idle, kernel (idle time included) and user time of all processors since boot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSystemTimes(
    idle: *mut FILETIME,
    kernel: *mut FILETIME,
    user: *mut FILETIME,
) -> BOOL {
    guard::call(FALSE, || {
        let stat = std::fs::read_to_string("/proc/stat").map_err(|_| code::ERROR_NOT_SUPPORTED)?;
        let line = stat.lines().next().unwrap_or_default();
        let fields: Vec<u64> = line.split_whitespace().filter_map(|f| f.parse().ok()).collect();
        let field = |at: usize| fields.get(at).copied().unwrap_or(0);
        let ticks = 10_000_000 / rustix::param::clock_ticks_per_second().max(1);
        let not_busy = field(3) + field(4);
        let in_kernel = field(2) + field(5) + field(6) + field(7) + not_busy;
        for (to, value) in [(idle, not_busy), (kernel, in_kernel), (user, field(0) + field(1))] {
            // SAFETY: the caller's variables, or null.
            unsafe { arg::store_optional(to, FILETIME::from_ticks(value * ticks)) }?;
        }
        Ok(TRUE)
    })
}
