//! getsockopt and setsockopt.
//!
//! | file | level |
//! |---|---|
//! | `socket_level` | SOL_SOCKET |
//! | `context` | SOL_SOCKET: what AcceptEx and ConnectEx leave to be done, and what only describes |
//! | `transport` | IPPROTO_TCP, IPPROTO_UDP |
//! | `internet` | IPPROTO_IP, IPPROTO_IPV6 |
//! | `carry` | from one socket of the kernel's to another |
//! | `groups` | multicast groups, whose structures differ |
//!
//! # Invariants
//! 1. Windows' numbers and units are the program's side: each level has one table or one match that translates them.
//! 2. An option that Linux has nothing for is kept and read back if it only tunes; if a program could tell the
//!    difference it is WSAENOPROTOOPT.
//! 3. Flags may be passed in less than four bytes, and are answered in what room there is; numbers need four.
#![allow(unsafe_code)] // exported under C names

mod carry;
mod context;
mod groups;
mod internet;
mod socket_level;
mod transport;

use std::ffi::c_char;

use wharf_core::status::code;

use super::memory;
use crate::guard;
use crate::socket::record::Record;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::{SOCKET, SOCKET_ERROR};

pub(super) use carry::note;
pub(crate) use carry::{Carried, Name};
pub(crate) use context::opens_overlapped;
pub(super) use socket_level::SO_KEEPALIVE;
pub use socket_level::SO_LINGER;
pub(super) use transport::{TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL};

/// The level of options that every socket has: all ones in 16 bits.
pub const SOL_SOCKET: i32 = 0xffff;
pub(super) const IPPROTO_IP: i32 = 0;
pub(super) const IPPROTO_TCP: i32 = 6;
pub(super) const IPPROTO_UDP: i32 = 17;
pub(super) const IPPROTO_IPV6: i32 = 41;

/// What getsockopt answers.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Flag(bool),
    Number(u32),
    Bytes(Vec<u8>),
}

/// How an option's value is read and answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Flag,
    Number,
}

impl Kind {
    /// A value that a program passes: WSAEFAULT if it is too short.
    fn read(self, value: &[u8]) -> Result<u32, u32> {
        match (self, value) {
            (_, &[a, b, c, d, ..]) => Ok(u32::from_ne_bytes([a, b, c, d])),
            (Kind::Flag, &[byte, ..]) => Ok(byte.into()),
            _ => Err(code::WSAEFAULT),
        }
    }

    fn answer(self, value: u32) -> Answer {
        match self {
            Kind::Flag => Answer::Flag(value != 0),
            Kind::Number => Answer::Number(value),
        }
    }
}

impl Answer {
    /// Its bytes for a buffer of this length: WSAEFAULT if it does not fit.
    fn bytes(self, room: usize) -> Result<Vec<u8>, u32> {
        let bytes = match self {
            Answer::Flag(on) if (1..4).contains(&room) => vec![u8::from(on)],
            Answer::Flag(on) => u32::from(on).to_ne_bytes().to_vec(),
            Answer::Number(number) => number.to_ne_bytes().to_vec(),
            Answer::Bytes(bytes) => bytes,
        };
        if bytes.len() > room { Err(code::WSAEFAULT) } else { Ok(bytes) }
    }
}

/// An option that is kept for the program and changes nothing.
fn keep(record: &mut Record, level: i32, name: i32, value: u32) {
    let options = &mut record.notes.plain_options;
    match options.iter_mut().find(|option| (option.0, option.1) == (level, name)) {
        Some(option) => option.2 = value,
        None => options.push((level, name, value)),
    }
}

/// What was kept.
fn kept(record: &Record, level: i32, name: i32) -> Option<u32> {
    let options = &record.notes.plain_options;
    options.iter().find(|option| (option.0, option.1) == (level, name)).map(|option| option.2)
}

fn set(record: &mut Record, level: i32, name: i32, value: &[u8]) -> Result<(), u32> {
    match level {
        SOL_SOCKET => socket_level::set(record, name, value),
        IPPROTO_TCP | IPPROTO_UDP => transport::set(record, level, name, value),
        IPPROTO_IP | IPPROTO_IPV6 => internet::set(record, level, name, value),
        _ => Err(code::WSAEINVAL),
    }
}

