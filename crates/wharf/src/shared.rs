//! What the handles of a port share, and what the steward and the workers see of it.

use std::os::fd::{AsFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize};

use rustix::io::Errno;
use wharf_core::scheduler::{Urgency, WorkerId};

use crate::dispatch::{Dispatcher, Member};
use crate::drain::Idle;
use crate::engine::files::Files;
use crate::engine::{Due, Epoll};
use crate::sensor::Birth;
use crate::steward::{Look, Steward, Watched};
use crate::worker::{self, Home};
use crate::{FileEngine, Packet, PostError, Sensing};

/// What the handles of a port share.
pub(crate) struct Shared<T: Send + 'static> {
    /// Unique in the process, never 0.
    pub(crate) id: u64,
    pub(crate) dispatcher: Dispatcher<Packet<T>, Epoll<T>>,
    pub(crate) steward: &'static Steward,
    /// The process that made the port. In a child made by fork its locks may be held by threads that are not
    /// there, and its descriptors are shared with the parent: there a port refuses every call and touches nothing.
    pub(crate) birth: Birth,
    /// No operation is accepted any more. Stored before `close` visits the sockets, read under a socket's
    /// lock: an operation is refused, or pending early enough to be found by the visit.
    pub(crate) closed: AtomicBool,
    pub(crate) draining: AtomicBool,
    /// Workers tell a drain here that they have nothing to do.
    pub(crate) idle: Idle,
    /// `Port` values; the last one closes.
    pub(crate) handles: AtomicUsize,
    /// How blocked workers are found.
    pub(crate) sensing: Sensing,
    /// Looks of the steward.
    pub(crate) looks: AtomicUsize,
    /// Who waits for disks.
    pub(crate) file_engine: FileEngine,
    /// The engine of files, once the port has had one: workers that are about to wait submit what was kept back.
    pub(crate) files: OnceLock<&'static Files>,
}

/// Looks of the steward from one at a worker that was seen blocked to the next. At each look four of them cost more than
/// the slots that came back: 50 instead of 64 k packets/s where a tenth of the handlers blocks (bench: mixed).
const LOOKS_PER_RECOUNT: usize = 8;

impl<T: Send + 'static> Shared<T> {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn idle(&self) -> &Idle {
        &self.idle
    }

    /// Whether this is a child of the process that made the port.
    #[inline]
    pub(crate) fn is_foreign(&self) -> bool {
        self.birth.is_over()
    }

    pub(crate) fn file_engine(&self) -> FileEngine {
        self.file_engine
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_foreign() || self.closed.load(Relaxed)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    /// Calls with a way to queue packets of operations, under whatever lock the call holds meanwhile. On a
    /// closed port they end here, after the call (A17, A18): nobody would ever take them.
    #[inline]
    pub(crate) fn delivering<R>(&self, call: impl FnOnce(&mut dyn FnMut(Packet<T>)) -> R) -> R {
        let urgency = worker::urgency(self.id);
        let mut refused = Vec::new();
        let mut queued = false;
        let mut needed = false;
        let result = worker::inside(|| {
            call(&mut |packet| match self.dispatcher.post(packet, urgency) {
                Ok(now_needed) => (queued, needed) = (true, now_needed),
                Err(packet) => refused.push(packet),
            })
        });
        if queued {
            self.after_post(urgency, needed);
        }
        drop(refused);
        result
    }

    /// The same for the end of an operation of an engine: nobody is woken before the call is over and its locks are
    /// released, nor then if there is `more` to come right away.
    pub(crate) fn delivering_from_engine(
        &self,
        more: bool,
        call: impl FnOnce(&mut dyn FnMut(Packet<T>)),
    ) {
        let urgency = worker::urgency(self.id);
        let mut refused = Vec::new();
        let mut queued = false;
        let needed = worker::inside(|| {
            call(&mut |packet| match self.dispatcher.post(packet, Urgency::Lazy) {
                Ok(_) => queued = true,
                Err(packet) => refused.push(packet),
            });
            queued && !more && urgency == Urgency::Now && self.dispatcher.urge()
        });
        if queued {
            self.after_post(urgency, needed);
        }
        drop(refused);
    }

    /// Queues a packet that is no operation's; the payload comes back if the port is closed.
    #[inline]
    pub(crate) fn queue(
        &self,
        key: usize,
        payload: T,
        number: usize,
        urgency: Urgency,
    ) -> Result<(), PostError<T>> {
        let mut payload = Some(payload);
        let mut make = || {
            let payload = payload.take().expect("called once");
            Packet::new(key, payload, Ok(number))
        };
        match worker::inside(|| self.dispatcher.post_with(urgency, &mut make)) {
            Some(needed) => {
                self.after_post(urgency, needed);
                Ok(())
            }
            None => Err(PostError(payload.expect("nothing was made"))),
        }
    }

    /// Tells the steward of a packet that no wake-up was sent for, if it has to know, and the observer of any packet.
    #[inline]
    pub(crate) fn after_post(&self, urgency: Urgency, needed: bool) {
        if let Some(observer) = self.dispatcher.observer.get() {
            observer();
        }
        match urgency {
            Urgency::Lazy => self.steward.arm(),
            Urgency::Now if needed && self.sensing != Sensing::Told => self.steward.kick(),
            Urgency::Now => {}
        }
    }

    /// Submits what workers have issued on files and was kept back for company.
    #[inline]
    pub(crate) fn flush(&self) {
        if let Some(files) = self.files.get() {
            files.flush();
        }
    }

    /// Ends every timer with its packet; answers how many. Deadlines go with their operations.
    pub(crate) fn cancel_timers(&self) -> usize {
        self.delivering(|out| {
            let mut count = 0;
            for due in self.dispatcher.engine.alarm.drain() {
                if let Due::Timer(packet) = due {
                    out(Packet { result: Err(Errno::CANCELED.into()), ..packet });
                    count += 1;
                }
            }
            count
        })
    }

    /// Answers how many packets and operations were dropped.
    pub(crate) fn close(&self) -> Dropped {
        if self.is_foreign() {
            return Dropped::default();
        }
        self.closed.store(true, SeqCst);
        let Some(packets) = self.dispatcher.close() else { return Dropped::default() };
        // The operations that are still pending would never be heard of: they end now, and their payloads,
        // which may own the very handles that keep them, are dropped.
        let sockets = self.dispatcher.engine.sockets();
        let operations: usize =
            sockets.iter().map(|socket| socket.cancel_all(true, true, Errno::CANCELED)).sum();
        let files = self.dispatcher.engine.files();
        let transfers: usize = files.iter().map(|file| file.cancel_all(Errno::CANCELED)).sum();
        let operations = operations + transfers;
        let due = self.dispatcher.engine.alarm.drain();
        let timers = due.iter().filter(|due| matches!(due, Due::Timer(_))).count();
        drop(due);
        // The steward may be listening to the engine, and keep it.
        self.steward.arm();
        Dropped { packets, operations: operations + timers }
    }
}

