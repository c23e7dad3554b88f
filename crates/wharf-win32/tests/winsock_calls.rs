//! The synchronous calls on real sockets, by the contract's numbers.
#![allow(unsafe_code)] // calls the C ABI

mod winsock;

use std::ptr;

use wharf_win32::Win32::Networking::WinSock::*;
use wharf_win32::Win32::System::IO::OVERLAPPED;
use winsock::*;

/// D13, D14: listen needs a bind, twice is allowed; names need one too; what is taken is refused.
#[test]
fn bind_and_listen() {
    start();
    let one = stream();
    assert_eq!(failed(listen(one, 5)), WSAEINVAL);
    assert_eq!(failed(name_of(one).map_or(-1, |_| 0)), WSAEINVAL);
    bind_local(one, 0).unwrap();
    let own = name_of(one).unwrap();
    assert!(own.sin_family == 2 && own.sin_port != 0);
    assert_eq!(failed(bind_to(one, Some(&own), 16)), WSAEINVAL);
    assert_eq!((listen(one, 5), listen(one, 0x7fff_ffff), listen(one, -200)), (0, 0, 0));
    assert_eq!(failed(shutdown(one, 2)), WSAENOTCONN);
    let datagrams = socket(2, 2, 0);
    assert_eq!(failed(listen(datagrams, 5)), WSAEOPNOTSUPP);
    close(&[one, datagrams]);
}

/// D1 apart, each bad argument has its code: WSAEFAULT, WSAEAFNOSUPPORT, WSAENOTSOCK, WSAEADDRNOTAVAIL.
#[test]
fn bad_arguments_of_bind() {
    start();
    let one = stream();
    let address = loopback(0);
    assert_eq!(failed(bind_to::<SOCKADDR_IN>(one, None, 16)), WSAEFAULT);
    for length in [0, 15, -1] {
        assert_eq!(failed(bind_to(one, Some(&address), length)), WSAEFAULT, "{length}");
    }
    for family in [0, 1, 6, 10, 23, 99] {
        let other = [SOCKADDR_IN { sin_family: family, ..address }; 2];
        assert_eq!(failed(bind_to(one, Some(&other), 32)), WSAEAFNOSUPPORT, "{family}");
    }
    let far = SOCKADDR_IN { sin_addr: IN_ADDR { S_addr: 0x0102_0304 }, ..address };
    assert_eq!(failed(bind_to(one, Some(&far), 16)), WSAEADDRNOTAVAIL);
    for none in [INVALID_SOCKET, 1 << 20, 0, 1 << 30] {
        assert_eq!(failed(bind_to(none, Some(&address), 16)), WSAENOTSOCK, "{none:#x}");
        assert_eq!(failed(bind_to::<SOCKADDR_IN>(none, None, 16)), WSAENOTSOCK);
        assert_eq!(failed(listen(none, 5)), WSAENOTSOCK);
        assert_eq!(failed(connect_to(none, Some(&address), 16)), WSAENOTSOCK);
        assert_eq!(failed(shutdown(none, 0)), WSAENOTSOCK);
        assert_eq!(failed(write(none, b"x")), WSAENOTSOCK);
        // SAFETY: the socket is refused before anybody looks at the null.
        assert_eq!(failed(unsafe { recv(none, ptr::null_mut(), 1, 0) }), WSAENOTSOCK);
        assert_eq!((accept_one(none), last()), (INVALID_SOCKET, WSAENOTSOCK));
    }
    assert_eq!(closesocket(one), 0);
}

