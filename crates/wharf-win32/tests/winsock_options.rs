//! Options and ioctls of real sockets, by the contract's numbers; what the kernel has is asked by its own names.
#![allow(unsafe_code)] // calls the C ABI

mod winsock;

use std::ptr;
use std::time::{Duration, Instant};

use wharf_win32::Win32::Networking::WinSock::*;
use winsock::*;

const IPPROTO_IP: i32 = 0;
const SO_REUSEADDR: i32 = 4;
const SO_EXCLUSIVEADDRUSE: i32 = !4;
const SO_KEEPALIVE: i32 = 8;
const SO_BROADCAST: i32 = 0x20;
const SO_DONTLINGER: i32 = !0x80;
const SO_SNDBUF: i32 = 0x1001;
const SO_RCVBUF: i32 = 0x1002;
const SO_RCVTIMEO: i32 = 0x1006;
const SO_ERROR: i32 = 0x1007;
const SO_TYPE: i32 = 0x1008;
const SO_PROTOCOL_INFOA: i32 = 0x2004;
const SO_UPDATE_ACCEPT_CONTEXT: i32 = 0x700B;
const SO_CONNECT_TIME: i32 = 0x700C;
const SO_UPDATE_CONNECT_CONTEXT: i32 = 0x7010;

fn set(socket: SOCKET, level: i32, name: i32, value: u32) -> Result<(), i32> {
    if set_option(socket, level, name, Some(&value), 4) == 0 { Ok(()) } else { Err(last()) }
}

fn get(socket: SOCKET, level: i32, name: i32) -> Result<u32, i32> {
    let (mut value, mut length) = (0xdead_beef_u32, 4);
    let result = get_option(socket, level, name, Some(&mut value), Some(&mut length));
    if result != 0 {
        assert_eq!(value, 0xdead_beef, "nothing is stored");
        return Err(last());
    }
    assert_eq!(length, 4);
    Ok(value)
}

/// Windows' numbers reach the kernel's options, and come back.
#[test]
fn numbers_are_translated() {
    start();
    let one = stream();
    for (level, name, value, linux_level, linux) in [
        (SOL_SOCKET, SO_KEEPALIVE, 1, libc::SOL_SOCKET, libc::SO_KEEPALIVE),
        (6, 1, 1, libc::IPPROTO_TCP, libc::TCP_NODELAY),
        (6, 3, 77, libc::IPPROTO_TCP, libc::TCP_KEEPIDLE),
        (6, 16, 7, libc::IPPROTO_TCP, libc::TCP_KEEPCNT),
        (IPPROTO_IP, 4, 33, libc::IPPROTO_IP, libc::IP_TTL),
    ] {
        assert!(get(one, level, name).is_ok(), "{level} {name}");
        set(one, level, name, value).unwrap();
        assert_eq!(get(one, level, name), Ok(value), "{level} {name}");
        assert_eq!(kernel_option(one, linux_level, linux), value.cast_signed(), "{level} {name}");
    }
    for (name, size) in [(SO_SNDBUF, 100_000), (SO_RCVBUF, 50_000), (SO_SNDBUF, 0)] {
        set(one, SOL_SOCKET, name, size).unwrap();
        assert_eq!(get(one, SOL_SOCKET, name), Ok(size));
    }
    assert_eq!(get(one, SOL_SOCKET, SO_TYPE), Ok(1));
    assert_eq!(get(one, SOL_SOCKET, SO_ERROR), Ok(0));
    assert_eq!(closesocket(one), 0);
    let six = socket(23, 2, 17);
    assert_eq!(get(six, 41, 27), Ok(1), "IPV6_V6ONLY is on (D79)");
    set(six, 41, 27, 0).unwrap();
    assert_eq!(kernel_option(six, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY), 0);
    set(six, 41, 14, 1).unwrap();
    assert_eq!(get(six, 41, 14), Ok(1));
    set(six, 41, 10, 5).unwrap();
    assert_eq!(kernel_option(six, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_HOPS), 5);
    assert_eq!(closesocket(six), 0);
}