fn get(record: &mut Record, level: i32, name: i32, room: usize) -> Result<Answer, u32> {
    match level {
        SOL_SOCKET => socket_level::get(record, name, room),
        IPPROTO_TCP | IPPROTO_UDP => transport::get(record, level, name),
        IPPROTO_IP | IPPROTO_IPV6 => internet::get(record, level, name),
        _ => Err(code::WSAEINVAL),
    }
}

/// Sets an option: WSAENOPROTOOPT for one that this kind of socket has not, WSAEINVAL for a level or value that is
/// none, WSAEFAULT for a bad pointer or too short a value.
///
/// # Safety
/// A plausible `value` is one to `length` bytes.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_setsockopt")]
pub unsafe extern "C" fn setsockopt(
    s: SOCKET,
    level: i32,
    name: i32,
    value: *const c_char,
    length: i32,
) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        if level == SOL_SOCKET && name == context::SO_OPENTYPE {
            // Of the thread: no socket is looked at.
            // SAFETY: the caller's promise.
            return context::set_open_type(unsafe { read(value, length) }?).map(|()| 0);
        }
        let mut found = find(s)?;
        if level == SOL_SOCKET && name == context::SO_UPDATE_CONNECT_CONTEXT {
            return context::after_connect(&found).map(|()| 0); // without a value
        }
        // SAFETY: the caller's promise.
        let value = unsafe { read(value, length) }?;
        if level == SOL_SOCKET && name == context::SO_UPDATE_ACCEPT_CONTEXT {
            drop(found);
            return context::after_accept(s, value).map(|()| 0);
        }
        set(&mut found, level, name, value)?;
        carry::note(&mut found, (level, name));
        Ok(0)
    })
}

/// # Safety
/// A plausible `value` is one to `length` bytes.
unsafe fn read<'a>(value: *const c_char, length: i32) -> Result<&'a [u8], u32> {
    let length = usize::try_from(length).map_err(|_| code::WSAEFAULT)?;
    // SAFETY: the caller's promise. Nothing of ours is longer than the limit.
    unsafe { memory::bytes(value.cast(), length.min(1 << 20)) }
}

/// An option's value, and its length.
///
/// # Safety
/// Plausible pointers are ones to a number and to so much room.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_getsockopt")]
pub unsafe extern "C" fn getsockopt(
    s: SOCKET,
    level: i32,
    name: i32,
    value: *mut c_char,
    length: *mut i32,
) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        let open_type = level == SOL_SOCKET && name == context::SO_OPENTYPE;
        if !open_type {
            find(s)?;
        }
        memory::room(length)?;
        // SAFETY: the caller's promise.
        let room =
            usize::try_from(unsafe { memory::read(length) }?).map_err(|_| code::WSAEFAULT)?;
        memory::writable(value, room.min(1 << 20))?;
        let answer = match open_type {
            true => Answer::Number(context::open_type()),
            false => {
                let mut found = find(s)?;
                get(&mut found, level, name, room)?
            }
        };
        let bytes = answer.bytes(room)?;
        // SAFETY: the caller's promise; it fits.
        unsafe { memory::store(value.cast(), &bytes) }?;
        // SAFETY: the caller's promise.
        unsafe { memory::write(length, i32::try_from(bytes.len()).map_err(|_| code::WSAEFAULT)?) }?;
        Ok(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_in_less_than_four_bytes() {
        assert_eq!(Kind::Flag.read(&[1]), Ok(1));
        assert_eq!(Kind::Flag.read(&[]), Err(code::WSAEFAULT));
        assert_eq!(Kind::Number.read(&[1, 0]), Err(code::WSAEFAULT));
        assert_eq!(Kind::Number.read(&[1, 0, 0, 0, 9]), Ok(1));
        assert_eq!(Answer::Flag(true).bytes(1), Ok(vec![1]));
        assert_eq!(Answer::Flag(true).bytes(8), Ok(vec![1, 0, 0, 0]));
        assert_eq!(Answer::Number(1).bytes(3), Err(code::WSAEFAULT));
        assert_eq!(Answer::Flag(true).bytes(0), Err(code::WSAEFAULT));
    }
}
