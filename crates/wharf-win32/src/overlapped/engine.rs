//! The operations of a socket: their issue, their progress, their end.
//!
//! # Invariants
//! 1. Every operation is in one place: with the caller of `issue`, in a FIFO of its socket's record, or finished.
//! 2. Operations of one direction take effect in issue order: one is tried only if it is the front, and in its call
//!    only if nothing is pending before it (C45, C46).
//! 3. `ready` is false only after the kernel said that it has no more, and what is pending then is watched: an edge
//!    is certain to come. A registration that is made later reports what is ready at its making.
//! 4. Operations finish under the record's lock, so that the packets of a direction are in issue order whoever
//!    finishes them. A watcher's report may come from the port that the socket belonged to before; packets go to
//!    the port that it belongs to.
//!
//! # References
//! Contract A6, C9, A12, A17, C16-C21, C33-C37, C39-C41, C43, C45-C48, D48, D57.

use wharf::{Readiness, Watched};
use wharf_core::operation::OpId;
use wharf_core::status::{SocketContext, Status, code};

use super::accept::hand_over;
use super::attempt::attempt;
use super::operation::{Attempt, Fault, Issued, Operation, Work};
use super::request::Ended;
use super::thread;
use crate::socket::{Record, table};
use crate::winsock::kernel;

/// Issues an operation: done, pending, or refused with a Winsock code, and then no packet comes (C18).
#[inline]
pub(crate) fn issue(record: &mut Record, mut operation: Operation) -> Result<Issued, u32> {
    let input = operation.work.is_input();
    record.io.begin(&operation.request);
    let side = record.io.side(input);
    if side.pending.is_empty() && (side.ready || side.broken.is_some()) && !record.io.connecting {
        let side = record.io.side(input);
        let broken = side.broken;
        match despite(broken, attempt(record.facts(), &mut operation)) {
            Attempt::Done { bytes, exhausted } => {
                if bytes == 0 && operation.is_at_end() && record.is_stream() {
                    record.note_end().map_err(Fault::winsock)?;
                }
                record.note_success(input, bytes, exhausted);
                record.io.finish(operation.request, Status::SUCCESS, bytes, Ended::AtOnce);
                return Ok(Issued::Done(bytes));
            }
            Attempt::Failed(fault) => return Err(record.note_failure(input, fault).winsock()),
            Attempt::FailedLate(fault, bytes) => {
                record.finish(operation, fault.status(), bytes);
                return Ok(Issued::Pending);
            }
            Attempt::Later => record.note_exhausted(input),
        }
    }
    record.queue(input, operation)?;
    Ok(Issued::Pending)
}

/// Issues an operation whose end always comes later, as far as its call knows (C21).
pub(super) fn issue_pending(record: &mut Record, operation: Operation) -> Result<(), u32> {
    let input = operation.work.is_input();
    if operation.via.is_none() {
        record.io.begin(&operation.request);
    }
    record.queue(input, operation)?;
    record.drive(input);
    Ok(())
}

/// Issues an operation after the kernel has said that it takes no more for now.
pub(super) fn issue_later(record: &mut Record, operation: Operation) -> Result<(), u32> {
    let input = operation.work.is_input();
    record.note_exhausted(input);
    record.queue(input, operation)
}

impl Record {
    fn queue(&mut self, input: bool, operation: Operation) -> Result<(), u32> {
        let port = operation.via.as_ref().and_then(|via| via.binding.as_ref());
        self.watch(port.map(|binding| &binding.port)).map_err(|_| code::WSAENOBUFS)?;
        if operation.request.dies_with_thread(self.io.binding.is_some() || port.is_some()) {
            thread::entail();
        }
        self.io.issued += 1;
        let id = OpId(self.io.issued);
        self.io.side(input).pending.push(id, operation);
        Ok(())
    }