/// A connection in both directions, with the names of both ends; D42: the end of a stream is 0, again and again.
#[test]
fn a_connection() {
    start();
    let (listener, port) = listener();
    let client = client_of(port);
    let mut from = SOCKADDR_IN::default();
    let mut length = 16;
    // SAFETY: room for the sixteen bytes that the length says.
    let server = unsafe { accept(listener, (&raw mut from).cast(), &mut length) };
    assert_ne!(server, INVALID_SOCKET);
    assert_eq!((from, length), (name_of(client).unwrap(), 16));
    assert_eq!(peer_of(server).unwrap(), from);
    assert_eq!(peer_of(client).unwrap().sin_port, port.to_be());
    assert_eq!(write(client, b"hello"), 5);
    let mut buffer = [0; 16];
    assert_eq!(read(server, &mut buffer[..2], MSG_PEEK), 2);
    assert_eq!(read(server, &mut buffer, 0), 5);
    assert_eq!(&buffer[..5], b"hello");
    assert_eq!(closesocket(client), 0);
    assert_eq!((read(server, &mut buffer, 0), read(server, &mut buffer, 0)), (0, 0));
    assert_eq!(peer_of(server).unwrap(), from);
    close(&[server, listener]);
}

/// D50, D51: after shutdown the calls of its direction fail with WSAESHUTDOWN; again is allowed.
#[test]
fn shutdown_of_each_direction() {
    start();
    let (server, client) = pair();
    let mut buffer = [0; 8];
    assert_eq!(failed(shutdown(client, 3)), WSAEINVAL);
    assert_eq!((shutdown(client, 1), shutdown(client, 1)), (0, 0));
    assert_eq!(failed(write(client, b"x")), WSAESHUTDOWN);
    assert_eq!(read(server, &mut buffer, 0), 0);
    assert_eq!(write(server, b"still"), 5);
    assert_eq!(read(client, &mut buffer, 0), 5);
    assert_eq!(shutdown(client, 0), 0);
    assert_eq!(failed(read(client, &mut buffer, 0)), WSAESHUTDOWN);
    let fresh = stream();
    assert_eq!(failed(shutdown(fresh, 2)), WSAENOTCONN);
    close(&[server, client, fresh]);
}

/// D50, C47: shutdown ends the stream behind what is pending, and not before.
#[test]
fn shutdown_waits_for_what_is_pending() {
    start();
    let (server, client) = pair();
    let data = vec![7_u8; 16 << 20];
    let buffer = WSABUF { len: 16 << 20, buf: data.as_ptr().cast_mut().cast() };
    let mut overlapped = OVERLAPPED::default();
    // SAFETY: data and operation live until the operation has ended, which the last call waits for.
    let sent = unsafe { WSASend(client, &buffer, 1, ptr::null_mut(), 0, &mut overlapped, None) };
    assert_eq!(failed(sent), 997, "nobody reads yet");
    assert_eq!(shutdown(client, 1), 0);
    assert_eq!(failed(write(client, b"x")), WSAESHUTDOWN);
    let mut room = vec![0; 1 << 20];
    let mut total = 0;
    loop {
        match read(server, &mut room, 0) {
            0 => break,
            bytes => total += usize::try_from(bytes).expect("no error"),
        }
    }
    assert_eq!(total, data.len());
    let (mut bytes, mut flags) = (0, 0);
    // SAFETY: the operation that was issued, and variables of this function.
    let ended = unsafe { WSAGetOverlappedResult(client, &overlapped, &mut bytes, 1, &mut flags) };
    assert_eq!((ended, bytes), (1, 16 << 20));
    close(&[server, client]);
}

/// connect: refused, connected, in use, to no address, of another family, on a listener.
#[test]
fn connect_and_its_errors() {
    start();
    let (listener, port) = listener();
    let client = stream();
    assert_eq!(connect_local(client, unused_port()), Err(WSAECONNREFUSED));
    // D35: the same socket again.
    connect_local(client, port).unwrap();
    assert_eq!(connect_local(client, port), Err(WSAEISCONN));
    assert_eq!(failed(listen(client, 1)), WSAEISCONN);
    assert_eq!(connect_local(listener, port), Err(WSAEINVAL));
    let other = stream();
    assert_eq!(connect_local(other, 0), Err(WSAEADDRNOTAVAIL));
    let any = SOCKADDR_IN { sin_addr: IN_ADDR { S_addr: 0 }, ..loopback(port) };
    assert_eq!(failed(connect_to(other, Some(&any), 16)), WSAEADDRNOTAVAIL);
    assert_eq!(failed(connect_to(other, Some(&any), 8)), WSAEFAULT);
    assert_eq!(failed(connect_to::<SOCKADDR_IN>(other, None, 16)), WSAEFAULT);
    let six = SOCKADDR_IN6 { sin6_family: 23, sin6_port: 80, ..Default::default() };
    assert_eq!(failed(connect_to(other, Some(&six), 28)), WSAEAFNOSUPPORT);
    assert_eq!(peer_of(other), Err(WSAENOTCONN));
    close(&[client, listener, other]);
}

