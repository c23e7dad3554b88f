//! Sleep in poll(2) from which a thread can be woken: to run its routines in a blocking Winsock call (D55), and by
//! CancelSynchronousIo (C38).
//!
//! # Protocol
//! | the thread that sleeps | who wakes it |
//! |---|---|
//! | block the signal | |
//! | `sleep` = ASLEEP | make the reason |
//! | look for a reason | `sleep` from ASLEEP to WOKEN: then, and only then, the signal |
//! | ppoll, which opens the signal for as long as it sleeps | |
//! | `sleep` = AWAKE | |
//!
//! The signal stays blocked everywhere else, so no call of the program's is interrupted by one that comes late; it ends
//! a later sleep here, which looks around and goes on.
//!
//! # Invariants
//! 1. SeqCst on both sides: either the sleeper's look finds the reason, or who made it finds ASLEEP. loom cannot see
//!    that; the conformance item D55_recv_from_elsewhere queues
//!    a hundred at any moment of as many receives.
//! 2. One signal for each sleep at most. It may reach a thread that has the number of one that ended: that one has it
//!    blocked, or a handler that does nothing.
#![allow(unsafe_code)] // signals and poll

use std::sync::Once;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use super::record::{self, Thread};
use crate::socket::waiting::errno;

/// `Thread::sleep`: nothing to wake.
pub(super) const AWAKE: u32 = 0;
const ASLEEP: u32 = 1;
const WOKEN: u32 = 2;

/// How a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slept {
    /// Something is ready.
    Ready,
    TimedOut,
    /// There is a reason, or there may be: to be looked for by whoever slept.
    Woken,
}

/// The next but one below the signal of SuspendThread.
fn signal() -> i32 {
    libc::SIGRTMAX() - 5
}

extern "C" fn on_signal(_signal: i32) {}

pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: all zeros are a valid sigaction.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = on_signal as extern "C" fn(i32) as usize;
        // poll(2) is interrupted all the same (signal(7)).
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: the handler stays, and does nothing.
        unsafe { libc::sigaction(signal(), &raw const action, std::ptr::null_mut()) };
    });
}

/// Blocks the signal in the calling thread; answers the mask to sleep with.
fn open_mask() -> libc::sigset_t {
    // SAFETY: all zeros are a set.
    let mut own: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: a local.
    unsafe { libc::sigaddset(&raw mut own, signal()) };
    // SAFETY: as above.
    let mut open: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: two locals.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const own, &raw mut open) };
    // SAFETY: a local.
    unsafe { libc::sigdelset(&raw mut open, signal()) };
    open
}

/// Sleeps until a descriptor is ready, the deadline, or a [`wake`]; not at all if there is a `reason` already. The
/// worker's slot is given back meanwhile (B8). The errno of poll(2).
pub(crate) fn poll(
    entries: &mut [libc::pollfd],
    deadline: Option<Instant>,
    reason: impl Fn(&Thread) -> bool,
) -> Result<Slept, i32> {
    install();
    let mask = open_mask();
    let count = libc::nfds_t::try_from(entries.len()).unwrap_or(0);
    record::with_current(|thread| {
        thread.sleep.store(ASLEEP, SeqCst);
        if reason(thread) {
            thread.sleep.store(AWAKE, SeqCst);
            return Ok(Slept::Woken);
        }
        let result = wharf::blocking(|| {
            let left = deadline.map(|end| timespec(end.saturating_duration_since(Instant::now())));
            let limit = left.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
            // SAFETY: so many entries, a time and a mask, alive for the call.
            unsafe { libc::ppoll(entries.as_mut_ptr(), count, limit, &raw const mask) }
        });
        let error = if result < 0 { errno() } else { 0 };
        thread.sleep.store(AWAKE, SeqCst);
        match error {
            0 if result == 0 => Ok(Slept::TimedOut),
            0 => Ok(Slept::Ready),
            libc::EINTR => Ok(Slept::Woken),
            error => Err(error),
        }
    })
}

fn timespec(left: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: libc::time_t::try_from(left.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: left.subsec_nanos().into(),
    }
}

/// Ends every such sleep of the process: each looks for its reason.
pub(crate) fn wake_all() {
    record::all().iter().for_each(|thread| wake(thread));
}

/// Ends a thread's sleep, if it is in one, after the reason has been made.
pub(crate) fn wake(thread: &Thread) {
    if thread.sleep.compare_exchange(ASLEEP, WOKEN, SeqCst, SeqCst).is_err() {
        return;
    }
    let process = rustix::process::getpid().as_raw_nonzero().get();
    // SAFETY: a signal with a handler, which the sleeper has installed.
    unsafe { libc::syscall(libc::SYS_tgkill, process, thread.tid_if_running(), signal()) };
}
