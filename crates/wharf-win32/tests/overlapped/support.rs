//! What the tests share.
//!
//! Memory and operations that are lent to a call which stays pending live until their end has come: each test waits for the
//! packets of all that it has issued, and drops nothing before.

use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::BorrowedFd;
use std::ptr::{null, null_mut};
use std::sync::Once;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

pub(crate) use wharf_win32::Win32::Foundation::{CloseHandle, GetLastError, HANDLE, SetLastError};
pub(crate) use wharf_win32::Win32::Networking::WinSock::*;
pub(crate) use wharf_win32::Win32::System::IO::*;

pub(crate) const INVALID: HANDLE = usize::MAX as HANDLE;
pub(crate) const PENDING: usize = 0x103;

pub(crate) fn start() {
    static START: Once = Once::new();
    START.call_once(|| {
        let mut data = MaybeUninit::uninit();
        // SAFETY: room for what is told, which nobody reads.
        assert_eq!(unsafe { WSAStartup(0x0202, data.as_mut_ptr()) }, 0);
    });
}

pub(crate) fn make_port(n: u32) -> HANDLE {
    start();
    let port = CreateIoCompletionPort(INVALID, null_mut(), 0, n);
    assert!(!port.is_null());
    port
}

pub(crate) fn overlapped() -> Box<OVERLAPPED> {
    Box::default()
}

/// A socket of IPv4, overlapped or not.
pub(crate) fn make_socket(kind: i32, flags: u32) -> SOCKET {
    start();
    // SAFETY: no description of a protocol: nothing is read.
    unsafe { WSASocketW(2, kind, 0, null(), 0, flags) }
}

pub(crate) fn stream_socket() -> SOCKET {
    let s = make_socket(1, 1);
    assert_ne!(s, INVALID_SOCKET);
    s
}

/// A socket for the kernel's own calls.
fn kernels(s: SOCKET) -> BorrowedFd<'static> {
    // SAFETY: an open socket of the test's, and used for one call, before the test closes it.
    unsafe { BorrowedFd::borrow_raw(i32::try_from(s).unwrap()) }
}

/// Connects a SOCKET to a peer of the standard library's: with the kernel's own call.
pub(crate) fn connected() -> (SOCKET, TcpStream) {
    let s = stream_socket();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    connect_to(s, listener.local_addr().unwrap().port());
    let (peer, _) = listener.accept().unwrap();
    (s, peer)
}

pub(crate) fn connect_to(s: SOCKET, port: u16) {
    if rustix::net::connect(kernels(s), &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)).is_err() {
        let mut entries = [PollFd::from_borrowed_fd(kernels(s), PollFlags::OUT)];
        let limit = Timespec { tv_sec: 10, tv_nsec: 0 };
        assert_eq!(poll(&mut entries, Some(&limit)), Ok(1));
    }
}

/// What GetQueuedCompletionStatus answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) ok: bool,
    pub(crate) bytes: u32,
    pub(crate) key: usize,
    pub(crate) ov: usize,
    pub(crate) error: u32,
}

/// Takes a packet; the variables are preset, and so is the last error.
pub(crate) fn get(port: HANDLE, millis: u32) -> Got {
    let (mut bytes, mut key, mut ov) =
        (0xdead_beef, 0xdead_beef, 0xdead_beef_usize as *mut OVERLAPPED);
    SetLastError(0xdead_beef);
    // SAFETY: three variables of this function.
    let ok = unsafe { GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut ov, millis) } != 0;
    Got { ok, bytes, key, ov: ov as usize, error: GetLastError() }
}

pub(crate) fn success(bytes: u32, key: usize, ov: &OVERLAPPED) -> Got {
    Got { ok: true, bytes, key, ov: address(ov), error: 0xdead_beef }
}

pub(crate) fn failure(error: u32, bytes: u32, key: usize, ov: &OVERLAPPED) -> Got {
    Got { ok: false, bytes, key, ov: address(ov), error }
}

/// GetQueuedCompletionStatusEx, which tells how many it has stored.
pub(crate) fn get_many(
    port: HANDLE,
    entries: &mut [OVERLAPPED_ENTRY],
    removed: &mut u32,
    millis: u32,
    alertable: i32,
) -> i32 {
    let count = u32::try_from(entries.len()).unwrap();
    let array = entries.as_mut_ptr();
    // SAFETY: room for as many entries as the slice has.
    unsafe { GetQueuedCompletionStatusEx(port, array, count, removed, millis, alertable) }
}