/// What ended with a port.
#[derive(Clone, Copy, Default)]
pub(crate) struct Dropped {
    /// Packets that were queued.
    pub(crate) packets: usize,
    /// Operations and timers that were pending.
    pub(crate) operations: usize,
}

impl<T: Send + 'static> Home for Shared<T> {
    fn leave(&self, member: &Member) {
        if !self.is_foreign() {
            self.dispatcher.leave(member);
            if self.is_draining() {
                self.idle.notify();
            }
        }
    }

    fn blocked(&self, worker: WorkerId) -> bool {
        !self.is_foreign() && self.dispatcher.blocked(worker)
    }

    fn unblocked(&self, worker: WorkerId) {
        if !self.is_foreign() {
            self.dispatcher.unblocked(worker);
        }
    }
}

impl<T: Send + 'static> Watched for Shared<T> {
    fn look(&self, event: bool) -> Look {
        let tick = self.dispatcher.tick();
        // Workers that take packets come to the engine by themselves, and are better at it: what they harvest
        // they have in their cache. An event beside somebody who waits may be one that a blocked one holds up.
        if tick.unpolled && (tick.still || (event && self.dispatcher.has_waiters())) {
            // What the program's own code makes of it, an observer or the drop of a payload, ends no steward: the panic has
            // been printed.
            let _printed = catch_unwind(AssertUnwindSafe(|| self.dispatcher.harvest(Urgency::Now)));
        }
        if tick.still
            && let Some(files) = self.files.get()
        {
            files.urge();
        }
        let needed = self.is_needed();
        let released = needed && self.dispatcher.sense(self.sensing);
        let turn = self.looks.fetch_add(1, Relaxed);
        if !tick.still
            && self.sensing != Sensing::Told
            && (!needed || turn.is_multiple_of(LOOKS_PER_RECOUNT))
        {
            self.dispatcher.recount(self.sensing);
        }
        let in_use = !tick.still || tick.moved || needed;
        let relies = self.dispatcher.relies_on_workers(self.sensing != Sensing::Told);
        Look { in_use, moved: tick.moved, released, needed, relies: relies || !in_use }
    }

    fn is_needed(&self) -> bool {
        self.sensing != Sensing::Told && self.dispatcher.is_needed()
    }

    fn is_unpolled(&self) -> bool {
        self.dispatcher.is_unpolled()
    }

    fn has_waiters(&self) -> bool {
        self.dispatcher.has_waiters()
    }

    fn set_heard(&self, heard: bool) {
        self.dispatcher.set_heard(heard);
    }

    fn engine(&self) -> BorrowedFd<'_> {
        self.dispatcher.engine.as_fd()
    }
}
