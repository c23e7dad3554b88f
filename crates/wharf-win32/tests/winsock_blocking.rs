//! B8 for the socket calls that wait: the worker inside is replaced at once, because the call tells; nobody looks.
//!
//! Method: a port of concurrency 1. One worker takes a packet and blocks in the call; another must get the next packet,
//! and what it does then is what ends the call. `WHARF_SENSING=told` makes sure that it was told; it is read once in a
//! process, so these tests have one of their own.
#![allow(unsafe_code)] // calls the C ABI

mod packets;
mod winsock;

use std::ffi::c_void;
use std::ptr;
use std::sync::Once;
use std::sync::mpsc::channel;
use std::thread;

use packets::key_of;
use wharf_win32::Win32::Networking::WinSock::*;
use wharf_win32::Win32::System::IO::{CreateIoCompletionPort, PostQueuedCompletionStatus};
use winsock::*;

fn take(port: usize) -> Option<usize> {
    key_of(port as *mut c_void, 20_000)
}

/// Runs `block` on a worker, which only `release`, on the worker that replaces it (this thread), can end.
fn replaced(block: impl FnOnce() + Send + 'static, release: impl FnOnce()) {
    static ONCE: Once = Once::new();
    // SAFETY: before any port of this process reads it; the tests of this binary read no environment else.
    ONCE.call_once(|| unsafe { std::env::set_var("WHARF_SENSING", "told") });
    start();
    let port = CreateIoCompletionPort(usize::MAX as *mut c_void, ptr::null_mut(), 0, 1);
    assert!(!port.is_null());
    let name = port as usize;
    PostQueuedCompletionStatus(port, 0, 1, ptr::null_mut());
    let (started, wait_started) = channel();
    let first = thread::spawn(move || {
        assert_eq!(take(name), Some(1));
        // The second packet must not be anybody's before.
        PostQueuedCompletionStatus(name as *mut c_void, 0, 2, ptr::null_mut());
        started.send(()).unwrap();
        block();
    });
    wait_started.recv().unwrap();
    assert_eq!(take(name), Some(2), "not replaced");
    release();
    first.join().unwrap();
}

#[test]
fn receiving() {
    start();
    let (server, client) = pair();
    replaced(
        move || assert_eq!(read(server, &mut [0; 4], 0), 1),
        move || assert_eq!(write(client, b"x"), 1),
    );
}

#[test]
fn receiving_a_datagram() {
    start();
    let one = socket(2, 2, 17);
    bind_local(one, 0).unwrap();
    let port = port_of(one);
    let two = socket(2, 2, 17);
    connect_local(two, port).unwrap();
    replaced(
        move || assert_eq!(read(one, &mut [0; 4], 0), 1),
        move || assert_eq!(write(two, b"x"), 1),
    );
}

#[test]
fn sending() {
    start();
    let (server, client) = pair();
    let size = 16 << 20;
    replaced(
        move || assert_eq!(write(server, &vec![0; size]), i32::try_from(size).unwrap()),
        move || {
            let (mut room, mut total) = (vec![0; 1 << 20], 0);
            while total < size {
                total += usize::try_from(read(client, &mut room, 0)).unwrap();
            }
        },
    );
}

#[test]
fn accepting() {
    start();
    let (listener, port) = listener();
    replaced(
        move || assert_ne!(accept_one(listener), INVALID_SOCKET),
        move || connect_local(stream(), port).unwrap(),
    );
}

#[test]
fn selecting() {
    start();
    let (server, client) = pair();
    replaced(move || assert!(wait_readable(server)), move || assert_eq!(write(client, b"x"), 1));
}

#[test]
fn polling() {
    start();
    let (server, client) = pair();
    replaced(
        move || {
            let entry = WSAPOLLFD { fd: server, events: 0x100, revents: 0 };
            assert_eq!(poll_all(&mut [entry], -1), 1);
        },
        move || assert_eq!(write(client, b"x"), 1),
    );
}

#[test]
fn waiting_for_network_events() {
    start();
    let (server, client) = pair();
    let event = WSACreateEvent();
    assert_eq!(WSAEventSelect(server, event, 1), 0);
    let name = event as usize;
    replaced(
        move || {
            let event = name as *mut c_void;
            // SAFETY: one handle is read, of this closure's.
            assert_eq!(unsafe { WSAWaitForMultipleEvents(1, &event, 0, u32::MAX, 0) }, 0);
        },
        move || assert_eq!(write(client, b"x"), 1),
    );
}
