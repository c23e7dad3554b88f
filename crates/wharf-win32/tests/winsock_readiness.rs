//! select and WSAPoll on real sockets: what they call ready, and what they refuse.
#![allow(unsafe_code)] // calls the C ABI

mod winsock;

use std::ptr;
use std::thread;

use wharf_win32::Win32::Networking::WinSock::*;
use winsock::*;

const POLLERR: i16 = 1;
const POLLHUP: i16 = 2;
const POLLNVAL: i16 = 4;
const POLLWRNORM: i16 = 0x10;
const POLLRDNORM: i16 = 0x100;
const POLLPRI: i16 = 0x400;

const NOW: TIMEVAL = TIMEVAL { tv_sec: 0, tv_usec: 0 };

/// One look at one socket: readable, writable, exceptional.
fn look(socket: SOCKET) -> (bool, bool, bool) {
    let mut sets = [set_of(&[socket]); 3];
    let [one, two, three] = &mut sets;
    let count = select_in([Some(one), Some(two), Some(three)], Some(&NOW));
    let is = |set: &FD_SET| set.fd_count == 1 && set.fd_array[0] == socket;
    let answer = (is(&sets[0]), is(&sets[1]), is(&sets[2]));
    let total = i32::from(answer.0) + i32::from(answer.1) + i32::from(answer.2);
    assert_eq!(count, total);
    answer
}

fn poll(socket: SOCKET, events: i16, timeout: i32) -> (i32, i16) {
    let mut entries = [WSAPOLLFD { fd: socket, events, revents: 0x7777 }];
    (poll_all(&mut entries, timeout), entries[0].revents)
}

/// A stream without a connection is nothing; with one it is writable; data and the end make it readable.
#[test]
fn states_of_a_stream() {
    start();
    let fresh = stream();
    assert_eq!(look(fresh), (false, false, false));
    assert_eq!(poll(fresh, POLLRDNORM | POLLWRNORM, 0), (0, 0));
    assert_eq!(closesocket(fresh), 0);
    let (server, client) = pair();
    assert_eq!(look(client), (false, true, false));
    assert_eq!(poll(client, POLLRDNORM | POLLWRNORM, 0), (1, POLLWRNORM));
    assert_eq!(write(server, b"x"), 1);
    assert!(wait_readable(client));
    assert_eq!(look(client), (true, true, false));
    assert_eq!(poll(client, POLLRDNORM, -1), (1, POLLRDNORM));
    assert_eq!(read(client, &mut [0; 4], 0), 1);
    assert_eq!(closesocket(server), 0);
    assert!(wait_readable(client));
    let (count, events) = poll(client, POLLRDNORM, -1);
    assert_eq!((count, events & POLLHUP), (1, POLLHUP));
    assert_eq!(read(client, &mut [0; 4], 0), 0);
    assert_eq!(closesocket(client), 0);
}

/// A connect that fails is an exception to select, an error to WSAPoll, and SO_ERROR tells why, once.
#[test]
fn a_connect_that_fails() {
    start();
    let client = stream();
    non_blocking(client);
    let begun = connect_local(client, unused_port());
    if begun == Err(WSAEWOULDBLOCK) {
        assert!(wait_exceptional(client));
        assert_eq!(look(client), (false, false, true));
        let (count, events) = poll(client, POLLWRNORM, 0);
        assert_eq!((count, events & (POLLERR | POLLHUP)), (1, POLLERR | POLLHUP));
        let (mut error, mut length) = (0, 4);
        for expected in [WSAECONNREFUSED, 0] {
            let (out, length) = (Some(&mut error), Some(&mut length));
            assert_eq!(get_option(client, SOL_SOCKET, 0x1007, out, length), 0);
            assert_eq!(error, expected);
        }
    } else {
        assert_eq!(begun, Err(WSAECONNREFUSED)); // the loopback may answer at once
    }
    assert_eq!(closesocket(client), 0);
}

