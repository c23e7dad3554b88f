//! ConnectEx and DisconnectEx, as a program finds them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::ptr::{null, null_mut};

use crate::support::*;

type ConnectEx = unsafe extern "C" fn(
    SOCKET,
    *const SOCKADDR,
    i32,
    *const u8,
    u32,
    *mut u32,
    *mut OVERLAPPED,
) -> i32;
type DisconnectEx = unsafe extern "C" fn(SOCKET, *mut OVERLAPPED, u32, u32) -> i32;

/// What WSAIoctl answers for a GUID.
pub(crate) fn extension(s: SOCKET, id: GUID) -> *const () {
    let mut function: *const () = null();
    let (from, to) = ((&raw const id).cast(), (&raw mut function).cast());
    let (mut bytes, code, none) = (0, 0xC800_0006, null_mut());
    // SAFETY: an id of 16 bytes, and room for a pointer.
    let result = unsafe { WSAIoctl(s, code, from, 16, to, 8, &mut bytes, none, None) };
    assert_eq!((result, bytes), (0, 8));
    function
}

fn connect_ex(s: SOCKET) -> ConnectEx {
    let id = GUID {
        data1: 0x25a2_07b9,
        data2: 0xddf3,
        data3: 0x4660,
        data4: [0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06, 0x3e],
    };
    // SAFETY: ConnectEx is what the id names, and this is its type.
    unsafe { std::mem::transmute(extension(s, id)) }
}

fn disconnect_ex(s: SOCKET) -> DisconnectEx {
    let id = GUID {
        data1: 0x7fda_2e11,
        data2: 0x8630,
        data3: 0x436f,
        data4: [0xa0, 0x31, 0xf5, 0x36, 0xa6, 0xee, 0xc1, 0x57],
    };
    // SAFETY: DisconnectEx is what the id names, and this is its type.
    unsafe { std::mem::transmute(extension(s, id)) }
}

fn disconnect(s: SOCKET, ov: Option<&mut OVERLAPPED>, flags: u32, reserved: u32) -> i32 {
    let (call, ov) = (disconnect_ex(s), ov.map_or(null_mut(), std::ptr::from_mut));
    // SAFETY: null, or an operation that lives until its packet (see `support`).
    unsafe { call(s, ov, flags, reserved) }
}

fn connect(s: SOCKET, port: u16, data: &[u8], ov: *mut OVERLAPPED) -> u32 {
    let to = loopback(port);
    let name: *const libc::sockaddr_in = &to;
    let call = connect_ex(s);
    let length = u32::try_from(data.len()).unwrap();
    let mut bytes = 0;
    // SAFETY: name and data are captured by the call; the operation, unless it is null, lives until its packet.
    let result = unsafe { call(s, name.cast(), 16, data.as_ptr(), length, &mut bytes, ov) };
    assert_eq!(result, 0);
    GetLastError()
}

/// D31-D35: refusals, data with the connection, nobody there, and the same socket again.
#[test]
fn connections_are_made() {
    let port = make_port(1);
    let s = stream_socket();
    associate(s, port, 9);
    let mut ov = overlapped();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = server.local_addr().unwrap().port();
    assert_eq!(connect(s, at, b"", &mut *ov), 10022); // not bound
    bind(s);
    assert_eq!(connect(s, at, b"", null_mut()), 87);
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = deaf.local_addr().unwrap().port();
    drop(deaf);
    assert_eq!(connect(s, nobody, b"", &mut *ov), 997);
    assert_eq!(get(port, u32::MAX), failure(1225, 0, 9, &ov));
    {
        let data = *b"one";
        assert_eq!(connect(s, at, &data, &mut *ov), 997);
        std::hint::black_box(&mut { data }).fill(0); // D33
    }
    assert_eq!(get(port, u32::MAX), success(3, 9, &ov));
    assert_eq!(connect(s, at, b"", &mut *ov), 10056);
    let (mut peer, _) = server.accept().unwrap();
    let mut one = [0; 3];
    peer.read_exact(&mut one).unwrap();
    assert_eq!(&one, b"one");
    let mut buffer = [0; 4];
    assert_eq!(recv(s, &mut buffer, &mut ov), Err(997));
    peer.write_all(b"back").unwrap();
    assert_eq!(get(port, u32::MAX), success(4, 9, &ov));
    assert_eq!(get(port, 0), nothing(258));
    closesocket(s);
    CloseHandle(port);
}

