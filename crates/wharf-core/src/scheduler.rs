//! Who runs: the packet queue, the workers of a port and its concurrency value, as one state machine.
//!
//! The scheduler is told what happens (a worker asks, blocks, is seen blocked, comes back, gives up, leaves; a packet
//! is queued; the port is closed) and answers with what to do (take this packet, poll, park) and, by
//! [`Scheduler::next_wake`], with whom to wake. It knows no lock, no thread and no descriptor: its
//! owner holds one lock around it and does the waking.
//!
//! Waiters are of two kinds. While fewer than `max` workers run, a waiter *polls*: it sleeps where the
//! operations complete (in the engine) and comes back by itself when one does. A worker that arrives
//! while `max` workers run *parks*: nothing that completes concerns it until a slot is free.
//!
//! | file | subject |
//! |---|---|
//! | `answers` | who, what next, whom to wake |
//! | `worker` | a worker's states |
//! | `blocked` | workers that block outside the port |
//! | `peers` | when workers look at each other |
//! | `wake` | the wake-ups that are due |
//! | `counts` | numbers |
//!
//! # Invariants
//! 1. `active` is the number of workers in state Running or Handed.
//! 2. The waiter stack holds exactly the workers in state Polling or Parked; `polling` counts the former.
//! 3. A worker holds at most one packet that was handed to it, and a waiter holds none. `handed` has those in state
//!    Handed, in order, but for the ones whose wait was abandoned.
//! 4. `active` exceeds `max` only by [`Scheduler::unblocked`] and [`Scheduler::give_up`] (B9, B11).
//! 5. When `next_wake` has answered `None` and `active < max`: beside an urgent packet the newest waiter,
//!    if there is one, polls and has a wake-up on its way, and if anybody waits at all, somebody polls.
//! 6. Never: a packet that is neither in the queue, nor handed, nor returned.
//!
//! # Protocol
//! ```text
//! worker                               | anybody
//! w = join(); loop {                   |
//!   get(w) -> Packet: run the handler  | post(p)
//!          -> Poll:   sleep in engine  | loop { next_wake() -> Poller: wake one engine sleeper
//!          -> Park:   sleep on w       |                    -> Unpark(w): wake w
//!   (after either sleep) resume(w)     |                    -> None: done }
//!   (or, timed out)      give_up(w)    |
//!   (or, in a panic)     abandon(w)    |
//! } leave(w)                           |
//! ```
//! `next_wake` is called until `None` after every transition, before the lock is released.
//!
//! # Seen from outside
//! A worker that blocks without a word is found by somebody who looks at its thread: [`Scheduler::suspects`]
//! names those to look at, with the epoch of their present packet, and [`Scheduler::sense_blocked`] takes what was
//! seen, unless the worker has moved on meanwhile. Looking is worth while only if [`Scheduler::is_needed`]. A worker
//! that runs again is found in the same way, or comes back by itself.
//!
//! # Why a packet that was handed over can be taken over
//! Waking a thread takes as long as many a handler: 5 us, 25 and more where the processor it wakes on is idle and virtual.
//! All that time its packet waits and its slot stands still. A worker that asks meanwhile, and would have to park since no
//! slot is free, takes that packet and that slot, and the woken one waits on, the newest of the waiters again, as which it is
//! handed the next packet, half awake. So the count stays what it was (B5, B10), the packet is sooner with a worker, and the
//! one that asks is not put to sleep (B13). Measured on two busy processors, 64 workers whose handlers block: a fifth to a
//! third more packets per second (bench: workloads).
//!
//! # Why a wake-up for a poller is a flag and not a count
//! An engine wakes *one* sleeper per signal and may fold two signals into one. So at most one is under
//! way (`waking`); whoever leaves the engine clears the flag, and the next `next_wake` sends the next.
//!
//! # References
//! Contract A15, A33, A44-A46 and B1-B19.

mod answers;
mod blocked;
mod counts;
mod peers;
mod wake;
mod worker;

use std::collections::VecDeque;
use std::num::NonZeroU32;

use crate::queue::Queue;
use crate::waiters::Waiters;

pub use answers::{Next, Tick, Urgency, Wake, WorkerId};
pub use counts::Counts;
use peers::PeerLooks;
use worker::{State, Worker, describe};

/// The state machine of one port.
#[derive(Debug)]
pub struct Scheduler<P> {
    queue: Queue<P>,
    waiters: Waiters,
    workers: Vec<Worker<P>>,
    vacant: Vec<WorkerId>,
    /// Whose packets may be taken over, oldest first.
    handed: VecDeque<WorkerId>,
    /// The last epoch that a worker was given.
    epoch: u32,
    /// The concurrency value.
    max: u32,
    active: u32,
    blocked: u32,
    polling: u32,
    /// A wake-up for a poller has been ordered and no poller has come out since.
    waking: bool,
    closed: bool,
    /// More workers can be had: want of a waiter is answered with [`Wake::Grow`].
    growable: bool,
    /// One has been ordered and has not asked for a packet yet.
    growing: bool,
    /// Releases by a worker's own word, and by what was seen of it.
    released_told: u64,
    released_sensed: u64,
    /// Pollers woken for a packet that somebody else had taken.
    needless: u64,
    /// `queue.taken()` at the last tick.
    taken_at_tick: u64,
    peers: PeerLooks,
}

