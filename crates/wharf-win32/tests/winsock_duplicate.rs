//! WSADuplicateSocket and WSAConnectByName on real sockets.
#![allow(unsafe_code)] // calls the C ABI
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    clippy::undocumented_unsafe_blocks,
    reason = "every pointer here is to a variable of the test, or is what the test is about"
)]

mod winsock;

use std::ptr;

use wharf_win32::Win32::Networking::WinSock::*;
use winsock::*;

/// D8, D11, D12: errors; a second SOCKET for one connection; the description is good once; either can be closed first.
#[test]
fn two_sockets_for_one_connection() {
    start();
    let (server, client) = pair();
    let mut info: WSAPROTOCOL_INFOA = unsafe { std::mem::zeroed() };
    let own = std::process::id();
    unsafe {
        assert_eq!(failed(WSADuplicateSocketA(INVALID_SOCKET, own, &mut info)), WSAENOTSOCK);
        assert_eq!(failed(WSADuplicateSocketA(server, 0, &mut info)), WSAEINVAL);
        assert_eq!(failed(WSADuplicateSocketA(server, u32::MAX, &mut info)), WSAEINVAL);
        assert_eq!(failed(WSADuplicateSocketA(server, own, ptr::null_mut())), WSAEFAULT);
        assert_eq!(WSADuplicateSocketA(server, own, &mut info), 0);
    }
    assert_eq!((info.iAddressFamily, info.iSocketType, info.iProtocol), (2, 1, 6));
    let second = unsafe { WSASocketA(-1, -1, -1, &info, 0, 0) };
    assert!(second != INVALID_SOCKET && second != server);
    assert_eq!(unsafe { WSASocketA(-1, -1, -1, &info, 0, 0) }, INVALID_SOCKET);
    assert_eq!(last(), WSAEINVAL);
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
    assert_eq!((closesocket(client), closesocket(listener)), (0, 0));
}
