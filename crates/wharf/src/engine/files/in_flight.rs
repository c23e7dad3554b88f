//! The operations of one file that an engine has, and how they are ended before their time.
//!
//! # Invariants
//! Those of `open_file`.
//!
//! # References
//! Contract C33-C35, C39-C41.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rustix::io::Errno;
use wharf_core::deadline::Deadline;
use wharf_core::operation::OpId;
use wharf_core::slots::Token;
use wharf_core::timers::TimerKey;

use super::Files;
use crate::engine::Due;
use crate::shared::Shared;
use crate::sync::lock;

/// What the engine's table knows of a file, and what an operation on it needs for its end: all but the descriptor.
pub(crate) struct InFlight<T: Send + 'static> {
    pub(super) port: Arc<Shared<T>>,
    pub(super) files: &'static Files,
    token: Token,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    all: BTreeMap<OpId, Entry>,
    /// The last handle is gone: with the last entry it leaves the table.
    abandoned: bool,
}

/// What is known of an operation that an engine has.
struct Entry {
    /// Its flight's.
    name: u64,
    deadline: Option<TimerKey>,
    /// Its end was asked for, for this reason.
    ended: Option<Errno>,
    waits: bool,
}

impl<T: Send + 'static> InFlight<T> {
    /// In the engine's table, until [`abandon`](InFlight::abandon).
    pub(super) fn enter(port: &Arc<Shared<T>>, files: &'static Files) -> Arc<InFlight<T>> {
        port.dispatcher.engine.enter_file(|token| {
            let port = Arc::clone(port);
            Arc::new(InFlight { port, files, token, entries: Mutex::default() })
        })
    }

    /// Gives an operation to an engine, by `submit`, under the lock. It comes back if the port has been closed, whose visit may
    /// be over.
    pub(super) fn begin<F, R>(
        &self,
        (id, name): (OpId, u64),
        waits: bool,
        flight: F,
        submit: impl FnOnce(F) -> R,
    ) -> Result<R, F> {
        let mut entries = lock(&self.entries);
        if self.port.is_closed() {
            return Err(flight);
        }
        entries.all.insert(id, Entry { name, deadline: None, ended: None, waits });
        Ok(submit(flight))
    }

    /// An operation is over; `queue` queues its packet, under the lock: who counts what is under way counts it here or there.
    /// It is given the reason, if its end was asked for.
    pub(super) fn end(&self, id: OpId, queue: impl FnOnce(Option<Errno>)) {
        let mut entries = lock(&self.entries);
        let entry = entries.all.remove(&id).expect("an operation of an engine ends once");
        if let Some(deadline) = entry.deadline {
            self.port.dispatcher.engine.alarm.clear(deadline);
        }
        queue(entry.ended);
        self.leave_if_over(&entries);
    }

    /// The last handle is gone.
    pub(super) fn abandon(&self) {
        self.cancel_all(Errno::CANCELED);
        let mut entries = lock(&self.entries);
        entries.abandoned = true;
        self.leave_if_over(&entries);
    }

    fn leave_if_over(&self, entries: &Entries) {
        if entries.abandoned && entries.all.is_empty() {
            self.port.dispatcher.engine.leave_file(self.token);
        }
    }

    /// Asks for the end of one operation (C33, C35); false if it is not pending, or its end was asked for already.
    pub(crate) fn cancel(&self, id: OpId, reason: Errno) -> bool {
        let name = {
            let mut entries = lock(&self.entries);
            match entries.all.get_mut(&id) {
                Some(entry) if entry.ended.is_none() => {
                    entry.ended = Some(reason);
                    entry.name
                }
                _ => return false,
            }
        };
        // Without the lock: what comes back finishes under it.
        if let Some(flight) = self.files.cancel(name) {
            flight.finish(Err(Errno::CANCELED.into()), false);
        }
        true
    }

    /// Asks for the end of everything that is pending (C34); answers how many it was.
    pub(crate) fn cancel_all(&self, reason: Errno) -> usize {
        let ids: Vec<OpId> = lock(&self.entries).all.keys().copied().collect();
        ids.into_iter().filter(|id| self.cancel(*id, reason)).count()
    }

    /// Sets when a pending operation is over at the latest; false if it is not pending any more.
    pub(crate) fn set_deadline(self: &Arc<Self>, id: OpId, deadline: Deadline) -> bool {
        let mut entries = lock(&self.entries);
        let Some(entry) = entries.all.get_mut(&id) else { return false };
        let alarm = &self.port.dispatcher.engine.alarm;
        let key = alarm.set(deadline, Due::File(Arc::downgrade(self), id));
        if let Some(old) = entry.deadline.replace(key) {
            alarm.clear(old);
        }
        true
    }

    /// Number of pending operations: transfers, and locks that are waited for.
    pub(crate) fn pending(&self) -> (usize, usize) {
        let all = &lock(&self.entries).all;
        let waits = all.values().filter(|entry| entry.waits).count();
        (all.len() - waits, waits)
    }
}
