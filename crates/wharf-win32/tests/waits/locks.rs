//! Locks in the program's memory (F24-F27).

use std::ffi::c_void;
use std::mem::size_of;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use crate::support::*;

const THREADS: u32 = 4;
const ROUNDS: u32 = 20_000;

/// Several threads count under a lock; the sum is right only if they exclude each other. Now and then one lets others run
/// between its reading and its writing, so that they meet on any machine.
fn count_under<T>(object: Lent<T>, lock: Act<T>, unlock: Act<T>) {
    let sum = Lent::<u32>::zero();
    let body = move || {
        for round in 0..ROUNDS {
            object.call(lock);
            let before = sum.get();
            if round % 64 == 0 {
                SwitchToThread();
            }
            sum.with(|sum| *sum = before + 1);
            object.call(unlock);
        }
        0
    };
    let threads: Vec<_> = (0..THREADS).map(|_| thread(0, body)).collect();
    assert_eq!(wait_many(&threads, true, 60_000), 0);
    assert_eq!(sum.get(), THREADS * ROUNDS);
}

/// A section's count of free, entries, and holder.
fn fields(section: Lent<CRITICAL_SECTION>) -> (i32, i32, usize) {
    // SAFETY: the memory stays for good; the caller is in the section, or the last thread that uses it.
    let section = unsafe { &*section.at() };
    (section.LockCount, section.RecursionCount, section.OwningThread as usize)
}

/// F24.
#[test]
fn critical_section() {
    assert_eq!(size_of::<CRITICAL_SECTION>(), 40);
    let section = Lent::<CRITICAL_SECTION>::zero();
    let with_flags = |flags| {
        // SAFETY: memory of a section, which nobody uses.
        unsafe { InitializeCriticalSectionEx(section.at(), 100, flags) }
    };
    // SAFETY: memory of a section, which nobody uses.
    assert_eq!(unsafe { InitializeCriticalSectionAndSpinCount(section.at(), 0x8000_0400) }, 1);
    // SAFETY: the line above has initialised it.
    assert_eq!(unsafe { SetCriticalSectionSpinCount(section.at(), 100) }, 0x400);
    section.call(InitializeCriticalSection);
    assert_eq!(with_flags(0x0100_0000), 1);
    assert_eq!(error_of(|| with_flags(1) != 0), 87);
    section.call(EnterCriticalSection);
    section.call(EnterCriticalSection);
    let (_, entries, holder) = fields(section);
    assert_eq!((entries, holder), (2, GetCurrentThreadId() as usize));
    let tries = || {
        let other = thread(0, move || {
            let entered = section.call(TryEnterCriticalSection);
            if entered != 0 {
                section.call(LeaveCriticalSection);
            }
            entered.cast_unsigned()
        });
        assert_eq!(wait(other, LONG), 0);
        exit_code(other)
    };
    assert_eq!(tries(), 0);
    section.call(LeaveCriticalSection);
    assert_eq!(tries(), 0);
    section.call(LeaveCriticalSection);
    assert_eq!(tries(), 1);
    count_under(section, EnterCriticalSection, LeaveCriticalSection);
    assert_eq!(fields(section).0, -1);
    section.call(DeleteCriticalSection);
}

/// Whether nobody has it: the word is zero again.
fn is_free(lock: Lent<SRWLOCK>) -> bool {
    // SAFETY: the memory stays for good; the caller is the last thread that uses the lock.
    unsafe { (*lock.at()).Ptr }.is_null()
}

/// F25: zero is free; readers are parallel, a writer alone.
#[test]
fn srw_lock() {
    assert_eq!(size_of::<SRWLOCK>(), 8);
    let lock = Lent::<SRWLOCK>::zero();
    let (try_shared, try_exclusive) = (TryAcquireSRWLockShared, TryAcquireSRWLockExclusive);
    lock.call(AcquireSRWLockShared);
    assert_eq!((lock.call(try_shared), lock.call(try_exclusive)), (1, 0));
    lock.call(ReleaseSRWLockShared);
    assert_eq!(lock.call(try_exclusive), 0);
    lock.call(ReleaseSRWLockShared);
    assert_eq!((lock.call(try_exclusive), lock.call(try_shared)), (1, 0));
    lock.call(ReleaseSRWLockExclusive);
    assert!(is_free(lock));
    count_under(lock, AcquireSRWLockExclusive, ReleaseSRWLockExclusive);
    assert!(is_free(lock));
}

/// Goal: readers that slept come in together when a writer leaves. Method: each waits, inside, for the other.
#[test]
fn srw_readers_together() {
    let lock = Lent::<SRWLOCK>::zero();
    let inside = [Shared::of(event(true, false)), Shared::of(event(true, false))];
    lock.call(AcquireSRWLockExclusive);
    let readers = [0, 1].map(|own: usize| {
        thread(0, move || {
            lock.call(AcquireSRWLockShared);
            SetEvent(inside[own].handle());
            let met = wait(inside[1 - own].handle(), LONG);
            lock.call(ReleaseSRWLockShared);
            met
        })
    });
    assert_eq!(wait_many(&readers, false, SHORT), TIMEOUT);
    lock.call(ReleaseSRWLockExclusive);
    assert_eq!(wait_many(&readers, true, LONG), 0);
    assert_eq!(readers.map(exit_code), [0, 0]);
}

