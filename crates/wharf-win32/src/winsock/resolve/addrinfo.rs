//! getaddrinfo and GetAddrInfoW: a host and a service to a list of addresses.
//!
//! # Invariants
//! 1. Every entry of a list is its own allocation, with the address and the name it points to: a program may take
//!    lists apart, and free the parts.
//! 2. Type and protocol of an entry are those asked for, also where they do not fit together: Windows looks at
//!    them no more closely. One entry per address; a named service decides a type that was left open.
#![allow(unsafe_code)] // exported under C names; lists in memory that the program frees

use std::ffi::{CStr, CString, c_char};
use std::net::SocketAddr;
use std::ptr;

use wharf_core::status::code;

use super::error::{WSAHOST_NOT_FOUND, WSATYPE_NOT_FOUND};
use super::lookup::{self, Wanted};
use super::service;
use crate::error::SetLastError;
use crate::guard;
use crate::socket::started;
use crate::types::WCHAR;
use crate::winsock::family::{self, AF_INET, AF_INET6, AF_UNSPEC};
use crate::winsock::memory;
use crate::winsock::sockaddr::{Address, SOCKADDR};

/// An entry of a list, with characters of one kind.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AddrInfo<C> {
    /// AI_*.
    pub ai_flags: i32,
    /// AF_*.
    pub ai_family: i32,
    /// SOCK_*.
    pub ai_socktype: i32,
    /// IPPROTO_*.
    pub ai_protocol: i32,
    /// Bytes of the address.
    pub ai_addrlen: usize,
    /// The host's own name, in the first entry, if it was asked for.
    pub ai_canonname: *mut C,
    /// The address.
    pub ai_addr: *mut SOCKADDR,
    /// The next entry, or null.
    pub ai_next: *mut AddrInfo<C>,
}

/// The narrow form.
pub type ADDRINFOA = AddrInfo<c_char>;
/// The wide form.
pub type ADDRINFOW = AddrInfo<WCHAR>;

const _: () = assert!(size_of::<ADDRINFOA>() == 48 && size_of::<ADDRINFOW>() == 48);
const _: () = assert!(std::mem::offset_of!(ADDRINFOA, ai_canonname) == 24);

pub(super) const AI_PASSIVE: i32 = 0x1;
pub(super) const AI_CANONNAME: i32 = 0x2;
pub(super) const AI_NUMERICHOST: i32 = 0x4;
pub(super) const AI_NUMERICSERV: i32 = 0x8;
pub(super) const AI_ALL: i32 = 0x100;
pub(super) const AI_ADDRCONFIG: i32 = 0x400;
pub(super) const AI_V4MAPPED: i32 = 0x800;
pub(super) const AI_FQDN: i32 = 0x2_0000;

/// Windows' flags and Linux' that mean the same. Others of Windows' (which directory to ask, how names are
/// encoded) have nothing here that they could change.
const FLAGS: [(i32, i32); 6] = [
    (AI_PASSIVE, libc::AI_PASSIVE),
    (AI_CANONNAME, libc::AI_CANONNAME),
    (AI_NUMERICHOST, libc::AI_NUMERICHOST),
    (AI_ALL, libc::AI_ALL),
    (AI_ADDRCONFIG, libc::AI_ADDRCONFIG),
    (AI_V4MAPPED, libc::AI_V4MAPPED),
];

/// What a program asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hints {
    pub(super) flags: i32,
    pub(super) family: i32,
    pub(super) socktype: i32,
    pub(super) protocol: i32,
}

/// One address of an answer, before it becomes an entry.
pub(super) struct Answer {
    pub(super) address: SocketAddr,
    pub(super) socktype: i32,
    pub(super) protocol: i32,
}

/// An answer's addresses, at least one, and the canonical name.
pub(super) struct Answers {
    pub(super) list: Vec<Answer>,
    pub(super) name: Option<CString>,
    pub(super) flags: i32,
}

