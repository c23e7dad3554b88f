//! AcceptEx.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::ptr::null_mut;

use crate::support::*;

fn client(port: u16) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port)).unwrap()
}

/// D16, D17, D29: without data it ends with the connection, at the listener's port with the listener's key; the
/// addresses are in the buffer.
#[test]
fn a_connection_is_accepted() {
    let port = make_port(1);
    let (l, at) = listener();
    let a = stream_socket();
    associate(l, port, 125);
    associate(a, port, 236);
    let mut buffer = [0; 64];
    let mut ov = overlapped();
    assert_eq!(accept(l, a, &mut buffer, 0, &mut *ov), 997);
    assert_eq!((ov.Internal, get(port, 0)), (PENDING, nothing(258)));
    let mut peer = client(at);
    assert_eq!(get(port, u32::MAX), success(0, 125, &ov));
    let (mut local, mut remote) = (null_mut::<SOCKADDR>(), null_mut::<SOCKADDR>());
    let (mut local_length, mut remote_length) = (0, 0);
    // SAFETY: the buffer and the lengths of the accept that has ended, and four variables of this function.
    unsafe {
        GetAcceptExSockaddrs(
            buffer.as_mut_ptr().cast(),
            0,
            AREA,
            AREA,
            &mut local,
            &mut local_length,
            &mut remote,
            &mut remote_length,
        );
    }
    assert_eq!((local_length, remote_length), (16, 16));
    assert_eq!(local as usize, buffer.as_ptr() as usize);
    // SAFETY: an address in the buffer, of the length that was just told.
    let remote = unsafe { remote.cast::<SOCKADDR_IN>().read_unaligned() };
    assert_eq!(u16::from_be(remote.sin_port), peer.local_addr().unwrap().port());
    // SAFETY: likewise.
    let local = unsafe { local.cast::<SOCKADDR_IN>().read_unaligned() };
    assert_eq!((local.sin_family, u16::from_be(local.sin_port)), (2, at));
    // The connection is the accepting socket's, and has its key.
    let mut data = [0; 4];
    assert_eq!(recv(a, &mut data, &mut ov), Err(997));
    peer.write_all(b"data").unwrap();
    assert_eq!(get(port, u32::MAX), success(4, 236, &ov));
    assert_eq!(send(a, b"back", &mut ov), Ok(4));
    assert_eq!(get(port, u32::MAX), success(4, 236, &ov));
    let mut back = [0; 4];
    peer.read_exact(&mut back).unwrap();
    assert_eq!((&data, &back), (b"data", b"back"));
    for s in [l, a] {
        assert_eq!(closesocket(s), 0);
    }
    CloseHandle(port);
}

/// D18: with room for data it ends with the first byte, or with the client's end; C37, D24: what cancels it.
#[test]
fn the_first_data_are_waited_for() {
    let port = make_port(1);
    let (l, at) = listener();
    associate(l, port, 1);
    let mut buffer = [0; 8 + 64];
    let mut ov = overlapped();
    let mut sockets = vec![];
    let mut next = |buffer: &mut [u8], ov: &mut OVERLAPPED| {
        let a = stream_socket();
        assert_eq!(accept(l, a, buffer, 8, ov), 997);
        sockets.push(a);
        a
    };
    next(&mut buffer, &mut ov);
    let mut peer = client(at);
    assert_eq!(get(port, 50), nothing(258));
    peer.write_all(b"x").unwrap();
    assert_eq!(get(port, u32::MAX), success(1, 1, &ov));
    assert_eq!(buffer[0], b'x');
    next(&mut buffer, &mut ov);
    drop(client(at));
    assert_eq!(get(port, u32::MAX), success(0, 1, &ov));
    // D24: closing the listener ends what waits for a connection, and what waits for data.
    next(&mut buffer, &mut ov);
    let silent = client(at);
    assert_eq!(get(port, 50), nothing(258));
    let mut other = overlapped();
    let mut second = [0; 8 + 64];
    next(&mut second, &mut other);
    assert_eq!(closesocket(l), 0);
    let got = [get(port, u32::MAX), get(port, u32::MAX)];
    for ov in [&ov, &other] {
        assert!(got.contains(&failure(995, 0, 1, ov)), "{got:?}");
    }
    assert_eq!(get(port, 0), nothing(258));
    drop(silent);
    for s in sockets {
        assert_eq!(closesocket(s), 0);
    }
    CloseHandle(port);
}

