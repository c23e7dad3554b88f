//! gethostbyname and gethostbyaddr.
//!
//! # Invariant
//! What a call answers lives in the calling thread until its next call of either, and ends with the thread.
#![allow(unsafe_code)] // exported under C names; answers with pointers into one another

use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;

use wharf_core::status::code;

use super::error::WSANO_RECOVERY;
use super::lookup::{self, Wanted};
use crate::guard;
use crate::socket::started;
use crate::winsock::family::{AF_INET, AF_INET6};
use crate::winsock::memory;

/// A host.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HOSTENT {
    /// Its name.
    pub h_name: *mut c_char,
    /// Other names, up to a null.
    pub h_aliases: *mut *mut c_char,
    /// AF_INET or AF_INET6.
    pub h_addrtype: i16,
    /// Bytes of an address.
    pub h_length: i16,
    /// Addresses in network order, up to a null.
    pub h_addr_list: *mut *mut c_char,
}
const _: () = assert!(size_of::<HOSTENT>() == 32 && std::mem::offset_of!(HOSTENT, h_length) == 18);

/// What the pointers of an answer point to.
struct Answer {
    name: CString,
    addresses: Vec<[u8; 16]>,
    list: Vec<*mut c_char>,
    aliases: [*mut c_char; 1],
    entry: HOSTENT,
}

thread_local! {
    static ANSWER: RefCell<Option<Box<Answer>>> = const { RefCell::new(None) };
}

/// Makes the thread's answer.
fn keep(name: CString, addresses: &[IpAddr]) -> Result<*mut HOSTENT, u32> {
    let v6 = addresses.iter().any(IpAddr::is_ipv6);
    let bytes = addresses.iter().map(|address| {
        let mut bytes = [0; 16];
        match address {
            IpAddr::V4(v4) => bytes[..4].copy_from_slice(&v4.octets()),
            IpAddr::V6(v6) => bytes = v6.octets(),
        }
        bytes
    });
    let entry = HOSTENT {
        h_name: ptr::null_mut(),
        h_aliases: ptr::null_mut(),
        h_addrtype: i16::try_from(if v6 { AF_INET6 } else { AF_INET }).unwrap_or(0),
        h_length: if v6 { 16 } else { 4 },
        h_addr_list: ptr::null_mut(),
    };
    let mut answer = Box::new(Answer {
        name,
        addresses: bytes.collect(),
        list: Vec::new(),
        aliases: [ptr::null_mut()],
        entry,
    });
    let list = answer.addresses.iter_mut().map(|bytes| bytes.as_mut_ptr().cast());
    answer.list = list.chain([ptr::null_mut()]).collect();
    answer.entry.h_name = answer.name.as_ptr().cast_mut();
    answer.entry.h_aliases = answer.aliases.as_mut_ptr();
    answer.entry.h_addr_list = answer.list.as_mut_ptr();
    let kept = ANSWER.try_with(|cell| {
        let mut cell = cell.borrow_mut();
        &raw mut cell.insert(answer).entry
    });
    kept.map_err(|_| WSANO_RECOVERY)
}

/// The IPv4 addresses of a name; of this machine if there is none. Null with the reason.
///
/// # Safety
/// Null, or plausible and then a string.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_gethostbyname")]
pub unsafe extern "C" fn gethostbyname(name: *const c_char) -> *mut HOSTENT {
    guard::call(ptr::null_mut(), || {
        started()?;
        let name = match name.is_null() {
            true => c"",
            // SAFETY: the caller's promise.
            false => unsafe { memory::narrow(name) }?,
        };
        let wanted = Wanted { family: libc::AF_INET, flags: libc::AI_CANONNAME };
        let host = lookup::host(Some(name), wanted)?;
        let addresses: Vec<IpAddr> = host.addresses.iter().map(SocketAddr::ip).collect();
        keep(host.name.unwrap_or_else(|| name.to_owned()), &addresses)
    })
}

/// The name of an address, of AF_INET or AF_INET6. Null with the reason.
///
/// # Safety
/// A plausible pointer is one to `length` bytes.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_gethostbyaddr")]
pub unsafe extern "C" fn gethostbyaddr(
    address: *const c_char,
    length: i32,
    family: i32,
) -> *mut HOSTENT {
    guard::call(ptr::null_mut(), || {
        started()?;
        let needed = match family {
            AF_INET => 4,
            AF_INET6 => 16,
            _ => return Err(code::WSAEAFNOSUPPORT),
        };
        if length < needed {
            return Err(code::WSAEFAULT);
        }
        let ip = if family == AF_INET {
            // SAFETY: the caller's promise.
            IpAddr::V4(Ipv4Addr::from(unsafe { memory::read::<[u8; 4]>(address.cast()) }?))
        } else {
            // SAFETY: the caller's promise.
            IpAddr::V6(Ipv6Addr::from(unsafe { memory::read::<[u8; 16]>(address.cast()) }?))
        };
        let name = lookup::name(SocketAddr::new(ip, 0), 0)?;
        keep(name, &[ip])
    })
}