/// D38, D39: the three forms without reuse.
#[test]
fn a_disconnect_ends_the_sending_direction() {
    let port = make_port(1);
    let (s, mut peer) = connected();
    let fresh = stream_socket();
    assert_eq!(disconnect(fresh, None, 0, 0), 0);
    assert_eq!(GetLastError(), 10057);
    for (flags, reserved) in [(1, 0), (0, 1)] {
        assert_eq!(disconnect(s, None, flags, reserved), 0);
        assert_eq!(GetLastError(), 10022);
    }
    associate(s, port, 2);
    let mut ov = overlapped();
    assert_eq!((disconnect(s, Some(&mut ov), 0, 0), GetLastError()), (0, 997));
    assert_eq!(get(port, u32::MAX), success(0, 2, &ov));
    assert_eq!(disconnect(s, None, 0, 0), 1);
    let mut buffer = [0; 4];
    assert_eq!(peer.read(&mut buffer).unwrap(), 0);
    assert_eq!(send(s, b"x", &mut ov), Err(10058));
    assert_eq!(recv(s, &mut buffer, &mut ov), Err(997));
    peer.write_all(b"more").unwrap();
    assert_eq!(get(port, u32::MAX), success(4, 2, &ov));
    assert_eq!(get(port, 0), nothing(258));
    for s in [s, fresh] {
        closesocket(s);
    }
    CloseHandle(port);
}

/// D40, D38: a call that waits makes the SOCKET new too, whichever side ends the connection first.
#[test]
fn sockets_are_used_again_after_a_call_that_waits() {
    let port = make_port(1);
    let (l, at) = listener();
    let a = stream_socket();
    associate(l, port, 1);
    associate(a, port, 2);
    let mut ov = overlapped();
    let mut buffer = [0; 64];
    for peer_first in [true, false, true] {
        assert_eq!(accept(l, a, &mut buffer, 0, &mut *ov), 997);
        let peer = std::net::TcpStream::connect(("127.0.0.1", at)).unwrap();
        assert_eq!(get(port, u32::MAX), success(0, 1, &ov));
        let peer = if peer_first {
            drop(peer);
            let mut nothing = [0; 4];
            let at_once = recv(a, &mut nothing, &mut ov);
            assert!(matches!(at_once, Ok(0) | Err(997)), "{at_once:?}");
            assert_eq!(get(port, u32::MAX), success(0, 2, &ov));
            None
        } else {
            peer.shutdown(std::net::Shutdown::Write).unwrap();
            Some(peer)
        };
        assert_eq!(disconnect(a, None, 2, 0), 1);
        drop(peer);
    }
    assert_eq!(get(port, 0), nothing(258));
    for s in [a, l] {
        closesocket(s);
    }
    CloseHandle(port);
}

/// D40: the same SOCKET accepts again and again.
#[test]
fn sockets_are_used_again() {
    let port = make_port(1);
    let (l, at) = listener();
    let a = stream_socket();
    associate(l, port, 1);
    associate(a, port, 2);
    let mut ov = overlapped();
    let mut buffer = [0; 4 + 64];
    for _ in 0..100 {
        assert_eq!(accept(l, a, &mut buffer, 4, &mut *ov), 997);
        let mut peer = std::net::TcpStream::connect(("127.0.0.1", at)).unwrap();
        peer.write_all(b"ping").unwrap();
        assert_eq!(get(port, u32::MAX), success(4, 1, &ov));
        assert_eq!(send(a, b"pong", &mut ov), Ok(4));
        assert_eq!(get(port, u32::MAX), success(4, 2, &ov));
        assert_eq!((disconnect(a, Some(&mut ov), 2, 0), GetLastError()), (0, 997));
        let mut pong = vec![];
        peer.read_to_end(&mut pong).unwrap();
        assert_eq!(pong, b"pong");
        assert_eq!(get(port, 0), nothing(258));
        drop(peer);
        assert_eq!(get(port, u32::MAX), success(0, 2, &ov));
    }
    for s in [l, a] {
        closesocket(s);
    }
    CloseHandle(port);
}

/// D40: the same SOCKET connects again and again from its own port, also where it has ended the connection first.
#[test]
fn a_socket_connects_again_from_its_port() {
    let port = make_port(1);
    let s = stream_socket();
    let own = bind(s);
    associate(s, port, 4);
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut ov = overlapped();
    for peer_first in [false, true, false, false] {
        let at = server.local_addr().unwrap().port();
        assert_eq!(connect(s, at, b"", &mut *ov), 997);
        assert_eq!(get(port, u32::MAX), success(0, 4, &ov));
        let (mut peer, from) = server.accept().unwrap();
        assert_eq!(from.port(), own);
        if peer_first {
            peer.shutdown(std::net::Shutdown::Write).unwrap();
        }
        assert_eq!((disconnect(s, Some(&mut ov), 2, 0), GetLastError()), (0, 997));
        assert_eq!(peer.read(&mut [0; 4]).unwrap(), 0);
        drop(peer);
        assert_eq!(get(port, u32::MAX), success(0, 4, &ov));
    }
    assert_eq!(closesocket(s), 0);
    CloseHandle(port);
}

