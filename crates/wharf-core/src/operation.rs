//! The life of an overlapped operation, and the FIFO of those pending in one direction of a handle.
//!
//! ```text
//!            refused at once: no packet (C18)
//!           /
//! Accepted ─┬─> Pending ──┬─> Cancelling ─┐
//!           │             │               v
//!           └─────────────┴────────> Completed ──> Delivered
//! ```
//! An engine that can withdraw an operation by itself (epoll: the operation is only in our queue) goes
//! from Pending to Completed; one that must ask the kernel goes by Cancelling, and the answer may still
//! be success (C35). An operation is moved, never copied: the queue gives it up by value when it
//! completes, so that two packets for one operation cannot be written down.
//!
//! # Invariants
//! 1. Ids grow along the FIFO, so finding one is a binary search.
//! 2. Only the front may have started: operations of one direction take effect in issue order (C45, C46).
//! 3. Exactly one packet for every accepted operation (A47): an operation leaves by [`Pending::pop`],
//!    [`Pending::withdraw`] or [`Pending::drain`], each of which returns it.
//! 4. The room of a burst is given back with its last operation.

use std::collections::VecDeque;
use std::collections::vec_deque::Iter;

/// Names an operation among all that were ever issued on one handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(pub u64);

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Checked and taken over; owns its memory from here on. To Pending, Completed.
    Accepted,
    /// Waits for its turn or for the peer. To Cancelling, Completed.
    Pending,
    /// A cancellation was requested and the kernel has not answered. To Completed.
    Cancelling,
    /// The result is known and the packet is on its way. To Delivered.
    Completed,
    /// The packet was taken, or dropped with the port. Final.
    Delivered,
}

impl Phase {
    /// The phase after a step, or `None` where the life cycle has no such step.
    ///
    /// ```
    /// use wharf_core::operation::Phase;
    /// assert_eq!(Phase::Pending.to(Phase::Completed), Some(Phase::Completed));
    /// assert_eq!(Phase::Completed.to(Phase::Cancelling), None); // too late to cancel
    /// ```
    pub fn to(self, next: Phase) -> Option<Phase> {
        use Phase::{Accepted, Cancelling, Completed, Delivered, Pending};
        let legal = matches!(
            (self, next),
            (Accepted, Pending | Completed)
                | (Pending, Cancelling | Completed)
                | (Cancelling, Completed)
                | (Completed, Delivered)
        );
        legal.then_some(next)
    }
}

/// Room for so many is kept when the last one has gone, so that a connection with a few at a time does not allocate for each.
const KEPT: usize = 8;

/// FIFO of the operations that wait in one direction of a handle.
///
/// The first is kept inline: a connection with one operation pending, or none, owns no further memory.
#[derive(Debug)]
pub struct Pending<O> {
    first: Option<(OpId, O)>,
    rest: VecDeque<(OpId, O)>,
}

impl<O> Default for Pending<O> {
    fn default() -> Self {
        Pending { first: None, rest: VecDeque::new() }
    }
}

impl<O> Pending<O> {
    /// Appends an operation; ids must grow (invariant 1).
    pub fn push(&mut self, id: OpId, operation: O) {
        debug_assert!(self.iter_ids().next_back().is_none_or(|last| last < id));
        if self.first.is_none() {
            debug_assert!(self.rest.is_empty(), "the first is filled first");
            self.first = Some((id, operation));
        } else {
            self.rest.push_back((id, operation));
        }
    }

    /// The operation whose turn it was has it again.
    pub fn push_front(&mut self, id: OpId, operation: O) {
        debug_assert!(self.iter_ids().next().is_none_or(|first| id < first));
        if let Some(second) = self.first.replace((id, operation)) {
            self.rest.push_front(second);
        }
    }

    /// The operation whose turn it is.
    #[inline]
    pub fn front_mut(&mut self) -> Option<&mut O> {
        self.first.as_mut().map(|(_, operation)| operation)
    }

    /// Its id.
    #[must_use]
    pub fn front_id(&self) -> Option<OpId> {
        self.first.as_ref().map(|(id, _)| *id)
    }

    /// Takes out the operation whose turn it is: it completes.
    #[inline]
    pub fn pop(&mut self) -> Option<O> {
        let (_, operation) = self.first.take()?;
        if !self.rest.is_empty() {
            self.first = self.rest.pop_front();
            self.give_back();
        }
        Some(operation)
    }

