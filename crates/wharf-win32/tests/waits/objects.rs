//! Events, mutexes, semaphores, timers, and waits for them (F15-F23, F28, F30).

use std::ffi::{CStr, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::support::*;

/// F15: a wait touches the last error only when it fails.
#[test]
fn single_waits() {
    let (set, clear) = (event(true, true), event(true, false));
    SetLastError(77);
    assert_eq!((wait(set, 0), wait(set, INFINITE), wait(clear, 0)), (0, 0, TIMEOUT));
    assert_eq!((wait(clear, 10), GetLastError()), (TIMEOUT, 77));
    for handle in [null_mut(), 0x1234_usize as HANDLE] {
        assert_eq!(error_of(|| wait(handle, 0) != FAILED), 6);
    }
    CloseHandle(set);
    assert_eq!(error_of(|| wait(set, 0) != FAILED), 6);
    CloseHandle(clear);
}

/// F16: the lowest index wins and only it is consumed; 64 auto-reset events come one by one.
#[test]
fn any_of_many() {
    let events: Vec<_> = (0..64).map(|_| event(false, true)).collect();
    for at in 0..64 {
        assert_eq!(wait_many(&events, false, LONG), at);
    }
    assert_eq!(wait_many(&events, false, 0), TIMEOUT);
    SetEvent(events[40]);
    SetEvent(events[9]);
    assert_eq!(wait_many(&events, false, LONG), 9);
    assert_eq!((wait(events[9], 0), wait(events[40], 0)), (TIMEOUT, 0));
    assert!(events.into_iter().all(|event| CloseHandle(event) == 1));
}

/// F17, F18: what is refused.
#[test]
fn refused_waits() {
    let (one, two) = (event(true, true), event(true, true));
    assert_eq!(error_of(|| wait_many(&[], false, 0) != FAILED), 87);
    assert_eq!(error_of(|| wait_many(&[one; 65], false, 0) != FAILED), 87);
    assert_eq!(error_of(|| wait_many(&[one, two, one], true, 0) != FAILED), 87);
    assert_eq!(wait_many(&[one, two, one], false, 0), 0);
    assert_eq!(error_of(|| wait_many(&[one, null_mut()], false, 0) != FAILED), 6);
    assert_eq!(wait(GetCurrentProcess(), 0), TIMEOUT);
    assert_eq!(wait(GetCurrentThread(), 0), TIMEOUT);
    assert_eq!(error_of(|| wait_many(&[GetCurrentThread()], false, 0) != FAILED), 6);
    let tagged = (one as usize | 3) as HANDLE;
    assert_eq!(wait(tagged, 0), 0);
}

/// F17: nothing is consumed before all are signalled.
#[test]
fn all_of_many() {
    let (one, two) = (event(false, true), event(false, false));
    assert_eq!(wait_many(&[one, two], true, 10), TIMEOUT);
    let events = [Shared::of(one), Shared::of(two)];
    let waiter = thread(0, move || wait_many(&events.map(Shared::handle), true, LONG));
    assert_eq!(wait(waiter, SHORT), TIMEOUT);
    SetEvent(two);
    assert_eq!((wait(waiter, LONG), exit_code(waiter)), (0, 0));
    assert_eq!((wait(one, 0), wait(two, 0)), (TIMEOUT, TIMEOUT));
}

/// Goal: a wait for all that is not satisfied does not keep a later wait from what it can have.
#[test]
fn all_before_any() {
    let [one, two] = [(); 2].map(|()| Shared::of(event(false, false)));
    let all = thread(0, move || wait_many(&[one.handle(), two.handle()], true, LONG));
    while !is_asleep(all) {
        Sleep(1);
    }
    let any = thread(0, move || wait(one.handle(), LONG));
    while !is_asleep(any) {
        Sleep(1);
    }
    SetEvent(one.handle());
    assert_eq!((wait(any, LONG), exit_code(any), wait(all, 0)), (0, 0, TIMEOUT));
    SetEvent(two.handle());
    SetEvent(one.handle());
    assert_eq!((wait(all, LONG), exit_code(all)), (0, 0));
}

/// F19: one SetEvent of an auto-reset event releases one of two waiters; a manual one releases both; a pulse too, and
/// leaves it clear.
#[test]
fn events() {
    for (manual, pulse) in [(false, false), (true, false), (true, true), (false, true)] {
        let gate = event(manual, false);
        let (shared, ready) = (Shared::of(gate), Shared::of(semaphore(0, 2)));
        // A pulse reaches those only who wait already: their wait begins in one step with the signal. (One that sleeps may
        // wait for a lock of the library's.)
        let wait_now = move || SignalObjectAndWait(ready.handle(), shared.handle(), LONG, 0);
        let waiters = [(); 2].map(|()| thread(0, wait_now));
        for _ in &waiters {
            assert_eq!(wait(ready.handle(), LONG), 0);
        }
        if pulse {
            PulseEvent(gate)
        } else {
            SetEvent(gate)
        };
        assert!(wait_many(&waiters, false, LONG) < 2);
        if !manual {
            assert_eq!(wait_many(&waiters, true, SHORT), TIMEOUT);
            SetEvent(gate);
        }
        assert_eq!(wait_many(&waiters, true, LONG), 0);
        assert_eq!(wait(gate, 0), if manual && !pulse { 0 } else { TIMEOUT });
        ResetEvent(gate);
        assert_eq!(wait(gate, 0), TIMEOUT);
    }
}

/// Whether the kernel says that a thread sleeps.
fn is_asleep(thread: HANDLE) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{}/stat", GetThreadId(thread)));
    stat.unwrap().rsplit(')').next().unwrap().starts_with(" S")
}

