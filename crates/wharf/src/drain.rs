//! The end of a port's work, in order.

use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::sync::lock;
use crate::{Port, Stats, worker};

/// What [`Port::drain`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drained {
    /// Packets that were handled from the call to the end.
    pub finished: u64,
    /// Operations that were waiting for a peer and have been cancelled.
    pub cancelled: usize,
    /// Packets and operations that were dropped because the time was over.
    pub left: usize,
}

/// Tells a drain that a worker has found nothing more to do.
#[derive(Default)]
pub(crate) struct Idle {
    changes: Mutex<u64>,
    changed: Condvar,
}

impl Idle {
    pub(crate) fn notify(&self) {
        *lock(&self.changes) += 1;
        self.changed.notify_all();
    }

    /// Waits until `done` holds, which is asked again after every notification; false if time is over first.
    fn wait(&self, end: Option<Instant>, done: impl Fn() -> bool) -> bool {
        let mut changes = lock(&self.changes);
        loop {
            let seen = *changes;
            drop(changes);
            if done() {
                return true;
            }
            changes = lock(&self.changes);
            while *changes == seen {
                let Some(end) = end else {
                    changes = self
                        .changed
                        .wait(changes)
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    continue;
                };
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return false;
                }
                let waited = self.changed.wait_timeout(changes, left);
                changes = waited.unwrap_or_else(std::sync::PoisonError::into_inner).0;
            }
        }
    }
}

impl<T: Send + 'static> Port<T> {
    /// Ends the work in order and closes the port, in at most `grace`:
    /// 1. nothing is accepted any more;
    /// 2. what can be finished without a peer's doing is finished: handlers that run, packets that are
    ///    queued, sends and connects that are pending;
    /// 3. what still waits for a peer, and timers, is cancelled, and handlers see that;
    /// 4. the port is closed.
    ///
    /// Call it from a thread that is no worker, or of which it does not matter: it stops being one.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use std::time::Duration;
    /// let port = wharf::Port::new(2)?;
    /// port.post(0, "the last of the work", 0)?;
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| port.run(2, |_packet| Ok(())));
    ///     let drained = port.drain(Duration::from_secs(10));
    ///     assert!(drained.finished <= 1); // 0 if the worker was done with it before
    ///     assert_eq!((drained.cancelled, drained.left), (0, 0));
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn drain(&self, grace: Duration) -> Drained {
        if self.shared.is_foreign() {
            return Drained::default();
        }
        worker::forget(self.shared.id());
        let end = Instant::now().checked_add(grace);
        let before = self.stats().taken;
        self.stop_accepting();
        let idle = self.shared.idle();
        idle.wait(end, || self.is_settled(true));
        let cancelled = self.cancel_all() + self.shared.cancel_timers();
        idle.wait(end, || self.is_settled(false));
        // Counted by the close itself: until then workers go on taking.
        let dropped = self.shared.close();
        let taken = self.stats().taken - dropped.packets as u64; // the queue counts what left it either way
        let finished = taken.saturating_sub(before); // one may have been put back
        Drained { finished, cancelled, left: dropped.packets + dropped.operations }
    }

    /// Whether no handler runs and none is about to; with `sends`, also none after what is being sent.
    ///
    /// A send becomes a packet, a packet a handler, a handler a send: what moves on between two looks may be
    /// missed by both. So both looks have to find nothing, with nothing taken in between.
    fn is_settled(&self, sends: bool) -> bool {
        let (first, second) = (self.stats(), self.stats());
        let still = |stats: &Stats| {
            let moving = stats.queued + stats.running as usize + stats.blocked as usize;
            let moving = moving + stats.transferring;
            moving == 0 && (stats.sending == 0 || !sends)
        };
        still(&first) && still(&second) && first.taken == second.taken
    }
}