    /// Puts back what was the front of the output.
    pub(super) fn requeue(&mut self, operation: Operation) {
        self.io.issued += 1;
        let id = OpId(self.io.issued);
        self.io.output.pending.push(id, operation);
    }

    /// Draws the conclusions of a transfer.
    #[inline]
    fn note_success(&mut self, input: bool, bytes: usize, exhausted: bool) {
        if self.is_stream() && bytes > 0 {
            self.connected = true;
        }
        if exhausted && !self.io.hung_up && !self.io.uneven {
            self.io.side(input).ready = false;
        }
    }

    /// A call has met the end of the stream. If data that was sent to a peer without anybody there have been answered by
    /// a reset, it is no end but a failure (D52), which the kernel keeps for the next send.
    #[cold]
    pub(super) fn note_end(&mut self) -> Result<(), Fault> {
        self.finished = true;
        if kernel::take_error(self.fd) != libc::EPIPE {
            return Ok(());
        }
        let fault = Fault::errno(libc::ECONNABORTED);
        self.io.input.broken = Some(fault);
        self.io.output.broken = Some(fault);
        Err(fault)
    }

    /// A transfer that was no operation.
    pub(crate) fn note_transfer(&mut self, bytes: usize) {
        self.connected |= self.is_stream() && bytes > 0;
    }

    fn note_exhausted(&mut self, input: bool) {
        self.io.side(input).ready = false;
        if input {
            self.io.hung_up = false;
            self.io.uneven = self.family == libc::AF_UNIX;
        }
    }

    /// A transfer has failed; answers what to call it. The kernel reports a reset once, Windows for ever (D48).
    #[cold]
    pub(crate) fn note_failure(&mut self, input: bool, fault: Fault) -> Fault {
        if !self.is_stream() {
            return fault;
        }
        if let Some(broken) = self.io.broken(input) {
            return broken;
        }
        match fault {
            Fault::Errno(libc::ECONNRESET, _) => {
                self.io.input.broken = Some(fault);
                self.io.output.broken = Some(fault);
            }
            // A peer that reads no more may still send, and its last words are there.
            Fault::Errno(libc::EPIPE, context) if context != SocketContext::SendShutdown => {
                self.io.output.broken = Some(fault);
            }
            _ => {}
        }
        fault
    }

    /// The end of an operation that had been pending, or has to be taken for one.
    pub(super) fn finish(&mut self, operation: Operation, status: Status, bytes: usize) {
        let Operation { request, work, via, .. } = operation;
        if let Work::Accept(accept) = &work
            && let Some(mut acceptor) =
                table::find_generation(accept.acceptor.index, accept.acceptor.generation)
        {
            acceptor.accepting = None;
        }
        drop(work);
        let Some(via) = via else {
            self.io.finish(request, status, bytes, Ended::Later);
            return;
        };
        let tells = request.tells_handle(via.modes);
        let told = || {
            if tells {
                via.signal.set(true);
            }
        };
        request.finish_and(via.binding.as_ref(), via.modes, status, bytes, Ended::Later, told);
    }

    pub(super) fn is_pending(&self) -> bool {
        !self.io.is_idle(true) || !self.io.is_idle(false)
    }

    /// Carries on with one direction as far as it goes.
    pub(super) fn drive(&mut self, input: bool) {
        loop {
            let facts = self.facts();
            let connecting = self.io.connecting;
            let side = self.io.side(input);
            if !(side.ready || side.broken.is_some()) {
                return;
            }
            let broken = side.broken;
            let Some(operation) = side.pending.front_mut() else {
                if !input {
                    // A shutdown that had to wait for what was pending. Nobody is there to be told a failure.
                    let _ = self.end_stream();
                }
                return;
            };
            if connecting && !matches!(operation.work, Work::Connect(_)) {
                return;
            }
            let (status, bytes) = match despite(broken, attempt(facts, operation)) {
                Attempt::Later => {
                    self.note_exhausted(input);
                    return;
                }
                Attempt::Done { bytes, exhausted } => {
                    let end = bytes == 0 && operation.is_at_end();
                    self.note_success(input, bytes, exhausted);
                    self.finished |= end;
                    (Status::SUCCESS, bytes)
                }
                Attempt::Failed(fault) => {
                    let bytes = operation.transferred;
                    (self.note_failure(input, fault).status(), bytes)
                }
                Attempt::FailedLate(fault, bytes) => (fault.status(), bytes),
            };
            let operation = self.io.side(input).pending.pop().expect("the front that was tried");
            self.conclude(operation, status, bytes);
        }
    }

