//! shutdown, and its two forms with disconnect data (D41, D50, D51).
//!
//! The kernel is told of the sending direction only: SHUT_RD would end receives that are pending, which Windows
//! leaves alone.
#![allow(unsafe_code)] // exported under C names; shutdown of the kernel

use std::ffi::c_void;

use wharf_core::status::code;

use super::kernel::{self, done};
use crate::guard;
use crate::socket::record::Record;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::{SOCKET, SOCKET_ERROR};

const SD_RECEIVE: i32 = 0;
const SD_SEND: i32 = 1;
const SD_BOTH: i32 = 2;

/// Ends one direction of a connection, or both. WSAEINVAL for another `how`, WSAENOTCONN for a stream without peer;
/// again is allowed.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_shutdown")]
pub extern "C" fn shutdown(s: SOCKET, how: i32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        let mut found = find(s)?;
        let (receiving, sending) = match how {
            SD_RECEIVE => (true, false),
            SD_SEND => (false, true),
            SD_BOTH => (true, true),
            _ => return Err(code::WSAEINVAL),
        };
        shut(&mut found, receiving, sending).map(|()| 0)
    })
}

fn shut(record: &mut Record, receiving: bool, sending: bool) -> Result<(), u32> {
    if record.is_stream() && (record.is_listening() || !record.is_connected()) {
        return Err(code::WSAENOTCONN);
    }
    if record.is_stream() && sending && !record.shut_out {
        // What is pending goes first.
        record.notes.end_due = true;
        if record.io.is_idle(false) {
            record.end_stream().map_err(kernel::code)?;
        }
    }
    record.shut_in |= receiving;
    record.shut_out |= sending;
    Ok(())
}

impl Record {
    /// Ends the stream if that is due.
    pub(crate) fn end_stream(&mut self) -> Result<(), i32> {
        if !std::mem::take(&mut self.notes.end_due) {
            return Ok(());
        }
        // SAFETY: plain numbers.
        match done(unsafe { libc::shutdown(self.fd, libc::SHUT_WR) }) {
            // A connection that has ended has nothing left to shut.
            Err(libc::ENOTCONN) => Ok(()),
            result => result,
        }
    }
}

/// shutdown(SD_SEND) with data for the peer, which TCP has no place for: WSAENOPROTOOPT if there are any.
///
/// # Safety
/// Null, or plausible.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSASendDisconnect(s: SOCKET, data: *const c_void) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        let mut found = find(s)?;
        if !data.is_null() {
            return Err(code::WSAENOPROTOOPT);
        }
        shut(&mut found, false, true).map(|()| 0)
    })
}

/// shutdown(SD_RECEIVE) with room for the peer's data.
///
/// # Safety
/// Null, or plausible.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSARecvDisconnect(s: SOCKET, data: *mut c_void) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        let mut found = find(s)?;
        if !data.is_null() {
            return Err(code::WSAENOPROTOOPT);
        }
        shut(&mut found, true, false).map(|()| 0)
    })
}
