//! An open loop: packets arrive when they are due, whatever became of those before.
//!
//! A latency counts from the moment that a packet was *due*. Were it to count from when the generator came to queue
//! it, a pool that keeps the generator from running would look faster than it is.

use std::num::NonZeroU64;
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::pools::Pool;
use crate::random::Random;
use crate::recorder;
use crate::workload::Load;

/// Submits jobs at random moments, `rate` of them per second, until the load is stopped. Answers how late it was.
pub(crate) fn generate(load: &Load, pool: &dyn Pool, rate: f64) -> Histogram<u64> {
    // Best effort: with the default slack of 50 us each sleep is late by as much.
    let _ = rustix::thread::set_current_timer_slack(Some(NonZeroU64::MIN));
    let mut lateness = recorder::empty();
    let mut random = Random::default();
    let mut due = Instant::now();
    while !load.is_stopped() {
        due += Duration::from_secs_f64(random.exponential() / rate);
        let early = due.saturating_duration_since(Instant::now());
        if !early.is_zero() {
            thread::sleep(early);
        }
        recorder::record(&mut lateness, due.elapsed());
        pool.submit(load.job(due));
    }
    lateness
}
