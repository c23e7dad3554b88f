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
//! Contract C16-C19, C28, C33-C35, C39-C41, C45-C47, D42-D51, D78, D81.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};

use rustix::io::Errno;
use rustix::net::sockopt::socket_domain;
use rustix::net::{AddressFamily, getpeername};
use wharf_core::operation::{OpId, Pending};
use wharf_core::slots::Token;

use super::attempt::Attempt;
use super::identity::Identity;
use super::operation::{Operation, Work};
use super::refusals::Refusals;
use super::state::{Side, State};
use crate::Issued;
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

    /// Accepts an operation, or gives it back with the reason. An accepted one ends in one packet: the port's, or, if the
    /// first try succeeds and it is asked for, the answer's (C20).
    #[inline]
    pub(crate) fn issue(
        &self,
        mut operation: Operation<T>,
        direct: bool,
    ) -> Result<Issued<T>, (Errno, Operation<T>)> {
        let mut state = lock(&self.state);
        if let Err(error) = self.admit(&mut state, &operation.work) {
            return Err((error, operation));
        }
        if matches!(operation.work, Work::ReceiveUrgent(_)) {
            return self.issue_urgent(state, operation).map(Issued::Pending);
        }
        let id = OpId(state.issued + 1);
        let fd = state.fd.take().expect("admitted with a descriptor");
        let connecting = state.connecting;
        let input = operation.work.is_input();
        let disconnects = operation.work.is_disconnect();
        let side = state.side(input);
        // A send that nothing precedes is tried even after the kernel has said that it has no room, which only one that was
        // withdrawn leaves behind: the kernel reports room when a third of its memory is free, but has some before.
        if side.pending.is_empty()
            && (side.ready || !input || side.broken.is_some() || disconnects)
            && !connecting
        {
            let mut ended = state.attempt(fd.as_fd(), &mut operation);
            while ended == Attempt::Cold {
                if self.warm(id, &mut operation) {
                    state.warming = Some(id);
                    break;
                }
                ended = state.attempt(fd.as_fd(), &mut operation);
            }
            if matches!(ended, Attempt::Connected | Attempt::Arrived) {
                state.fd = Some(fd);
                return self.go_on(state, id, operation).map(Issued::Pending);
            }
            if let Attempt::Done { result: Err(error), .. } = ended
                && self.is_exhaustion(error)
            {
                self.rest(&mut state);
            } else if let Some(result) = state.note(ended, input, self.shape) {
                state.fd = Some(fd);
                return self.end_at_once(state, id, operation, result, direct);
            }
        }
        state.fd = Some(fd);
        if operation.work.is_connect() {
            if let Err(error) = self.watch(&mut state) {
                state.dissolve();
                return Err((error, operation));
            }
            state.connecting = true;
        }
        state.output.shut |= disconnects;
        state.issued = id.0;
        operation.suspend();
        state.side(operation.work.is_input()).pending.push(id, operation);
        Ok(Issued::Pending(id))
    }

    /// An inline try has begun what is not over: a connection to send on, or one that was taken and waits for data.
    #[cold]
    fn go_on(
        &self,
        mut state: MutexGuard<'_, State<T>>,
        id: OpId,
        mut operation: Operation<T>,
    ) -> Result<OpId, (Errno, Operation<T>)> {
        let input = operation.work.is_input();
        if !input {
            state.connected = true;
            if let Err(error) = self.watch(&mut state) {
                state.dissolve();
                return Err((error, operation));
            }
        }
        state.issued = id.0;
        operation.suspend();
        self.port.delivering(move |out| {
            if input {
                self.arrive(&mut state, id, operation, out);
            } else {
                state.output.pending.push(id, operation);
                self.drive(&mut state, false, out);
            }
        });
        Ok(id)
    }

    /// What is refused before it is tried (C18).
    fn admit(&self, state: &mut State<T>, work: &Work) -> Result<(), Errno> {
        if state.fd.is_none() {
            return Err(Errno::BADF);
        }
        if self.port.is_closed() {
            return Err(Errno::CANCELED);
        }
        if !work.is_input()
            && !work.is_disconnect()
            && let Some(error) = state.output.broken
        {
            return Err(error);
        }
        match work {
            Work::Accept | Work::AcceptData(_) if self.port.is_draining() => Err(Errno::CANCELED),
            Work::Receive(_)
            | Work::ReceiveFrom(_)
            | Work::ReceiveMessage(_)
            | Work::ReceiveUrgent(_)
                if state.input.shut =>
            {
                Err(Errno::SHUTDOWN)
            }
            Work::Send(_)
            | Work::SendTo(..)
            | Work::SendFile(_)
            | Work::SendMessage(_)
            | Work::SendUrgent(_)
                if state.output.shut =>
            {
                Err(Errno::SHUTDOWN)
            }
            Work::Receive(_)
            | Work::Send(_)
            | Work::SendFile(_)
            | Work::SendUrgent(_)
            | Work::ReceiveUrgent(_)
                if !state.watched && !state.connecting =>
            {
                Err(Errno::NOTCONN)
            }
            Work::Connect(..) | Work::ConnectData(_) if state.connecting => Err(Errno::ALREADY),
            Work::Connect(..) | Work::ConnectData(_) if state.connected => Err(Errno::ISCONN),
            Work::Disconnect { .. } if !state.connected => Err(Errno::NOTCONN),
            Work::Disconnect { reuse: true, .. } if state.unix => Err(Errno::OPNOTSUPP),
            Work::ReceiveFrom(_) | Work::ReceiveMessage(_) if !state.is_bound() => {
                Err(Errno::INVAL)
            }
            _ => Ok(()),
        }
    }

    /// An inline try is over: success is a packet, failure a refusal (C17, C18), but for what Windows
    /// reports by a packet whenever it happens: a connection that fails (D34), a datagram cut short (C25).
    fn end_at_once(
        &self,
        mut state: MutexGuard<'_, State<T>>,
        id: OpId,
        operation: Operation<T>,
        result: Result<usize, Errno>,
        direct: bool,
    ) -> Result<Issued<T>, (Errno, Operation<T>)> {
        if let Err(error) = result {
            let by_packet = match operation.work {
                Work::Connect(..) | Work::ConnectData(_) => !is_misuse_of_connect(error),
                Work::AcceptData(_) => operation.socket.is_some(),
                // A refusal would say that nothing has gone out.
                Work::SendFile(_) => operation.transferred > 0,
                _ => {
                    error == Errno::MSGSIZE
                        && self.shape == Shape::Datagram
                        && operation.work.is_input()
                }
            };
            if !by_packet {
                return Err((error, operation));
            }
        }
        state.issued = id.0;
        let watched = match (&operation.work, result) {
            (Work::Connect(..), Ok(_)) => {
                state.connected = true;
                self.watch(&mut state)
            }
            (Work::Connect(..) | Work::ConnectData(_), Err(_)) => {
                state.dissolve();
                Ok(())
            }
            (Work::Disconnect { reuse: true, .. }, Ok(_)) => {
                state.dissolve();
                state.input.ready = true;
                Ok(())
            }
            (Work::Disconnect { .. }, Ok(_)) => {
                state.output.shut = true;
                Ok(())
            }
            _ => Ok(()),
        };
        let result = result.and_then(|bytes| watched.map(|()| bytes));
        // A receive has news: an error that this send has met, or that its connection has gone.
        let owing = (state.refusals.is_owing() || operation.work.is_disconnect())
            && !state.input.pending.is_empty();
        if direct && !owing && result.is_ok() {
            drop(state);
            return Ok(Issued::Done(operation.into_packet(self.key, result)));
        }
        // The guard goes into the call: packets are queued under the lock, and what a closed port refuses is
        // dropped after it.
        self.port.delivering(move |out| {
            out(operation.into_packet(self.key, result));
            if owing {
                state.input.ready = true;
                self.drive(&mut state, true, out);
            }
        });
        Ok(Issued::Pending(id))
    }

    /// Shuts one direction, or both, down (D50, D51).
    pub(crate) fn shut_down(&self, read: bool, write: bool) -> Result<(), Errno> {
        let mut state = lock(&self.state);
        if let State { fd: Some(fd), connected: connected @ false, .. } = &mut *state {
            *connected = getpeername(fd).is_ok();
        }
        if !state.connected && !state.connecting {
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

/// Errors that say that the call was wrong, and not that nobody answered.
fn is_misuse_of_connect(error: Errno) -> bool {
    matches!(
        error,
        Errno::ISCONN
            | Errno::ALREADY
            | Errno::INVAL
            | Errno::AFNOSUPPORT
            | Errno::ADDRNOTAVAIL
            | Errno::ADDRINUSE
            | Errno::ACCESS
            | Errno::PERM
            | Errno::PROTOTYPE
    )
}
