//! Descriptors that a program of the port's own kind looks after itself: the way in for the C ABI.
//!
//! A port made by [`Port::watching`] calls its watcher for every edge of a descriptor that was registered with
//! [`Port::watch`], on whichever thread sleeps in the port: a worker inside `get`, or the process's steward.
//! What the watcher finds finished it queues with [`Port::complete`]. No lock of the port is held meanwhile.
//!
//! # Invariants
//! 1. A registration is edge-triggered and for good: an edge that comes while nobody looks is not lost, and the
//!    first report tells what was ready at registration.
//! 2. A report may be late: for a descriptor that has been closed, or registered elsewhere, meanwhile. The
//!    watcher tells by the generation.

use std::io;
use std::os::fd::AsFd;

use rustix::event::epoll::EventFlags;
use wharf_core::scheduler::Urgency;

use crate::{Options, Port, PostError, worker};

/// What has happened to a descriptor; several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Readiness {
    /// Something can be read.
    pub readable: bool,
    /// Something can be written.
    pub writable: bool,
    /// There is urgent data.
    pub urgent: bool,
    /// The peer's side has ended, or all of it, or there is an error to fetch.
    pub over: bool,
}

impl From<EventFlags> for Readiness {
    fn from(flags: EventFlags) -> Self {
        Readiness {
            readable: flags.contains(EventFlags::IN),
            writable: flags.contains(EventFlags::OUT),
            urgent: flags.contains(EventFlags::PRI),
            over: flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR),
        }
    }
}

/// Names a registered descriptor among those of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Watched {
    /// Mostly the descriptor's number.
    pub index: u32,
    /// Tells this use of the index from earlier ones; below 2^31.
    pub generation: u32,
}

/// Called for every packet that is queued.
pub(crate) type Observer = Box<dyn Fn() + Send + Sync>;

/// Called for every edge.
pub type Watcher = fn(Watched, Readiness);

