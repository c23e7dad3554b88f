//! The scheduling rules once more, as plainly as they can be said: lists that are searched from end to end.
//!
//! The model answers every question by itself, except two: which index a new worker gets, and whether a
//! wake-up is due. There it accepts any answer that the contract and the scheduler's invariant 5 allow.

use wharf_core::scheduler::{Next, Tick, Urgency, Wake};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worker {
    Absent,
    /// Associated; not asked yet, or told that the port is closed.
    Idle,
    Runs,
    Blocked,
    Polls,
    Parks,
    /// Has been handed this packet and does not know it yet.
    Holds(u32),
}

pub(crate) struct Model {
    pub(crate) max: usize,
    pub(crate) closed: bool,
    /// By worker index.
    pub(crate) workers: Vec<Worker>,
    /// Who waits, newest last.
    pub(crate) waiters: Vec<usize>,
    /// Packets and whether a waiter is to be released for them.
    pub(crate) queue: Vec<(u32, bool)>,
    pub(crate) accepted: usize,
    /// A wake-up for a poller was ordered; no poller has come out and nobody has absorbed it since.
    pub(crate) signalled: bool,
    taken_at_tick: usize,
}

impl Model {
    pub(crate) fn new(max: usize) -> Self {
        Model {
            max,
            closed: false,
            workers: Vec::new(),
            waiters: Vec::new(),
            queue: Vec::new(),
            accepted: 0,
            signalled: false,
            taken_at_tick: 0,
        }
    }

    /// `worker` is the index that the scheduler chose.
    pub(crate) fn join(&mut self, worker: usize) {
        if worker == self.workers.len() {
            assert!(!self.workers.contains(&Worker::Absent), "an index is to be reused");
            self.workers.push(Worker::Absent);
        }
        assert_eq!(self.workers[worker], Worker::Absent, "the index was in use");
        self.workers[worker] = Worker::Idle;
    }

    /// B3, B4, B5.
    pub(crate) fn get(&mut self, worker: usize) -> Next<u32> {
        self.workers[worker] = Worker::Idle;
        self.waiters.retain(|waiter| *waiter != worker);
        if self.closed {
            return Next::Closed;
        }
        if self.has_room() && !self.queue.is_empty() {
            self.workers[worker] = Worker::Runs;
            return Next::Packet(self.queue.remove(0).0);
        }
        self.waiters.push(worker);
        self.wait_in_place(worker)
    }

    /// A33.
    pub(crate) fn take_more(&mut self, n: usize) -> Vec<u32> {
        let n = n.min(self.queue.len());
        self.queue.drain(..n).map(|(packet, _)| packet).collect()
    }

    pub(crate) fn resume(&mut self, worker: usize) -> Next<u32> {
        match self.workers[worker] {
            Worker::Holds(packet) => {
                self.workers[worker] = Worker::Runs;
                Next::Packet(packet)
            }
            Worker::Polls => {
                self.signalled = false;
                if self.closed || self.has_room() && !self.queue.is_empty() {
                    return self.get(worker);
                }
                self.wait_in_place(worker) // A45: it has not waited anew
            }
            Worker::Parks => Next::Park,
            _ => Next::Closed,
        }
    }

    /// B11.
    pub(crate) fn give_up(&mut self, worker: usize) -> Next<u32> {
        if !self.waiters.contains(&worker) {
            return self.resume(worker);
        }
        self.signalled &= self.workers[worker] != Worker::Polls;
        let next = self.get(worker);
        if matches!(next, Next::Poll | Next::Park) {
            self.waiters.retain(|waiter| *waiter != worker);
            self.workers[worker] = Worker::Runs;
        }
        next
    }

    /// B8.
    pub(crate) fn blocked(&mut self, worker: usize) -> bool {
        let ran = self.workers[worker] == Worker::Runs;
        if ran {
            self.workers[worker] = Worker::Blocked;
            self.hurry();
        }
        ran
    }

    /// B9.
    pub(crate) fn unblocked(&mut self, worker: usize) {
        if self.workers[worker] == Worker::Blocked {
            self.workers[worker] = Worker::Runs;
        }
    }

