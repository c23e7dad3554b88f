//! The thread pool, where the C programs of `conformance/win32` cannot look: what Wine has not, names that are stale, threads
//! that end in a callback.
#![allow(unsafe_code)] // calls the C ABI
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one note for a test of calls on the same objects"
)]

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;

use wharf_win32::Win32::Foundation::*;
use wharf_win32::Win32::System::Threading::*;

const SOON: u32 = 20_000;
const ERROR_INVALID_HANDLE: u32 = 6;
const ERROR_INVALID_PARAMETER: u32 = 87;

fn semaphore() -> HANDLE {
    // SAFETY: no attributes and no name: nothing is read.
    unsafe { CreateSemaphoreA(ptr::null(), 0, 1000, ptr::null()) }
}

fn release(semaphore: HANDLE) {
    // SAFETY: null: the count before is not wanted.
    assert_eq!(unsafe { ReleaseSemaphore(semaphore, 1, ptr::null_mut()) }, 1);
}

#[track_caller]
fn soon(semaphore: HANDLE) {
    assert_eq!(WaitForSingleObject(semaphore, SOON), 0);
}

fn millis(millis: i64) -> FILETIME {
    let ticks = (-millis * 10_000).cast_unsigned();
    let [low, high] = [ticks & 0xFFFF_FFFF, ticks >> 32].map(|half| u32::try_from(half).unwrap());
    FILETIME { dwLowDateTime: low, dwHighDateTime: high }
}

fn environment(pool: PTP_POOL) -> TP_CALLBACK_ENVIRON_V3 {
    TP_CALLBACK_ENVIRON_V3 {
        Version: 3,
        Pool: pool,
        CleanupGroup: 0,
        CleanupGroupCancelCallback: None,
        RaceDll: ptr::null_mut(),
        ActivationContext: 0,
        FinalizationCallback: None,
        u: TP_CALLBACK_ENVIRON_V3_0 { Flags: 0 },
        CallbackPriority: TP_CALLBACK_PRIORITY_NORMAL,
        Size: 72,
    }
}

unsafe extern "C" fn says(_: PTP_CALLBACK_INSTANCE, context: *mut c_void, _: isize) {
    release(context);
}

unsafe extern "C" fn simply_says(_: PTP_CALLBACK_INSTANCE, context: *mut c_void) {
    release(context);
}

unsafe extern "C" fn waited(_: PTP_CALLBACK_INSTANCE, context: *mut c_void, _: PTP_WAIT, _: u32) {
    release(context);
}

/// What was prevented is told, once.
#[test]
fn set_again() {
    let done = semaphore();
    // SAFETY: the callbacks take a semaphore's handle, which is closed behind the last of them; times are read during the
    // calls, and what is no name is told.
    unsafe {
        let timer = CreateThreadpoolTimer(Some(says), done, ptr::null());
        let mut due = millis(600_000);
        assert_eq!(SetThreadpoolTimerEx(timer, &mut due, 0, 0), 0);
        assert_eq!(SetThreadpoolTimerEx(timer, &mut due, 0, 0), 1);
        assert_eq!(SetThreadpoolTimerEx(timer, ptr::null_mut(), 0, 0), 1);
        assert_eq!(SetThreadpoolTimerEx(timer, ptr::null_mut(), 0, 0), 0);
        due = millis(0);
        assert_eq!(SetThreadpoolTimerEx(timer, &mut due, 0, 0), 0);
        soon(done);
        assert_eq!(SetThreadpoolTimerEx(timer, ptr::null_mut(), 0, 0), 0, "it has come");
        CloseThreadpoolTimer(timer);
        let gate = semaphore();
        let wait = CreateThreadpoolWait(Some(waited), done, ptr::null());
        let null = ptr::null_mut();
        assert_eq!(SetThreadpoolWaitEx(wait, gate, null, ptr::without_provenance_mut(4)), 0);
        assert_eq!(GetLastError(), ERROR_INVALID_PARAMETER);
        assert_eq!(SetThreadpoolWaitEx(wait, gate, null, null.cast()), 0);
        assert_eq!(SetThreadpoolWaitEx(wait, gate, null, null.cast()), 1);
        let stale = semaphore();
        CloseHandle(stale);
        SetThreadpoolWait(wait, stale, null);
        assert_eq!(GetLastError(), ERROR_INVALID_HANDLE);
        release(gate);
        soon(done); // what was set before still is
        assert_eq!(SetThreadpoolWaitEx(wait, ptr::null_mut(), null, null.cast()), 0);
        CloseThreadpoolWait(wait);
        CloseHandle(gate);
    }
    CloseHandle(done);
}

