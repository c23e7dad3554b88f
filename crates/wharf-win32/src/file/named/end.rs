//! An end of a named pipe: an instance of the server, or a client.
//!
//! # Invariants
//! 1. Reads end in the order of their calls, and so do writes. A write goes out whole before the next begins.
//! 2. Every accepted operation ends once: by its transfer, by the pipe's break, by a cancel, a disconnect or a close.
//! 3. Ends are told under the end's lock, so that packets keep that order.
#![allow(unsafe_code)] // buffers of the program's, kept until the operation's end

use std::collections::VecDeque;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use wharf_core::status::Status;

use super::super::io::{Direction, Transfer};
use super::super::reactor::{self, Ready};
use super::name::Name;
use super::transfer;
use crate::code;
use crate::object::Object;
use crate::overlapped::Cancel;
use crate::overlapped::request::{Ended, Request};
use crate::port::{Binding, Bound};
use crate::thread::synchronous;
use crate::wait::dispatcher::Dispatcher;

/// Where an end is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// A client may be given to it.
    Listening,
    /// It has, or had, another end.
    Connected,
    /// DisconnectNamedPipe: nobody until the next ConnectNamedPipe.
    Disconnected,
    Closed,
}

/// A transfer that waits.
pub(super) struct Job {
    request: Request,
    transfer: Transfer,
    done: usize,
}

// SAFETY: the buffer is the program's until the operation's end (C31), wherever that comes.
unsafe impl Send for Job {}

pub(super) struct State {
    pub(super) phase: Phase,
    connection: Option<(OwnedFd, u64)>,
    /// ConnectNamedPipe that waits.
    connect: Option<Request>,
    reads: VecDeque<Job>,
    writes: VecDeque<Job>,
    /// The rest of a message that was longer than the buffer of its read.
    pub(super) leftover: Vec<u8>,
    /// PIPE_READMODE_MESSAGE.
    pub(super) reads_messages: bool,
    /// PIPE_NOWAIT.
    pub(super) nowait: bool,
}

pub(crate) struct End {
    /// The name, for an instance of the server.
    pub(super) name: Option<Arc<Name>>,
    pub(crate) overlapped: bool,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// Whether the pipe carries messages.
    pub(super) message: bool,
    pub(crate) bound: Bound,
    state: Mutex<State>,
    changed: Condvar,
    own: Weak<End>,
}

/// What an end is made as.
pub(super) struct Form {
    pub(super) name: Option<Arc<Name>>,
    pub(super) overlapped: bool,
    pub(super) readable: bool,
    pub(super) writable: bool,
    pub(super) message: bool,
    pub(super) reads_messages: bool,
    pub(super) nowait: bool,
}

