//! One associated socket: what is pending on it, what is known of it, and its end.
//!
//! # Invariants
//! 1. Every operation is in one place: with the caller of `issue`, in a FIFO under the lock, or in a packet.
//! 2. Operations of one direction take effect in issue order: one is tried only if it is the front, and
//!    inline only if nothing is pending before it (contract C45, C46).
//! 3. `ready` is false only after the kernel said that it has no more, so that an edge is certain to come.
//! 4. The descriptor is used under the lock only, and it is gone from the lock when it is closed: no
//!    operation reaches a descriptor number that belongs to somebody else.
//! 5. Packets are queued under the lock, so that those of one direction are in issue order whoever queues
//!    them (C45, C46); payloads are dropped after its release.
//!
//! # While a connection is being made
//! Only the connect may ask the kernel: a receive would take the error that is the connect's answer. A connect
//! that fails, or is withdrawn, is dissolved (connect to AF_UNSPEC), because the kernel would answer the next one
//! with what became of this one (D35).
//!
//! # References
//! Contract C33-C35, C39-C41, C45-C47, D42-D51, D78, D81.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};
use std::sync::{Arc, Mutex};

use rustix::io::Errno;
use rustix::net::sockopt::socket_domain;
use rustix::net::{AddressFamily, getpeername};
use wharf_core::operation::Pending;
use wharf_core::slots::Token;

use super::identity::Identity;
use super::refusals::Refusals;
use super::state::{Side, State};
use crate::shared::Shared;
use crate::sync::lock;

/// What kind of socket it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Stream,
    Listener,
    Datagram,
    /// Anything else that can be waited for.
    Pollable,
}

/// An associated socket, shared by its handles and the engine's table.
pub(crate) struct Socket<T: Send + 'static> {
    pub(crate) port: Arc<Shared<T>>,
    pub(crate) key: usize,
    pub(crate) shape: Shape,
    pub(super) token: Token,
    /// Handles of the program; the last one closes.
    handles: AtomicUsize,
    pub(super) state: Mutex<State<T>>,
}

impl<T: Send + 'static> Socket<T> {
    /// Associates a descriptor with a port; `watch` is false for a stream that is not connected yet, whose
    /// readiness would mean nothing.
    pub(crate) fn associate(
        port: &Arc<Shared<T>>,
        fd: OwnedFd,
        key: usize,
        shape: Shape,
        watch: bool,
    ) -> Result<Arc<Socket<T>>, Errno> {
        // Descriptors of other kinds have no inode of their own: all eventfds share one, and a pipe's ends.
        let identity = if shape == Shape::Pollable { None } else { Some(Identity::claim(&fd)?) };
        let engine = &port.dispatcher.engine;
        let side = || Side {
            pending: Pending::default(),
            ready: true,
            shut: false,
            end_due: false,
            broken: None,
        };
        let family = match shape {
            Shape::Pollable => AddressFamily::UNSPEC,
            _ => socket_domain(&fd)?,
        };
        let unix = family == AddressFamily::UNIX;
        if shape == Shape::Datagram && !unix {
            Refusals::ask_for(fd.as_fd(), family == AddressFamily::INET6)?;
        }
        let connected = watch && shape == Shape::Stream && getpeername(&fd).is_ok();
        let socket = engine.enter(|token| {
            Arc::new(Socket {
                port: Arc::clone(port),
                key,
                shape,
                token,
                handles: AtomicUsize::new(1),
                state: Mutex::new(State {
                    fd: Some(fd),
                    identity,
                    issued: 0,
                    input: side(),
                    output: side(),
                    watched: false,
                    connecting: false,
                    connected,
                    bound: false,
                    hung_up: false,
                    uneven: unix,
                    unix,
                    refusals: Refusals::default(),
                    resting: false,
                    arrivals: None,
                    urgent: None,
                    warming: None,
                    lingers: false,
                }),
            })
        });
        let watched = if watch { socket.watch(&mut lock(&socket.state)) } else { Ok(()) };
        match watched {
            Ok(()) => Ok(socket),
            Err(error) => {
                socket.close();
                Err(error)
            }
        }
    }

    pub(super) fn watch(&self, state: &mut State<T>) -> Result<(), Errno> {
        if let (Some(fd), false) = (&state.fd, state.watched) {
            self.port.dispatcher.engine.watch(fd.as_fd(), self.token)?;
            state.watched = true;
        }
        Ok(())
    }

    /// Shuts one direction, or both, down (D50, D51).
    pub(crate) fn shut_down(&self, read: bool, write: bool) -> Result<(), Errno> {
        let mut state = lock(&self.state);
        if !state.is_connected() && !state.connecting {
            return Err(Errno::NOTCONN);
        }
        // The receiving side is shut in here only: the kernel would end the pending receives, which still
        // get later data.
        state.input.shut |= read;
        if write && !state.output.shut {
            state.output.shut = true;
            state.output.end_due = true;
            if let State { fd: Some(fd), output, .. } = &mut *state {
                output.send_end(fd.as_fd());
            }
        }
        Ok(())
    }

    /// Number of pending operations: input, output.
    pub(crate) fn pending(&self) -> (usize, usize) {
        let state = lock(&self.state);
        let arrived = state.arrivals.as_ref().map_or(0, |arrivals| arrivals.len());
        let urgent = state.urgent.as_ref().map_or(0, |urgent| urgent.len());
        (state.input.pending.len() + arrived + urgent, state.output.pending.len())
    }

    /// Calls with the descriptor, which is open as long as a handle lives.
    pub(crate) fn with_fd<R>(&self, call: impl FnOnce(BorrowedFd<'_>) -> R) -> R {
        let state = lock(&self.state);
        call(state.fd.as_ref().expect("open while a handle lives").as_fd())
    }

    pub(crate) fn add_handle(&self) {
        self.handles.fetch_add(1, Relaxed); // a handle exists: its owner's
    }

    /// AcqRel: what the other handles did before their drop happens before the close.
    pub(crate) fn drop_handle(&self) {
        if self.handles.fetch_sub(1, AcqRel) == 1 {
            self.close();
        }
    }
}
