//! The completion port.

mod get;
mod timer;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering::{AcqRel, Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Arc, OnceLock};

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use wharf_core::scheduler::Urgency;

use crate::dispatch::Dispatcher;
use crate::drain::Idle;
use crate::engine::files::{Files, OpenFile};
use crate::engine::{Epoll, Shape, Socket};
use crate::sensor::Birth;
use crate::shared::Shared;
use crate::steward;
use crate::{Concurrency, GetError, Options, PostError, Sensing, Source, Stats, Stream, Watcher};

pub use timer::TimerId;

/// An I/O completion port.
///
/// Operations on associated handles, timers and [`post`](Port::post)s end as [`Packet`](crate::Packet)s in one FIFO;
/// any thread takes them with [`get`](Port::get) and thereby becomes a worker of the port. Of the
/// workers that wait the newest is released first, and at most as many run as the concurrency value
/// says; a worker that blocks inside [`blocking`](crate::blocking) does not count.
///
/// `T` is the payload: what the program calls an operation, and gets back with its packet.
///
/// A `Port` is a handle and is cloned like an [`Arc`]. When the last one is dropped the port closes.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use wharf::{Concurrency, Port};
/// let port = Port::new(Concurrency::PerProcessor)?;
/// port.post(1, "hello", 5)?;
/// let packet = port.get(None)?;
/// assert_eq!((packet.key, packet.payload, packet.result?), (1, "hello", 5));
/// # Ok(())
/// # }
/// ```
pub struct Port<T: Send + 'static> {
    pub(crate) shared: Arc<Shared<T>>,
}

