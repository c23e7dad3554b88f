//! The packet FIFO of a port, and what part of it must not wait.
//!
//! Packets leave in the order in which they came. Beside the packets the queue keeps one mark:
//! packets in front of the mark are *urgent*, a waiter is to be released for them at once;
//! packets behind it are *lazy*, they belong to a worker that comes back for them within
//! microseconds, and a wake-up for them would cost more than it gains. The scheduler decides
//! which is which; the queue only remembers.
//!
//! # Invariants
//! 1. `taken + packets.len()` is the number of packets ever pushed.
//! 2. `urgent_end` never exceeds that number.
//! 3. A lazy packet in front of an urgent one counts as urgent: it would be handed over first.
//!
//! # References
//! Contract A44 (one FIFO for completions and posts), A46 (depth).

use std::collections::VecDeque;

/// Packets for which there is room at any time, once there has been need for it; room for more is given back.
const KEPT: usize = 1024;

/// FIFO of packets with an urgency mark.
#[derive(Debug)]
pub struct Queue<P> {
    packets: VecDeque<P>,
    /// Packets popped and not put back: the sequence number of the head.
    taken: u64,
    /// Sequence number just behind the last urgent packet.
    urgent_end: u64,
}

impl<P> Default for Queue<P> {
    fn default() -> Self {
        Queue { packets: VecDeque::new(), taken: 0, urgent_end: 0 }
    }
}

impl<P> Queue<P> {
    /// Appends a packet that its worker will fetch by itself.
    ///
    /// Where there is room, `make` writes to the packet's place in the queue. For a `push_back` that may have to grow the
    /// compiler makes the packet elsewhere and copies it, in other pieces than it was written in: the processor cannot
    /// serve such loads from its store buffer, and waits until that has been emptied.
    #[inline]
    pub fn push_lazy(&mut self, make: impl FnOnce() -> P) {
        if self.packets.len() < self.packets.capacity() {
            self.packets.push_back(make());
        } else {
            self.push_and_grow(make());
        }
    }

    #[cold]
    #[inline(never)]
    fn push_and_grow(&mut self, packet: P) {
        self.packets.push_back(packet);
    }

    /// Appends a packet for which a waiter is to be released.
    #[inline]
    pub fn push_urgent(&mut self, make: impl FnOnce() -> P) {
        self.push_lazy(make);
        self.mark_all_urgent();
    }

    /// Takes the oldest packet. What `pop_front` answers is not looked at, so that it goes straight to the caller.
    #[inline]
    pub fn pop(&mut self) -> Option<P> {
        self.taken += u64::from(!self.packets.is_empty());
        self.packets.pop_front()
    }

    /// A packet that was taken, and that nobody has had, is the oldest again.
    pub fn put_back(&mut self, packet: P) {
        self.packets.push_front(packet);
        self.taken -= 1;
    }

    /// Makes every queued packet urgent: whoever was to fetch the lazy ones will not come soon.
    #[inline]
    pub fn mark_all_urgent(&mut self) {
        self.urgent_end = self.taken + self.packets.len() as u64;
    }

    /// Whether a waiter ought to be released for the head.
    #[inline]
    pub fn is_urgent(&self) -> bool {
        self.taken < self.urgent_end
    }

    /// Packets queued and not yet taken (A46).
    #[inline]
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Whether nothing is queued.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Packets taken since the beginning; it stands still while nobody takes any.
    #[inline]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The room of a burst, once that is over: to be dropped by the caller, outside its lock.
    pub fn shed(&mut self) -> Option<VecDeque<P>> {
        let over = self.packets.capacity() > KEPT && self.packets.is_empty();
        over.then(|| std::mem::take(&mut self.packets))
    }

    /// Empties the queue; the packets are returned so that the caller drops them outside its lock.
    pub fn drain(&mut self) -> VecDeque<P> {
        self.taken += self.packets.len() as u64;
        std::mem::take(&mut self.packets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A44: first in, first out, whatever the urgency.
    #[test]
    fn fifo_regardless_of_urgency() {
        let mut q = Queue::default();
        q.push_lazy(|| 1);
        q.push_urgent(|| 2);
        q.push_lazy(|| 3);
        assert_eq!([q.pop(), q.pop(), q.pop(), q.pop()], [Some(1), Some(2), Some(3), None]);
    }

    /// What a burst has taken is given back when it is over, and not before; what is usual is kept.
    #[test]
    fn the_room_of_a_burst_is_given_back() {
        let mut q = Queue::default();
        (0..KEPT / 2).for_each(|packet| q.push_lazy(|| packet));
        while q.pop().is_some() {}
        assert!(q.shed().is_none());
        (0..KEPT * 2).for_each(|packet| q.push_lazy(|| packet));
        assert!(q.shed().is_none(), "packets are in it");
        while q.pop().is_some() {}
        assert!(q.shed().is_some_and(|room| room.capacity() > KEPT));
        assert!(q.shed().is_none() && q.packets.capacity() == 0);
        assert_eq!(q.taken(), (KEPT / 2 + KEPT * 2) as u64);
    }

    /// Invariant 3 and its end: the mark covers what lies in front of it and nothing behind it.
    #[test]
    fn urgency_covers_the_packets_in_front() {
        let mut q = Queue::default();
        q.push_lazy(|| 1);
        assert!(!q.is_urgent());
        q.push_urgent(|| 2);
        q.push_lazy(|| 3);
        assert!(q.is_urgent());
        q.pop();
        assert!(q.is_urgent());
        q.pop();
        assert!(!q.is_urgent(), "packet 3 is lazy");
        q.mark_all_urgent();
        assert!(q.is_urgent());
        assert_eq!(q.drain().len(), 1);
        assert!(!q.is_urgent() && q.is_empty());
        assert_eq!(q.taken(), 3);
    }
}
