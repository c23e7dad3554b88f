//! The words between the scheduler and its owner: who, what next, whom to wake.

#[cfg(doc)]
use super::Scheduler;

/// A worker of one port: an index that is reused after [`Scheduler::leave`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub u32);

/// What a worker that asked for a packet does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<P> {
    /// Run with this packet.
    Packet(P),
    /// Sleep in the engine until it reports something, then [`Scheduler::resume`].
    Poll,
    /// Sleep until unparked, then [`Scheduler::resume`].
    Park,
    /// The port is closed; the worker is no longer associated with it.
    Closed,
}

/// Whom to wake after a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// One worker that sleeps in the engine, the newest if the engine can choose.
    Poller,
    /// This parked worker.
    Unpark(WorkerId),
    /// Nobody waits: start another worker.
    Grow,
}

/// How soon a packet is to be looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// A waiter is released at once if the concurrency value allows it (B6).
    Now,
    /// A running worker produced it and fetches it at its next `get`; if it does not, [`Scheduler::tick`] notices.
    Lazy,
}

/// What a periodic look at the port found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// No packet was taken since the last tick.
    pub still: bool,
    /// Nothing was taken, packets are queued, and a waiter may be released for them now.
    pub moved: bool,
    /// No worker sleeps in the engine: what completes there is for the caller to fetch.
    pub unpolled: bool,
}
