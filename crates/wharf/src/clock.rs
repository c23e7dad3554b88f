//! The one clock: CLOCK_MONOTONIC in nanoseconds, which does not count suspended time (contract A29).

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Nanoseconds of the monotonic clock.
pub(crate) fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    // Both fields are non-negative for this clock, and 2^64 ns are 584 years.
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// The moment `after` from now; a moment that the clock cannot express is its last.
pub(crate) fn after(after: Duration) -> u64 {
    now().saturating_add(u64::try_from(after.as_nanos()).unwrap_or(u64::MAX))
}

/// Nanoseconds as the kernel takes them.
pub(crate) fn timespec(ns: u64) -> Timespec {
    Timespec { tv_sec: (ns / 1_000_000_000) as i64, tv_nsec: (ns % 1_000_000_000) as i64 }
}
