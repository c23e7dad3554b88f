//! What the tests of Winsock share: sockets on the loopback, and short forms of the calls.
//!
//! A short form passes on what the test lends, or null, and the length that the test names, which is never more than was
//! lent. Each answers what its call does.
#![allow(dead_code, unreachable_pub)] // each test file uses some
#![allow(unsafe_code)] // calls the C ABI

use std::mem::{MaybeUninit, size_of};
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
    let mut data = MaybeUninit::uninit();
    // SAFETY: room for what is told, which nobody reads.
    assert_eq!(unsafe { WSAStartup(0x0202, data.as_mut_ptr()) }, 0);
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

fn lent<T>(value: Option<&T>, length: i32) -> *const T {
    value.map_or(ptr::null(), |value| {
        assert!(length <= i32::try_from(size_of::<T>()).unwrap(), "more than is lent");
        ptr::from_ref(value)
    })
}

fn room<T>(value: Option<&mut T>) -> *mut T {
    value.map_or(ptr::null_mut(), ptr::from_mut)
}

/// bind, to an address of any kind.
pub fn bind_to<A>(socket: SOCKET, address: Option<&A>, length: i32) -> i32 {
    let name = lent(address, length).cast();
    // SAFETY: null, or at least so many bytes.
    unsafe { bind(socket, name, length) }
}

/// connect, to an address of any kind.
pub fn connect_to<A>(socket: SOCKET, address: Option<&A>, length: i32) -> i32 {
    let name = lent(address, length).cast();
    // SAFETY: null, or at least so many bytes.
    unsafe { connect(socket, name, length) }
}

/// accept, with no wish for the address.
pub fn accept_one(listener: SOCKET) -> SOCKET {
    // SAFETY: nulls, so nothing is stored.
    unsafe { accept(listener, ptr::null_mut(), ptr::null_mut()) }
}

pub fn set_option<T>(s: SOCKET, level: i32, name: i32, value: Option<&T>, length: i32) -> i32 {
    let value = lent(value, length).cast();
    // SAFETY: null, or at least so many bytes.
    unsafe { setsockopt(s, level, name, value, length) }
}

pub fn get_option<T>(
    socket: SOCKET,
    level: i32,
    name: i32,
    value: Option<&mut T>,
    length: Option<&mut i32>,
) -> i32 {
    lent(value.as_deref(), length.as_deref().map_or(0, |length| *length));
    // SAFETY: nulls, or a variable of at least the length and the length itself.
    unsafe { getsockopt(socket, level, name, room(value).cast(), room(length)) }
}

/// An option of the kernel's, by its own numbers.
pub fn kernel_option(socket: SOCKET, level: i32, name: i32) -> i32 {
    let (mut value, mut length) = (0_i32, 4);
    let fd = i32::try_from(socket).unwrap();
    // SAFETY: room for the four bytes that the length says.
    let result = unsafe { libc::getsockopt(fd, level, name, (&raw mut value).cast(), &mut length) };
    assert_eq!(result, 0);
    value
}

/// Ends with a reset when it is closed.
pub fn reset_at_close(socket: SOCKET) {
    assert_eq!(set_option(socket, SOL_SOCKET, SO_LINGER, Some(&[1_u16, 0]), 4), 0);
}

/// ioctlsocket.
pub fn request(socket: SOCKET, code: i32, argument: Option<&mut u32>) -> i32 {
    // SAFETY: null, or a variable of the only size that there is.
    unsafe { ioctlsocket(socket, code, room(argument)) }
}

pub fn bind_local(socket: SOCKET, port: u16) -> Result<(), i32> {
    checked(bind_to(socket, Some(&loopback(port)), 16))
}

pub fn connect_local(socket: SOCKET, port: u16) -> Result<(), i32> {
    checked(connect_to(socket, Some(&loopback(port)), 16))
}

pub fn name_of(socket: SOCKET) -> Result<SOCKADDR_IN, i32> {
    let (mut name, mut length) = (SOCKADDR_IN::default(), 16);
    // SAFETY: room for the sixteen bytes that the length says.
    checked(unsafe { getsockname(socket, (&raw mut name).cast(), &mut length) }).map(|()| name)
}

pub fn peer_of(socket: SOCKET) -> Result<SOCKADDR_IN, i32> {
    let (mut name, mut length) = (SOCKADDR_IN::default(), 16);
    // SAFETY: room for the sixteen bytes that the length says.
    checked(unsafe { getpeername(socket, (&raw mut name).cast(), &mut length) }).map(|()| name)
}

