//! Receives of urgent data: a FIFO of their own, beside the receives of the stream.
//!
//! A receive of the stream passes the place of the urgent byte and throws the byte away (tcp_recvmsg), so these are
//! tried first.
//!
//! # Invariant
//! A pending one is tried at every event that tells of urgent data or of an end, and when a connection stands or has failed,
//! so none waits for what is there.

use std::sync::MutexGuard;

use rustix::io::Errno;
use rustix::net::sockopt::socket_oobinline;
use std::os::fd::AsFd;
use wharf_core::operation::{OpId, Pending};

use super::attempt::{Attempt, attempt};
use super::operation::Operation;
use super::socket::Socket;
use super::state::State;
use crate::Packet;

impl<T: Send + 'static> Socket<T> {
    /// Accepts a receive of urgent data, after its admission.
    #[cold]
    pub(super) fn issue_urgent(
        &self,
        mut state: MutexGuard<'_, State<T>>,
        mut operation: Operation<T>,
    ) -> Result<OpId, (Errno, Operation<T>)> {
        let fd = state.fd.as_ref().expect("admitted with a descriptor");
        if let Some(error) = state.input.broken {
            return Err((error, operation));
        }
        if socket_oobinline(fd) == Ok(true) {
            return Err((Errno::INVAL, operation)); // it is part of the stream
        }
        let id = OpId(state.issued + 1);
        // Before the connection stands only the connect may ask the kernel: see `socket`.
        let waits =
            state.connecting || state.urgent.as_ref().is_some_and(|urgent| !urgent.is_empty());
        let ended = if waits { Attempt::Later } else { attempt(fd.as_fd(), &mut operation) };
        match ended {
            Attempt::Done { result: Err(error), .. } => return Err((error, operation)),
            Attempt::Done { result: Ok(0), .. } if !state.is_connected() => {
                return Err((Errno::NOTCONN, operation));
            }
            Attempt::Done { result, .. } => {
                state.issued = id.0;
                let packet = operation.into_packet(self.key, result);
                self.port.delivering(move |out| {
                    out(packet);
                    drop(state); // packets are queued under the lock
                });
            }
            _ => {
                state.issued = id.0;
                operation.suspend();
                state.urgent.get_or_insert_with(Box::<Pending<_>>::default).push(id, operation);
            }
        }
        Ok(id)
    }

    /// Tries what is pending.
    #[inline]
    pub(super) fn drive_urgent(&self, state: &mut State<T>, out: &mut dyn FnMut(Packet<T>)) {
        if state.urgent.is_some() && !state.connecting {
            self.drive_urgent_cold(state, out);
        }
    }

    #[cold]
    fn drive_urgent_cold(&self, state: &mut State<T>, out: &mut dyn FnMut(Packet<T>)) {
        loop {
            let State { urgent: Some(urgent), fd: Some(fd), input, .. } = state else { return };
            let Some(operation) = urgent.front_mut() else { return };
            let result = match (input.broken, attempt(fd.as_fd(), operation)) {
                // What it waited for has not come to be.
                (None, Attempt::Done { result: Ok(0), .. }) if !state.is_connected() => {
                    Err(Errno::NOTCONN)
                }
                (_, Attempt::Done { result: Ok(bytes @ 1..), .. })
                | (None, Attempt::Done { result: Ok(bytes), .. }) => Ok(bytes),
                (Some(error), _) => Err(error),
                (None, Attempt::Done { result: Err(error), .. }) => Err(error),
                (None, _) => return,
            };
            let operation =
                state.urgent.as_mut().and_then(|urgent| urgent.pop()).expect("the front");
            let result = result.map_err(|error| state.note_failure(error, true));
            out(self.end(operation, result));
        }
    }
}