/// Each wrong argument has its code.
#[test]
fn bad_arguments() {
    start();
    let (one, datagrams) = (stream(), socket(2, 2, 17));
    let value = 1_u32;
    let refused = |name, value, length| failed(set_option(one, SOL_SOCKET, name, value, length));
    assert_eq!(refused(SO_RCVTIMEO, Some(&value), 3), WSAEFAULT);
    assert_eq!(refused(SO_RCVTIMEO, None, 4), WSAEFAULT);
    assert_eq!(refused(SO_KEEPALIVE, Some(&value), 0), WSAEFAULT);
    assert_eq!(refused(SO_LINGER, Some(&value), 2), WSAEFAULT);
    assert_eq!(set_option(one, SOL_SOCKET, SO_KEEPALIVE, Some(&value), 1), 0);
    assert_eq!(
        failed(set_option(INVALID_SOCKET, SOL_SOCKET, SO_KEEPALIVE, Some(&value), 4)),
        WSAENOTSOCK
    );
    let mut room = 0_u32;
    let ask = |name, room: Option<&mut u32>, length: Option<&mut i32>| {
        get_option(one, SOL_SOCKET, name, room, length)
    };
    assert_eq!(failed(ask(SO_TYPE, Some(&mut room), Some(&mut 2))), WSAEFAULT);
    assert_eq!(failed(ask(SO_TYPE, Some(&mut room), None)), WSAEFAULT);
    assert_eq!(failed(ask(SO_TYPE, None, Some(&mut 4))), WSAEFAULT);
    // A flag in one byte.
    let mut length = 1;
    let answer = ask(SO_KEEPALIVE, Some(&mut room), Some(&mut length));
    assert_eq!((answer, room, length), (0, 1, 1));
    assert_eq!(set(one, SOL_SOCKET, 0x7777, 1), Err(WSAENOPROTOOPT));
    assert_eq!(set(one, 99, 1, 1), Err(WSAEINVAL));
    assert_eq!(set(one, SOL_SOCKET, SO_BROADCAST, 1), Err(WSAENOPROTOOPT));
    assert_eq!(set(datagrams, SOL_SOCKET, SO_KEEPALIVE, 1), Err(WSAENOPROTOOPT));
    assert_eq!(set(datagrams, SOL_SOCKET, SO_DONTLINGER, 1), Err(WSAENOPROTOOPT));
    assert_eq!(set(datagrams, 6, 1, 1), Err(WSAENOPROTOOPT));
    assert_eq!(set(one, 41, 27, 1), Err(WSAEINVAL));
    close(&[one, datagrams]);
}

/// D79, the rows that hold on Linux too: plain and plain, one that shares, both that share, exclusive, families.
#[test]
fn who_may_have_an_address() {
    start();
    let prepared = |option: Option<i32>, port: u16| {
        let socket = stream();
        if let Some(option) = option {
            set(socket, SOL_SOCKET, option, 1).unwrap();
        }
        bind_local(socket, port).map(|()| socket)
    };
    let share = Some(SO_REUSEADDR);
    for listens in [false, true] {
        let (first, port) = if listens {
            listener()
        } else {
            let first = prepared(None, 0).unwrap();
            (first, port_of(first))
        };
        assert_eq!(prepared(None, port), Err(WSAEADDRINUSE), "{listens}");
        assert_eq!(prepared(share, port), Err(WSAEACCES), "{listens}");
        assert_eq!(prepared(Some(SO_EXCLUSIVEADDRUSE), port), Err(WSAEADDRINUSE), "{listens}");
        assert_eq!(closesocket(first), 0);
    }
    // Both share: even while the first one listens, and both may listen.
    let first = prepared(share, 0).unwrap();
    let port = port_of(first);
    assert_eq!(listen(first, 1), 0);
    let second = prepared(share, port).unwrap();
    assert_eq!(listen(second, 1), 0);
    assert_eq!(prepared(None, port), Err(WSAEADDRINUSE));
    close(&[first, second]);
    // IPv6 and IPv4 do not collide.
    let (four, six) = (stream(), socket(23, 1, 6));
    let any = SOCKADDR_IN { sin_family: 2, ..Default::default() };
    assert_eq!(bind_to(four, Some(&any), 16), 0);
    let port = name_of(four).unwrap().sin_port;
    let any = SOCKADDR_IN6 { sin6_family: 23, sin6_port: port, ..Default::default() };
    assert_eq!(bind_to(six, Some(&any), 28), 0);
    // One option excludes the other.
    let one = stream();
    set(one, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1).unwrap();
    assert_eq!(set(one, SOL_SOCKET, SO_REUSEADDR, 1), Err(WSAEINVAL));
    close(&[four, six, one]);
}

