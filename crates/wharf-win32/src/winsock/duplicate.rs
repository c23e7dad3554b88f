//! WSADuplicateSocket: a second SOCKET for one socket of this process (A7, D11, D12).
//!
//! The call makes a second descriptor and keeps it under a number, which travels in the description; WSASocket with
//! that description, once, makes a SOCKET of it. Connection, options and association with a port are shared, because
//! they are the kernel socket's or are copied at that moment.
//!
//! # Known difference
//! Operations belong to the SOCKET that they were issued on and end with it, even if the other is still open (C42).
//! Another process is refused: WSAEOPNOTSUPP.
#![allow(unsafe_code)] // exported under C names; descriptors

use std::collections::HashMap;
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use wharf_core::status::code;

use super::{kernel, memory, notes, protocols};
use crate::guard;
use crate::overlapped;
use crate::port::Binding;
use crate::socket::record::Record;
use crate::socket::started;
use crate::socket::table::{self, find};
use crate::socket::types::{
    ProtocolInfo, SOCKET, SOCKET_ERROR, WSAPROTOCOL_INFOA, WSAPROTOCOL_INFOW,
};

/// A socket that waits for its WSASocket.
struct Copy {
    fd: OwnedFd,
    kinds: (i32, i32, i32),
    overlapped: bool,
    blocking: bool,
    limits: (u32, u32),
    flags: [bool; 8],
    binding: Option<Binding>,
    notes: notes::Notes,
}

#[derive(Default)]
struct Copies {
    last: u32,
    waiting: Option<HashMap<u32, Copy>>,
}

static COPIES: Mutex<Copies> = Mutex::new(Copies { last: 0, waiting: None });

/// Keeps a second descriptor of a socket; answers its number.
fn keep(record: &Record) -> Result<u32, u32> {
    let command = if record.private { libc::F_DUPFD_CLOEXEC } else { libc::F_DUPFD };
    // SAFETY: plain numbers.
    let fd = unsafe { libc::fcntl(record.fd, command, 0) };
    kernel::done(fd).map_err(kernel::code)?;
    let copy = Copy {
        // SAFETY: just made, and nobody else's.
        fd: unsafe { OwnedFd::from_raw_fd(fd) },
        kinds: (record.family, record.kind, record.protocol),
        overlapped: record.overlapped,
        blocking: record.blocking,
        limits: (record.receive_timeout, record.send_timeout),
        flags: flags(record),
        binding: record.io.binding.clone(),
        notes: record.notes.shared(),
    };
    let mut copies = COPIES.lock().unwrap_or_else(PoisonError::into_inner);
    // 0 is what a description of no duplicate has there.
    copies.last = copies.last.checked_add(1).unwrap_or(1);
    let number = copies.last;
    copies.waiting.get_or_insert_default().insert(number, copy);
    Ok(number)
}

fn flags(record: &Record) -> [bool; 8] {
    [
        record.connected,
        record.active,
        record.private,
        record.bound,
        record.listening,
        record.shut_in,
        record.shut_out,
        record.finished,
    ]
}

/// Makes a SOCKET of a number: WSAEINVAL for one that is none any more.
pub(crate) fn redeem(number: u32) -> Result<SOCKET, u32> {
    let copy = {
        let mut copies = COPIES.lock().unwrap_or_else(PoisonError::into_inner);
        copies
            .waiting
            .as_mut()
            .and_then(|waiting| waiting.remove(&number))
            .ok_or(code::WSAEINVAL)?
    };
    let (family, kind, protocol) = copy.kinds;
    let binding = copy.binding;
    let s = table::open(copy.fd, |fd, generation| {
        let mut record = Record::new(fd, generation, family, kind, protocol);
        (record.overlapped, record.blocking) = (copy.overlapped, copy.blocking);
        (record.receive_timeout, record.send_timeout) = copy.limits;
        let [connected, active, private, bound, listening, shut_in, shut_out, finished] =
            copy.flags;
        (record.connected, record.active, record.private, record.bound) =
            (connected, active, private, bound);
        (record.listening, record.shut_in, record.shut_out) = (listening, shut_in, shut_out);
        record.finished = finished;
        record.notes = copy.notes;
        record
    })?;
    if let Some(binding) = binding {
        let mut found = find(s)?;
        overlapped::associate(&mut found, binding)?;
    }
    Ok(s)
}

/// # Safety
/// A plausible pointer is one to room for the description.
unsafe fn duplicate<C: std::marker::Copy>(
    s: SOCKET,
    process: u32,
    info: *mut ProtocolInfo<C>,
    describe: impl Fn(&Record) -> ProtocolInfo<C>,
) -> Result<i32, u32> {
    started()?;
    let found = find(s)?;
    if process != std::process::id() {
        // SAFETY: signal 0 asks only whether there is such a process.
        let there =
            i32::try_from(process).is_ok_and(|process| unsafe { libc::kill(process, 0) } == 0);
        return Err(if there && process != 0 { code::WSAEOPNOTSUPP } else { code::WSAEINVAL });
    }
    memory::plausible(info, size_of::<ProtocolInfo<C>>())?;
    let mut description = describe(&found);
    description.dwProviderReserved = keep(&found)?;
    // SAFETY: the caller's promise.
    unsafe { memory::write(info, description) }.map(|()| 0)
}

/// Describes a socket so that WSASocket, once, makes a second SOCKET for it. WSAEINVAL for a process that is none,
/// WSAEFAULT.
///
/// # Safety
/// A plausible pointer is one to room for the description.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSADuplicateSocketA(
    s: SOCKET,
    process: u32,
    info: *mut WSAPROTOCOL_INFOA,
) -> i32 {
    // SAFETY: the caller's promise.
    guard::call(SOCKET_ERROR, || unsafe { duplicate(s, process, info, protocols::of_narrow) })
}

/// The wide form of [`WSADuplicateSocketA`].
///
/// # Safety
/// As there.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSADuplicateSocketW(
    s: SOCKET,
    process: u32,
    info: *mut WSAPROTOCOL_INFOW,
) -> i32 {
    // SAFETY: the caller's promise.
    guard::call(SOCKET_ERROR, || unsafe { duplicate(s, process, info, protocols::of_wide) })
}
