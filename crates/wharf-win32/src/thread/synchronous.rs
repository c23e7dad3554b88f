//! CancelSynchronousIo, and the calls that it ends: those on files and pipes that wait (C38). Calls on sockets are not
//! among them, as on Windows, where Winsock waits for an operation of its own. Where a thread is terminated such a call
//! ends likewise (`suspend`).
//!
//! # Protocol
//! | the call | CancelSynchronousIo |
//! |---|---|
//! | the hook; `synchronous` = WAITS | |
//! | `is_cancelled`, asked before each sleep: under the lock whose condition the hook signals, or by `alert::poll` | WAITS to CANCELLED; wake, by signal and by hook |
//! | `synchronous` = NOTHING | |
//!
//! # Invariants
//! 1. A call is cancelled at most once, and only if it had begun; one that is over before it looks has its own result.
#![allow(unsafe_code)] // exported under a C name

use std::sync::PoisonError;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Instant;

use super::alert::{self, Slept};
use super::record::{self, Thread};
use super::suspend;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::wait::token::Hook;
use crate::{code, guard};

/// `Thread::synchronous`.
pub(super) const NOTHING: u32 = 0;
const WAITS: u32 = 1;
const CANCELLED: u32 = 2;

/// Runs a call that may wait; `hook` wakes it where it does not sleep in [`poll`].
pub(crate) fn cancellable<R>(hook: Option<Hook>, call: impl FnOnce() -> R) -> R {
    struct Call<'a>(&'a Thread);
    impl Drop for Call<'_> {
        fn drop(&mut self) {
            self.0.synchronous.store(NOTHING, SeqCst);
        }
    }
    record::with_current(|thread| {
        *thread.canceller.lock().unwrap_or_else(PoisonError::into_inner) = hook;
        thread.synchronous.store(WAITS, SeqCst);
        let _call = Call(thread);
        call()
    })
}

/// Whether the calling thread's call is to end.
pub(crate) fn is_cancelled() -> bool {
    record::with_current(is_meant)
}

fn is_meant(thread: &Thread) -> bool {
    thread.synchronous.load(SeqCst) == CANCELLED || suspend::is_terminated()
}

/// Makes a thread that waits in such a call look whether it is to end.
pub(super) fn wake(thread: &Thread) {
    alert::wake(thread);
    // That of this call, or of a later one, which looks around and goes on.
    let hook = thread.canceller.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(hook) = hook {
        hook();
    }
}

/// Waits for a descriptor in such a call; false if it has been cancelled. Whatever else comes of it, the next try
/// tells.
pub(crate) fn poll(fd: i32, events: i16) -> bool {
    poll_until(fd, events, None)
}

/// The same with a limit.
pub(crate) fn poll_until(fd: i32, events: i16, deadline: Option<Instant>) -> bool {
    let mut entry = [libc::pollfd { fd, events, revents: 0 }];
    loop {
        match alert::poll(&mut entry, deadline, is_meant) {
            Ok(Slept::Woken) if is_cancelled() => return false,
            Ok(Slept::Woken) => {}
            _ => return true,
        }
    }
}

/// Ends what a thread waits for in a call on a file, which then fails with ERROR_OPERATION_ABORTED. ERROR_NOT_FOUND if it
/// is in no such call.
#[unsafe(no_mangle)]
pub extern "C" fn CancelSynchronousIo(hThread: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        let thread = record::of(hThread)?;
        let call = &thread.synchronous;
        call.compare_exchange(WAITS, CANCELLED, SeqCst, SeqCst)
            .map_err(|_| code::ERROR_NOT_FOUND)?;
        wake(&thread);
        Ok(TRUE)
    })
}
