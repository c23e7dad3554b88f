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
//! # Seen from outside
//! A worker that blocks without a word is found by somebody who looks at its thread: [`Scheduler::suspects`]
//! names those to look at, with the epoch of their present packet, and [`Scheduler::sense_blocked`] takes what was
//! seen, unless the worker has moved on meanwhile. Looking is worth while only if [`Scheduler::is_needed`]. A worker
//! that runs again is found in the same way, or comes back by itself.
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
    /// Nobody waits: start another worker.
    Grow,
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
    /// No packet was taken since the last tick.
    pub still: bool,
    /// Nothing was taken, packets are queued, and a waiter may be released for them now.
    pub moved: bool,
    /// No worker sleeps in the engine: what completes there is for the caller to fetch.
    pub unpolled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The index is free.
    Vacant,
    /// Associated and not counted: new, or just told that the port is closed. To Running, Polling, Parked.
    Idle,
    /// Counted. To Idle (on the way into `get`), Blocked, Sensed, Vacant.
    Running,
    /// Associated, not counted, in somebody else's wait, by its own word. To Running, Idle, Vacant.
    Blocked,
    /// The same, as seen from outside. To Running, Blocked, Idle, Vacant.
    Sensed,
    /// Waits in the engine. To Running, Parked, Idle.
    Polling,
    /// Waits on its own. To Handed, Polling (promoted), Running (gave up), Idle.
    Parked,
    /// Counted, was parked, has been given a packet and not yet picked it up. To Running.
    Handed,
}

#[derive(Debug)]
struct Worker<P> {
    state: State,
    /// Changes whenever the worker takes something or asks: what was seen before does not hold after.
    epoch: u32,
    /// Present exactly in state Handed (invariant 3).
    handed: Option<P>,
}

