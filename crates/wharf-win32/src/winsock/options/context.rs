//! SOL_SOCKET: what AcceptEx and ConnectEx leave to be done, and options that only describe.

use std::cell::Cell;

use wharf_core::status::code;

use super::carry::{Carried, note};
use super::{Answer, Kind};
use crate::socket::record::Record;
use crate::socket::table::find;
use crate::socket::types::{SOCKET, WSAPROTOCOL_INFOA, WSAPROTOCOL_INFOW};
use crate::winsock::protocols;

pub(super) const SO_OPENTYPE: i32 = 0x7008;
pub(super) const SO_UPDATE_ACCEPT_CONTEXT: i32 = 0x700B;
pub(super) const SO_UPDATE_CONNECT_CONTEXT: i32 = 0x7010;

thread_local! {
    /// SO_OPENTYPE: 0 for overlapped sockets from `socket`, anything else for ones that are not.
    static OPEN_TYPE: Cell<u32> = const { Cell::new(0) };
}

pub(super) fn open_type() -> u32 {
    OPEN_TYPE.try_with(Cell::get).unwrap_or(0)
}

pub(super) fn set_open_type(value: &[u8]) -> Result<(), u32> {
    let value = Kind::Number.read(value)?;
    let _ = OPEN_TYPE.try_with(|open_type| open_type.set(value));
    Ok(())
}

/// Whether `socket` makes overlapped sockets on this thread (D5).
pub(crate) fn opens_overlapped() -> bool {
    open_type() == 0
}

/// SO_UPDATE_ACCEPT_CONTEXT (D26, D27): the connection gets what is its listener's. WSAEFAULT for a value that is
/// no SOCKET, WSAENOTSOCK, WSAEINVAL for what does not listen, WSAENOTCONN without a connection.
pub(super) fn after_accept(s: SOCKET, value: &[u8]) -> Result<(), u32> {
    let listener =
        value.first_chunk().map(|bytes| SOCKET::from_ne_bytes(*bytes)).ok_or(code::WSAEFAULT)?;
    let (notes, limits, carried) = {
        let mut listener = find(listener)?;
        if !listener.listening {
            return Err(code::WSAEINVAL);
        }
        let limits = (listener.receive_timeout, listener.send_timeout);
        (listener.notes.inherited(), limits, Carried::of_listener(&mut listener))
    };
    let mut found = find(s)?;
    if !found.connected {
        return Err(code::WSAENOTCONN);
    }
    (found.receive_timeout, found.send_timeout) = limits;
    found.notes.reuse = notes.reuse;
    found.notes.plain_options = notes.plain_options;
    for name in notes.own_options {
        note(&mut found, name);
    }
    carried.apply(&mut found);
    Ok(())
}

/// SO_UPDATE_CONNECT_CONTEXT (D36): nothing is left to be done but to be connected.
pub(super) fn after_connect(record: &Record) -> Result<(), u32> {
    if record.connected { Ok(()) } else { Err(code::WSAENOTCONN) }
}

/// SO_CONNECT_TIME (D28): seconds since the connect; all ones without a connection.
pub(super) fn connect_time(record: &Record) -> u32 {
    match record.notes.connected_at {
        Some(at) if record.is_stream() => {
            u32::try_from(at.elapsed().as_secs()).unwrap_or(u32::MAX - 1)
        }
        // Connected by a call that has not noted when: it is a connection, and new.
        None if record.is_stream() && record.connected => 0,
        _ => u32::MAX,
    }
}

pub(super) fn protocol_info_a(record: &Record, room: usize) -> Result<Answer, u32> {
    if room < size_of::<WSAPROTOCOL_INFOA>() {
        return Err(code::WSAEFAULT);
    }
    Ok(Answer::Bytes(protocols::bytes(&protocols::of_narrow(record))))
}

pub(super) fn protocol_info_w(record: &Record, room: usize) -> Result<Answer, u32> {
    if room < size_of::<WSAPROTOCOL_INFOW>() {
        return Err(code::WSAEFAULT);
    }
    Ok(Answer::Bytes(protocols::bytes(&protocols::of_wide(record))))
}
