//! Threads (F2-F14, F23, F29).

use std::ffi::c_void;
use std::hint::black_box;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::support::*;

unsafe extern "C" fn own_id(_: *mut c_void) -> u32 {
    GetCurrentThreadId()
}

/// F2, F3, F8, F9.
#[test]
fn create() {
    let mut id = 0;
    SetLastError(77);
    let thread =
        unsafe { CreateThread(null(), 0, Some(own_id), null(), CREATE_SUSPENDED, &raw mut id) };
    assert_eq!(GetLastError(), 77);
    assert!(!thread.is_null() && id != 0);
    assert_eq!((GetThreadId(thread), exit_code(thread)), (id, 259));
    assert_eq!((wait(thread, SHORT), ResumeThread(thread)), (TIMEOUT, 1));
    assert_eq!((wait(thread, LONG), wait(thread, 0), exit_code(thread)), (0, 0, id));
    let opened = OpenThread(0, 0, id);
    assert_eq!((GetThreadId(opened), CloseHandle(opened)), (id, 1), "while a handle is open");
    assert_eq!(CloseHandle(thread), 1);
    let mut code = 0;
    assert_eq!(error_of(|| unsafe { GetExitCodeThread(thread, &raw mut code) } != 0), 6);
    assert_eq!(error_of(|| !OpenThread(0, 0, u32::MAX).is_null()), 87);
    let bad = || unsafe { CreateThread(null(), 0, Some(own_id), null(), 0x40, null_mut()) };
    assert_eq!(error_of(|| !bad().is_null()), 87);
}

/// Recurses until so much of the stack is used.
fn deep(top: usize, bytes: usize) -> u32 {
    let block = black_box([1_u8; 1024]);
    let here = block.as_ptr() as usize;
    if top.abs_diff(here) >= bytes { 1 } else { deep(top, bytes).max(block[7].into()) }
}

unsafe extern "C" fn recurse(bytes: *mut c_void) -> u32 {
    let top = 0_u8;
    deep(std::ptr::from_ref(black_box(&top)) as usize, bytes as usize)
}

/// F4: a request of 64 KiB runs; one of 16 MiB recurses through 15, committed or reserved.
#[test]
fn stacks() {
    for (stack, flags, used) in [
        (0, 0, 1000 << 10),
        (64 << 10, STACK_SIZE_PARAM_IS_A_RESERVATION, 60 << 10),
        (64 << 10, 0, 1000 << 10),
        (16 << 20, STACK_SIZE_PARAM_IS_A_RESERVATION, 15 << 20),
        (16 << 20, 0, 15 << 20),
    ] {
        let used: usize = used;
        let thread = unsafe {
            CreateThread(null(), stack, Some(recurse), used as *const c_void, flags, null_mut())
        };
        assert_eq!(wait(thread, LONG), 0);
        assert_eq!(exit_code(thread), 1);
    }
}

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
            let process = GetCurrentProcess();
            unsafe {
                DuplicateHandle(process, own.handle(), process, &raw mut twin, 0, 0, 2);
            }
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

