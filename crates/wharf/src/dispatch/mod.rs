//! The scheduler under its lock, with workers that really sleep.
//!
//! `wharf_core::scheduler` decides; this module owns the lock around it, the places where workers sleep
//! (a [`Parker`] each, or together in the engine), and the order of the two: decide under the lock, wake
//! after it (`wait` has the sleeps). Completions enter here and packets leave here; what they are is no concern of it, nor
//! which thread is which worker (`worker` knows that).
//!
//! # Invariants
//! 1. The lock is held for decisions only: no system call, no drop of a packet, no foreign code under it.
//! 2. Every transition is followed by `settle`, which carries out the wake-ups that became due.
//! 3. A packet that cannot be queued because the port is closed is dropped, after the lock is released.
//!
//! # Protocol
//! | worker | engine or poster |
//! |---|---|
//! | lock, `get` → Poll, unlock | |
//! | `engine.poll` | lock, `post`, `next_wake` → Poller, unlock, `engine.wake` |
//! | lock, `resume` → Packet, `settle`, unlock | |
//!
//! If the post comes between the worker's unlock and its sleep, the engine remembers the signal and the
//! sleep ends at once. That is the engine's duty, see [`Engine`].
//!
//! # References
//! Contract A15, A23-A29, A33-A45, B1-B16. Checked by loom in `dispatch/model.rs`.

mod batch;
mod meter;
#[cfg(all(test, loom))]
mod model;
mod parker;
pub(crate) mod primitives;
mod rate;
mod view;
mod wait;

use std::num::NonZeroU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use wharf_core::deadline::Deadline;
use wharf_core::scheduler::{Next, Scheduler, Tick, Urgency, Wake, WorkerId};

use batch::Batch;
pub(crate) use meter::Reading;
pub(crate) use parker::Parker;
pub(crate) use view::View;

use crate::clock;
use crate::readiness::Observer;
use crate::sensor::{Seen, Sensing};
use meter::Meter;
use primitives::{Arc, Mutex, MutexGuard, lock};
use rate::Rate;
use view::Watch;

/// Where operations complete and where the workers that may run next sleep.
pub(crate) trait Engine<P>: Send + Sync {
    /// Passes on what has completed; if that is nothing, sleeps until something has, until [`Engine::wake`]
    /// or until the deadline.
    ///
    /// Called without locks, by any number of threads at once. May return early and empty-handed.
    /// Answers whether it swallowed a wake-up signal.
    fn poll(&self, deadline: Deadline, out: &mut dyn FnMut(P)) -> bool;

    /// Ends one sleep in `poll`, the newest if it can choose; if nobody sleeps, the next one.
    fn wake(&self);
}

/// What may end a worker's wait early, beside packets and time.
pub(crate) trait Interrupt {
    /// The worker, which this is to end waits of, is about to wait.
    fn attach(&self, member: &Member);

    fn is_raised(&self) -> bool;

    /// Sleeps until the engine has something, until the interrupt, or until the deadline; false, without sleeping, if the
    /// engine's own sleep is as good.
    fn sleep(&self, deadline: Deadline) -> bool;
}

/// Packets a ms from which on workers come by often enough to look after each other.
const RELIABLE_PER_MS: u64 = 8;

/// Workers that one looks at before it takes its packet: up to 3 us each.
const PEERS_MAX: u32 = 4;

/// Why `get` has no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Empty {
    TimedOut,
    Closed,
}

/// A worker of one dispatcher, as its thread keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) id: WorkerId,
    parker: Arc<Parker>,
}

impl Member {
    /// A way to end one park of this worker.
    pub(crate) fn unparker(&self) -> impl Fn() + Send + Sync + use<> {
        let parker = Arc::clone(&self.parker);
        move || parker.unpark()
    }
}

/// A worker to look at, the epoch in which it is suspected, and its thread.
type Suspect = (WorkerId, u32, std::sync::Arc<Watch>);

struct Inner<P> {
    scheduler: Scheduler<P>,
    meter: Meter,
    /// By worker index; an entry outlives its worker and serves the next one with that index.
    parkers: Vec<Arc<Parker>>,
    /// By worker index; the present worker's.
    watches: Vec<Option<std::sync::Arc<Watch>>>,
    /// Starts another worker; without, a port has the workers that come.
    grow: Option<std::sync::Arc<dyn Fn() + Send + Sync>>,
    /// At which packets are taken.
    rate: Rate,
    /// The last answer of [`Dispatcher::relies_on_workers`].
    relies: bool,
}

impl<P> Inner<P> {
    #[inline]
    fn post(&mut self, packet: P, urgency: Urgency) -> Result<(), P> {
        self.scheduler.post(packet, urgency)?;
        self.meter.queued();
        Ok(())
    }

