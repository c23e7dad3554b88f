//! A port with simulated sleepers around the scheduler and, beside it, the model that must agree.
//!
//! The engine remembers one signal and no more, and lets its newest sleeper go for it. A parker remembers
//! one token; it belongs to the index, so a token may reach the next worker with that index.

use std::num::NonZeroU32;

use wharf_core::scheduler::{Counts, Next, Scheduler, Urgency, Wake, WorkerId};

use crate::model::{Model, Worker};

/// Where a worker's thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Not asleep here.
    Away,
    Engine,
    /// Out of the engine and on its way to `resume`.
    Woken,
    Parker,
}

/// What somebody outside remembers of a worker that it has looked at.
#[derive(Clone, Copy, Debug)]
struct Sight {
    worker: usize,
    epoch: u32,
    life: u32,
}

pub(crate) struct Port {
    scheduler: Scheduler<u32>,
    model: Model,
    places: Vec<Place>,
    tokens: Vec<bool>,
    /// Who is in the engine, newest last.
    sleepers: Vec<usize>,
    signal: bool,
    /// Looks whose outcome has not been told yet; some are out of date by then.
    sights: Vec<Sight>,
    /// How often each accepted packet was delivered or returned by `close`.
    fates: Vec<u32>,
}

impl Port {
    pub(crate) fn new(max: u32) -> Self {
        Port {
            scheduler: Scheduler::new(NonZeroU32::new(max).expect("a concurrency value")),
            model: Model::new(max as usize),
            places: Vec::new(),
            tokens: Vec::new(),
            sleepers: Vec::new(),
            signal: false,
            sights: Vec::new(),
            fates: Vec::new(),
        }
    }

    /// `None` if the port has eight workers.
    pub(crate) fn join(&mut self) -> Option<usize> {
        if self.model.count(|worker| worker != Worker::Absent) == 8 {
            return None;
        }
        let worker = self.scheduler.join().0 as usize;
        self.model.join(worker);
        self.places.resize(self.model.workers.len(), Place::Away);
        self.tokens.resize(self.model.workers.len(), false);
        self.settle();
        Some(worker)
    }

    pub(crate) fn get(&mut self, who: usize, more: usize) {
        let Some(worker) = self.pick(who, |port, worker| port.is_awake(worker)) else { return };
        let next = if self.scheduler.runs_on(id(worker)) {
            let packet = self.scheduler.run_on(id(worker)).expect("it runs on with a packet");
            assert_eq!(self.scheduler.next_wake(), None, "nothing became due");
            Next::Packet(packet)
        } else {
            self.scheduler.get(id(worker))
        };
        assert_eq!(next, self.model.get(worker));
        let delivered = matches!(next, Next::Packet(_));
        self.go(worker, next);
        self.settle();
        if delivered {
            let mut batch = Vec::new();
            self.scheduler.take_more(more, |packet| batch.push(packet));
            assert_eq!(batch, self.model.take_more(more));
            batch.into_iter().for_each(|packet| self.fates[packet as usize] += 1);
            self.settle();
        }
    }

    pub(crate) fn signal(&mut self) {
        if self.signal && !self.sleepers.is_empty() {
            self.signal = false;
            self.wake_poller(usize::MAX);
        }
    }

    /// `usize::MAX` picks the newest.
    pub(crate) fn wake_poller(&mut self, who: usize) {
        if let Some(last) = self.sleepers.len().checked_sub(1) {
            let at = if who == usize::MAX { last } else { who % (last + 1) };
            let worker = self.sleepers.remove(at);
            self.places[worker] = Place::Woken;
        }
        self.check();
    }

    pub(crate) fn resume_poller(&mut self, who: usize, packets: usize) {
        let Some(worker) = self.pick(who, |port, worker| port.places[worker] == Place::Woken)
        else {
            return;
        };
        (0..packets).for_each(|_| self.enqueue(Urgency::Lazy));
        self.resume(worker);
    }

    /// With `token`, whoever has been unparked; without, whoever sleeps outside the engine.
    pub(crate) fn resume_parked(&mut self, who: usize, token: bool) {
        let sleeps = |port: &Port, worker| port.places[worker] == Place::Parker;
        let Some(worker) =
            self.pick(who, |port, worker| sleeps(port, worker) && (port.tokens[worker] || !token))
        else {
            return;
        };
        self.tokens[worker] &= !token;
        self.resume(worker);
    }

    pub(crate) fn give_up(&mut self, who: usize, packets: usize) {
        let Some(worker) = self.pick(who, |port, worker| port.places[worker] != Place::Away) else {
            return;
        };
        if self.places[worker] != Place::Parker {
            (0..packets).for_each(|_| self.enqueue(Urgency::Lazy));
        }
        let next = self.scheduler.give_up(id(worker));
        assert_eq!(next, self.model.give_up(worker));
        self.go(worker, next);
        self.places[worker] = Place::Away;
        self.sleepers.retain(|sleeper| *sleeper != worker);
        self.settle();
    }

