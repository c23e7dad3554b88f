//! What a socket keeps of its operations: two directions, the association, and how ends are told.

use std::sync::Arc;

use wharf_core::operation::Pending;
use wharf_core::status::Status;

use super::operation::{Fault, Operation};
use super::request::{Ended, Request};
use super::signal::SocketSignal;
use crate::port::{Binding, IoPort};

/// One direction.
pub(crate) struct Side {
    pub(super) pending: Pending<Operation>,
    /// A try may succeed (invariant 3 of `engine`).
    pub(super) ready: bool,
    /// It has failed for good, and says so to everybody (D48).
    pub(super) broken: Option<Fault>,
}

impl Default for Side {
    fn default() -> Self {
        Side { pending: Pending::default(), ready: true, broken: None }
    }
}

/// The operations of a socket.
#[derive(Default)]
pub(crate) struct Io {
    /// Set once, by association.
    pub(crate) binding: Option<Binding>,
    /// SetFileCompletionNotificationModes.
    pub(crate) modes: u8,
    /// What a wait for the SOCKET sees.
    pub(crate) signal: SocketSignal,
    /// Which port watches the descriptor.
    pub(super) watched_by: Option<Arc<IoPort>>,
    /// How many operations have been queued: the name of the last one.
    pub(super) issued: u64,
    pub(super) input: Side,
    pub(super) output: Side,
    /// An event has told that the peer's side is over: data and the end may come under one edge, so a short receive
    /// does not mean that there is no more.
    pub(super) hung_up: bool,
    /// A connect is the front of the output.
    pub(crate) connecting: bool,
    /// The SOCKET has been closed, and what a send has promised goes on.
    pub(super) lingers: bool,
    /// A short receive need not have taken everything: beside urgent data, and on local streams.
    pub(super) uneven: bool,
}

impl Io {
    pub(super) fn side(&mut self, input: bool) -> &mut Side {
        if input { &mut self.input } else { &mut self.output }
    }

    /// Whether its last SOCKET has been closed, and data are still to be sent.
    pub(crate) fn lingers(&self) -> bool {
        self.lingers
    }

    /// Whether the output waits for the peer's end of stream.
    pub(super) fn is_disconnecting(&mut self) -> bool {
        let front = self.output.pending.front_mut();
        front.is_some_and(|one| one.work.is_ending())
    }

    /// Whether nothing is pending in a direction.
    pub(crate) fn is_idle(&self, input: bool) -> bool {
        if input { self.input.pending.is_empty() } else { self.output.pending.is_empty() }
    }

    /// Whether a part of what a send said it had taken has not gone to the kernel yet (D53). That is always the front: it
    /// is kept only where nothing is pending.
    pub(crate) fn owes(&self) -> bool {
        let mut pending = self.output.pending.iter();
        pending.next().is_some_and(|(_, one)| one.request.is_silent())
    }

    /// An operation has begun: the SOCKET is not signalled until one ends, if that is how it tells.
    #[inline]
    pub(super) fn begin(&mut self, request: &Request) {
        if !request.has_event() {
            self.signal.set(false);
        }
    }

    /// The end of an operation of the socket's own.
    #[inline]
    pub(super) fn finish(&mut self, request: Request, status: Status, bytes: usize, ended: Ended) {
        let Io { binding, modes, signal, .. } = self;
        let tells = request.tells_handle(*modes);
        let told = || {
            if tells {
                signal.set(true);
            }
        };
        request.finish_and(binding.as_ref(), *modes, status, bytes, ended, told);
    }

    /// The failure that every operation of a direction meets (D48).
    pub(crate) fn broken(&self, input: bool) -> Option<Fault> {
        if input { self.input.broken } else { self.output.broken }
    }
}
