//! A directory's watch: what has changed, and who waits for it.
//!
//! # Invariants
//! 1. It begins with the first call on its handle, whose subtree flag, filter and buffer size hold for all (E17).
//! 2. Changes that nobody has asked for yet are kept, as many as the first buffer holds; then the list is lost, and the
//!    next call says so (E16).
//! 3. Calls are answered in their order; a list of changes goes to one call.
#![allow(unsafe_code)] // buffers of the program's

use std::collections::VecDeque;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use wharf_core::status::Status;

use super::super::reactor::{self, Ready};
use super::pack::{self, Change};
use super::tree::Tree;
use crate::arg;
use crate::overlapped::Cancel;
use crate::overlapped::request::{Ended, Request};
use crate::port::Bound;
use crate::thread::synchronous;

/// STATUS_NOTIFY_CLEANUP: the handle was closed. It is a success, of no bytes.
const CLEANUP: Status = Status(0x10B);

/// A call that waits.
pub(super) struct Waiter {
    pub(super) request: Request,
    pub(super) buffer: *mut u8,
    pub(super) room: usize,
}

// SAFETY: the buffer is the program's until the operation's end (C31), wherever that comes.
unsafe impl Send for Waiter {}

struct State {
    tree: Tree,
    changes: Vec<Change>,
    size: usize,
    lost: bool,
    gone: bool,
    waiters: VecDeque<Waiter>,
}

pub(crate) struct Watch {
    state: Mutex<State>,
    limit: usize,
    number: Mutex<Option<u64>>,
    bound: Arc<Bound>,
}

impl Watch {
    pub(super) fn new(
        root: &Path,
        subtree: bool,
        filter: u32,
        limit: usize,
        bound: Arc<Bound>,
    ) -> Result<Arc<Watch>, u32> {
        let tree = Tree::new(root, subtree, filter).map_err(super::super::open_error)?;
        let state = State {
            tree,
            changes: Vec::new(),
            size: 0,
            lost: false,
            gone: false,
            waiters: VecDeque::new(),
        };
        let number = Mutex::new(None);
        let watch = Arc::new(Watch { state: Mutex::new(state), limit, number, bound });
        let itself: Weak<Watch> = Arc::downgrade(&watch);
        let registered = reactor::watch(&watch.state().tree.fd, itself)?;
        *watch.number.lock().unwrap_or_else(PoisonError::into_inner) = Some(registered);
        Ok(watch)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more call that waits; it may be over before this returns.
    pub(super) fn wait(&self, waiter: Waiter) {
        let mut state = self.state();
        state.waiters.push_back(waiter);
        self.answer(&mut state);
    }

    /// Waits for changes: the status and the bytes.
    pub(super) fn synchronous(&self, buffer: *mut u8, room: usize) -> (Status, usize) {
        loop {
            let fd = {
                let mut state = self.state();
                self.collect(&mut state);
                if let Some(result) = deliver(&mut state, buffer, room) {
                    return result;
                }
                state.tree.fd.as_raw_fd()
            };
            // The caller's file, and with it the watch, is open during its call.
            if !synchronous::poll(fd, libc::POLLIN) {
                return (Status::CANCELLED, 0);
            }
        }
    }

    fn collect(&self, state: &mut State) {
        let news = state.tree.read();
        state.lost |= news.lost;
        state.gone |= news.gone;
        for change in news.changes {
            state.size += pack::size(&change);
            state.changes.push(change);
        }
        if state.size > self.limit || state.lost {
            state.lost = true;
            state.changes.clear();
            state.size = 0;
        }
    }

    fn answer(&self, state: &mut State) {
        self.collect(state);
        while let Some(waiter) = state.waiters.front() {
            let (buffer, room) = (waiter.buffer, waiter.room);
            let Some((status, bytes)) = deliver(state, buffer, room) else { return };
            if let Some(waiter) = state.waiters.pop_front() {
                self.bound.finish(waiter.request, status, bytes, Ended::Later);
            }
        }
    }

    pub(crate) fn cancel(&self, which: Cancel) -> usize {
        let bound = self.bound.is_bound();
        self.end(Status::CANCELLED, |request| request.is_meant(which, bound))
    }

    /// The handle is closed.
    pub(crate) fn close(&self) {
        self.end(CLEANUP, |_| true);
        if let Some(number) = self.number.lock().unwrap_or_else(PoisonError::into_inner).take() {
            reactor::forget(number);
        }
    }

    fn end(&self, status: Status, meant: impl Fn(&Request) -> bool) -> usize {
        let mut state = self.state();
        let all = std::mem::take(&mut state.waiters);
        let (over, kept): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|waiter| meant(&waiter.request));
        state.waiters.extend(kept);
        let count = over.len();
        for waiter in over {
            self.bound.finish(waiter.request, status, 0, Ended::Later);
        }
        count
    }
}

/// What a call gets now, if there is something.
fn deliver(state: &mut State, buffer: *mut u8, room: usize) -> Option<(Status, usize)> {
    if std::mem::take(&mut state.lost) {
        return Some((Status::NOTIFY_ENUM_DIR, 0));
    }
    if state.changes.is_empty() {
        return state.gone.then_some((Status::ACCESS_DENIED, 0));
    }
    let packed = pack::pack(&state.changes, room);
    state.changes.clear();
    state.size = 0;
    let Some(packed) = packed else { return Some((Status::NOTIFY_ENUM_DIR, 0)) };
    // SAFETY: the program's buffer has that room.
    match unsafe { arg::store_all(buffer, &packed) } {
        Ok(()) => Some((Status::SUCCESS, packed.len())),
        Err(_) => Some((Status::ACCESS_VIOLATION, 0)),
    }
}

impl Ready for Watch {
    fn ready(&self) {
        let mut state = self.state();
        // Without a call that waits the kernel keeps the events; a synchronous call reads them itself.
        if !state.waiters.is_empty() {
            self.answer(&mut state);
        }
    }
}