    pub(crate) fn blocked(&mut self, who: usize) {
        let Some(worker) = self.pick(who, |_, _| true) else { return };
        assert_eq!(self.scheduler.blocked(id(worker)), self.model.blocked(worker));
        self.settle();
    }

    pub(crate) fn unblocked(&mut self, who: usize) {
        let Some(worker) = self.pick(who, |_, _| true) else { return };
        self.scheduler.unblocked(id(worker));
        self.model.unblocked(worker);
        self.settle();
    }

    /// Somebody looks at a worker that runs or was seen blocked, and will tell later what it saw.
    pub(crate) fn look(&mut self, who: usize) {
        let visible = |port: &Port, worker: usize| {
            matches!(port.model.workers[worker], Worker::Runs | Worker::Sensed)
        };
        let Some(worker) = self.pick(who, visible) else { return };
        let mut all = self.scheduler.suspects().chain(self.scheduler.sensed());
        let (_, epoch) = all.find(|(seen, _)| *seen == id(worker)).expect("it counts, or did");
        self.sights.push(Sight { worker, epoch, life: self.model.lives[worker] });
    }

    /// One of the looks saw its worker blocked, or running; `usize::MAX` picks the newest.
    pub(crate) fn sense(&mut self, which: usize, blocked: bool) {
        let Some(last) = self.sights.len().checked_sub(1) else { return };
        let at = if which == usize::MAX { last } else { which % (last + 1) };
        let Sight { worker, epoch, life } = self.sights.remove(at);
        let scheduler = &mut self.scheduler;
        if blocked {
            let sensed = scheduler.sense_blocked(id(worker), epoch);
            assert_eq!(sensed, self.model.sense_blocked(worker, life));
        } else {
            let sensed = scheduler.sense_running(id(worker), epoch);
            assert_eq!(sensed, self.model.sense_running(worker, life));
        }
        self.settle();
    }

    pub(crate) fn set_growable(&mut self, growable: bool) {
        self.scheduler.set_growable(growable);
        self.model.set_growable(growable);
        self.settle();
    }

    /// The worker that was ordered comes and asks.
    pub(crate) fn grow(&mut self) {
        if self.model.growing
            && let Some(worker) = self.join()
        {
            let next = self.scheduler.get(id(worker));
            assert_eq!(next, self.model.get(worker));
            self.go(worker, next);
            self.settle();
        }
    }

    pub(crate) fn leave(&mut self, who: usize) {
        let Some(worker) = self.pick(who, |port, worker| port.is_awake(worker)) else { return };
        self.scheduler.leave(id(worker));
        self.model.leave(worker);
        self.settle();
    }

    /// Nobody but a running worker may be lazy.
    pub(crate) fn post(&mut self, urgency: Urgency) {
        if urgency == Urgency::Now || self.model.count(|worker| worker == Worker::Runs) > 0 {
            self.enqueue(urgency);
            self.settle();
        }
    }

    pub(crate) fn urge(&mut self) {
        self.scheduler.urge();
        self.model.urge();
        self.settle();
    }

    pub(crate) fn tick(&mut self) {
        assert_eq!(self.scheduler.tick(), self.model.tick());
        self.settle();
    }

    pub(crate) fn harvest(&mut self, packets: usize) {
        if std::mem::take(&mut self.signal) {
            self.scheduler.wake_absorbed();
            self.model.signalled = false;
        }
        (0..packets).for_each(|_| self.enqueue(Urgency::Now));
        self.settle();
    }

    pub(crate) fn close(&mut self) {
        let dropped: Vec<u32> = self.scheduler.close().into();
        assert_eq!(dropped, self.model.close());
        dropped.into_iter().for_each(|packet| self.fates[packet as usize] += 1);
        self.settle();
    }

    /// Everything under way arrives, and then everybody who ought to run does (A15, B6-B8).
    pub(crate) fn arrive(&mut self) {
        for round in 0.. {
            assert!(round < 1000, "the wake-ups never end");
            let busy =
                self.places.iter().zip(&self.tokens).any(|(place, token)| {
                    *place == Place::Woken || *place == Place::Parker && *token
                });
            if !busy && (!self.signal || self.sleepers.is_empty()) {
                break;
            }
            self.signal();
            self.resume_poller(round, 0);
            self.resume_parked(round, true);
        }
        self.grow();
        if self.model.closed {
            assert_eq!(self.model.waiters, [0; 0], "a waiter is left in a closed port (A15)");
        } else if !self.model.waiters.is_empty() && self.model.has_room() {
            assert!(!self.model.urgent(), "a waiter sleeps beside an urgent packet (B6, B8)");
            assert!(!self.sleepers.is_empty(), "nobody watches the engine");
        }
    }

