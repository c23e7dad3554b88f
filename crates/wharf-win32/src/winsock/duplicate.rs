//! WSADuplicateSocket: a second SOCKET for one socket of this process (A7, C42, D11, D12).
//!
//! The call makes the SOCKET, hidden, and keeps it under a number, which travels in the description; WSASocket with that
//! description, once, gives it out. Everything is shared, because there is one record: connection, options, modes,
//! association, operations.
//!
//! Another process is refused: WSAEOPNOTSUPP.
#![allow(unsafe_code)] // exported under C names

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wharf_core::status::code;

use super::{memory, protocols};
use crate::guard;
use crate::socket::record::Record;
use crate::socket::started;
use crate::socket::table::{self, Found, find};
use crate::socket::types::{
    ProtocolInfo, SOCKET, SOCKET_ERROR, WSAPROTOCOL_INFOA, WSAPROTOCOL_INFOW,
};

/// SOCKETs that wait for their WSASocket, by number.
#[derive(Default)]
struct Copies {
    last: u32,
    waiting: Option<HashMap<u32, SOCKET>>,
}

static COPIES: Mutex<Copies> = Mutex::new(Copies { last: 0, waiting: None });

fn copies() -> MutexGuard<'static, Copies> {
    COPIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a second SOCKET; answers its number.
fn keep(found: Found) -> Result<u32, u32> {
    let private = found.private;
    let socket = table::double(found, private, false)?;
    let mut copies = copies();
    // 0 is what a description of no duplicate has there.
    copies.last = copies.last.checked_add(1).unwrap_or(1);
    let number = copies.last;
    copies.waiting.get_or_insert_default().insert(number, socket);
    Ok(number)
}

/// Gives the SOCKET of a number out: WSAEINVAL for a number that is none any more.
pub(crate) fn redeem(number: u32) -> Result<SOCKET, u32> {
    let waiting = copies().waiting.as_mut().and_then(|waiting| waiting.remove(&number));
    let socket = waiting.ok_or(code::WSAEINVAL)?;
    table::show(socket);
    Ok(socket)
}

/// The last WSACleanup: those that wait are closed with all others.
pub(crate) fn forget() {
    copies().waiting = None;
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
    memory::writable(info, size_of::<ProtocolInfo<C>>())?;
    let mut description = describe(&found);
    description.dwProviderReserved = keep(found)?;
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
