//! Stopping a thread from outside: SuspendThread, ResumeThread, and the signal that TerminateThread uses too.
//!
//! # Protocol
//! | who stops it | the thread, in the signal's handler |
//! |---|---|
//! | count from 0 to 1 | |
//! | signal; wait for `answered` | inside a call of ours: note that a stop is due; else: sleep while count > 0 |
//! | if it waits in a wait of ours: have it begin anew | answer before that |
//!
//! When SuspendThread has returned the thread runs no more code of the program's. A wait that it is in gives nothing
//! to it meanwhile; other calls go on in the kernel and stop at their end, as on Windows. One that sleeps until a socket,
//! a pipe or a lock is ready ends at once, with an error for nobody, where its thread is terminated.
//!
//! TerminateThread waits for the end of the call as well, for until then the call uses what the program closes next: the
//! descriptor of a socket. But not for ever, as some calls cannot be ended.
//!
//! # Invariants
//! 1. The count changes under `control` only.
//! 2. What the handler does is allowed in one: loads, stores, futex, and the port's lock, which this thread does not
//!    hold outside of calls of ours.
//!
//! # References
//! Contract F5-F7, B8 (a suspended worker gives its slot back).
#![allow(unsafe_code)] // signals

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use super::record::{self, Thread};
use super::{alert, deferral, end, synchronous};
use crate::process::child::MainThread;
use crate::sync::errno;
use crate::sync::futex::{self, Moment};
use crate::types::HANDLE;
use crate::wait::{token, waiter};
use crate::{code, guard, object};

pub(crate) use super::deferral::is_due;

const FAILED: u32 = u32::MAX;
/// More suspensions are refused (F7).
const MAXIMUM: u32 = 127;
/// Set in the count of a thread that is terminated.
const TERMINATED: u32 = 1 << 31;

const HEARD: u32 = 1;
const LEFT: u32 = 2;

pub(super) struct Suspension {
    /// Futex word: suspensions, or [`TERMINATED`].
    count: AtomicU32,
    /// Futex word: [`HEARD`] when the handler has run, [`LEFT`] when the thread has been terminated.
    answered: AtomicU32,
    control: Mutex<()>,
}

impl Suspension {
    pub(super) fn new(count: u32) -> Suspension {
        Suspension {
            count: AtomicU32::new(count),
            answered: AtomicU32::new(0),
            control: Mutex::new(()),
        }
    }

    fn control(&self) -> MutexGuard<'_, ()> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last but four of the real-time signals: libraries that use them begin with the first.
fn signal() -> i32 {
    libc::SIGRTMAX() - 4
}

/// Installs the handler.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: all zeros are a valid sigaction.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = on_signal as extern "C" fn(i32) as usize;
        // Interrupted calls of the program go on by themselves.
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: the handler stays, and does what handlers may (invariant 2).
        unsafe { libc::sigaction(signal(), &raw const action, std::ptr::null_mut()) };
    });
}

extern "C" fn on_signal(_signal: i32) {
    let errno = errno::get();
    let thread = record::current_if_any();
    if !thread.is_null() {
        // SAFETY: the calling thread's record, which it keeps until its end.
        let thread = unsafe { &*thread };
        let inside = deferral::is_inside();
        deferral::set_due(inside);
        answer(thread, HEARD);
        if !inside {
            park(thread);
        }
    }
    errno::set(errno);
}

/// The calling thread runs no more of the program's code while its count is not 0; or it has no more to do at all.
fn answer(thread: &Thread, answer: u32) {
    thread.suspension.answered.store(answer, SeqCst);
    futex::wake(&raw const thread.suspension.answered, futex::EVERYBODY);
}

/// Sleeps while the thread is suspended, and ends it if it is terminated. It holds no lock.
fn park(thread: &Thread) {
    let count = &thread.suspension.count;
    let load = || count.load(SeqCst);
    if load() != 0 && load() & TERMINATED == 0 {
        wharf::blocking(|| {
            loop {
                match load() {
                    0 => break,
                    terminated if terminated & TERMINATED != 0 => break,
                    // Also for a stop that comes before it was awake from the last one: its signal waits until this
                    // handler is over.
                    number => {
                        answer(thread, HEARD);
                        futex::wait(count, number, None);
                    }
                };
            }
        });
    }
    if load() & TERMINATED != 0 {
        // The record stays: the thread's own reference to it is given back by nobody.
        end::vanish(|| answer(thread, LEFT));
    }
}

