//! TerminateThread on a thread that waits in a call takes effect at once (F10), and what the call used is as good as before,
//! or closed when the program closes it.
#![allow(unsafe_code)] // calls the C ABI

mod winsock;

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use wharf_win32::Win32::Foundation::{CloseHandle, HANDLE};
use wharf_win32::Win32::Networking::WinSock::*;
use wharf_win32::Win32::Storage::FileSystem::{CreatePipe, ReadFile};
use wharf_win32::Win32::System::Threading::*;
use winsock::*;

type Routine = unsafe extern "C" fn(*mut c_void) -> u32;

static RETURNED: AtomicU32 = AtomicU32::new(0);
/// The thread is about to call.
static ABOUT: AtomicBool = AtomicBool::new(false);

unsafe extern "C" fn receives(socket: *mut c_void) -> u32 {
    let mut room = [0; 1];
    ABOUT.store(true, SeqCst);
    read(socket as SOCKET, &mut room, 0);
    RETURNED.fetch_add(1, SeqCst);
    0
}

unsafe extern "C" fn accepts(socket: *mut c_void) -> u32 {
    ABOUT.store(true, SeqCst);
    // SAFETY: no address is wanted.
    unsafe { accept(socket as SOCKET, null_mut(), null_mut()) };
    RETURNED.fetch_add(1, SeqCst);
    0
}

unsafe extern "C" fn selects(socket: *mut c_void) -> u32 {
    ABOUT.store(true, SeqCst);
    wait_readable(socket as SOCKET);
    RETURNED.fetch_add(1, SeqCst);
    0
}

unsafe extern "C" fn reads(pipe: *mut c_void) -> u32 {
    let mut room = [0_u8; 1];
    ABOUT.store(true, SeqCst);
    // SAFETY: room for one byte; no count and no operation.
    unsafe { ReadFile(pipe, room.as_mut_ptr().cast(), 1, null_mut(), null_mut()) };
    RETURNED.fetch_add(1, SeqCst);
    0
}

/// Whether a thread of this process sleeps in poll(2).
fn sleeps(id: u32) -> bool {
    let path = format!("/proc/self/task/{id}/syscall");
    let now = std::fs::read_to_string(path).unwrap_or_default();
    let number = now.split(' ').next().unwrap_or_default().parse();
    number == Ok(libc::SYS_ppoll)
}

/// Waits for it, but not for ever.
fn until(done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not come");
        std::hint::spin_loop();
    }
}

/// A thread, and its number, when it is about to call.
fn about_to(routine: Routine, argument: *const c_void) -> (HANDLE, u32) {
    let mut id = 0;
    ABOUT.store(false, SeqCst);
    // SAFETY: a routine with its argument, and a variable.
    let thread = unsafe { CreateThread(null(), 0, Some(routine), argument, 0, &mut id) };
    until(|| ABOUT.load(SeqCst));
    (thread, id)
}

fn terminate(thread: HANDLE) {
    assert_ne!(TerminateThread(thread, 5), 0);
    assert_eq!(WaitForSingleObject(thread, 20_000), 0);
    let mut code = 0;
    // SAFETY: a variable.
    assert_ne!(unsafe { GetExitCodeThread(thread, &mut code) }, 0);
    assert_eq!(code, 5);
    CloseHandle(thread);
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn the_thread_ends_and_nothing_else() {
    start();
    let before = descriptors();
    let (ours, theirs) = pair();
    let (server, port) = listener();
    for (routine, socket) in [(receives as Routine, ours), (accepts, server), (selects, ours)] {
        // In its sleep, and at any moment of the call's first ten microseconds.
        for round in 0..200 {
            let (thread, id) = about_to(routine, socket as *const c_void);
            if round % 8 == 0 {
                until(|| sleeps(id));
            }
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_nanos(50 * round) {
                std::hint::spin_loop();
            }
            terminate(thread);
        }
    }
    // What is closed next goes with its close: the call is over.
    let open = descriptors();
    for _ in 0..200 {
        let (ours, theirs) = pair();
        let (thread, id) = about_to(receives, ours as *const c_void);
        until(|| sleeps(id));
        terminate(thread);
        close(&[ours, theirs]);
        let (mut reader, mut writer) = (null_mut(), null_mut());
        // SAFETY: variables for the handles.
        assert_ne!(unsafe { CreatePipe(&mut reader, &mut writer, null(), 0) }, 0);
        let (thread, id) = about_to(reads, reader);
        until(|| sleeps(id));
        terminate(thread);
        assert_eq!((CloseHandle(reader), CloseHandle(writer)), (1, 1));
        assert_eq!(descriptors(), open);
    }
    assert_eq!(RETURNED.load(SeqCst), 0);
    let mut room = [0; 1];
    assert_eq!((write(theirs, b"x"), read(ours, &mut room, 0)), (1, 1));
    let client = stream();
    connect_local(client, port).unwrap();
    // SAFETY: no address is wanted.
    let accepted = unsafe { accept(server, null_mut(), null_mut()) };
    assert_ne!(accepted, INVALID_SOCKET);
    // No call uses a descriptor any more: each goes with its close.
    close(&[ours, theirs, server, client, accepted]);
    assert_eq!(descriptors(), before);
}