/// Nothing was taken.
pub(crate) fn nothing(error: u32) -> Got {
    Got { ok: false, bytes: 0xdead_beef, key: 0xdead_beef, ov: 0, error }
}

pub(crate) fn address(ov: &OVERLAPPED) -> usize {
    std::ptr::from_ref(ov) as usize
}

pub(crate) fn associate(s: SOCKET, port: HANDLE, key: usize) {
    assert_eq!(CreateIoCompletionPort(s as HANDLE, port, key, 0), port);
}

pub(crate) fn wsabuf(buffer: &mut [u8]) -> WSABUF {
    WSABUF { len: u32::try_from(buffer.len()).unwrap(), buf: buffer.as_mut_ptr().cast() }
}

pub(crate) fn wsabuf_of(data: &[u8]) -> WSABUF {
    WSABUF { len: u32::try_from(data.len()).unwrap(), buf: data.as_ptr().cast_mut().cast() }
}

/// A connection whose SOCKET is on a port.
pub(crate) fn associated(port: HANDLE, key: usize) -> (SOCKET, TcpStream) {
    let (s, peer) = connected();
    associate(s, port, key);
    (s, peer)
}

/// What a call answers: its bytes, or the last error.
pub(crate) fn recv(s: SOCKET, buffer: &mut [u8], ov: &mut OVERLAPPED) -> Result<u32, u32> {
    let mut one = wsabuf(buffer);
    let (mut bytes, mut flags) = (0xdead_beef, 0);
    // SAFETY: buffer and operation live until its end (above); all else is used during the call only.
    let result = unsafe { WSARecv(s, &mut one, 1, &mut bytes, &mut flags, ov, None) };
    std::hint::black_box(&mut one).len = 7; // C31: the array was captured
    if result == 0 { Ok(bytes) } else { Err(GetLastError()) }
}

pub(crate) fn send(s: SOCKET, buffer: &[u8], ov: &mut OVERLAPPED) -> Result<u32, u32> {
    let one = wsabuf_of(buffer);
    let mut bytes = 0xdead_beef;
    // SAFETY: data, which are read only, and operation live until its end (above).
    let result = unsafe { WSASend(s, &one, 1, &mut bytes, 0, ov, None) };
    if result == 0 { Ok(bytes) } else { Err(GetLastError()) }
}

/// Waits until the kernel knows that the peer has ended or reset the connection.
pub(crate) fn await_end(s: SOCKET) {
    let mut entries = [PollFd::from_borrowed_fd(kernels(s), PollFlags::RDHUP)];
    let limit = Timespec { tv_sec: 10, tv_nsec: 0 };
    assert_eq!(poll(&mut entries, Some(&limit)), Ok(1));
}

/// Closes with a reset.
pub(crate) fn reset(stream: TcpStream) {
    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO)).unwrap();
}

/// An IPv4 address of this machine.
pub(crate) fn loopback(port: u16) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: 2,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    }
}

/// Binds with the kernel's own call; answers the port.
pub(crate) fn bind(s: SOCKET) -> u16 {
    rustix::net::bind(kernels(s), &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
    let name = rustix::net::getsockname(kernels(s)).unwrap();
    SocketAddrV4::try_from(name).unwrap().port()
}

pub(crate) fn listener() -> (SOCKET, u16) {
    let s = stream_socket();
    let port = bind(s);
    rustix::net::listen(kernels(s), 16).unwrap();
    (s, port)
}

/// The address areas of AcceptEx for IPv4.
pub(crate) const AREA: u32 = 32;

pub(crate) fn accept(
    listener: SOCKET,
    acceptor: SOCKET,
    buffer: &mut [u8],
    receive: u32,
    ov: *mut OVERLAPPED,
) -> u32 {
    let needed = receive as usize + 2 * AREA as usize;
    assert!(buffer.len() >= needed, "room for data and addresses");
    let mut bytes = 0;
    let to = buffer.as_mut_ptr().cast();
    // SAFETY: the test's buffer has room for the addresses too, and lives, with the operation, until its end (above).
    let result = unsafe { AcceptEx(listener, acceptor, to, receive, AREA, AREA, &mut bytes, ov) };
    assert_eq!(result, 0);
    GetLastError()
}
