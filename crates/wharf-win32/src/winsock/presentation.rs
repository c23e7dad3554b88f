//! Binary addresses as text: inet_ntop and inet_pton, narrow and wide.
//!
//! InetNtopA and InetPtonA are inet_ntop and inet_pton under second names, which the headers give. No call here
//! asks for WSAStartup, as on Windows.
#![allow(unsafe_code)] // exported under C names; reads and writes the program's memory

use std::ffi::{c_char, c_void};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr;

use wharf_core::status::code;

use super::family::{AF_INET, AF_INET6};
use super::memory;
use crate::guard;
use crate::socket::types::SOCKET_ERROR;
use crate::types::WCHAR;

/// As Windows writes it: an IPv6 address that carries an IPv4 one, mapped or compatible, ends in dots.
pub(super) fn write_ip(ip: IpAddr) -> String {
    match ip {
        IpAddr::V6(ip) => match ip.segments() {
            [0, 0, 0, 0, 0, 0, high, _] if high != 0 => format!("::{}", tail(ip)),
            [0, 0, 0, 0, 0xffff, 0, high, _] if high != 0 => format!("::ffff:0:{}", tail(ip)),
            [.., 0 | 0x0200, 0x5efe, _, _] => {
                // ISATAP: the interface's half ends in an IPv4 address.
                let octets = ip.octets();
                let zeroed = Ipv6Addr::from_bits(ip.to_bits() >> 32 << 32 | 0x0101_0101);
                let text = zeroed.to_string();
                let head = text.strip_suffix("101:101").unwrap_or_default();
                format!("{head}{}", Ipv4Addr::new(octets[12], octets[13], octets[14], octets[15]))
            }
            _ => ip.to_string(),
        },
        IpAddr::V4(ip) => ip.to_string(),
    }
}

/// The last four bytes as an IPv4 address.
fn tail(ip: Ipv6Addr) -> Ipv4Addr {
    let octets = ip.octets();
    Ipv4Addr::new(octets[12], octets[13], octets[14], octets[15])
}

/// The binary address at a pointer.
///
/// # Safety
/// A plausible pointer is one to an address of the family.
unsafe fn read_ip(family: i32, address: *const c_void) -> Result<IpAddr, u32> {
    match family {
        // SAFETY: the caller's promise.
        AF_INET => Ok(IpAddr::from(unsafe { memory::read::<[u8; 4]>(address.cast()) }?)),
        // SAFETY: the caller's promise.
        AF_INET6 => Ok(IpAddr::from(unsafe { memory::read::<[u8; 16]>(address.cast()) }?)),
        _ => Err(code::WSAEAFNOSUPPORT),
    }
}

/// Reads a text and stores the binary address: 1, or 0 for a text that is no address of the family.
///
/// # Safety
/// A plausible pointer is one to room for an address of the family.
unsafe fn store_ip(family: i32, text: &str, address: *mut c_void) -> Result<i32, u32> {
    match family {
        AF_INET => match text.parse::<Ipv4Addr>() {
            // SAFETY: the caller's promise.
            Ok(ip) => unsafe { memory::store(address.cast(), &ip.octets()) }.map(|()| 1),
            Err(_) => Ok(0),
        },
        AF_INET6 => match text.parse::<Ipv6Addr>() {
            // SAFETY: the caller's promise.
            Ok(ip) => unsafe { memory::store(address.cast(), &ip.octets()) }.map(|()| 1),
            Err(_) => Ok(0),
        },
        _ => Err(code::WSAEAFNOSUPPORT),
    }
}

/// A binary address as text, in the program's buffer of `size` characters.
///
/// # Safety
/// Plausible pointers are ones to an address of the family and to the buffer.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_inet_ntop")]
pub unsafe extern "C" fn inet_ntop(
    family: i32,
    address: *const c_void,
    buffer: *mut c_char,
    size: usize,
) -> *const c_char {
    guard::call(ptr::null(), || {
        // SAFETY: the caller's promise.
        let mut text = write_ip(unsafe { read_ip(family, address) }?).into_bytes();
        text.push(0);
        if text.len() > size {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's promise; it fits.
        unsafe { memory::store(buffer.cast(), &text) }?;
        Ok(buffer.cast_const())
    })
}

/// The wide form of [`inet_ntop`].
///
/// # Safety
/// As there.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InetNtopW(
    family: i32,
    address: *const c_void,
    buffer: *mut WCHAR,
    size: usize,
) -> *const WCHAR {
    guard::call(ptr::null(), || {
        // SAFETY: the caller's promise.
        let text = memory::widen(&write_ip(unsafe { read_ip(family, address) }?));
        if text.len() > size {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's promise; it fits.
        unsafe { memory::store_wide(buffer, &text) }?;
        Ok(buffer.cast_const())
    })
}

/// The binary address that a text writes: 1, 0 for a text that is none, -1 with the reason.
///
/// # Safety
/// Plausible pointers are ones to a string, and to room for an address of the family.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_inet_pton")]
pub unsafe extern "C" fn inet_pton(family: i32, text: *const c_char, address: *mut c_void) -> i32 {
    guard::call(SOCKET_ERROR, || {
        // SAFETY: the caller's promise.
        let text = unsafe { memory::narrow(text) }?;
        // SAFETY: the caller's promise.
        unsafe { store_ip(family, &text.to_string_lossy(), address) }
    })
}

/// The wide form of [`inet_pton`].
///
/// # Safety
/// As there.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InetPtonW(family: i32, text: *const WCHAR, address: *mut c_void) -> i32 {
    guard::call(SOCKET_ERROR, || {
        // SAFETY: the caller's promise.
        let text = unsafe { memory::wide(text) }?;
        // SAFETY: the caller's promise.
        unsafe { store_ip(family, &text, address) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_windows_writes_them() {
        for (bits, text) in [
            (0, "::"),
            (1, "::1"),
            (0x0102_0304, "::1.2.3.4"),
            (0xffff_0102_0304, "::ffff:1.2.3.4"),
            (0xfe80_0000_0000_0000_0000_5efe_0a00_0001, "fe80::5efe:10.0.0.1"),
            (0x2001_0db8_0000_0000_0001_0000_0000_0001, "2001:db8::1:0:0:1"),
        ] {
            assert_eq!(write_ip(IpAddr::V6(Ipv6Addr::from_bits(bits))), text);
        }
    }
}