/// F20.
#[test]
fn names() {
    let wide: Vec<i32> = "waits-Name\0".chars().map(|unit| unit as i32).collect();
    let narrow: *const u8 = c"waits-Name".as_ptr().cast();
    SetLastError(77);
    // SAFETY: the name ends with a zero.
    let first = unsafe { CreateEventW(null(), 1, 0, wide.as_ptr()) };
    assert_eq!(GetLastError(), 0);
    // SAFETY: the name ends with a zero.
    let second = unsafe { CreateEventA(null(), 0, 1, narrow) };
    assert_eq!(GetLastError(), 183);
    assert_ne!(first, second);
    SetEvent(second);
    assert_eq!((wait(first, 0), wait(first, 0)), (0, 0), "one object, and manual as it was made");
    let open = |name: Option<&CStr>| {
        let name = name.map_or(null(), |name| name.as_ptr().cast());
        // SAFETY: the name ends with a zero, or is null, which is refused.
        unsafe { OpenEventA(2, 0, name) }
    };
    assert_eq!(error_of(|| !open(Some(c"waits-name")).is_null()), 2, "case counts");
    assert_eq!(error_of(|| !open(None).is_null()), 87);
    // SAFETY: the name ends with a zero.
    let mutex = || unsafe { CreateMutexA(null(), 0, narrow) };
    assert_eq!(error_of(|| !mutex().is_null()), 6, "one directory for all kinds");
    let third = open(Some(c"waits-Name"));
    assert_eq!(wait(third, 0), 0);
    assert!([first, second, third].into_iter().all(|handle| CloseHandle(handle) == 1));
    assert_eq!(
        error_of(|| !open(Some(c"waits-Name")).is_null()),
        2,
        "the name went with its last handle"
    );
}

/// F21, F30.
#[test]
fn mutexes() {
    let mutex = mutex(true);
    assert_eq!((wait(mutex, 0), ReleaseMutex(mutex), ReleaseMutex(mutex)), (0, 1, 1));
    assert_eq!(error_of(|| ReleaseMutex(mutex) != 0), 288);
    let shared = Shared::of(mutex);
    let other = thread(0, move || wait(shared.handle(), LONG)); // and ends as its owner
    assert_eq!(wait(other, LONG), 0);
    assert_eq!(wait(mutex, LONG), ABANDONED);
    assert_eq!((ReleaseMutex(mutex), wait(mutex, 0)), (1, 0), "abandoned is told once");
    let other = thread(0, move || {
        let refused = error_of(|| ReleaseMutex(shared.handle()) != 0);
        u32::from(refused == 288 && wait(shared.handle(), 0) == TIMEOUT)
    });
    assert_eq!((wait(other, LONG), exit_code(other)), (0, 1));
    // A foreign thread leaves it behind too, and the index is added.
    ReleaseMutex(mutex);
    std::thread::spawn(move || assert_eq!(wait(shared.handle(), LONG), 0)).join().unwrap();
    let clear = event(true, false);
    assert_eq!(wait_many(&[clear, mutex], false, LONG), ABANDONED + 1);
}