    /// Whoever runs comes back until all sleep; workers that are blocked or seen so stay away (B8).
    pub(crate) fn finish(mut self) {
        self.arrive();
        for round in 0.. {
            assert!(round < 10_000, "the packets never end");
            let runs = |port: &Port, worker: usize| port.model.workers[worker] == Worker::Runs;
            let Some(worker) = self.pick(round, runs) else { break };
            let next = self.scheduler.get(id(worker));
            assert_eq!(next, self.model.get(worker));
            self.go(worker, next);
            self.settle();
            self.arrive();
        }
        let left = self.scheduler.counts().queued;
        assert!(left == 0 || self.model.waiters.is_empty(), "{left} packets left and a waiter");
        let mut fates = self.fates;
        assert!(fates.split_off(self.model.accepted - left).iter().all(|times| *times == 0));
        assert!(fates.iter().all(|times| *times == 1), "once each (A47): {fates:?}");
    }

    fn resume(&mut self, worker: usize) {
        let next = self.scheduler.resume(id(worker));
        assert_eq!(next, self.model.resume(worker));
        self.go(worker, next);
        self.settle();
    }

    fn enqueue(&mut self, urgency: Urgency) {
        let packet = self.fates.len() as u32;
        let posted = self.scheduler.post(packet, urgency);
        assert_eq!(posted, self.model.post(packet, urgency));
        self.fates.extend(posted.ok().map(|()| 0));
    }

    fn go(&mut self, worker: usize, next: Next<u32>) {
        self.places[worker] = match next {
            Next::Poll => Place::Engine,
            Next::Park => Place::Parker,
            Next::Closed => Place::Away,
            Next::Packet(packet) => {
                self.fates[packet as usize] += 1;
                Place::Away
            }
        };
        self.sleepers.retain(|sleeper| *sleeper != worker);
        self.sleepers.extend((self.places[worker] == Place::Engine).then_some(worker));
    }

    /// The protocol's end of every transition.
    fn settle(&mut self) {
        loop {
            let settled = self.scheduler.is_settled();
            let wake = self.scheduler.next_wake();
            self.model.accept(wake);
            match wake {
                Some(Wake::Poller) => self.signal = true,
                Some(Wake::Grow) => {}
                Some(Wake::Unpark(worker)) => self.tokens[worker.0 as usize] = true,
                None => {}
            }
            assert!(wake.is_none() || !settled, "{wake:?} although nothing can be due");
            self.check();
            if wake.is_none() {
                return;
            }
        }
    }

    /// Invariants 1, 2 and 6 by the counters; and that an ordered wake-up is not lost.
    fn check(&self) {
        let queued = self.model.queue.len();
        let expected = Counts {
            concurrency: self.model.max as u32,
            running: self.model.running() as u32,
            blocked: self.model.count(|worker| matches!(worker, Worker::Blocked | Worker::Sensed))
                as u32,
            waiting: self.model.count(|worker| matches!(worker, Worker::Polls | Worker::Parks)),
            queued,
            taken: (self.model.accepted - queued) as u64,
            released_told: self.model.released_told,
            released_sensed: self.model.released_sensed,
            needless: self.model.needless,
        };
        assert_eq!(self.scheduler.counts(), expected);
        assert_eq!(self.scheduler.is_closed(), self.model.closed);
        assert_eq!(self.scheduler.is_needed(), self.model.is_needed());
        assert_eq!(self.scheduler.would_release(), self.model.is_due());
        let runs = self.scheduler.suspects().map(|(worker, _)| worker.0 as usize);
        assert!(runs.eq(self.all(Worker::Runs)), "those that are worth a look");
        let mut last = None;
        let next = || {
            last = self.scheduler.next_suspect(last.map(|(_, epoch)| epoch));
            last
        };
        let mut one_by_one: Vec<_> = std::iter::from_fn(next).collect();
        one_by_one.sort_unstable();
        assert!(self.scheduler.suspects().eq(one_by_one), "each of them once");
        let sensed = self.scheduler.sensed().map(|(worker, _)| worker.0 as usize);
        assert!(sensed.eq(self.all(Worker::Sensed)), "those that were seen blocked");
        for (worker, state) in self.model.workers.iter().enumerate() {
            assert_eq!(self.scheduler.is_running(id(worker)), *state == Worker::Runs);
        }
        let under_way = self.signal || self.places.contains(&Place::Woken);
        assert!(under_way || !self.model.signalled, "a wake-up for a poller that nobody will get");
    }

    fn all(&self, state: Worker) -> impl Iterator<Item = usize> {
        (0..).zip(&self.model.workers).filter(move |(_, now)| **now == state).map(|(at, _)| at)
    }

    fn is_awake(&self, worker: usize) -> bool {
        self.places[worker] == Place::Away
    }

    /// One of the associated workers that `can`.
    fn pick(&self, who: usize, can: impl Fn(&Port, usize) -> bool) -> Option<usize> {
        let joined = |worker: &usize| self.model.workers[*worker] != Worker::Absent;
        let able: Vec<usize> =
            (0..self.places.len()).filter(joined).filter(|worker| can(self, *worker)).collect();
        (!able.is_empty()).then(|| able[who % able.len()])
    }
}

fn id(worker: usize) -> WorkerId {
    WorkerId(worker as u32)
}
