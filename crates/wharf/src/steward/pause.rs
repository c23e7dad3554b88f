//! The pauses of the steward between looks that found nothing.
//!
//! Where a processor is idle a timer wakes its thread late: 40 to 170 us late on virtual processors that halt (measured, of
//! pauses of 15 to 75 us). And one is idle just when it matters, as the worker that had it is blocked. So a short pause is
//! spent awake, as long as nobody else wants the processor: sched_yield(2) comes back at once then. If it does not, the
//! others have it, and the rest of the pause is slept.
//!
//! Measured, in turns with pauses of 15 us and more that were all slept, on such a host: replacement by perf, p90, 105 instead of
//! 180 us, by /proc 95 instead of 102; a tenth more packets where a tenth of the handlers block, with two thirds of the processor
//! time for looking; no difference where all compute or all block (bench: replacement, workloads).

use std::thread;
use std::time::{Duration, Instant};

/// The longest pause that may be spent awake. Pauses grow, so that this ends some 160 us after the last blocked worker.
const AWAKE_MAX: Duration = Duration::from_micros(60);
/// A yield that takes longer has given the processor to somebody: one that has not takes half a microsecond.
const YIELD_MAX: Duration = Duration::from_micros(3);

/// Returns when the time is over, never before.
pub(super) fn pause(time: Duration) {
    let left = if time <= AWAKE_MAX { stay_awake(time) } else { time };
    if !left.is_zero() {
        thread::sleep(left);
    }
}

/// Stays awake while nobody else wants the processor; what is left of the time.
fn stay_awake(time: Duration) -> Duration {
    let begin = Instant::now();
    let mut before = begin;
    loop {
        thread::yield_now();
        let now = Instant::now();
        let left = time.saturating_sub(now - begin);
        if left.is_zero() || now - before > YIELD_MAX {
            return left;
        }
        before = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pauses of all lengths, on both sides of the longest one awake, and of none.
    #[test]
    fn a_pause_is_never_too_short() {
        for micros in [0, 1, 5, 20, 60, 61, 200, 1000] {
            let (begin, time) = (Instant::now(), Duration::from_micros(micros));
            pause(time);
            assert!(begin.elapsed() >= time, "{micros}");
        }
    }
}
