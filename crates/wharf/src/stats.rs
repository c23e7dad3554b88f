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
    /// Timers and deadlines that are set.
    pub timers: usize,
    /// Pending receives and accepts.
    pub receiving: usize,
    /// Pending sends and connects.
    pub sending: usize,
}

impl Stats {
    pub(crate) fn new(counts: Counts, timers: usize, receiving: usize, sending: usize) -> Self {
        let Counts { concurrency, running, blocked, waiting, queued, taken } = counts;
        Stats { concurrency, running, blocked, waiting, queued, taken, timers, receiving, sending }
    }
}
