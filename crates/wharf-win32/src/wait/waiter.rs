//! One wait, from its beginning to its outcome.
//!
//! # Protocol
//! | waiting thread | whoever ends the wait |
//! |---|---|
//! | under the lock: try; else enlist, and name the waiter in the thread's state | |
//! | without it: sleep on `done` until the deadline | under the lock: set the outcome, withdraw from all lists |
//! | | without it: set `done`, wake |
//! | under the lock: take the outcome; if there is none, withdraw: it timed out | |
//!
//! The outcome is decided under the lock, so a time-out and a signal at the same moment end the wait once, and what
//! the signal gave is not lost. `done` only says that there is something to look at.
//!
//! # References
//! Contract F15-F17, F23; B8: the sleep, and only the sleep, gives the worker's slot back.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};

use super::apc;
use super::dispatcher::{Dispatcher, attempt};
use super::token::{self, LockCell, Locked};
use crate::sync::futex::{self, Moment};
use crate::thread::{self, Thread, suspend};

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Satisfied, by the object of this index; 0 for all.
    Object(usize),
    /// As `Object`, and a mutex had been left behind by a thread that ended.
    Abandoned(usize),
    TimedOut,
    /// Routines were queued, or have run.
    Alerted,
    /// The thread is to stop, and begins the wait anew when it goes on.
    Interrupted,
}

/// Who is told of the outcome.
pub(crate) enum Notify {
    /// The thread that sleeps on `done`.
    Sleeper,
    /// A registered wait.
    Callback(Box<dyn Fn(Outcome) + Send + Sync>),
}

pub(crate) struct Waiter {
    pub(super) objects: Vec<Arc<Dispatcher>>,
    pub(super) all: bool,
    pub(super) thread: Option<Arc<Thread>>,
    alertable: bool,
    outcome: LockCell<Option<Outcome>>,
    done: AtomicU32,
    notify: Notify,
}

impl Waiter {
    /// Ends the wait: withdraws it everywhere, and tells after the release.
    pub(super) fn complete(self: &Arc<Self>, locked: &mut Locked, outcome: Outcome) {
        *self.outcome.get(locked.token()) = Some(outcome);
        self.withdraw(locked);
        locked.tell(Arc::clone(self));
    }

    fn withdraw(self: &Arc<Self>, locked: &mut Locked) {
        for object in &self.objects {
            object.withdraw(locked, self);
        }
    }

    /// The outcome is set and the lock released.
    pub(super) fn notify(&self) {
        match &self.notify {
            Notify::Sleeper => {
                self.done.store(1, Release); // pairs with the load in `sleep`; the outcome is read under the lock
                futex::wake(&raw const self.done, 1);
            }
            Notify::Callback(callback) => {
                // Relaxed would do: set by `complete` of the same thread, and never again.
                let outcome = *self.outcome.get(token::lock().token());
                if let Some(outcome) = outcome {
                    callback(outcome);
                }
            }
        }
    }

    fn sleep(&self, deadline: Option<Moment>) {
        while self.done.load(Acquire) == 0 && futex::wait(&self.done, 0, deadline) {}
    }
}

/// Ends an alertable wait of this thread, if it is in one.
pub(super) fn alert(locked: &mut Locked, thread: &Thread) {
    if let Some(waiter) = thread.state(locked).waiter.clone()
        && waiter.alertable
        && waiter.outcome.get(locked.token()).is_none()
    {
        waiter.complete(locked, Outcome::Alerted);
    }
}

/// Makes a thread that waits look whether it is to stop.
pub(crate) fn interrupt(locked: &mut Locked, thread: &Thread) {
    if let Some(waiter) = thread.state(locked).waiter.clone()
        && waiter.outcome.get(locked.token()).is_none()
    {
        waiter.complete(locked, Outcome::Interrupted);
    }
}

/// Waits for any or all of some objects; `millis` as Windows has it. `before` is done in one step with the first look.
pub(crate) fn wait(
    objects: Vec<Arc<Dispatcher>>,
    all: bool,
    millis: u32,
    alertable: bool,
    before: impl FnOnce(&mut Locked) -> Result<(), u32>,
) -> Result<Outcome, u32> {
    let thread = thread::current();
    let mut before = Some(before);
    let mut objects = objects;
    let mut deadline = None;
    loop {
        let mut locked = token::lock();
        if let Some(before) = before.take() {
            before(&mut locked)?;
        }
        // Objects go before routines, and routines before the time (F23).
        if !objects.is_empty()
            && let Some(outcome) = attempt(&mut locked, &objects, all, Some(&thread))
        {
            return Ok(outcome);
        }
        if alertable && !thread.state(&mut locked).routines.is_empty() {
            drop(locked);
            apc::run(&thread);
            return Ok(Outcome::Alerted);
        }
        if millis == 0 {
            return Ok(Outcome::TimedOut);
        }
        let end = *deadline.get_or_insert_with(|| Moment::after_millis(millis));
        let waiter = Arc::new(Waiter {
            objects,
            all,
            thread: Some(Arc::clone(&thread)),
            alertable,
            outcome: LockCell::new(None),
            done: AtomicU32::new(0),
            notify: Notify::Sleeper,
        });
        for object in &waiter.objects {
            object.enlist(&mut locked, &waiter);
        }
        thread.state(&mut locked).waiter = Some(Arc::clone(&waiter));
        drop(locked);
        // Asked after the waiter is to be found: who stops this thread interrupts the waiter, or is seen here.
        if !suspend::is_due() {
            wharf::blocking(|| waiter.sleep(end));
        }
        let mut locked = token::lock();
        thread.state(&mut locked).waiter = None;
        let outcome = *waiter.outcome.get(locked.token());
        match outcome {
            None if suspend::is_due() => waiter.withdraw(&mut locked),
            None => {
                waiter.withdraw(&mut locked);
                return Ok(Outcome::TimedOut);
            }
            Some(Outcome::Interrupted) => {}
            Some(Outcome::Alerted) => {
                drop(locked);
                apc::run(&thread);
                return Ok(Outcome::Alerted);
            }
            Some(outcome) => return Ok(outcome),
        }
        drop(locked);
        objects = waiter.objects.clone();
        drop(waiter);
        suspend::stop();
    }
}

/// A wait without a thread: `callback` hears of its outcome, once, on some thread, and must not block there.
pub(crate) struct Registered(Arc<Waiter>);

impl Registered {
    /// Begins it.
    pub(crate) fn begin(
        object: &Arc<Dispatcher>,
        callback: Box<dyn Fn(Outcome) + Send + Sync>,
    ) -> Registered {
        let waiter = Arc::new(Waiter {
            objects: vec![Arc::clone(object)],
            all: false,
            thread: None,
            alertable: false,
            outcome: LockCell::new(None),
            done: AtomicU32::new(0),
            notify: Notify::Callback(callback),
        });
        let mut locked = token::lock();
        match attempt(&mut locked, &waiter.objects, false, None) {
            Some(outcome) => waiter.complete(&mut locked, outcome),
            None => object.enlist(&mut locked, &waiter),
        }
        drop(locked);
        Registered(waiter)
    }

    /// Ends it with this outcome; false if it had ended.
    pub(crate) fn end(&self, outcome: Option<Outcome>) -> bool {
        let mut locked = token::lock();
        if self.0.outcome.get(locked.token()).is_some() {
            return false;
        }
        match outcome {
            Some(outcome) => self.0.complete(&mut locked, outcome),
            None => {
                *self.0.outcome.get(locked.token()) = Some(Outcome::Interrupted);
                self.0.withdraw(&mut locked);
            }
        }
        true
    }
}
