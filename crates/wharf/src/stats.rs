//! A port's numbers.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::dispatch::Reading;

/// The numbers of one moment: [`Port::stats`](crate::Port::stats).
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let port = wharf::Port::new(2)?;
/// port.post(0, (), 0)?;
/// port.post(0, (), 0)?;
/// assert_eq!((port.stats().queued, port.stats().taken), (2, 0));
/// port.get(None)?;
/// assert_eq!((port.stats().queued, port.stats().running), (1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The concurrency value.
    pub concurrency: u32,
    /// Workers that count against it.
    pub running: u32,
    /// Workers that are blocked elsewhere and do not count.
    pub blocked: u32,
    /// Workers that wait for a packet.
    pub waiting: usize,
    /// Packets that are queued.
    pub queued: usize,
    /// Packets taken since the port was made.
    pub taken: u64,
    /// Releases of another worker because one said that it blocks: [`blocking`](crate::blocking).
    pub released_told: u64,
    /// Releases of another worker because one was seen blocked.
    pub released_sensed: u64,
    /// Releases that took longer than the steward's longest pause of a millisecond.
    pub released_late: u64,
    /// Waiters that were woken for a packet that somebody else had taken meanwhile.
    pub needless: u64,
    /// Timers and deadlines that are set.
    pub timers: usize,
    /// Pending receives and accepts.
    pub receiving: usize,
    /// Pending sends and connects.
    pub sending: usize,
    /// Pending reads, writes and the like of files; what the page cache serves is never pending.
    pub transferring: usize,
    /// Locks of files that are waited for.
    pub locking: usize,
    /// From queueing to a worker, for one packet in 64.
    pub waits: Latency,
    /// From the need of a release to the packet in the hands of the worker that was released.
    pub releases: Latency,
}

impl Stats {
    pub(crate) fn new(reading: Reading, timers: usize, receiving: usize, sending: usize) -> Self {
        let Reading { counts, waits, releases, late } = reading;
        Stats {
            concurrency: counts.concurrency,
            running: counts.running,
            blocked: counts.blocked,
            waiting: counts.waiting,
            queued: counts.queued,
            taken: counts.taken,
            released_told: counts.released_told,
            released_sensed: counts.released_sensed,
            released_late: late,
            needless: counts.needless,
            timers,
            receiving,
            sending,
            transferring: 0,
            locking: 0,
            waits,
            releases,
        }
    }
}

/// A distribution of times, to about a tenth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Latency {
    /// How many were measured.
    pub count: u64,
    /// Half of them took no longer.
    pub p50: Duration,
    /// Ninety in a hundred took no longer.
    pub p90: Duration,
    /// Ninety-nine in a hundred took no longer.
    pub p99: Duration,
    /// None took longer.
    pub max: Duration,
}

impl Latency {
    pub(crate) fn of(times: &Histogram<u64>) -> Self {
        let at = |quantile| Duration::from_nanos(times.value_at_quantile(quantile));
        Latency { count: times.len(), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1.0) }
    }
}