/// D79: a wildcard and a specific address have a port beside each other, and the specific one gets what is for it.
#[test]
fn wildcard_and_specific() {
    start();
    for specific_first in [false, true] {
        let (wild, specific) = (stream(), stream());
        let mut any = SOCKADDR_IN { sin_family: 2, ..Default::default() };
        let port = if specific_first {
            bind_local(specific, 0).unwrap();
            any.sin_port = name_of(specific).unwrap().sin_port;
            assert_eq!(listen(specific, 4), 0);
            assert_eq!(bind_to(wild, Some(&any), 16), 0, "{}", last());
            assert_eq!(listen(wild, 4), 0);
            u16::from_be(any.sin_port)
        } else {
            assert_eq!(bind_to(wild, Some(&any), 16), 0);
            assert_eq!(listen(wild, 4), 0);
            let port = port_of(wild);
            bind_local(specific, port).unwrap();
            assert_eq!(listen(specific, 4), 0, "{}", last());
            port
        };
        let client = client_of(port);
        assert!(wait_readable(specific));
        non_blocking(wild);
        assert_eq!(accept_one(wild), INVALID_SOCKET);
        let third = stream();
        assert_eq!(bind_local(third, port), Err(WSAEADDRINUSE));
        close(&[wild, specific, client, third]);
    }
    let wild = stream();
    set(wild, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1).unwrap();
    let any = SOCKADDR_IN { sin_family: 2, ..Default::default() };
    assert_eq!(bind_to(wild, Some(&any), 16), 0);
    let specific = stream();
    let port = port_of(wild);
    assert_eq!(bind_local(specific, port), Err(WSAEACCES));
    close(&[wild, specific]);
}

/// D79: a server rebinds over the connections that its predecessor closed first, without any option.
#[test]
fn a_server_restarts() {
    start();
    let (first, port) = listener();
    let client = client_of(port);
    let server = accept_one(first);
    // The server's side closes first, and so has the connection's end to remember.
    assert_eq!((closesocket(server), read(client, &mut [0; 4], 0)), (0, 0));
    close(&[client, first]);
    let second = stream();
    bind_local(second, port).unwrap();
    assert_eq!(listen(second, 1), 0);
    assert_eq!(closesocket(second), 0);
    // UDP shares or not.
    let one = socket(2, 2, 17);
    bind_local(one, 0).unwrap();
    let port = port_of(one);
    let two = socket(2, 2, 17);
    assert_eq!(bind_local(two, port), Err(WSAEADDRINUSE));
    set(two, SOL_SOCKET, SO_REUSEADDR, 1).unwrap();
    assert_eq!(bind_local(two, port), Err(WSAEACCES));
    close(&[one, two]);
}

/// SO_RCVTIMEO in milliseconds ends a blocking receive with WSAETIMEDOUT, and no accept.
#[test]
fn receive_timeout() {
    start();
    let (server, client) = pair();
    set(server, SOL_SOCKET, SO_RCVTIMEO, 30).unwrap();
    assert_eq!(get(server, SOL_SOCKET, SO_RCVTIMEO), Ok(30));
    let began = Instant::now();
    assert_eq!(failed(read(server, &mut [0; 4], 0)), WSAETIMEDOUT);
    assert!(began.elapsed() >= Duration::from_millis(30));
    assert_eq!(write(client, b"late"), 4);
    assert_eq!(read(server, &mut [0; 4], MSG_WAITALL), 4);
    close(&[server, client]);
}

/// SO_LINGER and SO_DONTLINGER are two views of one thing.
#[test]
fn linger() {
    start();
    let one = stream();
    let mut linger = [1_u16, 7];
    let mut length = 4;
    assert_eq!(set_option(one, SOL_SOCKET, SO_LINGER, Some(&linger), 4), 0);
    assert_eq!(get(one, SOL_SOCKET, SO_DONTLINGER), Ok(0));
    linger = [9, 9];
    let (out, stored) = (Some(&mut linger), Some(&mut length));
    assert_eq!(get_option(one, SOL_SOCKET, SO_LINGER, out, stored), 0);
    assert_eq!((linger, length), ([1, 7], 4));
    set(one, SOL_SOCKET, SO_DONTLINGER, 1).unwrap();
    assert_eq!(get(one, SOL_SOCKET, SO_DONTLINGER), Ok(1));
    assert_eq!(closesocket(one), 0);
}

/// D26, D27, D28, D36: contexts, inheritance, and how long a connection stands.
#[test]
fn contexts() {
    start();
    let (listener, port) = listener();
    set(listener, SOL_SOCKET, SO_KEEPALIVE, 1).unwrap();
    set(listener, SOL_SOCKET, SO_RCVTIMEO, 12345).unwrap();
    set(listener, 6, 1, 1).unwrap();
    let client = stream();
    assert_eq!(get(client, SOL_SOCKET, SO_CONNECT_TIME), Ok(u32::MAX));
    connect_local(client, port).unwrap();
    assert!(get(client, SOL_SOCKET, SO_CONNECT_TIME).unwrap() < 60);
    let server = accept_one(listener);
    assert_eq!(get(server, SOL_SOCKET, SO_KEEPALIVE), Ok(1));
    assert_eq!(get(server, SOL_SOCKET, SO_RCVTIMEO), Ok(12345));
    assert_eq!(get(server, 6, 1), Ok(1));
    let update = |socket, value: &SOCKET, length| {
        set_option(socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, Some(value), length)
    };
    assert_eq!(update(server, &listener, 8), 0);
    assert_eq!(failed(update(server, &listener, 4)), WSAEFAULT);
    assert_eq!(failed(update(server, &client, 8)), WSAEINVAL);
    assert_eq!(failed(update(server, &INVALID_SOCKET, 8)), WSAENOTSOCK);
    let connected =
        |socket| set_option::<SOCKET>(socket, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, None, 0);
    assert_eq!(connected(client), 0);
    let fresh = stream();
    assert_eq!(failed(update(fresh, &listener, 8)), WSAENOTCONN);
    assert_eq!(failed(connected(fresh)), WSAENOTCONN);
    let (mut info, mut length) = (protocol_info(), 372);
    let (out, stored) = (Some(&mut info), Some(&mut length));
    assert_eq!(get_option(fresh, SOL_SOCKET, SO_PROTOCOL_INFOA, out, stored), 0);
    assert_eq!((info.iAddressFamily, info.iSocketType, info.iProtocol, length), (2, 1, 6, 372));
    assert_eq!(closesocket(fresh), 0);
    close(&[listener, client, server]);
}

