//! Locks in the program's memory (F24-F27).

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::mem::{size_of, zeroed};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use crate::support::*;

/// Something that threads share although Rust would not.
struct Cell<T>(UnsafeCell<T>);

unsafe impl<T> Sync for Cell<T> {}
unsafe impl<T> Send for Cell<T> {}

impl<T> Cell<T> {
    /// Stays for good: the tests' threads may outlive the test that fails.
    fn leak(value: T) -> &'static Cell<T> {
        Box::leak(Box::new(Cell(UnsafeCell::new(value))))
    }

    fn at(&self) -> *mut T {
        self.0.get()
    }
}

const THREADS: u32 = 4;
const ROUNDS: u32 = 20_000;

/// Several threads count under a lock; the sum is right only if they exclude each other.
fn count_under(lock: fn(usize), unlock: fn(usize), address: usize) {
    let sum = Cell::leak(0_u32);
    let body = move || {
        for _ in 0..ROUNDS {
            lock(address);
            unsafe { *sum.at() += 1 };
            unlock(address);
        }
        0
    };
    let threads: Vec<_> = (0..THREADS).map(|_| thread(0, body)).collect();
    assert_eq!(wait_many(&threads, true, 60_000), 0);
    assert_eq!(unsafe { *sum.at() }, THREADS * ROUNDS);
}

/// F24.
#[test]
fn critical_section() {
    assert_eq!(size_of::<CRITICAL_SECTION>(), 40);
    let section = Cell::leak(unsafe { zeroed::<CRITICAL_SECTION>() });
    unsafe {
        assert_eq!(InitializeCriticalSectionAndSpinCount(section.at(), 0x8000_0400), 1);
        assert_eq!(SetCriticalSectionSpinCount(section.at(), 100), 0x400);
        InitializeCriticalSection(section.at());
        assert_eq!(InitializeCriticalSectionEx(section.at(), 100, 0x0100_0000), 1);
        assert_eq!(error_of(|| InitializeCriticalSectionEx(section.at(), 100, 1) != 0), 87);
        EnterCriticalSection(section.at());
        EnterCriticalSection(section.at());
        assert_eq!((*section.at()).RecursionCount, 2);
        assert_eq!((*section.at()).OwningThread as usize, GetCurrentThreadId() as usize);
    }
    let tries = || {
        let other = thread(0, || unsafe {
            let entered = TryEnterCriticalSection(section.at());
            if entered != 0 {
                LeaveCriticalSection(section.at());
            }
            entered.cast_unsigned()
        });
        assert_eq!(wait(other, LONG), 0);
        exit_code(other)
    };
    assert_eq!(tries(), 0);
    unsafe { LeaveCriticalSection(section.at()) };
    assert_eq!(tries(), 0);
    unsafe { LeaveCriticalSection(section.at()) };
    assert_eq!(tries(), 1);
    count_under(
        |at| unsafe { EnterCriticalSection(at as *mut _) },
        |at| unsafe { LeaveCriticalSection(at as *mut _) },
        section.at() as usize,
    );
    unsafe {
        assert_eq!((*section.at()).LockCount, -1);
        DeleteCriticalSection(section.at());
    }
}

/// F25: zero is free; readers are parallel, a writer alone.
#[test]
fn srw_lock() {
    assert_eq!(size_of::<SRWLOCK>(), 8);
    let lock = Cell::leak(unsafe { zeroed::<SRWLOCK>() });
    let at = lock.at();
    unsafe {
        AcquireSRWLockShared(at);
        assert_eq!((TryAcquireSRWLockShared(at), TryAcquireSRWLockExclusive(at)), (1, 0));
        ReleaseSRWLockShared(at);
        assert_eq!(TryAcquireSRWLockExclusive(at), 0);
        ReleaseSRWLockShared(at);
        assert_eq!((TryAcquireSRWLockExclusive(at), TryAcquireSRWLockShared(at)), (1, 0));
        ReleaseSRWLockExclusive(at);
        assert!((*at).Ptr.is_null());
    }
    count_under(
        |at| unsafe { AcquireSRWLockExclusive(at as *mut _) },
        |at| unsafe { ReleaseSRWLockExclusive(at as *mut _) },
        at as usize,
    );
    assert!(unsafe { (*at).Ptr }.is_null());
}

/// Goal: readers that slept come in together when a writer leaves. Method: each waits, inside, for the other.
#[test]
fn srw_readers_together() {
    let lock = Cell::leak(unsafe { zeroed::<SRWLOCK>() });
    let inside = [Shared::of(event(true, false)), Shared::of(event(true, false))];
    unsafe { AcquireSRWLockExclusive(lock.at()) };
    let readers = [0, 1].map(|own: usize| {
        thread(0, move || unsafe {
            AcquireSRWLockShared(lock.at());
            SetEvent(inside[own].handle());
            let met = wait(inside[1 - own].handle(), LONG);
            ReleaseSRWLockShared(lock.at());
            met
        })
    });
    assert_eq!(wait_many(&readers, false, SHORT), TIMEOUT);
    unsafe { ReleaseSRWLockExclusive(lock.at()) };
    assert_eq!(wait_many(&readers, true, LONG), 0);
    assert_eq!(readers.map(exit_code), [0, 0]);
}

