//! What a run found, and its form as one line of JSON.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// Answers slower than this are counted one by one: the figure that shows requests stuck behind a sleeping handler.
const SLOW: Duration = Duration::from_millis(1);

/// Longest latency that the histogram tells apart; a run is shorter.
const LONGEST_NS: u64 = 1_000_000_000_000;

pub(crate) struct Report {
    /// Latencies in nanoseconds, to three significant digits.
    latency: Histogram<u64>,
    slow: u64,
    /// Answers to requests that made the handler sleep.
    pub(crate) sleeps: u64,
    /// Connections that failed, answered wrongly, or owed an answer at the end. Counted from the very start.
    pub(crate) errors: u64,
    /// Length of the measured interval as it really was.
    pub(crate) elapsed: Duration,
    /// CPU time of the processes named by `--cpu-of` in that interval.
    pub(crate) server_cpu: Option<Duration>,
}

impl Report {
    pub(crate) fn new() -> Self {
        let latency = Histogram::new_with_bounds(1, LONGEST_NS, 3).expect("valid bounds");
        Self { latency, slow: 0, sleeps: 0, errors: 0, elapsed: Duration::ZERO, server_cpu: None }
    }

    /// Counts one answer on a measured connection.
    pub(crate) fn record(&mut self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.latency.saturating_record(nanos);
        self.slow += u64::from(latency > SLOW);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests = self.latency.len();
        // A histogram rounds up within its three digits, so the largest value may print a little above itself.
        let us = |nanos: u64| nanos as f64 / 1e3;
        let quantile = |q| us(self.latency.value_at_quantile(q));
        write!(f, "{{\"requests\": {requests}, \"seconds\": {:.6}", self.elapsed.as_secs_f64())?;
        write!(f, ", \"p50_us\": {:.1}", quantile(0.5))?;
        write!(f, ", \"p95_us\": {:.1}", quantile(0.95))?;
        write!(f, ", \"p99_us\": {:.1}", quantile(0.99))?;
        write!(f, ", \"p999_us\": {:.1}", quantile(0.999))?;
        write!(f, ", \"max_us\": {:.1}", us(self.latency.max()))?;
        let share = self.slow as f64 / requests.max(1) as f64;
        write!(f, ", \"slower_than_1ms\": {share:.6}, \"sleeps\": {}", self.sleeps)?;
        if let Some(cpu) = self.server_cpu {
            write!(f, ", \"server_cpu_seconds\": {:.6}", cpu.as_secs_f64())?;
        }
        write!(f, ", \"errors\": {}}}", self.errors)
    }
}