/// A listener is readable when a connection waits; urgent data are an exception.
#[test]
fn connections_and_urgent_data() {
    start();
    let (listener, port) = listener();
    assert_eq!(look(listener), (false, false, false));
    let client = client_of(port);
    assert!(wait_readable(listener));
    assert_eq!(look(listener), (true, false, false));
    let server = accept_one(listener);
    assert_eq!(write_with(client, b"!", MSG_OOB), 1);
    assert!(wait_exceptional(server));
    assert_eq!(read(server, &mut [0; 1], MSG_OOB), 1);
    close(&[listener, client, server]);
}

/// What select refuses: nothing to wait for, what is no socket, times before now, bad pointers.
#[test]
fn bad_sets() {
    start();
    let (server, client) = pair();
    let refused = |set: Option<&mut FD_SET>, limit| failed(select_in([set, None, None], limit));
    assert_eq!(refused(None, Some(&NOW)), WSAEINVAL);
    assert_eq!(refused(Some(&mut set_of(&[])), Some(&NOW)), WSAEINVAL);
    let mut set = set_of(&[server, INVALID_SOCKET]);
    assert_eq!(refused(Some(&mut set), Some(&NOW)), WSAENOTSOCK);
    assert_eq!(set.fd_count, 2, "nothing is stored");
    let before = TIMEVAL { tv_sec: -1, tv_usec: 0 };
    assert_eq!(refused(Some(&mut set_of(&[server])), Some(&before)), WSAEINVAL);
    let (null, nowhere) = (ptr::null_mut(), ptr::dangling_mut());
    // SAFETY: where nothing is can be no set, which the call finds before it reads.
    assert_eq!(failed(unsafe { select(0, nowhere, null, null, &NOW) }), WSAEFAULT);
    let (mut set, nowhere) = (set_of(&[server]), ptr::dangling());
    // SAFETY: likewise no time.
    assert_eq!(failed(unsafe { select(0, &mut set, null, null, nowhere) }), WSAEFAULT);
    // More than 64, as programs with a larger FD_SETSIZE have.
    let mut large = vec![client; 201];
    large[0] = 200;
    // SAFETY: a set of the 200 sockets that its count says.
    assert_eq!(unsafe { select(0, null, large.as_mut_ptr().cast(), null, &NOW) }, 200);
    let mut set = set_of(&[server]);
    let mut has = |socket| {
        // SAFETY: a set of this function's.
        unsafe { __WSAFDIsSet(socket, &mut set) }
    };
    assert_eq!((has(server), has(client)), (1, 0));
    close(&[server, client]);
}

/// What WSAPoll refuses, and what it says of sockets that are none.
#[test]
fn bad_polls() {
    start();
    let (server, client) = pair();
    for (count, code) in [(1, WSAEFAULT), (0, WSAEINVAL)] {
        // SAFETY: null is refused, and so is a count of nothing.
        assert_eq!(failed(unsafe { WSAPoll(ptr::null_mut(), count, 0) }), code);
    }
    let mut entries =
        [server, INVALID_SOCKET].map(|fd| WSAPOLLFD { fd, events: POLLWRNORM, revents: 0 });
    assert_eq!(poll_all(&mut entries, -1), 2);
    assert_eq!((entries[0].revents, entries[1].revents), (POLLWRNORM, POLLNVAL));
    assert_eq!((poll(1 << 20, POLLRDNORM, 0).0, last()), (SOCKET_ERROR, WSAENOTSOCK));
    assert_eq!((poll(server, POLLPRI, 0).0, last()), (SOCKET_ERROR, WSAEINVAL));
    close(&[server, client]);
}

/// Both wait until another thread sends.
#[test]
fn they_wait() {
    start();
    let (server, client) = pair();
    let sender = thread::spawn(move || write(client, b"x"));
    assert_eq!(select_in([Some(&mut set_of(&[server])), None, None], None), 1);
    assert_eq!(poll(server, POLLRDNORM, -1), (1, POLLRDNORM));
    assert_eq!(sender.join().unwrap(), 1);
    close(&[server, client]);
}
