//! When each connection that pauses sends next.
//!
//! The pauses are spread evenly between half the mean and one and a half of it: equal pauses would let the
//! connections fall into step and send in bursts. The sequence is the same in every run, so that two servers meet
//! the same one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

pub(crate) struct Pacer {
    mean: Duration,
    due: BinaryHeap<Reverse<(Instant, usize)>>,
    /// State of a xorshift generator; never zero.
    random: u64,
}

impl Pacer {
    pub(crate) fn new(mean: Duration) -> Self {
        Self { mean, due: BinaryHeap::new(), random: 0x9E37_79B9_7F4A_7C15 }
    }

    /// Schedules a connection that has just been answered.
    pub(crate) fn pause(&mut self, connection: usize, now: Instant) {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        // 32 random bits as a fraction of one.
        let fraction = (self.random >> 32) as f64 / f64::from(u32::MAX);
        self.due.push(Reverse((now + self.mean.mul_f64(0.5 + fraction), connection)));
    }

    /// When the next pause ends.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    /// A connection whose pause is over.
    pub(crate) fn take(&mut self, now: Instant) -> Option<usize> {
        if self.next()? > now {
            return None;
        }
        self.due.pop().map(|Reverse((_, connection))| connection)
    }
}