impl End {
    pub(super) fn new(form: Form) -> Arc<End> {
        let Form { name, overlapped, readable, writable, message, reads_messages, nowait } = form;
        Arc::new_cyclic(|own| End {
            name,
            overlapped,
            readable,
            writable,
            message,
            bound: Bound::default(),
            state: Mutex::new(State {
                phase: Phase::Listening,
                connection: None,
                connect: None,
                reads: VecDeque::new(),
                writes: VecDeque::new(),
                leftover: Vec::new(),
                reads_messages,
                nowait,
            }),
            changed: Condvar::new(),
            own: Weak::clone(own),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().phase == Phase::Closed
    }

    /// Gives a listening instance its client, after a greeting; the socket comes back if it has one. A ConnectNamedPipe that
    /// waits is over.
    pub(super) fn attach(&self, fd: OwnedFd, greet: impl FnOnce(&OwnedFd)) -> Result<(), OwnedFd> {
        let mut state = self.state();
        if state.phase != Phase::Listening {
            return Err(fd);
        }
        let Ok(number) = reactor::watch(&fd, Weak::clone(&self.own) as Weak<dyn Ready>) else {
            return Err(fd);
        };
        if self.message {
            transfer::mark_messages(&fd);
        }
        greet(&fd);
        state.connection = Some((fd, number));
        state.phase = Phase::Connected;
        if let Some(request) = state.connect.take() {
            self.bound.finish(request, Status::SUCCESS, 0, Ended::Later);
        }
        self.changed.notify_all();
        Ok(())
    }

    /// Waits for a client: at once for one that is there (E11).
    pub(super) fn listen(&self, request: Option<Request>) -> Result<(), u32> {
        let mut state = self.state();
        match state.phase {
            Phase::Connected => {
                let fd = state.connection.as_ref().map(|connection| &connection.0);
                let gone = fd.is_none_or(|fd| transfer::is_broken(fd, self.message));
                return Err(if gone { code::ERROR_NO_DATA } else { code::ERROR_PIPE_CONNECTED });
            }
            Phase::Closed => return Err(code::ERROR_INVALID_HANDLE),
            Phase::Listening | Phase::Disconnected => state.phase = Phase::Listening,
        }
        if state.nowait {
            return Err(code::ERROR_PIPE_LISTENING);
        }
        if let Some(request) = request {
            if state.connect.is_some() {
                return Err(code::ERROR_PIPE_LISTENING);
            }
            state.connect = Some(request);
            return Err(code::ERROR_IO_PENDING);
        }
        drop(state);
        let own = Weak::clone(&self.own);
        let wake = move || {
            if let Some(end) = own.upgrade() {
                drop(end.state()); // who is about to sleep has looked before, or sleeps
                end.changed.notify_all();
            }
        };
        let wait = || {
            let mut state = self.state();
            while state.phase == Phase::Listening {
                if synchronous::is_cancelled() {
                    return Err(code::ERROR_OPERATION_ABORTED);
                }
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            match state.phase {
                Phase::Connected => Ok(()),
                _ => Err(code::ERROR_PIPE_NOT_CONNECTED),
            }
        };
        synchronous::cancellable(Some(Arc::new(wake)), || wharf::blocking(wait))
    }

    /// Ends the connection, and everything that waits, with a status.
    fn end_all(&self, state: &mut State, phase: Phase, status: Status) {
        state.phase = phase;
        state.leftover.clear();
        let jobs = state.reads.drain(..).chain(state.writes.drain(..)).map(|job| job.request);
        for request in state.connect.take().into_iter().chain(jobs) {
            self.bound.finish(request, status, 0, Ended::Later);
        }
        if let Some((_fd, number)) = state.connection.take() {
            reactor::forget(number);
        }
        self.changed.notify_all();
    }

    pub(super) fn disconnect(&self) -> Result<(), u32> {
        let mut state = self.state();
        match state.phase {
            Phase::Disconnected | Phase::Closed => Err(code::ERROR_PIPE_NOT_CONNECTED),
            Phase::Listening if state.connect.is_none() => Err(code::ERROR_PIPE_LISTENING),
            Phase::Listening | Phase::Connected => {
                self.end_all(&mut state, Phase::Disconnected, Status::PIPE_DISCONNECTED);
                Ok(())
            }
        }
    }

    /// The connection, or why there is none.
    pub(super) fn connection<'s>(&self, state: &'s State) -> Result<&'s OwnedFd, u32> {
        match (state.phase, &state.connection) {
            (Phase::Connected, Some(connection)) => Ok(&connection.0),
            (Phase::Listening, _) => Err(code::ERROR_PIPE_LISTENING),
            _ => Err(code::ERROR_PIPE_NOT_CONNECTED),
        }
    }

    /// One try on a connected end.
    fn attempt(
        &self,
        state: &mut State,
        job: Transfer,
        done: &mut usize,
    ) -> Option<(Status, usize)> {
        let fd = match self.connection(state) {
            Ok(fd) => rustix::fd::AsRawFd::as_raw_fd(fd),
            Err(_) => return Some((Status::PIPE_DISCONNECTED, 0)),
        };
        match job.direction {
            Direction::Read => {
                let messages = state.reads_messages;
                transfer::read(fd, job, self.message, messages, &mut state.leftover)
            }
            Direction::Write => transfer::write(fd, job, self.message, done),
        }
    }

    /// Tries what waits, in order.
    fn drive(&self) {
        let mut state = self.state();
        for direction in [Direction::Read, Direction::Write] {
            loop {
                let queue = match direction {
                    Direction::Read => &mut state.reads,
                    Direction::Write => &mut state.writes,
                };
                let Some(mut job) = queue.pop_front() else { break };
                match self.attempt(&mut state, job.transfer, &mut job.done) {
                    Some((status, bytes)) => {
                        self.bound.finish(job.request, status, bytes, Ended::Later);
                    }
                    None => {
                        match direction {
                            Direction::Read => state.reads.push_front(job),
                            Direction::Write => state.writes.push_front(job),
                        }
                        break;
                    }
                }
            }
        }
        self.changed.notify_all();
    }

    /// An overlapped transfer: the bytes if it is over, ERROR_IO_PENDING if its end comes later.
    pub(crate) fn transfer(&self, request: Request, transfer: Transfer) -> Result<u32, u32> {
        let mut state = self.state();
        self.connection(&state)?;
        let waiting = match transfer.direction {
            Direction::Read => !state.reads.is_empty(),
            Direction::Write => !state.writes.is_empty(),
        };
        let mut done = 0;
        let at_once = if waiting { None } else { self.attempt(&mut state, transfer, &mut done) };
        match at_once {
            Some((Status::SUCCESS, bytes)) => {
                self.bound.finish(request, Status::SUCCESS, bytes, Ended::AtOnce);
                Ok(u32::try_from(bytes).unwrap_or(u32::MAX))
            }
            // E13: the part of a message is a packet.
            Some((Status::BUFFER_OVERFLOW, bytes)) => {
                self.bound.finish(request, Status::BUFFER_OVERFLOW, bytes, Ended::Later);
                Err(code::ERROR_IO_PENDING)
            }
            Some((status, _)) => Err(status.win32()),
            None if state.nowait => Err(code::ERROR_NO_DATA),
            None => {
                let job = Job { request, transfer, done };
                match transfer.direction {
                    Direction::Read => state.reads.push_back(job),
                    Direction::Write => state.writes.push_back(job),
                }
                Err(code::ERROR_IO_PENDING)
            }
        }
    }

    /// Another descriptor of its connection, for a program that is started.
    pub(crate) fn duplicate(&self) -> Result<OwnedFd, u32> {
        let state = self.state();
        let fd = self.connection(&state)?;
        rustix::io::fcntl_dupfd_cloexec(fd, 3).map_err(super::super::read_error)
    }

    /// A transfer that is waited for.
    pub(crate) fn synchronous(&self, transfer: Transfer) -> Result<(Status, usize), u32> {
        synchronous::cancellable(None, || self.synchronous_until_cancelled(transfer))
    }

    fn synchronous_until_cancelled(&self, transfer: Transfer) -> Result<(Status, usize), u32> {
        let mut done = 0;
        loop {
            let fd = {
                let mut state = self.state();
                self.connection(&state)?;
                if let Some(result) = self.attempt(&mut state, transfer, &mut done) {
                    return Ok(result);
                }
                if state.nowait {
                    return Err(code::ERROR_NO_DATA);
                }
                // Its own, so that a close meanwhile does not close it under the wait.
                let fd = self.connection(&state)?;
                rustix::io::fcntl_dupfd_cloexec(fd, 3).map_err(super::super::read_error)?
            };
            let events = match transfer.direction {
                Direction::Read => libc::POLLIN,
                Direction::Write => libc::POLLOUT,
            };
            if !synchronous::poll(fd.as_raw_fd(), events) {
                return Ok((Status::CANCELLED, done));
            }
        }
    }
}

impl Ready for End {
    fn ready(&self) {
        self.drive();
    }
}

impl Object for End {
    fn closed(&self, last: bool) {
        if !last {
            return;
        }
        self.end_all(&mut self.state(), Phase::Closed, Status::CANCELLED);
        if let Some(name) = &self.name {
            name.instance_closed();
        }
    }

    fn associate(&self, binding: Binding) -> Result<(), u32> {
        self.bound.associate(self.overlapped, binding)
    }

    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        Some(self.bound.signal.waitable())
    }

    fn add_modes(&self, modes: u8) -> Result<(), u32> {
        if !self.overlapped {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        self.bound.add_modes(modes);
        Ok(())
    }

    fn cancel(&self, which: Cancel) -> Result<usize, u32> {
        let mut state = self.state();
        let mut withdrawn = Vec::new();
        let bound = self.bound.is_bound();
        let meant = |request: &Request| request.is_meant(which, bound);
        withdrawn.extend(state.connect.take_if(|request| meant(request)));
        let State { reads, writes, .. } = &mut *state;
        for queue in [reads, writes] {
            let all = std::mem::take(queue);
            for job in all {
                if meant(&job.request) { withdrawn.push(job.request) } else { queue.push_back(job) }
            }
        }
        let count = withdrawn.len();
        for request in withdrawn {
            self.bound.finish(request, Status::CANCELLED, 0, Ended::Later);
        }
        drop(state);
        self.drive(); // what waited behind it may need nothing
        Ok(count)
    }
}
