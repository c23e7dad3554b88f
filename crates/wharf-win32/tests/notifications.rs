//! ProcessSocketNotifications (E24): what a port is told of sockets, level and edge, once and for good, and removals.
#![allow(unsafe_code)] // calls the C ABI

mod winsock;

use std::ptr::{null_mut, without_provenance_mut};

use wharf_win32::Win32::Foundation::*;
use wharf_win32::Win32::Networking::WinSock::*;
use wharf_win32::Win32::System::IO::*;
use winsock::*;

const IN: u16 = 1;
const OUT: u16 = 2;
const HANGUP: u16 = 4;
const REMOVE: u32 = 0x80;
const ENABLE: u8 = 1;
const DISABLE: u8 = 2;
const REMOVAL: u8 = 4;
const ONCE: u8 = 1;
const PERSISTENT: u8 = 2;
const LEVEL: u8 = 4;
const EDGE: u8 = 8;

const ERROR_INVALID_HANDLE: u32 = 6;
const ERROR_INVALID_PARAMETER: u32 = 87;
const WAIT_TIMEOUT: u32 = 258;
const ERROR_NOT_FOUND: u32 = 1168;
const SOON: u32 = 20_000;

fn port() -> HANDLE {
    CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0)
}

fn wish(socket: SOCKET, operation: u8, filter: u16, trigger: u8) -> SOCK_NOTIFY_REGISTRATION {
    SOCK_NOTIFY_REGISTRATION {
        socket,
        completionKey: without_provenance_mut(socket + 1000),
        eventFilter: filter,
        operation,
        triggerFlags: trigger,
        registrationResult: u32::MAX,
    }
}

/// Registers one; how it went.
fn process(port: HANDLE, socket: SOCKET, operation: u8, filter: u16, trigger: u8) -> u32 {
    let mut wish = wish(socket, operation, filter, trigger);
    // SAFETY: one registration, and no room for packets.
    let done =
        unsafe { ProcessSocketNotifications(port, 1, &raw mut wish, 0, 0, null_mut(), null_mut()) };
    assert_eq!(done, 0);
    wish.registrationResult
}

/// The next packet: its key and events; none within the time.
fn next(port: HANDLE, millis: u32) -> Option<(usize, u32)> {
    let mut entry = OVERLAPPED_ENTRY {
        lpCompletionKey: 0,
        lpOverlapped: null_mut(),
        Internal: 0,
        dwNumberOfBytesTransferred: 0,
    };
    let mut count = 7;
    let (entry, count) = (&raw mut entry, &raw mut count);
    // SAFETY: room for one packet and a count.
    let got = unsafe { ProcessSocketNotifications(port, 0, null_mut(), millis, 1, entry, count) };
    // SAFETY: a variable.
    let entry = unsafe { entry.read() };
    match got {
        0 => Some((entry.lpCompletionKey, entry.dwNumberOfBytesTransferred)),
        WAIT_TIMEOUT => None,
        other => panic!("{other}"),
    }
}

#[test]
fn level_holds_until_it_is_over() {
    start();
    let (port, (ours, theirs)) = (port(), pair());
    assert_eq!(process(port, ours, ENABLE, IN, LEVEL | PERSISTENT), 0);
    assert_eq!(next(port, 0), None);
    assert_eq!(write(theirs, b"ab"), 2);
    let told = Some((ours + 1000, u32::from(IN)));
    assert_eq!(next(port, SOON), told);
    assert_eq!(next(port, SOON), told, "nothing has been read");
    let mut room = [0; 2];
    assert_eq!(read(ours, &mut room, 0), 2);
    assert_eq!(next(port, 0), None);
    // By the other way to take packets too.
    assert_eq!(write(theirs, b"c"), 1);
    let (mut bytes, mut key, mut found) = (0, 0, without_provenance_mut(7));
    // SAFETY: three variables.
    let got = unsafe { GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut found, SOON) };
    assert_eq!((got, bytes, key, found), (1, u32::from(IN), ours + 1000, null_mut()));
    assert_eq!(closesocket(theirs), 0);
    assert_eq!(process(port, ours, ENABLE, HANGUP, LEVEL | PERSISTENT), 0);
    loop {
        // What was queued before says what holds now: that may be before the end has come.
        if next(port, SOON) == Some((ours + 1000, u32::from(HANGUP))) {
            break;
        }
    }
    assert_eq!(process(port, ours, REMOVAL, 0, 0), 0);
    assert_eq!(next(port, 0), Some((ours + 1000, REMOVE)));
    assert_eq!(next(port, 0), None);
}

#[test]
fn once_is_once() {
    start();
    let (port, (ours, theirs)) = (port(), pair());
    assert_eq!(write(theirs, b"a"), 1);
    assert!(wait_readable(ours));
    for filter in [IN, IN | OUT] {
        assert_eq!(process(port, ours, ENABLE, filter, LEVEL | ONCE), 0);
        assert_eq!(next(port, SOON), Some((ours + 1000, filter.into())), "all that holds, in one");
        assert_eq!(next(port, 0), None);
    }
    assert_eq!(process(port, ours, ENABLE, IN, LEVEL | ONCE), 0);
    assert_eq!(process(port, ours, DISABLE, 0, 0), 0);
    assert_eq!(next(port, 0), None, "what is disabled says nothing");
}