    /// A worker has taken a packet; `waited`: it was released for it.
    #[inline]
    fn took(&mut self, waited: bool) {
        if waited {
            self.meter.released()
        } else {
            self.meter.not_due()
        }
        self.meter.taken(self.scheduler.taken());
    }

    /// A worker of the scheduler's, in this epoch, with what to look at.
    fn watched(&self, (worker, epoch): (WorkerId, u32)) -> Suspect {
        let watch = self.watches[worker.0 as usize].as_ref().expect("a worker that has not left");
        (worker, epoch, std::sync::Arc::clone(watch))
    }

    #[inline]
    fn is_needed(&mut self) -> bool {
        let needed = self.scheduler.is_needed();
        if needed {
            self.meter.due();
        }
        needed
    }
}

/// One port's scheduler, shared.
pub(crate) struct Dispatcher<P, E> {
    inner: Mutex<Inner<P>>,
    pub(crate) engine: E,
    /// Called after packets were queued, without a lock: see [`Port::observe`](crate::Port::observe).
    pub(crate) observer: std::sync::OnceLock<Observer>,
    /// Somebody else listens to the engine: see [`Dispatcher::set_heard`].
    heard: AtomicBool,
    /// Numbers the looks of [`Dispatcher::recount`], so that each worker has its turn.
    recounts: AtomicUsize,
}

impl<P: Send, E: Engine<P>> Dispatcher<P, E> {
    pub(crate) fn new(concurrency: std::num::NonZeroU32, engine: E) -> Self {
        let inner = Inner {
            scheduler: Scheduler::new(concurrency),
            meter: Meter::default(),
            parkers: Vec::new(),
            watches: Vec::new(),
            grow: None,
            rate: Rate::default(),
            relies: false,
        };
        Dispatcher {
            inner: Mutex::new(inner),
            engine,
            observer: std::sync::OnceLock::new(),
            heard: AtomicBool::new(false),
            recounts: AtomicUsize::new(0),
        }
    }

    /// Associates the calling thread (B1).
    pub(crate) fn join(&self, view: std::sync::Arc<View>) -> Member {
        let mut inner = lock(&self.inner);
        let id = inner.scheduler.join();
        if inner.parkers.len() <= id.0 as usize {
            inner.parkers.push(Arc::new(Parker::default()));
            inner.watches.push(None);
        }
        inner.watches[id.0 as usize] = Some(std::sync::Arc::new(Watch::new(view)));
        Member { id, parker: Arc::clone(&inner.parkers[id.0 as usize]) }
    }

    /// Ends the association (B2, B15).
    pub(crate) fn leave(&self, member: &Member) {
        let mut inner = lock(&self.inner);
        inner.scheduler.leave(member.id);
        let watch = inner.watches[member.id.0 as usize].take();
        self.settle(inner);
        drop(watch); // closes its sensor
    }

    /// A packet at once for a worker that goes on; `None` is no answer yet, [`Dispatcher::ask`] has one.
    ///
    /// Not inlined, and the packet not looked at: so it is copied once under the lock, straight to the caller. A second copy,
    /// in other pieces than the first had written, would have to wait until the processor's store buffer is empty, and with it
    /// the unlock. Measured for post and get on one thread, with the like in [`wharf_core::queue`]: a third less time.
    #[inline(never)]
    pub(crate) fn get_next(&self, worker: WorkerId) -> Option<P> {
        let mut inner = lock(&self.inner);
        if !inner.scheduler.runs_on(worker) {
            return None;
        }
        inner.meter.not_due();
        let taken = inner.scheduler.taken() + 1;
        inner.meter.taken(taken);
        inner.scheduler.run_on(worker) // without `settle`: nothing becomes due
    }

    /// A packet at once, or how to wait for one: what `wait` is to be called with.
    ///
    /// Where it is time for that, the worker looks at the others first; `alarm` is called if one was found blocked.
    #[cold]
    #[inline(never)]
    pub(crate) fn ask(&self, worker: WorkerId, alarm: impl FnOnce()) -> Next<P> {
        let mut inner = lock(&self.inner);
        if let Some(since) = inner.scheduler.begin_peer_look() {
            drop(inner);
            if self.glance_at(Some(since)) == Some(true) {
                alarm();
            }
            inner = lock(&self.inner);
        }
        let next = inner.scheduler.get(worker);
        if let Next::Packet(_) = next {
            inner.took(false);
        }
        self.settle(inner);
        next
    }

