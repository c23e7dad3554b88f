//! What can be waited for: a state that is signalled or not, and those who wait for it.
//!
//! # Invariants
//! 1. A waiter is in the lists of all its objects, or has an outcome and is in none.
//! 2. After every call that may signal an object, no waiter in its list could be satisfied (`settle`).
//! 3. Waiters are looked at in the order of their coming.
//! 4. A mutex with an owner is in the owner's list of owned mutexes.

use std::collections::VecDeque;
use std::sync::Arc;

use super::token::{LockCell, Locked};
use super::waiter::{Outcome, Waiter};
use crate::thread::Thread;

/// The state of an object, by its kind.
pub(crate) enum Signal {
    /// Events, timers, threads.
    Event {
        manual: bool,
        set: bool,
    },
    Semaphore {
        count: i32,
        maximum: i32,
    },
    /// Owned by a thread, so often; or free, and perhaps left behind by a thread that ended.
    Mutex {
        owner: Option<Arc<Thread>>,
        depth: u32,
        abandoned: bool,
    },
    /// Signalled as its owner says at each look; a wait takes nothing. The owner has `settle` called when that may
    /// have become true.
    Live(Box<dyn Fn() -> bool + Send + Sync>),
}

struct Body {
    signal: Signal,
    waiters: VecDeque<Arc<Waiter>>,
}

/// The waitable part of an object.
pub(crate) struct Dispatcher {
    body: LockCell<Body>,
}

impl Dispatcher {
    pub(crate) fn new(signal: Signal) -> Arc<Dispatcher> {
        let body = Body { signal, waiters: VecDeque::new() };
        Arc::new(Dispatcher { body: LockCell::new(body) })
    }

    pub(crate) fn signal<'a>(&'a self, locked: &'a mut Locked) -> &'a mut Signal {
        &mut self.body.get(locked.token()).signal
    }

    /// Whether a wait of this thread would be satisfied.
    pub(crate) fn is_signalled(&self, locked: &mut Locked, thread: Option<&Arc<Thread>>) -> bool {
        match self.signal(locked) {
            Signal::Event { set, .. } => *set,
            Signal::Semaphore { count, .. } => *count > 0,
            Signal::Mutex { owner: None, .. } => true,
            Signal::Live(is_signalled) => is_signalled(),
            Signal::Mutex { owner: Some(owner), .. } => {
                thread.is_some_and(|thread| Arc::ptr_eq(owner, thread))
            }
        }
    }

    /// Takes what a satisfied wait takes; true for a mutex that was abandoned.
    fn consume(self: &Arc<Self>, locked: &mut Locked, thread: Option<&Arc<Thread>>) -> bool {
        match self.signal(locked) {
            Signal::Event { manual, set } => {
                *set = *manual;
                false
            }
            Signal::Semaphore { count, .. } => {
                *count -= 1;
                false
            }
            Signal::Live(_) => false,
            Signal::Mutex { owner, depth, abandoned } => {
                let was_abandoned = std::mem::take(abandoned);
                *depth += 1;
                // A registered wait has no thread: it takes the mutex for nobody, which leaves it free.
                let Some(thread) = thread else {
                    *depth = 0;
                    return was_abandoned;
                };
                if owner.is_none() {
                    *owner = Some(Arc::clone(thread));
                    thread.state(locked).owned.push(Arc::clone(self));
                }
                was_abandoned
            }
        }
    }

    /// Satisfies waiters while the object is signalled.
    pub(crate) fn settle(self: &Arc<Self>, locked: &mut Locked) {
        let mut at = 0;
        while let Some(waiter) = self.body.get(locked.token()).waiters.get(at).cloned() {
            if let Some(outcome) =
                attempt(locked, &waiter.objects, waiter.all, waiter.thread.as_ref())
            {
                waiter.complete(locked, outcome); // leaves this list, so the next one moves up
            } else if waiter.all || self.is_signalled(locked, waiter.thread.as_ref()) {
                at += 1;
            } else {
                break;
            }
        }
    }

    pub(super) fn enlist(&self, locked: &mut Locked, waiter: &Arc<Waiter>) {
        self.body.get(locked.token()).waiters.push_back(Arc::clone(waiter));
    }

    pub(super) fn withdraw(&self, locked: &mut Locked, waiter: &Arc<Waiter>) {
        self.body.get(locked.token()).waiters.retain(|other| !Arc::ptr_eq(other, waiter));
    }
}

/// What a wait for these objects takes now, if it can be satisfied.
pub(super) fn attempt(
    locked: &mut Locked,
    objects: &[Arc<Dispatcher>],
    all: bool,
    thread: Option<&Arc<Thread>>,
) -> Option<Outcome> {
    if all {
        if !objects.iter().all(|object| object.is_signalled(locked, thread)) {
            return None;
        }
        let mut abandoned = false;
        for object in objects {
            abandoned |= object.consume(locked, thread);
        }
        return Some(if abandoned { Outcome::Abandoned(0) } else { Outcome::Object(0) });
    }
    let at = objects.iter().position(|object| object.is_signalled(locked, thread))?;
    let abandoned = objects[at].consume(locked, thread);
    Some(if abandoned { Outcome::Abandoned(at) } else { Outcome::Object(at) })
}