impl<T: Send + 'static> Port<T> {
    /// Makes a port. It takes three descriptors.
    ///
    /// # Errors
    /// Those of epoll_create1(2), eventfd(2) and timerfd_create(2), mostly for want of descriptors.
    pub fn new(concurrency: impl Into<Concurrency>) -> io::Result<Self> {
        Self::with_options(Options { concurrency: concurrency.into(), ..Options::default() })
    }

    /// Makes a port, with everything that can be chosen.
    ///
    /// ```
    /// use wharf::{Options, Port, Sensing};
    /// let options = Options { concurrency: 2.into(), sensing: Sensing::Told, ..Options::default() };
    /// let port = Port::<()>::with_options(options)?;
    /// assert_eq!(port.stats().concurrency, 2);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Port::new).
    pub fn with_options(options: Options) -> io::Result<Self> {
        Self::make(options, None)
    }

    pub(crate) fn make(options: Options, watcher: Option<Watcher>) -> io::Result<Self> {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let shared = Arc::new(Shared {
            id: IDS.fetch_add(1, Relaxed),
            steward: steward::of_this_process()?,
            birth: Birth::here(),
            dispatcher: Dispatcher::new(options.concurrency.value(), Epoll::new(watcher)?),
            closed: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            idle: Idle::default(),
            handles: AtomicUsize::new(1),
            sensing: options.sensing,
            looks: AtomicUsize::new(0),
            file_engine: options.file_engine,
            files: OnceLock::new(),
        });
        let watched: std::sync::Weak<Shared<T>> = Arc::downgrade(&shared);
        shared.steward.watch(watched);
        Ok(Port { shared })
    }

    /// Queues a packet of the program's own: key, payload and number come back as they are.
    ///
    /// Never waits; may be called from anywhere, also by the port's own workers.
    ///
    /// # Errors
    /// The payload, if the port is closed.
    #[inline]
    pub fn post(&self, key: usize, payload: T, number: usize) -> Result<(), PostError<T>> {
        if self.shared.is_foreign() {
            return Err(PostError(payload));
        }
        self.shared.queue(key, payload, number, Urgency::Now)
    }

    /// Associates a socket or file with the port: the end of every operation on it becomes a packet with this key.
    ///
    /// Takes a [`TcpListener`](std::net::TcpListener), [`TcpStream`](std::net::TcpStream),
    /// [`UdpSocket`](std::net::UdpSocket) or their Unix counterparts, which also own descriptors from elsewhere
    /// (`TcpStream::from(owned_fd)`); or a [`File`](std::fs::File), regular or a block device. The handle that is
    /// returned is the descriptor's owner.
    ///
    /// # Errors
    /// `AlreadyExists` if the socket or file has a port already, also by way of a duplicated descriptor (for files only
    /// where the kernel answers fcntl(F_DUPFD_QUERY) or kcmp(2));
    /// `InvalidInput` if the descriptor is not a socket or file of that kind; `NotConnected` if the port is closed;
    /// the errors of epoll_ctl(2). The socket is closed then.
    pub fn associate<S: Source>(&self, source: S, key: usize) -> io::Result<S::Handle<T>> {
        source.associate(self, key)
    }

    /// A TCP stream to be connected with [`Stream::connect`] to an address of the same family as `like`.
    ///
    /// # Errors
    /// Those of socket(2); `NotConnected` if the port is closed.
    pub fn unconnected(&self, like: SocketAddr, key: usize) -> io::Result<Stream<T>> {
        let family = if like.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let fd = socket_with(family, SocketType::STREAM, flags, None)?;
        self.enter(fd, key, Shape::Stream, false).map(Stream::new)
    }

    pub(crate) fn enter(
        &self,
        fd: std::os::fd::OwnedFd,
        key: usize,
        shape: Shape,
        watch: bool,
    ) -> io::Result<Arc<Socket<T>>> {
        if self.shared.is_closed() {
            return Err(GetError::Closed.into());
        }
        Ok(Socket::associate(&self.shared, fd, key, shape, watch)?)
    }

    pub(crate) fn enter_file(
        &self,
        fd: std::os::fd::OwnedFd,
        opened: Option<OFlags>,
        key: usize,
    ) -> io::Result<Arc<OpenFile<T>>> {
        if self.shared.is_closed() {
            return Err(GetError::Closed.into());
        }
        let file = OpenFile::associate(&self.shared, fd, opened, key)?;
        let _ = self.shared.files.set(Files::of_this_process()); // for all but the first: it is set
        Ok(file)
    }

    /// Closes the port: every waiting worker returns with [`GetError::Closed`], as will every later `get`;
    /// queued packets and pending operations are dropped with their payloads. Closing twice is nothing.
    ///
    /// To finish the work first, see [`drain`](Port::drain).
    pub fn close(&self) {
        self.shared.close();
    }

    /// Refuses accepts from now on and ends those that are pending, with `ECANCELED`.
    pub fn stop_accepting(&self) {
        if self.shared.is_foreign() {
            return;
        }
        self.shared.draining.store(true, SeqCst);
        for socket in self.shared.dispatcher.engine.sockets() {
            if socket.shape == Shape::Listener {
                socket.cancel_all(true, false, Errno::CANCELED);
            }
        }
    }

    /// Whether [`stop_accepting`](Port::stop_accepting) has been called: the program is about to end, and
    /// handlers should not start what may last.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.shared.is_draining()
    }

    /// Ends every pending operation of every handle of the port, with `ECANCELED`; answers how many it was.
    pub fn cancel_all(&self) -> usize {
        if self.shared.is_foreign() {
            return 0;
        }
        let sockets = self.shared.dispatcher.engine.sockets();
        let operations: usize =
            sockets.iter().map(|socket| socket.cancel_all(true, true, Errno::CANCELED)).sum();
        let files = self.shared.dispatcher.engine.files();
        let transfers: usize = files.iter().map(|file| file.cancel_all(Errno::CANCELED)).sum();
        operations + transfers
    }

    /// The port's numbers of this moment.
    #[must_use]
    pub fn stats(&self) -> Stats {
        if self.shared.is_foreign() {
            return Stats::default();
        }
        let sockets = self.shared.dispatcher.engine.sockets();
        let pending = sockets.iter().map(|socket| socket.pending());
        let (receiving, sending) = pending.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let files = self.shared.dispatcher.engine.files();
        let pending = files.iter().map(|file| file.pending());
        let (transferring, locking) =
            pending.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let mut stats = Stats::new(
            self.shared.dispatcher.read(),
            self.shared.dispatcher.engine.alarm.len(),
            receiving,
            sending,
        );
        (stats.transferring, stats.locking) = (transferring, locking);
        stats
    }

    /// How blocked workers are found that do not say so: what really works here. The first call in a process
    /// tries it out, which may take 14 ms.
    #[must_use]
    pub fn sensing(&self) -> Sensing {
        crate::sensor::choose(self.shared.sensing)
    }

    /// How the port learns of completions: the name of its engine, for logs.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        crate::engine::NAME
    }
}

impl<T: Send + 'static> Clone for Port<T> {
    fn clone(&self) -> Self {
        self.shared.handles.fetch_add(1, Relaxed); // this handle exists meanwhile
        Port { shared: Arc::clone(&self.shared) }
    }
}

impl<T: Send + 'static> Drop for Port<T> {
    fn drop(&mut self) {
        // AcqRel: what was done through the other handles happens before the close.
        if self.shared.handles.fetch_sub(1, AcqRel) == 1 {
            self.shared.close();
        }
    }
}

impl<T: Send + 'static> std::fmt::Debug for Port<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Port").field("id", &self.shared.id).finish_non_exhaustive()
    }
}
