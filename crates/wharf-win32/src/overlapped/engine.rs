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
//! Contract A6, A12, A17, C16-C21, C33-C37, C39-C41, C43, C45-C48, D48, D57.

#![allow(unsafe_code)] // system calls on the record's own descriptor

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::Arc;

use wharf::{Readiness, Watched};
use wharf_core::operation::{OpId, Pending};
use wharf_core::status::{SocketContext, Status, code};

use super::accept::{hand_over, withdraw};
use super::attempt::attempt;
use super::connect::dissolve;
use super::disconnect::Disconnect;
use super::internal;
use super::operation::{Attempt, Fault, Issued, Operation, Work};
use super::request::Ended;
use super::types::OVERLAPPED;
use crate::port::{Binding, IoPort};
use crate::socket::waiting::errno;
use crate::socket::{Record, prepare, table};
use crate::winsock::sockaddr::Address;

/// One direction.
pub(crate) struct Side {
    pending: Pending<Operation>,
    /// A try may succeed (invariant 3).
    ready: bool,
    /// It has failed for good, and says so to everybody (D48).
    broken: Option<Fault>,
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
    /// Which port watches the descriptor.
    watched_by: Option<Arc<IoPort>>,
    issued: u64,
    input: Side,
    output: Side,
    /// An event has told that the peer's side is over: data and the end may come under one edge, so a short receive
    /// does not mean that there is no more.
    hung_up: bool,
    /// A connect is the front of the output.
    pub(crate) connecting: bool,
    /// A short receive need not have taken everything: beside urgent data, and on local streams.
    uneven: bool,
}

impl Io {
    fn side(&mut self, input: bool) -> &mut Side {
        if input { &mut self.input } else { &mut self.output }
    }

    /// Whether the output waits for the peer's end of stream.
    fn is_disconnecting(&mut self) -> bool {
        let front = self.output.pending.front_mut();
        front.is_some_and(|one| matches!(one.work, Work::Disconnect(_)))
    }

    /// Whether nothing is pending in a direction.
    pub(crate) fn is_idle(&self, input: bool) -> bool {
        if input { self.input.pending.is_empty() } else { self.output.pending.is_empty() }
    }

    /// The failure that every operation of a direction meets (D48).
    pub(crate) fn broken(&self, input: bool) -> Option<Fault> {
        if input { self.input.broken } else { self.output.broken }
    }
}

