//! WSAEventSelect on real sockets: what is recorded, when it is recorded again, and what is refused.
#![allow(unsafe_code)] // calls the C ABI

mod winsock;

use std::ptr;

use wharf_win32::Win32::Foundation::HANDLE;
use wharf_win32::Win32::Networking::WinSock::*;
use winsock::*;

const FD_READ: i32 = 1;
const FD_WRITE: i32 = 2;
const FD_ACCEPT: i32 = 8;
const FD_CONNECT: i32 = 16;
const FD_CLOSE: i32 = 32;

/// Whether the event is set within the time.
fn is_set(event: HANDLE, timeout: u32) -> bool {
    // SAFETY: one handle is read, the caller's.
    match unsafe { WSAWaitForMultipleEvents(1, &event, 0, timeout, 0) } {
        0 => true,
        258 => false,
        other => panic!("{other} {}", last()),
    }
}

/// What is recorded; the event is cleared.
fn events(socket: SOCKET, event: HANDLE) -> WSANETWORKEVENTS {
    let mut answer = WSANETWORKEVENTS { lNetworkEvents: -1, iErrorCode: [-1; 10] };
    // SAFETY: room for the answer.
    assert_eq!(unsafe { WSAEnumNetworkEvents(socket, event, &mut answer) }, 0);
    answer
}

/// Waits for the event and answers what is recorded then; some events take two steps.
fn next(socket: SOCKET, event: HANDLE) -> i32 {
    assert!(is_set(event, 20_000));
    events(socket, event).lNetworkEvents
}

/// FD_ACCEPT is recorded once, and again only after an accept; accepted sockets have the selection too.
#[test]
fn accepting() {
    start();
    let (listener, port) = listener();
    let event = WSACreateEvent();
    assert_eq!(WSAEventSelect(listener, event, FD_ACCEPT | FD_CLOSE), 0);
    assert!(!is_set(event, 0));
    let clients = [stream(), stream()];
    connect_local(clients[0], port).unwrap();
    assert_eq!(next(listener, event), FD_ACCEPT);
    connect_local(clients[1], port).unwrap();
    assert!(!is_set(event, 0), "not enabled again");
    assert_eq!(events(listener, event).lNetworkEvents, 0);
    let first = accept_one(listener);
    assert_eq!(next(listener, event), FD_ACCEPT);
    let second = accept_one(listener);
    // Selected as the listener was: for FD_CLOSE among others.
    assert_eq!(closesocket(clients[0]), 0);
    assert_eq!(next(first, event), FD_CLOSE);
    assert_eq!((accept_one(listener), last()), (INVALID_SOCKET, WSAEWOULDBLOCK));
    for socket in [listener, first, second, clients[1]] {
        assert_eq!(closesocket(socket), 0);
    }
    assert_eq!(WSACloseEvent(event), 1);
    assert_eq!((WSACloseEvent(event), last()), (0, 6));
}

/// FD_CONNECT and FD_WRITE after a connect; FD_CONNECT with the error after one that is refused.
#[test]
fn connecting() {
    start();
    let (listener, port) = listener();
    let event = WSACreateEvent();
    let client = stream();
    assert_eq!(WSAEventSelect(client, event, FD_CONNECT | FD_WRITE | FD_READ | FD_CLOSE), 0);
    assert!(!is_set(event, 0), "nothing happens to a fresh socket");
    let begun = connect_local(client, port);
    assert!(matches!(begun, Ok(()) | Err(WSAEWOULDBLOCK)), "{begun:?}");
    if begun.is_err() {
        assert_eq!(next(client, event), FD_CONNECT | FD_WRITE);
    }
    assert_eq!(closesocket(client), 0);
    let client = stream();
    assert_eq!(WSAEventSelect(client, event, FD_CONNECT), 0);
    if connect_local(client, unused_port()) == Err(WSAEWOULDBLOCK) {
        assert!(is_set(event, 20_000));
        let answer = events(client, event);
        assert_eq!((answer.lNetworkEvents, answer.iErrorCode[4]), (FD_CONNECT, WSAECONNREFUSED));
    }
    close(&[client, listener]);
    assert_eq!(WSACloseEvent(event), 1);
}