/// F22.
#[test]
fn semaphores() {
    for (initial, maximum) in [(2, 1), (0, 0), (-1, 1), (0, -1)] {
        assert_eq!(error_of(|| !semaphore(initial, maximum).is_null()), 87);
    }
    let semaphore = semaphore(1, 2);
    let mut previous = 77;
    assert_eq!((wait(semaphore, 0), wait(semaphore, 0)), (0, TIMEOUT));
    assert_eq!(release(semaphore, 1, Some(&mut previous)), 1);
    assert_eq!(previous, 0);
    previous = 77;
    for by in [2, i32::MAX] {
        assert_eq!(error_of(|| release(semaphore, by, Some(&mut previous)) != 0), 298);
    }
    assert_eq!(error_of(|| release(semaphore, 0, None) != 0), 87);
    assert_eq!(previous, 77);
    assert_eq!((wait(semaphore, 0), wait(semaphore, 0)), (0, TIMEOUT));
}

static RUNS: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn count(by: usize) {
    RUNS.fetch_add(u32::try_from(by).unwrap(), SeqCst);
}

/// F23: routines run in alertable waits only, all of them, objects first.
#[test]
fn routines() {
    let (set, clear) = (event(true, true), event(true, false));
    let queue = || assert_eq!(QueueUserAPC(Some(count), GetCurrentThread(), 1), 1);
    queue();
    queue();
    assert_eq!(wait(clear, 10), TIMEOUT);
    Sleep(1);
    assert_eq!(WaitForSingleObjectEx(set, 0, 1), 0);
    assert_eq!(RUNS.load(SeqCst), 0);
    assert_eq!((WaitForSingleObjectEx(clear, 0, 1), RUNS.load(SeqCst)), (IO_COMPLETION, 2));
    assert_eq!((SleepEx(0, 1), SleepEx(1, 1)), (0, 0));
    queue();
    assert_eq!((SleepEx(INFINITE, 1), RUNS.load(SeqCst)), (IO_COMPLETION, 3));
    // From another thread, into the wait, which begins in one step with the signal: what comes before the thread runs is
    // not for its wait.
    let (shared, ready) = (Shared::of(clear), Shared::of(event(false, false)));
    let sleeper = thread(0, move || SignalObjectAndWait(ready.handle(), shared.handle(), LONG, 1));
    assert_eq!(wait(ready.handle(), LONG), 0);
    assert_eq!(QueueUserAPC(Some(count), sleeper, 10), 1);
    assert_eq!((wait(sleeper, LONG), exit_code(sleeper)), (0, IO_COMPLETION));
    assert_eq!(RUNS.load(SeqCst), 13);
    assert_eq!(error_of(|| QueueUserAPC(Some(count), sleeper, 1) != 0), 31);
    // What is queued before a thread runs, runs first.
    let suspended = thread(CREATE_SUSPENDED, || RUNS.load(SeqCst));
    assert_eq!(QueueUserAPC(Some(count), suspended, 100), 1);
    ResumeThread(suspended);
    assert_eq!((wait(suspended, LONG), exit_code(suspended)), (0, 113));
}

/// Goal: signal and wait are one step. Method: two threads hand a turn to and fro.
#[test]
fn signal_and_wait() {
    let (ping, pong) = (event(false, false), event(false, false));
    let shared = [Shared::of(ping), Shared::of(pong)];
    let other = thread(0, move || {
        let [ping, pong] = shared.map(Shared::handle);
        assert_eq!(wait(ping, LONG), 0);
        for _ in 0..200 {
            assert_eq!(SignalObjectAndWait(pong, ping, LONG, 0), 0);
        }
        7
    });
    for _ in 0..200 {
        assert_eq!(SignalObjectAndWait(ping, pong, LONG, 0), 0);
    }
    SetEvent(ping);
    assert_eq!((wait(other, LONG), exit_code(other)), (0, 7));
    let mutex = mutex(false);
    assert_eq!(error_of(|| SignalObjectAndWait(mutex, ping, 0, 0) != FAILED), 288);
    assert_eq!(error_of(|| SignalObjectAndWait(other, ping, 0, 0) != FAILED), 6);
    let semaphore = semaphore(0, 1);
    assert_eq!(SignalObjectAndWait(semaphore, semaphore, 0, 0), 0);
}

static EXPIRED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn expired(argument: *const c_void, low: u32, high: u32) {
    assert!(argument as usize == 5 && high != 0 && low != 0);
    EXPIRED.fetch_add(1, SeqCst);
}