/// D40, C19: receives that pend when their socket is renewed have the end of the stream before that, if it is there.
#[test]
fn receives_end_before_their_socket_is_renewed() {
    for _ in 0..20 {
        let port = make_port(1);
        let (s, peer) = connected();
        associate(s, port, 6);
        let (mut receiving, mut ov, mut buffer) = (overlapped(), overlapped(), [0; 4]);
        assert_eq!(recv(s, &mut buffer, &mut receiving), Err(997));
        drop(peer);
        await_end(s);
        assert_eq!((disconnect(s, Some(&mut ov), 2, 0), GetLastError()), (0, 997));
        assert_eq!(get(port, u32::MAX), success(0, 6, &receiving));
        assert_eq!(get(port, u32::MAX), success(0, 6, &ov));
        assert_eq!(closesocket(s), 0);
        CloseHandle(port);
    }
}

/// D40: a connection that the peer has reset leaves no port that was asked for by its number, and another socket may have it.
#[test]
fn a_socket_whose_connection_was_reset_connects_again() {
    let port = make_port(1);
    let s = stream_socket();
    let any: *const libc::sockaddr_in = &loopback(0);
    // Winsock's own bind, which knows what was asked for.
    // SAFETY: an address, with its length, for the call.
    assert_eq!(unsafe { wharf_win32::Win32::Networking::WinSock::bind(s, any.cast(), 16) }, 0);
    associate(s, port, 5);
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = server.local_addr().unwrap().port();
    let mut ov = overlapped();
    assert_eq!(connect(s, at, b"", &mut *ov), 997);
    assert_eq!(get(port, u32::MAX), success(0, 5, &ov));
    let (peer, from) = server.accept().unwrap();
    reset(peer);
    await_end(s);
    let other = TcpListener::bind(from).unwrap();
    assert_eq!((disconnect(s, Some(&mut ov), 2, 0), GetLastError()), (0, 997));
    assert_eq!(get(port, u32::MAX), success(0, 5, &ov));
    assert_eq!(connect(s, at, b"", &mut *ov), 997);
    assert_eq!(get(port, u32::MAX), success(0, 5, &ov));
    drop(other);
    assert_eq!(closesocket(s), 0);
    CloseHandle(port);
}

/// D15, D75, D77: the ways in which WSAIoctl fails, and its packets.
#[test]
fn control_codes() {
    let port = make_port(1);
    let s = stream_socket();
    associate(s, port, 3);
    let mut ov = overlapped();
    let mut function: usize = 0;
    let call = |code, id: &[u32], room, bytes: *mut u32, ov: *mut OVERLAPPED, to: *mut usize| {
        let length = u32::try_from(size_of_val(id)).unwrap();
        let input = if id.is_empty() { null() } else { id.as_ptr().cast() };
        // SAFETY: the input's own length; the rest is null or a variable of this test, which lives until the packet.
        let result = unsafe { WSAIoctl(s, code, input, length, to.cast(), room, bytes, ov, None) };
        (result, GetLastError())
    };
    let accept = [0xb536_7df1, 0x11cf_cbac, 0x8000_ca95, 0x92a1_485f];
    let mut bytes = 77;
    let (get_pointer, none) = (0xC800_0006, null_mut());
    assert_eq!(call(get_pointer, &accept, 8, none, &mut *ov, &mut function), (-1, 10014));
    assert_eq!(call(get_pointer, &accept, 4, &mut bytes, null_mut(), &mut function), (-1, 10014));
    assert_eq!(call(get_pointer, &[], 8, &mut bytes, null_mut(), &mut function), (-1, 10014));
    assert_eq!(call(get_pointer, &[0; 4], 8, &mut bytes, null_mut(), &mut function), (-1, 10022));
    assert_eq!((function, bytes, get(port, 0)), (0, 77, nothing(258)));
    assert_eq!(call(get_pointer, &accept, 8, &mut bytes, &mut *ov, &mut function).0, 0);
    assert_eq!((function, bytes), (AcceptEx as *const () as usize, 8));
    assert_eq!(get(port, 0), success(0, 3, &ov));
    let keep = [1, 10_000, 1000];
    assert_eq!(call(0x9800_0004, &keep, 0, &mut bytes, &mut *ov, null_mut()).0, 0);
    assert_eq!((bytes, get(port, 0)), (0, success(0, 3, &ov)));
    assert_eq!(call(0xdead_beef, &[], 0, &mut bytes, null_mut(), null_mut()), (-1, 10045));
    assert_eq!(call(0xdead_beef, &[], 0, &mut bytes, &mut *ov, null_mut()), (-1, 997));
    assert_eq!(get(port, 0), failure(50, 0, 3, &ov));
    closesocket(s);
    CloseHandle(port);
}