/// The look-up behind all forms.
pub(super) fn resolve(
    node: Option<&CStr>,
    service: Option<&CStr>,
    hints: Hints,
) -> Result<Answers, u32> {
    if node.is_none() && service.is_none() {
        return Err(WSAHOST_NOT_FOUND);
    }
    if hints.flags & AI_CANONNAME != 0 && (node.is_none() || hints.flags & AI_FQDN != 0) {
        return Err(code::WSAEINVAL);
    }
    if !(0..=5).contains(&hints.socktype) {
        return Err(code::WSAESOCKTNOSUPPORT);
    }
    let family = match hints.family {
        AF_UNSPEC | AF_INET | AF_INET6 => family::to_linux(hints.family),
        _ => None,
    };
    let family = family.ok_or(code::WSAEAFNOSUPPORT)?;
    let ports = ports(service, hints)?;
    let mut flags =
        FLAGS.iter().filter(|pair| hints.flags & pair.0 != 0).fold(0, |all, pair| all | pair.1);
    if hints.flags & AI_FQDN != 0 {
        flags |= libc::AI_CANONNAME;
    }
    let host = lookup::host(node, Wanted { family, flags })?;
    let mut list = Vec::new();
    for address in host.addresses {
        for &(port, socktype, protocol) in &ports {
            let mut address = address;
            address.set_port(port);
            list.push(Answer { address, socktype, protocol });
        }
    }
    Ok(Answers { list, name: host.name, flags: hints.flags })
}

/// A host's addresses for a stream to one of its services.
pub(crate) fn stream_addresses(node: &CStr, service: &CStr) -> Result<Vec<SocketAddr>, u32> {
    let hints = Hints { socktype: libc::SOCK_STREAM, ..Hints::default() };
    let answers = resolve(Some(node), Some(service), hints)?;
    Ok(answers.list.iter().map(|answer| answer.address).collect())
}

/// Ports, each with the type and protocol it is for.
fn ports(service: Option<&CStr>, hints: Hints) -> Result<Vec<(u16, i32, i32)>, u32> {
    let Some(service) = service.filter(|service| !service.is_empty()) else {
        return Ok(vec![(0, hints.socktype, hints.protocol)]);
    };
    if let Some(port) = service.to_str().ok().and_then(|text| text.parse::<u16>().ok()) {
        return Ok(vec![(port, hints.socktype, hints.protocol)]);
    }
    if hints.flags & AI_NUMERICSERV != 0 {
        return Err(WSAHOST_NOT_FOUND);
    }
    let kinds: [(i32, i32, &CStr); 2] = [
        (libc::SOCK_STREAM, libc::IPPROTO_TCP, c"tcp"),
        (libc::SOCK_DGRAM, libc::IPPROTO_UDP, c"udp"),
    ];
    let mut ports = Vec::new();
    for (socktype, protocol, name) in kinds {
        let fits = |asked: i32, is: i32| asked == 0 || asked == is;
        if fits(hints.socktype, socktype)
            && fits(hints.protocol, protocol)
            && let Some(found) = service::by_name(service, Some(name))
        {
            ports.push((found.port, socktype, hints.protocol));
        }
    }
    if ports.is_empty() { Err(WSATYPE_NOT_FOUND) } else { Ok(ports) }
}

/// An allocation of a list.
#[repr(C)]
struct Entry<C> {
    /// First, so that a pointer to it is one to the entry.
    info: AddrInfo<C>,
    address: [u8; 128],
    name: Vec<C>,
}

/// Makes the list that the program gets.
fn list<C: Copy>(
    answers: &Answers,
    name: impl Fn(&CStr) -> Vec<C>,
) -> Result<*mut AddrInfo<C>, u32> {
    let mut next = ptr::null_mut();
    for (at, answer) in answers.list.iter().enumerate().rev() {
        let (address, length) = Address::from(answer.address).windows();
        let name =
            answers.name.as_ref().filter(|_| at == 0).map(|text| name(text)).unwrap_or_default();
        let info = AddrInfo {
            ai_flags: answers.flags,
            ai_family: if answer.address.is_ipv4() { AF_INET } else { AF_INET6 },
            ai_socktype: answer.socktype,
            ai_protocol: answer.protocol,
            ai_addrlen: length,
            ai_canonname: ptr::null_mut(),
            ai_addr: ptr::null_mut(),
            ai_next: next,
        };
        let mut entry = Box::new(Entry { info, address, name });
        if !entry.name.is_empty() {
            entry.info.ai_canonname = entry.name.as_mut_ptr();
        }
        entry.info.ai_addr = entry.address.as_mut_ptr().cast();
        next = Box::into_raw(entry).cast();
    }
    Ok(next)
}

/// Frees a list.
///
/// # Safety
/// Null, or a list that [`list`] made, or a part of one, freed once.
unsafe fn free<C>(mut at: *mut AddrInfo<C>) -> Result<(), u32> {
    while !at.is_null() {
        // SAFETY: an entry, as the caller promises; `info` is its first field.
        let entry = unsafe { Box::from_raw(at.cast::<Entry<C>>()) };
        at = entry.info.ai_next;
    }
    Ok(())
}