/// F28.
#[test]
fn timers() {
    let start = Instant::now();
    let millis = |millis: i64| millis * -10_000;
    let make = |manual| {
        // SAFETY: no attributes and no name: nothing is read.
        unsafe { CreateWaitableTimerA(null(), manual, null()) }
    };
    let set = |timer, due: i64, period, routine: PTIMERAPCROUTINE| {
        // SAFETY: the time is read during the call; `expired` takes its argument for a number.
        unsafe { SetWaitableTimer(timer, &raw const due, period, routine, 5 as *const c_void, 0) }
    };
    let once = make(1);
    assert_eq!(wait(once, 0), TIMEOUT);
    assert_eq!(set(once, millis(50), 0, None), 1);
    assert_eq!((wait(once, LONG), wait(once, 0)), (0, 0));
    assert!(start.elapsed() >= Duration::from_millis(50));
    assert_eq!(set(once, millis(60_000), 0, None), 1);
    assert_eq!(wait(once, 0), TIMEOUT, "setting clears it");
    assert_eq!(set(once, 1, 0, None), 1);
    assert_eq!(wait(once, LONG), 0, "a time that has passed");
    let periodic = make(0);
    assert_eq!(set(periodic, millis(1), 10, None), 1);
    for _ in 0..3 {
        assert_eq!(wait(periodic, LONG), 0);
    }
    assert_eq!(CancelWaitableTimer(periodic), 1);
    ResetEvent(periodic);
    wait(periodic, 0);
    assert_eq!(wait(periodic, 50), TIMEOUT);
    assert_eq!(set(periodic, millis(1), 0, Some(expired)), 1);
    assert_eq!((SleepEx(LONG, 1), EXPIRED.load(SeqCst)), (IO_COMPLETION, 1));
    assert_eq!(error_of(|| set(periodic, 0, -1, None) != 0), 87);
    // A routine that has not run yet is not queued again.
    assert_eq!(set(periodic, millis(1), 1, Some(expired)), 1);
    Sleep(50);
    assert_eq!(CancelWaitableTimer(periodic), 1);
    assert_eq!((SleepEx(LONG, 1), EXPIRED.load(SeqCst)), (IO_COMPLETION, 2));
}

/// F30: a waiter survives the close of what it waits for; a stale handle names nothing.
#[test]
fn closing() {
    let gate = event(false, false);
    let (shared, mut twin) = (Shared::of(gate), null_mut());
    assert_eq!(duplicate(GetCurrentProcess(), gate, &mut twin, 2), 1);
    let waiter = thread(0, move || wait(shared.handle(), LONG));
    assert_eq!(wait(waiter, SHORT), TIMEOUT);
    assert_eq!((CloseHandle(gate), CloseHandle(gate), GetLastError()), (1, 0, 6));
    assert_eq!(wait(waiter, SHORT), TIMEOUT);
    SetEvent(twin);
    assert_eq!((wait(waiter, LONG), exit_code(waiter)), (0, 0));
}

/// Goal: waits for all and for any, signals and time-outs at the same time lose nothing. Method: tokens go round
/// in semaphores; takers take one of each of two, or of either, with time-outs of every length; at the end there are as
/// many as before.
#[test]
fn stress() {
    const TOKENS: i32 = 3;
    let pair = [(); 2].map(|()| Shared::of(semaphore(TOKENS, i32::MAX)));
    let takers: Vec<_> = (0..6_u32)
        .map(|taker| {
            thread(0, move || {
                let handles = pair.map(Shared::handle);
                let mut taken = 0;
                for round in 0..2_000 {
                    let (all, millis) = (taker % 2 == 0, round % 3);
                    let outcome = wait_many(&handles, all, millis);
                    let give = |handle| release(handle, 1, None);
                    match outcome {
                        TIMEOUT => continue,
                        _ if all => assert!(handles.into_iter().all(|handle| give(handle) == 1)),
                        at => assert_eq!(give(handles[at as usize]), 1),
                    }
                    taken += 1;
                }
                taken
            })
        })
        .collect();
    assert_eq!(wait_many(&takers, true, 60_000), 0);
    assert!(takers.iter().all(|taker| exit_code(*taker) > 0));
    for semaphore in pair.map(Shared::handle) {
        let left = (0..=TOKENS).take_while(|_| wait(semaphore, 0) == 0).count();
        assert_eq!(left, TOKENS as usize);
    }
}
