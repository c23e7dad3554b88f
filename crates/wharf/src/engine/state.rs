//! What is known of an associated socket, and the conclusions that are drawn from a try.
//!
//! # Why `ready` survives a short read after a hang-up
//! Data and end of stream may arrive under one edge. After the data nothing new would happen, so once an
//! event has told of the end (rdhup, hup, err), a short read leaves `ready` set; EAGAIN clears it.
//!
//! Nor does a short read say "no more" where the kernel ends one early: at urgent data, of which an event
//! tells (pri), and on Unix streams at descriptors that travel with the data, of which none does.
//!
//! # Failure that stays
//! The kernel reports a reset once; contract D48 wants it reported to every later operation, so it is kept,
//! for both directions. Data that came before it is received first (D57). EPIPE concerns sends only: a
//! peer that reads no more may still send, and its last words are there.
//!
//! # References
//! Contract D35, D48, D49, D57, D64, D65.

use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::sockopt::socket_error;
use rustix::net::{RecvFlags, Shutdown, connect_unspec, getpeername, getsockname, recv};
use wharf_core::operation::{OpId, Pending};

use super::arrivals::Arrivals;
use super::attempt::{Attempt, attempt};
use super::identity::Identity;
use super::operation::{Operation, Work};
use super::refusals::Refusals;
use super::socket::Shape;

/// One direction.
pub(super) struct Side<T> {
    pub(super) pending: Pending<Operation<T>>,
    /// A try may succeed (invariant 3).
    pub(super) ready: bool,
    /// The program has shut this direction down.
    pub(super) shut: bool,
    /// The end of stream is to be sent once nothing is pending.
    pub(super) end_due: bool,
    /// It has failed for good.
    pub(super) broken: Option<Errno>,
}

pub(super) struct State<T> {
    /// `None` once closed.
    pub(super) fd: Option<OwnedFd>,
    pub(super) identity: Option<Identity>,
    pub(super) issued: u64,
    pub(super) input: Side<T>,
    pub(super) output: Side<T>,
    pub(super) watched: bool,
    /// A connect is the front of the output.
    pub(super) connecting: bool,
    /// A stream has a peer, or had one.
    pub(super) connected: bool,
    /// A datagram socket has an address that it can be sent to; asked until it is so.
    pub(super) bound: bool,
    /// An event has told that the peer's side is over.
    pub(super) hung_up: bool,
    /// A short receive need not have taken everything: always on Unix streams, else beside urgent data.
    pub(super) uneven: bool,
    pub(super) unix: bool,
    /// Answers to datagrams, which receives are to tell (D62-D64).
    pub(super) refusals: Refusals,
    /// A listener waits for its next try.
    pub(super) resting: bool,
    /// Accepts of a listener that wait for data; made with the first.
    pub(super) arrivals: Option<Box<Arrivals<T>>>,
    /// Receives of urgent data; made with the first.
    pub(super) urgent: Option<Box<Pending<Operation<T>>>>,
    /// The send that waits for its file's bytes to be in memory.
    pub(super) warming: Option<OpId>,
    /// The close may have to wait for the peer (D78).
    pub(super) lingers: bool,
}

impl<T> State<T> {
    #[inline]
    pub(super) fn side(&mut self, input: bool) -> &mut Side<T> {
        if input { &mut self.input } else { &mut self.output }
    }

    /// Tries the first operation of a direction; `None` if there is none.
    pub(super) fn attempt_front(&mut self, fd: BorrowedFd<'_>, input: bool) -> Option<Attempt> {
        let side = if input { &mut self.input } else { &mut self.output };
        let operation = side.pending.front_mut()?;
        Some(attempt_at(fd, operation, side.broken, self.unix, &mut self.refusals))
    }

    /// Tries an operation that is not queued.
    #[inline]
    pub(super) fn attempt(&mut self, fd: BorrowedFd<'_>, operation: &mut Operation<T>) -> Attempt {
        let broken = self.side(operation.work.is_input()).broken;
        attempt_at(fd, operation, broken, self.unix, &mut self.refusals)
    }

    /// Whether somebody could send a datagram to the socket (D65).
    pub(super) fn is_bound(&mut self) -> bool {
        if !self.bound {
            let address = self.fd.as_ref().and_then(|fd| getsockname(fd).ok());
            let address = address.and_then(|address| SocketAddr::try_from(address).ok());
            self.bound = self.unix || address.is_some_and(|address| address.port() != 0);
        }
        self.bound
    }

    /// Whether a stream has a peer, or had one; the program may have connected it by itself.
    pub(super) fn is_connected(&mut self) -> bool {
        if !self.connected && !self.connecting {
            self.connected = self.fd.as_ref().is_some_and(|fd| getpeername(fd).is_ok());
        }
        self.connected
    }

    /// Whether the front of the output waits for a disk.
    pub(super) fn is_warming(&self) -> bool {
        self.warming.is_some() && self.warming == self.output.pending.front_id()
    }

    /// Draws the conclusions of a try; answers the result if the operation is over.
    #[inline]
    pub(super) fn note(
        &mut self,
        ended: Attempt,
        input: bool,
        shape: Shape,
    ) -> Option<Result<usize, Errno>> {
        match ended {
            // A stage, which the caller looks after.
            Attempt::Connected | Attempt::Arrived | Attempt::Cold => None,
            Attempt::Later => {
                self.side(input).ready = false;
                if input {
                    self.hung_up = false;
                    self.uneven = self.unix;
                }
                None
            }
            Attempt::Done { result: Ok(bytes), exhausted } => {
                if exhausted && !self.hung_up && !self.uneven {
                    self.side(input).ready = false;
                }
                Some(Ok(bytes))
            }
            Attempt::Done { result: Err(error), .. } if shape == Shape::Stream => {
                Some(Err(self.note_failure(error, input)))
            }
            Attempt::Done { result: Err(error), .. } => Some(Err(error)),
        }
    }

