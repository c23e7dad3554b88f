//! A port that is waited for (A21): it is signalled while packets are queued that no thread in
//! GetQueuedCompletionStatus is about to take, and when it has been closed. A wait takes nothing.
//!
//! # Invariants
//! 1. The port tells of every packet, but only once it has been waited for: before, a post costs nothing more.
//! 2. What is waited for keeps the port's memory, and not the other way round.

use std::sync::{Arc, OnceLock};

use super::IoPort;
use crate::wait::dispatcher::{Dispatcher, Signal};
use crate::wait::token;

#[derive(Default)]
pub(super) struct Waitable(OnceLock<Arc<Dispatcher>>);

impl IoPort {
    pub(super) fn dispatcher(&self) -> Arc<Dispatcher> {
        let make = || {
            let (port, closed) = (self.port.clone(), Arc::clone(&self.closed));
            let is_signalled = move || IoPort::has_closed(&closed) || port.has_unclaimed();
            let dispatcher = Dispatcher::new(Signal::Live(Box::new(is_signalled)));
            let told = Arc::downgrade(&dispatcher);
            self.port.observe(move || {
                if let Some(told) = told.upgrade() {
                    told.settle(&mut token::lock());
                }
            });
            dispatcher
        };
        Arc::clone(self.waitable.0.get_or_init(make))
    }

    /// The port has been closed: who waits for it goes on.
    pub(super) fn release_waits(&self) {
        if let Some(dispatcher) = self.waitable.0.get() {
            dispatcher.settle(&mut token::lock());
        }
    }
}
