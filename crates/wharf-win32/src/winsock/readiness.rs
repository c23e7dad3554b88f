//! What select and WSAPoll ask of one socket, and the wait for several.
//!
//! Linux calls a stream without a connection writable and hung up, Windows calls it nothing: such sockets are not
//! looked at. One whose connect fails shows as an exception (select) or an error (WSAPoll), and not as writable.

use std::time::{Duration, Instant};

use super::connect::settle;
use super::kernel;
use crate::socket::record::Record;
use crate::socket::table::{Pin, find};
use crate::socket::types::SOCKET;
use crate::socket::waiting::sleep;

/// What is ready on a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ready {
    /// Data, a connection, the end of a stream, or an error: a receive or accept would not wait.
    pub(super) readable: bool,
    /// A send would not wait.
    pub(super) writable: bool,
    /// Urgent data.
    pub(super) urgent: bool,
    /// A connect has failed.
    pub(super) failed: bool,
    /// The peer's side has ended.
    pub(super) hung_up: bool,
    /// The connection has ended in an error.
    pub(super) broken: bool,
}

/// One socket of a wait. The pin keeps its descriptor from being used again.
pub(super) struct Watched {
    pub(super) socket: SOCKET,
    pin: Pin,
    /// The kernel's POLL*, of what is wanted; 0 for a socket on which nothing can happen.
    events: i16,
}

const INPUT: i16 = libc::POLLIN | libc::POLLRDHUP;

impl Watched {
    /// WSAENOTSOCK for what is no socket. `wanted` is of POLLIN, POLLOUT and POLLPRI.
    pub(super) fn new(socket: SOCKET, wanted: i16) -> Result<Self, u32> {
        let found = find(socket)?;
        let events = match state(&found) {
            State::Idle => 0,
            State::Connecting => libc::POLLOUT,
            State::Open => wanted | if wanted & libc::POLLIN != 0 { INPUT } else { 0 },
        };
        Ok(Self { socket, pin: found.pin(), events })
    }

    /// What is ready at this moment.
    fn look(&self) -> Ready {
        let Ok(mut found) = find(self.socket) else {
            // Closed meanwhile: whatever the program calls next will tell it.
            return Ready { readable: true, broken: true, ..Ready::default() };
        };
        let mut ready = Ready::default();
        if found.notes.connecting && settle(&mut found).is_none() {
            return ready;
        }
        ready.failed = found.notes.connect_error != 0;
        if let State::Open = state(&found) {
            let all = libc::POLLIN | libc::POLLOUT | libc::POLLPRI | libc::POLLRDHUP;
            let events = kernel::ready(found.fd, all);
            let is = |bits: i16| events & bits != 0;
            let stream = found.is_stream();
            ready.readable =
                is(INPUT | libc::POLLHUP | libc::POLLERR) || !found.notes.deferred.is_empty();
            ready.writable = is(libc::POLLOUT) && !found.listening && !found.io.owes();
            ready.urgent = is(libc::POLLPRI);
            ready.hung_up = stream && is(libc::POLLRDHUP | libc::POLLHUP);
            ready.broken = stream && is(libc::POLLERR) || found.io.broken(true).is_some();
        }
        ready
    }
}

enum State {
    /// Nothing can happen.
    Idle,
    Connecting,
    Open,
}

fn state(record: &Record) -> State {
    if record.notes.connecting {
        State::Connecting
    } else if record.is_stream() && !record.connected && !record.listening {
        State::Idle
    } else {
        State::Open
    }
}

/// Waits until `enough` of what is ready, or the limit; `None` is without end. Looks at least once, and answers
/// what the last look found.
pub(super) fn wait(
    sockets: &[Watched],
    limit: Option<Duration>,
    enough: impl Fn(&[Ready]) -> bool,
) -> Result<Vec<Ready>, u32> {
    let end = limit.map(|limit| Instant::now().checked_add(limit));
    let closed = || sockets.iter().filter(|one| one.pin.is_closed()).count();
    loop {
        let closed_before = closed(); // what is closed later the look may not have seen
        let ready: Vec<Ready> = sockets.iter().map(Watched::look).collect();
        if enough(&ready) || limit == Some(Duration::ZERO) {
            return Ok(ready);
        }
        let left = match end {
            Some(Some(end)) => Some(end.saturating_duration_since(Instant::now())),
            _ => None,
        };
        if left == Some(Duration::ZERO) {
            return Ok(ready);
        }
        let mut entries: Vec<libc::pollfd> = sockets
            .iter()
            .map(|one| libc::pollfd {
                fd: if one.events == 0 { -1 } else { one.pin.fd() },
                events: one.events,
                revents: 0,
            })
            .collect();
        sleep(&mut entries, end.flatten(), || closed() > closed_before)?;
    }
}
