//! The epoll set of a port: where the workers that may run next sleep, and what an event means.
//!
//! Members of the set, all edge-triggered: every associated socket for its whole life (in, pri, out, rdhup), an
//! eventfd by which sleepers are woken, the timerfd of the port's timers.
//!
//! # Why sleepers share the set
//! A sleeper in epoll_wait is an exclusive waiter, queued at the head: one event wakes one thread, the one
//! that came last (fs/eventpoll.c, ep_poll and ep_poll_callback, seen in 6.18). That is contract A45 for
//! free, and no thread switch between noticing a completion and working on it.
//!
//! # Invariants
//! 1. An event is acted on only through a token that is still in the table, so what was registered under
//!    a descriptor number that has been closed and used again touches nobody.
//! 2. The eventfd is only ever written: each write is an edge. Its counter would fill after 2^64 writes.
//! 3. No lock is held while a socket acts on its event.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, Weak};

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use rustix::time::Timespec;
use wharf_core::deadline::Deadline;
use wharf_core::operation::OpId;
use wharf_core::slots::{Slots, Token};

use super::alarm::Alarm;
use super::files::InFlight;
use super::socket::Socket;
use crate::Packet;
use crate::clock;
use crate::dispatch::Engine;
use crate::sync::lock;
use crate::{Watched, Watcher};

/// Tokens of the set's own members; the table never gives them out, its generations are odd and its
/// indices small.
const WAKE: Token = Token(u64::MAX - 1);
const ALARM: Token = Token(u64::MAX - 3);

/// Events taken in one call. What is left wakes the next sleeper, so a burst spreads over the workers.
const EVENTS_PER_CALL: usize = 16;

/// What happens when a timer is due.
pub(crate) enum Due<T: Send + 'static> {
    /// A timer of the program ends as a packet.
    Timer(Packet<T>),
    /// An operation's deadline has come.
    Deadline(Token, OpId),
    /// The deadline of an operation on a file has come.
    File(Weak<InFlight<T>>, OpId),
    /// A listener that ran out of descriptors tries again.
    Retry(Token),
}

/// The set.
pub(crate) struct Epoll<T: Send + 'static> {
    set: OwnedFd,
    wake: OwnedFd,
    pub(crate) alarm: Alarm<Due<T>>,
    sockets: Mutex<Slots<Arc<Socket<T>>>>,
    files: Mutex<Slots<Arc<InFlight<T>>>>,
    /// Told of what others have registered.
    watcher: Option<Watcher>,
}

