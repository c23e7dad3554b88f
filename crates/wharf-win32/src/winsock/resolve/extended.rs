//! GetAddrInfoEx: getaddrinfo with a name space and a time-out, synchronously.
//!
//! Asked for in the background (with an OVERLAPPED, a routine, or a handle to cancel by), it is refused with
//! WSAEINVAL; a time-out is allowed with those only, as on Windows. Only the name spaces of DNS and "all" are here.
#![allow(unsafe_code)] // exported under C names; lists in memory that the program frees

use std::ffi::{CStr, c_char, c_void};
use std::ptr;

use wharf_core::status::code;

use super::addrinfo::{Answers, Hints, answering, optional, optional_wide, resolve};
use super::error::{WSAHOST_NOT_FOUND, WSANO_RECOVERY};
use crate::guard;
use crate::socket::started;
use crate::socket::types::GUID;
use crate::types::{HANDLE, WCHAR};
use crate::winsock::family::{AF_INET, AF_INET6};
use crate::winsock::memory;
use crate::winsock::sockaddr::{Address, SOCKADDR};

/// An entry of a list, with characters of one kind.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AddrInfoEx<C> {
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
    /// Data of the name space; none.
    pub ai_blob: *mut c_void,
    /// Its bytes.
    pub ai_bloblen: usize,
    /// The provider that answered; none.
    pub ai_provider: *mut GUID,
    /// The next entry, or null.
    pub ai_next: *mut AddrInfoEx<C>,
}

/// The narrow form.
pub type ADDRINFOEXA = AddrInfoEx<c_char>;
/// The wide form.
pub type ADDRINFOEXW = AddrInfoEx<WCHAR>;

const _: () = assert!(size_of::<ADDRINFOEXA>() == 72 && size_of::<ADDRINFOEXW>() == 72);

/// All name spaces.
const NS_ALL: u32 = 0;
/// The domain name system.
const NS_DNS: u32 = 12;

/// An allocation of a list.
#[repr(C)]
struct Entry<C> {
    /// First, so that a pointer to it is one to the entry.
    info: AddrInfoEx<C>,
    address: [u8; 128],
    name: Vec<C>,
}

fn list<C: Copy>(answers: &Answers, name: impl Fn(&CStr) -> Vec<C>) -> *mut AddrInfoEx<C> {
    let mut next = ptr::null_mut();
    for (at, answer) in answers.list.iter().enumerate().rev() {
        let (address, length) = Address::from(answer.address).windows();
        let name =
            answers.name.as_ref().filter(|_| at == 0).map(|text| name(text)).unwrap_or_default();
        let info = AddrInfoEx {
            ai_flags: answers.flags,
            ai_family: if answer.address.is_ipv4() { AF_INET } else { AF_INET6 },
            ai_socktype: answer.socktype,
            ai_protocol: answer.protocol,
            ai_addrlen: length,
            ai_canonname: ptr::null_mut(),
            ai_addr: ptr::null_mut(),
            ai_blob: ptr::null_mut(),
            ai_bloblen: 0,
            ai_provider: ptr::null_mut(),
            ai_next: next,
        };
        let mut entry = Box::new(Entry { info, address, name });
        if !entry.name.is_empty() {
            entry.info.ai_canonname = entry.name.as_mut_ptr();
        }
        entry.info.ai_addr = entry.address.as_mut_ptr().cast();
        next = Box::into_raw(entry).cast();
    }
    next
}

/// Frees a list.
///
/// # Safety
/// Null, or a list that [`list`] made, or a part of one, freed once.
unsafe fn free<C>(mut at: *mut AddrInfoEx<C>) -> Result<(), u32> {
    while !at.is_null() {
        // SAFETY: an entry, as the caller promises; `info` is its first field.
        let entry = unsafe { Box::from_raw(at.cast::<Entry<C>>()) };
        at = entry.info.ai_next;
    }
    Ok(())
}