impl<P> Scheduler<P> {
    /// A port that lets `max` workers run (A10).
    pub fn new(max: NonZeroU32) -> Self {
        Scheduler {
            queue: Queue::default(),
            waiters: Waiters::default(),
            workers: Vec::new(),
            vacant: Vec::new(),
            handed: VecDeque::new(),
            epoch: 0,
            max: max.get(),
            active: 0,
            blocked: 0,
            polling: 0,
            waking: false,
            closed: false,
            growable: false,
            growing: false,
            released_told: 0,
            released_sensed: 0,
            needless: 0,
            taken_at_tick: 0,
            peers: PeerLooks::NONE,
        }
    }

    /// Associates a new worker (B1). It counts only once it runs (B3).
    pub fn join(&mut self) -> WorkerId {
        let id = self.vacant.pop().unwrap_or_else(|| {
            self.workers.push(Worker { state: State::Vacant, epoch: 0, handed: None });
            WorkerId(u32::try_from(self.workers.len() - 1).expect("fewer than 2^32 workers"))
        });
        self.set(id, State::Idle);
        id
    }

    /// The worker asks for a packet; it stops counting while it looks (B3-B5).
    #[inline]
    pub fn get(&mut self, worker: WorkerId) -> Next<P> {
        match self.state(worker) {
            State::Running => self.active -= 1,
            State::Blocked | State::Sensed => self.blocked -= 1,
            State::Idle => self.growing = false, // the one that was ordered is here
            State::Handed => return Next::Packet(self.pick_up(worker)), // its wait was abandoned
            other => unreachable!("get by a worker that {}", describe(other)),
        }
        self.advance(worker);
        self.seek(worker)
    }

    /// Whether [`Scheduler::get`] would answer with a packet of the queue to a worker that runs, and runs on, and nothing else is
    /// due: mostly.
    #[inline]
    pub fn runs_on(&self, worker: WorkerId) -> bool {
        self.state(worker) == State::Running
            && self.active <= self.max // itself included
            && !self.is_peer_look_due()
            && !self.closed
            && !self.queue.is_empty()
    }

    /// [`Scheduler::get`] where [`Scheduler::runs_on`]. No wake-up becomes due: as many run as before, and one packet less
    /// is queued.
    #[inline]
    pub fn run_on(&mut self, worker: WorkerId) -> Option<P> {
        debug_assert!(self.runs_on(worker), "asked before, under the same lock");
        self.advance(worker);
        self.queue.pop()
    }

    /// Up to `n` more packets for a worker that has just been given one (A33, B14).
    pub fn take_more(&mut self, n: usize, mut each: impl FnMut(P)) {
        for _ in 0..n {
            match self.queue.pop() {
                Some(packet) => each(packet),
                None => break,
            }
        }
    }

    /// The worker has left its sleep, for whatever reason.
    #[inline]
    pub fn resume(&mut self, worker: WorkerId) -> Next<P> {
        match self.state(worker) {
            State::Handed => Next::Packet(self.pick_up(worker)),
            State::Polling => {
                let woken = std::mem::replace(&mut self.waking, false);
                self.needless += u64::from(woken && !self.closed && self.queue.is_empty());
                // Who looked up for nothing keeps its place in the stack (A45).
                let free = self.active < self.max;
                if !self.closed && !free && self.handed.is_empty() {
                    self.set(worker, State::Parked);
                    self.polling -= 1;
                    return Next::Park;
                }
                if !self.closed && free && self.queue.is_empty() {
                    return Next::Poll;
                }
                self.unlist(worker);
                self.seek(worker)
            }
            State::Parked => {
                self.needless += 1; // its packet was taken over; rarely, a wake-up of the index's last owner
                Next::Park
            }
            State::Idle if self.closed => Next::Closed,
            other => unreachable!("resume by a worker that {}", describe(other)),
        }
    }

    /// The worker's time is over. A packet that is there after all is returned; otherwise the worker
    /// runs without one and counts (B11).
    pub fn give_up(&mut self, worker: WorkerId) -> Next<P> {
        match self.state(worker) {
            State::Handed => return Next::Packet(self.pick_up(worker)),
            State::Idle if self.closed => return Next::Closed,
            State::Polling => self.waking = false,
            State::Parked => {}
            other => unreachable!("giving up by a worker that {}", describe(other)),
        }
        self.unlist(worker);
        match self.seek(worker) {
            next @ (Next::Packet(_) | Next::Closed) => next,
            waiting => {
                self.unlist(worker);
                self.run(worker);
                waiting
            }
        }
    }