/// Goal: no waiter of either kind is forgotten. Method: readers and writers of one lock, more than processors, and a check
/// that what a writer writes in two steps is never seen half.
#[test]
fn srw_stress() {
    let lock = Lent::<SRWLOCK>::zero();
    let pair = Lent::<(u32, u32)>::zero();
    let body = move |number| {
        for round in 0..ROUNDS / 2 {
            let pause = || {
                if round % 64 == 0 {
                    SwitchToThread();
                }
            };
            if (round + number) % 3 == 0 {
                lock.call(AcquireSRWLockExclusive);
                pair.with(|pair| pair.0 += 1);
                pause();
                pair.with(|pair| pair.1 += 1);
                lock.call(ReleaseSRWLockExclusive);
            } else {
                lock.call(AcquireSRWLockShared);
                let seen = pair.get();
                pause();
                lock.call(ReleaseSRWLockShared);
                assert_eq!(seen.0, seen.1);
            }
        }
        0
    };
    let threads: Vec<_> = (0..6).map(|number| thread(0, move || body(number))).collect();
    assert_eq!(wait_many(&threads, true, 60_000), 0);
    assert!(is_free(lock));
    let pair = pair.get();
    assert_eq!((pair.0, pair.0 > 0), (pair.1, true));
}

/// F26: the lock is released during the sleep and held after it; a time-out is ERROR_TIMEOUT.
#[test]
fn condition_variable() {
    let variable = Lent::<CONDITION_VARIABLE>::zero();
    let section = Lent::<CRITICAL_SECTION>::zero();
    let lock = Lent::<SRWLOCK>::zero();
    let turn = Lent::<u32>::zero();
    let sleep_in_section = move |millis| {
        // SAFETY: both objects stay for good, and the thread is in the section.
        unsafe { SleepConditionVariableCS(variable.at(), section.at(), millis) }
    };
    let sleep_in_lock = |flags| {
        // SAFETY: both objects stay for good, and the thread holds the lock as the flags say.
        unsafe { SleepConditionVariableSRW(variable.at(), lock.at(), 10, flags) != 0 }
    };
    variable.call(InitializeConditionVariable);
    variable.call(WakeConditionVariable);
    section.call(InitializeCriticalSection);
    section.call(EnterCriticalSection);
    assert_eq!(error_of(|| sleep_in_section(10) != 0), 1460);
    assert_eq!(fields(section).1, 1);
    lock.call(AcquireSRWLockExclusive);
    assert_eq!(error_of(|| sleep_in_lock(0)), 1460);
    assert_eq!(error_of(|| sleep_in_lock(2)), 87);
    assert_eq!(lock.call(TryAcquireSRWLockShared), 0);
    lock.call(ReleaseSRWLockExclusive);
    lock.call(AcquireSRWLockShared);
    assert_eq!(error_of(|| sleep_in_lock(CONDITION_VARIABLE_LOCKMODE_SHARED)), 1460);
    assert_eq!(lock.call(TryAcquireSRWLockShared), 1);
    // Four threads take turns.
    let body = move |own| {
        for _ in 0..500 {
            section.call(EnterCriticalSection);
            while turn.get() % 4 != own {
                assert_eq!(sleep_in_section(LONG), 1);
            }
            turn.with(|turn| *turn += 1);
            variable.call(WakeAllConditionVariable);
            section.call(LeaveCriticalSection);
        }
        0
    };
    let threads: Vec<_> = (0..4).map(|own| thread(0, move || body(own))).collect();
    section.call(LeaveCriticalSection);
    assert_eq!(wait_many(&threads, true, 60_000), 0);
    assert_eq!(turn.get(), 2000);
}

static INITIALISED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn initialise(
    _: *mut INIT_ONCE,
    parameter: *mut c_void,
    context: *mut *mut c_void,
) -> i32 {
    Sleep(SHORT);
    INITIALISED.fetch_add(1, SeqCst);
    // SAFETY: where the call that runs it wants the context stored.
    unsafe { *context = 0x40 as *mut c_void };
    if parameter.is_null() { 0 } else { 1 }
}

