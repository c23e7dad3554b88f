//! Waits for a packet that something else can end: the way in for alertable waits of the C ABI.
//!
//! A worker that may be alerted does not sleep inside the engine, where a wake-up reaches whichever worker came last,
//! but beside it: in poll(2) on the engine's descriptor and on one of its own. It costs two system calls more for each
//! sleep, and only such a wait pays them.
//!
//! # Protocol
//! | waiter | whoever alerts |
//! |---|---|
//! | leave a way to unpark in `unpark` | store `raised` |
//! | look at `raised`; sleep or park | write the descriptor, and unpark |
//!
//! A park that was ended before it began ends at once, and so does a poll on a descriptor that is readable: an alert
//! that comes between look and sleep is not lost.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use wharf_core::deadline::Deadline;
use wharf_core::scheduler::Next;

use crate::dispatch::Interrupt;
use crate::sync::lock;
use crate::{GetError, Packet, Port, clock, worker};

struct Inner {
    raised: AtomicBool,
    event: OwnedFd,
    /// Ends a park of the worker that waits now.
    unpark: Mutex<Option<Box<dyn Fn() + Send + Sync>>>,
}

/// Ends waits of one thread: [`Port::get_alertable`]. A clone is the same alert.
#[derive(Clone)]
pub struct Alert {
    inner: Arc<Inner>,
}

impl Alert {
    /// One that is not raised. It takes a descriptor.
    ///
    /// # Errors
    /// Those of eventfd(2).
    pub fn new() -> io::Result<Alert> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let inner = Inner { raised: AtomicBool::new(false), event, unpark: Mutex::new(None) };
        Ok(Alert { inner: Arc::new(inner) })
    }

    /// Ends the wait that goes on, or the next one.
    pub fn raise(&self) {
        // SeqCst, as its load: cheap beside the system call.
        if !self.inner.raised.swap(true, SeqCst) {
            let written = rustix::io::write(&self.inner.event, &1_u64.to_ne_bytes());
            debug_assert!(written.is_ok(), "a counter that is emptied by `clear`: {written:?}");
            if let Some(unpark) = &*lock(&self.inner.unpark) {
                unpark();
            }
        }
    }

    /// Takes it back.
    pub fn clear(&self) {
        let mut count = [0; 8];
        // Nothing to read: it was not raised.
        let _ = rustix::io::read(&self.inner.event, &mut count);
        self.inner.raised.store(false, SeqCst);
    }

    /// Whether it is raised.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.inner.raised.load(SeqCst)
    }
}

impl std::fmt::Debug for Alert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Alert").field("raised", &self.is_raised()).finish_non_exhaustive()
    }
}

/// An alert beside an engine.
struct Beside<'a> {
    alert: &'a Alert,
    engine: BorrowedFd<'a>,
}

impl Interrupt for Beside<'_> {
    fn is_raised(&self) -> bool {
        self.alert.is_raised()
    }

    fn sleep(&self, deadline: Deadline) -> bool {
        let remaining = clock::remaining(deadline).millis();
        let timeout = u32::try_from(remaining)
            .ok()
            .map(|millis| clock::timespec((i64::from(millis / 1000), millis % 1000 * 1_000_000)));
        let mut descriptors = [
            PollFd::from_borrowed_fd(self.engine, PollFlags::IN),
            PollFd::new(&self.alert.inner.event, PollFlags::IN),
        ];
        // A signal: the caller looks at everything again.
        let _ = poll(&mut descriptors, timeout.as_ref());
        true
    }
}

/// A condition that a signal to the thread may make true.
struct Signalled<'a>(&'a dyn Fn() -> bool);

impl Interrupt for Signalled<'_> {
    fn is_raised(&self) -> bool {
        (self.0)()
    }

    fn sleep(&self, _deadline: Deadline) -> bool {
        false // a signal ends the engine's sleep too
    }
}

impl<T: Send + 'static> Port<T> {
    /// As [`get`](Port::get), but [`GetError::TimedOut`] also if a signal handler has run on this thread and `raised`
    /// is true then. A signal that comes just before the sleep does not end it.
    ///
    /// # Errors
    /// As [`get`](Port::get).
    #[inline]
    pub fn get_interruptible(
        &self,
        timeout: Option<Duration>,
        raised: &dyn Fn() -> bool,
    ) -> Result<Packet<T>, GetError> {
        self.get_unless(timeout, Some(&Signalled(raised)))
    }

    /// As [`get`](Port::get), but `None` if the alert is raised before there is a packet. What is queued comes first.
    ///
    /// # Errors
    /// As [`get`](Port::get).
    pub fn get_alertable(
        &self,
        timeout: Option<Duration>,
        alert: &Alert,
    ) -> Result<Option<Packet<T>>, GetError> {
        use std::os::fd::AsFd;
        let shared = &self.shared;
        if shared.is_foreign() {
            return Err(GetError::Closed);
        }
        let entered = worker::enter(shared.id(), shared, |view| shared.dispatcher.join(view));
        let Some((id, _)) = entered else { return self.get(timeout).map(Some) };
        let got = match shared.dispatcher.try_get(id) {
            Next::Packet(packet) => Ok(packet),
            waiting => {
                let member = worker::member();
                *lock(&alert.inner.unpark) = Some(Box::new(member.unparker()));
                let beside = Beside { alert, engine: shared.dispatcher.engine.as_fd() };
                let got = self.wait(&member, timeout, waiting, Some(&beside));
                lock(&alert.inner.unpark).take();
                got
            }
        };
        worker::exit();
        shared.steward.arm();
        match got {
            Ok(packet) => Ok(Some(packet)),
            Err(GetError::TimedOut) if alert.is_raised() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the calling thread is a worker of this port.
    #[must_use]
    pub fn is_worker(&self) -> bool {
        worker::is_member(self.shared.id())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Goal: an alert ends the wait of its thread and of no other, whether that is the one in the engine or a parked
    /// one; a packet that is queued comes first.
    #[test]
    fn an_alert_ends_one_wait() {
        let port = Port::<u32>::new(1).unwrap();
        let (tell, told) = mpsc::channel();
        let wait = |name| {
            let alert = Alert::new().unwrap();
            let (port, own, tell) = (port.clone(), alert.clone(), tell.clone());
            let thread = std::thread::spawn(move || {
                let packet = port.get_alertable(None, &own);
                tell.send((name, packet.unwrap().map(|packet| packet.payload))).unwrap();
            });
            (alert, thread)
        };
        let ((first, one), (second, two)) = (wait(1), wait(2));
        second.raise();
        assert_eq!(told.recv().unwrap(), (2, None));
        first.raise();
        assert_eq!(told.recv().unwrap(), (1, None));
        // Whoever has come back without a packet counts as running until it ends (contract B11).
        for thread in [one, two] {
            thread.join().unwrap();
        }
        port.post(0, 7, 0).unwrap();
        let got = port.get_alertable(None, &first).unwrap();
        assert_eq!(got.map(|packet| packet.payload), Some(7));
        assert!(port.get_alertable(None, &first).unwrap().is_none());
        first.clear();
        assert!(port.get_alertable(Some(Duration::ZERO), &first).is_err());
    }
}