/// Goal: no waiter of either kind is forgotten. Method: readers and writers of one lock, more than processors, and a check
/// that what a writer writes in two steps is never seen half.
#[test]
fn srw_stress() {
    let lock = Cell::leak(unsafe { zeroed::<SRWLOCK>() });
    let pair = Cell::leak((0_u32, 0_u32));
    let threads: Vec<_> = (0..6_u32)
        .map(|number| {
            thread(0, move || unsafe {
                for round in 0..ROUNDS / 2 {
                    if (round + number) % 3 == 0 {
                        AcquireSRWLockExclusive(lock.at());
                        (*pair.at()).0 += 1;
                        if round % 64 == 0 {
                            SwitchToThread();
                        }
                        (*pair.at()).1 += 1;
                        ReleaseSRWLockExclusive(lock.at());
                    } else {
                        AcquireSRWLockShared(lock.at());
                        let seen = *pair.at();
                        if round % 64 == 0 {
                            SwitchToThread();
                        }
                        ReleaseSRWLockShared(lock.at());
                        assert_eq!(seen.0, seen.1);
                    }
                }
                0
            })
        })
        .collect();
    assert_eq!(wait_many(&threads, true, 60_000), 0);
    assert!(unsafe { (*lock.at()).Ptr }.is_null());
    let pair = unsafe { *pair.at() };
    assert_eq!((pair.0, pair.0 > 0), (pair.1, true));
}

/// F26: the lock is released during the sleep and held after it; a time-out is ERROR_TIMEOUT.
#[test]
fn condition_variable() {
    let variable = Cell::leak(unsafe { zeroed::<CONDITION_VARIABLE>() });
    let section = Cell::leak(unsafe { zeroed::<CRITICAL_SECTION>() });
    let lock = Cell::leak(unsafe { zeroed::<SRWLOCK>() });
    let turn = Cell::leak(0_u32);
    unsafe {
        InitializeConditionVariable(variable.at());
        WakeConditionVariable(variable.at());
        InitializeCriticalSection(section.at());
        EnterCriticalSection(section.at());
        let sleep = || SleepConditionVariableCS(variable.at(), section.at(), 10) != 0;
        assert_eq!(error_of(sleep), 1460);
        assert_eq!((*section.at()).RecursionCount, 1);
        AcquireSRWLockExclusive(lock.at());
        let sleep = |flags| SleepConditionVariableSRW(variable.at(), lock.at(), 10, flags) != 0;
        assert_eq!(error_of(|| sleep(0)), 1460);
        assert_eq!(error_of(|| sleep(2)), 87);
        assert_eq!(TryAcquireSRWLockShared(lock.at()), 0);
        ReleaseSRWLockExclusive(lock.at());
        AcquireSRWLockShared(lock.at());
        assert_eq!(error_of(|| sleep(CONDITION_VARIABLE_LOCKMODE_SHARED)), 1460);
        assert_eq!(TryAcquireSRWLockShared(lock.at()), 1);
    }
    // Four threads take turns.
    let threads: Vec<_> = (0..4_u32)
        .map(|own| {
            thread(0, move || unsafe {
                for _ in 0..500 {
                    EnterCriticalSection(section.at());
                    while *turn.at() % 4 != own {
                        assert_eq!(SleepConditionVariableCS(variable.at(), section.at(), LONG), 1);
                    }
                    *turn.at() += 1;
                    WakeAllConditionVariable(variable.at());
                    LeaveCriticalSection(section.at());
                }
                0
            })
        })
        .collect();
    unsafe { LeaveCriticalSection(section.at()) };
    assert_eq!(wait_many(&threads, true, 60_000), 0);
    assert_eq!(unsafe { *turn.at() }, 2000);
}

static INITIALISED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn initialise(
    _: *mut INIT_ONCE,
    parameter: *mut c_void,
    context: *mut *mut c_void,
) -> i32 {
    Sleep(SHORT);
    INITIALISED.fetch_add(1, SeqCst);
    unsafe { *context = 0x40 as *mut c_void };
    if parameter.is_null() { 0 } else { 1 }
}

