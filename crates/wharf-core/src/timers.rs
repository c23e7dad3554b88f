//! Pending points in time, each with what is due then.
//!
//! An ordered map keyed by time and then by order of insertion: insert and remove are O(log n), the
//! earliest is at the front, and what was removed leaves nothing behind, so that a server that moves an
//! idle time-out with every request does not grow. The clock is the caller's: nanoseconds of its choice.
//!
//! # Invariants
//! 1. Keys are unique for the life of the table.
//! 2. What is due comes out in order of time, and in order of insertion among equals.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

/// Names one entry; its time is part of it, which makes removal one look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerKey {
    at: u64,
    /// Not zero, so that an optional key is no larger: there is one in every pending operation.
    sequence: NonZeroU64,
}

/// Entries by time.
#[derive(Debug)]
pub struct Timers<V> {
    entries: BTreeMap<TimerKey, V>,
    /// The next key's.
    sequence: NonZeroU64,
}

impl<V> Default for Timers<V> {
    fn default() -> Self {
        Timers { entries: BTreeMap::new(), sequence: NonZeroU64::MIN }
    }
}

impl<V> Timers<V> {
    /// Enters something that is due at `at` nanoseconds.
    pub fn insert(&mut self, at: u64, value: V) -> TimerKey {
        let key = TimerKey { at, sequence: self.sequence };
        self.sequence = self.sequence.checked_add(1).expect("fewer than 2^64 timers");
        self.entries.insert(key, value);
        key
    }

    /// Takes an entry out before its time; `None` if it has come out already.
    pub fn remove(&mut self, key: TimerKey) -> Option<V> {
        self.entries.remove(&key)
    }

    /// When the earliest is due.
    pub fn earliest(&self) -> Option<u64> {
        self.entries.first_key_value().map(|(key, _)| key.at)
    }

    /// Takes out the earliest entry if it is due at `now`.
    pub fn pop_due(&mut self, now: u64) -> Option<V> {
        let entry = self.entries.first_entry()?;
        (entry.key().at <= now).then(|| entry.remove())
    }

    /// Takes out everything, in order.
    pub fn drain(&mut self) -> impl Iterator<Item = V> + use<V> {
        std::mem::take(&mut self.entries).into_values()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Invariant 2, with the boundary: due at its very nanosecond, not before.
    #[test]
    fn due_in_order_and_not_early() {
        let mut timers = Timers::default();
        for (at, name) in [(20, 'c'), (10, 'a'), (20, 'd'), (10, 'b')] {
            timers.insert(at, name);
        }
        assert_eq!(timers.pop_due(9), None);
        let mut due = |now| std::iter::from_fn(|| timers.pop_due(now)).collect::<String>();
        assert_eq!(due(10), "ab");
        assert_eq!(due(19), "");
        assert_eq!(due(u64::MAX), "cd");
    }

    #[test]
    fn removed_once_and_gone() {
        let mut timers = Timers::default();
        let key = timers.insert(5, 'x');
        let other = timers.insert(5, 'y');
        assert_eq!((timers.remove(key), timers.remove(key)), (Some('x'), None));
        assert_eq!((timers.earliest(), timers.len()), (Some(5), 1));
        assert_eq!(timers.pop_due(5), Some('y'));
        assert_eq!(timers.remove(other), None);
        assert_eq!(timers.earliest(), None);
    }
}