    /// What else is queued, up to `limit` packets, for a worker that has just been given one (A33, B14).
    pub(crate) fn take_more(&self, limit: usize, packets: &mut Vec<P>) {
        let mut inner = lock(&self.inner);
        inner.scheduler.take_more(limit, |packet| packets.push(packet));
        inner.took(false);
        self.settle(inner);
    }

    /// Queues one packet, and answers whether a look for blocked workers is worth while now; gives it back
    /// if the port is closed.
    #[inline]
    pub(crate) fn post(&self, packet: P, urgency: Urgency) -> Result<bool, P> {
        let mut inner = lock(&self.inner);
        let posted = inner.post(packet, urgency).map(|()| inner.is_needed());
        self.settle(inner);
        posted
    }

    /// Queues what `make` makes, without a copy of it; `None` if the port is closed.
    #[inline]
    pub(crate) fn post_with(&self, urgency: Urgency, make: impl FnOnce() -> P) -> Option<bool> {
        let mut inner = lock(&self.inner);
        let posted = inner.scheduler.post_with(urgency, make);
        if posted {
            inner.meter.queued();
        }
        let needed = posted && inner.is_needed();
        self.settle(inner);
        posted.then_some(needed)
    }

    /// What is queued must not wait any longer; answers as [`Dispatcher::post`].
    pub(crate) fn urge(&self) -> bool {
        let mut inner = lock(&self.inner);
        inner.scheduler.urge();
        let needed = inner.is_needed();
        self.settle(inner);
        needed
    }

    /// A running worker blocks elsewhere (B8); false if it did not count.
    pub(crate) fn blocked(&self, worker: WorkerId) -> bool {
        let mut inner = lock(&self.inner);
        let counted = inner.scheduler.blocked(worker);
        if inner.scheduler.would_release() {
            inner.meter.due();
        }
        self.settle(inner);
        counted
    }

    /// It runs again (B9).
    pub(crate) fn unblocked(&self, worker: WorkerId) {
        let mut inner = lock(&self.inner);
        inner.scheduler.unblocked(worker);
        self.settle(inner);
    }

    /// The periodic look of the steward.
    pub(crate) fn tick(&self) -> Tick {
        let mut inner = lock(&self.inner);
        let tick = inner.scheduler.tick();
        let room = inner.scheduler.shed();
        self.settle(inner);
        drop(room);
        tick
    }

    /// Whether the workers take packets so often that they can look after each other, and no event waits for long; with
    /// `senses` they do look, once a ms, from now on. Asked at each look of the steward.
    pub(crate) fn relies_on_workers(&self, senses: bool) -> bool {
        let mut inner = lock(&self.inner);
        let taken = inner.scheduler.taken();
        if let Some(per_ms) = inner.rate.update(clock::now(), taken) {
            let others = !senses || inner.scheduler.counts().running >= 2;
            inner.relies = per_ms >= RELIABLE_PER_MS && others;
            let every = if inner.relies && senses { NonZeroU64::new(per_ms) } else { None };
            inner.scheduler.set_peer_looks(every);
        }
        inner.relies
    }

    /// Whether somebody waits for a packet.
    pub(crate) fn has_waiters(&self) -> bool {
        lock(&self.inner).scheduler.has_waiters()
    }

    /// Packets that nobody who waits is about to take.
    pub(crate) fn unclaimed(&self) -> usize {
        lock(&self.inner).scheduler.unclaimed()
    }

    /// Whether no worker sleeps in the engine of an open port. Asked by the steward before it sleeps: whoever closes the
    /// port later finds it asleep, since both were under the lock, and rings.
    pub(crate) fn is_unpolled(&self) -> bool {
        let inner = lock(&self.inner);
        !inner.scheduler.is_closed() && inner.scheduler.is_unpolled()
    }

    /// Says that the steward listens to the engine from now on, or no longer. A worker that goes to sleep
    /// there rings the bell then: with a listener on the set the kernel wakes a second sleeper for each event
    /// (fs/eventpoll.c, ep_done_scan), which may be faster than the newest (A45).
    ///
    /// The steward sets this first and then asks under the lock whether somebody sleeps there; a worker goes
    /// to sleep under the lock and then asks this. So one of them sees the other.
    pub(crate) fn set_heard(&self, heard: bool) {
        self.heard.store(heard, Relaxed);
    }

    /// Whether it is worth while to look for workers that are blocked.
    pub(crate) fn is_needed(&self) -> bool {
        lock(&self.inner).is_needed()
    }

    /// Looks at the workers that count, and releases others for those that are blocked (B8, B17); true if
    /// there was one. Samples outside the lock; what was seen holds only if the worker has not moved since.
    pub(crate) fn sense(&self, sensing: Sensing) -> bool {
        let suspects = self.watched(|scheduler| scheduler.suspects().collect());
        let blocked = |suspect: &&Suspect| self.sense_one(suspect, |watch| watch.look(sensing));
        suspects.iter().filter(blocked).count() > 0 // all of them, where `any` would stop at the first
    }

