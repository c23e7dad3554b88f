//! TerminateThread on a thread that waits in a Winsock call takes effect at once (F10), and the socket is as good as before.
#![allow(unsafe_code)] // calls the C ABI

mod winsock;

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use wharf_win32::Win32::Networking::WinSock::*;
use wharf_win32::Win32::System::Threading::*;
use winsock::*;

static RETURNED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn receives(socket: *mut c_void) -> u32 {
    let mut room = [0; 1];
    read(socket as SOCKET, &mut room, 0);
    RETURNED.fetch_add(1, SeqCst);
    0
}

unsafe extern "C" fn accepts(socket: *mut c_void) -> u32 {
    // SAFETY: no address is wanted.
    unsafe { accept(socket as SOCKET, null_mut(), null_mut()) };
    RETURNED.fetch_add(1, SeqCst);
    0
}

unsafe extern "C" fn selects(socket: *mut c_void) -> u32 {
    wait_readable(socket as SOCKET);
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

#[test]
fn the_thread_ends_and_nothing_else() {
    start();
    let (ours, theirs) = pair();
    let (server, port) = listener();
    for (routine, socket) in [
        (receives as unsafe extern "C" fn(*mut c_void) -> u32, ours),
        (accepts, server),
        (selects, ours),
    ] {
        // At any moment of the call, and in its sleep.
        for round in 0..40 {
            let mut id = 0;
            // SAFETY: a routine with its argument, and a variable.
            let thread = unsafe {
                CreateThread(null(), 0, Some(routine), socket as *const c_void, 0, &mut id)
            };
            while round % 2 == 0 && !sleeps(id) {
                std::thread::yield_now();
            }
            assert_ne!(TerminateThread(thread, 5), 0);
            assert_eq!(WaitForSingleObject(thread, 20_000), 0, "round {round}");
            let mut code = 0;
            // SAFETY: a variable.
            assert_ne!(unsafe { GetExitCodeThread(thread, &mut code) }, 0);
            assert_eq!(code, 5);
        }
    }
    assert_eq!(RETURNED.load(SeqCst), 0);
    let mut room = [0; 1];
    assert_eq!((write(theirs, b"x"), read(ours, &mut room, 0)), (1, 1));
    connect_local(stream(), port).unwrap();
    // SAFETY: no address is wanted.
    assert_ne!(unsafe { accept(server, null_mut(), null_mut()) }, INVALID_SOCKET);
}
