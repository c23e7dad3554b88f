//! send, sendto, recv and recvfrom: the calls of `overlapped` with one buffer and no OVERLAPPED.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_char;
use std::ptr;

use wharf_core::status::code;

use super::memory;
use super::sockaddr::SOCKADDR;
use crate::error::GetLastError;
use crate::guard;
use crate::overlapped::{WSARecv, WSARecvFrom, WSASend, WSASendTo};
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::{SOCKET, SOCKET_ERROR, WSABUF};

/// The buffer of a call. A SOCKET that is none is told before a bad buffer.
fn buffer(s: SOCKET, data: *mut c_char, length: i32) -> Result<WSABUF, u32> {
    started()?;
    find(s)?;
    let len = u32::try_from(length).map_err(|_| code::WSAEFAULT)?;
    if len > 0 {
        memory::plausible(data, len as usize)?;
    }
    Ok(WSABUF { len, buf: data })
}

/// What a call of the other room answered: the bytes, or its error again.
fn outcome(result: i32, bytes: u32) -> Result<i32, u32> {
    if result == 0 { Ok(bytes.cast_signed()) } else { Err(GetLastError()) }
}

/// Sends on a connection, or to the peer of a datagram socket; answers how many bytes.
///
/// # Safety
/// A plausible `data` is one to `length` bytes.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_send")]
pub unsafe extern "C" fn send(s: SOCKET, data: *const c_char, length: i32, flags: i32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        let buffer = buffer(s, data.cast_mut(), length)?;
        let (mut bytes, flags) = (0, flags.cast_unsigned());
        // SAFETY: one buffer, and no OVERLAPPED.
        let result = unsafe { WSASend(s, &buffer, 1, &mut bytes, flags, ptr::null_mut(), None) };
        outcome(result, bytes)
    })
}

/// Sends a datagram to an address; answers how many bytes.
///
/// # Safety
/// Plausible pointers are ones to `length` bytes, and to an address of `to_length` bytes.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_sendto")]
pub unsafe extern "C" fn sendto(
    s: SOCKET,
    data: *const c_char,
    length: i32,
    flags: i32,
    to: *const SOCKADDR,
    to_length: i32,
) -> i32 {
    guard::call(SOCKET_ERROR, || {
        let buffer = buffer(s, data.cast_mut(), length)?;
        let (mut bytes, flags, null) = (0, flags.cast_unsigned(), ptr::null_mut());
        // SAFETY: one buffer, the caller's address, and no OVERLAPPED.
        let result =
            unsafe { WSASendTo(s, &buffer, 1, &mut bytes, flags, to, to_length, null, None) };
        outcome(result, bytes)
    })
}

/// Receives what a connection has, or a datagram; answers how many bytes, and 0 at the end of a stream.
///
/// # Safety
/// A plausible `data` is one to `length` bytes of room.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_recv")]
pub unsafe extern "C" fn recv(s: SOCKET, data: *mut c_char, length: i32, flags: i32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        let mut buffer = buffer(s, data, length)?;
        let (mut bytes, mut flags, null) = (0, flags.cast_unsigned(), ptr::null_mut());
        // SAFETY: one buffer, and no OVERLAPPED.
        let result = unsafe { WSARecv(s, &mut buffer, 1, &mut bytes, &mut flags, null, None) };
        outcome(result, bytes)
    })
}

/// Receives a datagram and the address of its sender; answers how many bytes.
///
/// # Safety
/// Plausible pointers are ones to `length` bytes of room, a number, and so much room.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_recvfrom")]
pub unsafe extern "C" fn recvfrom(
    s: SOCKET,
    data: *mut c_char,
    length: i32,
    flags: i32,
    from: *mut SOCKADDR,
    from_length: *mut i32,
) -> i32 {
    guard::call(SOCKET_ERROR, || {
        let mut buffer = buffer(s, data, length)?;
        let (mut bytes, mut flags) = (0, flags.cast_unsigned());
        let null = ptr::null_mut();
        // SAFETY: one buffer, the caller's address, and no OVERLAPPED.
        let result = unsafe {
            WSARecvFrom(s, &mut buffer, 1, &mut bytes, &mut flags, from, from_length, null, None)
        };
        outcome(result, bytes)
    })
}