/// D21, D20, C2: refused at once, and no packet.
#[test]
fn refusals() {
    let port = make_port(1);
    let (l, at) = listener();
    associate(l, port, 1);
    let mut buffer = [0; 64];
    let mut ov = overlapped();
    let a = stream_socket();
    ov.Internal = 0xdead;
    assert_eq!(accept(INVALID_SOCKET, a, &mut buffer, 0, &mut *ov), 10038);
    assert_eq!(accept(l, INVALID_SOCKET, &mut buffer, 0, &mut *ov), 10038);
    assert_eq!(ov.Internal, 0xdead);
    let not_listening = stream_socket();
    assert_eq!(accept(not_listening, a, &mut buffer, 0, &mut *ov), 10022);
    assert_eq!(ov.Internal, PENDING);
    let bound = stream_socket();
    bind(bound);
    assert_eq!(accept(l, bound, &mut buffer, 0, &mut *ov), 10022);
    assert_eq!(accept(l, l, &mut buffer, 0, &mut *ov), 10022);
    assert_eq!(accept(l, a, &mut buffer, 0, null_mut()), 87);
    let to = buffer.as_mut_ptr().cast();
    for (to, remote) in [(null_mut(), AREA), (to, 0)] {
        // SAFETY: refused, because there is no room or no length for an address.
        let result = unsafe { AcceptEx(l, a, to, 0, AREA, remote, null_mut(), &mut *ov) };
        assert_eq!((result, GetLastError()), (0, 10014));
    }
    // Twice with the same accepting socket.
    let (mut first, mut second) = (overlapped(), overlapped());
    assert_eq!(accept(l, a, &mut buffer, 0, &mut *first), 997);
    assert_eq!(accept(l, a, &mut buffer, 0, &mut *second), 10022);
    // D23: closing the accepting socket ends it.
    assert_eq!(closesocket(a), 0);
    assert_eq!(get(port, u32::MAX), failure(995, 0, 1, &first));
    // D20: too short a local area fails when somebody comes, who is left for the next one.
    let b = stream_socket();
    let mut bytes = 0;
    // SAFETY: the buffer has more room than these lengths say; it and the operation live until the packet.
    let result = unsafe { AcceptEx(l, b, to, 0, 3, AREA, &mut bytes, &mut *first) };
    assert_eq!((result, GetLastError()), (0, 997));
    let peer = client(at);
    assert_eq!(get(port, u32::MAX), failure(122, 0, 1, &first));
    assert_eq!(accept(l, b, &mut buffer, 0, &mut *first), 997);
    assert_eq!(get(port, u32::MAX), success(0, 1, &first));
    assert_eq!(get(port, 0), nothing(258));
    drop(peer);
    for s in [l, b, bound, not_listening] {
        closesocket(s);
    }
    CloseHandle(port);
}

/// D25: in issue order.
#[test]
fn accepts_are_served_in_order() {
    let port = make_port(1);
    let (l, at) = listener();
    associate(l, port, 1);
    let mut all: Vec<_> = (0..3).map(|_| (stream_socket(), [0_u8; 64], overlapped())).collect();
    for (a, buffer, ov) in &mut all {
        assert_eq!(accept(l, *a, buffer, 0, &mut **ov), 997);
    }
    for (_, _, ov) in &all {
        let _peer = client(at);
        assert_eq!(get(port, u32::MAX), success(0, 1, ov));
    }
    for (a, ..) in all {
        closesocket(a);
    }
    closesocket(l);
    CloseHandle(port);
}
