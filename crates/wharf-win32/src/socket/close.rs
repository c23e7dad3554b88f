//! The end of a socket (C39-C42, D78).
#![allow(unsafe_code)] // exported under a C name

use super::table::{self, Taken};
use super::types::{SOCKET, SOCKET_ERROR};
use crate::{guard, overlapped};

/// Closes a SOCKET. If it was the last one of its socket, what is pending ends, each operation with its packet; else
/// nothing does (C42).
pub(crate) fn close(socket: SOCKET) -> Result<(), u32> {
    let (mut record, fd) = match table::take(socket)? {
        Taken::Last(record, fd) => (record, fd),
        Taken::Owing(name) => {
            overlapped::linger(name);
            return Ok(());
        }
        Taken::Shared(fd) => {
            drop(fd);
            overlapped::feed();
            return Ok(());
        }
    };
    // Before the packets: who has one finds the SOCKET gone. SO_LINGER may make it wait.
    wharf::blocking(|| drop(fd));
    overlapped::end_all(&mut record);
    overlapped::feed();
    Ok(())
}

/// Closes a socket: SOCKET_ERROR with WSANOTINITIALISED or WSAENOTSOCK.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn closesocket(s: SOCKET) -> i32 {
    guard::call(SOCKET_ERROR, || {
        super::started()?;
        close(s).map(|()| 0)
    })
}
