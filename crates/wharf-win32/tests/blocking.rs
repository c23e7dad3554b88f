//! B8: a worker that blocks in a call of ours is replaced at once, because the call tells; nobody looks.
//!
//! Method: a port of concurrency 1 and two workers. The first takes a packet and blocks in the call; the second must get
//! the next packet while the first is still inside. `WHARF_SENSING=told` makes sure that it was told; it is read once
//! in a process, so these tests have one of their own.
#![allow(unsafe_code)] // calls of the C interface
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "each passes live buffers of the test"
)]

#[path = "waits/support.rs"]
#[allow(dead_code, unused_imports)] // of which this needs some
mod support;

use std::ffi::c_void;
use std::mem::zeroed;
use std::ptr::null_mut;
use std::sync::Once;

use wharf_win32::Win32::System::IO::{
    CreateIoCompletionPort, GetQueuedCompletionStatus, OVERLAPPED, PostQueuedCompletionStatus,
};

use support::*;

fn only_told() {
    static ONCE: Once = Once::new();
    // SAFETY: before any port of this process reads it; the tests of this binary read no environment else.
    ONCE.call_once(|| unsafe { std::env::set_var("WHARF_SENSING", "told") });
}

fn get(port: HANDLE, millis: u32) -> Option<usize> {
    let (mut bytes, mut key, mut overlapped) = (0, 0, null_mut::<OVERLAPPED>());
    let got = unsafe {
        GetQueuedCompletionStatus(port, &raw mut bytes, &raw mut key, &raw mut overlapped, millis)
    };
    (got != 0).then_some(key)
}

/// Checks that a worker inside `block`, which `release` ends, is replaced.
fn replaced(block: impl FnOnce() + Send + 'static, release: impl FnOnce()) {
    only_told();
    let port = Shared::of(CreateIoCompletionPort(usize::MAX as HANDLE, null_mut(), 0, 1));
    let (started, went_on) = (Shared::of(event(true, false)), Shared::of(event(true, false)));
    let first = thread(0, move || {
        assert_eq!(get(port.handle(), LONG), Some(1));
        SetEvent(started.handle());
        block();
        SetEvent(went_on.handle());
        0
    });
    PostQueuedCompletionStatus(port.handle(), 0, 1, null_mut());
    assert_eq!(wait(started.handle(), LONG), 0);
    let second = thread(0, move || {
        let got = get(port.handle(), LONG);
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
    let section = Box::leak(Box::new(unsafe { zeroed::<CRITICAL_SECTION>() }));
    let at = Shared(std::ptr::from_mut(section) as usize);
    unsafe { InitializeCriticalSection(at.0 as *mut _) };
    unsafe { EnterCriticalSection(at.0 as *mut _) };
    let block = move || unsafe {
        EnterCriticalSection(at.0 as *mut _);
        LeaveCriticalSection(at.0 as *mut _);
    };
    replaced(block, || unsafe { LeaveCriticalSection(at.0 as *mut _) });
}

#[test]
fn an_srw_lock() {
    let lock = Box::leak(Box::new(unsafe { zeroed::<SRWLOCK>() }));
    let at = Shared(std::ptr::from_mut(lock) as usize);
    unsafe { AcquireSRWLockExclusive(at.0 as *mut _) };
    let exclusive = move || unsafe { AcquireSRWLockExclusive(at.0 as *mut _) };
    replaced(exclusive, || unsafe { ReleaseSRWLockExclusive(at.0 as *mut _) });
    let shared = move || unsafe { AcquireSRWLockShared(at.0 as *mut _) };
    replaced(shared, || unsafe { ReleaseSRWLockExclusive(at.0 as *mut _) });
}

#[test]
fn a_condition_variable() {
    let lock = Box::leak(Box::new(unsafe { zeroed::<SRWLOCK>() }));
    let variable = Box::leak(Box::new(unsafe { zeroed::<CONDITION_VARIABLE>() }));
    let lock = Shared(std::ptr::from_mut(lock) as usize);
    let variable = Shared(std::ptr::from_mut(variable) as usize);
    let block = move || unsafe {
        AcquireSRWLockExclusive(lock.0 as *mut _);
        SleepConditionVariableSRW(variable.0 as *mut _, lock.0 as *mut _, LONG, 0);
        ReleaseSRWLockExclusive(lock.0 as *mut _);
    };
    replaced(block, || unsafe { WakeAllConditionVariable(variable.0 as *mut _) });
}

#[test]
fn wait_on_address() {
    let value = Box::leak(Box::new(0_u64));
    let at = Shared(std::ptr::from_mut(value) as usize);
    let block = move || unsafe {
        let old = 0_u64;
        let compare = std::ptr::from_ref(&old).cast();
        assert_eq!(WaitOnAddress(at.0 as *const c_void, compare, 8, LONG), 1);
    };
    replaced(block, || WakeByAddressAll(at.0 as *const c_void));
}

unsafe extern "C" fn slow(_: *mut INIT_ONCE, gate: *mut c_void, _: *mut *mut c_void) -> i32 {
    // Not itself a worker's wait.
    i32::from(wait(gate, LONG) == 0)
}

#[test]
fn another_threads_initialisation() {
    let once = Box::leak(Box::new(unsafe { zeroed::<INIT_ONCE>() }));
    let at = Shared(std::ptr::from_mut(once) as usize);
    let gate = Shared::of(event(true, false));
    let run = move || unsafe {
        InitOnceExecuteOnce(at.0 as *mut _, Some(slow), gate.handle(), null_mut())
    };
    let other = thread(0, move || run().cast_unsigned());
    while unsafe { (at.0 as *const usize).read_volatile() } == 0 {
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
    assert_eq!(
        unsafe {
            CreateTimerQueueTimer(
                &raw mut timer,
                null_mut(),
                Some(timer_callback),
                gate.handle(),
                0,
                0,
                0,
            )
        },
        1
    );
    Sleep(SHORT);
    let timer = Shared::of(timer);
    let block = move || {
        let all = usize::MAX as HANDLE;
        assert_eq!(DeleteTimerQueueTimer(null_mut(), timer.handle(), all), 1);
    };
    replaced(block, || assert_eq!(SetEvent(gate.handle()), 1));
}