#[test]
fn stacks() {
    // SAFETY: variables of this test or null, which is refused; the callback takes a semaphore's handle, and the environment
    // is read during the call.
    unsafe {
        let pool = CreateThreadpool(ptr::null_mut());
        let mut read = TP_POOL_STACK_INFORMATION::default();
        assert_eq!(QueryThreadpoolStackInformation(pool, &mut read), 1);
        assert_eq!(read.StackReserve, 1 << 20);
        let mut stack = TP_POOL_STACK_INFORMATION { StackReserve: 8 << 20, StackCommit: 1 << 16 };
        assert_eq!(SetThreadpoolStackInformation(pool, &mut stack), 1);
        assert_eq!(QueryThreadpoolStackInformation(pool, &mut read), 1);
        assert_eq!(read, stack);
        stack.StackReserve = 4096;
        assert_eq!(SetThreadpoolStackInformation(pool, &mut stack), 0);
        assert_eq!(SetThreadpoolStackInformation(pool, ptr::null_mut()), 0);
        unsafe extern "C" fn deep(_: PTP_CALLBACK_INSTANCE, done: *mut c_void) {
            let large = std::hint::black_box([1_u8; 2 << 20]);
            assert_eq!(large[1 << 20], 1);
            release(done);
        }
        let (done, environment) = (semaphore(), environment(pool));
        assert_eq!(TrySubmitThreadpoolCallback(Some(deep), done, &environment), 1);
        soon(done);
        CloseThreadpool(pool);
        assert_eq!(QueryThreadpoolStackInformation(pool, &mut read), 0);
        assert_eq!(GetLastError(), ERROR_INVALID_HANDLE);
        CloseHandle(done);
    }
}

/// Stale names, names of another kind and wrong arguments: a code each time, and nothing happens.
#[test]
fn what_is_none() {
    // SAFETY: the callbacks take a semaphore's handle, environments are read during the calls, and what is no name is told.
    unsafe {
        let done = semaphore();
        let work = CreateThreadpoolWork(Some(says), done, ptr::null());
        assert_eq!(CreateThreadpoolWork(None, done, ptr::null()), 0);
        assert_eq!(GetLastError(), ERROR_INVALID_PARAMETER);
        assert_eq!(CloseHandle(work as HANDLE), 0, "it is no handle");
        assert_eq!(GetLastError(), ERROR_INVALID_HANDLE);
        for wrong in [0, -1, 4, done as isize] {
            SetLastError(0);
            SubmitThreadpoolWork(wrong);
            assert_eq!(GetLastError(), ERROR_INVALID_HANDLE, "{wrong:#x}");
            WaitForThreadpoolTimerCallbacks(wrong, 1);
            StartThreadpoolIo(wrong);
            CloseThreadpoolCleanupGroup(wrong);
            assert_eq!(SetThreadpoolThreadMinimum(wrong, 1), 0);
            assert_eq!(CallbackMayRunLong(wrong), 0);
            assert_eq!(GetLastError(), ERROR_INVALID_PARAMETER);
        }
        CloseThreadpoolTimer(work);
        assert_eq!(GetLastError(), ERROR_INVALID_HANDLE, "of another kind");
        SubmitThreadpoolWork(work);
        soon(done);
        CloseThreadpoolWork(work);
        SubmitThreadpoolWork(work);
        assert_eq!(GetLastError(), ERROR_INVALID_HANDLE);
        for version in [0, 2, 4] {
            let mut environment = environment(0);
            environment.Version = version;
            assert_eq!(TrySubmitThreadpoolCallback(Some(simply_says), done, &environment), 0);
            assert_eq!(GetLastError(), ERROR_INVALID_PARAMETER);
        }
        let mut bad = [environment(0), environment(work), environment(done as isize)];
        bad[0].CallbackPriority = 3;
        for environment in bad {
            assert_eq!(TrySubmitThreadpoolCallback(Some(simply_says), done, &environment), 0);
            assert_eq!(GetLastError(), ERROR_INVALID_PARAMETER);
        }
        assert_eq!(BindIoCompletionCallback(done, None, 0), 0);
        assert_eq!(GetLastError(), ERROR_INVALID_PARAMETER);
        assert_eq!(CreateThreadpool(done), 0);
        assert_eq!(GetLastError(), ERROR_INVALID_PARAMETER);
        CloseHandle(done);
    }
}

