//! Threads: how they begin and end (F2-F4, F8-F12, F29).

use std::ffi::c_void;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::support::*;

unsafe extern "C" fn own_id(_: *mut c_void) -> u32 {
    GetCurrentThreadId()
}

/// CreateThread of what does not look at its parameter.
fn make(stack: usize, flags: u32, id: &mut u32) -> HANDLE {
    // SAFETY: `own_id` does not look at its parameter; the id is stored in the caller's variable, during the call.
    unsafe { CreateThread(null(), stack, Some(own_id), null(), flags, id) }
}

/// F2, F3, F8, F9.
#[test]
fn create() {
    let mut id = 0;
    SetLastError(77);
    let thread = make(0, CREATE_SUSPENDED, &mut id);
    assert_eq!(GetLastError(), 77);
    assert!(!thread.is_null() && id != 0);
    assert_eq!((GetThreadId(thread), exit_code(thread)), (id, 259));
    assert_eq!((wait(thread, SHORT), ResumeThread(thread)), (TIMEOUT, 1));
    assert_eq!((wait(thread, LONG), wait(thread, 0), exit_code(thread)), (0, 0, id));
    let opened = OpenThread(0, 0, id);
    assert_eq!((GetThreadId(opened), CloseHandle(opened)), (id, 1), "while a handle is open");
    assert_eq!(CloseHandle(thread), 1);
    let mut code = 0;
    // SAFETY: the code would be stored in a variable of this function.
    assert_eq!(error_of(|| unsafe { GetExitCodeThread(thread, &raw mut code) } != 0), 6);
    assert_eq!(error_of(|| !OpenThread(0, 0, u32::MAX).is_null()), 87);
    assert_eq!(error_of(|| !make(0, 0x40, &mut id).is_null()), 87);
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
        // SAFETY: `recurse` takes its parameter for a number; no id is wanted.
        let thread = unsafe {
            CreateThread(null(), stack, Some(recurse), used as *const c_void, flags, null_mut())
        };
        assert_eq!(wait(thread, LONG), 0);
        assert_eq!(exit_code(thread), 1);
    }
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
    let mutex = Shared::of(mutex(false));
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
    use wharf_win32::Win32::Networking::WinSock::{
        SOCKADDR_IN, WSABUF, WSARecv, WSASocketW, WSAStartup, bind,
    };
    use wharf_win32::Win32::System::IO::OVERLAPPED;
    let mut data = MaybeUninit::uninit();
    // SAFETY: room for what is told, which nobody reads.
    assert_eq!(unsafe { WSAStartup(0x0202, data.as_mut_ptr()) }, 0);
    // SAFETY: no protocol's description: nothing is read.
    let socket = unsafe { WSASocketW(2, 2, 17, null(), 0, 1) };
    let name = SOCKADDR_IN { sin_family: 2, ..Default::default() };
    // SAFETY: an address of 16 bytes, read during the call.
    assert_eq!(unsafe { bind(socket, (&raw const name).cast(), 16) }, 0);
    let (ended, issued) = (Shared::of(event(true, false)), Shared::of(event(true, false)));
    let issuer = thread(0, move || {
        let overlapped = Box::leak(Box::<OVERLAPPED>::default());
        overlapped.hEvent = ended.handle();
        let memory = Box::leak(Box::new([0_u8; 16]));
        let mut buffer = WSABUF { len: 16, buf: memory.as_mut_ptr().cast() };
        let (mut bytes, mut flags) = (0, 0);
        // SAFETY: memory and operation stay for good; all else is used during the call only.
        let failed = unsafe {
            WSARecv(socket, &raw mut buffer, 1, &raw mut bytes, &raw mut flags, overlapped, None)
        };
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
    assert_eq!(error_of(|| !make(huge, 0, &mut 0).is_null()), 8);
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
        // SAFETY: `runtime_ex` only looks whether its parameter is null; the id is stored during the call.
        let thread =
            unsafe { _beginthreadex(null_mut(), 0, Some(runtime_ex), parameter, 0, &raw mut id) }
                as HANDLE;
        assert_eq!((wait(thread, LONG), exit_code(thread)), (0, code));
        assert_eq!((GetThreadId(thread), CloseHandle(thread)), (id, 1));
    }
    // SAFETY: without a function nothing is begun.
    let none = unsafe { _beginthreadex(null_mut(), 0, None, null_mut(), 0, null_mut()) };
    assert_eq!((none, errno()), (0, libc::EINVAL));
    // SAFETY: likewise.
    let none = unsafe { _beginthread(None, 0, null_mut()) };
    assert_eq!((none, errno()), (usize::MAX, libc::EINVAL));
    let done = event(true, false);
    // SAFETY: `runtime_plain` takes an event's handle.
    let thread = unsafe { _beginthread(Some(runtime_plain), 0, done) };
    assert_eq!(wait(done, LONG), 0);
    // The runtime closes the handle.
    while GetThreadId(thread as HANDLE) != 0 {
        Sleep(1);
    }
    assert_eq!(error_of(|| CloseHandle(thread as HANDLE) != 0), 6);
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
