//! A file that is waited for: it is signalled while nothing without an event of its own is pending on it (C9, A22).
//!
//! Most files are never waited for, so what a wait needs is made by the first one; before that there is only a flag.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::wait::dispatcher::{Dispatcher, Signal as State};
use crate::wait::token;

struct Inner {
    set: bool,
    dispatcher: Option<Arc<Dispatcher>>,
}

pub(crate) struct Signal(Mutex<Inner>);

impl Default for Signal {
    fn default() -> Self {
        Signal(Mutex::new(Inner { set: false, dispatcher: None }))
    }
}

impl Signal {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, wanted: bool) {
        let mut inner = self.inner();
        inner.set = wanted;
        let Some(dispatcher) = &inner.dispatcher else { return };
        let mut locked = token::lock();
        if let State::Event { set, .. } = dispatcher.signal(&mut locked) {
            *set = wanted;
        }
        if wanted {
            dispatcher.settle(&mut locked);
        }
    }

    /// What a wait waits for.
    pub(crate) fn waitable(&self) -> Arc<Dispatcher> {
        let mut inner = self.inner();
        let set = inner.set;
        let make = || Dispatcher::new(State::Event { manual: true, set });
        Arc::clone(inner.dispatcher.get_or_insert_with(make))
    }
}
