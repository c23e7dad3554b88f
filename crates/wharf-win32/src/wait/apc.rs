//! Routines queued for a thread, which run there in its alertable waits (F23, C13, D55).
//!
//! # Invariants
//! 1. A routine is accepted only by a thread that has not ended, and runs at most once, on that thread.
//! 2. Routines run in the order of their coming, and no lock is held.

use std::sync::atomic::Ordering::SeqCst;

use super::token::{self, Hook};
use super::waiter::{self, Outcome};
use crate::code;
use crate::thread::{self, Thread, alert, deferral};

pub(crate) type ApcRoutine = Box<dyn FnOnce() + Send>;

/// Queues a routine; ERROR_GEN_FAILURE if the thread has ended.
pub(crate) fn queue(thread: &Thread, routine: ApcRoutine) -> Result<(), u32> {
    let mut locked = token::lock();
    let state = thread.state(&mut locked);
    if state.ended {
        drop(locked); // and only then the routine
        return Err(code::ERROR_GEN_FAILURE);
    }
    state.routines.push_back(routine);
    let hook = state.hook.clone();
    thread.routines_wait.store(true, SeqCst); // before the wake, which asks whether there is somebody to wake
    waiter::alert(&mut locked, thread);
    if let Some(hook) = hook {
        locked.call(hook);
    }
    drop(locked);
    alert::wake(thread);
    Ok(())
}

/// Runs what is queued for the calling thread, also what is queued meanwhile; whether anything was.
pub(crate) fn run(thread: &Thread) -> bool {
    let mut ran = false;
    while let Some(routine) = {
        let mut locked = token::lock();
        let routines = &mut thread.state(&mut locked).routines;
        let routine = routines.pop_front();
        thread.routines_wait.store(!routines.is_empty(), SeqCst);
        drop(locked);
        routine
    } {
        ran = true;
        deferral::callback(routine);
    }
    ran
}

/// Runs what is queued for the calling thread; whether anything was.
pub(crate) fn run_pending() -> bool {
    run(&thread::current())
}

/// Whether a routine is queued for the calling thread.
pub(crate) fn is_pending() -> bool {
    thread::with_current(|thread| thread.routines_wait.load(SeqCst))
}

/// Runs `wait`, a wait of the calling thread in which routines may run, with a way to end it: `hook` is called, on the
/// thread that queues, for each routine that is queued meanwhile. It is not called for those queued before: ask
/// [`is_pending`] inside `wait`, before sleeping.
pub(crate) fn with_hook<R>(hook: Hook, wait: impl FnOnce() -> R) -> R {
    let thread = thread::current();
    let set = |hook: Option<Hook>| {
        let mut locked = token::lock();
        let old = std::mem::replace(&mut thread.state(&mut locked).hook, hook);
        drop(locked);
        drop(old);
    };
    set(Some(hook));
    let result = wait();
    set(None);
    result
}

/// SleepEx: routines, or the time.
pub(crate) fn sleep(millis: u32) -> Result<Outcome, u32> {
    waiter::wait(Vec::new(), false, millis, true, |_| Ok(()))
}
