//! What the tests of Winsock share: sockets on the loopback, and short forms of the calls.
#![allow(dead_code, unreachable_pub)] // each test file uses some
#![allow(unsafe_code)] // calls the C ABI
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    clippy::undocumented_unsafe_blocks,
    reason = "every pointer here is to a variable of the test, or is what the test is about"
)]

use std::ptr;

use wharf_win32::Win32::Foundation::GetLastError;
use wharf_win32::Win32::Networking::WinSock::*;

pub const WSAEINTR: i32 = 10004;
pub const WSAEACCES: i32 = 10013;
pub const WSAEFAULT: i32 = 10014;
pub const WSAEINVAL: i32 = 10022;
pub const WSAEWOULDBLOCK: i32 = 10035;
pub const WSAEALREADY: i32 = 10037;
pub const WSAENOTSOCK: i32 = 10038;
pub const WSAEMSGSIZE: i32 = 10040;
pub const WSAENOPROTOOPT: i32 = 10042;
pub const WSAEOPNOTSUPP: i32 = 10045;
pub const WSAEAFNOSUPPORT: i32 = 10047;
pub const WSAEADDRINUSE: i32 = 10048;
pub const WSAEADDRNOTAVAIL: i32 = 10049;
pub const WSAECONNRESET: i32 = 10054;
pub const WSAEISCONN: i32 = 10056;
pub const WSAENOTCONN: i32 = 10057;
pub const WSAESHUTDOWN: i32 = 10058;
pub const WSAETIMEDOUT: i32 = 10060;
pub const WSAECONNREFUSED: i32 = 10061;
pub const WSATRY_AGAIN: i32 = 11002;

pub const MSG_OOB: i32 = 1;
pub const MSG_PEEK: i32 = 2;
pub const MSG_WAITALL: i32 = 8;

pub fn start() {
    let mut data: WSADATA = unsafe { std::mem::zeroed() };
    assert_eq!(unsafe { WSAStartup(0x0202, &mut data) }, 0);
}

pub fn last() -> i32 {
    GetLastError().cast_signed()
}

/// The code of a call that is to fail.
#[track_caller]
pub fn failed(result: i32) -> i32 {
    assert_eq!(result, SOCKET_ERROR, "it succeeded");
    last()
}

fn checked(result: i32) -> Result<(), i32> {
    if result == SOCKET_ERROR { Err(last()) } else { Ok(()) }
}

pub fn stream() -> SOCKET {
    let socket = socket(2, 1, 6);
    assert_ne!(socket, INVALID_SOCKET);
    socket
}

pub fn loopback(port: u16) -> SOCKADDR_IN {
    let sin_addr = IN_ADDR { S_addr: u32::from_ne_bytes([127, 0, 0, 1]) };
    SOCKADDR_IN { sin_family: 2, sin_port: port.to_be(), sin_addr, sin_zero: [0; 8] }
}

pub fn bind_local(socket: SOCKET, port: u16) -> Result<(), i32> {
    checked(unsafe { bind(socket, ptr::from_ref(&loopback(port)).cast(), 16) })
}

pub fn connect_local(socket: SOCKET, port: u16) -> Result<(), i32> {
    checked(unsafe { connect(socket, ptr::from_ref(&loopback(port)).cast(), 16) })
}

pub fn name_of(socket: SOCKET) -> Result<SOCKADDR_IN, i32> {
    let (mut name, mut length) = (SOCKADDR_IN::default(), 16);
    checked(unsafe { getsockname(socket, (&raw mut name).cast(), &mut length) }).map(|()| name)
}

pub fn peer_of(socket: SOCKET) -> Result<SOCKADDR_IN, i32> {
    let (mut name, mut length) = (SOCKADDR_IN::default(), 16);
    checked(unsafe { getpeername(socket, (&raw mut name).cast(), &mut length) }).map(|()| name)
}

/// A listener, and its port in host order.
pub fn listener() -> (SOCKET, u16) {
    let socket = stream();
    bind_local(socket, 0).unwrap();
    assert_eq!(listen(socket, 16), 0);
    (socket, u16::from_be(name_of(socket).unwrap().sin_port))
}

/// A connection: what was accepted, what has connected.
pub fn pair() -> (SOCKET, SOCKET) {
    let (listener, port) = listener();
    let client = stream();
    connect_local(client, port).unwrap();
    let server = unsafe { accept(listener, ptr::null_mut(), ptr::null_mut()) };
    assert_ne!(server, INVALID_SOCKET);
    assert_eq!(closesocket(listener), 0);
    (server, client)
}

/// A port on which nobody listens.
pub fn unused_port() -> u16 {
    let socket = stream();
    bind_local(socket, 0).unwrap();
    let port = u16::from_be(name_of(socket).unwrap().sin_port);
    assert_eq!(closesocket(socket), 0);
    port
}

pub fn write(socket: SOCKET, data: &[u8]) -> i32 {
    unsafe { send(socket, data.as_ptr().cast(), i32::try_from(data.len()).unwrap(), 0) }
}

pub fn read(socket: SOCKET, room: &mut [u8], flags: i32) -> i32 {
    unsafe { recv(socket, room.as_mut_ptr().cast(), i32::try_from(room.len()).unwrap(), flags) }
}

pub fn non_blocking(socket: SOCKET) {
    let mut on = 1;
    assert_eq!(unsafe { ioctlsocket(socket, FIONBIO, &mut on) }, 0);
}

pub fn set_of(sockets: &[SOCKET]) -> FD_SET {
    let mut set = FD_SET { fd_count: u32::try_from(sockets.len()).unwrap(), fd_array: [0; 64] };
    set.fd_array[..sockets.len()].copy_from_slice(sockets);
    set
}

/// Waits for it, but not for ever.
pub fn wait_readable(socket: SOCKET) -> bool {
    let null = ptr::null_mut();
    let limit = TIMEVAL { tv_sec: 20, tv_usec: 0 };
    unsafe { select(0, &mut set_of(&[socket]), null, null, &limit) == 1 }
}

pub fn wait_writable(socket: SOCKET) -> bool {
    let null = ptr::null_mut();
    let limit = TIMEVAL { tv_sec: 20, tv_usec: 0 };
    unsafe { select(0, null, &mut set_of(&[socket]), null, &limit) == 1 }
}