    /// The worker's wait was broken off by a panic. It runs without a packet and counts, as one whose time is over (B11);
    /// what it was handed it gets at its next [`Scheduler::get`].
    pub fn abandon(&mut self, worker: WorkerId) {
        match self.state(worker) {
            State::Polling => self.waking = false,
            State::Parked => {}
            State::Handed => return self.keep(worker),
            _ => return,
        }
        self.unlist(worker);
        if self.closed { self.set(worker, State::Idle) } else { self.run(worker) }
    }

    /// The worker's association ends (B2, B15).
    pub fn leave(&mut self, worker: WorkerId) {
        match self.state(worker) {
            State::Running => self.active -= 1,
            State::Blocked | State::Sensed => self.blocked -= 1,
            State::Idle => self.growing = false,
            State::Handed => {
                // Its wait was abandoned: somebody else gets the packet, as the next one.
                self.active -= 1;
                self.keep(worker);
                let packet = self.workers[worker.0 as usize].handed.take();
                self.queue.put_back(packet.expect("invariant 3"));
            }
            other => unreachable!("leave by a worker that {}", describe(other)),
        }
        self.set(worker, State::Vacant);
        self.vacant.push(worker);
        self.queue.mark_all_urgent();
    }

    /// Queues a packet; gives it back if the port is closed.
    #[inline]
    pub fn post(&mut self, packet: P, urgency: Urgency) -> Result<(), P> {
        let mut packet = Some(packet);
        self.post_with(urgency, || packet.take().expect("called once"));
        packet.map_or(Ok(()), Err)
    }

    /// Queues what `make` makes, in its place in the queue: nothing is copied. False, without a call, if the port is
    /// closed.
    #[inline]
    pub fn post_with(&mut self, urgency: Urgency, make: impl FnOnce() -> P) -> bool {
        if self.closed {
            return false;
        }
        match urgency {
            Urgency::Now => self.queue.push_urgent(make),
            Urgency::Lazy => self.queue.push_lazy(make),
        }
        true
    }

    /// Ends the port for its workers (A15, B19); the packets come back to be dropped outside the lock (A18).
    pub fn close(&mut self) -> VecDeque<P> {
        self.closed = true;
        self.queue.drain()
    }

    /// Takes the head, or, while no slot is free, what was handed to a worker that is not awake yet; or waits: polling while
    /// a slot is free, parked otherwise.
    #[inline]
    fn seek(&mut self, worker: WorkerId) -> Next<P> {
        if self.closed {
            self.set(worker, State::Idle);
            return Next::Closed;
        }
        let free = self.active < self.max;
        if free && let Some(packet) = self.queue.pop() {
            self.run(worker);
            return Next::Packet(packet);
        }
        if !free && let Some(packet) = self.take_over() {
            self.run(worker);
            return Next::Packet(packet);
        }
        self.waiters.push(worker);
        self.set(worker, if free { State::Polling } else { State::Parked });
        self.polling += u32::from(free);
        if free { Next::Poll } else { Next::Park }
    }

    #[inline]
    fn run(&mut self, worker: WorkerId) {
        self.set(worker, State::Running);
        self.advance(worker);
        self.active += 1;
    }

    /// The packet of the worker that was handed one last; it waits again, as the newest.
    fn take_over(&mut self) -> Option<P> {
        let worker = self.handed.pop_back()?;
        let packet = self.workers[worker.0 as usize].handed.take();
        self.active -= 1;
        self.set(worker, State::Parked);
        self.waiters.push(worker);
        packet
    }

    /// What this worker was handed is not to be taken over.
    fn keep(&mut self, worker: WorkerId) {
        if let Some(at) = self.handed.iter().position(|&handed| handed == worker) {
            self.handed.remove(at);
        }
    }

    fn pick_up(&mut self, worker: WorkerId) -> P {
        self.keep(worker);
        self.set(worker, State::Running);
        self.advance(worker);
        self.workers[worker.0 as usize]
            .handed
            .take()
            .expect("a worker in state Handed has a packet (invariant 3)")
    }

    /// Takes a waiter off the stack; the caller sets its next state.
    #[inline]
    fn unlist(&mut self, worker: WorkerId) {
        self.polling -= u32::from(matches!(self.state(worker), State::Polling));
        self.waiters.remove(worker);
    }

    #[inline]
    fn advance(&mut self, worker: WorkerId) {
        self.epoch = self.epoch.wrapping_add(1);
        self.workers[worker.0 as usize].epoch = self.epoch;
    }

    #[inline]
    fn state(&self, worker: WorkerId) -> State {
        self.workers[worker.0 as usize].state
    }

    #[inline]
    fn set(&mut self, worker: WorkerId, state: State) {
        self.workers[worker.0 as usize].state = state;
    }
}