impl<T: Send + 'static> Port<T> {
    /// Makes a port that calls `watcher` for every edge of what is registered with [`watch`](Port::watch). The watcher must
    /// not panic: the reports that came with this one would be lost.
    ///
    /// # Errors
    /// As [`new`](Port::new).
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use std::sync::OnceLock;
    /// use wharf::{Options, Port, Watched};
    /// static PORT: OnceLock<Port<u32>> = OnceLock::new();
    /// let port = Port::watching(Options::default(), |name, readiness| {
    ///     if readiness.readable {
    ///         let _ = PORT.get().expect("set below").complete(7, name.index, 0);
    ///     }
    /// })?;
    /// let port = PORT.get_or_init(|| port);
    /// let (ours, mut theirs) = std::os::unix::net::UnixStream::pair()?;
    /// std::io::Write::write_all(&mut theirs, b"x")?;
    /// port.watch(&ours, Watched { index: 5, generation: 1 })?;
    /// let packet = port.get(None)?;
    /// assert_eq!((packet.key, packet.payload), (7, 5));
    /// port.unwatch(&ours);
    /// # Ok(())
    /// # }
    /// ```
    pub fn watching(options: Options, watcher: Watcher) -> io::Result<Self> {
        Self::make(options, Some(watcher))
    }

    /// Registers a descriptor for all that can happen to it. The caller stays its owner.
    ///
    /// # Errors
    /// `NotConnected` if the port is closed, or not made by [`watching`](Port::watching); `InvalidInput` for a generation
    /// of 2^31 or more; those of epoll_ctl(2).
    pub fn watch(&self, fd: impl AsFd, name: Watched) -> io::Result<()> {
        if self.shared.is_closed() {
            return Err(io::ErrorKind::NotConnected.into());
        }
        if name.generation > i32::MAX.cast_unsigned() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.shared.dispatcher.engine.watch_foreign(fd.as_fd(), name)?;
        self.shared.steward.arm(); // it may have to listen for it
        Ok(())
    }

    /// Ends a registration, before the descriptor is closed; nothing if there is none.
    pub fn unwatch(&self, fd: impl AsFd) {
        if !self.shared.is_foreign() {
            self.shared.dispatcher.engine.unwatch(fd.as_fd());
        }
    }

    /// Queues the packet of an operation, as the port's own handles do it: a worker of this port that calls comes
    /// back for it, so nobody is woken at once; else as [`post`](Port::post).
    ///
    /// # Errors
    /// The payload, if the port is closed.
    #[inline]
    pub fn complete(&self, key: usize, payload: T, bytes: usize) -> Result<(), PostError<T>> {
        let shared = &self.shared;
        if shared.is_foreign() {
            return Err(PostError(payload));
        }
        let urgency: Urgency = worker::urgency(shared.id());
        shared.queue(key, payload, bytes, urgency)
    }

    /// Has `observer` called after every packet that is queued, or after several, on the thread that queues them; the first
    /// observer stays. No lock of the port is held. What is queued before the return is not told of: ask
    /// [`has_unclaimed`](Port::has_unclaimed) then.
    pub fn observe(&self, observer: impl Fn() + Send + Sync + 'static) {
        let _ = self.shared.dispatcher.observer.set(Box::new(observer));
    }

    /// Whether packets are queued that no waiting worker is about to take.
    #[must_use]
    pub fn has_unclaimed(&self) -> bool {
        !self.shared.is_foreign() && self.shared.dispatcher.unclaimed() > 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering::SeqCst;

    use super::*;

    static EDGES: AtomicUsize = AtomicUsize::new(0);
    static PORT: std::sync::OnceLock<Port<u32>> = std::sync::OnceLock::new();

    fn watcher(name: Watched, readiness: Readiness) {
        assert_eq!(name, Watched { index: 7, generation: 0x7FFF_FFFF });
        if readiness.readable {
            EDGES.fetch_add(1, SeqCst);
            PORT.get().expect("set before").complete(3, 4, 5).expect("open");
        }
    }

    /// Goal: an edge reaches the watcher with the name it was registered under, and its packet the worker that
    /// slept; nothing comes after the end of the registration.
    #[test]
    fn an_edge_becomes_a_packet() {
        let port = PORT.get_or_init(|| Port::watching(Options::default(), watcher).unwrap());
        let (ours, theirs) = UnixStream::pair().unwrap();
        port.watch(&ours, Watched { index: 7, generation: 0x7FFF_FFFF }).unwrap();
        std::io::Write::write_all(&mut &theirs, b"x").unwrap();
        let packet = port.get(None).unwrap();
        assert_eq!((packet.key, packet.payload, packet.result.unwrap()), (3, 4, 5));
        port.unwatch(&ours);
        let seen = EDGES.load(SeqCst);
        std::io::Write::write_all(&mut &theirs, b"x").unwrap();
        assert!(port.get(Some(std::time::Duration::ZERO)).is_err());
        assert_eq!(EDGES.load(SeqCst), seen);
        assert!(
            Port::<u32>::new(1).unwrap().watch(&ours, Watched { index: 0, generation: 0 }).is_err()
        );
    }

    /// Goal: a packet that a waiting worker takes is claimed, one beyond is not, and the observer hears of both.
    #[test]
    fn what_nobody_waits_for_is_unclaimed() {
        let port = Port::<u32>::new(1).unwrap();
        let calls = std::sync::Arc::new(AtomicUsize::new(0));
        let heard = std::sync::Arc::clone(&calls);
        port.observe(move || {
            heard.fetch_add(1, SeqCst);
        });
        assert!(!port.has_unclaimed());
        port.post(1, 1, 1).unwrap();
        assert!(port.has_unclaimed() && calls.load(SeqCst) == 1);
        port.get(None).unwrap();
        assert!(!port.has_unclaimed());
        let waiting = port.clone();
        let worker = std::thread::spawn(move || waiting.get(None).unwrap().key);
        // This thread counts as the one that may run, until it waits elsewhere.
        crate::blocking(|| {
            while port.stats().waiting == 0 {
                std::thread::yield_now();
            }
            port.post(2, 2, 2).unwrap();
            port.post(3, 3, 3).unwrap();
            assert!(port.has_unclaimed());
            assert_eq!(worker.join().unwrap(), 2);
        });
        assert_eq!(calls.load(SeqCst), 3);
    }

    /// Goal: the observer hears of what completes in the engine as well, also if the worker that fetches it takes it.
    #[test]
    fn the_observer_hears_of_timers() {
        let port = Port::<u32>::new(1).unwrap();
        let calls = std::sync::Arc::new(AtomicUsize::new(0));
        let heard = std::sync::Arc::clone(&calls);
        port.observe(move || {
            heard.fetch_add(1, SeqCst);
        });
        port.start_timer(std::time::Duration::from_millis(1), 1, 1).unwrap();
        assert_eq!(port.get(None).unwrap().key, 1);
        while calls.load(SeqCst) == 0 {
            std::thread::yield_now(); // on the steward's thread, after the packet
        }
    }

    /// Goal: what cannot be watched is refused: names that would come back as others, and closed ports.
    #[test]
    fn bad_registrations_are_refused() {
        use std::io::ErrorKind::{InvalidInput, NotConnected};
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let port = Port::<u32>::watching(Options::default(), |_, _| {}).unwrap();
        let name = |generation| Watched { index: 1, generation };
        let refused = |generation| port.watch(&ours, name(generation)).unwrap_err().kind();
        assert_eq!(refused(1 << 31), InvalidInput);
        assert_eq!(refused(u32::MAX), InvalidInput);
        port.close();
        assert_eq!(refused(1), NotConnected);
    }
}