#[test]
fn edges_are_changes() {
    start();
    let (port, (ours, theirs)) = (port(), pair());
    assert_eq!(write(theirs, b"a"), 1);
    assert!(wait_readable(ours));
    assert_eq!(process(port, ours, ENABLE, IN | OUT, EDGE | PERSISTENT), 0);
    assert_eq!(next(port, 0), None, "both held before");
    let mut room = [0; 8];
    for _ in 0..100 {
        assert_eq!(read(ours, &mut room, 0), 1);
        assert_eq!(write(theirs, b"b"), 1);
        assert_eq!(next(port, SOON), Some((ours + 1000, u32::from(IN))));
        assert_eq!(next(port, 0), None);
    }
}

#[test]
fn listeners_datagrams_and_connects() {
    start();
    let port = port();
    let (server, number) = listener();
    assert_eq!(process(port, server, ENABLE, IN | OUT, LEVEL | ONCE), 0);
    let client = stream();
    assert_eq!(process(port, client, ENABLE, OUT, LEVEL | ONCE), 0);
    assert_eq!(next(port, 0), None, "no peer");
    connect_local(client, number).unwrap();
    let mut told = [next(port, SOON), next(port, SOON)];
    told.sort();
    let mut expected = [Some((server + 1000, u32::from(IN))), Some((client + 1000, OUT.into()))];
    expected.sort();
    assert_eq!(told, expected);
    let datagrams = socket(2, 2, 17);
    assert_eq!(process(port, datagrams, ENABLE, IN | OUT | HANGUP, LEVEL | PERSISTENT), 0);
    assert_eq!(next(port, 0), None, "no address");
}

/// A removal is the last packet; a new registration has a new key; a closed socket says nothing.
#[test]
fn removals_and_closes() {
    start();
    let (port, (ours, theirs)) = (port(), pair());
    assert_eq!(process(port, ours, ENABLE, OUT, LEVEL | PERSISTENT), 0);
    assert_eq!(process(port, ours, REMOVAL, 0, 0), 0); // one packet of it is queued
    assert_eq!(process(port, ours, ENABLE, OUT, LEVEL | PERSISTENT), 0);
    assert_eq!(next(port, 0), Some((ours + 1000, REMOVE)));
    assert_eq!(next(port, 0), Some((ours + 1000, OUT.into())), "of the new one");
    assert_eq!(process(port, ours, ENABLE, IN, LEVEL | PERSISTENT), 0);
    assert_eq!(next(port, 0), None);
    assert_eq!(write(theirs, b"x"), 1);
    assert!(next(port, SOON).is_some());
    assert_eq!(closesocket(ours), 0);
    assert_eq!(next(port, 0), None);
}

#[test]
fn refusals() {
    start();
    let (port, (ours, _theirs)) = (port(), pair());
    assert_eq!(process(port, 1 << 20, ENABLE, IN, LEVEL), WSAENOTSOCK as u32);
    for (operation, filter, trigger, code) in [
        (ENABLE, IN, 0, ERROR_INVALID_PARAMETER),
        (ENABLE, IN, LEVEL | EDGE, ERROR_INVALID_PARAMETER),
        (ENABLE, IN, LEVEL | 16, ERROR_INVALID_PARAMETER),
        (ENABLE, 8, LEVEL, ERROR_INVALID_PARAMETER),
        (ENABLE, IN, LEVEL | ONCE | PERSISTENT, ERROR_INVALID_PARAMETER),
        (ENABLE | REMOVAL, IN, LEVEL, ERROR_INVALID_PARAMETER),
        (REMOVAL, 0, 0, ERROR_NOT_FOUND),
        (DISABLE, 0, 0, ERROR_NOT_FOUND),
        (0, 0, 0, 0),
    ] {
        assert_eq!(process(port, ours, operation, filter, trigger), code, "{operation} {trigger}");
    }
    let mut wish = wish(ours, ENABLE, IN, LEVEL);
    let (wish, mut count) = (&raw mut wish, 0);
    let call = |port, number, wish, millis, room, count| {
        // SAFETY: what counts say is there, or the call refuses them.
        unsafe { ProcessSocketNotifications(port, number, wish, millis, room, null_mut(), count) }
    };
    let null = null_mut();
    for (number, wishes, millis, room, count) in [
        (0, null_mut(), 0, 0, null),
        (1, null_mut(), 0, 0, null),
        (0, wish, 0, 0, null),
        (1, wish, 1, 0, null),
        (1, wish, 0, 1, null),
        (1, wish, 0, 0, &raw mut count),
    ] {
        assert_eq!(call(port, number, wishes, millis, room, count), WSAEINVAL as u32);
    }
    assert_eq!(call(null_mut(), 1, wish, 0, 0, null), ERROR_INVALID_HANDLE);
    let nowhere = without_provenance_mut(0x1_0000);
    assert_eq!(call(port, 1, nowhere, 0, 0, null), WSAEFAULT as u32);
    // SAFETY: a variable.
    assert_eq!(unsafe { wish.read() }.registrationResult, u32::MAX, "nothing was done");
}
