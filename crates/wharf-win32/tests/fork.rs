//! A process forks while other threads of it are in calls. The child makes and closes what a program does, and waits for
//! nobody that is not there; it has the handles, and not the work.
//!
//! Method: threads that call all the time; children that do the same once, and have 20 s for it.
#![allow(unsafe_code)] // calls the C ABI; fork

mod winsock;

use std::ffi::{CString, c_void};
use std::panic::catch_unwind;
use std::ptr::{null, null_mut};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use wharf_win32::Win32::Foundation::*;
use wharf_win32::Win32::Networking::WinSock::*;
use wharf_win32::Win32::Storage::FileSystem::*;
use wharf_win32::Win32::System::Environment::*;
use wharf_win32::Win32::System::IO::*;
use wharf_win32::Win32::System::JobObjects::*;
use wharf_win32::Win32::System::Memory::*;
use wharf_win32::Win32::System::Threading::*;
use winsock::*;

const SOON: u32 = 15_000;

/// One test at a time: each forks.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    start();
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forks; how the child ends, in wait(2)'s words. It has 20 s.
fn fork(act: impl FnOnce()) -> i32 {
    // SAFETY: the child goes on with this thread's copy of everything, and ends below.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork");
    if child == 0 {
        // SAFETY: ends this process, should it hang.
        unsafe { libc::alarm(20) };
        let failed = catch_unwind(std::panic::AssertUnwindSafe(act)).is_err();
        // SAFETY: does not return, and runs no destructor of what is the parent's.
        unsafe { libc::_exit(i32::from(failed)) };
    }
    let mut status = 0;
    // SAFETY: a child of ours, and a variable.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    status
}

fn event(name: *const u8) -> HANDLE {
    // SAFETY: null, or a text.
    let event = unsafe { CreateEventA(null(), 0, 0, name) };
    assert!(!event.is_null(), "error {}", GetLastError());
    event
}

fn waited(object: HANDLE) {
    assert_eq!(WaitForSingleObject(object, SOON), 0);
    assert_ne!(CloseHandle(object), 0);
}

unsafe extern "C" fn sets(_instance: PTP_CALLBACK_INSTANCE, event: *mut c_void) {
    SetEvent(event);
}

unsafe extern "C" fn ends(_nothing: *mut c_void) -> u32 {
    7
}

/// A file, its locks and an overlapped write.
fn files() {
    // SAFETY: no arguments.
    let id = (std::process::id(), unsafe { libc::gettid() });
    let name = std::env::temp_dir().join(format!("wharf-fork-{}-{}", id.0, id.1));
    let name = CString::new(name.to_str().unwrap()).unwrap();
    let access = 0xC000_0000; // GENERIC_READ, GENERIC_WRITE
    // FILE_FLAG_OVERLAPPED, FILE_FLAG_DELETE_ON_CLOSE; CREATE_ALWAYS.
    let flags = 0x4400_0000;
    // SAFETY: a text.
    let file =
        unsafe { CreateFileA(name.as_ptr().cast(), access, 0, null(), 2, flags, null_mut()) };
    assert_ne!(file, INVALID_HANDLE_VALUE, "error {}", GetLastError());
    assert_ne!(LockFile(file, 0, 0, 1, 0), 0);
    assert_ne!(UnlockFile(file, 0, 0, 1, 0), 0);
    assert_ne!(CloseHandle(file), 0);
}

/// Events, a timer, a thread, a callback of the pool.
fn waits() {
    waited({
        let event = event(c"wharf-fork".as_ptr().cast());
        SetEvent(event);
        event
    });
    // SAFETY: no name.
    let timer = unsafe { CreateWaitableTimerA(null(), 0, null()) };
    // SAFETY: a variable.
    assert_ne!(unsafe { SetWaitableTimer(timer, &-10, 0, None, null(), 0) }, 0);
    waited(timer);
    // SAFETY: a routine that takes nothing.
    waited(unsafe { CreateThread(null(), 0, Some(ends), null(), 0, null_mut()) });
    let event = event(null());
    // SAFETY: an event that is open until it is set.
    assert_ne!(unsafe { TrySubmitThreadpoolCallback(Some(sets), event, null()) }, 0);
    waited(event);
    Sleep(0);
}

/// A connection, a port, an operation with an event.
fn sockets() {
    let (ours, theirs) = pair();
    let event = event(null());
    let mut overlapped = OVERLAPPED { hEvent: event, ..OVERLAPPED::default() };
    let (mut byte, mut flags) = (0_i8, 0);
    let mut buffer = WSABUF { len: 1, buf: (&raw mut byte).cast() };
    // SAFETY: a buffer and an OVERLAPPED that live until the event.
    let result = unsafe {
        WSARecv(ours, &raw mut buffer, 1, null_mut(), &mut flags, &raw mut overlapped, None)
    };
    assert_eq!((result, last()), (SOCKET_ERROR, 997));
    assert_eq!(write(theirs, b"x"), 1);
    waited(event);
    let port = CreateIoCompletionPort(theirs as HANDLE, null_mut(), 1, 1);
    assert!(!port.is_null());
    close(&[ours, theirs]);
    assert_ne!(CloseHandle(port), 0);
}