/// Stops the calling thread if that is due: at the end of a call, or before it runs at all.
#[cold]
pub(crate) fn stop() {
    deferral::set_due(false);
    let thread = record::current_if_any();
    if !thread.is_null() {
        // SAFETY: the calling thread's record, which it keeps until its end.
        park(unsafe { &*thread });
    }
}

/// Has the handler run in a thread, and waits until it has; false if there is none to wait for. `answered` was 0 before the
/// count was changed.
fn kick(thread: &Thread) -> bool {
    let tid = thread.tid_if_running();
    if tid == 0 {
        return false; // it looks at its count before it runs
    }
    if std::ptr::eq(thread, record::current_if_any()) {
        deferral::set_due(true); // at the end of this call
        return false;
    }
    let process = rustix::process::getpid().as_raw_nonzero().get();
    // SAFETY: a signal with a handler.
    let result = unsafe { libc::syscall(libc::SYS_tgkill, process, tid, signal()) };
    if result != 0 {
        return false;
    }
    // A thread that blocks the signal answers when it unblocks it.
    await_answer(thread, HEARD);
    waiter::interrupt(&mut token::lock(), thread);
    alert::wake(thread);
    true
}

/// Waits for an answer, but not for ever.
fn await_answer(thread: &Thread, wanted: u32) {
    let answered = &thread.suspension.answered;
    for _ in 0..100 {
        let answer = answered.load(SeqCst);
        // Two threads that terminate each other do not wait for each other.
        if answer >= wanted || thread.has_ended() || (wanted == LEFT && is_due()) {
            break;
        }
        futex::wait(answered, answer, Some(Moment::now().plus(10_000_000)));
    }
}

/// Whether the calling thread has been terminated from outside, and is inside a call that puts its end off.
pub(crate) fn is_terminated() -> bool {
    // Due first: it is a load of the thread's own, and hardly ever true.
    is_due()
        && record::with_current(|thread| thread.suspension.count.load(SeqCst) & TERMINATED != 0)
}

/// TerminateThread's part: the thread runs no more of the program's code.
pub(super) fn terminate(thread: &Thread) {
    let _control = thread.suspension.control();
    thread.suspension.answered.store(0, SeqCst);
    thread.suspension.count.fetch_or(TERMINATED, SeqCst);
    futex::wake(&raw const thread.suspension.count, futex::EVERYBODY);
    if kick(thread) {
        synchronous::wake(thread);
        await_answer(thread, LEFT);
    }
}

/// One more suspension; the previous number, or -1: ERROR_ACCESS_DENIED for a thread that has ended,
/// ERROR_SIGNAL_REFUSED at 127.
#[unsafe(no_mangle)]
pub extern "C" fn SuspendThread(hThread: HANDLE) -> u32 {
    guard::call(FAILED, || {
        if let Ok(main) = object::get::<MainThread>(hThread) {
            return main.suspend(true);
        }
        let thread = record::of(hThread)?;
        let suspension = &thread.suspension;
        let _control = suspension.control();
        if thread.has_ended() {
            return Err(code::ERROR_ACCESS_DENIED);
        }
        let previous = suspension.count.load(SeqCst);
        if previous >= MAXIMUM {
            return Err(code::ERROR_SIGNAL_REFUSED);
        }
        if previous == 0 {
            suspension.answered.store(0, SeqCst);
        }
        suspension.count.store(previous + 1, SeqCst);
        if previous == 0 {
            kick(&thread);
        }
        Ok(previous)
    })
}

/// One suspension less; the previous number, 0 if there was none.
#[unsafe(no_mangle)]
pub extern "C" fn ResumeThread(hThread: HANDLE) -> u32 {
    guard::call(FAILED, || {
        if let Ok(main) = object::get::<MainThread>(hThread) {
            return main.suspend(false);
        }
        let thread = record::of(hThread)?;
        let suspension = &thread.suspension;
        let _control = suspension.control();
        let previous = suspension.count.load(SeqCst);
        if previous == 0 || previous & TERMINATED != 0 || thread.has_ended() {
            return Ok(0);
        }
        suspension.count.store(previous - 1, SeqCst);
        futex::wake(&raw const suspension.count, futex::EVERYBODY);
        Ok(previous)
    })
}