/// # Safety
/// A plausible pointer is one to hints.
unsafe fn hints<C: Copy>(pointer: *const AddrInfoEx<C>) -> Result<Hints, u32> {
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
        return Err(WSANO_RECOVERY);
    }
    Ok(Hints {
        flags: hints.ai_flags,
        family: hints.ai_family,
        socktype: hints.ai_socktype,
        protocol: hints.ai_protocol,
    })
}

/// Whether the call is one that can be done here: WSAEINVAL for a background one.
fn check(
    name_space: u32,
    timeout: *const c_void,
    overlapped: *const c_void,
    routine: *const c_void,
    handle: *const c_void,
) -> Result<(), u32> {
    started()?;
    if !timeout.is_null() || !overlapped.is_null() || !routine.is_null() || !handle.is_null() {
        return Err(code::WSAEINVAL);
    }
    if !matches!(name_space, NS_ALL | NS_DNS) {
        return Err(WSAHOST_NOT_FOUND);
    }
    Ok(())
}

/// A host and a service to a list of addresses; the error is answered, and null stored.
///
/// # Safety
/// Strings may be null; other pointers are plausible only if they are good.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetAddrInfoExA(
    node: *const c_char,
    service: *const c_char,
    name_space: u32,
    _provider: *const GUID,
    hint: *const ADDRINFOEXA,
    result: *mut *mut ADDRINFOEXA,
    timeout: *const c_void,
    overlapped: *const c_void,
    routine: *const c_void,
    handle: *mut HANDLE,
) -> i32 {
    answering(|| {
        // SAFETY: the caller's promise.
        unsafe { memory::write(result, ptr::null_mut()) }?;
        check(name_space, timeout, overlapped, routine, handle.cast())?;
        // SAFETY: the caller's promise.
        let (node, service) = (unsafe { optional(node) }?, unsafe { optional(service) }?);
        // SAFETY: the caller's promise.
        let answers = resolve(node, service, unsafe { hints(hint) }?)?;
        let narrow = |name: &CStr| {
            name.to_bytes_with_nul().iter().map(|byte| c_char::from_ne_bytes([*byte])).collect()
        };
        // SAFETY: the caller's promise.
        unsafe { memory::write(result, list::<c_char>(&answers, narrow)) }
    })
}

/// The wide form of [`GetAddrInfoExA`].
///
/// # Safety
/// As there.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetAddrInfoExW(
    node: *const WCHAR,
    service: *const WCHAR,
    name_space: u32,
    _provider: *const GUID,
    hint: *const ADDRINFOEXW,
    result: *mut *mut ADDRINFOEXW,
    timeout: *const c_void,
    overlapped: *const c_void,
    routine: *const c_void,
    handle: *mut HANDLE,
) -> i32 {
    answering(|| {
        // SAFETY: the caller's promise.
        unsafe { memory::write(result, ptr::null_mut()) }?;
        check(name_space, timeout, overlapped, routine, handle.cast())?;
        // SAFETY: the caller's promise.
        let (node, service) = (unsafe { optional_wide(node) }?, unsafe { optional_wide(service) }?);
        // SAFETY: the caller's promise.
        let answers = resolve(node.as_deref(), service.as_deref(), unsafe { hints(hint) }?)?;
        let wide = |name: &CStr| memory::widen(&name.to_string_lossy());
        // SAFETY: the caller's promise.
        unsafe { memory::write(result, list::<WCHAR>(&answers, wide)) }
    })
}

/// Frees what [`GetAddrInfoExA`] answered.
///
/// # Safety
/// Null, or a list or part of one, freed once.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FreeAddrInfoEx(list: *mut ADDRINFOEXA) {
    // SAFETY: the caller's promise.
    guard::call((), || unsafe { free(list) });
}

/// Frees what [`GetAddrInfoExW`] answered.
///
/// # Safety
/// As [`FreeAddrInfoEx`].
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FreeAddrInfoExW(list: *mut ADDRINFOEXW) {
    // SAFETY: the caller's promise.
    guard::call((), || unsafe { free(list) });
}