    /// The same by a worker that would have to park, with the sensors that are open, until one slot is free:
    /// its own. The rest is the steward's. `None` if there is nothing to look for.
    fn glance(&self) -> Option<bool> {
        self.glance_at(None)
    }

    /// The same, at a few of those that have not moved since an epoch, if one is given.
    fn glance_at(&self, since: Option<u32>) -> Option<bool> {
        let mut inner = lock(&self.inner);
        let running = inner.is_needed().then(|| inner.scheduler.counts().running)?;
        let suspects = since.map_or(running, |_| running.min(PEERS_MAX));
        let mut last = None;
        // Not more than there were: workers that move on meanwhile are suspects again.
        for _ in 0..suspects {
            let next = match since {
                None => inner.scheduler.next_suspect(last),
                Some(since) => inner.scheduler.next_unmoved(last, since),
            };
            let Some(suspect) = next else { break };
            let suspect = inner.watched(suspect);
            drop(inner);
            if self.sense_one(&suspect, Watch::glance) {
                return Some(true);
            }
            last = Some(suspect.1);
            inner = lock(&self.inner);
        }
        Some(false)
    }

    fn sense_one(&self, suspect: &Suspect, look: impl Fn(&Watch) -> Seen) -> bool {
        let (worker, epoch, watch) = suspect;
        if look(watch) != Seen::Blocked {
            return false;
        }
        let mut inner = lock(&self.inner);
        let found = inner.scheduler.sense_blocked(*worker, *epoch);
        self.settle(inner);
        found
    }

    /// Looks at the next one of the workers that were seen blocked; if it runs again it counts again (B9).
    pub(crate) fn recount(&self, sensing: Sensing) {
        let turn = self.recounts.fetch_add(1, Relaxed);
        let next = self.watched(|scheduler| {
            let count = scheduler.sensed().count();
            scheduler.sensed().nth(turn.checked_rem(count).unwrap_or(0)).into_iter().collect()
        });
        for (worker, epoch, watch) in next {
            if watch.look(sensing) == Seen::Running {
                let mut inner = lock(&self.inner);
                inner.scheduler.sense_running(worker, epoch);
                self.settle(inner);
            }
        }
    }

    /// The chosen workers, each with its epoch and what to look at.
    fn watched(&self, choose: impl FnOnce(&Scheduler<P>) -> Vec<(WorkerId, u32)>) -> Vec<Suspect> {
        let inner = lock(&self.inner);
        choose(&inner.scheduler).into_iter().map(|chosen| inner.watched(chosen)).collect()
    }

    /// Sets, or takes away, the way to more workers.
    pub(crate) fn set_grow(&self, grow: Option<std::sync::Arc<dyn Fn() + Send + Sync>>) {
        let mut inner = lock(&self.inner);
        inner.scheduler.set_growable(grow.is_some());
        let old = std::mem::replace(&mut inner.grow, grow);
        self.settle(inner);
        drop(old);
    }

    /// Wakes every waiter for good and drops what is queued (A15, A18): answers how many packets. `None` if
    /// the port had been closed before.
    pub(crate) fn close(&self) -> Option<usize> {
        let mut inner = lock(&self.inner);
        let first = !inner.scheduler.is_closed();
        let packets = inner.scheduler.close();
        self.settle(inner);
        first.then_some(packets.len())
    }

    pub(crate) fn read(&self) -> Reading {
        let inner = lock(&self.inner);
        inner.meter.read(inner.scheduler.counts())
    }

    /// Ends a transition: carries out the wake-ups that became due, after the lock is released.
    #[inline]
    fn settle(&self, inner: MutexGuard<'_, Inner<P>>) {
        if !inner.scheduler.is_settled() {
            self.settle_slowly(inner);
        }
    }

    #[inline(never)]
    fn settle_slowly(&self, mut inner: MutexGuard<'_, Inner<P>>) {
        let mut parkers = Batch::default();
        let mut poller = false;
        let mut grow = None;
        while let Some(wake) = inner.scheduler.next_wake() {
            match wake {
                Wake::Poller => poller = true,
                Wake::Grow => grow = inner.grow.clone(),
                Wake::Unpark(worker) => parkers.push(Arc::clone(&inner.parkers[worker.0 as usize])),
            }
        }
        drop(inner);
        parkers.drain().for_each(|parker| parker.unpark());
        if poller {
            self.engine.wake();
        }
        if let Some(grow) = grow {
            grow();
        }
    }
}