/// The state machine of one port.
#[derive(Debug)]
pub struct Scheduler<P> {
    queue: Queue<P>,
    waiters: Waiters,
    workers: Vec<Worker<P>>,
    vacant: Vec<WorkerId>,
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
            growable: false,
            growing: false,
            released_told: 0,
            released_sensed: 0,
            needless: 0,
            taken_at_tick: 0,
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
            other => unreachable!("get by a worker that {}", describe(other)),
        }
        self.advance(worker);
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
            State::Handed => Next::Packet(self.pick_up(worker)),
            State::Polling => {
                let woken = std::mem::replace(&mut self.waking, false);
                self.needless += u64::from(woken && !self.closed && self.queue.is_empty());
                // Who looked up for nothing keeps its place in the stack (A45).
                if !self.closed && self.active >= self.max {
                    self.set(worker, State::Parked);
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

    /// Somebody who is no poller took the engine's wake-up signal: the next one may be sent.
    pub fn wake_absorbed(&mut self) {
        self.waking = false;
    }

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

    /// Whether somebody waits for a packet.
    pub fn has_waiters(&self) -> bool {
        !self.waiters.is_empty()
    }

    /// Whether no worker sleeps in the engine.
    pub fn is_unpolled(&self) -> bool {
        self.polling == 0
    }

    /// The workers that count, each with its epoch.
    pub fn suspects(&self) -> impl Iterator<Item = (WorkerId, u32)> {
        self.in_state(State::Running)
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

    /// Says whether more workers can be had for the asking.
    pub fn set_growable(&mut self, growable: bool) {
        self.growable = growable;
        self.growing = false;
    }

    /// The worker's association ends (B2, B15).
    pub fn leave(&mut self, worker: WorkerId) {
        match self.state(worker) {
            State::Running => self.active -= 1,
            State::Blocked | State::Sensed => self.blocked -= 1,
            State::Idle => self.growing = false,
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
            Urgency::Now => self.queue.push_urgent(make()),
            Urgency::Lazy => self.queue.push_lazy(make()),
        }
        true
    }

    /// The next wake-up that is due; `None` when all is settled (invariant 5).
    #[inline]
    pub fn next_wake(&mut self) -> Option<Wake> {
        let Some(newest) = self.waiters.newest() else { return self.grow() };
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
            self.set(newest, State::Polling);
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

    /// A look from outside, repeated while the port is in use: what was lazy and nobody has taken anything
    /// since the last look is urgent now.
    pub fn tick(&mut self) -> Tick {
        let still = self.taken_at_tick == self.queue.taken();
        self.taken_at_tick = self.queue.taken();
        if still {
            self.queue.mark_all_urgent();
        }
        Tick { still, moved: still && self.would_release(), unpolled: self.polling == 0 }
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

    /// Packets taken, handed or dropped since the beginning.
    #[inline]
    pub fn taken(&self) -> u64 {
        self.queue.taken()
    }

    /// Packets that nobody who waits is about to take: more than there are waiters with a free slot.
    pub fn unclaimed(&self) -> usize {
        let slots = self.max.saturating_sub(self.active) as usize;
        self.queue.len().saturating_sub(slots.min(self.waiters.len()))
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
            released_told: self.released_told,
            released_sensed: self.released_sensed,
            needless: self.needless,
        }
    }

    /// Takes the head, or waits: polling while a slot is free, parked otherwise.
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
        self.waiters.push(worker);
        self.set(worker, if free { State::Polling } else { State::Parked });
        self.polling += u32::from(free);
        if free { Next::Poll } else { Next::Park }
    }

    fn release(&mut self, newest: WorkerId) -> Option<Wake> {
        if matches!(self.state(newest), State::Polling) {
            return (!std::mem::replace(&mut self.waking, true)).then_some(Wake::Poller);
        }
        let packet = self.queue.pop().expect("an urgent packet is a queued one");
        self.unlist(newest);
        self.set(newest, State::Handed);
        self.workers[newest.0 as usize].handed = Some(packet);
        self.active += 1;
        Some(Wake::Unpark(newest))
    }

    fn wake_for_close(&mut self, newest: WorkerId) -> Option<Wake> {
        if matches!(self.state(newest), State::Parked) {
            self.unlist(newest);
            self.set(newest, State::Idle);
            return Some(Wake::Unpark(newest));
        }
        // Pollers go one by one, each waking the next; parked workers below them go with the last.
        (!std::mem::replace(&mut self.waking, true)).then_some(Wake::Poller)
    }

    /// Orders another worker if a packet is urgent, a slot free and nobody there to take it.
    fn grow(&mut self) -> Option<Wake> {
        let due = self.growable
            && !self.growing
            && !self.closed
            && self.active < self.max
            && self.queue.is_urgent();
        self.growing |= due;
        due.then_some(Wake::Grow)
    }

    /// A worker that counted does so no more, and what it would have fetched, somebody else must.
    fn give_way(&mut self, worker: WorkerId, state: State) {
        self.set(worker, state);
        self.active -= 1;
        self.blocked += 1;
        self.queue.mark_all_urgent();
    }

    /// Whether a waiter, or a new worker, may be released for a queued packet now.
    #[inline]
    pub fn would_release(&self) -> bool {
        self.active < self.max
            && !self.queue.is_empty()
            && (self.growable || !self.waiters.is_empty())
    }

    fn in_state(&self, state: State) -> impl Iterator<Item = (WorkerId, u32)> {
        let all = (0_u32..).zip(&self.workers);
        all.filter(move |(_, worker)| worker.state == state)
            .map(|(id, worker)| (WorkerId(id), worker.epoch))
    }

    #[inline]
    fn run(&mut self, worker: WorkerId) {
        self.set(worker, State::Running);
        self.advance(worker);
        self.active += 1;
    }

    fn pick_up(&mut self, worker: WorkerId) -> P {
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
        let worker = &mut self.workers[worker.0 as usize];
        worker.epoch = worker.epoch.wrapping_add(1);
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
    /// Packets given to another worker because one said that it blocks (B8).
    pub released_told: u64,
    /// The same, because one was seen blocked (B17).
    pub released_sensed: u64,
    /// Waiters that were woken for a packet that somebody else had taken meanwhile.
    pub needless: u64,
}

#[cold]
fn describe(state: State) -> &'static str {
    match state {
        State::Vacant => "has left",
        State::Idle => "is idle",
        State::Running => "runs",
        State::Blocked | State::Sensed => "is blocked",
        State::Polling => "polls",
        State::Parked => "is parked",
        State::Handed => "was handed a packet",
    }
}
