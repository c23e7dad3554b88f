//! What the tests share.

use std::ffi::c_void;
use std::mem::zeroed;
use std::net::{TcpListener, TcpStream};
use std::os::fd::IntoRawFd;
use std::ptr::null_mut;
use std::sync::Once;

pub(crate) use wharf_win32::Win32::Foundation::{CloseHandle, GetLastError, HANDLE, SetLastError};
pub(crate) use wharf_win32::Win32::Networking::WinSock::*;
pub(crate) use wharf_win32::Win32::System::IO::*;

pub(crate) const INVALID: HANDLE = usize::MAX as HANDLE;
pub(crate) const PENDING: usize = 0x103;

pub(crate) fn start() {
    static START: Once = Once::new();
    START.call_once(|| {
        let mut data = unsafe { zeroed() };
        assert_eq!(unsafe { WSAStartup(0x0202, &mut data) }, 0);
    });
}

pub(crate) fn make_port(n: u32) -> HANDLE {
    start();
    let port = CreateIoCompletionPort(INVALID, null_mut(), 0, n);
    assert!(!port.is_null());
    port
}

pub(crate) fn overlapped() -> Box<OVERLAPPED> {
    Box::new(unsafe { zeroed() })
}

pub(crate) fn stream_socket() -> SOCKET {
    start();
    let s = unsafe { WSASocketW(2, 1, 6, std::ptr::null(), 0, 1) };
    assert_ne!(s, INVALID_SOCKET);
    s
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
    let address = libc::sockaddr_in {
        sin_family: 2,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    };
    let name: *const libc::sockaddr_in = &address;
    let fd = i32::try_from(s).unwrap();
    if unsafe { libc::connect(fd, name.cast(), 16) } != 0 {
        let mut entry = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
        assert_eq!(unsafe { libc::poll(&mut entry, 1, 10_000) }, 1);
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
    let ok = unsafe { GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut ov, millis) } != 0;
    Got { ok, bytes, key, ov: ov as usize, error: GetLastError() }
}

pub(crate) fn success(bytes: u32, key: usize, ov: &OVERLAPPED) -> Got {
    Got { ok: true, bytes, key, ov: address(ov), error: 0xdead_beef }
}

pub(crate) fn failure(error: u32, bytes: u32, key: usize, ov: &OVERLAPPED) -> Got {
    Got { ok: false, bytes, key, ov: address(ov), error }
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

/// What a call answers: its bytes, or the last error.
pub(crate) fn recv(s: SOCKET, buffer: &mut [u8], ov: &mut OVERLAPPED) -> Result<u32, u32> {
    let mut one =
        WSABUF { len: u32::try_from(buffer.len()).unwrap(), buf: buffer.as_mut_ptr().cast() };
    let (mut bytes, mut flags) = (0xdead_beef, 0);
    let result = unsafe { WSARecv(s, &mut one, 1, &mut bytes, &mut flags, ov, None) };
    std::hint::black_box(&mut one).len = 7; // C31: the array was captured
    if result == 0 { Ok(bytes) } else { Err(GetLastError()) }
}

pub(crate) fn send(s: SOCKET, buffer: &[u8], ov: &mut OVERLAPPED) -> Result<u32, u32> {
    let one = WSABUF {
        len: u32::try_from(buffer.len()).unwrap(),
        buf: buffer.as_ptr().cast_mut().cast(),
    };
    let mut bytes = 0xdead_beef;
    let result = unsafe { WSASend(s, &one, 1, &mut bytes, 0, ov, None) };
    if result == 0 { Ok(bytes) } else { Err(GetLastError()) }
}

pub(crate) fn give_up(stream: TcpStream) -> c_int {
    stream.into_raw_fd()
}
use std::ffi::c_int;

/// Closes with a reset.
pub(crate) fn reset(stream: TcpStream) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    let value: *const libc::linger = &linger;
    let fd = give_up(stream);
    unsafe {
        libc::setsockopt(fd, libc::SOL_SOCKET, libc::SO_LINGER, value.cast::<c_void>(), 8);
        libc::close(fd);
    }
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
    let mut address = loopback(0);
    let name: *mut libc::sockaddr_in = &mut address;
    let fd = i32::try_from(s).unwrap();
    let mut length = 16;
    unsafe {
        assert_eq!(libc::bind(fd, name.cast(), 16), 0);
        assert_eq!(libc::getsockname(fd, name.cast(), &mut length), 0);
    }
    u16::from_be(address.sin_port)
}

pub(crate) fn listener() -> (SOCKET, u16) {
    let s = stream_socket();
    let port = bind(s);
    assert_eq!(unsafe { libc::listen(i32::try_from(s).unwrap(), 16) }, 0);
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
    let mut bytes = 0;
    let to = buffer.as_mut_ptr().cast();
    let result = unsafe { AcceptEx(listener, acceptor, to, receive, AREA, AREA, &mut bytes, ov) };
    assert_eq!(result, 0);
    GetLastError()
}
