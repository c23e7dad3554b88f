//! WSARecv and WSASend on streams.

use std::io::{Read, Write};

use crate::support::*;

/// C2, C3, C16, C17, A12, A25: pending, at once, and pending at the association.
#[test]
fn receives_complete_once() {
    let port = make_port(1);
    let (s, mut peer) = connected();
    let mut buffer = [0; 8];
    let mut ov = overlapped();
    (ov.Internal, ov.InternalHigh) = (0xdead, 0xbeef);
    assert_eq!(recv(s, &mut buffer, &mut ov), Err(997));
    assert_eq!((ov.Internal, ov.InternalHigh), (PENDING, 0xbeef));
    associate(s, port, 42);
    peer.write_all(b"hello").unwrap();
    assert_eq!(get(port, u32::MAX), success(5, 42, &ov));
    assert_eq!((ov.Internal, ov.InternalHigh, &buffer[..5]), (0, 5, &b"hello"[..]));
    peer.write_all(b"12345678").unwrap();
    let mut second = overlapped();
    // It may be there already, or not; a packet comes in either case, once.
    let at_once = recv(s, &mut buffer, &mut second);
    assert!(at_once == Ok(8) || at_once == Err(997), "{at_once:?}");
    assert_eq!(get(port, u32::MAX), success(8, 42, &second));
    assert_eq!(get(port, 0), nothing(258));
    // C19, D42: the peer's end is a success without bytes, again and again.
    drop(peer);
    for _ in 0..2 {
        let result = recv(s, &mut buffer, &mut ov);
        assert!(result == Ok(0) || result == Err(997), "{result:?}");
        assert_eq!(get(port, u32::MAX), success(0, 42, &ov));
    }
    assert_eq!((closesocket(s), CloseHandle(port)), (0, 1));
}

/// C18, D49, D44: refused, and no packet.
#[test]
fn refusals_have_no_packet() {
    let port = make_port(1);
    let s = stream_socket();
    associate(s, port, 1);
    let mut ov = overlapped();
    assert_eq!(recv(s, &mut [0; 4], &mut ov), Err(10057));
    assert_eq!(send(s, b"x", &mut ov), Err(10057));
    let (mut bytes, mut flags) = (0, 0);
    let mut one = WSABUF { len: 0, buf: std::ptr::null_mut() };
    let call =
        |count, array: *mut WSABUF, bytes: *mut u32, flags: *mut u32, ov: *mut OVERLAPPED| {
            // SAFETY: nulls, or an empty buffer and variables of this test, for calls that are refused.
            let result = unsafe { WSARecv(s, array, count, bytes, flags, ov, None) };
            (result, GetLastError())
        };
    let none = std::ptr::null_mut();
    assert_eq!(call(0, &mut one, &mut bytes, &mut flags, &mut *ov), (-1, 10022));
    assert_eq!(call(1, std::ptr::null_mut(), &mut bytes, &mut flags, &mut *ov), (-1, 10014));
    assert_eq!(call(1, &mut one, std::ptr::null_mut(), &mut flags, none), (-1, 10014));
    assert_eq!(call(1, &mut one, &mut bytes, std::ptr::null_mut(), &mut *ov), (-1, 10014));
    assert_eq!(get(port, 0), nothing(258));
    assert_eq!(closesocket(s), 0);
    assert_eq!((closesocket(s), GetLastError()), (-1, 10038));
    assert_eq!(recv(s, &mut [0; 4], &mut ov), Err(10038));
    CloseHandle(port);
}

/// C39, C40, A47: one packet for each pending operation when the socket is closed.
#[test]
fn a_close_ends_what_is_pending() {
    let port = make_port(1);
    let (s, _peer) = associated(port, 3);
    let mut buffers = [[0; 4]; 3];
    let mut ovs: Vec<_> = (0..3).map(|_| overlapped()).collect();
    for (buffer, ov) in buffers.iter_mut().zip(&mut ovs) {
        assert_eq!(recv(s, buffer, ov), Err(997));
    }
    assert_eq!(closesocket(s), 0);
    for ov in &ovs {
        // Connected by the kernel's own call and without a byte received: the record does not know of the peer.
        let got = get(port, u32::MAX);
        assert!(got == failure(1236, 0, 3, ov) || got == failure(995, 0, 3, ov), "{got:?}");
    }
    assert_eq!(get(port, 0), nothing(258));
    CloseHandle(port);
}

