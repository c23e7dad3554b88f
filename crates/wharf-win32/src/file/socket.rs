//! ReadFile and WriteFile on a SOCKET: Winsock's calls, with Win32's codes.
#![allow(unsafe_code)] // calls of Winsock with the caller's memory

use super::io::{Direction, Transfer};
use crate::overlapped::request::Routine;
use crate::overlapped::{WSARecv, WSASend, receive_for_file, send_for_file};
use crate::socket::table;
use crate::socket::types::WSABUF;
use crate::types::{BOOL, HANDLE, OVERLAPPED, TRUE};
use crate::{code, error};

/// The Win32 code of a Winsock failure, as the status behind both would read (A32).
fn translate(winsock: u32) -> u32 {
    match winsock {
        code::WSAECONNRESET => code::ERROR_NETNAME_DELETED,
        code::WSAECONNABORTED => code::ERROR_CONNECTION_ABORTED,
        code::WSAENOTCONN => code::ERROR_UNEXP_NET_ERR,
        code::WSAESHUTDOWN => code::ERROR_PIPE_NOT_CONNECTED,
        code::WSAEMSGSIZE => code::ERROR_MORE_DATA,
        code::WSAEFAULT => code::ERROR_NOACCESS,
        code::WSAEINVAL => code::ERROR_INVALID_PARAMETER,
        code::WSAENOBUFS => code::ERROR_NO_SYSTEM_RESOURCES,
        code::WSAENOTSOCK => code::ERROR_INVALID_HANDLE,
        code::WSAETIMEDOUT => code::ERROR_SEM_TIMEOUT,
        other => other,
    }
}

/// Receives or sends.
///
/// # Safety
/// As for ReadFile and WriteFile.
pub(super) unsafe fn transfer(
    socket: HANDLE,
    transfer: Transfer,
    count: *mut u32,
    overlapped: *mut OVERLAPPED,
    routine: Option<Routine>,
) -> Result<BOOL, u32> {
    drop(table::find(socket as usize).map_err(|_| code::ERROR_INVALID_HANDLE)?);
    let mut buffer = WSABUF { len: transfer.length, buf: transfer.buffer.cast() };
    let (mut local, mut flags) = (0, 0);
    // A count is needed when nothing else tells the result.
    let count = if count.is_null() && overlapped.is_null() { &raw mut local } else { count };
    let (socket, buffer) = (socket as usize, &raw mut buffer);
    if let Some(routine) = routine {
        let result = match transfer.direction {
            // SAFETY: as below.
            Direction::Read => unsafe { receive_for_file(socket, buffer, overlapped, routine) },
            // SAFETY: as below.
            Direction::Write => unsafe { send_for_file(socket, buffer, overlapped, routine) },
        };
        return result.map(|_| TRUE).map_err(translate);
    }
    let result = match transfer.direction {
        Direction::Read => {
            let flags = &raw mut flags;
            // SAFETY: the caller's memory; the array is captured by the call (C31).
            unsafe { WSARecv(socket, buffer, 1, count, flags, overlapped, None) }
        }
        // SAFETY: as above.
        Direction::Write => unsafe { WSASend(socket, buffer, 1, count, 0, overlapped, None) },
    };
    if result == 0 { Ok(TRUE) } else { Err(translate(error::GetLastError())) }
}
