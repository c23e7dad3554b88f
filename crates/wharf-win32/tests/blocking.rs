//! B8: a worker that blocks in a call of ours is replaced at once, because the call tells; nobody looks.
//!
//! Method: a port of concurrency 1 and two workers. The first takes a packet and blocks in the call; the second must get
//! the next packet while the first is still inside. `WHARF_SENSING=told` makes sure that it was told; it is read once
//! in a process, so these tests have one of their own.
#![allow(unsafe_code)] // calls of the C interface

mod packets;
#[path = "waits/support.rs"]
#[allow(dead_code, unused_imports)] // of which this needs some
mod support;

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Once;

use packets::key_of;
use support::*;
use wharf_win32::Win32::System::IO::{CreateIoCompletionPort, PostQueuedCompletionStatus};

fn only_told() {
    static ONCE: Once = Once::new();
    // SAFETY: before any port of this process reads it; the tests of this binary read no environment else.
    ONCE.call_once(|| unsafe { std::env::set_var("WHARF_SENSING", "told") });
}

/// Checks that a worker inside `block`, which `release` ends, is replaced.
fn replaced(block: impl FnOnce() + Send + 'static, release: impl FnOnce()) {
    only_told();
    let port = Shared::of(CreateIoCompletionPort(usize::MAX as HANDLE, null_mut(), 0, 1));
    let (started, went_on) = (Shared::of(event(true, false)), Shared::of(event(true, false)));
    let first = thread(0, move || {
        assert_eq!(key_of(port.handle(), LONG), Some(1));
        SetEvent(started.handle());
        block();
        SetEvent(went_on.handle());
        0
    });
    PostQueuedCompletionStatus(port.handle(), 0, 1, null_mut());
    assert_eq!(wait(started.handle(), LONG), 0);
    let second = thread(0, move || {
        let got = key_of(port.handle(), LONG);
        u32::from(got == Some(2) && wait(went_on.handle(), 0) == TIMEOUT)
    });
    PostQueuedCompletionStatus(port.handle(), 0, 2, null_mut());
    assert_eq!(wait(second, LONG), 0);
    assert_eq!(exit_code(second), 1, "replaced while the first was inside");
    release();
    assert_eq!(wait(first, LONG), 0);
    for handle in [first, second, port.handle(), started.handle(), went_on.handle()] {
        assert_eq!(CloseHandle(handle), 1);
    }
}

#[test]
fn wait_for_single_object() {
    let gate = Shared::of(event(true, false));
    replaced(
        move || assert_eq!(wait(gate.handle(), LONG), 0),
        || assert_eq!(SetEvent(gate.handle()), 1),
    );
}

#[test]
fn wait_for_multiple_objects() {
    let gates = [(); 2].map(|()| Shared::of(event(true, false)));
    let block = move || assert_eq!(wait_many(&gates.map(Shared::handle), true, LONG), 0);
    replaced(block, || assert!(gates.iter().all(|gate| SetEvent(gate.handle()) == 1)));
}

#[test]
fn signal_object_and_wait() {
    let gates = [(); 2].map(|()| Shared::of(event(true, false)));
    let block = move || {
        assert_eq!(SignalObjectAndWait(gates[0].handle(), gates[1].handle(), LONG, 1), 0);
    };
    replaced(block, || assert_eq!(SetEvent(gates[1].handle()), 1));
}

/// Nothing ends these: long enough for a machine under load.
const SLEEP: u32 = 2_000;

#[test]
fn sleeping() {
    replaced(|| Sleep(SLEEP), || ());
}

#[test]
fn sleeping_alertable() {
    replaced(|| assert_eq!(SleepEx(SLEEP, 1), 0), || ());
}

#[test]
fn sleeping_not_alertable() {
    replaced(|| assert_eq!(SleepEx(SLEEP, 0), 0), || ());
}

#[test]
fn a_critical_section() {
    let section = Lent::<CRITICAL_SECTION>::zero();
    section.call(InitializeCriticalSection);
    section.call(EnterCriticalSection);
    let block = move || {
        section.call(EnterCriticalSection);
        section.call(LeaveCriticalSection);
    };
    replaced(block, || section.call(LeaveCriticalSection));
}

