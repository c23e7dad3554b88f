//! The scheduler's numbers, and what else it can be asked without a change.

use super::worker::State;
use super::{Scheduler, WorkerId};

/// Numbers of one moment, taken under the port's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    /// The concurrency value.
    pub concurrency: u32,
    /// Workers that count against it.
    pub running: u32,
    /// Associated workers that are blocked elsewhere.
    pub blocked: u32,
    /// Workers that wait for a packet.
    pub waiting: usize,
    /// Packets queued (A46).
    pub queued: usize,
    /// Packets taken, handed or returned by [`Scheduler::close`] since the port was made.
    pub taken: u64,
    /// Packets given to another worker because one said that it blocks (B8).
    pub released_told: u64,
    /// The same, because one was seen blocked (B17).
    pub released_sensed: u64,
    /// Waiters that were woken for a packet that somebody else had taken meanwhile.
    pub needless: u64,
}

impl<P> Scheduler<P> {
    /// Whether somebody waits for a packet.
    pub fn has_waiters(&self) -> bool {
        !self.waiters.is_empty()
    }

    /// Whether no worker sleeps in the engine.
    pub fn is_unpolled(&self) -> bool {
        self.polling == 0
    }

    /// Whether the worker counts against the concurrency value and knows it: not before it has picked up
    /// what it was handed.
    pub fn is_running(&self, worker: WorkerId) -> bool {
        matches!(self.state(worker), State::Running)
    }

    /// Whether the port has been closed.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Packets taken, handed or dropped since the beginning.
    #[inline]
    pub fn taken(&self) -> u64 {
        self.queue.taken()
    }

    /// Packets that nobody who waits is about to take: more than there are waiters with a free slot.
    pub fn unclaimed(&self) -> usize {
        let slots = self.max.saturating_sub(self.active) as usize;
        self.queue.len().saturating_sub(slots.min(self.waiters.len()))
    }

    /// The counters of this moment.
    pub fn counts(&self) -> Counts {
        Counts {
            concurrency: self.max,
            running: self.active,
            blocked: self.blocked,
            waiting: self.waiters.len(),
            queued: self.queue.len(),
            taken: self.queue.taken(),
            released_told: self.released_told,
            released_sensed: self.released_sensed,
            needless: self.needless,
        }
    }
}
