//! What the beginning and the end of an overlapped operation do, whatever the operation is.
//!
//! # Protocol
//! `begin` marks the OVERLAPPED pending and clears the event. Then the operation ends in one of three ways: it was
//! never accepted (`abandon`), or it ends with a status (`finish`), once.
//! What is `silent` has no OVERLAPPED, and its end tells nobody.
//!
//! # Invariants
//! 1. The OVERLAPPED is the program's. It is written by `begin` and by `finish` before anything tells of the end; from
//!    then on it is a number here.
//! 2. The order of an end: bytes, status, event, and at last packet or routine. Who sees a later one sees the earlier.
//!
//! # References
//! Contract C2-C9, C16-C21, A13, A14.
#![allow(unsafe_code)] // writes the program's OVERLAPPED

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Release, SeqCst};
use std::sync::atomic::{AtomicUsize, fence};

use wharf_core::status::{Status, code};

use super::cancel::Cancel;
use super::thread::{self, ThreadId};
use super::types::OVERLAPPED;
use crate::arg;
use crate::fork::Lock;
use crate::object::{self, Object};
use crate::port::{Binding, Entry, Mark};
use crate::types::HANDLE;

/// The lowest bit of hEvent: no packet (C8). Handles ignore their two lowest bits.
const NO_PACKET: usize = 1;
const HANDLE_BITS: usize = !3;

/// SetFileCompletionNotificationModes.
pub(crate) const SKIP_PACKET_ON_SUCCESS: u8 = 1;
pub(crate) const SKIP_EVENT_ON_HANDLE: u8 = 2;

/// Queues an operation's routine for its thread: status, bytes.
pub(crate) type Routine = Box<dyn FnOnce(Status, usize) + Send>;

/// How the program wants to hear of an operation.
pub(crate) struct Request {
    /// None if nobody is to be told.
    overlapped: Option<NonNull<OVERLAPPED>>,
    event: Option<Arc<dyn Object>>,
    routine: Option<Routine>,
    no_packet: bool,
    /// Who has issued it (C36, C43).
    pub(crate) thread: ThreadId,
}

// SAFETY: the pointer is to memory that the program lends to the operation until its end (C31), wherever that comes.
unsafe impl Send for Request {}

/// When an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Before its call returned, which says so.
    AtOnce,
    /// After its call had returned, or has to be taken for that (C21).
    Later,
}

/// The status of an operation, which others read meanwhile: the first word of its OVERLAPPED.
///
/// # Safety
/// The memory is there as long as the reference is used.
pub(crate) unsafe fn internal<'a>(overlapped: NonNull<OVERLAPPED>) -> &'a AtomicUsize {
    // SAFETY: the caller's promise; everybody accesses it atomically.
    unsafe { AtomicUsize::from_ptr(overlapped.as_ptr().cast()) }
}

impl Request {
    /// Marks the OVERLAPPED pending, and clears its event: ERROR_INVALID_HANDLE if that is none, ERROR_NOACCESS for an
    /// OVERLAPPED that cannot be written.
    ///
    /// # Safety
    /// `overlapped` is valid until the operation's end.
    pub(crate) unsafe fn begin(
        overlapped: *mut OVERLAPPED,
        routine: Option<Routine>,
    ) -> Result<Request, u32> {
        let overlapped = NonNull::new(overlapped).ok_or(code::ERROR_INVALID_PARAMETER)?;
        arg::check_room(overlapped.as_ptr(), 1)?;
        // SAFETY: valid; not written by anybody else before the end.
        let event = unsafe { overlapped.as_ref() }.hEvent as usize;
        let handle = (event & HANDLE_BITS) as HANDLE;
        // With a routine hEvent is the program's own number.
        let event_object = if handle.is_null() || routine.is_some() {
            None
        } else {
            let object = object::find(handle)?;
            if !object.set_event(false) {
                return Err(code::ERROR_INVALID_HANDLE);
            }
            Some(object)
        };
        // SAFETY: valid.
        unsafe { internal(overlapped) }.store(Status::PENDING.0 as usize, Release);
        Ok(Request {
            overlapped: Some(overlapped),
            event: event_object,
            no_packet: routine.is_none() && event & NO_PACKET != 0,
            routine,
            thread: thread::current(),
        })
    }

    /// [`begin`](Self::begin) of a Winsock call: WSAEFAULT where the OVERLAPPED is not there.
    ///
    /// # Safety
    /// As for `begin`.
    pub(crate) unsafe fn begin_winsock(
        overlapped: *mut OVERLAPPED,
        routine: Option<Routine>,
    ) -> Result<Request, u32> {
        // SAFETY: the caller's.
        unsafe { Self::begin(overlapped, routine) }.map_err(|error| match error {
            code::ERROR_NOACCESS => code::WSAEFAULT,
            error => error,
        })
    }

    /// For an operation whose call has already said that it is done (D53): nobody is told of its end, and neither
    /// cancellation nor the end of a thread concerns it.
    pub(crate) fn silent() -> Request {
        let thread = thread::current();
        Request { overlapped: None, event: None, no_packet: true, routine: None, thread }
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.overlapped.is_none() && self.routine.is_none()
    }

    /// For an operation of registered I/O: its end is told by `sink` alone, under the socket's lock. It has no name, so
    /// nothing but the end of its socket cancels it.
    pub(crate) fn registered(sink: Routine) -> Request {
        Request { routine: Some(sink), ..Request::silent() }
    }