/// Without blocking: nothing to accept, nothing to receive, a connect that has begun.
#[test]
fn without_blocking() {
    start();
    let (listener, port) = listener();
    non_blocking(listener);
    assert_eq!((accept_one(listener), last()), (INVALID_SOCKET, WSAEWOULDBLOCK));
    let client = stream();
    non_blocking(client);
    let begun = connect_local(client, port);
    assert!(matches!(begun, Ok(()) | Err(WSAEWOULDBLOCK)), "{begun:?}");
    assert!(wait_writable(client));
    assert_eq!(connect_local(client, port), Err(WSAEISCONN));
    assert!(wait_readable(listener));
    let server = accept_one(listener);
    // The mode of the listener is its connections' too.
    assert_eq!(failed(read(server, &mut [0; 4], 0)), WSAEWOULDBLOCK);
    assert_eq!(failed(read(server, &mut [0; 4], MSG_WAITALL)), WSAEOPNOTSUPP);
    close(&[client, listener, server]);
}

/// D58, D65: one receive is one datagram, and what is cut off is an error; an unbound socket cannot receive.
#[test]
fn datagrams() {
    start();
    let (one, two) = (socket(2, 2, 0), socket(2, 2, 0));
    let mut buffer = [0; 16];
    assert_eq!(failed(read(two, &mut buffer, 0)), WSAEINVAL);
    assert_eq!(failed(write(two, b"x")), WSAENOTCONN);
    bind_local(one, 0).unwrap();
    let to = name_of(one).unwrap();
    let sent = |data: &[u8]| write_to(two, data, &to);
    assert_eq!((sent(b"0123456789"), sent(b""), sent(b"abc"), sent(b"z")), (10, 0, 3, 1));
    assert_eq!(failed(read(one, &mut buffer[..4], 0)), WSAEMSGSIZE);
    assert_eq!(&buffer[..4], b"0123");
    assert_eq!(read(one, &mut buffer, 0), 0);
    let mut from = SOCKADDR_IN::default();
    let mut length = 1;
    let mut take = |length: &mut i32| {
        // SAFETY: room for sixteen bytes of data, and for an address of sixteen, which the length does not exceed.
        unsafe { recvfrom(one, buffer.as_mut_ptr().cast(), 16, 0, (&raw mut from).cast(), length) }
    };
    // D61: too short an address fails the call, and the datagram stays.
    assert_eq!(failed(take(&mut length)), WSAEFAULT);
    length = 16;
    assert_eq!((take(&mut length), length), (3, 16));
    assert_eq!(from.sin_port, name_of(two).unwrap().sin_port);
    assert_eq!(connect_to(two, Some(&to), 16), 0);
    assert_eq!(write(two, b"connected"), 9);
    let none = SOCKADDR { sa_family: 0, sa_data: [0; 14] };
    assert_eq!(connect_to(two, Some(&none), 16), 0);
    assert_eq!(peer_of(two), Err(WSAENOTCONN));
    close(&[one, two]);
}

/// D81: a send to a peer that has reset raises nothing and fails with a reset or an abort.
#[test]
fn no_sigpipe() {
    start();
    let (server, client) = pair();
    reset_at_close(client);
    assert_eq!(closesocket(client), 0);
    assert_eq!(failed(read(server, &mut [0; 4], 0)), WSAECONNRESET);
    // D48: for ever.
    for _ in 0..3 {
        assert_eq!(failed(write(server, b"x")), WSAECONNRESET);
        assert_eq!(failed(read(server, &mut [0; 4], 0)), WSAECONNRESET);
    }
    assert_eq!(closesocket(server), 0);
}
