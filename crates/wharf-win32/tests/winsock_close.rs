//! closesocket under calls that wait. One test, because it has the process to itself: another one's socket could get
//! the number of one that was closed here.

mod winsock;

use std::thread;

use wharf_win32::Win32::Networking::WinSock::*;
use winsock::*;

/// D56: closesocket ends an accept and a receive that wait on the socket, with WSAEINTR.
#[test]
fn a_close_ends_what_waits() {
    start();
    let (listener, _) = listener();
    let (server, client) = pair();
    let datagrams = socket(2, 2, 0);
    bind_local(datagrams, 0).unwrap();
    let accepting = thread::spawn(move || (accept_one(listener) == INVALID_SOCKET, last()));
    let receiving = thread::spawn(move || (read(server, &mut [0; 4], 0) == SOCKET_ERROR, last()));
    let taking = thread::spawn(move || (read(datagrams, &mut [0; 4], 0) == SOCKET_ERROR, last()));
    // Before or after the thread waits: both end it. WSAENOTSOCK if it has not even begun.
    close(&[listener, server, datagrams]);
    for thread in [accepting, receiving, taking] {
        let (failed, code) = thread.join().unwrap();
        assert!(failed && matches!(code, WSAEINTR | WSAENOTSOCK), "{code}");
    }
    assert_eq!(closesocket(client), 0);
}
