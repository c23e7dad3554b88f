//! The stack of threads that wait on a port: released newest first, removed from anywhere.
//!
//! A port may have thousands of waiters and any of them may time out, so the stack is a doubly
//! linked list threaded through a vector that is indexed by worker: every operation is O(1) and
//! nothing is allocated after a worker's first wait.
//!
//! # Invariants
//! 1. A worker is in the stack at most once.
//! 2. `below` and `above` of neighbours name each other; the ends name nobody.
//! 3. `len` is the number of workers in the stack.
//!
//! # References
//! Contract A45: waiting threads are released newest first.

use crate::scheduler::WorkerId;

/// End of the list, and the mark of a worker that is not in it.
const NOBODY: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Link {
    above: u32,
    below: u32,
    waiting: bool,
}

const OUT: Link = Link { above: NOBODY, below: NOBODY, waiting: false };

/// Stack of waiting workers.
#[derive(Debug)]
pub struct Waiters {
    links: Vec<Link>,
    newest: u32,
    len: usize,
}

impl Default for Waiters {
    fn default() -> Self {
        Waiters { links: Vec::new(), newest: NOBODY, len: 0 }
    }
}

impl Waiters {
    /// Adds a worker as the newest waiter.
    pub fn push(&mut self, worker: WorkerId) {
        let index = worker.0 as usize;
        if index >= self.links.len() {
            self.links.resize(index + 1, OUT);
        }
        assert!(!self.links[index].waiting, "a worker waits once (invariant 1)");
        self.links[index] = Link { above: NOBODY, below: self.newest, waiting: true };
        if self.newest != NOBODY {
            self.links[self.newest as usize].above = worker.0;
        }
        self.newest = worker.0;
        self.len += 1;
    }

    /// The newest waiter, left where it is.
    #[inline]
    pub fn newest(&self) -> Option<WorkerId> {
        (self.newest != NOBODY).then_some(WorkerId(self.newest))
    }

    /// Takes a worker out, wherever it stands.
    pub fn remove(&mut self, worker: WorkerId) {
        let link = self.links[worker.0 as usize];
        assert!(link.waiting, "only a waiter is removed");
        match link.above {
            NOBODY => self.newest = link.below,
            above => self.links[above as usize].below = link.below,
        }
        if link.below != NOBODY {
            self.links[link.below as usize].above = link.above;
        }
        self.links[worker.0 as usize] = OUT;
        self.len -= 1;
    }

    /// Number of waiters.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nobody waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(waiters: &mut Waiters) -> Vec<u32> {
        let mut order = Vec::new();
        while let Some(worker) = waiters.newest() {
            waiters.remove(worker);
            order.push(worker.0);
        }
        order
    }

    /// A45, and removal at the top, in the middle and at the bottom.
    #[test]
    fn newest_first_and_removal_anywhere() {
        for removed in [0, 1, 2, 3] {
            let mut waiters = Waiters::default();
            for worker in [3, 0, 2, 1] {
                waiters.push(WorkerId(worker));
            }
            waiters.remove(WorkerId(removed));
            assert_eq!(waiters.len(), 3);
            let expected: Vec<u32> = [1, 2, 0, 3].into_iter().filter(|w| *w != removed).collect();
            assert_eq!(drain(&mut waiters), expected);
            assert!(waiters.is_empty());
        }
    }

    #[test]
    #[should_panic(expected = "invariant 1")]
    fn a_worker_waits_once() {
        let mut waiters = Waiters::default();
        waiters.push(WorkerId(0));
        waiters.push(WorkerId(0));
    }
}