/// A callback that ends its thread: it has ended too, and the pool has others.
#[test]
fn a_callback_ends_its_thread() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    unsafe extern "C" fn leaves(_: PTP_CALLBACK_INSTANCE, _: *mut c_void, _: PTP_WORK) {
        CALLS.fetch_add(1, SeqCst);
        ExitThread(3);
    }
    // SAFETY: `leaves` does not look at its parameters; the environment is read during the call.
    unsafe {
        let pool = CreateThreadpool(ptr::null_mut());
        SetThreadpoolThreadMaximum(pool, 1);
        let environment = environment(pool);
        let work = CreateThreadpoolWork(Some(leaves), ptr::null_mut(), &environment);
        for calls in 1..4 {
            SubmitThreadpoolWork(work);
            WaitForThreadpoolWorkCallbacks(work, 0);
            assert_eq!(CALLS.load(SeqCst), calls);
        }
        CloseThreadpoolWork(work);
        CloseThreadpool(pool);
    }
}

/// Callbacks that are busy and were declared long, by the environment, leave the processors' turns to others.
#[test]
fn long_by_the_environment() {
    static GO_ON: AtomicU32 = AtomicU32::new(0);
    unsafe extern "C" fn busy(_: PTP_CALLBACK_INSTANCE, done: *mut c_void, _: PTP_WORK) {
        release(done);
        while GO_ON.load(SeqCst) == 0 {
            std::thread::yield_now();
        }
    }
    let done = semaphore();
    // SAFETY: `busy` takes a semaphore's handle, which is closed behind the last of them; the environment is read during the
    // call.
    unsafe {
        let mut environment = environment(0);
        environment.u.Flags = 1;
        let work = CreateThreadpoolWork(Some(busy), done, &environment);
        let processors = std::thread::available_parallelism().unwrap().get();
        for _ in 0..processors + 2 {
            SubmitThreadpoolWork(work);
        }
        for _ in 0..processors + 2 {
            soon(done);
        }
        GO_ON.store(1, SeqCst);
        WaitForThreadpoolWorkCallbacks(work, 0);
        CloseThreadpoolWork(work);
    }
    CloseHandle(done);
}

/// From eight threads at once: every submission is called, none twice, and a wait sees all that came before it.
#[test]
fn many_at_once() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    unsafe extern "C" fn counts(_: PTP_CALLBACK_INSTANCE, _: *mut c_void, _: PTP_WORK) {
        CALLS.fetch_add(1, SeqCst);
    }
    // SAFETY: `counts` does not look at its parameters; there is no environment.
    let work = unsafe { CreateThreadpoolWork(Some(counts), ptr::null_mut(), ptr::null()) };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    SubmitThreadpoolWork(work);
                }
                WaitForThreadpoolWorkCallbacks(work, 0);
            });
        }
    });
    assert_eq!(CALLS.load(SeqCst), 16_000);
    CloseThreadpoolWork(work);
}

/// A maximum that is lowered while threads wait: from then on there is one.
#[test]
fn fewer_threads() {
    static RUNNING: AtomicU32 = AtomicU32::new(0);
    static MOST: AtomicU32 = AtomicU32::new(0);
    unsafe extern "C" fn counts(_: PTP_CALLBACK_INSTANCE, _: *mut c_void, _: PTP_WORK) {
        MOST.fetch_max(RUNNING.fetch_add(1, SeqCst) + 1, SeqCst);
        std::thread::yield_now();
        RUNNING.fetch_sub(1, SeqCst);
    }
    // SAFETY: `counts` does not look at its parameters; the environment is read during the call.
    unsafe {
        let pool = CreateThreadpool(ptr::null_mut());
        assert_eq!(SetThreadpoolThreadMinimum(pool, 6), 1);
        SetThreadpoolThreadMaximum(pool, 1);
        let environment = environment(pool);
        let work = CreateThreadpoolWork(Some(counts), ptr::null_mut(), &environment);
        // The threads that are too many end as they are given something.
        for _ in 0..100 {
            SubmitThreadpoolWork(work);
        }
        WaitForThreadpoolWorkCallbacks(work, 0);
        MOST.store(0, SeqCst);
        for _ in 0..1000 {
            SubmitThreadpoolWork(work);
        }
        WaitForThreadpoolWorkCallbacks(work, 0);
        assert_eq!(MOST.load(SeqCst), 1);
        CloseThreadpoolWork(work);
        CloseThreadpool(pool);
    }
}