/// One of several threads initialises, the others wait for it; a failure lets the next one try.
#[test]
fn init_once() {
    let once = Lent::<INIT_ONCE>::zero();
    let execute = move |parameter: usize| {
        let (parameter, mut context) = (parameter as *mut c_void, null_mut());
        // SAFETY: the object stays for good, and `initialise` does no more with its parameter than look whether it is null.
        let done = unsafe {
            InitOnceExecuteOnce(once.at(), Some(initialise), parameter, &raw mut context)
        };
        (done, context as usize)
    };
    assert_eq!(execute(0), (0, 0));
    let threads = [(); 3].map(|()| thread(0, move || u32::from(execute(1) == (1, 0x40))));
    assert_eq!(wait_many(&threads, true, LONG), 0);
    assert_eq!((threads.map(exit_code), INITIALISED.load(SeqCst)), ([1; 3], 2));
    let begin = |once: Lent<INIT_ONCE>, flags| {
        let (mut pending, mut context) = (77, null_mut());
        SetLastError(0);
        // SAFETY: the object stays for good; the answers are stored in variables of this closure, during the call.
        let done = unsafe {
            InitOnceBeginInitialize(once.at(), flags, &raw mut pending, &raw mut context)
        };
        (done, pending, context as usize, GetLastError())
    };
    assert_eq!(begin(once, INIT_ONCE_CHECK_ONLY), (1, 0, 0x40, 0));
    let fresh = Lent::<INIT_ONCE>::zero();
    assert_eq!(begin(fresh, INIT_ONCE_CHECK_ONLY), (0, 77, 0, 31));
    assert_eq!(begin(fresh, 3), (0, 77, 0, 87));
    assert_eq!((begin(fresh, 2), begin(fresh, 2)), ((1, 1, 0, 0), (1, 1, 0, 0)));
    assert_eq!(begin(fresh, 0), (0, 77, 0, 87));
    let complete = |flags, context: usize| {
        // SAFETY: the object stays for good; the context is a number that nobody follows.
        unsafe { InitOnceComplete(fresh.at(), flags, context as *mut c_void) != 0 }
    };
    assert_eq!(error_of(|| complete(2, 0x41)), 87);
    assert!(complete(2, 0x80));
    assert_eq!(error_of(|| complete(2, 0x90)), 31);
    assert_eq!(begin(fresh, 0), (1, 0, 0x80, 0));
}

/// A wait ends when its value has changed and it was woken; every size; one or all.
#[test]
fn wait_on_address() {
    let value: &'static AtomicU32 = Box::leak(Box::default());
    let wait_for = |size: usize, other: u64, millis| {
        let (word, other) = (std::ptr::from_ref(value).cast(), (&raw const other).cast());
        // SAFETY: the word stays for good; of it and of the other one no more than four bytes are read (the size 3 is refused).
        unsafe { WaitOnAddress(word, other, size, millis) != 0 }
    };
    assert_eq!(error_of(|| wait_for(3, 0, 0)), 87);
    for size in [1, 2, 4] {
        assert_eq!(error_of(|| wait_for(size, 0, 5)), 1460);
        assert!(wait_for(size, 1, LONG));
    }
    let sleepers: Vec<_> = (0..3)
        .map(|_| {
            thread(0, move || {
                while value.load(SeqCst) == 0 {
                    assert!(wait_for(4, 0, LONG));
                }
                0
            })
        })
        .collect();
    assert_eq!(wait_many(&sleepers, false, SHORT), TIMEOUT);
    value.store(1, SeqCst);
    let word = std::ptr::from_ref(value).cast();
    WakeByAddressSingle(word);
    assert!(wait_many(&sleepers, false, LONG) < 3);
    WakeByAddressAll(word);
    assert_eq!(wait_many(&sleepers, true, LONG), 0);
}

/// F27: last in, first out; nothing is lost among threads.
#[test]
fn slist() {
    let head = Lent::<SLIST_HEADER>::zero();
    let push = move |entry| {
        // SAFETY: head and entries stay for good, and the entry is in no list: it is fresh, or was taken from this one.
        unsafe { InterlockedPushEntrySList(head.at(), entry) }
    };
    let entries: &'static mut [SLIST_ENTRY] =
        Box::leak((0..64).map(|_| SLIST_ENTRY { Next: null_mut() }).collect());
    assert_eq!((size_of::<SLIST_HEADER>(), std::mem::align_of::<SLIST_HEADER>()), (16, 16));
    head.call(InitializeSListHead);
    assert!(head.call(InterlockedPopEntrySList).is_null());
    let mut first = null_mut();
    for entry in entries.iter_mut() {
        assert_eq!(push(entry), first);
        first = entry;
    }
    assert_eq!(head.call(QueryDepthSList), 64);
    assert_eq!(head.call(InterlockedPopEntrySList), first);
    push(first);
    let body = move || {
        for _ in 0..ROUNDS {
            let entry = head.call(InterlockedPopEntrySList);
            assert!(!entry.is_null());
            push(entry);
        }
        0
    };
    let threads: Vec<_> = (0..4).map(|_| thread(0, body)).collect();
    assert_eq!(wait_many(&threads, true, 60_000), 0);
    let mut chain = head.call(InterlockedFlushSList);
    let mut length = 0;
    while !chain.is_null() {
        // SAFETY: an entry of the chain, which is this thread's alone now.
        chain = unsafe { (*chain).Next };
        length += 1;
    }
    assert_eq!((length, head.call(QueryDepthSList)), (64, 0));
}
