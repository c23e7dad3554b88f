//! Whom to wake: what is due after a transition.

use std::collections::VecDeque;

use super::worker::State;
use super::{Scheduler, Tick, Wake, WorkerId};

impl<P> Scheduler<P> {
    /// Whether no wake-up can be due: nobody waits and nobody can be had, or no slot is free, or somebody polls and will
    /// find what is queued. False says nothing.
    #[inline]
    pub fn is_settled(&self) -> bool {
        let nobody = self.waiters.is_empty() && !self.growable;
        let watched = self.polling > 0 && !self.queue.is_urgent();
        nobody || (!self.closed && (watched || self.active >= self.max))
    }

    /// The next wake-up that is due; `None` when all is settled (invariant 5).
    pub fn next_wake(&mut self) -> Option<Wake> {
        let Some(newest) = self.waiters.newest() else { return self.grow() };
        if self.closed {
            return self.wake_for_close(newest);
        }
        if self.active >= self.max {
            return None;
        }
        if self.queue.is_urgent() {
            return self.release(newest);
        }
        if self.polling == 0 {
            // Everybody parked while the port was full; a slot is free, so one of them watches the engine.
            self.set(newest, State::Polling);
            self.polling += 1;
            return Some(Wake::Unpark(newest));
        }
        None
    }

    /// Somebody who is no poller took the engine's wake-up signal: the next one may be sent.
    pub fn wake_absorbed(&mut self) {
        self.waking = false;
    }

    /// Says whether more workers can be had for the asking.
    pub fn set_growable(&mut self, growable: bool) {
        self.growable = growable;
        self.growing = false;
    }

    /// A look from outside, repeated while the port is in use: what was lazy and nobody has taken anything
    /// since the last look is urgent now.
    pub fn tick(&mut self) -> Tick {
        let still = self.taken_at_tick == self.queue.taken();
        self.taken_at_tick = self.queue.taken();
        if still {
            self.queue.mark_all_urgent();
        }
        Tick { still, moved: still && self.would_release(), unpolled: self.polling == 0 }
    }

    /// Whatever is queued is urgent now.
    pub fn urge(&mut self) {
        self.queue.mark_all_urgent();
    }

    /// Whether a waiter, or a new worker, may be released for a queued packet now.
    #[inline]
    pub fn would_release(&self) -> bool {
        self.active < self.max
            && !self.queue.is_empty()
            && (self.growable || !self.waiters.is_empty())
    }

    fn release(&mut self, newest: WorkerId) -> Option<Wake> {
        if matches!(self.state(newest), State::Polling) {
            return (!std::mem::replace(&mut self.waking, true)).then_some(Wake::Poller);
        }
        let packet = self.queue.pop().expect("an urgent packet is a queued one");
        self.unlist(newest);
        self.set(newest, State::Handed);
        self.workers[newest.0 as usize].handed = Some(packet);
        self.handed.push_back(newest);
        self.active += 1;
        Some(Wake::Unpark(newest))
    }

    fn wake_for_close(&mut self, newest: WorkerId) -> Option<Wake> {
        if matches!(self.state(newest), State::Parked) {
            self.unlist(newest);
            self.set(newest, State::Idle);
            return Some(Wake::Unpark(newest));
        }
        // Pollers go one by one, each waking the next; parked workers below them go with the last.
        (!std::mem::replace(&mut self.waking, true)).then_some(Wake::Poller)
    }

    /// The room of a burst of packets that is over: to be dropped outside the lock.
    pub fn shed(&mut self) -> Option<VecDeque<P>> {
        self.queue.shed()
    }

    /// Orders another worker if a packet is urgent, a slot free and nobody there to take it.
    fn grow(&mut self) -> Option<Wake> {
        let due = self.growable
            && !self.growing
            && !self.closed
            && self.active < self.max
            && self.queue.is_urgent();
        self.growing |= due;
        due.then_some(Wake::Grow)
    }
}
