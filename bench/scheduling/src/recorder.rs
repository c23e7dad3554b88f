//! Latencies, recorded by many threads without getting into each other's way.
//!
//! Each thread has a shard of its own as long as there are no more threads than shards; beyond that some share, and
//! the result is the same.

use std::cell::Cell;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::json::Object;

const SHARDS: usize = 128;
/// Latencies are kept in tenths of a microsecond, to two significant digits: small enough for the caches.
const UNIT_NS: u64 = 100;
const LONGEST_UNITS: u64 = 1_000_000_000;

/// Alone on its cache lines.
#[repr(align(128))]
struct Shard(Mutex<Histogram<u64>>);

pub(crate) struct Recorder {
    /// Nothing is recorded before and after the measured interval.
    on: AtomicBool,
    shards: Vec<Shard>,
}

impl Default for Recorder {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Shard(Mutex::new(empty()))).collect();
        Self { on: AtomicBool::new(false), shards }
    }
}

impl Recorder {
    pub(crate) fn switch(&self, on: bool) {
        self.on.store(on, Relaxed);
    }

    pub(crate) fn record(&self, latency: Duration) {
        if self.on.load(Relaxed) {
            let shard = &self.shards[own_number() % SHARDS];
            let mut histogram = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
            record(&mut histogram, latency);
        }
    }

    pub(crate) fn sum(&self) -> Histogram<u64> {
        let mut sum = empty();
        for shard in &self.shards {
            let histogram = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
            sum.add(&*histogram).expect("the same bounds");
        }
        sum
    }
}

pub(crate) fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_UNITS, 2).expect("valid bounds")
}

pub(crate) fn record(histogram: &mut Histogram<u64>, latency: Duration) {
    let units = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX) / UNIT_NS;
    histogram.saturating_record(units);
}

/// Adds the usual quantiles in microseconds. Without values they are null.
pub(crate) fn describe(report: Object, histogram: &Histogram<u64>) -> Object {
    let us = |units: u64| (!histogram.is_empty()).then_some((units * UNIT_NS) as f64 / 1e3);
    let quantile = |q| us(histogram.value_at_quantile(q));
    report
        .number("p50_us", quantile(0.5))
        .number("p90_us", quantile(0.9))
        .number("p99_us", quantile(0.99))
        .number("p999_us", quantile(0.999))
        .number("max_us", us(histogram.max()))
}

fn own_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
    }
    NUMBER.with(|number| {
        number.get().unwrap_or_else(|| {
            let new = NEXT.fetch_add(1, Relaxed);
            number.set(Some(new));
            new
        })
    })
}
