//! WSADuplicateSocket: a second SOCKET for one socket (A7, C42, D11, D12).
//!
//! The description carries a ticket, 128 random bits, which WSASocket takes, once.
//!
//! For this process the call makes the SOCKET, hidden, and keeps it until then. Everything is shared, because there is one
//! record: connection, options, modes, association, operations.
//!
//! For another process the socket is offered to that one alone ([`offer`]). What the kernel has is shared: the connection
//! and its options. What this library keeps of a socket (FIONBIO, time-outs, SD_RECEIVE) goes along as it is at the call.
//! The association stays where it was made: for the other process the socket has a port, and gets no other (A6).
#![allow(unsafe_code)] // exported under C names

use std::collections::HashMap;
use std::sync::MutexGuard;

use wharf_core::status::code;

use super::{memory, offer, protocols};
use crate::fork::Lock;
use crate::guard;
use crate::socket::record::Record;
use crate::socket::started;
use crate::socket::table::{self, Found, find};
use crate::socket::types::{
    ProtocolInfo, SOCKET, SOCKET_ERROR, WSAPROTOCOL_INFOA, WSAPROTOCOL_INFOW,
};
use crate::system::random;

/// What the description of a duplicate has as `dwProviderReserved`; a protocol's has 0.
const MARK: u32 = 0x7752_4801;

/// What a description says of the duplicate that it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ticket([u32; 4]);

impl Ticket {
    pub(super) fn new() -> Result<Ticket, u32> {
        let mut bytes = [0; 16];
        random(&mut bytes).map_err(|_| code::WSAENOBUFS)?;
        let (words, _) = bytes.as_chunks();
        Ok(Ticket(std::array::from_fn(|at| u32::from_ne_bytes(words[at]))))
    }

    /// It stands where a chain of one protocol has nothing.
    fn put<C>(self, info: &mut ProtocolInfo<C>) {
        info.dwProviderReserved = MARK;
        info.ProtocolChain.ChainEntries[..4].copy_from_slice(&self.0);
    }

    /// That of a description; none if that is a protocol's.
    pub(crate) fn of<C>(info: &ProtocolInfo<C>) -> Option<Ticket> {
        let [a, b, c, d, ..] = info.ProtocolChain.ChainEntries;
        (info.dwProviderReserved != 0).then_some(Ticket([a, b, c, d]))
    }

    /// As text of 32 letters.
    pub(super) fn text(self) -> String {
        self.0.iter().map(|word| format!("{word:08x}")).collect()
    }
}

/// SOCKETs of this process that wait for their WSASocket.
pub(crate) static COPIES: Lock<Option<HashMap<Ticket, SOCKET>>> = Lock::new(None);

fn copies() -> MutexGuard<'static, Option<HashMap<Ticket, SOCKET>>> {
    COPIES.lock()
}

/// Makes a second SOCKET of this process.
fn keep(found: Found, ticket: Ticket) -> Result<(), u32> {
    let private = found.private;
    let socket = table::double(found, private, false)?;
    copies().get_or_insert_default().insert(ticket, socket);
    Ok(())
}

/// Gives out the SOCKET that a ticket stands for: WSAEINVAL for one that stands for none, or for none any more. `private`:
/// programs that this one starts do not inherit it.
pub(crate) fn redeem(ticket: Ticket, private: bool) -> Result<SOCKET, u32> {
    let waiting = copies().as_mut().and_then(|copies| copies.remove(&ticket));
    match waiting {
        Some(socket) => {
            table::show(socket);
            Ok(socket)
        }
        None => offer::claim(ticket, private),
    }
}

/// The last WSACleanup: those that wait are closed with all others. What has been offered to another process is that
/// one's.
pub(crate) fn forget() {
    *copies() = None;
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
    let mut description = describe(&*find(s)?);
    let target = if process == std::process::id() { None } else { Some(offer::target(process)?) };
    memory::room(info)?;
    let ticket = Ticket::new()?;
    ticket.put(&mut description);
    match target {
        None => keep(find(s)?, ticket)?,
        Some(target) => offer::make(find(s)?, target, ticket)?,
    }
    // SAFETY: the caller's promise.
    unsafe { memory::write(info, description) }.map(|()| 0)
}

/// Describes a socket so that WSASocket, called once by the process that is named, makes a SOCKET for it. The socket stays
/// open until that process has it or ends; this one may close it, and is to run until then.
///
/// WSAEINVAL for a process that is none, has ended, or is another user's; WSAEFAULT, WSAENOTSOCK, WSAEMFILE.
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