/// D48, C15: a reset ends the pending receive with 64, and every later call with 10054.
#[test]
fn a_reset_stays() {
    let port = make_port(1);
    let (s, peer) = associated(port, 8);
    let mut ov = overlapped();
    let mut buffer = [0; 4];
    assert_eq!(recv(s, &mut buffer, &mut ov), Err(997));
    reset(peer);
    assert_eq!(get(port, u32::MAX), failure(64, 0, 8, &ov));
    assert_eq!(ov.Internal as u32, 0xC000_020D);
    for _ in 0..2 {
        assert_eq!(recv(s, &mut buffer, &mut ov), Err(10054));
        assert_eq!(send(s, b"x", &mut ov), Err(10054));
    }
    assert_eq!(get(port, 0), nothing(258));
    closesocket(s);
    CloseHandle(port);
}

/// C45, C46, C47: receives fill in issue order; a large send goes out whole, with one packet.
#[test]
fn order_and_wholeness() {
    let port = make_port(1);
    let (s, mut peer) = associated(port, 0);
    let (mut first, mut second) = ([0; 16], [0; 16]);
    let (mut one, mut two) = (overlapped(), overlapped());
    assert_eq!(recv(s, &mut first, &mut one), Err(997));
    assert_eq!(recv(s, &mut second, &mut two), Err(997));
    let all: Vec<u8> = (0..32).collect();
    peer.write_all(&all).unwrap();
    assert_eq!(get(port, u32::MAX), success(16, 0, &one));
    assert_eq!(get(port, u32::MAX), success(16, 0, &two));
    assert_eq!((&first[..], &second[..]), (&all[..16], &all[16..]));
    let large: Vec<u8> = (0..8 << 20).map(|at| (at % 251) as u8).collect();
    let mut ov = overlapped();
    assert_eq!(send(s, &large, &mut ov), Err(997));
    let mut tail = overlapped();
    assert_eq!(send(s, b"tail", &mut tail), Err(997));
    let expected = large.len();
    let reader = std::thread::spawn(move || {
        let mut got = vec![0; expected + 4];
        peer.read_exact(&mut got).unwrap();
        got
    });
    assert_eq!(get(port, u32::MAX), success(8 << 20, 0, &ov));
    assert_eq!(get(port, u32::MAX), success(4, 0, &tail));
    let got = reader.join().unwrap();
    assert!(got[..expected] == large && &got[expected..] == b"tail");
    closesocket(s);
    CloseHandle(port);
}

/// D43: a receive without room waits, and takes nothing.
#[test]
fn an_empty_receive_waits() {
    let port = make_port(1);
    let (s, mut peer) = associated(port, 0);
    let mut ov = overlapped();
    assert_eq!(recv(s, &mut [], &mut ov), Err(997));
    assert_eq!(get(port, 0), nothing(258));
    peer.write_all(b"abc").unwrap();
    assert_eq!(get(port, u32::MAX), success(0, 0, &ov));
    assert_eq!(recv(s, &mut [], &mut ov), Ok(0));
    assert_eq!(get(port, 0), success(0, 0, &ov));
    let mut buffer = [0; 8];
    assert_eq!(recv(s, &mut buffer, &mut ov), Ok(3));
    closesocket(s);
    CloseHandle(port);
}

