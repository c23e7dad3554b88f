//! Which port the calling thread works for, and its blocking elsewhere.
//!
//! A thread is associated with at most one port: by its first `get` on it, until it calls `get` on
//! another or ends (contract B1, B2). The association lives in a thread-local record, whose destructor
//! gives the slot back (B15).
//!
//! # Invariants
//! 1. The record names a member of the port it names, and no other thread's record does.
//! 2. `epoch` changes with every change of association, so that a pause can tell that it is not for this one.
//! 3. `pauses` is non-zero exactly while the thread is inside [`blocking`].

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::{Arc, Weak};

use wharf_core::scheduler::{Urgency, WorkerId};

use crate::dispatch::{Member, View};

/// A port as its workers' threads know it, whatever its payload.
pub(crate) trait Home: Send + Sync {
    fn leave(&self, member: &Member);
    fn blocked(&self, worker: WorkerId) -> bool;
    fn unblocked(&self, worker: WorkerId);
}

/// How many packets a worker takes from the queue before it looks into the engine although the queue is
/// not empty: without that, a port that is kept busy by posts would never see its sockets. At 100 ns a
/// post and 500 ns a look this costs a few percent of nothing but posts, and nothing of real work.
const TAKES_PER_LOOK: u32 = 128;

struct Association {
    home: Weak<dyn Home>,
    member: Member,
}

struct Record {
    /// How others see this thread; made with the first association.
    view: OnceCell<Arc<View>>,
    /// Number of the port; 0 for none.
    port: Cell<u64>,
    worker: Cell<WorkerId>,
    epoch: Cell<u64>,
    pauses: Cell<u32>,
    takes: Cell<u32>,
    association: RefCell<Option<Association>>,
}

impl Record {
    fn leave(&self) {
        self.port.set(0);
        self.epoch.set(self.epoch.get() + 1);
        // Taken out first: what follows may run a port's destructor and come back here.
        let association = self.association.borrow_mut().take();
        if let Some(Association { home, member }) = association
            && let Some(home) = home.upgrade()
        {
            home.leave(&member);
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.leave();
    }
}

thread_local! {
    static RECORD: Record = const {
        Record {
            view: OnceCell::new(),
            port: Cell::new(0),
            worker: Cell::new(WorkerId(0)),
            epoch: Cell::new(0),
            pauses: Cell::new(0),
            takes: Cell::new(0),
            association: RefCell::new(None),
        }
    };
}

/// The calling thread as a worker of port `port`, which it becomes by `join` if it is none; and whether it
/// is time to look into the engine although packets are queued. It is inside the port, see [`Inside`]. `None` in a
/// thread that is ending and has no record any more.
#[inline]
pub(crate) fn enter<H: Home + 'static>(
    port: u64,
    home: &Arc<H>,
    join: impl FnOnce(Arc<View>) -> Member,
) -> Option<(WorkerId, bool)> {
    let entered = RECORD.try_with(|record| {
        let view = record.view.get_or_init(|| Arc::new(View::here()));
        view.set_inside(true);
        if record.port.get() != port {
            record.leave();
            view.renew();
            let member = join(Arc::clone(view));
            record.worker.set(member.id);
            let home: Weak<H> = Arc::downgrade(home);
            *record.association.borrow_mut() = Some(Association { home, member });
            record.port.set(port);
        }
        let takes = record.takes.get() + 1;
        record.takes.set(takes % TAKES_PER_LOOK);
        (record.worker.get(), takes == TAKES_PER_LOOK)
    });
    entered.ok()
}

/// The calling thread is inside a call on its port until this is dropped, also by a panic: what blocks it from then on
/// blocks the worker.
pub(crate) struct Inside(());

impl Inside {
    /// Of a thread that has just [entered](enter).
    #[inline]
    pub(crate) fn entered() -> Inside {
        Inside(())
    }

    /// Of any thread, worker or not.
    #[inline]
    pub(crate) fn begin() -> Inside {
        Inside::set(true);
        Inside(())
    }

    #[inline]
    fn set(inside: bool) {
        // Not at all in a thread that is ending.
        let _ = RECORD.try_with(|record| {
            if let Some(view) = record.view.get() {
                view.set_inside(inside);
            }
        });
    }
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        Inside::set(false);
    }
}

/// Runs a call on a port during which the calling thread, if it is a worker, does not look blocked.
#[inline]
pub(crate) fn inside<R>(call: impl FnOnce() -> R) -> R {
    let _inside = Inside::begin();
    call()
}

/// The calling thread's membership; it has just entered.
pub(crate) fn member() -> Member {
    RECORD.with(|record| {
        let association = record.association.borrow();
        association.as_ref().expect("a thread that has entered a port").member.clone()
    })
}

/// Whether the calling thread works for this port.
pub(crate) fn is_member(port: u64) -> bool {
    RECORD.try_with(|record| record.port.get() == port).unwrap_or(false)
}

/// Ends the calling thread's association with this port, if it has one.
pub(crate) fn forget(port: u64) {
    let _ = RECORD.try_with(|record| {
        if record.port.get() == port {
            record.leave();
        }
    });
}

/// How soon a packet that the calling thread produces for `port` is to be looked after: a worker that
/// runs comes back for it, anybody else does not.
#[inline]
pub(crate) fn urgency(port: u64) -> Urgency {
    let returns = RECORD.try_with(|record| record.port.get() == port && record.pauses.get() == 0);
    if returns.unwrap_or(false) { Urgency::Lazy } else { Urgency::Now }
}

/// Runs something that may block, and lets another worker of the port run meanwhile.
///
/// The calling thread, if it is a worker of a port, stops counting against the port's concurrency value:
/// a waiting worker is released at once if packets are queued, or takes over the watch for new ones. When
/// the call returns the thread counts again, even if the value is exceeded by that; the port makes up for
/// it by releasing nobody until the number has fallen (contract B8, B9). For a thread that is no worker,
/// and inside another `blocking`, this is just the call.
///
/// A pair costs some tens of nanoseconds when nobody needs to be released.
///
/// ```
/// let content = wharf::blocking(|| std::fs::read_to_string("/proc/self/comm"))?;
/// # assert!(!content.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn blocking<R>(call: impl FnOnce() -> R) -> R {
    let _pause = Pause::begin();
    call()
}

/// Ends the pause also when the call panics.
struct Pause {
    home: Option<Arc<dyn Home>>,
    worker: WorkerId,
    epoch: u64,
}

impl Pause {
    fn begin() -> Pause {
        let pause = RECORD.try_with(|record| {
            let outermost = record.pauses.replace(record.pauses.get() + 1) == 0;
            let worker = record.worker.get();
            let home = if outermost && record.port.get() != 0 {
                let association = record.association.borrow();
                association.as_ref().and_then(|association| association.home.upgrade())
            } else {
                None
            };
            Pause {
                home: home.filter(|home| home.blocked(worker)),
                worker,
                epoch: record.epoch.get(),
            }
        });
        // The thread is ending and its record is gone: it is no worker any more.
        // Not `unwrap_or`: a pause that is made in vain would be ended by its drop.
        pause.unwrap_or_else(|_| Pause { home: None, worker: WorkerId(0), epoch: 0 })
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        let _ = RECORD.try_with(|record| {
            record.pauses.set(record.pauses.get() - 1);
            if record.epoch.get() == self.epoch
                && let Some(home) = &self.home
            {
                home.unblocked(self.worker);
            }
        });
    }
}
