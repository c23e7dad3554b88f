//! Suspended threads (F5-F7).

use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};

use crate::support::*;

/// F5-F7, and what suspended means: no more of the program's code runs when the call has returned.
#[test]
fn suspend() {
    let ticks = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let (counter, flag) = (Arc::clone(&ticks), Arc::clone(&stop));
    let spinner = thread(0, move || {
        while !flag.load(SeqCst) {
            counter.fetch_add(1, SeqCst);
        }
        3
    });
    while ticks.load(SeqCst) == 0 {
        Sleep(1);
    }
    assert_eq!((SuspendThread(spinner), SuspendThread(spinner)), (0, 1));
    let seen = ticks.load(SeqCst);
    Sleep(20);
    assert_eq!(ticks.load(SeqCst), seen);
    assert_eq!((ResumeThread(spinner), exit_code(spinner)), (2, 259));
    Sleep(20);
    assert_eq!(ticks.load(SeqCst), seen);
    assert_eq!((ResumeThread(spinner), ResumeThread(spinner)), (1, 0));
    while ticks.load(SeqCst) == seen {
        Sleep(1);
    }
    for before in 0..127 {
        assert_eq!(SuspendThread(spinner), before);
    }
    assert_eq!(error_of(|| SuspendThread(spinner) != FAILED), 156);
    while ResumeThread(spinner) > 1 {}
    stop.store(true, SeqCst);
    assert_eq!((wait(spinner, LONG), exit_code(spinner)), (0, 3));
    assert_eq!(error_of(|| SuspendThread(spinner) != FAILED), 5);
    assert_eq!(ResumeThread(spinner), 0);
}

/// Goal: a suspended thread takes nothing in a wait, and goes on with it when resumed.
#[test]
fn suspended_in_a_wait() {
    let gate = event(false, false);
    let shared = Shared::of(gate);
    let waiter = thread(0, move || wait(shared.handle(), LONG));
    assert_eq!(wait(waiter, SHORT), TIMEOUT);
    assert_eq!(SuspendThread(waiter), 0);
    SetEvent(gate);
    assert_eq!(wait(waiter, SHORT), TIMEOUT);
    assert_eq!(wait(gate, 0), 0, "the event is still set");
    assert_eq!(ResumeThread(waiter), 1);
    assert_eq!(wait(waiter, SHORT), TIMEOUT);
    SetEvent(gate);
    assert_eq!((wait(waiter, LONG), exit_code(waiter)), (0, 0));
}

/// Goal: a suspended thread holds nothing that others need. Method: it is stopped many times in the midst of calls, and
/// while it is, another thread makes the same calls.
#[test]
fn suspended_in_a_call() {
    let (own, stop) = (Shared::of(event(true, false)), Arc::new(AtomicBool::new(false)));
    let flag = Arc::clone(&stop);
    let caller = Shared::of(thread(0, move || {
        while !flag.load(SeqCst) {
            SetEvent(own.handle());
            let mut twin = null_mut();
            duplicate(GetCurrentProcess(), own.handle(), &mut twin, 2);
            CloseHandle(twin);
            ResetEvent(own.handle());
        }
        0
    }));
    let done = Shared::of(event(true, false));
    let suspender = Shared::of(thread(0, move || {
        for _ in 0..500 {
            assert_eq!(SuspendThread(caller.handle()), 0);
            assert_eq!((SetEvent(done.handle()), wait(done.handle(), 0)), (1, 0));
            assert_eq!(CloseHandle(event(false, false)), 1);
            assert_eq!(ResumeThread(caller.handle()), 1);
        }
        0
    }));
    assert_eq!(wait(suspender.handle(), LONG), 0);
    stop.store(true, SeqCst);
    assert_eq!(wait(caller.handle(), LONG), 0);
}

/// Goal: a thread that suspends itself stops at once, whoever made it.
#[test]
fn suspend_oneself() {
    let (said, id) = (event(false, false), Arc::new(AtomicU32::new(0)));
    let (shared, number) = (Shared::of(said), Arc::clone(&id));
    let other = std::thread::spawn(move || {
        number.store(GetCurrentThreadId(), SeqCst);
        SetEvent(shared.handle());
        assert_eq!(SuspendThread(GetCurrentThread()), 0);
        SetEvent(shared.handle());
    });
    assert_eq!(wait(said, LONG), 0);
    let handle = OpenThread(0, 0, id.load(SeqCst));
    assert_eq!(wait(said, SHORT), TIMEOUT);
    while ResumeThread(handle) != 1 {
        Sleep(1);
    }
    assert_eq!((wait(said, LONG), wait(handle, LONG)), (0, 0));
    other.join().unwrap();
    assert_eq!(exit_code(handle), 0);
}
