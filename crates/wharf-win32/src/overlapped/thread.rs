//! Which thread has issued an operation: for CancelIo, for routines, and for the thread's end.

#![allow(unsafe_code)] // calls the program's routines

use std::cell::Cell;
use std::num::NonZeroU32;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use wharf_core::status::Status;

use super::life::end_of_thread;
use super::request::Routine;
use super::types::{
    LPOVERLAPPED_COMPLETION_ROUTINE, LPWSAOVERLAPPED_COMPLETION_ROUTINE, OVERLAPPED,
};
use crate::code;
use crate::wait::apc;

/// Names a thread among all of the process's that ever issued an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadId(NonZeroU32);

thread_local! {
    static OWN: Cell<Option<ThreadId>> = const { Cell::new(None) };
    /// In threads with operations that die with them.
    static LAST_WILL: LastWill = const { LastWill };
}

/// Its drop is the end of a thread.
struct LastWill;

impl Drop for LastWill {
    fn drop(&mut self) {
        if let Some(thread) = OWN.get() {
            end_of_thread(thread);
        }
    }
}

/// The calling thread has an operation pending that is to end with it (C43). In a thread that is ending already it
/// stays.
pub(super) fn entail() {
    let _ = LAST_WILL.try_with(|_| ());
}

/// The calling thread.
#[inline]
pub(crate) fn current() -> ThreadId {
    OWN.get().unwrap_or_else(number)
}

#[cold]
fn number() -> ThreadId {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NonZeroU32::new(NEXT.fetch_add(1, Relaxed)).unwrap_or(NonZeroU32::MAX);
    let thread = ThreadId(number);
    OWN.set(Some(thread));
    // For who terminates it, which leaves no thread to do that.
    crate::thread::with_current(|record| record.issues_as(thread));
    thread
}

/// A completion routine as an operation keeps it: it runs in the next alertable wait of the thread that calls this.
pub(crate) fn routine(
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    overlapped: *mut OVERLAPPED,
) -> Option<Routine> {
    let (routine, overlapped) = (routine?, overlapped as usize);
    Some(queued(move |status, bytes| {
        // SAFETY: the program's routine, called as it asked to be.
        unsafe { routine(status.winsock(), bytes, overlapped as *mut OVERLAPPED, 0) };
    }))
}

/// The same of an operation on a file. A warning is no error there, and an error has no bytes.
pub(crate) fn file_routine(
    routine: LPOVERLAPPED_COMPLETION_ROUTINE,
    overlapped: *mut OVERLAPPED,
) -> Option<Routine> {
    let (routine, overlapped) = (routine?, overlapped as usize);
    Some(queued(move |status, bytes| {
        let (error, bytes) = match status.0 >> 30 == 3 {
            true => (status.win32(), 0),
            false => (code::ERROR_SUCCESS, bytes),
        };
        // SAFETY: the program's routine, called as it asked to be.
        unsafe { routine(error, bytes, overlapped as *mut OVERLAPPED) };
    }))
}

fn queued(call: impl FnOnce(Status, u32) + Send + 'static) -> Routine {
    let thread = crate::thread::current();
    Box::new(move |status, bytes| {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        // A thread that has ended runs nothing any more.
        let _ = apc::queue(&thread, Box::new(move || call(status, bytes)));
    })
}
