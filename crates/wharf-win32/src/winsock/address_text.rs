//! Socket addresses as text, with scope and port: WSAAddressToString and WSAStringToAddress.
#![allow(unsafe_code)] // exported under C names; reads and writes the program's memory

use std::ffi::{c_char, c_void};
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use wharf_core::status::code;

use super::family::{AF_INET, AF_INET6};
use super::memory;
use super::presentation::write_ip;
use super::sockaddr::{Address, SOCKADDR};
use crate::guard;
use crate::socket::types::SOCKET_ERROR;
use crate::types::WCHAR;

/// Address, scope if there is one, and port if there is one.
fn write_address(address: &Address) -> Result<String, u32> {
    let address = address.socket_addr().ok_or(code::WSAEINVAL)?;
    let mut text = write_ip(address.ip());
    if let SocketAddr::V6(v6) = address {
        if v6.scope_id() != 0 {
            write!(text, "%{}", v6.scope_id()).map_err(|_| code::WSAENOBUFS)?;
        }
        if v6.port() != 0 {
            text = format!("[{text}]");
        }
    }
    if address.port() != 0 {
        write!(text, ":{}", address.port()).map_err(|_| code::WSAENOBUFS)?;
    }
    Ok(text)
}

/// Reads what [`write_address`] writes.
fn read_address(text: &str, family: i32) -> Result<SocketAddr, u32> {
    let port = |text: &str| text.parse::<u16>().map_err(|_| code::WSAEINVAL);
    match family {
        AF_INET => {
            let (ip, port) = match text.split_once(':') {
                Some((ip, text)) => (ip, port(text)?),
                None => (text, 0),
            };
            Ok(SocketAddr::new(IpAddr::V4(ip.parse().map_err(|_| code::WSAEINVAL)?), port))
        }
        AF_INET6 => {
            let (inner, port) = match text.strip_prefix('[') {
                Some(rest) => match rest.split_once(']').ok_or(code::WSAEINVAL)? {
                    (inner, "") => (inner, 0),
                    (inner, rest) => (inner, port(rest.strip_prefix(':').ok_or(code::WSAEINVAL)?)?),
                },
                None => (text, 0),
            };
            let (ip, scope) = match inner.split_once('%') {
                Some((ip, scope)) => (ip, scope.parse().map_err(|_| code::WSAEINVAL)?),
                None => (inner, 0),
            };
            let ip = ip.parse().map_err(|_| code::WSAEINVAL)?;
            Ok(SocketAddrV6::new(ip, port, 0, scope).into())
        }
        _ => Err(code::WSAEINVAL),
    }
}

/// An address with scope and port as text. `length` counts characters, the closing zero included, and is set to
/// what is needed, also when that is too much: WSAEFAULT.
///
/// # Safety
/// Plausible pointers are ones to an address of `address_length` bytes, a number, and so many characters of room.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAAddressToStringA(
    address: *const SOCKADDR,
    address_length: u32,
    _protocol: *const c_void,
    text: *mut c_char,
    length: *mut u32,
) -> i32 {
    guard::call(SOCKET_ERROR, || {
        // SAFETY: the caller's promise.
        let mut bytes = unsafe { text_of(address, address_length) }?.into_bytes();
        bytes.push(0);
        // SAFETY: the caller's promise.
        unsafe { announce(bytes.len(), length) }?;
        // SAFETY: the caller's promise; the room is enough.
        unsafe { memory::store(text.cast(), &bytes) }.map(|()| 0)
    })
}

/// The wide form of [`WSAAddressToStringA`].
///
/// # Safety
/// As there.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAAddressToStringW(
    address: *const SOCKADDR,
    address_length: u32,
    _protocol: *const c_void,
    text: *mut WCHAR,
    length: *mut u32,
) -> i32 {
    guard::call(SOCKET_ERROR, || {
        // SAFETY: the caller's promise.
        let wide = memory::widen(&unsafe { text_of(address, address_length) }?);
        // SAFETY: the caller's promise.
        unsafe { announce(wide.len(), length) }?;
        // SAFETY: the caller's promise; the room is enough.
        unsafe { memory::store_wide(text, &wide) }.map(|()| 0)
    })
}

