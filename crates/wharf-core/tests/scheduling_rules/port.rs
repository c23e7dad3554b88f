//! A port whose woken workers act at once, so that a rule can be read from who was given which packet.

use std::num::NonZeroU32;

use wharf_core::scheduler::{Next, Scheduler, Urgency, Wake, WorkerId};

/// Who was released with which packet, in order.
pub(crate) type Released = Vec<(WorkerId, u32)>;

/// A port whose woken workers act at once.
pub(crate) struct Port {
    pub(crate) scheduler: Scheduler<u32>,
    /// The engine's sleepers, newest last.
    pollers: Vec<WorkerId>,
    /// Workers whose wait ended because the port was closed.
    pub(crate) abandoned: Vec<WorkerId>,
    /// More workers can be had; `ordered` counts those that were asked for.
    growable: bool,
    pub(crate) ordered: usize,
}

impl Port {
    pub(crate) fn new(max: u32) -> Self {
        let max = NonZeroU32::new(max).expect("a concurrency value");
        Port {
            scheduler: Scheduler::new(max),
            pollers: Vec::new(),
            abandoned: Vec::new(),
            growable: false,
            ordered: 0,
        }
    }

    pub(crate) fn join(&mut self) -> WorkerId {
        self.scheduler.join()
    }

    /// Asks for a packet; `None`: the worker now waits, or the port is closed.
    pub(crate) fn get(&mut self, worker: WorkerId) -> Option<u32> {
        let next = self.scheduler.get(worker);
        let packet = self.note(worker, next);
        assert_eq!(self.settle(), [], "a worker that asks takes for itself and releases nobody");
        packet
    }

    /// A new worker that waits.
    pub(crate) fn waiter(&mut self) -> WorkerId {
        let worker = self.join();
        assert_eq!(self.get(worker), None);
        worker
    }

    /// A new worker that runs with `packet`; nothing else is queued and there is room.
    pub(crate) fn runner(&mut self, packet: u32) -> WorkerId {
        let worker = self.waiter();
        assert_eq!(self.post(packet), [(worker, packet)]);
        worker
    }

    pub(crate) fn post(&mut self, packet: u32) -> Released {
        self.scheduler.post(packet, Urgency::Now).expect("an open port");
        self.settle()
    }

    pub(crate) fn block(&mut self, worker: WorkerId) -> Released {
        assert!(self.scheduler.blocked(worker), "it was counted");
        self.settle()
    }

    pub(crate) fn unblock(&mut self, worker: WorkerId) -> Released {
        self.scheduler.unblocked(worker);
        self.settle()
    }

    /// What a look at a running worker would remember of it.
    pub(crate) fn epoch(&self, worker: WorkerId) -> u32 {
        let mut seen = self.scheduler.suspects().chain(self.scheduler.sensed());
        seen.find(|(id, _)| *id == worker).expect("a worker to look at").1
    }

    /// A look at a worker in its present epoch sees it blocked.
    pub(crate) fn sense(&mut self, worker: WorkerId) -> Released {
        let epoch = self.epoch(worker);
        assert!(self.scheduler.sense_blocked(worker, epoch), "it was counted");
        self.settle()
    }

    /// A look at a worker that was seen blocked sees it running.
    pub(crate) fn sense_running(&mut self, worker: WorkerId) -> Released {
        let epoch = self.epoch(worker);
        assert!(self.scheduler.sense_running(worker, epoch), "it was seen blocked");
        self.settle()
    }

    pub(crate) fn set_growable(&mut self, growable: bool) -> Released {
        self.growable = growable;
        self.scheduler.set_growable(growable);
        self.settle()
    }

    pub(crate) fn leave(&mut self, worker: WorkerId) -> Released {
        self.scheduler.leave(worker);
        self.settle()
    }

    /// The worker's sleep ends by its time limit.
    pub(crate) fn time_out(&mut self, worker: WorkerId) -> Released {
        self.pollers.retain(|poller| *poller != worker);
        match self.scheduler.give_up(worker) {
            Next::Packet(packet) => panic!("packet {packet} instead of a time-out"),
            Next::Closed => self.abandoned.push(worker),
            Next::Poll | Next::Park => {}
        }
        self.settle()
    }

    pub(crate) fn close(&mut self) -> Vec<u32> {
        let dropped = self.scheduler.close().into();
        assert_eq!(self.settle(), [], "nobody gets a packet from a closed port");
        dropped
    }

    pub(crate) fn running(&self) -> u32 {
        self.scheduler.counts().running
    }

    pub(crate) fn queued(&self) -> usize {
        self.scheduler.counts().queued
    }

    /// A waiter's sleep ends for no reason of the port's.
    pub(crate) fn look_up(&mut self, worker: WorkerId) -> Option<u32> {
        let next = self.scheduler.resume(worker);
        let packet = self.note(worker, next);
        assert_eq!(self.settle(), []);
        packet
    }

    fn note(&mut self, worker: WorkerId, next: Next<u32>) -> Option<u32> {
        self.pollers.retain(|poller| *poller != worker);
        match next {
            Next::Packet(packet) => return Some(packet),
            Next::Poll => self.pollers.push(worker),
            Next::Closed => self.abandoned.push(worker),
            Next::Park => {}
        }
        None
    }

    pub(crate) fn settle(&mut self) -> Released {
        let mut released = Vec::new();
        for _ in 0..100 {
            let woken = match self.scheduler.next_wake() {
                Some(Wake::Poller) => *self.pollers.last().expect("a poller to wake"),
                Some(Wake::Unpark(worker)) => worker,
                Some(Wake::Grow) => {
                    assert!(self.growable, "nobody said that this port can grow");
                    self.ordered += 1;
                    continue;
                }
                None => return released,
            };
            let next = self.scheduler.resume(woken);
            released.extend(self.note(woken, next).map(|packet| (woken, packet)));
        }
        panic!("the wake-ups never end");
    }
}