    /// Takes out one operation, wherever it stands; `None` if it is no longer pending (C33).
    pub fn withdraw(&mut self, id: OpId) -> Option<O> {
        if self.first.as_ref()?.0 == id {
            return self.pop();
        }
        let at = self.rest.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let (_, operation) = self.rest.remove(at)?;
        self.give_back();
        Some(operation)
    }

    /// Invariant 4.
    #[inline]
    fn give_back(&mut self) {
        if self.rest.capacity() > KEPT && self.rest.is_empty() {
            self.rest = VecDeque::new();
        }
    }

    /// One operation, wherever it stands.
    pub fn find_mut(&mut self, id: OpId) -> Option<&mut O> {
        match &mut self.first {
            Some((first, operation)) if *first == id => Some(operation),
            _ => {
                let at = self.rest.binary_search_by_key(&id, |(id, _)| *id).ok()?;
                self.rest.get_mut(at).map(|(_, operation)| operation)
            }
        }
    }

    /// Takes out all operations in issue order (C34, C39), and gives the memory back.
    pub fn drain(&mut self) -> impl Iterator<Item = O> + use<O> {
        let rest = std::mem::take(&mut self.rest);
        self.first.take().into_iter().chain(rest).map(|(_, operation)| operation)
    }

    /// All operations in issue order.
    pub fn iter(&self) -> impl Iterator<Item = (OpId, &O)> {
        self.first.iter().chain(&self.rest).map(|(id, operation)| (*id, operation))
    }

    /// Number of pending operations.
    pub fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    /// Whether none is pending.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    fn iter_ids(&self) -> impl DoubleEndedIterator<Item = OpId> + '_ {
        let rest: Iter<'_, (OpId, O)> = self.rest.iter();
        self.first.iter().chain(rest).map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Pending<char> {
        let mut pending = Pending::default();
        for (id, operation) in [(1, 'a'), (4, 'b'), (9, 'c')] {
            pending.push(OpId(id), operation);
        }
        pending
    }

    /// Every pair of phases: the legal steps are these six and no others.
    #[test]
    fn the_life_cycle_has_six_steps() {
        use Phase::*;
        let all = [Accepted, Pending, Cancelling, Completed, Delivered];
        let legal = [
            (Accepted, Pending),
            (Accepted, Completed),
            (Pending, Cancelling),
            (Pending, Completed),
            (Cancelling, Completed),
            (Completed, Delivered),
        ];
        for from in all {
            for to in all {
                let expected = legal.contains(&(from, to)).then_some(to);
                assert_eq!(from.to(to), expected, "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn operations_leave_in_issue_order() {
        let mut pending = three();
        assert_eq!(pending.len(), 3);
        assert_eq!(
            [pending.pop(), pending.pop(), pending.pop(), pending.pop()],
            [Some('a'), Some('b'), Some('c'), None]
        );
        assert!(pending.is_empty());
    }

    /// What a burst has taken is not kept: a connection that is idle owns little (invariant 4).
    #[test]
    fn the_room_of_a_burst_is_given_back() {
        let burst = || {
            let mut pending = Pending::default();
            (0..1000).for_each(|id| pending.push(OpId(id), id));
            pending
        };
        let mut pending = burst();
        while pending.pop().is_some() {}
        assert!(pending.rest.capacity() <= KEPT, "{}", pending.rest.capacity());
        let mut pending = burst();
        (0..1000).rev().for_each(|id| assert_eq!(pending.withdraw(OpId(id)), Some(id)));
        assert!(pending.rest.capacity() <= KEPT, "{}", pending.rest.capacity());
    }

    /// The first one is taken out and comes back, with others and alone.
    #[test]
    fn the_front_comes_back() {
        let mut pending = three();
        let front = pending.pop().unwrap();
        pending.push_front(OpId(1), front);
        assert_eq!(
            (pending.front_id(), pending.drain().collect::<String>()),
            (Some(OpId(1)), "abc".into())
        );
        pending.push_front(OpId(1), 'a');
        assert_eq!((pending.pop(), pending.pop()), (Some('a'), None));
    }

    /// A47 and C33: each of the three positions can be withdrawn, once.
    #[test]
    fn one_is_withdrawn_once() {
        for (id, operation, left) in [(1, 'a', "bc"), (4, 'b', "ac"), (9, 'c', "ab")] {
            let mut pending = three();
            assert_eq!(pending.withdraw(OpId(5)), None);
            assert_eq!(pending.withdraw(OpId(id)), Some(operation));
            assert_eq!(pending.withdraw(OpId(id)), None);
            assert_eq!(pending.drain().collect::<String>(), left);
            assert!(pending.is_empty());
        }
    }
}
