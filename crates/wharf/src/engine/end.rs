//! The ends of pending operations that are not their own: cancelled, out of time, closed with their handle.
//!
//! # References
//! Contract C33-C35, C39-C41.

use std::os::fd::AsFd;

use rustix::io::Errno;
use wharf_core::deadline::Deadline;
use wharf_core::operation::OpId;

use super::epoll::Due;
use super::operation::Work;
use super::socket::{Shape, Socket};
use super::state::State;
use crate::sync::lock;
use crate::{Packet, worker};

impl<T: Send + 'static> Socket<T> {
    /// Ends one operation that is still pending (C33, C35); false if none has this id.
    pub(crate) fn cancel(&self, id: OpId) -> bool {
        self.port.delivering(|out| self.withdraw(id, Errno::CANCELED, out))
    }

    /// An operation's deadline has come.
    pub(crate) fn expire(&self, id: OpId, out: &mut dyn FnMut(Packet<T>)) {
        self.withdraw(id, Errno::TIMEDOUT, out);
    }

    fn withdraw(&self, id: OpId, reason: Errno, out: &mut dyn FnMut(Packet<T>)) -> bool {
        let mut state = lock(&self.state);
        let State { input, output, arrivals, urgent, .. } = &mut *state;
        let found = input.pending.withdraw(id).or_else(|| output.pending.withdraw(id));
        let found = found.or_else(|| arrivals.as_mut().and_then(|arrivals| arrivals.take(id)));
        let found = found.or_else(|| urgent.as_mut().and_then(|urgent| urgent.withdraw(id)));
        let Some(operation) = found else { return false };
        let connects = operation.work.is_connect();
        // The side stays shut: the peer is told even so.
        output.end_due |= matches!(operation.work, Work::Disconnect { asked: false, .. });
        out(self.end(operation, Err(reason)));
        if connects {
            // What waited for the connection has none now.
            state.dissolve();
            state.output.ready = true;
            self.drive(&mut state, false, out);
            self.drive_input(&mut state, out);
        } else {
            self.drive(&mut state, false, out); // a disconnect, or the end, may have waited for it
        }
        true
    }

    /// Ends everything that is pending in the given directions (C34); answers how many it was.
    pub(crate) fn cancel_all(&self, input: bool, output: bool, reason: Errno) -> usize {
        self.port.delivering(|out| self.drain(&mut lock(&self.state), input, output, reason, out))
    }

    pub(super) fn drain(
        &self,
        state: &mut State<T>,
        input: bool,
        output: bool,
        reason: Errno,
        out: &mut dyn FnMut(Packet<T>),
    ) -> usize {
        let mut count = 0;
        if let (true, Some(arrivals)) = (input, &mut state.arrivals) {
            for operation in arrivals.drain() {
                out(self.end(operation, Err(Errno::CANCELED)));
                count += 1;
            }
        }
        if let (true, Some(urgent)) = (input, &mut state.urgent) {
            for operation in urgent.drain() {
                out(self.end(operation, Err(reason)));
                count += 1;
            }
        }
        for (wanted, side) in [(input, &mut state.input), (output, &mut state.output)] {
            if wanted {
                for operation in side.pending.drain() {
                    side.end_due |= matches!(operation.work, Work::Disconnect { asked: false, .. });
                    out(self.end(operation, Err(reason)));
                    count += 1;
                }
            }
        }
        if output && state.connecting {
            state.dissolve();
            self.drive_input(state, out);
        }
        if let State { fd: Some(fd), output, .. } = state {
            output.send_end(fd.as_fd());
        }
        count
    }

    /// Sets when a pending operation is over at the latest; false if it is not pending any more.
    pub(crate) fn set_deadline(&self, id: OpId, deadline: Deadline) -> bool {
        let mut state = lock(&self.state);
        let State { input, output, arrivals, urgent, .. } = &mut *state;
        let found = input.pending.find_mut(id).or_else(|| output.pending.find_mut(id));
        let found = found.or_else(|| arrivals.as_mut().and_then(|arrivals| arrivals.find_mut(id)));
        let found = found.or_else(|| urgent.as_mut().and_then(|urgent| urgent.find_mut(id)));
        let Some(operation) = found else { return false };
        let alarm = &self.port.dispatcher.engine.alarm;
        let key = alarm.set(deadline, Due::Deadline(self.token, id));
        if let Some(old) = operation.deadline.replace(key) {
            alarm.clear(old);
        }
        true
    }

    /// Closes the descriptor; everything pending ends, with its packet and key (C39-C41).
    pub(super) fn close(&self) {
        let reason = if self.shape == Shape::Stream { Errno::CONNABORTED } else { Errno::CANCELED };
        self.close_descriptor();
        self.port.delivering(|out| {
            self.drain(&mut lock(&self.state), true, true, reason, out);
        });
    }

    /// Before the packets: who has one finds the descriptor closed.
    fn close_descriptor(&self) {
        let mut state = lock(&self.state);
        let (fd, identity) = (state.fd.take(), state.identity.take());
        let Some(fd) = fd else { return };
        self.port.dispatcher.engine.leave(fd.as_fd(), self.token);
        if let Some(arrivals) = &state.arrivals {
            self.port.dispatcher.engine.unwatch(arrivals.fd());
        }
        drop(identity); // before the close: the kernel may give the inode to the next socket
        if state.lingers {
            drop(state);
            worker::blocking(|| drop(fd));
        }
    }
}
