//! A port's numbers.

use wharf_core::scheduler::Counts;

/// The numbers of one moment: [`Port::stats`](crate::Port::stats).
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let port = wharf::Port::new(2)?;
/// port.post(0, (), 0)?;
/// port.post(0, (), 0)?;
/// assert_eq!((port.stats().queued, port.stats().taken), (2, 0));
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
    /// Timers and deadlines that are set.
    pub timers: usize,
    /// Pending receives and accepts.
    pub receiving: usize,
    /// Pending sends and connects.
    pub sending: usize,
}

impl Stats {
    pub(crate) fn new(counts: Counts, timers: usize, receiving: usize, sending: usize) -> Self {
        Stats {
            concurrency: counts.concurrency,
            running: counts.running,
            blocked: counts.blocked,
            waiting: counts.waiting,
            queued: counts.queued,
            taken: counts.taken,
            released_told: counts.released_told,
            released_sensed: counts.released_sensed,
            timers,
            receiving,
            sending,
        }
    }
}
