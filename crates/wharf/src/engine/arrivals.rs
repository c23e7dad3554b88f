//! Connections that a listener has taken and that have sent nothing yet: accepts with first data (contract D18).
//!
//! They wait in an epoll set of their own, which is a member of the port's set under the listener's token: whatever
//! happens to one of them is an event of the listener, and all is decided under the listener's one lock.
//!
//! # Invariants
//! 1. An operation is here or in the listener's FIFO, never in both; here it owns its connection.
//! 2. A connection is in the set exactly while its operation is in the table, so no event names an operation that is not
//!    there: an id is used once.
//! 3. The set is edge-triggered, and a try is made before the wait and after every event: no data is overlooked.

use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::Timespec;
use wharf_core::operation::OpId;

use super::attempt::{Attempt, attempt_first_data};
use super::operation::Operation;

/// Events taken in one call.
const EVENTS_PER_CALL: usize = 32;

/// The connections of one listener.
pub(super) struct Arrivals<T> {
    set: OwnedFd,
    waiting: BTreeMap<OpId, Operation<T>>,
}

impl<T> Arrivals<T> {
    pub(super) fn new() -> Result<Self, Errno> {
        Ok(Arrivals { set: epoll::create(CreateFlags::CLOEXEC)?, waiting: BTreeMap::new() })
    }

    /// The set, which is readable when something has come.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.set.as_fd()
    }

    /// Takes over an operation that has a connection; gives it back if the kernel has no room.
    pub(super) fn add(
        &mut self,
        id: OpId,
        operation: Operation<T>,
    ) -> Result<(), (Errno, Operation<T>)> {
        let connection = operation.socket.as_ref().expect("an accept that has arrived");
        let flags = EventFlags::IN | EventFlags::RDHUP | EventFlags::ET;
        // Data that came since the try is reported by the registration itself.
        if let Err(error) = epoll::add(&self.set, connection, EventData::new_u64(id.0), flags) {
            return Err((error, operation));
        }
        self.waiting.insert(id, operation);
        Ok(())
    }

    /// Takes out one operation; its connection is out of the set.
    pub(super) fn take(&mut self, id: OpId) -> Option<Operation<T>> {
        let operation = self.waiting.remove(&id)?;
        let connection = operation.socket.as_ref().expect("it keeps its connection");
        let removed = epoll::delete(&self.set, connection);
        debug_assert!(removed.is_ok(), "invariant 2: {removed:?}");
        Some(operation)
    }

    pub(super) fn find_mut(&mut self, id: OpId) -> Option<&mut Operation<T>> {
        self.waiting.get_mut(&id)
    }

    /// Takes out everything, in issue order.
    pub(super) fn drain(&mut self) -> Vec<Operation<T>> {
        let ids: Vec<OpId> = self.waiting.keys().copied().collect();
        ids.into_iter().filter_map(|id| self.take(id)).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Tries what has had an event; calls with each operation that is over.
    pub(super) fn harvest(&mut self, mut over: impl FnMut(Operation<T>, Result<usize, Errno>)) {
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        loop {
            let mut space = [const { MaybeUninit::<Event>::uninit() }; EVENTS_PER_CALL];
            let events = match epoll::wait(&self.set, &mut space, Some(&at_once)) {
                Ok((events, _)) => events,
                Err(Errno::INTR) => continue,
                Err(error) => unreachable!("epoll_wait on a set of our own: {error}"),
            };
            for event in &*events {
                let id = OpId(event.data.u64());
                let Some(operation) = self.waiting.get_mut(&id) else { continue };
                if let Attempt::Done { result, .. } = attempt_first_data(operation)
                    && let Some(operation) = self.take(id)
                {
                    over(operation, result);
                }
            }
            if events.len() < EVENTS_PER_CALL {
                return;
            }
        }
    }
}
