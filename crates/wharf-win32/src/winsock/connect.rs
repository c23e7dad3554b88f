//! connect and WSAConnect.
//!
//! # States of a stream's connect
//! fresh → connecting (non-blocking, or somebody waits) → connected, or failed and fresh again (D35). A failure that
//! nobody waited for is kept in `connect_error` for SO_ERROR, select and WSAEnumNetworkEvents.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::time::Instant;

use wharf_core::status::code;

use super::family::AF_UNSPEC;
use super::kernel;
use super::selection;
use super::sockaddr::{Address, SOCKADDR};
use crate::guard;
use crate::overlapped::dissolve;
use crate::socket::record::Record;
use crate::socket::started;
use crate::socket::table::{Found, find};
use crate::socket::types::{SOCKET, SOCKET_ERROR, WSABUF};
use crate::socket::waiting::{Wanted, wait};

/// Connects a stream, or fixes the peer of a datagram socket, whose address may be of family AF_UNSPEC to undo that
/// (D65).
///
/// On a non-blocking stream WSAEWOULDBLOCK says that it has begun, WSAEALREADY that it goes on. Nothing limits a
/// blocking one but the network: SO_SNDTIMEO does not apply.
///
/// # Safety
/// A plausible `name` is one to `length` bytes.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_connect")]
pub unsafe extern "C" fn connect(s: SOCKET, name: *const SOCKADDR, length: i32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        find(s)?;
        // SAFETY: the caller's promise.
        let address = unsafe { Address::read(name, length) }?;
        connect_to(s, &address, None).map(|()| 0)
    })
}

/// As [`connect`]. TCP has no place for data in a connect: the caller's are not sent, the callee's are none.
///
/// # Safety
/// As [`connect`]; the callee's buffer is null or valid.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAConnect(
    s: SOCKET,
    name: *const SOCKADDR,
    length: i32,
    _caller_data: *const WSABUF,
    callee_data: *mut WSABUF,
    _sending: *const c_void,
    _group: *const c_void,
) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        find(s)?;
        // SAFETY: the caller's promise.
        let address = unsafe { Address::read(name, length) }?;
        connect_to(s, &address, None)?;
        // SAFETY: the caller's promise.
        if let Some(data) = unsafe { callee_data.as_mut() } {
            data.len = 0;
        }
        Ok(0)
    })
}

/// The connect behind all forms; WSAETIMEDOUT if it goes on at `end`.
pub(super) fn connect_to(s: SOCKET, address: &Address, end: Option<Instant>) -> Result<(), u32> {
    let mut found = find(s)?;
    if !found.is_stream() {
        return fix_peer(&mut found, address);
    }
    admit(&mut found, address)?;
    found.notes.connect_error = 0;
    match kernel::connect(found.fd, address) {
        Ok(()) => {
            found.note_connected();
            return Ok(());
        }
        Err(libc::EINPROGRESS | libc::EINTR) => found.notes.connecting = true,
        // A local socket whose listener's queue is full: nothing has begun.
        Err(libc::EAGAIN) => return Err(code::WSAEWOULDBLOCK),
        Err(error) => {
            dissolve(found.fd);
            return Err(kernel::code(error));
        }
    }
    found.rearm(selection::FD_CONNECT | selection::FD_WRITE);
    if !found.blocking {
        return Err(code::WSAEWOULDBLOCK);
    }
    loop {
        if let Err(error) = wait(&found.pin(), Wanted::Output, end) {
            // Given up, if the socket is still there; what closed it has ended the rest.
            if let Ok(mut found) = find(s) {
                found.notes.connecting = false;
                dissolve(found.fd);
            }
            return Err(error);
        }
        found = find(s).map_err(|_| code::WSAEINTR)?;
        match settle(&mut found) {
            Some(0) => return Ok(()),
            Some(error) => {
                found.notes.connect_error = 0; // told here
                return Err(error);
            }
            None => {}
        }
    }
}

/// What is refused before the kernel is asked.
fn admit(record: &mut Record, address: &Address) -> Result<(), u32> {
    // D22, D31: neither a listener, nor what an AcceptEx or ConnectEx has in hand.
    if record.is_listening() || record.accepting.is_some() || record.io.connecting {
        return Err(code::WSAEINVAL);
    }
    if record.notes.connecting && settle(record).is_none() {
        return Err(code::WSAEALREADY);
    }
    if record.connected {
        return Err(code::WSAEISCONN);
    }
    if address.kernel_family() != record.family {
        return Err(code::WSAEAFNOSUPPORT);
    }
    // Linux takes the wildcard for this machine, Windows for no address.
    match address.socket_addr() {
        Some(to) if to.ip().is_unspecified() || to.port() == 0 => Err(code::WSAEADDRNOTAVAIL),
        _ => Ok(()),
    }
}

/// Looks whether a connect that is under way has ended: 0, or why it failed. None while it goes on.
pub(super) fn settle(record: &mut Record) -> Option<u32> {
    if !record.notes.connecting {
        return Some(record.notes.connect_error);
    }
    if kernel::ready(record.fd, libc::POLLOUT) == 0 {
        return None;
    }
    let error = match kernel::take_error(record.fd) {
        0 if kernel::peer_address(record.fd).is_ok() => 0,
        0 => libc::ECONNREFUSED, // somebody has taken the error: refused is the likeliest
        error => error,
    };
    record.notes.connecting = false;
    if error == 0 {
        record.note_connected();
        return Some(0);
    }
    // Linux would answer the next connect with this one's end.
    dissolve(record.fd);
    record.notes.connect_error = kernel::code(error);
    Some(record.notes.connect_error)
}

/// Fixes or undoes the peer of a datagram socket.
fn fix_peer(found: &mut Found, address: &Address) -> Result<(), u32> {
    let undo = address.family() == AF_UNSPEC
        || address.socket_addr().is_some_and(|to| to.ip().is_unspecified());
    if !undo && address.kernel_family() != found.family {
        return Err(code::WSAEAFNOSUPPORT);
    }
    let to = if undo { Address::unspecified() } else { *address };
    kernel::connect(found.fd, &to).map_err(kernel::code)?;
    found.connected = !undo;
    found.notes.peer = address.socket_addr().filter(|_| !undo);
    Ok(())
}
