//! WSAHtonl and its relatives: byte order by the socket's protocol, which is network order for all of ours.
#![allow(unsafe_code)] // exported under C names

use super::memory;
use crate::guard;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::{SOCKET, SOCKET_ERROR};

/// WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT.
///
/// # Safety
/// A plausible pointer is one to room for the answer.
unsafe fn store<T: Copy>(s: SOCKET, answer: *mut T, value: T) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        find(s)?;
        // SAFETY: the caller's promise.
        unsafe { memory::write(answer, value) }.map(|()| 0)
    })
}

/// 32 bits to network order.
///
/// # Safety
/// A plausible pointer is one to room for the answer.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAHtonl(s: SOCKET, host: u32, network: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(s, network, host.to_be()) }
}

/// 16 bits to network order.
///
/// # Safety
/// A plausible pointer is one to room for the answer.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAHtons(s: SOCKET, host: u16, network: *mut u16) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(s, network, host.to_be()) }
}

/// 32 bits from network order.
///
/// # Safety
/// A plausible pointer is one to room for the answer.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSANtohl(s: SOCKET, network: u32, host: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(s, host, u32::from_be(network)) }
}

/// 16 bits from network order.
///
/// # Safety
/// A plausible pointer is one to room for the answer.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSANtohs(s: SOCKET, network: u16, host: *mut u16) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(s, host, u16::from_be(network)) }
}