/// A17: after the close of the port its sockets go on.
#[test]
fn operations_outlive_their_port() {
    let port = make_port(1);
    let (s, mut peer) = associated(port, 0);
    let (mut ov, mut later) = (overlapped(), overlapped());
    let (mut buffer, mut rest) = ([0; 4], [0; 4]);
    assert_eq!(recv(s, &mut buffer, &mut ov), Err(997));
    assert_eq!(CloseHandle(port), 1);
    peer.write_all(b"data").unwrap();
    let internal: *const usize = &raw const ov.Internal;
    // SAFETY: the operation's first word, which lives; it is written by whole stores.
    while unsafe { internal.read_volatile() } == PENDING {
        std::thread::yield_now();
    }
    assert_eq!((ov.InternalHigh, &buffer), (4, b"data"));
    assert_eq!(recv(s, &mut rest, &mut later), Err(997));
    assert_eq!(closesocket(s), 0);
    assert_ne!(later.Internal, PENDING);
}

/// D50, C46: the end of stream goes out after the sends that are pending; D51: a receive that is pending still gets data.
#[test]
fn a_shutdown_waits_for_what_is_pending() {
    let port = make_port(1);
    let (s, mut peer) = associated(port, 0);
    let large = vec![7; 8 << 20];
    let (mut ov, mut incoming) = (overlapped(), overlapped());
    let mut buffer = [0; 4];
    assert_eq!(recv(s, &mut buffer, &mut incoming), Err(997));
    assert_eq!(send(s, &large, &mut ov), Err(997));
    assert_eq!(shutdown(s, 2), 0);
    assert_eq!(send(s, b"x", &mut overlapped()), Err(10058));
    assert_eq!(recv(s, &mut [0; 4], &mut overlapped()), Err(10058));
    peer.write_all(b"last").unwrap();
    assert_eq!(get(port, u32::MAX), success(4, 0, &incoming));
    let reader = std::thread::spawn(move || {
        let mut all = vec![];
        peer.read_to_end(&mut all).unwrap();
        all.len()
    });
    assert_eq!(get(port, u32::MAX), success(8 << 20, 0, &ov));
    assert_eq!(reader.join().unwrap(), 8 << 20);
    closesocket(s);
    CloseHandle(port);
}

/// C28, C29: overlapped calls wait whatever the socket's mode and time-out; without an OVERLAPPED no packet comes.
#[test]
fn overlapped_calls_ignore_the_mode() {
    let port = make_port(1);
    let (s, mut peer) = associated(port, 1);
    let (mut on, time) = (1_u32, 1_u32);
    // SAFETY: a variable of the request's only size.
    assert_eq!(unsafe { ioctlsocket(s, FIONBIO, &mut on) }, 0);
    // SAFETY: a value of four bytes.
    assert_eq!(unsafe { setsockopt(s, 0xFFFF, 0x1006, (&raw const time).cast(), 4) }, 0);
    let (mut buffer, mut ov) = ([0; 4], overlapped());
    assert_eq!(recv(s, &mut buffer, &mut ov), Err(997));
    assert_eq!(get(port, 50), nothing(258));
    peer.write_all(b"data").unwrap();
    assert_eq!(get(port, u32::MAX), success(4, 1, &ov));
    let mut one = wsabuf(&mut buffer);
    let (mut bytes, mut flags) = (0, 0);
    let none = std::ptr::null_mut();
    // SAFETY: without an OVERLAPPED nothing is used longer than the call.
    let result = unsafe { WSARecv(s, &mut one, 1, &mut bytes, &mut flags, none, None) };
    assert_eq!((result, GetLastError()), (-1, 10035));
    // SAFETY: likewise.
    let result = unsafe { WSASend(s, &one, 1, &mut bytes, 0, none, None) };
    assert_eq!((result, bytes, get(port, 0)), (0, 4, nothing(258)));
    closesocket(s);
    CloseHandle(port);
}

/// C26: without an OVERLAPPED a count is due; without either, the data goes out, and then the call fails.
#[test]
fn a_send_without_a_count_sends() {
    let (s, mut peer) = connected();
    let (one, none) = (wsabuf_of(b"echo"), std::ptr::null_mut());
    // SAFETY: data that stay for good; without an OVERLAPPED nothing is used longer than the call.
    let result = unsafe { WSASend(s, &one, 1, none, 0, none.cast(), None) };
    assert_eq!((result, GetLastError()), (-1, 10014));
    closesocket(s);
    let mut all = Vec::new();
    peer.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"echo");
}