/// One of several threads initialises, the others wait for it; a failure lets the next one try.
#[test]
fn init_once() {
    let once = Cell::leak(unsafe { zeroed::<INIT_ONCE>() });
    let execute = |parameter: usize| {
        let mut context = null_mut();
        let parameter = parameter as *mut c_void;
        let done = unsafe {
            InitOnceExecuteOnce(once.at(), Some(initialise), parameter, &raw mut context)
        };
        (done, context as usize)
    };
    assert_eq!(execute(0), (0, 0));
    let threads = [(); 3].map(|()| thread(0, move || u32::from(execute(1) == (1, 0x40))));
    assert_eq!(wait_many(&threads, true, LONG), 0);
    assert_eq!((threads.map(exit_code), INITIALISED.load(SeqCst)), ([1; 3], 2));
    let begin = |once: *mut INIT_ONCE, flags| {
        let (mut pending, mut context) = (77, null_mut());
        SetLastError(0);
        let done =
            unsafe { InitOnceBeginInitialize(once, flags, &raw mut pending, &raw mut context) };
        (done, pending, context as usize, GetLastError())
    };
    assert_eq!(begin(once.at(), INIT_ONCE_CHECK_ONLY), (1, 0, 0x40, 0));
    let fresh = Cell::leak(unsafe { zeroed::<INIT_ONCE>() }).at();
    assert_eq!(begin(fresh, INIT_ONCE_CHECK_ONLY), (0, 77, 0, 31));
    assert_eq!(begin(fresh, 3), (0, 77, 0, 87));
    assert_eq!((begin(fresh, 2), begin(fresh, 2)), ((1, 1, 0, 0), (1, 1, 0, 0)));
    assert_eq!(begin(fresh, 0), (0, 77, 0, 87));
    let complete = |flags, context: usize| unsafe {
        InitOnceComplete(fresh, flags, context as *mut c_void) != 0
    };
    assert_eq!(error_of(|| complete(2, 0x41)), 87);
    assert!(complete(2, 0x80));
    assert_eq!(error_of(|| complete(2, 0x90)), 31);
    assert_eq!(begin(fresh, 0), (1, 0, 0x80, 0));
}

/// A wait ends when its value has changed and it was woken; every size; one or all.
#[test]
fn wait_on_address() {
    let value = Cell::leak(AtomicU32::new(0));
    let word = value.at() as *const c_void;
    let wait_for = |size: usize, other: &u64, millis| unsafe {
        WaitOnAddress(word, std::ptr::from_ref(other).cast(), size, millis) != 0
    };
    assert_eq!(error_of(|| wait_for(3, &0, 0)), 87);
    for size in [1, 2, 4] {
        assert_eq!(error_of(|| wait_for(size, &0, 5)), 1460);
        assert!(wait_for(size, &1, LONG));
    }
    let address = Shared(word as usize);
    let atom = unsafe { &*value.at() };
    let sleepers: Vec<_> = (0..3)
        .map(|_| {
            thread(0, move || {
                let old = 0_u32;
                while atom.load(SeqCst) == 0 {
                    let compare = std::ptr::from_ref(&old).cast();
                    let at = address.handle() as *const c_void;
                    assert_eq!(unsafe { WaitOnAddress(at, compare, 4, LONG) }, 1);
                }
                0
            })
        })
        .collect();
    assert_eq!(wait_many(&sleepers, false, SHORT), TIMEOUT);
    atom.store(1, SeqCst);
    WakeByAddressSingle(word);
    assert!(wait_many(&sleepers, false, LONG) < 3);
    WakeByAddressAll(word);
    assert_eq!(wait_many(&sleepers, true, LONG), 0);
}

/// F27: last in, first out; nothing is lost among threads.
#[test]
fn slist() {
    let head = Cell::leak(unsafe { zeroed::<SLIST_HEADER>() });
    let entries: &'static mut [SLIST_ENTRY] =
        Box::leak((0..64).map(|_| SLIST_ENTRY { Next: null_mut() }).collect());
    assert_eq!((size_of::<SLIST_HEADER>(), std::mem::align_of::<SLIST_HEADER>()), (16, 16));
    unsafe {
        InitializeSListHead(head.at());
        assert!(InterlockedPopEntrySList(head.at()).is_null());
        let mut first = null_mut();
        for entry in entries.iter_mut() {
            assert_eq!(InterlockedPushEntrySList(head.at(), entry), first);
            first = entry;
        }
        assert_eq!(QueryDepthSList(head.at()), 64);
        assert_eq!(InterlockedPopEntrySList(head.at()), first);
        InterlockedPushEntrySList(head.at(), first);
    }
    let threads: Vec<_> = (0..4)
        .map(|_| {
            thread(0, move || unsafe {
                for _ in 0..ROUNDS {
                    let entry = InterlockedPopEntrySList(head.at());
                    assert!(!entry.is_null());
                    InterlockedPushEntrySList(head.at(), entry);
                }
                0
            })
        })
        .collect();
    assert_eq!(wait_many(&threads, true, 60_000), 0);
    let mut chain = unsafe { InterlockedFlushSList(head.at()) };
    let mut length = 0;
    while !chain.is_null() {
        chain = unsafe { (*chain).Next };
        length += 1;
    }
    assert_eq!((length, unsafe { QueryDepthSList(head.at()) }), (64, 0));
}
