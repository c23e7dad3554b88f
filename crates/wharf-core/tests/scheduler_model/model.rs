//! The scheduling rules once more, as plainly as they can be said: lists that are searched from end to end.
//!
//! The model answers every question by itself, except two: which index a new worker gets, and whether a
//! wake-up, or another worker, is due. There it accepts any answer that the contract and the scheduler's invariant 5 allow.

use wharf_core::scheduler::{Next, Tick, Urgency, Wake};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worker {
    Absent,
    /// Associated; not asked yet, or told that the port is closed.
    Idle,
    Runs,
    /// By its own word.
    Blocked,
    /// As seen from outside.
    Sensed,
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
    /// By worker index: how often it has asked, been given something or come back. What was seen of it holds
    /// for as long as this stays the same.
    pub(crate) lives: Vec<u32>,
    pub(crate) growable: bool,
    /// Another worker was ordered and none has joined since.
    pub(crate) growing: bool,
    pub(crate) released_told: u64,
    pub(crate) released_sensed: u64,
    pub(crate) needless: u64,
    /// Who holds a packet that another may take, last one last.
    held: Vec<usize>,
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
            lives: Vec::new(),
            growable: false,
            growing: false,
            released_told: 0,
            released_sensed: 0,
            needless: 0,
            held: Vec::new(),
            taken_at_tick: 0,
        }
    }

    /// `worker` is the index that the scheduler chose.
    pub(crate) fn join(&mut self, worker: usize) {
        if worker == self.workers.len() {
            assert!(!self.workers.contains(&Worker::Absent), "an index is to be reused");
            self.workers.push(Worker::Absent);
            self.lives.push(0);
        }
        assert_eq!(self.workers[worker], Worker::Absent, "the index was in use");
        self.workers[worker] = Worker::Idle;
    }

    /// B3, B4, B5; without room it takes the packet of who was handed one last and does not know it yet.
    pub(crate) fn get(&mut self, worker: usize) -> Next<u32> {
        if self.workers[worker] == Worker::Idle {
            self.growing = false;
        }
        self.workers[worker] = Worker::Idle;
        self.lives[worker] += 1;
        self.waiters.retain(|waiter| *waiter != worker);
        if self.closed {
            return Next::Closed;
        }
        if self.has_room() && !self.queue.is_empty() {
            self.workers[worker] = Worker::Runs;
            return Next::Packet(self.queue.remove(0).0); // a new life since it asked
        }
        if !self.has_room()
            && let Some(holder) = self.held.pop()
            && let Worker::Holds(packet) = self.workers[holder]
        {
            self.workers[holder] = Worker::Parks;
            self.waiters.push(holder);
            self.workers[worker] = Worker::Runs;
            return Next::Packet(packet);
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
                self.held.retain(|holder| *holder != worker);
                self.workers[worker] = Worker::Runs;
                self.lives[worker] += 1;
                Next::Packet(packet)
            }
            Worker::Polls => {
                let for_nothing = self.signalled && self.queue.is_empty() && !self.closed;
                self.needless += u64::from(for_nothing);
                self.signalled = false;
                let there =
                    if self.has_room() { !self.queue.is_empty() } else { !self.held.is_empty() };
                if self.closed || there {
                    return self.get(worker);
                }
                self.wait_in_place(worker) // A45: it has not waited anew
            }
            Worker::Parks => {
                self.needless += 1;
                Next::Park
            }
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
            self.lives[worker] += 1;
        }
        next
    }

    /// B8. Of a worker that was seen blocked, its own word is worth more from now on.
    pub(crate) fn blocked(&mut self, worker: usize) -> bool {
        match self.workers[worker] {
            Worker::Runs => {
                self.workers[worker] = Worker::Blocked;
                self.urge();
                self.released_told += u64::from(self.is_due());
            }
            Worker::Sensed => self.workers[worker] = Worker::Blocked,
            _ => return false,
        }
        true
    }

    /// B9.
    pub(crate) fn unblocked(&mut self, worker: usize) {
        if self.workers[worker] == Worker::Blocked {
            self.workers[worker] = Worker::Runs;
            self.lives[worker] += 1;
        }
    }

    /// B8, B17, for a look at the worker in an earlier or in its present life.
    pub(crate) fn sense_blocked(&mut self, worker: usize, life: u32) -> bool {
        let holds = self.workers[worker] == Worker::Runs && self.lives[worker] == life;
        if holds {
            self.workers[worker] = Worker::Sensed;
            self.urge();
            self.released_sensed += u64::from(self.is_due());
        }
        holds
    }

    /// B9, in the same way.
    pub(crate) fn sense_running(&mut self, worker: usize, life: u32) -> bool {
        let holds = self.workers[worker] == Worker::Sensed && self.lives[worker] == life;
        if holds {
            self.workers[worker] = Worker::Runs;
        }
        holds
    }

    pub(crate) fn set_growable(&mut self, growable: bool) {
        self.growable = growable;
        self.growing = false;
    }

    /// Whether looking for blocked workers could lead to anything.
    pub(crate) fn is_needed(&self) -> bool {
        !self.closed && !self.has_room() && !self.queue.is_empty() && self.has_takers()
    }

    /// Whether somebody may be released for a packet.
    pub(crate) fn is_due(&self) -> bool {
        self.has_room() && !self.queue.is_empty() && self.has_takers()
    }

    /// B2, B15.
    pub(crate) fn leave(&mut self, worker: usize) {
        if self.workers[worker] == Worker::Idle {
            self.growing = false;
        }
        self.workers[worker] = Worker::Absent;
        self.urge();
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
            self.urge();
        }
        Tick {
            still,
            moved: still && self.is_due(),
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
            Some(Wake::Grow) => {
                assert!(self.growable, "nobody said that this port can grow");
                assert!(!self.growing, "one at a time");
                assert!(newest.is_none(), "a new worker, and one waits");
                assert!(!self.closed && self.has_room() && self.urgent(), "a worker for nothing");
                self.growing = true;
            }
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
                    self.held.push(worker);
                } else {
                    assert!(!polled, "one poller is enough");
                    self.workers[worker] = Worker::Polls;
                }
            }
            None if newest.is_none() => {
                let wanting = !self.closed && self.has_room() && self.urgent();
                assert!(!self.growable || self.growing || !wanting, "nobody to take a packet (B8)");
            }
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

    fn has_takers(&self) -> bool {
        self.growable || !self.waiters.is_empty()
    }

    pub(crate) fn urge(&mut self) {
        self.queue.iter_mut().for_each(|(_, urgent)| *urgent = true);
    }

    fn wait_in_place(&mut self, worker: usize) -> Next<u32> {
        let room = self.has_room();
        self.workers[worker] = if room { Worker::Polls } else { Worker::Parks };
        if room { Next::Poll } else { Next::Park }
    }
}
