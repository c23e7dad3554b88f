//! A worker that is suspended or terminated while it waits for a packet. A process of its own: signals reach it.
#![allow(unsafe_code, non_snake_case, dead_code)] // an interface of C

#[path = "overlapped/support.rs"]
mod support;

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use support::*;
use wharf_win32::Win32::System::Threading::{
    CreateThread, GetExitCodeThread, GetThreadId, ResumeThread, SuspendThread, TerminateThread,
    WaitForSingleObject,
};

static TAKEN: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn worker(port: *mut c_void) -> u32 {
    assert_eq!(get(port, 0), nothing(258));
    TAKEN.store(1, SeqCst);
    let got = get(port, u32::MAX);
    TAKEN.store(got.key, SeqCst);
    if got.ok { 7 } else { 8 }
}

fn start_worker(port: HANDLE) -> HANDLE {
    TAKEN.store(0, SeqCst);
    // SAFETY: `worker` takes a port's handle; no id is wanted.
    let thread = unsafe { CreateThread(null(), 0, Some(worker), port, 0, null_mut()) };
    while TAKEN.load(SeqCst) == 0 {
        std::thread::yield_now();
    }
    // Into its wait: the kernel says that it sleeps.
    let stat = format!("/proc/self/task/{}/stat", GetThreadId(thread));
    while !std::fs::read_to_string(&stat).unwrap().contains(") S ") {
        std::thread::yield_now();
    }
    thread
}

fn exit_code(thread: HANDLE) -> u32 {
    let mut code = 0;
    // SAFETY: the code is stored in a variable of this function.
    assert_eq!(unsafe { GetExitCodeThread(thread, &mut code) }, 1);
    code
}

/// F6, F10, B2: it ends; its port goes on with others. One that is suspended goes on waiting after it.
#[test]
fn a_waiting_worker_is_stopped() {
    let port = make_port(1);
    let thread = start_worker(port);
    assert_eq!(TerminateThread(thread, 33), 1);
    assert_eq!(WaitForSingleObject(thread, 20_000), 0);
    assert_eq!((exit_code(thread), CloseHandle(thread)), (33, 1));
    let thread = start_worker(port);
    assert_eq!(SuspendThread(thread), 0);
    assert_eq!(ResumeThread(thread), 1);
    assert_eq!(WaitForSingleObject(thread, 50), 258);
    PostQueuedCompletionStatus(port, 0, 5, null_mut());
    assert_eq!(WaitForSingleObject(thread, 20_000), 0);
    assert_eq!((exit_code(thread), TAKEN.load(SeqCst), CloseHandle(thread)), (7, 5, 1));
    assert_eq!(CloseHandle(port), 1);
}
