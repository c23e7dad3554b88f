//! Who runs: the packet queue, the workers of a port and its concurrency value, as one state machine.
//!
//! The scheduler is told what happens (a worker asks, blocks, comes back, gives up, leaves; a packet
//! is queued; the port is closed) and answers with what to do (take this packet, poll, park) and, by
//! [`Scheduler::next_wake`], with whom to wake. It knows no lock, no thread and no descriptor: its
//! owner holds one lock around it and does the waking.
//!
//! Waiters are of two kinds. While fewer than `max` workers run, a waiter *polls*: it sleeps where the
//! operations complete (in the engine) and comes back by itself when one does. A worker that arrives
//! while `max` workers run *parks*: nothing that completes concerns it until a slot is free.
//!
//! # Invariants
//! 1. `active` is the number of workers in state Running or Handed.
//! 2. The waiter stack holds exactly the workers in state Polling or Parked; `polling` counts the former.
//! 3. A worker holds at most one packet that was handed to it, and a waiter holds none.
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
//! } leave(w)                           |
//! ```
//! `next_wake` is called until `None` after every transition, before the lock is released.
//!
//! # Why a wake-up for a poller is a flag and not a count
//! An engine wakes *one* sleeper per signal and may fold two signals into one. So at most one is under
//! way (`waking`); whoever leaves the engine clears the flag, and the next `next_wake` sends the next.
//!
//! # References
//! Contract A15, A33, A44-A46 and B1-B19.

use std::collections::VecDeque;
use std::num::NonZeroU32;

use crate::queue::Queue;
use crate::waiters::Waiters;

/// A worker of one port: an index that is reused after [`Scheduler::leave`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub u32);

/// What a worker that asked for a packet does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<P> {
    /// Run with this packet.
    Packet(P),
    /// Sleep in the engine until it reports something, then [`Scheduler::resume`].
    Poll,
    /// Sleep until unparked, then [`Scheduler::resume`].
    Park,
    /// The port is closed; the worker is no longer associated with it.
    Closed,
}

/// Whom to wake after a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// One worker that sleeps in the engine, the newest if the engine can choose.
    Poller,
    /// This parked worker.
    Unpark(WorkerId),
}

/// How soon a packet is to be looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// A waiter is released at once if the concurrency value allows it (B6).
    Now,
    /// A running worker produced it and fetches it at its next `get`; if it does not, [`Scheduler::tick`] notices.
    Lazy,
}

/// What a periodic look at the port found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Packets had waited for a whole period and a waiter may be released for them now.
    pub moved: bool,
    /// Nothing was taken since the last tick, nothing is queued, and somebody polls or nobody runs or is blocked.
    pub quiet: bool,
    /// No worker sleeps in the engine and none has taken a packet since the last tick: the engine
    /// is to be polled by the caller.
    pub unpolled: bool,
}

#[derive(Debug)]
enum State<P> {
    /// The index is free.
    Vacant,
    /// Associated and not counted: new, or just told that the port is closed. To Running, Polling, Parked.
    Idle,
    /// Counted. To Idle (on the way into `get`), Blocked, Vacant.
    Running,
    /// Associated, not counted, in somebody else's wait. To Running, Idle, Vacant.
    Blocked,
    /// Waits in the engine. To Running, Parked, Idle.
    Polling,
    /// Waits on its own. To Handed, Polling (promoted), Running (gave up), Idle.
    Parked,
    /// Counted, was parked, has been given this packet and not yet picked it up. To Running.
    Handed(P),
}

/// The state machine of one port.
#[derive(Debug)]
pub struct Scheduler<P> {
    queue: Queue<P>,
    waiters: Waiters,
    workers: Vec<State<P>>,
    vacant: Vec<WorkerId>,
    /// The concurrency value.
    max: u32,
    active: u32,
    blocked: u32,
    polling: u32,
    /// A wake-up for a poller has been ordered and no poller has come out since.
    waking: bool,
    closed: bool,
    /// `queue.taken()` at the last tick.
    taken_at_tick: u64,
}

impl<P> Scheduler<P> {
    /// A port that lets `max` workers run (A10).
    pub fn new(max: NonZeroU32) -> Self {
        Scheduler {
            queue: Queue::default(),
            waiters: Waiters::default(),
            workers: Vec::new(),
            vacant: Vec::new(),
            max: max.get(),
            active: 0,
            blocked: 0,
            polling: 0,
            waking: false,
            closed: false,
            taken_at_tick: 0,
        }
    }