fn memory() {
    // SAFETY: a fresh region, which is given back whole.
    let region = unsafe { VirtualAlloc(null(), 4096, 0x3000, 4) };
    assert!(!region.is_null());
    // SAFETY: as above.
    assert_ne!(unsafe { VirtualFree(region, 0, 0x8000) }, 0);
    let mut room = [0; 64];
    // SAFETY: a text, and room of that size.
    unsafe { GetEnvironmentVariableA(c"PATH".as_ptr().cast(), room.as_mut_ptr(), 64) };
}

fn everything() {
    files();
    waits();
    sockets();
    memory();
}

#[test]
fn a_child_waits_for_nobody() {
    let _alone = alone();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for act in [files, waits, sockets, memory] {
            let over = &over;
            scope.spawn(move || {
                while !over.load(SeqCst) {
                    act();
                }
            });
        }
        let failed = (0..150).map(|_| fork(everything)).find(|status| *status != 0);
        over.store(true, SeqCst);
        assert_eq!(failed, None);
    });
}

/// Handles, and a socket: what the child does to its own leaves the parent's alone.
#[test]
fn a_child_has_the_handles() {
    let _alone = alone();
    let event = event(null());
    let (ours, theirs) = pair();
    let waiter = thread::spawn(move || read(ours, &mut [0], 0));
    let status = fork(|| {
        // SAFETY: no arguments.
        let tid = unsafe { libc::gettid() };
        assert_eq!(GetCurrentThreadId(), tid.unsigned_abs());
        SetEvent(event);
        waited(event);
        assert_eq!(write(theirs, b"c"), 1);
        close(&[ours, theirs]);
        WSACleanup();
    });
    assert_eq!(status, 0);
    assert_eq!(waiter.join().unwrap(), 1);
    assert_eq!(WaitForSingleObject(event, 0), 258);
    assert_eq!((write(theirs, b"x"), read(ours, &mut [0], 0)), (1, 1));
    close(&[ours, theirs]);
    assert_ne!(CloseHandle(event), 0);
}

/// Whether a thread of this process sleeps in poll(2).
fn sleeps(id: i32) -> bool {
    let now = std::fs::read_to_string(format!("/proc/self/task/{id}/syscall")).unwrap_or_default();
    now.split(' ').next().unwrap_or_default().parse() == Ok(libc::SYS_ppoll)
}

/// A socket that a child closes while a thread of its own is in a call on it ends that call, and not the parent's
/// connection (D12, D56).
#[test]
fn a_child_ends_no_connection() {
    let _alone = alone();
    let (ours, theirs) = pair();
    let status = fork(|| {
        let (tell, told) = std::sync::mpsc::channel();
        let waiter = thread::spawn(move || {
            // SAFETY: no arguments.
            tell.send(unsafe { libc::gettid() }).unwrap();
            failed(read(ours, &mut [0], 0))
        });
        let id = told.recv().unwrap();
        while !sleeps(id) {
            thread::yield_now();
        }
        close(&[ours]);
        assert_eq!(waiter.join().unwrap(), WSAEINTR);
    });
    assert_eq!(status, 0);
    assert_eq!((write(theirs, b"x"), read(ours, &mut [0], 0)), (1, 1));
    assert_eq!((write(ours, b"y"), read(theirs, &mut [0], 0)), (1, 1));
    close(&[ours, theirs]);
}

/// A job that kills its processes at its close is not closed by a child's end.
#[test]
fn a_child_ends_no_job() {
    let _alone = alone();
    // SAFETY: no name.
    let job = unsafe { CreateJobObjectA(null(), null()) };
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = 0x2000; // kill on close
    let (value, length) =
        ((&raw const limits).cast(), u32::try_from(size_of_val(&limits)).unwrap());
    // SAFETY: a value with its length.
    assert_ne!(unsafe { SetInformationJobObject(job, 9, value, length) }, 0);
    let mut asleep = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let process = OpenProcess(0x1F_FFFF, 0, asleep.id());
    assert_ne!(AssignProcessToJobObject(job, process), 0, "error {}", GetLastError());
    for closes in [true, false] {
        let status = fork(|| {
            if closes {
                CloseHandle(job);
            }
            // SAFETY: ends this process, by way of what is to be done at its end.
            unsafe { libc::exit(0) };
        });
        assert_eq!(status, 0);
    }
    assert!(asleep.try_wait().unwrap().is_none());
    asleep.kill().unwrap();
    asleep.wait().unwrap();
    CloseHandle(process);
    CloseHandle(job);
}
