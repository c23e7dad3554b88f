//! When the last callback of something that is being taken away has ended.
//!
//! # Invariants
//! 1. After `end` no callback begins.
//! 2. Events are set, and waiters woken, once: when `end` has been called and no callback runs.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::futex;
use crate::code;
use crate::object::{self, Object};
use crate::types::{HANDLE, INVALID_HANDLE_VALUE};

#[derive(Default)]
struct Inner {
    running: u32,
    ended: bool,
    events: Vec<Arc<dyn Object>>,
    then: Vec<Box<dyn FnOnce() + Send>>,
}

#[derive(Default)]
pub(super) struct Rundown {
    inner: Mutex<Inner>,
    /// Futex word: 1 when all is over.
    over: AtomicU32,
}

impl Rundown {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A callback is to run; false if none may any more.
    pub(super) fn begin(&self) -> bool {
        let mut inner = self.inner();
        if !inner.ended {
            inner.running += 1;
        }
        !inner.ended
    }

    pub(super) fn is_ended(&self) -> bool {
        self.inner().ended
    }

    /// A callback has run.
    pub(super) fn leave(&self) {
        let mut inner = self.inner();
        inner.running -= 1;
        let over = inner.ended && inner.running == 0;
        if over {
            self.tell(inner);
        }
    }

    /// Has something done when all is over, at once if it is.
    pub(super) fn then(&self, call: impl FnOnce() + Send + 'static) {
        let mut inner = self.inner();
        inner.then.push(Box::new(call));
        if inner.ended && inner.running == 0 {
            self.tell(inner);
        }
    }

    fn tell(&self, mut inner: MutexGuard<'_, Inner>) {
        let (events, then) = (std::mem::take(&mut inner.events), std::mem::take(&mut inner.then));
        drop(inner);
        self.over.store(1, Release); // pairs with `wait`
        futex::wake(&raw const self.over, futex::EVERYBODY);
        for event in events {
            event.set_event(true);
        }
        then.into_iter().for_each(|call| call());
    }

    /// No more callbacks. `completion` is null, an event that is set when all is over, or INVALID_HANDLE_VALUE: then this
    /// waits for it. ERROR_IO_PENDING if callbacks still run.
    pub(super) fn end(&self, completion: HANDLE) -> Result<(), u32> {
        let waits = completion == INVALID_HANDLE_VALUE;
        let event =
            if completion.is_null() || waits { None } else { Some(object::find(completion)?) };
        let mut inner = self.inner();
        inner.ended = true;
        inner.events.extend(event);
        if inner.running == 0 {
            self.tell(inner);
            return Ok(());
        }
        drop(inner);
        if waits {
            wharf::blocking(|| {
                while self.over.load(Acquire) == 0 {
                    futex::wait(&self.over, 0, None);
                }
            });
            return Ok(());
        }
        Err(code::ERROR_IO_PENDING)
    }
}
