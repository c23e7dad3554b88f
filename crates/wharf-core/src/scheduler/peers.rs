//! When workers look at each other, so that whoever looks at them from outside may do so more rarely.
//!
//! Time is told by the packets that are taken: the owner says how many go by from one look to the next.

use std::num::NonZeroU64;

use super::{Scheduler, WorkerId};

#[derive(Debug)]
pub(super) struct PeerLooks {
    /// Packets from one look to the next.
    every: u64,
    /// What [`Scheduler::taken`] is when the next one is due.
    due: u64,
    /// The epoch at the last one.
    epoch: u32,
}

impl PeerLooks {
    pub(super) const NONE: PeerLooks = PeerLooks { every: 0, due: u64::MAX, epoch: 0 };
}

impl<P> Scheduler<P> {
    /// Has workers look at each other once in so many packets, or no longer.
    pub fn set_peer_looks(&mut self, every: Option<NonZeroU64>) {
        let Some(every) = every.map(NonZeroU64::get) else {
            self.peers = PeerLooks::NONE;
            return;
        };
        if self.peers.due == u64::MAX {
            self.peers.epoch = self.epoch;
        }
        self.peers.every = every;
        self.peers.due = self.peers.due.min(self.taken() + every);
    }

    #[inline]
    pub(super) fn is_peer_look_due(&self) -> bool {
        self.taken() >= self.peers.due
    }

    /// Begins a look at the other workers if it is due; answers since when they are to have moved.
    pub fn begin_peer_look(&mut self) -> Option<u32> {
        if !self.is_peer_look_due() {
            return None;
        }
        self.peers.due = self.taken() + self.peers.every;
        Some(std::mem::replace(&mut self.peers.epoch, self.epoch))
    }

    /// As [`Scheduler::next_suspect`], of those that have not moved since an epoch.
    pub fn next_unmoved(&self, last: Option<u32>, since: u32) -> Option<(WorkerId, u32)> {
        let age = |epoch: u32| self.epoch.wrapping_sub(epoch);
        self.next_suspect(last).filter(|&(_, epoch)| age(epoch) >= age(since))
    }
}
