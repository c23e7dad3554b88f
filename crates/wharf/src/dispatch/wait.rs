//! A worker's wait for a packet, and what is fetched from the engine.

use std::sync::atomic::Ordering::Relaxed;

use wharf_core::deadline::Deadline;
use wharf_core::scheduler::{Next, Urgency, WorkerId};

use super::primitives::lock;
use super::{Dispatcher, Empty, Engine, Interrupt, Member};
use crate::clock;

/// Ends a wait that a panic of the program's code breaks off: an interrupt's, an observer's, a payload's drop.
struct Unwinding<'a, P: Send, E: Engine<P>> {
    dispatcher: &'a Dispatcher<P, E>,
    worker: WorkerId,
}

impl<P: Send, E: Engine<P>> Drop for Unwinding<'_, P, E> {
    fn drop(&mut self) {
        let mut inner = lock(&self.dispatcher.inner);
        inner.scheduler.abandon(self.worker);
        self.dispatcher.settle(inner);
    }
}

impl<P: Send, E: Engine<P>> Dispatcher<P, E> {
    /// Waits for a packet until the deadline, or until an interrupt, which counts as the end of its time. A worker that would have to park
    /// although packets are queued looks for blocked ones first, if the port `senses`; `bell` wakes the steward.
    #[inline(never)]
    pub(crate) fn wait(
        &self,
        member: &Member,
        deadline: Deadline,
        next: Next<P>,
        senses: bool,
        bell: impl Fn(),
        interrupt: Option<&dyn Interrupt>,
    ) -> Result<P, Empty> {
        if let Some(interrupt) = interrupt {
            interrupt.attach(member);
        }
        let unwinding = Unwinding { dispatcher: self, worker: member.id };
        let got = self.wait_on(member, deadline, next, senses, bell, interrupt);
        std::mem::forget(unwinding);
        got
    }

    fn wait_on(
        &self,
        member: &Member,
        deadline: Deadline,
        mut next: Next<P>,
        senses: bool,
        bell: impl Fn(),
        interrupt: Option<&dyn Interrupt>,
    ) -> Result<P, Empty> {
        loop {
            match next {
                Next::Packet(packet) => return Ok(packet),
                Next::Closed => return Err(Empty::Closed),
                Next::Poll => {
                    // Relaxed: ordered by the lock, see `set_heard`.
                    if self.heard.load(Relaxed) {
                        self.heard.store(false, Relaxed);
                        bell();
                    }
                    // The poller takes the first of what it brings; the rest waits for its next visit, or
                    // for a tick.
                    let slept = interrupt.is_some_and(|interrupt| interrupt.sleep(deadline));
                    self.poll(if slept { Deadline::Now } else { deadline }, Urgency::Lazy, |_| {});
                }
                Next::Park => {
                    // A look by itself may find it a slot, and spares two thread switches.
                    if senses && self.glance() == Some(false) {
                        bell();
                    }
                    let raised = || interrupt.is_some_and(|interrupt| interrupt.is_raised());
                    member.parker.park(deadline, raised);
                }
            }
            let late = clock::remaining(deadline).is_over()
                || interrupt.is_some_and(|interrupt| interrupt.is_raised());
            let mut inner = lock(&self.inner);
            next = if late {
                inner.scheduler.give_up(member.id)
            } else {
                inner.scheduler.resume(member.id)
            };
            if let Next::Packet(_) = next {
                inner.took(true);
            }
            let over = late && matches!(next, Next::Poll | Next::Park);
            self.settle(inner);
            if over {
                return Err(Empty::TimedOut);
            }
        }
    }

    /// Queues what the engine has; calls with whether a wake-up signal was swallowed. The program's code runs last: should it
    /// panic, nothing is left undone.
    fn poll(&self, deadline: Deadline, urgency: Urgency, then: impl FnOnce(bool)) {
        let mut refused = Vec::new();
        let mut queued = false;
        let swallowed =
            self.engine.poll(deadline, &mut |packet| match self.post(packet, urgency) {
                Ok(_) => queued = true,
                Err(packet) => refused.push(packet),
            });
        then(swallowed);
        drop(refused); // the engine's locks are released
        if queued && let Some(observer) = self.observer.get() {
            observer();
        }
    }

    /// Collects what has completed although no worker sleeps in the engine.
    pub(crate) fn harvest(&self, urgency: Urgency) {
        self.poll(Deadline::Now, urgency, |swallowed| {
            if swallowed {
                let mut inner = lock(&self.inner);
                inner.scheduler.wake_absorbed();
                self.settle(inner);
            }
        });
    }
}