/// What the program's hints say: no pointers may be in them.
///
/// # Safety
/// A plausible pointer is one to hints.
unsafe fn hints<C: Copy>(pointer: *const AddrInfo<C>) -> Result<Hints, u32> {
    if pointer.is_null() {
        return Ok(Hints::default());
    }
    // SAFETY: the caller's promise.
    let hints = unsafe { memory::read(pointer) }?;
    if hints.ai_addrlen != 0
        || !hints.ai_canonname.is_null()
        || !hints.ai_addr.is_null()
        || !hints.ai_next.is_null()
    {
        return Err(super::error::WSANO_RECOVERY);
    }
    Ok(Hints {
        flags: hints.ai_flags,
        family: hints.ai_family,
        socktype: hints.ai_socktype,
        protocol: hints.ai_protocol,
    })
}

/// Runs a call that answers its error: the code is the last error too.
pub(super) fn answering(body: impl FnOnce() -> Result<(), u32>) -> i32 {
    match guard::call(Err(code::ERROR_INTERNAL_ERROR), || Ok(body())) {
        Ok(()) => 0,
        Err(error) => {
            SetLastError(error);
            error.cast_signed()
        }
    }
}

/// A string that may be missing.
///
/// # Safety
/// Null, or plausible and then a string.
pub(super) unsafe fn optional<'a>(pointer: *const c_char) -> Result<Option<&'a CStr>, u32> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { memory::narrow(pointer) }.map(Some)
}

/// Likewise, wide.
///
/// # Safety
/// Null, or plausible and then a string.
pub(super) unsafe fn optional_wide(pointer: *const WCHAR) -> Result<Option<CString>, u32> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let text = unsafe { memory::wide(pointer) }?;
    CString::new(text).map(Some).map_err(|_| code::WSAEINVAL)
}

/// A host and a service to a list of addresses; the error is answered, and null stored.
///
/// # Safety
/// Strings may be null; other pointers are plausible only if they are good.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_getaddrinfo")]
pub unsafe extern "C" fn getaddrinfo(
    node: *const c_char,
    service: *const c_char,
    hint: *const ADDRINFOA,
    result: *mut *mut ADDRINFOA,
) -> i32 {
    answering(|| {
        // SAFETY: the caller's promise.
        unsafe { memory::write(result, ptr::null_mut()) }?;
        started()?;
        // SAFETY: the caller's promise.
        let (node, service) = (unsafe { optional(node) }?, unsafe { optional(service) }?);
        // SAFETY: the caller's promise.
        let answers = resolve(node, service, unsafe { hints(hint) }?)?;
        let narrow = |name: &CStr| {
            name.to_bytes_with_nul().iter().map(|byte| c_char::from_ne_bytes([*byte])).collect()
        };
        // SAFETY: the caller's promise.
        unsafe { memory::write(result, list::<c_char>(&answers, narrow)?) }
    })
}

/// The wide form of [`getaddrinfo`].
///
/// # Safety
/// As there.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetAddrInfoW(
    node: *const WCHAR,
    service: *const WCHAR,
    hint: *const ADDRINFOW,
    result: *mut *mut ADDRINFOW,
) -> i32 {
    answering(|| {
        // SAFETY: the caller's promise.
        unsafe { memory::write(result, ptr::null_mut()) }?;
        started()?;
        // SAFETY: the caller's promise.
        let (node, service) = (unsafe { optional_wide(node) }?, unsafe { optional_wide(service) }?);
        // SAFETY: the caller's promise.
        let answers = resolve(node.as_deref(), service.as_deref(), unsafe { hints(hint) }?)?;
        let wide = |name: &CStr| memory::widen(&name.to_string_lossy());
        // SAFETY: the caller's promise.
        unsafe { memory::write(result, list::<WCHAR>(&answers, wide)?) }
    })
}

/// Frees what [`getaddrinfo`] answered.
///
/// # Safety
/// Null, or a list or part of one, freed once.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_freeaddrinfo")]
pub unsafe extern "C" fn freeaddrinfo(list: *mut ADDRINFOA) {
    // SAFETY: the caller's promise.
    guard::call((), || unsafe { free(list) });
}

/// Frees what [`GetAddrInfoW`] answered.
///
/// # Safety
/// As [`freeaddrinfo`].
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FreeAddrInfoW(list: *mut ADDRINFOW) {
    // SAFETY: the caller's promise.
    guard::call((), || unsafe { free(list) });
}
