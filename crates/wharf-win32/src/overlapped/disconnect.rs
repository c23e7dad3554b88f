//! DisconnectEx (D38-D40).
#![allow(unsafe_code)] // called by C; shutdown

use wharf_core::status::code;

use super::attempt::Facts;
use super::engine::issue_pending;
use super::life::reuse_address;
use super::operation::{Attempt, Operation, Work};
use super::request::Request;
use super::synchronous::transfer;
use super::types::OVERLAPPED;
use crate::guard;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::SOCKET;
use crate::socket::waiting::checked;
use crate::types::{BOOL, FALSE, TRUE};

/// The socket can be accepted or connected with again.
pub(super) const TF_REUSE_SOCKET: u32 = 0x02;

pub(crate) struct Disconnect {
    pub(super) reuse: bool,
    /// The end of stream has been sent.
    ended: bool,
}

impl Disconnect {
    pub(super) fn new(reuse: bool) -> Self {
        Disconnect { reuse, ended: false }
    }
}

/// Sends the end of stream; for a socket that is to be used again, waits for the peer's too. What still comes before
/// that is for nobody.
pub(super) fn try_disconnect(facts: Facts, disconnect: &mut Disconnect) -> Attempt {
    if !disconnect.ended {
        disconnect.ended = true;
        if disconnect.reuse {
            reuse_address(facts.fd, true);
        }
        // SAFETY: plain numbers. ENOTCONN: the connection is gone, and the need for an end with it.
        unsafe { libc::shutdown(facts.fd, libc::SHUT_WR) };
    }
    let mut nothing = [0_u8; 4096];
    if !disconnect.reuse {
        return Attempt::Done { bytes: 0, exhausted: false };
    }
    loop {
        let (to, room) = (nothing.as_mut_ptr().cast(), nothing.len());
        // SAFETY: our own memory.
        match checked(unsafe { libc::recv(facts.fd, to, room, libc::MSG_DONTWAIT) }) {
            Ok(1..) | Err(libc::EINTR) => {}
            Err(libc::EAGAIN) => return Attempt::Later,
            Ok(0) | Err(_) => return Attempt::Done { bytes: 0, exhausted: false },
        }
    }
}

/// Ends a connection after what is pending has been sent. With TF_REUSE_SOCKET the socket can then be given to
/// AcceptEx or ConnectEx again.
///
/// TRUE without an OVERLAPPED; else FALSE with ERROR_IO_PENDING, and then a packet.
///
/// # Safety
/// `lpOverlapped` is null, or valid until the operation's end.
pub(super) unsafe extern "C" fn disconnect_ex(
    s: SOCKET,
    lpOverlapped: *mut OVERLAPPED,
    dwFlags: u32,
    dwReserved: u32,
) -> BOOL {
    guard::call(FALSE, || {
        started()?;
        let mut record = find(s)?;
        if dwFlags & !TF_REUSE_SOCKET != 0 || dwReserved != 0 {
            return Err(code::WSAEINVAL);
        }
        if !record.is_stream() || !record.is_connected() {
            return Err(code::WSAENOTCONN);
        }
        let reuse = dwFlags & TF_REUSE_SOCKET != 0;
        let work = Work::Disconnect(Disconnect::new(reuse));
        if lpOverlapped.is_null() {
            record.shut_out = true;
            drop(record);
            transfer(s, work, true, |_| Ok(()))?;
            return Ok(TRUE);
        }
        // SAFETY: valid until the operation's end (C31).
        let request = unsafe { Request::begin_winsock(lpOverlapped, None) }?;
        record.shut_out = true;
        if reuse {
            record.drive_again(true); // what is there is for the receives that came before
        }
        issue_pending(&mut record, Operation { request, work, transferred: 0, via: None })?;
        Err(code::ERROR_IO_PENDING)
    })
}
