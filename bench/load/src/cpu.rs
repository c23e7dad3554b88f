//! The CPU time of another process, by its CPU clock.
//!
//! Preferred to the sum over `/proc/PID/task/*/schedstat` because it includes threads that have ended, and to
//! `utime + stime` in `/proc/PID/stat` because that counts in hundredths of a second. It is read here, not by the
//! script that starts us, so that requests and CPU time are counted between the same two moments.
//!
//! Exactness: the kernel adds the time of a thread that is running on another CPU at its next tick or switch (Linux
//! 6.18, `thread_group_cputime`), so a reading may be one tick per running thread behind: 1 to 10 ms, by CONFIG_HZ.

// The CPU clock of another process has no safe wrapper in std or rustix.
#![allow(unsafe_code)]

use std::io;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuClock(libc::clockid_t);

impl CpuClock {
    pub(crate) fn of(pid: i32) -> io::Result<Self> {
        let mut clock = 0;
        // SAFETY: the pointer is to a live local that the call may write; it keeps nothing.
        let error = unsafe { libc::clock_getcpuclockid(pid, &raw mut clock) };
        // Unlike its relatives this call returns the error number.
        if error == 0 { Ok(Self(clock)) } else { Err(io::Error::from_raw_os_error(error)) }
    }

    /// CPU time used so far; an error once the process is gone.
    pub(crate) fn read(self) -> io::Result<Duration> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the pointer is to a live local that the call may write; it keeps nothing.
        if unsafe { libc::clock_gettime(self.0, &raw mut time) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let seconds = u64::try_from(time.tv_sec).expect("CPU time is positive");
        let nanos = u32::try_from(time.tv_nsec).expect("nanoseconds of a second");
        Ok(Duration::new(seconds, nanos))
    }
}