    /// Whether cancellation and the end of a thread concern it.
    pub(crate) fn is_named(&self) -> bool {
        self.overlapped.is_some()
    }

    /// The address that names the operation; null for a silent one.
    pub(crate) fn name(&self) -> *mut OVERLAPPED {
        self.overlapped.map_or(std::ptr::null_mut(), NonNull::as_ptr)
    }

    /// Whether an event tells of its end; without one the file's handle does (C9).
    pub(crate) fn has_event(&self) -> bool {
        self.event.is_some()
    }

    /// Whether its end signals its file, which has these modes (C9, C24).
    pub(crate) fn tells_handle(&self, modes: u8) -> bool {
        !self.has_event() && modes & SKIP_EVENT_ON_HANDLE == 0
    }

    /// Whether the end of its thread ends it: unless only a packet tells of it (C43).
    pub(crate) fn dies_with_thread(&self, bound: bool) -> bool {
        let told = !bound || self.event.is_some() || self.no_packet || self.routine.is_some();
        told && self.is_named()
    }

    /// Whether a cancel means it; `bound`: its file has a port.
    pub(crate) fn is_meant(&self, which: Cancel, bound: bool) -> bool {
        let outlives = matches!(which, Cancel::EndOf(_)) && !self.dies_with_thread(bound);
        self.is_named() && which.means(self.name(), self.thread) && !outlives
    }

    /// It is pending, and the end of the calling thread is to end it if that is its lot.
    pub(crate) fn entail(&self, bound: bool) {
        if self.dies_with_thread(bound) {
            thread::entail();
        }
    }

    /// The end of the operation.
    pub(crate) fn finish(
        self,
        binding: Option<&Binding>,
        modes: u8,
        status: Status,
        bytes: usize,
        ended: Ended,
    ) {
        self.finish_and(binding, modes, status, bytes, ended, || {});
    }

    /// [`finish`](Self::finish), with something of the file's that tells as the event does: after the status, before the
    /// packet.
    pub(crate) fn finish_and(
        self,
        binding: Option<&Binding>,
        modes: u8,
        status: Status,
        bytes: usize,
        ended: Ended,
        told: impl FnOnce(),
    ) {
        let Some(overlapped) = self.overlapped else {
            if let Some(sink) = self.routine {
                sink(status, bytes);
            }
            return;
        };
        let high = overlapped.as_ptr().cast::<usize>().wrapping_add(1);
        // SAFETY: the operation has not ended yet, so the memory is there (invariant 1); nobody reads InternalHigh, its
        // second word, before the status.
        unsafe { high.write(bytes) };
        // Release: who sees the status sees the bytes, and what was received. SeqCst, and a swap, which is cheaper than a
        // store and a fence: pairs with the fence in `wait_for`, see below.
        // SAFETY: as above.
        unsafe { internal(overlapped) }.swap(status.0 as usize, SeqCst);
        // The memory may be gone from here on.
        if let Some(event) = self.event {
            event.set_event(true);
        }
        told();
        // SeqCst: either a waiter has announced itself before this looks, or its look at the status comes after the swap.
        if WAITERS.load(SeqCst) != 0 {
            wake_announced();
        }
        let silent = ended == Ended::AtOnce
            && modes & SKIP_PACKET_ON_SUCCESS != 0
            && status.is_success_or_informational();
        if let Some(routine) = self.routine {
            routine(status, bytes);
        } else if let Some(binding) = binding
            && !self.no_packet
            && !silent
        {
            let entry =
                Entry { overlapped: overlapped.as_ptr() as usize, status, mark: Mark::Plain };
            // A closed port refuses: nobody would ever take the packet (A17).
            let _ = binding.port.port.complete(binding.key, entry, bytes);
        }
    }
}

/// Threads that wait for a status without an event.
static WAITERS: AtomicUsize = AtomicUsize::new(0);
pub(crate) static GATE: Lock<()> = Lock::new(());
static ENDS: std::sync::Condvar = std::sync::Condvar::new();

/// Wakes those whose `done` may be true by what was stored before.
///
/// SeqCst: pairs with the fence in `wait_for`. Either the waiter has announced itself before this looks, or it looks after
/// that store.
pub(super) fn wake_waiters() {
    fence(SeqCst);
    if WAITERS.load(SeqCst) != 0 {
        wake_announced();
    }
}

#[cold]
fn wake_announced() {
    drop(GATE.lock());
    ENDS.notify_all();
}

/// Waits until `done`, which an operation's end may make true, or until the deadline; answers what `done` says then.
pub(crate) fn wait_for(deadline: Option<std::time::Instant>, done: impl Fn() -> bool) -> bool {
    if done() {
        return true;
    }
    wharf::blocking(|| {
        WAITERS.fetch_add(1, SeqCst);
        fence(SeqCst);
        let mut gate = GATE.lock();
        while !done() {
            gate = match deadline {
                None => ENDS.wait(gate).unwrap_or_else(std::sync::PoisonError::into_inner),
                Some(end) => {
                    let left = end.saturating_duration_since(std::time::Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    let waited = ENDS.wait_timeout(gate, left);
                    waited.unwrap_or_else(std::sync::PoisonError::into_inner).0
                }
            };
        }
        drop(gate);
        WAITERS.fetch_sub(1, SeqCst);
    });
    done()
}