    /// The end of the operation whose turn it was, and what it means for the socket: nothing, if it is a transfer.
    #[inline]
    fn conclude(&mut self, operation: Operation, status: Status, bytes: usize) {
        if matches!(operation.work, Work::Receive(_) | Work::Send(_)) {
            self.finish(operation, status, bytes);
        } else {
            self.conclude_stage(operation, status, bytes);
        }
    }

    fn conclude_stage(&mut self, operation: Operation, mut status: Status, bytes: usize) {
        let mut operation = Some(operation);
        match operation.as_ref().map(|operation| &operation.work) {
            Some(Work::Connect(_)) => self.connect_over(status == Status::SUCCESS),
            Some(work) if work.reuses() && status == Status::SUCCESS => {
                if let Err(error) = self.renew() {
                    status = Fault::errno(error).status();
                }
            }
            Some(Work::Accept(_)) if status == Status::SUCCESS => {
                let left = operation.take().and_then(|operation| hand_over(self, operation));
                if let Some((left, actual)) = left {
                    status = actual;
                    operation = Some(left);
                }
            }
            _ => {}
        }
        if let Some(operation) = operation {
            self.finish(operation, status, bytes);
        }
    }

    /// Tries again what waited for something else than the descriptor.
    pub(crate) fn drive_again(&mut self, input: bool) {
        self.io.side(input).ready = true;
        self.drive(input);
    }

    /// Withdraws what `wanted` says, in both directions; answers how many that was (C33, C34).
    pub(crate) fn cancel(&mut self, wanted: impl Fn(&Operation) -> bool) -> usize {
        let mut count = 0;
        for input in [true, false] {
            let side = self.io.side(input);
            let ids: Vec<OpId> =
                side.pending.iter().filter(|one| wanted(one.1)).map(|one| one.0).collect();
            for id in ids {
                let found = self.io.side(input).pending.withdraw(id);
                let operation = found.expect("pending, under the lock");
                let bytes = operation.transferred;
                let connects = matches!(operation.work, Work::Connect(_));
                self.finish(operation, Status::CANCELLED, bytes);
                if connects {
                    self.connect_over(false);
                }
                count += 1;
            }
        }
        count
    }
}

/// Where a direction has failed for good, only what came before the failure is still to be had (D48, D57).
#[inline]
pub(super) fn despite(broken: Option<Fault>, attempt: Attempt) -> Attempt {
    match (broken, attempt) {
        (None, attempt) | (Some(_), attempt @ Attempt::Done { bytes: 1.., .. }) => attempt,
        (Some(fault), _) => Attempt::Failed(fault),
    }
}

/// Something has happened to a descriptor.
pub(crate) fn on_readiness(name: Watched, readiness: Readiness) {
    let Some(mut found) = table::find_generation(name.index, name.generation) else { return };
    let record = &mut *found;
    record.io.hung_up |= readiness.over;
    record.io.uneven |= readiness.urgent;
    if readiness.readable || readiness.urgent || readiness.over {
        record.io.input.ready = true;
        record.drive(true);
    }
    if readiness.writable || readiness.over || record.io.is_disconnecting() {
        record.io.output.ready = true;
        record.drive(false);
    }
    record.observe();
    let over = record.io.lingers && !record.is_pending();
    drop(found);
    if over {
        table::reap(name);
    }
}