struct Loud(&'static AtomicBool);

impl Drop for Loud {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// F10: ExitThread from a nested call: the stack's destructors do not run, those of thread-local variables do, before
/// the handle is signalled.
#[test]
fn exit_thread() {
    static ON_STACK: AtomicBool = AtomicBool::new(false);
    static IN_TLS: AtomicBool = AtomicBool::new(false);
    thread_local!(static LOCAL: Loud = const { Loud(&IN_TLS) });
    let exiting = thread(0, || {
        LOCAL.with(|_| ());
        let _loud = Loud(&ON_STACK);
        let nested = || ExitThread(17);
        black_box(nested)()
    });
    assert_eq!((wait(exiting, LONG), exit_code(exiting)), (0, 17));
    assert!(IN_TLS.load(SeqCst) && !ON_STACK.load(SeqCst));
}

/// F10: terminated while it runs, sleeps, waits, is suspended, or has not begun.
#[test]
fn terminate() {
    let clear = Shared::of(event(true, false));
    let spin = thread(0, || {
        loop {
            std::hint::spin_loop();
        }
    });
    let sleep = thread(0, || {
        Sleep(INFINITE);
        0
    });
    let waiting = thread(0, move || wait(clear.handle(), INFINITE));
    let suspended = thread(0, || {
        loop {
            std::hint::spin_loop();
        }
    });
    SuspendThread(suspended);
    let unborn = thread(CREATE_SUSPENDED, || 0);
    let mutex = Shared::of(unsafe { CreateMutexA(null(), 0, null()) });
    let owner = thread(0, move || {
        wait(mutex.handle(), INFINITE);
        wait(clear.handle(), INFINITE)
    });
    while wait(mutex.handle(), 0) == 0 {
        ReleaseMutex(mutex.handle());
        Sleep(1);
    }
    Sleep(SHORT);
    for (code, thread) in (40..).zip([spin, sleep, waiting, suspended, unborn, owner]) {
        assert_eq!(wait(thread, 0), TIMEOUT);
        assert_eq!(TerminateThread(thread, code), 1);
        assert_eq!((wait(thread, LONG), exit_code(thread)), (0, code));
        assert_eq!(error_of(|| TerminateThread(thread, 1) != 0), 5);
    }
    assert_eq!(wait(mutex.handle(), LONG), ABANDONED);
}

/// C43: what a terminated thread has issued ends with it.
#[test]
fn terminate_with_an_operation() {
    use wharf_win32::Win32::Networking::WinSock::{WSABUF, WSARecv, WSASocketW, WSAStartup};
    use wharf_win32::Win32::System::IO::OVERLAPPED;
    let socket = unsafe {
        let mut data = std::mem::zeroed();
        assert_eq!(WSAStartup(0x0202, &raw mut data), 0);
        WSASocketW(2, 2, 17, null(), 0, 1)
    };
    let mut address: libc::sockaddr_in = unsafe { std::mem::zeroed() };
    address.sin_family = 2;
    let name = std::ptr::from_ref(&address).cast();
    assert_eq!(unsafe { libc::bind(socket as i32, name, 16) }, 0);
    let (ended, issued) = (Shared::of(event(true, false)), Shared::of(event(true, false)));
    let issuer = thread(0, move || unsafe {
        let overlapped = Box::leak(Box::new(std::mem::zeroed::<OVERLAPPED>()));
        overlapped.hEvent = ended.handle();
        let memory = Box::leak(Box::new([0_u8; 16]));
        let mut buffer = WSABUF { len: 16, buf: memory.as_mut_ptr().cast() };
        let (mut bytes, mut flags) = (0, 0);
        let failed =
            WSARecv(socket, &raw mut buffer, 1, &raw mut bytes, &raw mut flags, overlapped, None);
        assert_eq!((failed, GetLastError()), (-1, 997));
        SetEvent(issued.handle());
        loop {
            std::hint::spin_loop();
        }
    });
    assert_eq!((wait(issued.handle(), LONG), wait(ended.handle(), 0)), (0, TIMEOUT));
    assert_eq!(TerminateThread(issuer, 0), 1);
    assert_eq!(wait(ended.handle(), LONG), 0);
}

/// F11: where the system refuses a thread, the error is "not enough memory".
#[test]
fn no_stack_that_large() {
    let huge = 1 << 47;
    let made = || unsafe { CreateThread(null(), huge, Some(own_id), null(), 0, null_mut()) };
    assert_eq!(error_of(|| !made().is_null()), 8);
}

unsafe extern "C" fn runtime_ex(parameter: *mut c_void) -> u32 {
    if parameter.is_null() { 5 } else { _endthreadex(6) }
}

unsafe extern "C" fn runtime_plain(event: *mut c_void) {
    SetEvent(event);
    _endthread();
}

/// F12.
#[test]
fn runtime() {
    let errno = || std::io::Error::last_os_error().raw_os_error().unwrap();
    for (parameter, code) in [(null_mut(), 5), (8 as *mut c_void, 6)] {
        let mut id = 0;
        let thread =
            unsafe { _beginthreadex(null_mut(), 0, Some(runtime_ex), parameter, 0, &raw mut id) }
                as HANDLE;
        assert_eq!((wait(thread, LONG), exit_code(thread)), (0, code));
        assert_eq!((GetThreadId(thread), CloseHandle(thread)), (id, 1));
    }
    let none = unsafe { _beginthreadex(null_mut(), 0, None, null_mut(), 0, null_mut()) };
    assert_eq!((none, errno()), (0, libc::EINVAL));
    assert_eq!((unsafe { _beginthread(None, 0, null_mut()) }, errno()), (usize::MAX, libc::EINVAL));
    let done = event(true, false);
    let thread = unsafe { _beginthread(Some(runtime_plain), 0, done) };
    assert_eq!(wait(done, LONG), 0);
    // The runtime closes the handle.
    while GetThreadId(thread as HANDLE) != 0 {
        Sleep(1);
    }
    assert_eq!(error_of(|| CloseHandle(thread as HANDLE) != 0), 6);
}

/// F14.
#[test]
fn priorities_and_processors() {
    let own = GetCurrentThread();
    assert_eq!(GetThreadPriority(own), 0);
    for priority in [-15, -2, -1, 1, 2, 15, 0] {
        assert_eq!((SetThreadPriority(own, priority), GetThreadPriority(own)), (1, priority));
    }
    for priority in [3, -3, 14, 16, -16] {
        assert_eq!(error_of(|| SetThreadPriority(own, priority) != 0), 87);
    }
    let (mut process, mut system) = (0, 0);
    let masks =
        unsafe { GetProcessAffinityMask(GetCurrentProcess(), &raw mut process, &raw mut system) };
    assert!(masks == 1 && process != 0 && process & !system == 0);
    let first = process & process.wrapping_neg();
    assert_eq!(SetThreadAffinityMask(own, first), process);
    assert_eq!(SetThreadAffinityMask(own, process), first);
    assert_eq!(error_of(|| SetThreadAffinityMask(own, 0) != 0), 87);
    if !process != 0 {
        assert_eq!(error_of(|| SetThreadAffinityMask(own, !process) != 0), 87);
    }
    let group = GROUP_AFFINITY { Mask: first, ..Default::default() };
    let mut before = GROUP_AFFINITY::default();
    assert_eq!(unsafe { SetThreadGroupAffinity(own, &raw const group, &raw mut before) }, 1);
    assert_eq!(before.Mask, process);
    assert_eq!(GetCurrentProcessorNumber(), first.trailing_zeros());
    assert_eq!(SetThreadAffinityMask(own, process), first);
    assert_eq!((SetThreadIdealProcessor(own, 0), SetThreadIdealProcessor(own, 64)), (0, 0));
    assert_eq!(error_of(|| SetThreadIdealProcessor(own, 65) != FAILED), 87);
}

/// F29.
#[test]
fn sleep() {
    let start = Instant::now();
    SetLastError(77);
    Sleep(0);
    Sleep(50);
    assert_eq!((SleepEx(1, 0), SleepEx(1, 1), SwitchToThread(), GetLastError()), (0, 0, 1, 77));
    assert!(start.elapsed() >= Duration::from_millis(50));
}

static FREED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn freed(value: *const c_void) {
    FREED.fetch_add(u32::try_from(value as usize).unwrap(), SeqCst);
}

/// Slots are the thread's own, empty when they are new, and FLS values are given back.
#[test]
fn local_storage() {
    let slot = TlsAlloc();
    assert_eq!((TlsSetValue(slot, 9 as *const c_void), TlsGetValue(slot) as usize), (1, 9));
    SetLastError(77);
    let other = thread(0, move || u32::from(TlsGetValue(slot).is_null() && GetLastError() == 0));
    assert_eq!((wait(other, LONG), exit_code(other)), (0, 1));
    assert_eq!(TlsFree(slot), 1);
    assert_eq!(error_of(|| TlsSetValue(slot, null()) != 0), 87);
    assert_eq!(error_of(|| TlsFree(slot) != 0), 87);
    let again = TlsAlloc();
    assert!(again != slot || TlsGetValue(again).is_null());
    assert_eq!(error_of(|| !TlsGetValue(5000).is_null()), 87);

    let slot = FlsAlloc(Some(freed));
    for end in [false, true] {
        let other = thread(0, move || {
            FlsSetValue(slot, 10 as *const c_void);
            if end { ExitThread(0) } else { 0 }
        });
        assert_eq!(wait(other, LONG), 0);
    }
    assert_eq!(FREED.load(SeqCst), 20);
    FlsSetValue(slot, 100 as *const c_void);
    assert_eq!((FlsFree(slot), FREED.load(SeqCst)), (1, 120));
    assert_eq!(error_of(|| FlsFree(slot) != 0), 87);
}

/// Handles as such.
#[test]
fn handles() {
    let own = GetCurrentProcess();
    let mut real = null_mut();
    assert_eq!(unsafe { DuplicateHandle(own, GetCurrentThread(), own, &raw mut real, 0, 0, 2) }, 1);
    assert_eq!((GetThreadId(real), wait(real, 0)), (GetCurrentThreadId(), TIMEOUT));
    assert_eq!(CompareObjectHandles(real, GetCurrentThread()), 1);
    let mut flags = 77;
    let mut information = |handle| {
        assert_eq!(unsafe { GetHandleInformation(handle, &raw mut flags) }, 1);
        flags
    };
    assert_eq!((information(real), SetHandleInformation(real, 3, 3)), (0, 1));
    assert_eq!(information(real), 3);
    assert_eq!(error_of(|| CloseHandle(real) != 0), 6, "protected");
    assert_eq!((SetHandleInformation(real, 2, 0), information(real)), (1, 1));
    let mut moved = null_mut();
    assert_eq!(unsafe { DuplicateHandle(own, real, own, &raw mut moved, 0, 0, 1 | 2) }, 1);
    assert_eq!((GetThreadId(real), GetThreadId(moved)), (0, GetCurrentThreadId()));
    let bad = 0x77_usize as HANDLE;
    assert_eq!(
        error_of(|| unsafe { DuplicateHandle(bad, moved, own, &raw mut real, 0, 0, 2) } != 0),
        6
    );
    assert_eq!(error_of(|| unsafe { GetHandleInformation(real, &raw mut flags) } != 0), 6);
    assert_eq!(
        (GetProcessId(own), GetCurrentProcessId()),
        (std::process::id(), std::process::id())
    );
    let mut code = 0;
    assert_eq!(unsafe { GetExitCodeProcess(own, &raw mut code) }, 1);
    assert_eq!(code, 259);
    assert_eq!(CloseHandle(moved), 1);
}

/// A thread's name reaches the kernel, whole characters only.
#[test]
fn description() {
    let wide: Vec<i32> = "wörker number ö 1\0".chars().map(|unit| unit as i32).collect();
    let other = thread(0, move || {
        assert_eq!(unsafe { SetThreadDescription(GetCurrentThread(), wide.as_ptr()) }, 0);
        let path = format!("/proc/self/task/{}/comm", GetCurrentThreadId());
        assert_eq!(std::fs::read_to_string(path).unwrap(), "wörker number \n");
        let mut back = null_mut();
        assert_eq!(unsafe { GetThreadDescription(GetCurrentThread(), &raw mut back) }, 0);
        let same = (0..wide.len()).all(|at| unsafe { *back.add(at) } == wide[at]);
        u32::from(same)
    });
    assert_eq!((wait(other, LONG), exit_code(other)), (0, 1));
}
