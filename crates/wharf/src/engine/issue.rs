//! New operations of a socket: refused, over at once, or pending.
//!
//! # Invariants
//! Those of `socket`.
//!
//! # References
//! Contract C16-C20, C25, C28, D31-D35, D49, D50, D65.

use std::os::fd::AsFd;
use std::sync::MutexGuard;

use rustix::io::Errno;
use wharf_core::operation::OpId;

use super::attempt::Attempt;
use super::operation::{Operation, Work};
use super::socket::{Shape, Socket};
use super::state::State;
use crate::Issued;
use crate::sync::lock;

impl<T: Send + 'static> Socket<T> {
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
                self.drive_input(&mut state, out);
            }
        });
        Ok(Issued::Pending(id))
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
