//! Services and protocols as the first Winsock answers them.
//!
//! # Invariant
//! What a call answers lives in the calling thread until its next call of the same pair, and ends with the thread.
#![allow(unsafe_code)] // exported under C names; answers with pointers into one another

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::ptr;

use super::error::{WSANO_DATA, WSANO_RECOVERY};
use super::protocol::{self, Protocol};
use super::service::{self, Service};
use crate::guard;
use crate::socket::started;
use crate::winsock::memory;

/// A service. On 64-bit Windows the protocol comes before the port.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SERVENT {
    /// Its name.
    pub s_name: *mut c_char,
    /// Other names, up to a null.
    pub s_aliases: *mut *mut c_char,
    /// The protocol's name.
    pub s_proto: *mut c_char,
    /// In network order.
    pub s_port: i16,
}
const _: () = assert!(size_of::<SERVENT>() == 32 && std::mem::offset_of!(SERVENT, s_port) == 24);

/// A protocol.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PROTOENT {
    /// Its name.
    pub p_name: *mut c_char,
    /// Other names, up to a null.
    pub p_aliases: *mut *mut c_char,
    /// Its number.
    pub p_proto: i16,
}
const _: () = assert!(size_of::<PROTOENT>() == 24);

/// What the pointers of an answer point to.
#[expect(dead_code, reason = "names and aliases are kept for the pointers of the entry")]
struct Answer<E> {
    names: Vec<CString>,
    aliases: Vec<*mut c_char>,
    entry: E,
}

thread_local! {
    static SERVICE: RefCell<Option<Box<Answer<SERVENT>>>> = const { RefCell::new(None) };
    static PROTOCOL: RefCell<Option<Box<Answer<PROTOENT>>>> = const { RefCell::new(None) };
}

/// Pointers to all but the first `skip` names, up to a null.
fn aliases(names: &[CString], skip: usize) -> Vec<*mut c_char> {
    let pointers = names.iter().skip(skip).map(|name| name.as_ptr().cast_mut());
    pointers.chain([ptr::null_mut()]).collect()
}

fn keep_service(found: Service) -> Result<*mut SERVENT, u32> {
    let mut names = vec![found.name, found.protocol];
    names.extend(found.aliases);
    let mut aliases = aliases(&names, 2);
    let entry = SERVENT {
        s_name: names[0].as_ptr().cast_mut(),
        s_aliases: aliases.as_mut_ptr(),
        s_proto: names[1].as_ptr().cast_mut(),
        s_port: found.port.to_be().cast_signed(),
    };
    let answer = Box::new(Answer { names, aliases, entry });
    let kept = SERVICE.try_with(|cell| &raw mut cell.borrow_mut().insert(answer).entry);
    kept.map_err(|_| WSANO_RECOVERY)
}

fn keep_protocol(found: &Protocol) -> Result<*mut PROTOENT, u32> {
    let names = vec![found.0.to_owned(), found.2.to_owned()];
    let mut aliases = aliases(&names, 1);
    let entry = PROTOENT {
        p_name: names[0].as_ptr().cast_mut(),
        p_aliases: aliases.as_mut_ptr(),
        p_proto: found.1.into(),
    };
    let answer = Box::new(Answer { names, aliases, entry });
    let kept = PROTOCOL.try_with(|cell| &raw mut cell.borrow_mut().insert(answer).entry);
    kept.map_err(|_| WSANO_RECOVERY)
}

/// # Safety
/// Null, or plausible and then a string.
unsafe fn optional<'a>(pointer: *const c_char) -> Result<Option<&'a CStr>, u32> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { memory::narrow(pointer) }.map(Some)
}

/// A service by name; any protocol if none is given. Null with WSANO_DATA if there is none.
///
/// # Safety
/// A plausible pointer is one to a string; the protocol may be null.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_getservbyname")]
pub unsafe extern "C" fn getservbyname(
    name: *const c_char,
    protocol: *const c_char,
) -> *mut SERVENT {
    guard::call(ptr::null_mut(), || {
        started()?;
        // SAFETY: the caller's promise.
        let name = unsafe { memory::narrow(name) }?;
        // SAFETY: the caller's promise.
        let protocol = unsafe { optional(protocol) }?;
        keep_service(service::by_name(name, protocol).ok_or(WSANO_DATA)?)
    })
}

/// A service by its port, which is in network order.
///
/// # Safety
/// Null, or plausible and then a string.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_getservbyport")]
pub unsafe extern "C" fn getservbyport(port: i32, protocol: *const c_char) -> *mut SERVENT {
    guard::call(ptr::null_mut(), || {
        started()?;
        // SAFETY: the caller's promise.
        let protocol = unsafe { optional(protocol) }?;
        // Programs pass what htons gave them, sign-extended or not: 16 bits count.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "16 bits count"
        )]
        let port = u16::from_be(port as u16);
        keep_service(service::by_port(port, protocol).ok_or(WSANO_DATA)?)
    })
}

/// A protocol by name.
///
/// # Safety
/// A plausible pointer is one to a string.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_getprotobyname")]
pub unsafe extern "C" fn getprotobyname(name: *const c_char) -> *mut PROTOENT {
    guard::call(ptr::null_mut(), || {
        started()?;
        // SAFETY: the caller's promise.
        let name = unsafe { memory::narrow(name) }?;
        keep_protocol(protocol::by_name(name).ok_or(WSANO_DATA)?)
    })
}

/// A protocol by number.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_getprotobynumber")]
pub extern "C" fn getprotobynumber(number: i32) -> *mut PROTOENT {
    guard::call(ptr::null_mut(), || {
        started()?;
        keep_protocol(protocol::by_number(number).ok_or(WSANO_DATA)?)
    })
}
