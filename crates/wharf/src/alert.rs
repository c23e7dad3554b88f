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

use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use wharf_core::deadline::Deadline;

use crate::dispatch::{Interrupt, Member};
use crate::sync::lock;
use crate::{GetError, Packet, Port, clock, worker};

struct Inner {
    raised: AtomicBool,
    event: OwnedFd,
    /// Ends a park of the worker that waits now. `raised` and the descriptor change together under this lock: what is left
    /// of one without the other would end every sleep at once, for nothing.
    unpark: Mutex<Option<Box<dyn Fn() + Send + Sync>>>,
}

/// Ends waits of one thread: [`Port::get_alertable`]. A clone is the same alert.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let port = wharf::Port::<()>::new(1)?;
/// let alert = wharf::Alert::new()?;
/// let other = alert.clone();
/// let thread = std::thread::spawn(move || other.raise());
/// assert!(port.get_alertable(None, &alert)?.is_none()); // until the alert
/// thread.join().unwrap();
/// alert.clear();
/// # Ok(())
/// # }
/// ```
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
        let unpark = lock(&self.inner.unpark);
        // SeqCst, as its load: cheap beside the system call.
        if !self.inner.raised.swap(true, SeqCst) {
            let written = rustix::io::write(&self.inner.event, &1_u64.to_ne_bytes());
            debug_assert!(written.is_ok(), "a counter that is emptied by `clear`: {written:?}");
            if let Some(unpark) = &*unpark {
                unpark();
            }
        }
    }

    /// Takes it back.
    pub fn clear(&self) {
        let _together = lock(&self.inner.unpark);
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
    attached: Cell<bool>,
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        if self.attached.get() {
            lock(&self.alert.inner.unpark).take();
        }
    }
}

impl Interrupt for Beside<'_> {
    fn attach(&self, member: &Member) {
        *lock(&self.alert.inner.unpark) = Some(Box::new(member.unparker()));
        self.attached.set(true);
    }

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
    fn attach(&self, _: &Member) {}

    fn is_raised(&self) -> bool {
        (self.0)()
    }

    fn sleep(&self, _deadline: Deadline) -> bool {
        false // a signal ends the engine's sleep too
    }
}

impl<T: Send + 'static> Port<T> {
    /// As [`get`](Port::get), but [`GetError::TimedOut`] also if a signal handler has run on this thread and `raised`
    /// is true then. A signal that comes just before the sleep does not end it. A panic of `raised` goes through; a packet
    /// that was about to come is not lost by it.
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
        let engine = self.shared.dispatcher.engine.as_fd();
        let beside = Beside { alert, engine, attached: Cell::new(false) };
        match self.get_unless(timeout, Some(&beside)) {
            Ok(packet) => Ok(Some(packet)),
            Err(GetError::TimedOut) if alert.is_raised() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the calling thread is a worker of this port.
    #[must_use]
    pub fn is_worker(&self) -> bool {
        !self.shared.is_foreign() && worker::is_member(self.shared.id())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;
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

    /// Goal: an alert and its end are whole, whichever threads they are on: after `clear` nothing is left that would end
    /// the next sleep for nothing, again and again. Method: clear as soon as the alert is seen.
    #[test]
    fn what_is_cleared_is_gone() {
        let alert = Alert::new().unwrap();
        let (ask, asked) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let other = alert.clone();
        let raiser = std::thread::spawn(move || {
            for () in asked {
                other.raise();
                tell.send(()).unwrap();
            }
        });
        for round in 0..2000 {
            ask.send(()).unwrap();
            while !alert.is_raised() {
                std::hint::spin_loop();
            }
            alert.clear();
            told.recv().unwrap();
            let mut event = [PollFd::new(&alert.inner.event, PollFlags::IN)];
            let now = rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 };
            assert_eq!(
                (alert.is_raised(), poll(&mut event, Some(&now))),
                (false, Ok(0)),
                "{round}"
            );
        }
        drop(ask);
        raiser.join().unwrap();
    }

    /// Goal: workers that may be alerted see what has completed in the engine although posts never end, as others do.
    #[test]
    fn posts_do_not_hide_the_engine() {
        let port = Port::<u32>::new(1).unwrap();
        let alert = Alert::new().unwrap();
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let stream = port.associate(ours, 0).unwrap();
        stream.recv(Vec::with_capacity(9), 1).unwrap();
        port.post(0, 0, 0).unwrap();
        theirs.write_all(b"x").unwrap();
        let received = (0..1000).any(|_| {
            let packet = port.get_alertable(None, &alert).unwrap().unwrap();
            port.post(0, 0, 0).unwrap();
            packet.payload == 1
        });
        assert!(received);
    }
}
