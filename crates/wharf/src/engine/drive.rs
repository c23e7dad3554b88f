//! What an event does to a socket: its pending operations go on as far as they can.
//!
//! # Invariants
//! Those of `socket`.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use wharf_core::operation::OpId;

use super::arrivals::Arrivals;
use super::attempt::Attempt;
use super::attempt::file::WARM_BYTES;
use super::epoll::Due;
use super::files::warm;
use super::operation::{Operation, Work};
use super::socket::{Shape, Socket};
use super::state::State;
use crate::Packet;
use crate::clock;
use crate::sync::lock;

/// How long a listener waits before it tries again for want of descriptors or memory. No event tells when
/// there are some; 20 tries a second cost nothing and a client does not notice.
const RETRY_AFTER: Duration = Duration::from_millis(50);

impl<T: Send + 'static> Socket<T> {
    /// Something has happened to the descriptor.
    pub(crate) fn on_event(&self, flags: EventFlags, out: &mut dyn FnMut(Packet<T>)) {
        let mut state = lock(&self.state);
        let over = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
        // Also of a connection that is being made: its data and its end may have come under the same edge.
        state.hung_up |= over;
        state.uneven |= flags.contains(EventFlags::PRI);
        if state.connecting {
            state.output.ready = true;
            self.drive(&mut state, false, out);
            if !state.connecting {
                self.drive_input(&mut state, out);
            }
            return;
        }
        if flags.intersects(EventFlags::IN | EventFlags::PRI) || over {
            self.drive_input(&mut state, out);
            self.harvest_arrivals(&mut state, out);
        }
        if flags.contains(EventFlags::OUT) || flags.intersects(EventFlags::HUP | EventFlags::ERR) {
            state.output.ready = true;
            if !state.output.is_idle() {
                self.drive(&mut state, false, out);
            }
        }
    }

    /// A listener has waited for descriptors.
    pub(crate) fn retry(&self, out: &mut dyn FnMut(Packet<T>)) {
        let mut state = lock(&self.state);
        state.resting = false;
        self.drive(&mut state, true, out);
    }

    /// Carries on with all receives, whatever a try has said before.
    pub(super) fn drive_input(&self, state: &mut State<T>, out: &mut dyn FnMut(Packet<T>)) {
        self.drive_urgent(state, out); // a receive of what follows would throw it away
        state.input.ready = true;
        self.drive(state, true, out);
    }

    /// Carries on with one direction as far as it goes.
    pub(super) fn drive(&self, state: &mut State<T>, input: bool, out: &mut dyn FnMut(Packet<T>)) {
        let Some(fd) = state.fd.take() else { return };
        let mut dissolved = false;
        loop {
            let resting = state.resting;
            if !state.side(input).may_try() || resting || (!input && state.is_warming()) {
                break;
            }
            let Some(ended) = state.attempt_front(fd.as_fd(), input) else { break };
            match ended {
                // What was a connect is a send now, and the front still.
                Attempt::Connected => {
                    (state.connecting, state.connected) = (false, true);
                    continue;
                }
                Attempt::Arrived => {
                    let id = state.input.pending.front_id().expect("the front that was tried");
                    let operation = state.input.pending.pop().expect("the same");
                    self.arrive(state, id, operation, out);
                    continue;
                }
                Attempt::Cold => {
                    let id = state.output.pending.front_id().expect("the front that was tried");
                    let front = state.output.pending.front_mut().expect("the same");
                    if self.warm(id, front) {
                        state.warming = Some(id);
                        break;
                    }
                    continue;
                }
                Attempt::Done { .. } | Attempt::Later => {}
            }
            if let Attempt::Done { result: Err(error), .. } = ended
                && self.is_exhaustion(error)
            {
                self.rest(state);
                break;
            }
            let Some(result) = state.note(ended, input, self.shape) else { break };
            let operation = state.side(input).pending.pop().expect("the front that was tried");
            if operation.work.is_connect() {
                state.connecting = false;
                state.connected = result.is_ok();
                if result.is_err() {
                    state.dissolve_at(fd.as_fd());
                }
            } else if matches!(operation.work, Work::Disconnect { reuse: true, .. })
                && result.is_ok()
            {
                state.dissolve_at(fd.as_fd());
                dissolved = true;
            }
            out(self.end(operation, result));
        }
        if !input {
            state.output.send_end(fd.as_fd());
        }
        state.fd = Some(fd);
        if dissolved {
            // Whoever waits for data of the old connection waits in vain.
            state.output.ready = true;
            self.drive_input(state, out);
        }
    }

    /// Has what a send needs next read from the disk, on which the send waits then. False if nobody can: the next try
    /// waits for the disk itself.
    #[cold]
    pub(super) fn warm(&self, id: OpId, operation: &mut Operation<T>) -> bool {
        let Work::SendFile(send) = &mut operation.work else {
            unreachable!("nothing else is cold")
        };
        let file = Arc::clone(send.file.as_ref().expect("it is what is cold"));
        send.warmed = send.file_left.min(WARM_BYTES);
        #[expect(clippy::cast_possible_truncation, reason = "some KiB")]
        let length = send.warmed as usize;
        warm(&self.port, (self.token, id), file, send.offset, length)
    }

    /// What the send with this id has waited for is in memory, or cannot be had.
    pub(crate) fn warmed(&self, id: OpId, out: &mut dyn FnMut(Packet<T>)) {
        let mut state = lock(&self.state);
        // Of a send that was withdrawn there may be a later one, which waits for another part.
        if state.warming == Some(id) {
            state.warming = None;
            // The try that found the file cold did not ask the socket; that was full before, and may have room by now.
            state.output.ready = true;
            self.drive(&mut state, false, out);
        }
    }

    /// An accept with data has taken its connection, and waits for the data.
    #[cold]
    pub(super) fn arrive(
        &self,
        state: &mut State<T>,
        id: OpId,
        operation: Operation<T>,
        out: &mut dyn FnMut(Packet<T>),
    ) {
        let added = match &mut state.arrivals {
            Some(arrivals) => arrivals.add(id, operation),
            None => match self.make_arrivals() {
                Ok(arrivals) => state.arrivals.insert(arrivals).add(id, operation),
                Err(error) => Err((error, operation)),
            },
        };
        match added {
            Ok(()) => {}
            // It keeps its connection, and waits in front of the others for something to wait with.
            Err((error, operation)) if self.is_exhaustion(error) => {
                state.input.pending.push_front(id, operation);
                self.rest(state);
            }
            Err((error, operation)) => out(self.end(operation, Err(error))),
        }
    }

    fn make_arrivals(&self) -> Result<Box<Arrivals<T>>, Errno> {
        let arrivals = Arrivals::new()?;
        self.port.dispatcher.engine.watch(arrivals.fd(), self.token)?;
        Ok(Box::new(arrivals))
    }

    #[inline]
    fn harvest_arrivals(&self, state: &mut State<T>, out: &mut dyn FnMut(Packet<T>)) {
        if let Some(arrivals) = &mut state.arrivals {
            arrivals.harvest(|operation, result| out(self.end(operation, result)));
        }
    }

    /// An operation's packet; its deadline is called off.
    pub(super) fn end(&self, operation: Operation<T>, result: Result<usize, Errno>) -> Packet<T> {
        if let Some(deadline) = operation.deadline {
            self.port.dispatcher.engine.alarm.clear(deadline);
        }
        operation.into_packet(self.key, result)
    }

    /// Whether an accept failed for want of something that comes back.
    pub(super) fn is_exhaustion(&self, error: Errno) -> bool {
        self.shape == Shape::Listener
            && matches!(error, Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)
    }

    pub(super) fn rest(&self, state: &mut State<T>) {
        if !std::mem::replace(&mut state.resting, true) {
            self.port
                .dispatcher
                .engine
                .alarm
                .set(clock::deadline(Some(RETRY_AFTER)), Due::Retry(self.token));
        }
    }
}
