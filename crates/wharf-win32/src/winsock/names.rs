//! getsockname and getpeername.
#![allow(unsafe_code)] // exported under C names

use wharf_core::status::code;

use super::kernel;
use super::sockaddr::{Address, SOCKADDR};
use crate::guard;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::{SOCKET, SOCKET_ERROR};

/// A socket's own address; WSAEINVAL if it has none yet (D14).
///
/// # Safety
/// Plausible pointers are ones to a number, and to so much room.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_getsockname")]
pub unsafe extern "C" fn getsockname(s: SOCKET, name: *mut SOCKADDR, length: *mut i32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        let fd = find(s)?.fd;
        if !kernel::is_bound(fd) {
            return Err(code::WSAEINVAL);
        }
        let address = kernel::own_address(fd).map_err(kernel::code)?;
        // SAFETY: the caller's promise.
        unsafe { address.write(name, length) }.map(|()| 0)
    })
}

/// The address of a socket's peer; WSAENOTCONN without one. A connection keeps it after its end.
///
/// # Safety
/// Plausible pointers are ones to a number, and to so much room.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_getpeername")]
pub unsafe extern "C" fn getpeername(s: SOCKET, name: *mut SOCKADDR, length: *mut i32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        let found = find(s)?;
        let address = kernel::peer_address(found.fd).or_else(|error| {
            let ended = error == libc::ENOTCONN && found.connected;
            found.notes.peer.filter(|_| ended).map(Address::from).ok_or(error)
        });
        // SAFETY: the caller's promise.
        unsafe { address.map_err(kernel::code)?.write(name, length) }.map(|()| 0)
    })
}
