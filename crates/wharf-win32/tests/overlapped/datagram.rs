//! WSARecvFrom and WSASendTo on UDP.

use std::net::UdpSocket;
use std::ptr::null_mut;

use crate::support::*;

fn socket() -> (SOCKET, u16) {
    let s = make_socket(2, 1);
    (s, bind(s))
}

fn receive(
    s: SOCKET,
    buffer: &mut [u8],
    from: &mut SOCKADDR_IN,
    length: &mut i32,
    ov: *mut OVERLAPPED,
) -> Result<u32, u32> {
    let mut one = wsabuf(buffer);
    let (mut bytes, mut flags) = (0, 0);
    let name: *mut SOCKADDR_IN = from;
    // SAFETY: buffer, name, length and operation live until its end (see `support`).
    let result = unsafe {
        WSARecvFrom(s, &mut one, 1, &mut bytes, &mut flags, name.cast(), length, ov, None)
    };
    if result == 0 { Ok(bytes) } else { Err(GetLastError()) }
}

fn send_to(s: SOCKET, buffer: &[u8], port: u16, ov: *mut OVERLAPPED) -> Result<u32, u32> {
    let one = wsabuf_of(buffer);
    let to = loopback(port);
    let name: *const libc::sockaddr_in = &to;
    let mut bytes = 0;
    // SAFETY: the name is captured by the call; data and operation live until its end (see `support`).
    let result = unsafe { WSASendTo(s, &one, 1, &mut bytes, 0, name.cast(), 16, ov, None) };
    if result == 0 { Ok(bytes) } else { Err(GetLastError()) }
}

/// D58, D60, D61, C25: datagrams with their senders, an empty one, one that is too long, too little room for an address.
#[test]
fn datagrams_come_with_their_senders() {
    let port = make_port(1);
    let (s, at) = socket();
    associate(s, port, 3);
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (mut from, mut length) = (SOCKADDR_IN::default(), 16);
    let (mut buffer, mut ov) = ([0; 4], overlapped());
    assert_eq!(receive(s, &mut buffer, &mut from, &mut length, &mut *ov), Err(997));
    peer.send_to(b"abc", ("127.0.0.1", at)).unwrap();
    assert_eq!(get(port, u32::MAX), success(3, 3, &ov));
    assert_eq!((length, from.sin_family), (16, 2));
    assert_eq!(u16::from_be(from.sin_port), peer.local_addr().unwrap().port());
    peer.send_to(b"", ("127.0.0.1", at)).unwrap();
    assert_eq!(receive(s, &mut buffer, &mut from, &mut length, &mut *ov), Ok(0));
    assert_eq!(get(port, u32::MAX), success(0, 3, &ov));
    // Too long: pending as far as the call knows, then a failure that has filled the buffer.
    peer.send_to(b"123456", ("127.0.0.1", at)).unwrap();
    assert_eq!(receive(s, &mut buffer, &mut from, &mut length, &mut *ov), Err(997));
    assert_eq!(get(port, u32::MAX), failure(234, 4, 3, &ov));
    assert_eq!(&buffer, b"1234");
    let mut short = 1;
    peer.send_to(b"kept", ("127.0.0.1", at)).unwrap();
    assert_eq!(receive(s, &mut buffer, &mut from, &mut short, &mut *ov), Err(10014));
    assert_eq!(receive(s, &mut buffer, &mut from, &mut length, null_mut()), Ok(4));
    assert_eq!(&buffer, b"kept");
    assert_eq!(send_to(s, b"back", peer.local_addr().unwrap().port(), &mut *ov), Ok(4));
    assert_eq!(get(port, u32::MAX), success(4, 3, &ov));
    let mut got = [0; 8];
    assert_eq!(peer.recv(&mut got).unwrap(), 4);
    assert_eq!(get(port, 0), nothing(258));
    closesocket(s);
    CloseHandle(port);
}

/// D62, D64: a datagram that found nobody is told by a receive, of a socket without a peer too; sends go on.
#[test]
fn a_port_unreachable_is_told_by_a_receive() {
    let port = make_port(1);
    let (s, _) = socket();
    associate(s, port, 3);
    let deaf = UdpSocket::bind("127.0.0.1:0").unwrap();
    let nobody = deaf.local_addr().unwrap().port();
    drop(deaf);
    let (mut from, mut length) = (SOCKADDR_IN::default(), 16);
    let (mut buffer, mut ov) = ([0; 4], overlapped());
    assert_eq!(receive(s, &mut buffer, &mut from, &mut length, &mut *ov), Err(997));
    assert_eq!(send_to(s, b"x", nobody, null_mut()), Ok(1));
    assert_eq!(get(port, u32::MAX), failure(1234, 0, 3, &ov));
    for _ in 0..3 {
        assert_eq!(send_to(s, b"x", nobody, null_mut()), Ok(1));
    }
    assert_eq!(receive(s, &mut buffer, &mut from, &mut length, &mut *ov), Err(10054));
    assert_eq!(get(port, 0), nothing(258));
    closesocket(s);
    CloseHandle(port);
}

