//! WSAConnectByName: a name and a service to a connection.
#![allow(unsafe_code)] // exported under C names

use std::ffi::{CStr, CString, c_char, c_void};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use wharf_core::status::code;

use super::connect::connect_to;
use super::family::{AF_INET, AF_INET6};
use super::resolve::{self, WSAHOST_NOT_FOUND};
use super::select::TIMEVAL;
use super::sockaddr::{Address, SOCKADDR};
use super::{kernel, memory};
use crate::guard;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::SOCKET;
use crate::types::{BOOL, FALSE, TRUE, WCHAR};

/// Where the addresses of the connection go; each pair may be null.
#[derive(Clone, Copy)]
struct Names {
    local_length: *mut u32,
    local: *mut SOCKADDR,
    remote_length: *mut u32,
    remote: *mut SOCKADDR,
}

/// Connects a stream to the first address of a host that answers. The time is for all of them together.
///
/// # Safety
/// Strings; plausible pointers are ones to numbers, so much room, and a time.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAConnectByNameA(
    s: SOCKET,
    node: *const c_char,
    service: *const c_char,
    local_length: *mut u32,
    local: *mut SOCKADDR,
    remote_length: *mut u32,
    remote: *mut SOCKADDR,
    timeout: *const TIMEVAL,
    reserved: *mut c_void,
) -> BOOL {
    guard::call(FALSE, || {
        started()?;
        find(s)?;
        // SAFETY: the caller's promise.
        let (node, service) =
            (unsafe { memory::narrow(node) }?, unsafe { memory::narrow(service) }?);
        let names = Names { local_length, local, remote_length, remote };
        // SAFETY: the caller's promise.
        unsafe { connect(s, node, service, names, timeout, reserved) }
    })
}

/// The wide form of [`WSAConnectByNameA`].
///
/// # Safety
/// As there.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAConnectByNameW(
    s: SOCKET,
    node: *const WCHAR,
    service: *const WCHAR,
    local_length: *mut u32,
    local: *mut SOCKADDR,
    remote_length: *mut u32,
    remote: *mut SOCKADDR,
    timeout: *const TIMEVAL,
    reserved: *mut c_void,
) -> BOOL {
    guard::call(FALSE, || {
        started()?;
        find(s)?;
        let narrow = |text: String| CString::new(text).map_err(|_| code::WSAEINVAL);
        // SAFETY: the caller's promise.
        let (node, service) =
            (narrow(unsafe { memory::wide(node) }?)?, narrow(unsafe { memory::wide(service) }?)?);
        let names = Names { local_length, local, remote_length, remote };
        // SAFETY: the caller's promise.
        unsafe { connect(s, &node, &service, names, timeout, reserved) }
    })
}

/// # Safety
/// Null, or plausible pointers to numbers, so much room, and a time.
unsafe fn connect(
    s: SOCKET,
    node: &CStr,
    service: &CStr,
    names: Names,
    timeout: *const TIMEVAL,
    reserved: *mut c_void,
) -> Result<BOOL, u32> {
    if !reserved.is_null() {
        return Err(code::WSAEINVAL);
    }
    if !find(s)?.is_stream() {
        return Err(code::WSAEOPNOTSUPP);
    }
    let end = match timeout.is_null() {
        true => None,
        // SAFETY: the caller's promise.
        false => Instant::now().checked_add(unsafe { memory::read(timeout) }?.duration()?),
    };
    connect_to_any(s, &resolve::stream_addresses(node, service)?, end)?;
    let fd = find(s)?.fd;
    for (address, name, length) in [
        (kernel::own_address(fd), names.local, names.local_length),
        (kernel::peer_address(fd), names.remote, names.remote_length),
    ] {
        if !name.is_null() {
            // SAFETY: the caller's promise; the sign of a length in bounds does not matter.
            unsafe { address.map_err(kernel::code)?.write(name, length.cast()) }?;
        }
    }
    Ok(TRUE)
}

/// Tries addresses in order; the last failure if none answers.
fn connect_to_any(s: SOCKET, addresses: &[SocketAddr], end: Option<Instant>) -> Result<(), u32> {
    let mut result = Err(WSAHOST_NOT_FOUND);
    for &address in addresses {
        let family = super::family::from_linux(find(s)?.family);
        let address = match (address.ip(), family) {
            // A socket of both families reaches IPv4 by mapped addresses.
            (IpAddr::V4(v4), Some(AF_INET6)) => {
                SocketAddr::new(IpAddr::V6(v4.to_ipv6_mapped()), address.port())
            }
            (IpAddr::V6(_), Some(AF_INET)) => continue,
            _ => address,
        };
        result = connect_to(s, &Address::from(address), end);
        let over = [
            code::WSAEWOULDBLOCK,
            code::WSAEINTR,
            code::WSAENOTSOCK,
            code::WSAEISCONN,
            code::WSAETIMEDOUT,
        ];
        if result.is_ok() || result.is_err_and(|error| over.contains(&error)) {
            break;
        }
    }
    result
}