impl<T: Send + 'static> Epoll<T> {
    pub(crate) fn new(watcher: Option<Watcher>) -> Result<Self, Errno> {
        let set = epoll::create(CreateFlags::CLOEXEC)?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let alarm = Alarm::new()?;
        let edge = EventFlags::IN | EventFlags::ET;
        epoll::add(&set, &wake, EventData::new_u64(WAKE.0), edge)?;
        epoll::add(&set, alarm.fd(), EventData::new_u64(ALARM.0), edge)?;
        Ok(Epoll { set, wake, alarm, sockets: Mutex::default(), files: Mutex::default(), watcher })
    }

    /// Enters a socket in the table; it gets no events before [`Epoll::watch`].
    pub(crate) fn enter(&self, make: impl FnOnce(Token) -> Arc<Socket<T>>) -> Arc<Socket<T>> {
        let mut made = None;
        lock(&self.sockets).insert_with(|token| Arc::clone(made.insert(make(token))));
        made.expect("insert_with calls make")
    }

    /// Registers a descriptor for the life of its socket.
    pub(crate) fn watch(&self, fd: BorrowedFd<'_>, token: Token) -> Result<(), Errno> {
        let flags = EventFlags::IN | EventFlags::PRI | EventFlags::OUT | EventFlags::RDHUP;
        let flags = flags | EventFlags::ET;
        epoll::add(&self.set, fd, EventData::new_u64(token.0), flags)
    }

    /// Registers a descriptor for the watcher. Its word has an even upper half, which no token has.
    pub(crate) fn watch_foreign(&self, fd: BorrowedFd<'_>, name: Watched) -> Result<(), Errno> {
        if self.watcher.is_none() {
            return Err(Errno::NOTCONN);
        }
        self.watch(fd, Token(u64::from(name.generation) << 33 | u64::from(name.index)))
    }

    pub(crate) fn unwatch(&self, fd: BorrowedFd<'_>) {
        let _ = epoll::delete(&self.set, fd); // ENOENT: it was not registered
    }

    /// Ends a registration, before its descriptor is closed. The token finds nobody from now on.
    pub(crate) fn leave(&self, fd: BorrowedFd<'_>, token: Token) {
        // ENOENT: it was never watched. Explicit, because a duplicate of the descriptor, in this process or
        // in a child, would keep the registration alive.
        let _ = epoll::delete(&self.set, fd);
        let socket = lock(&self.sockets).remove(token);
        drop(socket); // outside the lock
    }

    /// The sockets of this moment.
    pub(crate) fn sockets(&self) -> Vec<Arc<Socket<T>>> {
        lock(&self.sockets).iter().cloned().collect()
    }

    /// Enters a file in the table.
    pub(crate) fn enter_file(
        &self,
        make: impl FnOnce(Token) -> Arc<InFlight<T>>,
    ) -> Arc<InFlight<T>> {
        let mut made = None;
        lock(&self.files).insert_with(|token| Arc::clone(made.insert(make(token))));
        made.expect("insert_with calls make")
    }

    /// Takes a file out of the table.
    pub(crate) fn leave_file(&self, token: Token) {
        let file = lock(&self.files).remove(token);
        drop(file); // outside the lock
    }

    /// The files of this moment.
    pub(crate) fn files(&self) -> Vec<Arc<InFlight<T>>> {
        lock(&self.files).iter().cloned().collect()
    }

    /// The socket of a token, if it is still associated.
    pub(crate) fn find(&self, token: Token) -> Option<Arc<Socket<T>>> {
        lock(&self.sockets).get(token).cloned()
    }

    fn ring(&self, out: &mut dyn FnMut(Packet<T>)) {
        let mut others = Vec::new();
        self.alarm.due(|due| match due {
            Due::Timer(packet) => out(packet),
            other => others.push(other),
        });
        for due in others {
            match due {
                Due::Timer(_) => unreachable!("sorted out before"),
                Due::Deadline(token, id) => {
                    if let Some(socket) = self.find(token) {
                        socket.expire(id, out);
                    }
                }
                Due::File(file, id) => {
                    if let Some(file) = file.upgrade() {
                        file.cancel(id, Errno::TIMEDOUT);
                    }
                }
                Due::Retry(token) => {
                    if let Some(socket) = self.find(token) {
                        socket.retry(out);
                    }
                }
            }
        }
    }
}

impl<T: Send + 'static> AsFd for Epoll<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.set.as_fd()
    }
}

impl<T: Send + 'static> Engine<Packet<T>> for Epoll<T> {
    fn poll(&self, deadline: Deadline, out: &mut dyn FnMut(Packet<T>)) -> bool {
        let mut space = [const { MaybeUninit::<Event>::uninit() }; EVENTS_PER_CALL];
        let timeout = timeout(deadline);
        let events = match epoll::wait(&self.set, &mut space, timeout.as_ref()) {
            Ok((events, _)) => events,
            Err(Errno::INTR) => return false, // the caller looks at its deadline and comes again
            Err(error) => unreachable!("epoll_wait on a set of our own: {error}"),
        };
        let mut swallowed = false;
        for event in events {
            let flags = event.flags;
            match Token(event.data.u64()) {
                WAKE => swallowed = true,
                ALARM => self.ring(out),
                Token(word) if word >> 32 & 1 == 0 => {
                    #[expect(clippy::cast_possible_truncation, reason = "the parts of the word")]
                    let name = Watched { index: word as u32, generation: (word >> 33) as u32 };
                    if let Some(watcher) = self.watcher {
                        watcher(name, flags.into());
                    }
                }
                token => {
                    if let Some(socket) = self.find(token) {
                        socket.on_event(flags, out);
                    }
                }
            }
        }
        swallowed
    }

    fn wake(&self) {
        let written = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
        debug_assert!(written.is_ok(), "invariant 2: {written:?}");
    }
}

/// What is left until a deadline, in whole milliseconds: epoll_pwait2, which takes nanoseconds, is newer
/// than kernels in use (5.11) and refused by some containers.
fn timeout(deadline: Deadline) -> Option<Timespec> {
    let millis = u32::try_from(clock::remaining(deadline).millis()).ok()?; // -1 is no limit
    Some(clock::timespec((i64::from(millis / 1000), millis % 1000 * 1_000_000)))
}