#[test]
fn an_srw_lock() {
    let lock = Lent::<SRWLOCK>::zero();
    lock.call(AcquireSRWLockExclusive);
    let exclusive = move || lock.call(AcquireSRWLockExclusive);
    replaced(exclusive, || lock.call(ReleaseSRWLockExclusive));
    let shared = move || lock.call(AcquireSRWLockShared);
    replaced(shared, || lock.call(ReleaseSRWLockExclusive));
}

#[test]
fn a_condition_variable() {
    let (lock, variable) = (Lent::<SRWLOCK>::zero(), Lent::<CONDITION_VARIABLE>::zero());
    let block = move || {
        lock.call(AcquireSRWLockExclusive);
        // SAFETY: both objects stay for good, and the thread holds the lock.
        unsafe { SleepConditionVariableSRW(variable.at(), lock.at(), LONG, 0) };
        lock.call(ReleaseSRWLockExclusive);
    };
    replaced(block, || variable.call(WakeAllConditionVariable));
}

#[test]
fn wait_on_address() {
    let at = Lent::<u64>::zero();
    let block = move || {
        let old = 0_u64;
        // SAFETY: eight bytes that stay for good, and eight of this closure.
        let woken = unsafe { WaitOnAddress(at.at().cast(), (&raw const old).cast(), 8, LONG) };
        assert_eq!(woken, 1);
    };
    replaced(block, || WakeByAddressAll(at.at().cast()));
}

unsafe extern "C" fn slow(_: *mut INIT_ONCE, gate: *mut c_void, _: *mut *mut c_void) -> i32 {
    // Not itself a worker's wait.
    i32::from(wait(gate, LONG) == 0)
}

#[test]
fn another_threads_initialisation() {
    let once = Lent::<INIT_ONCE>::zero();
    let gate = Shared::of(event(true, false));
    let run = move || {
        // SAFETY: the object stays for good; `slow` takes an event's handle.
        unsafe { InitOnceExecuteOnce(once.at(), Some(slow), gate.handle(), null_mut()) }
    };
    let other = thread(0, move || run().cast_unsigned());
    // SAFETY: the object stays for good; its one word is written by whole stores of the other thread's.
    while unsafe { once.at().cast::<usize>().read_volatile() } == 0 {
        Sleep(1);
    }
    replaced(move || assert_eq!(run(), 1), || assert_eq!(SetEvent(gate.handle()), 1));
    assert_eq!((wait(other, LONG), exit_code(other)), (0, 1));
}

/// A worker that is suspended, in the program's own code, gives its slot back too.
#[test]
fn suspension() {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
    static ID: AtomicU32 = AtomicU32::new(0);
    static STOP: AtomicBool = AtomicBool::new(false);
    let suspender = thread(0, || {
        while ID.load(SeqCst) == 0 {
            Sleep(1);
        }
        let worker = OpenThread(0, 0, ID.load(SeqCst));
        assert_eq!(SuspendThread(worker), 0);
        worker as usize as u32
    });
    let block = || {
        ID.store(GetCurrentThreadId(), SeqCst);
        while !STOP.load(SeqCst) {
            std::hint::spin_loop();
        }
    };
    replaced(block, || {
        assert_eq!(wait(suspender, LONG), 0);
        STOP.store(true, SeqCst);
        assert_eq!(ResumeThread(exit_code(suspender) as usize as HANDLE), 1);
    });
}

unsafe extern "C" fn timer_callback(gate: *mut c_void, _: u8) {
    wait(gate, LONG);
}

#[test]
fn a_deletion_that_waits() {
    only_told();
    let gate = Shared::of(event(true, false));
    let mut timer = null_mut();
    let (queue, callback) = (null_mut(), Some(timer_callback as _));
    // SAFETY: the handle is stored in a variable of this function; the callback takes an event's handle.
    let made =
        unsafe { CreateTimerQueueTimer(&raw mut timer, queue, callback, gate.handle(), 0, 0, 0) };
    assert_eq!(made, 1);
    Sleep(SHORT);
    let timer = Shared::of(timer);
    let block = move || {
        let all = usize::MAX as HANDLE;
        assert_eq!(DeleteTimerQueueTimer(null_mut(), timer.handle(), all), 1);
    };
    replaced(block, || assert_eq!(SetEvent(gate.handle()), 1));
}
