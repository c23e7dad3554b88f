//! Timers and deadlines of a port on one timerfd.
//!
//! # Invariants
//! 1. While entries exist, the timerfd is armed for the earliest or for an earlier moment.
//! 2. Later entries and removals leave the timerfd alone: a server that moves an idle time-out with every
//!    request makes no system call for it. The price is a needless expiry now and then.
//!
//! The timerfd is on CLOCK_MONOTONIC: suspended time does not count (contract A29).

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Mutex;

use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use wharf_core::deadline::Deadline;
use wharf_core::timers::{TimerKey, Timers};

use crate::clock;
use crate::sync::lock;

struct Inner<V> {
    timers: Timers<V>,
    /// What the timerfd is armed for.
    armed: Option<u64>,
}

/// What is due when, and the descriptor that becomes readable then.
pub(crate) struct Alarm<V> {
    fd: OwnedFd,
    inner: Mutex<Inner<V>>,
}

impl<V> Alarm<V> {
    pub(crate) fn new() -> Result<Self, Errno> {
        let fd = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK,
        )?;
        Ok(Alarm { fd, inner: Mutex::new(Inner { timers: Timers::default(), armed: None }) })
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Enters something that is due at the deadline.
    pub(crate) fn set(&self, deadline: Deadline, value: V) -> TimerKey {
        let mut inner = lock(&self.inner);
        // At once means now, and not before what is due already.
        let at = if deadline == Deadline::Now { clock::now() } else { deadline.moment() };
        let key = inner.timers.insert(at, value);
        self.arm(&mut inner);
        key
    }

    /// Takes an entry out before its time; `None` if it has come.
    pub(crate) fn clear(&self, key: TimerKey) -> Option<V> {
        lock(&self.inner).timers.remove(key)
    }

    /// Takes out everything that is due, after the timerfd has expired. `each` is called under the lock, so
    /// that two callers do not mix up the order; it must not come back here.
    pub(crate) fn due(&self, mut each: impl FnMut(V)) {
        let mut inner = lock(&self.inner);
        let now = clock::now();
        while let Some(value) = inner.timers.pop_due(now) {
            each(value);
        }
        inner.armed = None;
        self.arm(&mut inner);
    }

    /// Takes out everything, due or not.
    pub(crate) fn drain(&self) -> Vec<V> {
        lock(&self.inner).timers.drain().collect()
    }

    /// Number of entries.
    pub(crate) fn len(&self) -> usize {
        lock(&self.inner).timers.len()
    }

    fn arm(&self, inner: &mut Inner<V>) {
        let Some(earliest) = inner.timers.earliest() else { return };
        if inner.armed.is_some_and(|armed| armed <= earliest) {
            return;
        }
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        // An absolute time of zero would disarm; the first nanosecond of the system's life is early enough.
        let at = Deadline::At(earliest.max(1)).remaining(0).timespec().expect("not never");
        let setting = Itimerspec { it_interval: never, it_value: clock::timespec(at) };
        let set = timerfd_settime(&self.fd, TimerfdTimerFlags::ABSTIME, &setting);
        debug_assert!(set.is_ok(), "a timerfd of ours takes any time of the clock: {set:?}");
        inner.armed = Some(earliest);
    }
}
