//! Completion queues: results that a program takes out itself, and one notification at a time that there are some (E23).
//!
//! # Invariants
//! 1. A queue never overflows: what its request queues may have outstanding is allotted to them, and is no more than its
//!    size; a request is outstanding until its result has been taken.
//! 2. A notification is armed once, and fires once, for results that are to be told; those with RIO_MSG_DONT_NOTIFY are not.
#![allow(unsafe_code)] // the program's memory

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wharf_core::status::Status;

use super::queue::Slot;
use super::types::*;
use crate::object::{self, Object};
use crate::port::{Entry, IoPort, Mark};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard};

/// Whom a queue tells.
enum Tell {
    Event { event: Arc<dyn Object>, reset: bool },
    Port { port: Arc<IoPort>, key: usize, overlapped: usize },
}

struct Ended {
    result: RIORESULT,
    told: bool,
    /// Given back when the result is taken.
    slot: Slot,
}

#[derive(Default)]
struct State {
    results: VecDeque<Ended>,
    size: u32,
    allotted: u32,
    armed: bool,
}

pub(super) struct Completions {
    tell: Option<Tell>,
    state: Mutex<State>,
}

impl Object for Completions {
    fn is_private(&self) -> bool {
        true
    }
}

/// The queue of a name: WSAEINVAL.
pub(super) fn find(queue: RIO_CQ) -> Result<Arc<Completions>, u32> {
    object::get(queue as HANDLE).map_err(|_| code::WSAEINVAL)
}

impl Completions {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets so much aside for a request queue that had `before`: WSAENOBUFS.
    pub(super) fn allot(&self, before: u32, now: u32) -> Result<(), u32> {
        let mut state = self.state();
        let sum = (state.allotted - before).checked_add(now).filter(|sum| *sum <= state.size);
        state.allotted = sum.ok_or(code::WSAENOBUFS)?;
        Ok(())
    }

    /// A request has ended.
    pub(super) fn push(&self, result: RIORESULT, told: bool, slot: Slot) {
        let mut state = self.state();
        state.results.push_back(Ended { result, told, slot });
        if told && std::mem::take(&mut state.armed) {
            drop(state);
            self.fire();
        }
    }

    fn fire(&self) {
        match &self.tell {
            Some(Tell::Event { event, .. }) => {
                event.set_event(true);
            }
            Some(Tell::Port { port, key, overlapped }) => {
                let entry =
                    Entry { overlapped: *overlapped, status: Status::SUCCESS, mark: Mark::Plain };
                // A closed port refuses: nobody would ever take the packet.
                let _ = port.port.post(*key, entry, 0);
            }
            None => {}
        }
    }
}

/// Reads how a queue is to tell: WSAEINVAL for what is no event, port or kind of those.
///
/// # Safety
/// Null, or readable.
unsafe fn tell(from: *const RIO_NOTIFICATION_COMPLETION) -> Result<Option<Tell>, u32> {
    if from.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's.
    let from = unsafe { arg::load(from) }.map_err(|_| code::WSAEFAULT)?;
    match from.Type {
        RIO_EVENT_COMPLETION => {
            // SAFETY: numbers, whatever they are.
            let how = unsafe { from.Anonymous.Event };
            let event = object::find(how.EventHandle).map_err(|_| code::WSAEINVAL)?;
            let event = Some(event).filter(|event| event.is_signal()).ok_or(code::WSAEINVAL)?;
            Ok(Some(Tell::Event { event, reset: how.NotifyReset != FALSE }))
        }
        RIO_IOCP_COMPLETION => {
            // SAFETY: numbers, whatever they are.
            let how = unsafe { from.Anonymous.Iocp };
            let port = object::get::<IoPort>(how.IocpHandle).map_err(|_| code::WSAEINVAL)?;
            if how.Overlapped.is_null() {
                return Err(code::WSAEINVAL);
            }
            let (key, overlapped) = (how.CompletionKey as usize, how.Overlapped as usize);
            Ok(Some(Tell::Port { port, key, overlapped }))
        }
        _ => Err(code::WSAEINVAL),
    }
}

fn check_size(size: u32) -> Result<(), u32> {
    if size == 0 || size > RIO_MAX_CQ_SIZE { Err(code::WSAEINVAL) } else { Ok(()) }
}

/// Makes a completion queue: RIO_INVALID_CQ with WSAEINVAL for a size of 0 or too large a one, or for what cannot be told.
pub(super) unsafe extern "C" fn create(
    size: u32,
    notification: *const RIO_NOTIFICATION_COMPLETION,
) -> RIO_CQ {
    guard::call(RIO_INVALID_CQ, || {
        check_size(size)?;
        // SAFETY: the caller's.
        let tell = unsafe { tell(notification) }?;
        let state = Mutex::new(State { size, ..State::default() });
        let handle = object::insert(Arc::new(Completions { tell, state }));
        handle.map(|handle| handle as isize).map_err(|_| code::WSAENOBUFS)
    })
}

/// Takes a queue away. What still ends for it is lost.
pub(super) unsafe extern "C" fn close(queue: RIO_CQ) {
    guard::call((), || {
        find(queue)?;
        object::remove(queue as HANDLE)
    });
}

/// Changes a queue's size: WSAEINVAL for less than its request queues have been allotted.
pub(super) unsafe extern "C" fn resize(queue: RIO_CQ, size: u32) -> BOOL {
    guard::call(FALSE, || {
        check_size(size)?;
        let queue = find(queue)?;
        let mut state = queue.state();
        if size < state.allotted {
            return Err(code::WSAEINVAL);
        }
        state.size = size;
        Ok(TRUE)
    })
}

/// Takes up to `count` results, in the order of their ends: how many there were; RIO_CORRUPT_CQ for a queue that is none,
/// or without room.
pub(super) unsafe extern "C" fn dequeue(queue: RIO_CQ, to: *mut RIORESULT, count: u32) -> u32 {
    guard::call(RIO_CORRUPT_CQ, || {
        let queue = find(queue)?;
        if count == 0 {
            return Err(code::WSAEINVAL);
        }
        arg::check_room(to, 1).map_err(|_| code::WSAEFAULT)?;
        let taken: Vec<Ended> = {
            let mut state = queue.state();
            let count = state.results.len().min(count as usize);
            state.results.drain(..count).collect()
        };
        for (at, ended) in taken.iter().enumerate() {
            let to = to.wrapping_add(at);
            // SAFETY: no more than the program has room for.
            unsafe { to.write_unaligned(ended.result) };
            ended.slot.give_back();
        }
        Ok(u32::try_from(taken.len()).unwrap_or(count))
    })
}

/// Has the queue tell once that it is not empty, at once if it is not: 0; WSAEINVAL for one that cannot tell, WSAEALREADY
/// for one that is to tell already.
pub(super) unsafe extern "C" fn notify(queue: RIO_CQ) -> i32 {
    let result = guard::call(Err(code::WSAEINVAL), || {
        let queue = find(queue)?;
        let reset = match queue.tell.as_ref().ok_or(code::WSAEINVAL)? {
            Tell::Event { event, reset: true } => Some(event),
            _ => None,
        };
        let mut state = queue.state();
        if state.armed {
            return Ok(Err(code::WSAEALREADY));
        }
        if let Some(event) = reset {
            event.set_event(false);
        }
        if state.results.iter().any(|ended| ended.told) {
            drop(state);
            queue.fire();
        } else {
            state.armed = true;
        }
        Ok(Ok(()))
    });
    result.err().map_or(0, u32::cast_signed)
}