/// # Safety
/// A plausible pointer is one to so many bytes.
unsafe fn text_of(address: *const SOCKADDR, length: u32) -> Result<String, u32> {
    crate::socket::started()?;
    let length = i32::try_from(length).map_err(|_| code::WSAEFAULT)?;
    // SAFETY: the caller's promise.
    write_address(&unsafe { Address::read(address, length) }?)
}

/// Stores how much is needed; WSAEFAULT if that is more than there was.
///
/// # Safety
/// A plausible pointer is one to a number.
unsafe fn announce(needed: usize, length: *mut u32) -> Result<(), u32> {
    let needed = u32::try_from(needed).map_err(|_| code::WSAEFAULT)?;
    // SAFETY: the caller's promise.
    let room = unsafe { memory::read(length) }?;
    // SAFETY: the caller's promise.
    unsafe { memory::write(length, needed) }?;
    if room < needed { Err(code::WSAEFAULT) } else { Ok(()) }
}

/// The address that a text with or without port writes. Too short a room is WSAEFAULT, and `length` says what is
/// needed; what is no address is WSAEINVAL.
///
/// # Safety
/// Plausible pointers are ones to a string, a number, and so many bytes of room.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAStringToAddressA(
    text: *const c_char,
    family: i32,
    _protocol: *const c_void,
    address: *mut SOCKADDR,
    length: *mut i32,
) -> i32 {
    guard::call(SOCKET_ERROR, || {
        // SAFETY: the caller's promise.
        let text = unsafe { memory::narrow(text) };
        let text = text.map_err(|_| code::WSAEINVAL)?.to_string_lossy();
        // SAFETY: the caller's promise.
        unsafe { store_address(&text, family, address, length) }
    })
}

/// The wide form of [`WSAStringToAddressA`].
///
/// # Safety
/// As there.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAStringToAddressW(
    text: *const WCHAR,
    family: i32,
    _protocol: *const c_void,
    address: *mut SOCKADDR,
    length: *mut i32,
) -> i32 {
    guard::call(SOCKET_ERROR, || {
        // SAFETY: the caller's promise.
        let text = unsafe { memory::wide(text) }.map_err(|_| code::WSAEINVAL)?;
        // SAFETY: the caller's promise.
        unsafe { store_address(&text, family, address, length) }
    })
}

/// # Safety
/// Plausible pointers are ones to a number and to so many bytes of room.
unsafe fn store_address(
    text: &str,
    family: i32,
    address: *mut SOCKADDR,
    length: *mut i32,
) -> Result<i32, u32> {
    crate::socket::started()?;
    let read = Address::from(read_address(text, family)?);
    // SAFETY: the caller's promise.
    let room = unsafe { memory::read(length) }?;
    let (_, needed) = read.windows();
    let needed = i32::try_from(needed).map_err(|_| code::WSAEFAULT)?;
    if room < needed {
        // SAFETY: the caller's promise.
        unsafe { memory::write(length, needed) }?;
        return Err(code::WSAEFAULT);
    }
    // SAFETY: the caller's promise; the room is enough.
    unsafe { read.write(address, length) }.map(|()| 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_address_agree() {
        for (text, family) in [
            ("1.2.3.4", AF_INET),
            ("1.2.3.4:80", AF_INET),
            ("fe80::1%4", AF_INET6),
            ("[fe80::1%4]:80", AF_INET6),
            ("[::1]:65535", AF_INET6),
        ] {
            let address = Address::from(read_address(text, family).unwrap());
            assert_eq!(write_address(&address).unwrap(), text);
        }
        for (text, family) in [
            ("1.2.3", AF_INET),
            ("1.2.3.4:", AF_INET),
            ("1.2.3.4:65536", AF_INET),
            ("[::1", AF_INET6),
            ("::1", AF_INET),
            ("", AF_INET6),
            ("::1", 6),
        ] {
            assert_eq!(read_address(text, family), Err(code::WSAEINVAL), "{text}");
        }
    }
}
