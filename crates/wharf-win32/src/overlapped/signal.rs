//! A SOCKET that is waited for: it is signalled by the end of an operation without an event, and not while one without is
//! pending (C9, C24).
//!
//! Most sockets are never waited for. What a wait needs is made by the first one, or for a listener when it hands a
//! connection to its acceptor, whose lock the end of the accept comes under.

use std::sync::Arc;

use crate::file::signal::Signal;
use crate::wait::dispatcher::Dispatcher;

#[derive(Default)]
pub(crate) struct SocketSignal {
    /// Only while nothing is shared.
    set: bool,
    shared: Option<Arc<Signal>>,
}

impl SocketSignal {
    pub(crate) fn set(&mut self, wanted: bool) {
        match &self.shared {
            None => self.set = wanted,
            Some(shared) => shared.set(wanted),
        }
    }

    /// One that others may set.
    pub(crate) fn shared(&mut self) -> &Arc<Signal> {
        self.shared.get_or_insert_with(|| {
            let signal = Signal::default();
            signal.set(self.set);
            Arc::new(signal)
        })
    }

    pub(crate) fn waitable(&mut self) -> Arc<Dispatcher> {
        self.shared().waitable()
    }
}