/// Issues an operation: done, pending, or refused with a Winsock code, and then no packet comes (C18).
#[inline]
pub(crate) fn issue(record: &mut Record, mut operation: Operation) -> Result<Issued, u32> {
    let input = operation.work.is_input();
    let side = record.io.side(input);
    if side.pending.is_empty() && (side.ready || side.broken.is_some()) && !record.io.connecting {
        let side = record.io.side(input);
        let broken = side.broken;
        match despite(broken, attempt(record.facts(), &mut operation)) {
            Attempt::Done { bytes, exhausted } => {
                record.note_success(input, bytes, exhausted);
                record.finished |= bytes == 0 && operation.is_at_end();
                let Io { binding, modes, .. } = &record.io;
                let request = operation.request;
                request.finish(binding.as_ref(), *modes, Status::SUCCESS, bytes, Ended::AtOnce);
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
    record.queue(input, operation)?;
    record.drive(input);
    Ok(())
}

impl Record {
    fn queue(&mut self, input: bool, operation: Operation) -> Result<(), u32> {
        let port = operation.via.as_ref().and_then(|via| via.binding.as_ref());
        self.watch(port.map(|binding| &binding.port)).map_err(|_| code::WSAENOBUFS)?;
        self.io.issued += 1;
        let id = OpId(self.io.issued);
        self.io.side(input).pending.push(id, operation);
        Ok(())
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
    fn finish(&mut self, operation: Operation, status: Status, bytes: usize) {
        let Operation { request, work, via, .. } = operation;
        if let Work::Accept(accept) = &work
            && let Some(mut acceptor) =
                table::find_generation(accept.acceptor.index, accept.acceptor.generation)
        {
            acceptor.accepting = None;
        }
        drop(work);
        let (binding, modes) = match &via {
            Some(via) => (via.binding.as_ref(), via.modes),
            None => (self.io.binding.as_ref(), self.io.modes),
        };
        request.finish(binding, modes, status, bytes, Ended::Later);
    }

    /// Sees to it that edges are reported: by the socket's own port, by the one of whoever waits, or by the one that
    /// serves sockets without.
    fn watch(&mut self, other: Option<&Arc<IoPort>>) -> std::io::Result<()> {
        if self.io.watched_by.is_some() {
            return Ok(());
        }
        let own = self.io.binding.as_ref().map(|binding| &binding.port);
        let port = match own.or(other) {
            Some(port) if !port.is_closed() => Arc::clone(port),
            _ => internal::port()?,
        };
        port.port.watch(self.descriptor(), self.name())?;
        self.io.watched_by = Some(port);
        Ok(())
    }

    /// Ends the registration.
    pub(crate) fn unwatch(&mut self) {
        if let Some(port) = self.io.watched_by.take() {
            port.port.unwatch(self.descriptor());
        }
    }

    fn is_pending(&self) -> bool {
        !self.io.is_idle(true) || !self.io.is_idle(false)
    }

    /// Moves the registration to where it belongs now.
    fn rewatch(&mut self) -> std::io::Result<()> {
        self.unwatch();
        if self.is_pending() { self.watch(None) } else { Ok(()) }
    }

    fn descriptor(&self) -> BorrowedFd<'static> {
        // SAFETY: used for one system call, under the lock of a record that is in the table: the descriptor is open.
        unsafe { BorrowedFd::borrow_raw(self.fd) }
    }

    /// Its name in the ports.
    #[inline]
    pub(crate) fn name(&self) -> Watched {
        Watched { index: self.fd.cast_unsigned(), generation: self.generation }
    }

    /// Carries on with one direction as far as it goes.
    fn drive(&mut self, input: bool) {
        loop {
            let facts = self.facts();
            let connecting = self.io.connecting;
            let side = self.io.side(input);
            if !(side.ready || side.broken.is_some()) {
                return;
            }
            let broken = side.broken;
            let Some(operation) = side.pending.front_mut() else { return };
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

    /// The end of the operation whose turn it was, and what it means for the socket.
    fn conclude(&mut self, operation: Operation, mut status: Status, bytes: usize) {
        let mut operation = Some(operation);
        match operation.as_ref().map(|operation| &operation.work) {
            Some(Work::Connect(_)) => self.connect_over(status == Status::SUCCESS),
            Some(Work::Disconnect(Disconnect { reuse: true, .. })) if status == Status::SUCCESS => {
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

    fn connect_over(&mut self, stands: bool) {
        self.io.connecting = false;
        self.connected = stands;
        self.active = stands;
        if !stands {
            dissolve(self.fd);
            self.io.hung_up = false;
        }
        (self.io.input.ready, self.io.output.ready) = (true, true);
        self.drive(true);
    }

    /// Tries again what waited for something else than the descriptor.
    pub(crate) fn drive_again(&mut self, input: bool) {
        self.io.side(input).ready = true;
        self.drive(input);
    }

    /// Puts another socket of the kernel's under the same number: nothing of the old one is left but the association.
    pub(super) fn replace(&mut self, fd: OwnedFd) -> Result<(), i32> {
        self.unwatch();
        let flags = if self.private { libc::O_CLOEXEC } else { 0 };
        // SAFETY: closes the old socket, which is the record's own, and makes its number name the new one.
        if unsafe { libc::dup3(fd.as_raw_fd(), self.fd, flags) } < 0 {
            return Err(errno());
        }
        (self.connected, self.active, self.bound, self.finished) = (false, false, false, false);
        (self.shut_in, self.shut_out) = (false, false);
        let Io { input, output, hung_up, uneven, connecting, .. } = &mut self.io;
        for side in [input, output] {
            (side.ready, side.broken) = (true, None);
        }
        (*hung_up, *uneven, *connecting) = (false, false, false);
        if self.is_pending() {
            self.watch(None).map_err(|_| libc::ENOBUFS)?;
        }
        Ok(())
    }

    /// Makes a socket that has been disconnected as good as new: one that had connected stays bound (D40).
    fn renew(&mut self) -> Result<(), i32> {
        let local = self.active.then(|| local_address(self.fd));
        let kind = self.kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        // SAFETY: plain numbers.
        let fd = unsafe { libc::socket(self.family, kind, self.protocol) };
        if fd < 0 {
            return Err(errno());
        }
        // SAFETY: just made, and nobody else's.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        prepare(&fd, self.family);
        self.replace(fd)?;
        if let Some(local) = local {
            reuse_address(self.fd);
            let (name, length) = local.for_kernel();
            // SAFETY: an address of that length.
            if unsafe { libc::bind(self.fd, name, length) } != 0 {
                return Err(errno());
            }
            self.bound = true;
        }
        Ok(())
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
fn despite(broken: Option<Fault>, attempt: Attempt) -> Attempt {
    match (broken, attempt) {
        (None, attempt) | (Some(_), attempt @ Attempt::Done { bytes: 1.., .. }) => attempt,
        (Some(fault), _) => Attempt::Failed(fault),
    }
}

/// Something has happened to a descriptor.
pub(crate) fn on_readiness(name: Watched, readiness: Readiness) {
    let Some(mut record) = table::find_generation(name.index, name.generation) else { return };
    let record = &mut *record;
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
}

/// Associates a socket with a port: ERROR_INVALID_PARAMETER if it is not overlapped or has one (A5, A6). What is
/// pending goes on, and its packets come (A12).
pub(crate) fn associate(record: &mut Record, binding: Binding) -> Result<(), u32> {
    if !record.overlapped || record.io.binding.is_some() {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    record.io.binding = Some(binding);
    if record.rewatch().is_err() {
        record.io.binding = None;
        return Err(code::ERROR_NO_SYSTEM_RESOURCES);
    }
    Ok(())
}

/// A port has been closed: its sockets go on, and somebody else watches them (A17).
pub(crate) fn orphan(port: &IoPort) {
    for socket in table::all() {
        if let Ok(mut record) = table::find(socket)
            && record.io.watched_by.as_ref().is_some_and(|by| std::ptr::eq(&raw const **by, port))
        {
            // Without a watcher what is pending stays pending until its socket is closed.
            let _ = record.rewatch();
        }
    }
}

/// A socket has been closed: everything that is pending on it ends (C39, C40).
pub(crate) fn end_all(record: &mut Record) {
    let status = if record.is_stream() && record.connected {
        Status::CONNECTION_ABORTED
    } else {
        Status::CANCELLED
    };
    for input in [true, false] {
        let all: Vec<Operation> = record.io.side(input).pending.drain().collect();
        for operation in all {
            let bytes = operation.transferred;
            let accepts = matches!(operation.work, Work::Accept(_)) || operation.via.is_some();
            let status = if accepts { Status::CANCELLED } else { status };
            record.finish(operation, status, bytes);
        }
    }
    if let Some(listener) = record.accepting.take() {
        withdraw(listener, record.name());
    }
    if record.listening {
        cancel_accepts(record.name(), |_| true);
    }
}

/// Ends accepts of a listener that have their connection and wait for data (D24); answers how many that was.
pub(crate) fn cancel_accepts(listener: Watched, wanted: impl Fn(&Operation) -> bool) -> usize {
    let of_listener = |operation: &Operation| {
        operation.via.as_ref().is_some_and(|via| via.listener == listener) && wanted(operation)
    };
    let found = table::all().into_iter().filter_map(|socket| table::find(socket).ok());
    found.map(|mut record| record.cancel(of_listener)).sum()
}

fn local_address(fd: i32) -> Address {
    let mut address = Address::empty();
    let (name, length) = address.for_answer();
    // SAFETY: room for any address.
    unsafe { libc::getsockname(fd, name, length) };
    address
}

/// Another socket of this address may be in its last minutes.
fn reuse_address(fd: i32) {
    let on = 1_i32;
    let (level, name) = (libc::SOL_SOCKET, libc::SO_REUSEADDR);
    // SAFETY: one number, alive for the call.
    unsafe { libc::setsockopt(fd, level, name, (&raw const on).cast(), 4) };
}

/// The name of an operation, for [`Record::cancel`].
pub(crate) fn is_named(name: *mut OVERLAPPED) -> impl Fn(&Operation) -> bool {
    move |operation| operation.request.name() == name
}
