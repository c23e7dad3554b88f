//! WSAAccept: the condition function decides.
#![allow(unsafe_code)] // calls the C ABI

mod winsock;

use std::ffi::c_void;
use std::ptr;

use wharf_win32::Win32::Networking::WinSock::*;
use winsock::*;

/// The word says what to answer; the caller's address has to be there.
unsafe extern "C" fn decide(
    caller: *mut WSABUF,
    data: *mut WSABUF,
    sending: *mut c_void,
    _group_sending: *mut c_void,
    callee: *mut WSABUF,
    _callee_data: *mut WSABUF,
    _group: *mut u32,
    word: usize,
) -> i32 {
    let buffer = |at: *mut WSABUF| {
        // SAFETY: WSAAccept lends its condition function three descriptions, for the call.
        unsafe { *at }
    };
    let [caller, callee, data] = [caller, callee, data].map(buffer);
    let family = |buffer: WSABUF| {
        // SAFETY: the address described, which has more than the two bytes that say of what family it is.
        unsafe { buffer.buf.cast::<u16>().read_unaligned() }
    };
    assert_eq!((caller.len, family(caller), callee.len, family(callee)), (16, 2, 16, 2));
    assert!(data.len == 0 && sending.is_null());
    i32::try_from(word).unwrap()
}

fn take(listener: SOCKET, word: usize) -> Result<SOCKET, i32> {
    let (mut from, mut length) = (SOCKADDR_IN::default(), 16);
    // SAFETY: room for the sixteen bytes that the length says; `decide` takes its word for a number.
    let accepted =
        unsafe { WSAAccept(listener, (&raw mut from).cast(), &mut length, Some(decide), word) };
    if accepted == INVALID_SOCKET { Err(last()) } else { Ok(accepted) }
}

/// CF_ACCEPT, CF_REJECT (WSAECONNREFUSED, and the client is reset), CF_DEFER (WSATRY_AGAIN, and it stays).
#[test]
fn accept_reject_defer() {
    start();
    let (listener, port) = listener();
    let client = client_of(port);
    assert_eq!(take(listener, 2), Err(WSATRY_AGAIN));
    assert_eq!(take(listener, 2), Err(WSATRY_AGAIN));
    assert!(wait_readable(listener), "what was put off is still there");
    let server = take(listener, 0).unwrap();
    assert_eq!((write(client, b"x"), read(server, &mut [0; 4], 0)), (1, 1));
    let refused = client_of(port);
    assert_eq!(take(listener, 1), Err(WSAECONNREFUSED));
    assert_eq!(failed(read(refused, &mut [0; 4], 0)), WSAECONNRESET);
    non_blocking(listener);
    assert_eq!(take(listener, 0), Err(WSAEWOULDBLOCK));
    close(&[listener, client, server, refused]);
}

/// An address that does not fit fails the call and leaves the connection; WSAEINVAL without listen, WSAEOPNOTSUPP for
/// datagrams.
#[test]
fn bad_arguments() {
    start();
    let (listener, port) = listener();
    let client = client_of(port);
    let mut from = SOCKADDR_IN::default();
    let mut with_length = |length: Option<&mut i32>| {
        let length = length.map_or(ptr::null_mut(), ptr::from_mut);
        // SAFETY: room for an address; a length that is null or too short is refused.
        unsafe { accept(listener, (&raw mut from).cast(), length) }
    };
    let failed = |accepted: SOCKET| {
        assert_eq!(accepted, INVALID_SOCKET);
        last()
    };
    assert_eq!(failed(with_length(Some(&mut 15))), WSAEFAULT);
    assert_eq!(failed(with_length(None)), WSAEFAULT);
    let server = accept_one(listener);
    assert_ne!(server, INVALID_SOCKET);
    assert_eq!(failed(accept_one(client)), WSAEINVAL);
    let datagrams = socket(2, 2, 0);
    assert_eq!(failed(accept_one(datagrams)), WSAEOPNOTSUPP);
    close(&[listener, client, server, datagrams]);
}