/// The port that a socket has, in host order.
pub fn port_of(socket: SOCKET) -> u16 {
    u16::from_be(name_of(socket).unwrap().sin_port)
}

/// A description of a protocol, to be filled.
pub fn protocol_info() -> WSAPROTOCOL_INFOA {
    // SAFETY: numbers only: zeros are a value.
    unsafe { std::mem::zeroed() }
}

/// A listener, and its port in host order.
pub fn listener() -> (SOCKET, u16) {
    let socket = stream();
    bind_local(socket, 0).unwrap();
    assert_eq!(listen(socket, 16), 0);
    (socket, port_of(socket))
}

/// closesocket of each, in this order.
#[track_caller]
pub fn close(sockets: &[SOCKET]) {
    for socket in sockets {
        assert_eq!(closesocket(*socket), 0);
    }
}

/// A socket that is connected to a listener.
pub fn client_of(port: u16) -> SOCKET {
    let socket = stream();
    connect_local(socket, port).unwrap();
    socket
}

/// A connection: what was accepted, what has connected.
pub fn pair() -> (SOCKET, SOCKET) {
    let (listener, port) = listener();
    let client = client_of(port);
    let server = accept_one(listener);
    assert_ne!(server, INVALID_SOCKET);
    assert_eq!(closesocket(listener), 0);
    (server, client)
}

/// A port on which nobody listens.
pub fn unused_port() -> u16 {
    let socket = stream();
    bind_local(socket, 0).unwrap();
    let port = port_of(socket);
    assert_eq!(closesocket(socket), 0);
    port
}

pub fn write(socket: SOCKET, data: &[u8]) -> i32 {
    write_with(socket, data, 0)
}

pub fn write_with(socket: SOCKET, data: &[u8], flags: i32) -> i32 {
    // SAFETY: the slice's own length; a blocking send needs it no longer than the call.
    unsafe { send(socket, data.as_ptr().cast(), i32::try_from(data.len()).unwrap(), flags) }
}

pub fn write_to(socket: SOCKET, data: &[u8], to: &SOCKADDR_IN) -> i32 {
    let (length, to) = (i32::try_from(data.len()).unwrap(), ptr::from_ref(to).cast());
    // SAFETY: the slice's own length, and the address's.
    unsafe { sendto(socket, data.as_ptr().cast(), length, 0, to, 16) }
}

pub fn read(socket: SOCKET, room: &mut [u8], flags: i32) -> i32 {
    // SAFETY: the slice's own length.
    unsafe { recv(socket, room.as_mut_ptr().cast(), i32::try_from(room.len()).unwrap(), flags) }
}

pub fn non_blocking(socket: SOCKET) {
    assert_eq!(request(socket, FIONBIO, Some(&mut 1)), 0);
}

pub fn set_of(sockets: &[SOCKET]) -> FD_SET {
    let mut set = FD_SET { fd_count: u32::try_from(sockets.len()).unwrap(), fd_array: [0; 64] };
    set.fd_array[..sockets.len()].copy_from_slice(sockets);
    set
}

/// Longer than any test needs, so that a fault is a failure and not a hang.
pub const LIMIT: TIMEVAL = TIMEVAL { tv_sec: 20, tv_usec: 0 };

/// select; no limit is for ever.
pub fn select_in(sets: [Option<&mut FD_SET>; 3], limit: Option<&TIMEVAL>) -> i32 {
    let [readable, writable, exceptional] = sets.map(room);
    let limit = limit.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: nulls, or sets of no more than 64 sockets, and a time.
    unsafe { select(0, readable, writable, exceptional, limit) }
}

/// WSAPoll.
pub fn poll_all(entries: &mut [WSAPOLLFD], timeout: i32) -> i32 {
    // SAFETY: the slice's own length.
    unsafe { WSAPoll(entries.as_mut_ptr(), u32::try_from(entries.len()).unwrap(), timeout) }
}

/// Waits for it, but not for ever.
pub fn wait_readable(socket: SOCKET) -> bool {
    select_in([Some(&mut set_of(&[socket])), None, None], Some(&LIMIT)) == 1
}

pub fn wait_writable(socket: SOCKET) -> bool {
    select_in([None, Some(&mut set_of(&[socket])), None], Some(&LIMIT)) == 1
}

pub fn wait_exceptional(socket: SOCKET) -> bool {
    select_in([None, None, Some(&mut set_of(&[socket]))], Some(&LIMIT)) == 1
}
