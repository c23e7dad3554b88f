//! Hosts: from a name to addresses, by the system's resolver.
#![allow(unsafe_code)] // getaddrinfo of the C library

use std::ffi::{CStr, CString};
use std::mem;
use std::net::SocketAddr;
use std::ptr;

use super::error::{WSAHOST_NOT_FOUND, WSANO_DATA, from_eai};
use super::hostname;
use crate::winsock::sockaddr::Address;

/// What a look-up may ask for, in the C library's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// AF_UNSPEC, AF_INET or AF_INET6 of Linux.
    pub(super) family: i32,
    /// AI_* of Linux.
    pub(super) flags: i32,
}

/// What was found: at least one address.
pub(super) struct Host {
    pub(super) addresses: Vec<SocketAddr>,
    /// If AI_CANONNAME asked for it.
    pub(super) name: Option<CString>,
}

/// Looks a name up. An empty name is this machine (its own name's addresses); none is the loopback or, with
/// AI_PASSIVE, the wildcard address.
pub(super) fn host(name: Option<&CStr>, wanted: Wanted) -> Result<Host, u32> {
    let own;
    let name = match name {
        Some(name) if name.is_empty() || name == c"..localmachine" => {
            own = hostname::this_machine()?;
            Some(own.as_c_str())
        }
        name => name,
    };
    // Without a name the C library needs a service.
    let service = if name.is_none() { c"0".as_ptr() } else { ptr::null() };
    // SAFETY: plain numbers and pointers, for which zero is a value.
    let mut hints: libc::addrinfo = unsafe { mem::zeroed() };
    hints.ai_family = wanted.family;
    hints.ai_flags = wanted.flags;
    // One entry per address, not one per protocol.
    hints.ai_socktype = libc::SOCK_STREAM;
    let mut list = ptr::null_mut();
    let name = name.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: strings that end in a zero or null, hints with nothing but numbers, and room for the answer.
    let result = wharf::blocking(|| unsafe {
        libc::getaddrinfo(name, service, &raw const hints, &raw mut list)
    });
    if result != 0 {
        return Err(from_eai(result));
    }
    let _list = List(list);
    let mut host = Host { addresses: Vec::new(), name: None };
    let mut at = list;
    // SAFETY: null, or an entry of the list, which lives until `_list` goes.
    while let Some(entry) = unsafe { at.as_ref() } {
        if host.name.is_none() && !entry.ai_canonname.is_null() {
            // SAFETY: a string of the list's.
            host.name = Some(unsafe { CStr::from_ptr(entry.ai_canonname) }.to_owned());
        }
        let address = address(entry);
        if let Some(address) = address.filter(|address| !host.addresses.contains(address)) {
            host.addresses.push(address);
        }
        at = entry.ai_next;
    }
    if host.addresses.is_empty() { Err(WSANO_DATA) } else { Ok(host) }
}

/// The address of an entry; none for a family that is not the Internet's.
fn address(entry: &libc::addrinfo) -> Option<SocketAddr> {
    let mut address = Address::empty();
    let (room, length) = address.for_answer();
    let bytes = usize::try_from(entry.ai_addrlen).ok().filter(|&bytes| bytes <= 128)?;
    // SAFETY: so many bytes are the entry's address, and fit.
    unsafe { room.cast::<u8>().copy_from_nonoverlapping(entry.ai_addr.cast(), bytes) };
    // SAFETY: a field of ours.
    unsafe { *length = entry.ai_addrlen };
    address.socket_addr()
}

/// The name of an address; WSAHOST_NOT_FOUND for one that has none.
pub(super) fn name(address: SocketAddr, flags: i32) -> Result<CString, u32> {
    let address = Address::from(address);
    let (pointer, length) = address.for_kernel();
    let mut buffer = [0 as libc::c_char; 1025];
    let room = libc::socklen_t::try_from(buffer.len()).unwrap_or(0);
    let flags = flags | libc::NI_NAMEREQD;
    let node = buffer.as_mut_ptr();
    // SAFETY: an address with its length, room with its length, and no service.
    let ask =
        || unsafe { libc::getnameinfo(pointer, length, node, room, ptr::null_mut(), 0, flags) };
    match wharf::blocking(ask) {
        // SAFETY: filled with a string.
        0 => Ok(unsafe { CStr::from_ptr(buffer.as_ptr()) }.to_owned()),
        error => Err(match from_eai(error) {
            WSANO_DATA => WSAHOST_NOT_FOUND,
            error => error,
        }),
    }
}

/// A list of the C library's.
struct List(*mut libc::addrinfo);

impl Drop for List {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: answered by getaddrinfo, and freed once.
            unsafe { libc::freeaddrinfo(self.0) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_need_no_resolver() {
        let wanted = Wanted { family: libc::AF_UNSPEC, flags: libc::AI_NUMERICHOST };
        let found = host(Some(c"10.1.2.3"), wanted).unwrap();
        assert_eq!(found.addresses, ["10.1.2.3:0".parse().unwrap()]);
        assert_eq!(host(Some(c"no number"), wanted).err(), Some(WSAHOST_NOT_FOUND));
    }

    #[test]
    fn no_name_is_the_loopback_or_the_wildcard() {
        let wanted = Wanted { family: libc::AF_INET, flags: 0 };
        assert_eq!(host(None, wanted).unwrap().addresses, ["127.0.0.1:0".parse().unwrap()]);
        let wanted = Wanted { family: libc::AF_INET, flags: libc::AI_PASSIVE };
        assert_eq!(host(None, wanted).unwrap().addresses, ["0.0.0.0:0".parse().unwrap()]);
    }
}
