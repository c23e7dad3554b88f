//! The one clock: CLOCK_MONOTONIC in nanoseconds, which does not count suspended time (contract A29).

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};
use wharf_core::deadline::{Deadline, Remaining};

/// Nanoseconds of the monotonic clock.
pub(crate) fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    // Both fields are non-negative for this clock, and 2^64 ns are 584 years.
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// The deadline of a call that begins now; the clock is read only if it matters.
pub(crate) fn deadline(timeout: Option<Duration>) -> Deadline {
    match timeout {
        None => Deadline::Never,
        Some(Duration::ZERO) => Deadline::Now,
        timeout => Deadline::after(now(), timeout.into()),
    }
}

/// What is left until a deadline; the clock is read only if it matters.
pub(crate) fn remaining(deadline: Deadline) -> Remaining {
    deadline.remaining(if let Deadline::At(_) = deadline { now() } else { 0 })
}

/// Seconds and nanoseconds as the kernel takes them.
pub(crate) fn timespec((seconds, nanos): (i64, u32)) -> Timespec {
    Timespec { tv_sec: seconds, tv_nsec: i64::from(nanos) }
}
