//! The same transfers without an OVERLAPPED: they are tried, and wait where Windows would block (C29).

use std::time::{Duration, Instant};

use super::attempt::attempt_work;
use super::engine::{despite, issue_later};
use super::operation::{Attempt, Fault, Operation, Send, Work};
use super::request::Request;
use crate::code;
use crate::error::SetLastError;
use crate::socket::Record;
use crate::socket::table::find;
use crate::socket::types::SOCKET;
use crate::socket::waiting::{Wanted, wait};

/// Carries a transfer out, and waits for its end if the socket is blocking or `always_waits`: the bytes, or a Winsock code. WSAEWOULDBLOCK on a non-blocking socket, WSAETIMEDOUT.
pub(crate) fn transfer(
    socket: SOCKET,
    mut work: Work,
    always_waits: bool,
    check: impl Fn(&mut Record) -> Result<(), u32>,
) -> Result<usize, u32> {
    let input = work.is_input();
    let mut transferred = 0;
    let mut deadline = None;
    loop {
        let mut found = find(socket).map_err(|code| closed_meanwhile(code, deadline.is_some()))?;
        check(&mut found)?;
        // What is pending goes first.
        if found.io.is_idle(input) {
            let tried = attempt_work(found.facts(), &mut work, &mut transferred);
            match despite(found.io.broken(input), tried) {
                Attempt::Done { bytes, .. } => {
                    if input && bytes == 0 && work.has_room() && found.is_stream() {
                        found.note_end().map_err(Fault::winsock)?;
                    }
                    found.note_transfer(bytes);
                    if work.reuses() {
                        found.renew().map_err(|error| Fault::errno(error).winsock())?; // D40
                    }
                    found.rearm_after(input, false);
                    return Ok(bytes);
                }
                Attempt::Failed(fault) | Attempt::FailedLate(fault, _) => {
                    return Err(found.note_failure(input, fault).winsock());
                }
                Attempt::Later => {}
            }
        }
        if !found.blocking && !always_waits {
            if transferred > 0 {
                return Ok(found.keep_rest(&work, transferred));
            }
            found.rearm_after(input, true);
            return Err(code::WSAEWOULDBLOCK);
        }
        let limit = if input { found.receive_timeout } else { found.send_timeout };
        let end = *deadline.get_or_insert_with(|| {
            (limit != 0).then(|| Instant::now() + Duration::from_millis(limit.into()))
        });
        wait(&found.pin(), if input { Wanted::Input } else { Wanted::Output }, end)?;
    }
}

/// A transfer that has succeeded leaves no error (C32).
pub(super) fn succeed(result: Result<i32, u32>) -> Result<i32, u32> {
    result.inspect(|_| SetLastError(code::ERROR_SUCCESS))
}

impl Record {
    /// A call that does not wait has transferred a part. Of a send the rest is copied and goes out by and by, so that the
    /// call has taken all (D53); answers how much the call has taken.
    fn keep_rest(&mut self, work: &Work, transferred: usize) -> usize {
        let Work::Send(Send { buffers, flags, to: None }) = work else { return transferred };
        let all = buffers.len();
        // What is not there cannot be taken.
        let Some(kept) = buffers.keep(transferred) else { return transferred };
        let rest = Send { buffers: kept, flags: *flags, to: None };
        let (request, work) = (Request::silent(), Work::Send(rest));
        // Without a watcher nobody would send it; then the call has taken a part.
        match issue_later(self, Operation { request, work, transferred: 0, via: None }) {
            Ok(()) => all,
            Err(_) => transferred,
        }
    }
}

/// A socket that was closed under a call that waits says WSAEINTR (D56).
fn closed_meanwhile(code: u32, waited: bool) -> u32 {
    if waited { code::WSAEINTR } else { code }
}