    /// B2, B15.
    pub(crate) fn leave(&mut self, worker: usize) {
        self.workers[worker] = Worker::Absent;
        self.hurry();
    }

    /// A44.
    pub(crate) fn post(&mut self, packet: u32, urgency: Urgency) -> Result<(), u32> {
        if self.closed {
            return Err(packet);
        }
        self.accepted += 1;
        self.queue.push((packet, urgency == Urgency::Now));
        Ok(())
    }

    /// A15.
    pub(crate) fn close(&mut self) -> Vec<u32> {
        self.closed = true;
        self.queue.drain(..).map(|(packet, _)| packet).collect()
    }

    pub(crate) fn tick(&mut self) -> Tick {
        let taken = self.accepted - self.queue.len();
        let still = taken == self.taken_at_tick;
        self.taken_at_tick = taken;
        if still {
            self.hurry();
        }
        Tick {
            still,
            moved: still && !self.queue.is_empty() && self.has_room() && !self.waiters.is_empty(),
            unpolled: self.count(|worker| worker == Worker::Polls) == 0,
        }
    }

    /// Takes note of an answer of `next_wake`, if that answer is right.
    pub(crate) fn accept(&mut self, wake: Option<Wake>) {
        let newest = self.waiters.last().copied();
        let newest_parks = newest.is_some_and(|worker| self.workers[worker] == Worker::Parks);
        let polled = self.count(|worker| worker == Worker::Polls) > 0;
        match wake {
            Some(Wake::Poller) => {
                assert!(!self.signalled, "a second wake-up for a poller");
                assert!(newest.is_some() && !newest_parks, "the newest waiter must be a poller");
                assert!(self.closed || self.has_room() && self.urgent(), "a wake-up for nothing");
                self.signalled = true;
            }
            Some(Wake::Grow) => panic!("nobody said that this port can grow"),
            Some(Wake::Unpark(id)) => {
                let worker = id.0 as usize;
                assert_eq!(self.workers[worker], Worker::Parks, "only who parks is unparked");
                if self.closed {
                    self.waiters.retain(|waiter| *waiter != worker);
                    self.workers[worker] = Worker::Idle;
                    return;
                }
                assert!(self.has_room(), "beyond the concurrency value (invariant 4)");
                assert_eq!(Some(worker), newest, "newest first (A45)");
                if self.urgent() {
                    self.waiters.pop();
                    self.workers[worker] = Worker::Holds(self.queue.remove(0).0);
                } else {
                    assert!(!polled, "one poller is enough");
                    self.workers[worker] = Worker::Polls;
                }
            }
            None if newest.is_none() => {}
            None if self.closed => {
                assert!(self.signalled, "a waiter is left in a closed port (A15)")
            }
            None if !self.has_room() => {}
            None => {
                let cared_for = !self.urgent() || self.signalled && !newest_parks;
                assert!(cared_for, "a waiter beside an urgent packet (B6, B8, invariant 5)");
                assert!(polled, "waiters and room, and nobody polls (invariant 5)");
            }
        }
    }

    /// Workers that count (invariant 1).
    pub(crate) fn running(&self) -> usize {
        self.count(|worker| matches!(worker, Worker::Runs | Worker::Holds(_)))
    }

    pub(crate) fn count(&self, which: impl Fn(Worker) -> bool) -> usize {
        self.workers.iter().filter(|worker| which(**worker)).count()
    }

    pub(crate) fn has_room(&self) -> bool {
        self.running() < self.max
    }

    /// A lazy packet in front of an urgent one is urgent, so one is enough.
    pub(crate) fn urgent(&self) -> bool {
        self.queue.iter().any(|(_, urgent)| *urgent)
    }

    fn hurry(&mut self) {
        self.queue.iter_mut().for_each(|(_, urgent)| *urgent = true);
    }

    fn wait_in_place(&mut self, worker: usize) -> Next<u32> {
        let room = self.has_room();
        self.workers[worker] = if room { Worker::Polls } else { Worker::Parks };
        if room { Next::Poll } else { Next::Park }
    }
}
