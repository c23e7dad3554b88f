//! WSADuplicateSocket and WSAConnectByName on real sockets.
#![allow(unsafe_code)] // calls the C ABI

mod winsock;

use std::ptr;

use wharf_win32::Win32::Networking::WinSock::*;
use winsock::*;

/// WSADuplicateSocketA.
fn describe(socket: SOCKET, process: u32, info: Option<&mut WSAPROTOCOL_INFOA>) -> i32 {
    let info = info.map_or(ptr::null_mut(), ptr::from_mut);
    // SAFETY: null, which is refused, or room for the description.
    unsafe { WSADuplicateSocketA(socket, process, info) }
}

/// D8, D11, D12: errors; a second SOCKET for one connection; the description is good once; either can be closed first.
#[test]
fn two_sockets_for_one_connection() {
    start();
    let (server, client) = pair();
    let mut info = protocol_info();
    let own = std::process::id();
    let refused = |socket, process, info: Option<&mut WSAPROTOCOL_INFOA>| {
        failed(describe(socket, process, info))
    };
    assert_eq!(refused(INVALID_SOCKET, own, Some(&mut info)), WSAENOTSOCK);
    assert_eq!(refused(server, 0, Some(&mut info)), WSAEINVAL);
    assert_eq!(refused(server, u32::MAX, Some(&mut info)), WSAEINVAL);
    assert_eq!(refused(server, own, None), WSAEFAULT);
    assert_eq!(describe(server, own, Some(&mut info)), 0);
    assert_eq!((info.iAddressFamily, info.iSocketType, info.iProtocol), (2, 1, 6));
    let from_description = || {
        // SAFETY: a description, read during the call.
        unsafe { WSASocketA(-1, -1, -1, &info, 0, 0) }
    };
    let second = from_description();
    assert!(second != INVALID_SOCKET && second != server);
    assert_eq!(from_description(), INVALID_SOCKET);
    assert_eq!(last(), WSAEINVAL);
    // SAFETY: an address that nothing is mapped at is refused.
    let nowhere = unsafe { WSASocketA(-1, -1, -1, ptr::without_provenance(16), 0, 0) };
    assert_eq!((nowhere, last()), (INVALID_SOCKET, WSAEFAULT));
    assert_eq!(peer_of(second), peer_of(server));
    assert_eq!(write(client, b"one"), 3);
    assert_eq!(read(second, &mut [0; 8], 0), 3);
    assert_eq!(closesocket(server), 0);
    assert_eq!((write(second, b"two"), read(client, &mut [0; 8], 0)), (3, 3));
    assert_eq!(closesocket(second), 0);
    assert_eq!(read(client, &mut [0; 8], 0), 0);
    assert_eq!(closesocket(client), 0);
}

/// A name and a service to a connection, and the addresses of both ends.
#[test]
fn connect_by_name() {
    start();
    let (listener, port) = listener();
    let client = stream();
    let service = std::ffi::CString::new(port.to_string()).unwrap();
    let (mut local, mut remote) = (SOCKADDR_IN::default(), SOCKADDR_IN::default());
    let (mut one, mut two) = (16, 16);
    let null = ptr::null_mut();
    // SAFETY: strings that end with a zero, room for two addresses with its lengths, and a time.
    let connected = unsafe {
        WSAConnectByNameA(
            client,
            c"127.0.0.1".as_ptr(),
            service.as_ptr(),
            &mut one,
            (&raw mut local).cast(),
            &mut two,
            (&raw mut remote).cast(),
            &TIMEVAL { tv_sec: 20, tv_usec: 0 },
            null,
        )
    };
    assert_eq!(connected, 1, "{}", last());
    assert_eq!((local, remote.sin_port), (name_of(client).unwrap(), port.to_be()));
    // SAFETY: strings that end with a zero; all else is null, which means that nothing is wanted.
    let again = unsafe {
        WSAConnectByNameA(
            client,
            c"127.0.0.1".as_ptr(),
            service.as_ptr(),
            null.cast(),
            null.cast(),
            null.cast(),
            null.cast(),
            ptr::null(),
            null,
        )
    };
    assert_eq!((again, last()), (0, WSAEISCONN));
    close(&[client, listener]);
}