    /// Associates a new worker (B1). It counts only once it runs (B3).
    pub fn join(&mut self) -> WorkerId {
        let id = self.vacant.pop().unwrap_or_else(|| {
            self.workers.push(State::Vacant);
            WorkerId(u32::try_from(self.workers.len() - 1).expect("fewer than 2^32 workers"))
        });
        self.workers[id.0 as usize] = State::Idle;
        id
    }

    /// The worker asks for a packet; it stops counting while it looks (B3-B5).
    #[inline]
    pub fn get(&mut self, worker: WorkerId) -> Next<P> {
        match self.state(worker) {
            State::Running => self.active -= 1,
            State::Blocked => self.blocked -= 1,
            State::Idle => {}
            other => unreachable!("get by a worker that {}", describe(other)),
        }
        self.seek(worker)
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
            State::Handed(_) => Next::Packet(self.pick_up(worker)),
            State::Polling => {
                self.waking = false;
                // Who looked up for nothing keeps its place in the stack (A45).
                if !self.closed && self.active >= self.max {
                    *self.state_mut(worker) = State::Parked;
                    self.polling -= 1;
                    return Next::Park;
                }
                if !self.closed && self.queue.is_empty() {
                    return Next::Poll;
                }
                self.unlist(worker);
                self.seek(worker)
            }
            State::Parked => Next::Park, // a wake-up that was not ours
            State::Idle if self.closed => Next::Closed,
            other => unreachable!("resume by a worker that {}", describe(other)),
        }
    }

    /// The worker's time is over. A packet that is there after all is returned; otherwise the worker
    /// runs without one and counts (B11).
    pub fn give_up(&mut self, worker: WorkerId) -> Next<P> {
        match self.state(worker) {
            State::Handed(_) => return Next::Packet(self.pick_up(worker)),
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

    /// Somebody who is no poller took the engine's wake-up signal: the next one may be sent.
    pub fn wake_absorbed(&mut self) {
        self.waking = false;
    }

    /// A running worker blocks outside the port (B8). False if it did not count in the first place.
    pub fn blocked(&mut self, worker: WorkerId) -> bool {
        if !matches!(self.state(worker), State::Running) {
            return false;
        }
        *self.state_mut(worker) = State::Blocked;
        self.active -= 1;
        self.blocked += 1;
        // What it would have fetched itself, somebody else must.
        self.queue.mark_all_urgent();
        true
    }

    /// A blocked worker runs again, above `max` if need be (B9).
    pub fn unblocked(&mut self, worker: WorkerId) {
        if matches!(self.state(worker), State::Blocked) {
            self.blocked -= 1;
            self.run(worker);
        }
    }

    /// The worker's association ends (B2, B15).
    pub fn leave(&mut self, worker: WorkerId) {
        match self.state(worker) {
            State::Running => self.active -= 1,
            State::Blocked => self.blocked -= 1,
            State::Idle => {}
            other => unreachable!("leave by a worker that {}", describe(other)),
        }
        *self.state_mut(worker) = State::Vacant;
        self.vacant.push(worker);
        self.queue.mark_all_urgent();
    }

    /// Queues a packet; gives it back if the port is closed.
    #[inline]
    pub fn post(&mut self, packet: P, urgency: Urgency) -> Result<(), P> {
        if self.closed {
            return Err(packet);
        }
        match urgency {
            Urgency::Now => self.queue.push_urgent(packet),
            Urgency::Lazy => self.queue.push_lazy(packet),
        }
        Ok(())
    }

    /// The next wake-up that is due; `None` when all is settled (invariant 5).
    #[inline]
    pub fn next_wake(&mut self) -> Option<Wake> {
        let newest = self.waiters.newest()?;
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
            *self.state_mut(newest) = State::Polling;
            self.polling += 1;
            return Some(Wake::Unpark(newest));
        }
        None
    }

    /// Ends the port for its workers (A15, B19); the packets come back to be dropped outside the lock (A18).
    pub fn close(&mut self) -> VecDeque<P> {
        self.closed = true;
        self.queue.drain()
    }

    /// A look from outside, repeated while the port is in use: what was lazy for a whole period is now urgent.
    pub fn tick(&mut self) -> Tick {
        let still = self.taken_at_tick == self.queue.taken();
        self.taken_at_tick = self.queue.taken();
        let moved =
            still && !self.queue.is_empty() && !self.waiters.is_empty() && self.active < self.max;
        if still {
            self.queue.mark_all_urgent();
        }
        let watched = self.polling > 0 || (self.active == 0 && self.blocked == 0);
        Tick {
            moved,
            quiet: still && self.queue.is_empty() && watched,
            unpolled: still && self.polling == 0,
        }
    }

    /// Whether the worker counts against the concurrency value and knows it: not before it has picked up
    /// what it was handed.
    pub fn is_running(&self, worker: WorkerId) -> bool {
        matches!(self.state(worker), State::Running)
    }

    /// Whether the port has been closed.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The counters of this moment.
    pub fn counts(&self) -> Counts {
        Counts {
            concurrency: self.max,
            running: self.active,
            blocked: self.blocked,
            waiting: self.waiters.len(),
            queued: self.queue.len(),
            taken: self.queue.taken(),
        }
    }

    /// Takes the head, or waits: polling while a slot is free, parked otherwise.
    #[inline]
    fn seek(&mut self, worker: WorkerId) -> Next<P> {
        if self.closed {
            *self.state_mut(worker) = State::Idle;
            return Next::Closed;
        }
        let free = self.active < self.max;
        if free && let Some(packet) = self.queue.pop() {
            self.run(worker);
            return Next::Packet(packet);
        }
        self.waiters.push(worker);
        *self.state_mut(worker) = if free { State::Polling } else { State::Parked };
        self.polling += u32::from(free);
        if free { Next::Poll } else { Next::Park }
    }

    fn release(&mut self, newest: WorkerId) -> Option<Wake> {
        if matches!(self.state(newest), State::Polling) {
            return (!std::mem::replace(&mut self.waking, true)).then_some(Wake::Poller);
        }
        let packet = self.queue.pop().expect("an urgent packet is a queued one");
        self.unlist(newest);
        *self.state_mut(newest) = State::Handed(packet);
        self.active += 1;
        Some(Wake::Unpark(newest))
    }

    fn wake_for_close(&mut self, newest: WorkerId) -> Option<Wake> {
        if matches!(self.state(newest), State::Parked) {
            self.unlist(newest);
            *self.state_mut(newest) = State::Idle;
            return Some(Wake::Unpark(newest));
        }
        // Pollers go one by one, each waking the next; parked workers below them go with the last.
        (!std::mem::replace(&mut self.waking, true)).then_some(Wake::Poller)
    }

    #[inline]
    fn run(&mut self, worker: WorkerId) {
        *self.state_mut(worker) = State::Running;
        self.active += 1;
    }

    fn pick_up(&mut self, worker: WorkerId) -> P {
        match std::mem::replace(self.state_mut(worker), State::Running) {
            State::Handed(packet) => packet,
            other => unreachable!("pick-up by a worker that {}", describe(&other)),
        }
    }

    /// Takes a waiter off the stack; the caller sets its next state.
    #[inline]
    fn unlist(&mut self, worker: WorkerId) {
        self.polling -= u32::from(matches!(self.state(worker), State::Polling));
        self.waiters.remove(worker);
    }

    #[inline]
    fn state(&self, worker: WorkerId) -> &State<P> {
        &self.workers[worker.0 as usize]
    }

    #[inline]
    fn state_mut(&mut self, worker: WorkerId) -> &mut State<P> {
        &mut self.workers[worker.0 as usize]
    }
}

/// Numbers of one moment, taken under the port's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    /// The concurrency value.
    pub concurrency: u32,
    /// Workers that count against it.
    pub running: u32,
    /// Associated workers that are blocked elsewhere.
    pub blocked: u32,
    /// Workers that wait for a packet.
    pub waiting: usize,
    /// Packets queued (A46).
    pub queued: usize,
    /// Packets taken, handed or returned by [`Scheduler::close`] since the port was made.
    pub taken: u64,
}

#[cold]
fn describe<P>(state: &State<P>) -> &'static str {
    match state {
        State::Vacant => "has left",
        State::Idle => "is idle",
        State::Running => "runs",
        State::Blocked => "is blocked",
        State::Polling => "polls",
        State::Parked => "is parked",
        State::Handed(_) => "was handed a packet",
    }
}