    /// A stream's transfer has failed; answers what to call it.
    #[cold]
    pub(super) fn note_failure(&mut self, error: Errno, input: bool) -> Errno {
        match error {
            // Linux has other words for it than contract D49: tcp_sendmsg says EPIPE, unix_stream_recvmsg EINVAL.
            Errno::PIPE if !self.connected && !self.connecting => Errno::NOTCONN,
            Errno::INVAL if input && !self.connected => Errno::NOTCONN,
            Errno::CONNRESET if !self.connecting => {
                self.input.broken = Some(error);
                self.output.broken = Some(error);
                error
            }
            Errno::PIPE => {
                self.side(input).broken = Some(Errno::CONNRESET);
                Errno::CONNRESET
            }
            error => error,
        }
    }

    /// Takes back a connect.
    pub(super) fn dissolve(&mut self) {
        if let Some(fd) = self.fd.take() {
            self.dissolve_at(fd.as_fd());
            self.fd = Some(fd);
        }
    }

    pub(super) fn dissolve_at(&mut self, fd: BorrowedFd<'_>) {
        (self.connecting, self.connected) = (false, false);
        (self.hung_up, self.uneven) = (false, self.unix);
        for side in [&mut self.input, &mut self.output] {
            (side.shut, side.end_due, side.broken) = (false, false, None);
        }
        // It may fail only where there was nothing to take back. A connection that stood already is reset; so
        // is, in the socket's own eyes, one that was being made, and that error is for nobody.
        let _ = connect_unspec(fd);
        let _ = socket_error(fd);
    }
}

/// Tries an operation in a direction that may have failed for good.
#[inline]
fn attempt_at<T>(
    fd: BorrowedFd<'_>,
    operation: &mut Operation<T>,
    broken: Option<Errno>,
    unix: bool,
    refusals: &mut Refusals,
) -> Attempt {
    if let Some(error) = broken
        && !operation.work.is_disconnect()
        && !(operation.work.is_input() && has_data(fd))
    {
        return Attempt::Done { result: Err(error), exhausted: false };
    }
    match operation.work {
        Work::ReceiveFrom(_) | Work::ReceiveMessage(_) if !unix => {
            attempt_receive_from(fd, operation, refusals)
        }
        Work::SendTo(..) | Work::SendMessage(_) if !unix => {
            attempt_send_to(fd, operation, refusals)
        }
        _ => attempt(fd, operation),
    }
}

/// A receive is told of each answer once (D62), before it takes a datagram.
fn attempt_receive_from<T>(
    fd: BorrowedFd<'_>,
    operation: &mut Operation<T>,
    refusals: &mut Refusals,
) -> Attempt {
    let refused = Attempt::Done { result: Err(Errno::CONNREFUSED), exhausted: false };
    loop {
        if refusals.take() {
            return refused;
        }
        match attempt(fd, operation) {
            Attempt::Done { result: Err(Errno::MSGSIZE), .. } if operation.about.is_some() => {
                return Attempt::Done { result: Err(Errno::MSGSIZE), exhausted: false };
            }
            Attempt::Done { result: Err(error), .. } => {
                if refusals.collect(fd) {
                    continue;
                }
                if error != Errno::CONNREFUSED {
                    return Attempt::Done { result: Err(error), exhausted: false };
                }
                refusals.note(); // the queue was full
            }
            other => return other,
        }
    }
}

/// A send that fails with the answer to an earlier one is made again (D64).
fn attempt_send_to<T>(
    fd: BorrowedFd<'_>,
    operation: &mut Operation<T>,
    refusals: &mut Refusals,
) -> Attempt {
    /// More than one try meets an error of its own, which the kernel puts into the queue as well.
    const TRIES: usize = 3;
    for _ in 0..TRIES {
        match attempt(fd, operation) {
            Attempt::Done { result: Err(error), .. } => {
                let found = refusals.collect(fd);
                if !found && error != Errno::CONNREFUSED {
                    return Attempt::Done { result: Err(error), exhausted: false };
                }
                if !found {
                    refusals.note();
                }
            }
            other => return other,
        }
    }
    attempt(fd, operation)
}

/// Whether data that came before the failure is there.
#[cold]
fn has_data(fd: BorrowedFd<'_>) -> bool {
    matches!(recv(fd, &mut [0; 1], RecvFlags::DONTWAIT | RecvFlags::PEEK), Ok((1, _)))
}

impl<T> Side<T> {
    /// Whether nothing waits for a try.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.pending.is_empty() && !self.end_due
    }

    /// Whether a try may come to something.
    #[inline]
    pub(super) fn may_try(&mut self) -> bool {
        self.ready
            || self.broken.is_some()
            || self.pending.front_mut().is_some_and(|front| front.work.is_disconnect())
    }

    /// Sends the end of stream that waited for the sends before it.
    pub(super) fn send_end(&mut self, fd: BorrowedFd<'_>) {
        if self.end_due && self.pending.is_empty() {
            self.end_due = false;
            // ENOTCONN: the connection is gone, and the need for an end with it.
            let _ = rustix::net::shutdown(fd, Shutdown::Write);
        }
    }
}
