//! getnameinfo and GetNameInfoW: from an address to names.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_char;

use wharf_core::status::code;

use super::addrinfo::answering;
use super::error::WSAHOST_NOT_FOUND;
use super::{lookup, service};
use crate::socket::started;
use crate::types::WCHAR;
use crate::winsock::memory;
use crate::winsock::presentation::write_ip;
use crate::winsock::sockaddr::{Address, SOCKADDR};

const NI_NOFQDN: i32 = 0x01;
const NI_NUMERICHOST: i32 = 0x02;
const NI_NAMEREQD: i32 = 0x04;
const NI_NUMERICSERV: i32 = 0x08;
const NI_DGRAM: i32 = 0x10;

/// The names of an address and its port; an empty one is not asked for.
fn names(address: &Address, flags: i32, node: bool, port: bool) -> Result<(String, String), u32> {
    if !node && !port {
        return Err(WSAHOST_NOT_FOUND);
    }
    let address = address.socket_addr().ok_or(code::WSAEAFNOSUPPORT)?;
    let number = || {
        let scope = match address {
            std::net::SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("%{}", v6.scope_id()),
            _ => String::new(),
        };
        write_ip(address.ip()) + &scope
    };
    let host = match node {
        false => String::new(),
        true if flags & NI_NUMERICHOST != 0 && flags & NI_NAMEREQD != 0 => {
            return Err(code::WSAEINVAL);
        }
        true if flags & NI_NUMERICHOST != 0 => number(),
        true => {
            let short = if flags & NI_NOFQDN == 0 { 0 } else { libc::NI_NOFQDN };
            match lookup::name(address, short) {
                Ok(name) => name.to_string_lossy().into_owned(),
                Err(error) if flags & NI_NAMEREQD != 0 => return Err(error),
                Err(_) => number(),
            }
        }
    };
    let protocol = if flags & NI_DGRAM == 0 { c"tcp" } else { c"udp" };
    let found = || service::by_port(address.port(), Some(protocol));
    let service = match port {
        false => String::new(),
        true if flags & NI_NUMERICSERV != 0 => address.port().to_string(),
        true => match found() {
            Some(found) => found.name.to_string_lossy().into_owned(),
            None => address.port().to_string(),
        },
    };
    Ok((host, service))
}

/// Names of host and service of an address; the error is answered. Too short a buffer is
/// ERROR_INSUFFICIENT_BUFFER; a null one, or one of no length, is not filled.
///
/// # Safety
/// Plausible pointers are ones to an address of `length` bytes, and to so much room.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_getnameinfo")]
pub unsafe extern "C" fn getnameinfo(
    address: *const SOCKADDR,
    length: i32,
    node: *mut c_char,
    node_size: u32,
    port: *mut c_char,
    port_size: u32,
    flags: i32,
) -> i32 {
    answering(|| {
        started()?;
        // SAFETY: the caller's promise.
        let address = unsafe { Address::read(address, length) }?;
        let wanted = (!node.is_null() && node_size != 0, !port.is_null() && port_size != 0);
        let (host, service) = names(&address, flags, wanted.0, wanted.1)?;
        for (wanted, text, buffer, size) in
            [(wanted.0, host, node, node_size), (wanted.1, service, port, port_size)]
        {
            let mut text = text.into_bytes();
            text.push(0);
            if wanted && text.len() > size as usize {
                return Err(code::ERROR_INSUFFICIENT_BUFFER);
            }
            if wanted {
                // SAFETY: the caller's promise; it fits.
                unsafe { memory::store(buffer.cast(), &text) }?;
            }
        }
        Ok(())
    })
}

/// The wide form of [`getnameinfo`].
///
/// # Safety
/// As there, in characters.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNameInfoW(
    address: *const SOCKADDR,
    length: i32,
    node: *mut WCHAR,
    node_size: u32,
    port: *mut WCHAR,
    port_size: u32,
    flags: i32,
) -> i32 {
    answering(|| {
        started()?;
        // SAFETY: the caller's promise.
        let address = unsafe { Address::read(address, length) }?;
        let wanted = (!node.is_null() && node_size != 0, !port.is_null() && port_size != 0);
        let (host, service) = names(&address, flags, wanted.0, wanted.1)?;
        for (wanted, text, buffer, size) in
            [(wanted.0, host, node, node_size), (wanted.1, service, port, port_size)]
        {
            let text = memory::widen(&text);
            if wanted && text.len() > size as usize {
                return Err(code::ERROR_INSUFFICIENT_BUFFER);
            }
            if wanted {
                // SAFETY: the caller's promise; it fits.
                unsafe { memory::store_wide(buffer, &text) }?;
            }
        }
        Ok(())
    })
}
