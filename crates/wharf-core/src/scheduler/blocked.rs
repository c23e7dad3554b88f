//! Workers that block outside the port, by their own word or as seen from outside (contract B8, B9, B17).

use super::worker::State;
use super::{Scheduler, WorkerId};

impl<P> Scheduler<P> {
    /// A running worker blocks outside the port (B8). False if it did not count in the first place.
    pub fn blocked(&mut self, worker: WorkerId) -> bool {
        match self.state(worker) {
            State::Running => {}
            // It says itself now what had been seen of it: it counts again at its own word only.
            State::Sensed => {
                self.set(worker, State::Blocked);
                return true;
            }
            _ => return false,
        }
        self.give_way(worker, State::Blocked);
        self.released_told += u64::from(self.would_release());
        true
    }

    /// A blocked worker runs again, above `max` if need be (B9).
    pub fn unblocked(&mut self, worker: WorkerId) {
        if self.state(worker) == State::Blocked {
            self.blocked -= 1;
            self.run(worker);
        }
    }

    /// Whether it is worth while to look for a running worker that is in truth blocked: packets wait, somebody
    /// could be released for them, and no slot is free.
    #[inline]
    pub fn is_needed(&self) -> bool {
        self.active >= self.max
            && !self.queue.is_empty()
            && !self.closed
            && (self.growable || !self.waiters.is_empty())
    }

    /// The workers that count, each with its epoch.
    pub fn suspects(&self) -> impl Iterator<Item = (WorkerId, u32)> {
        self.in_state(State::Running)
    }

    /// The worker that counts and has moved least lately, hence is the likeliest to be blocked; of those that have moved
    /// since the one with epoch `last`, if that is given.
    pub fn next_suspect(&self, last: Option<u32>) -> Option<(WorkerId, u32)> {
        let age = |epoch: u32| self.epoch.wrapping_sub(epoch);
        self.suspects()
            .filter(|&(_, epoch)| last.is_none_or(|last| age(epoch) < age(last)))
            .max_by_key(|&(_, epoch)| age(epoch))
    }

    /// The workers that do not count because they were seen blocked, each with its epoch.
    pub fn sensed(&self) -> impl Iterator<Item = (WorkerId, u32)> {
        self.in_state(State::Sensed)
    }

    /// A worker was seen blocked while it was in this epoch (B8, B17); false if it has moved on.
    pub fn sense_blocked(&mut self, worker: WorkerId, epoch: u32) -> bool {
        if self.state(worker) != State::Running || self.workers[worker.0 as usize].epoch != epoch {
            return false;
        }
        self.give_way(worker, State::Sensed);
        self.released_sensed += u64::from(self.would_release());
        true
    }

    /// A worker that had been seen blocked was seen running in this epoch (B9); false if it has moved on.
    pub fn sense_running(&mut self, worker: WorkerId, epoch: u32) -> bool {
        if self.state(worker) != State::Sensed || self.workers[worker.0 as usize].epoch != epoch {
            return false;
        }
        self.blocked -= 1;
        self.set(worker, State::Running); // the same packet, the same epoch
        self.active += 1;
        true
    }

    /// A worker that counted does so no more, and what it would have fetched, somebody else must.
    fn give_way(&mut self, worker: WorkerId, state: State) {
        self.set(worker, state);
        self.active -= 1;
        self.blocked += 1;
        self.queue.mark_all_urgent();
    }

    fn in_state(&self, state: State) -> impl Iterator<Item = (WorkerId, u32)> {
        let all = (0_u32..).zip(&self.workers);
        all.filter(move |(_, worker)| worker.state == state)
            .map(|(id, worker)| (WorkerId(id), worker.epoch))
    }
}