/// FIONREAD, FIONBIO and what is none.
#[test]
fn requests() {
    start();
    let (server, client) = pair();
    let mut number = 7_u32;
    assert_eq!((request(server, FIONREAD, Some(&mut number)), number), (0, 0));
    assert_eq!(write(client, b"12345"), 5);
    assert!(wait_readable(server));
    assert_eq!((request(server, FIONREAD, Some(&mut number)), number), (0, 5));
    assert_eq!((request(server, SIOCATMARK, Some(&mut number)), number), (0, 1));
    assert_eq!(failed(request(server, FIONBIO, None)), WSAEFAULT);
    assert_eq!(failed(request(server, 0x1234_5678, Some(&mut number))), WSAEOPNOTSUPP);
    assert_eq!(failed(request(INVALID_SOCKET, FIONBIO, Some(&mut number))), WSAENOTSOCK);
    close(&[server, client]);
}

/// The catalogue: two types of two families, and a filter.
#[test]
fn protocols() {
    start();
    let (mut length, mut infos) = (0, [protocol_info(); 4]);
    // SAFETY: room of no length, so nothing is stored but how much it takes.
    let none = unsafe { WSAEnumProtocolsA(ptr::null(), ptr::null_mut(), &mut length) };
    assert_eq!((failed(none), length), (10055, 4 * 372));
    let mut list = |filter: Option<&[i32; 2]>| {
        let filter = filter.map_or(ptr::null(), |filter| filter.as_ptr());
        // SAFETY: the filter is null or ends with a zero, and there is room for all four, which the length says.
        let count = unsafe { WSAEnumProtocolsA(filter, infos.as_mut_ptr(), &mut length) };
        (count, infos)
    };
    let (count, infos) = list(None);
    assert_eq!((count, infos[0].dwServiceFlags1), (4, 0x20066));
    assert_eq!(infos[1].dwServiceFlags1, 0x20609);
    let (count, infos) = list(Some(&[17, 0]));
    assert_eq!((count, infos[1].iAddressFamily, infos[1].iSocketType), (2, 23, 2));
}

/// Multicast by Windows' numbers: join, send to the group, receive, leave.
#[test]
fn multicast() {
    start();
    let one = socket(2, 2, 17);
    bind_local(one, 0).unwrap();
    let port = name_of(one).unwrap().sin_port;
    assert_eq!(closesocket(one), 0);
    let (one, two) = (socket(2, 2, 17), socket(2, 2, 17));
    let any = SOCKADDR_IN { sin_family: 2, sin_port: port, ..Default::default() };
    let group = [239_u8, 255, 77, 7];
    let membership = [group, [127, 0, 0, 1]];
    let member = |name, length| set_option(one, IPPROTO_IP, name, Some(&membership), length);
    assert_eq!(bind_to(one, Some(&any), 16), 0);
    assert_eq!(member(12, 8), 0, "{}", last());
    assert_eq!(failed(member(12, 7)), WSAEFAULT);
    assert_eq!(set_option(two, IPPROTO_IP, 9, Some(&[127_u8, 0, 0, 1]), 4), 0);
    set(two, IPPROTO_IP, 11, 1).unwrap();
    let to = SOCKADDR_IN { sin_addr: IN_ADDR { S_addr: u32::from_ne_bytes(group) }, ..any };
    assert_eq!(write_to(two, b"hi", &to), 2, "{}", last());
    set(one, SOL_SOCKET, SO_RCVTIMEO, 20_000).unwrap();
    assert_eq!(read(one, &mut [0; 4], 0), 2);
    assert_eq!(member(13, 8), 0);
    assert_eq!(failed(member(13, 8)), WSAEADDRNOTAVAIL);
    close(&[one, two]);
}