/// FD_READ is recorded again after a receive that left something; FD_WRITE after a send that would have blocked;
/// FD_CLOSE once.
#[test]
fn receiving_and_sending() {
    start();
    let (server, client) = pair();
    let event = WSACreateEvent();
    assert_eq!(WSAEventSelect(server, event, FD_READ | FD_WRITE | FD_CLOSE), 0);
    assert_eq!(next(server, event), FD_WRITE);
    assert_eq!(write(client, b"12"), 2);
    assert_eq!(next(server, event), FD_READ);
    assert!(!is_set(event, 0), "not enabled again");
    assert_eq!(read(server, &mut [0; 1], 0), 1);
    assert_eq!(next(server, event), FD_READ, "something was left");
    assert_eq!(read(server, &mut [0; 1], 0), 1);
    assert!(!is_set(event, 0), "nothing was left");
    assert_eq!(failed(read(server, &mut [0; 1], 0)), WSAEWOULDBLOCK);
    let block = vec![0; 1 << 20];
    while write(server, &block) > 0 {}
    assert_eq!(last(), WSAEWOULDBLOCK);
    assert!(!is_set(event, 0));
    let mut room = vec![0; 1 << 20];
    non_blocking(client);
    while !is_set(event, 10) {
        // Whatever has come by now.
        while read(client, &mut room, 0) > 0 {}
    }
    assert_eq!(events(server, event).lNetworkEvents, FD_WRITE);
    reset_at_close(client);
    assert_eq!(closesocket(client), 0);
    assert!(is_set(event, 20_000));
    let answer = events(server, event);
    assert_eq!((answer.lNetworkEvents & FD_CLOSE, answer.iErrorCode[5]), (FD_CLOSE, WSAECONNRESET));
    assert_eq!(failed(read(server, &mut room, 0)), WSAECONNRESET);
    assert_eq!(closesocket(server), 0);
    assert_eq!(WSACloseEvent(event), 1);
}

/// What is refused, and how a selection ends.
#[test]
fn bad_arguments() {
    start();
    let (server, client) = pair();
    let event = WSACreateEvent();
    assert_eq!(failed(WSAEventSelect(INVALID_SOCKET, event, FD_READ)), WSAENOTSOCK);
    assert_eq!(failed(WSAEventSelect(server, ptr::null_mut(), FD_READ)), WSAEINVAL);
    assert_eq!(failed(WSAEventSelect(server, event, 1 << 20)), WSAEINVAL);
    // SAFETY: null is refused.
    assert_eq!(failed(unsafe { WSAEnumNetworkEvents(server, event, ptr::null_mut()) }), WSAEFAULT);
    assert_eq!(WSAEventSelect(server, event, FD_READ), 0);
    assert_eq!(failed(request(server, FIONBIO, Some(&mut 0))), WSAEINVAL);
    assert_eq!(WSAEventSelect(server, ptr::null_mut(), 0), 0);
    assert_eq!(write(client, b"x"), 1);
    assert!(wait_readable(server));
    assert!(!is_set(event, 0), "nothing is selected any more");
    assert_eq!(request(server, FIONBIO, Some(&mut 0)), 0);
    assert_eq!(
        (WSASetEvent(event), is_set(event, 0), WSAResetEvent(event), is_set(event, 0)),
        (1, true, 1, false)
    );
    let many = [event; 65];
    for count in [0, 65] {
        // SAFETY: as many handles are there.
        let answer = unsafe { WSAWaitForMultipleEvents(count, many.as_ptr(), 0, 0, 0) };
        assert_eq!((answer, last()), (WSA_WAIT_FAILED, 87), "{count}");
    }
    // SAFETY: one handle is read, a null one.
    let answer = unsafe { WSAWaitForMultipleEvents(1, &ptr::null_mut(), 0, 0, 0) };
    assert_eq!(answer, WSA_WAIT_FAILED);
    close(&[server, client]);
    assert_eq!(WSACloseEvent(event), 1);
}