/// D65: unbound, unconnected.
#[test]
fn refusals() {
    let s = make_socket(2, 1);
    let mut ov = overlapped();
    assert_eq!(recv(s, &mut [0; 4], &mut ov), Err(10022));
    assert_eq!(send(s, b"x", &mut ov), Err(10057));
    assert_eq!(send_to(s, b"x", 0, null_mut()), Ok(1));
    closesocket(s);
}

type RecvMsg = unsafe extern "C" fn(
    SOCKET,
    *mut WSAMSG,
    *mut u32,
    *mut OVERLAPPED,
    LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) -> i32;

/// D67, D68: a message comes with the address that it was sent to; control data that do not fit are said to be cut.
#[test]
fn messages_carry_control_data() {
    let port = make_port(1);
    let (s, at) = socket();
    associate(s, port, 3);
    let id = GUID {
        data1: 0xf689_d7c8,
        data2: 0x6f1f,
        data3: 0x436b,
        data4: [0x8a, 0x53, 0xe5, 0x4f, 0xe3, 0x51, 0xc3, 0x22],
    };
    // SAFETY: WSARecvMsg is what the id names, and this is its type.
    let receive: RecvMsg = unsafe { std::mem::transmute(crate::connect::extension(s, id)) };
    let on = 1_i32;
    let value: *const i32 = &on;
    let fd = i32::try_from(s).unwrap();
    // SAFETY: a value of four bytes.
    let set = unsafe { libc::setsockopt(fd, 0, libc::IP_PKTINFO, value.cast(), 4) };
    assert_eq!(set, 0);
    let (peer, other) = socket();
    let (mut from, mut to) = (SOCKADDR_IN::default(), loopback(at));
    let (mut buffer, mut control) = ([0_u8; 8], [0_u8; 64]);
    let mut one = WSABUF { len: 8, buf: buffer.as_mut_ptr().cast() };
    let mut ov = overlapped();
    for room in [64, 8] {
        let mut message = WSAMSG {
            name: (&raw mut from).cast(),
            namelen: 16,
            lpBuffers: &mut one,
            dwBufferCount: 1,
            Control: WSABUF { len: room, buf: control.as_mut_ptr().cast() },
            dwFlags: 0,
        };
        // SAFETY: message, buffers and operation live until the packet, which this turn waits for.
        let result = unsafe { receive(s, &mut message, null_mut(), &mut *ov, None) };
        assert_eq!((result, GetLastError()), (-1, 997));
        let mut data = WSABUF { len: 3, buf: c"abc".as_ptr().cast_mut() };
        let mut sent = WSAMSG {
            name: (&raw mut to).cast(),
            namelen: 16,
            lpBuffers: &mut data,
            dwBufferCount: 1,
            Control: WSABUF { len: 0, buf: null_mut() },
            dwFlags: 0,
        };
        let mut bytes = 0;
        // SAFETY: all that the message names, for a call that sends before it returns.
        let result = unsafe { WSASendMsg(peer, &mut sent, 0, &mut bytes, null_mut(), None) };
        assert_eq!((result, bytes), (0, 3));
        if room == 64 {
            assert_eq!(get(port, u32::MAX), success(3, 3, &ov));
            assert_eq!((message.dwFlags, message.Control.len), (0, 24));
            // Length, level, type 19; then the address and its interface.
            assert_eq!((control[0], control[8], control[12]), (24, 0, 19));
            assert_eq!(&control[16..20], [127, 0, 0, 1]);
            assert_eq!((u16::from_be(from.sin_port), &buffer[..3]), (other, &b"abc"[..]));
        } else {
            assert_eq!(get(port, u32::MAX), failure(234, 3, 3, &ov));
            assert_eq!(message.dwFlags, 0x200);
        }
    }
    let (stream, _peer) = connected();
    let mut bytes = 0;
    let mut message = WSAMSG::default();
    let call = |s, message: *mut WSAMSG, bytes: *mut u32| {
        // SAFETY: null, or an empty message and a variable of this test, for a call that is refused.
        let result = unsafe { WSASendMsg(s, message, 0, bytes, null_mut(), None) };
        (result, GetLastError())
    };
    assert_eq!(call(INVALID_SOCKET, &mut message, &mut bytes), (-1, 10038));
    assert_eq!(call(peer, null_mut(), &mut bytes), (-1, 10014));
    assert_eq!(call(peer, &mut message, null_mut()), (-1, 10014));
    assert_eq!(call(stream, &mut message, &mut bytes), (-1, 10022));
    for s in [s, peer, stream] {
        closesocket(s);
    }
    CloseHandle(port);
}
