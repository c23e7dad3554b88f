//! The completion port.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::Ordering::{AcqRel, Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use wharf_core::scheduler::{Next, Urgency, WorkerId};
use wharf_core::timers::TimerKey;

use crate::dispatch::{Dispatcher, Empty, Interrupt, Member};
use crate::drain::Idle;
use crate::engine::files::{Files, OpenFile};
use crate::engine::{Due, Epoll, Shape, Socket};
use crate::readiness::Observer;
use crate::sensor::Birth;
use crate::steward::{self, Look, Steward, Watched};
use crate::worker::{self, Home};
use crate::{
    Concurrency, FileEngine, GetError, Options, Packet, Sensing, Source, Stats, Stream, Watcher,
    clock,
};

/// What the handles of a port share.
pub(crate) struct Shared<T: Send + 'static> {
    /// Unique in the process, never 0.
    id: u64,
    pub(crate) dispatcher: Dispatcher<Packet<T>, Epoll<T>>,
    pub(crate) steward: &'static Steward,
    /// The process that made the port. In a child made by fork its locks may be held by threads that are not
    /// there, and its descriptors are shared with the parent: there a port refuses every call and touches nothing.
    birth: Birth,
    /// No operation is accepted any more. Stored before `close` visits the sockets, read under a socket's
    /// lock: an operation is refused, or pending early enough to be found by the visit.
    closed: AtomicBool,
    draining: AtomicBool,
    /// Workers tell a drain here that they have nothing to do.
    idle: Idle,
    /// `Port` values; the last one closes.
    handles: AtomicUsize,
    /// How blocked workers are found.
    sensing: Sensing,
    /// Looks of the steward.
    looks: AtomicUsize,
    /// Who waits for disks.
    file_engine: FileEngine,
    /// Called after each packet that is queued: see [`Port::observe`].
    pub(crate) observer: OnceLock<Observer>,
    /// The engine of files, once the port has had one: workers that are about to wait submit what was kept back.
    files: OnceLock<&'static Files>,
}

/// Looks of the steward from one at a worker that was seen blocked to the next. At each look four of them cost more than
/// the slots that came back: 50 instead of 64 k packets/s where a tenth of the handlers blocks (bench: mixed).
const LOOKS_PER_RECOUNT: usize = 8;

impl<T: Send + 'static> Shared<T> {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn idle(&self) -> &Idle {
        &self.idle
    }

    /// Whether this is a child of the process that made the port.
    #[inline]
    pub(crate) fn is_foreign(&self) -> bool {
        self.birth.is_over()
    }

    pub(crate) fn file_engine(&self) -> FileEngine {
        self.file_engine
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_foreign() || self.closed.load(Relaxed)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    /// Calls with a way to queue packets of operations, under whatever lock the call holds meanwhile. On a
    /// closed port they end here, after the call (A17, A18): nobody would ever take them.
    #[inline]
    pub(crate) fn delivering<R>(&self, call: impl FnOnce(&mut dyn FnMut(Packet<T>)) -> R) -> R {
        let urgency = worker::urgency(self.id);
        let mut refused = Vec::new();
        let mut queued = false;
        let mut needed = false;
        let result = worker::inside(|| {
            call(&mut |packet| match self.dispatcher.post(packet, urgency) {
                Ok(now_needed) => (queued, needed) = (true, now_needed),
                Err(packet) => refused.push(packet),
            })
        });
        if queued {
            self.after_post(urgency, needed);
        }
        drop(refused);
        result
    }

    /// Queues a packet that is no operation's; the payload comes back if the port is closed.
    #[inline]
    pub(crate) fn queue(
        &self,
        key: usize,
        payload: T,
        number: usize,
        urgency: Urgency,
    ) -> Result<(), PostError<T>> {
        let mut payload = Some(payload);
        let mut make = || {
            let payload = payload.take().expect("called once");
            Packet::new(key, payload, Ok(number))
        };
        match worker::inside(|| self.dispatcher.post_with(urgency, &mut make)) {
            Some(needed) => {
                self.after_post(urgency, needed);
                Ok(())
            }
            None => Err(PostError(payload.expect("nothing was made"))),
        }
    }

    /// Tells the steward of a packet that no wake-up was sent for, if it has to know, and the observer of any packet.
    #[inline]
    fn after_post(&self, urgency: Urgency, needed: bool) {
        if let Some(observer) = self.observer.get() {
            observer();
        }
        match urgency {
            Urgency::Lazy => self.steward.arm(),
            Urgency::Now if needed && self.sensing != Sensing::Told => self.steward.kick(),
            Urgency::Now => {}
        }
    }

    /// Submits what workers have issued on files and was kept back for company.
    #[inline]
    fn flush(&self) {
        if let Some(files) = self.files.get() {
            files.flush();
        }
    }

    /// Ends every timer with its packet; answers how many. Deadlines go with their operations.
    pub(crate) fn cancel_timers(&self) -> usize {
        self.delivering(|out| {
            let mut count = 0;
            for due in self.dispatcher.engine.alarm.drain() {
                if let Due::Timer(packet) = due {
                    out(Packet { result: Err(Errno::CANCELED.into()), ..packet });
                    count += 1;
                }
            }
            count
        })
    }

    /// Answers how many packets and operations were dropped.
    pub(crate) fn close(&self) -> Dropped {
        if self.is_foreign() {
            return Dropped::default();
        }
        self.closed.store(true, SeqCst);
        let Some(packets) = self.dispatcher.close() else { return Dropped::default() };
        // The operations that are still pending would never be heard of: they end now, and their payloads,
        // which may own the very handles that keep them, are dropped.
        let sockets = self.dispatcher.engine.sockets();
        let operations: usize =
            sockets.iter().map(|socket| socket.cancel_all(true, true, Errno::CANCELED)).sum();
        let files = self.dispatcher.engine.files();
        let transfers: usize = files.iter().map(|file| file.cancel_all(Errno::CANCELED)).sum();
        let operations = operations + transfers;
        let due = self.dispatcher.engine.alarm.drain();
        let timers = due.iter().filter(|due| matches!(due, Due::Timer(_))).count();
        drop(due);
        // The steward may be listening to the engine, and keep it.
        self.steward.arm();
        Dropped { packets, operations: operations + timers }
    }
}

/// What ended with a port.
#[derive(Clone, Copy, Default)]
pub(crate) struct Dropped {
    /// Packets that were queued.
    pub(crate) packets: usize,
    /// Operations and timers that were pending.
    pub(crate) operations: usize,
}

impl<T: Send + 'static> Home for Shared<T> {
    fn leave(&self, member: &Member) {
        if !self.is_foreign() {
            self.dispatcher.leave(member);
            if self.is_draining() {
                self.idle.notify();
            }
        }
    }

    fn blocked(&self, worker: WorkerId) -> bool {
        !self.is_foreign() && self.dispatcher.blocked(worker)
    }

    fn unblocked(&self, worker: WorkerId) {
        if !self.is_foreign() {
            self.dispatcher.unblocked(worker);
        }
    }
}

impl<T: Send + 'static> Watched for Shared<T> {
    fn look(&self, event: bool) -> Look {
        let tick = self.dispatcher.tick();
        // Workers that take packets come to the engine by themselves, and are better at it: what they harvest
        // they have in their cache. An event beside somebody who waits may be one that a blocked one holds up.
        if tick.unpolled && (tick.still || (event && self.dispatcher.has_waiters())) {
            self.dispatcher.harvest(Urgency::Now);
        }
        let needed = self.is_needed();
        let released = needed && self.dispatcher.sense(self.sensing);
        let turn = self.looks.fetch_add(1, Relaxed);
        if !tick.still
            && self.sensing != Sensing::Told
            && (!needed || turn.is_multiple_of(LOOKS_PER_RECOUNT))
        {
            self.dispatcher.recount(self.sensing);
        }
        Look { in_use: !tick.still || tick.moved || needed, moved: tick.moved, released, needed }
    }

    fn is_needed(&self) -> bool {
        self.sensing != Sensing::Told && self.dispatcher.is_needed()
    }

    fn is_unpolled(&self) -> bool {
        self.dispatcher.is_unpolled()
    }

    fn has_waiters(&self) -> bool {
        self.dispatcher.has_waiters()
    }

    fn set_heard(&self, heard: bool) {
        self.dispatcher.set_heard(heard);
    }

    fn engine(&self) -> BorrowedFd<'_> {
        self.dispatcher.engine.as_fd()
    }
}

/// An I/O completion port.
///
/// Operations on associated handles, timers and [`post`](Port::post)s end as [`Packet`]s in one FIFO;
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
            observer: OnceLock::new(),
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

    /// Takes the next packet; waits for it up to `timeout`, without end for `None`.
    ///
    /// The calling thread becomes a worker of this port, and leaves the port that it worked for. It counts
    /// against the concurrency value from the return until its next `get`, also if that returned for
    /// time (contract B11).
    ///
    /// # Errors
    /// [`GetError::TimedOut`], never before `timeout` has passed; [`GetError::Closed`].
    #[inline]
    pub fn get(&self, timeout: Option<Duration>) -> Result<Packet<T>, GetError> {
        self.get_unless(timeout, None)
    }

    #[inline]
    pub(crate) fn get_unless(
        &self,
        timeout: Option<Duration>,
        interrupt: Option<&dyn Interrupt>,
    ) -> Result<Packet<T>, GetError> {
        let shared = &self.shared;
        if shared.is_foreign() {
            return Err(GetError::Closed);
        }
        let entered = worker::enter(shared.id, shared, |view| shared.dispatcher.join(view));
        let Some((worker, look)) = entered else { return self.get_at_exit(timeout) };
        if look {
            shared.flush();
            shared.dispatcher.harvest(Urgency::Lazy);
        }
        let got = match shared.dispatcher.try_get(worker) {
            Next::Packet(packet) => Ok(packet),
            waiting => self.wait(&worker::member(), timeout, waiting, interrupt),
        };
        worker::exit();
        shared.steward.arm();
        got
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn wait(
        &self,
        member: &Member,
        timeout: Option<Duration>,
        waiting: Next<Packet<T>>,
        interrupt: Option<&dyn Interrupt>,
    ) -> Result<Packet<T>, GetError> {
        let shared = &self.shared;
        if shared.is_draining() {
            shared.idle.notify();
        }
        shared.flush();
        let senses = shared.sensing != Sensing::Told;
        let deadline = clock::deadline(timeout);
        let got = shared.dispatcher.wait(
            member,
            deadline,
            waiting,
            senses,
            || shared.steward.kick(),
            interrupt,
        );
        got.map_err(|empty| match empty {
            Empty::TimedOut => GetError::TimedOut,
            Empty::Closed => {
                worker::forget(shared.id);
                GetError::Closed
            }
        })
    }

    /// In the destructors of a thread's variables, after the record of its association has gone: a worker
    /// for this one packet.
    #[cold]
    fn get_at_exit(&self, timeout: Option<Duration>) -> Result<Packet<T>, GetError> {
        let member = self.shared.dispatcher.join(Arc::default());
        let got = match self.shared.dispatcher.try_get(member.id) {
            Next::Packet(packet) => Ok(packet),
            waiting => self.wait(&member, timeout, waiting, None),
        };
        self.shared.dispatcher.leave(&member);
        got
    }

    /// Takes the next packet and what else is queued, up to `limit` packets; waits for the first only.
    ///
    /// The whole batch counts as one running worker (contract B14).
    ///
    /// # Errors
    /// As [`get`](Port::get). A `limit` of 0 is a [`GetError::TimedOut`] at once.
    pub fn get_many(
        &self,
        limit: usize,
        timeout: Option<Duration>,
    ) -> Result<Vec<Packet<T>>, GetError> {
        if limit == 0 {
            return Err(GetError::TimedOut);
        }
        let mut packets = vec![self.get(timeout)?];
        self.shared.dispatcher.take_more(limit - 1, &mut packets);
        Ok(packets)
    }

    /// Takes what else is queued, up to `limit` packets, after a [`get`](Port::get) that has brought one; never waits.
    pub fn take_more(&self, limit: usize, packets: &mut Vec<Packet<T>>) {
        if !self.shared.is_foreign() {
            self.shared.dispatcher.take_more(limit, packets);
        }
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

    /// Starts a timer: after `after`, a packet with this key and payload is queued, with the number 0.
    ///
    /// # Errors
    /// The payload, if the port is closed.
    pub fn start_timer(
        &self,
        after: Duration,
        key: usize,
        payload: T,
    ) -> Result<TimerId, PostError<T>> {
        if self.shared.is_closed() {
            return Err(PostError(payload));
        }
        let packet = Packet::new(key, payload, Ok(0));
        let timer = TimerId(
            self.shared
                .dispatcher
                .engine
                .alarm
                .set(clock::deadline(Some(after)), Due::Timer(packet)),
        );
        if self.shared.is_closed() {
            // Closed meanwhile: either its visit has taken the timer, or this does.
            if let Some(Due::Timer(packet)) = self.shared.dispatcher.engine.alarm.clear(timer.0) {
                return Err(PostError(packet.payload));
            }
        }
        Ok(timer)
    }

    /// Ends a timer before its time: its packet is queued now, with the error `ECANCELED`. False if the
    /// timer's packet has been queued already.
    pub fn cancel_timer(&self, timer: TimerId) -> bool {
        if self.shared.is_foreign() {
            return false;
        }
        match self.shared.dispatcher.engine.alarm.clear(timer.0) {
            Some(Due::Timer(packet)) => {
                let cancelled = Err(Errno::CANCELED.into());
                self.shared.delivering(|out| out(Packet { result: cancelled, ..packet }));
                true
            }
            _ => false,
        }
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

/// Names a timer of a port: [`Port::start_timer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerId(TimerKey);

/// A post or a timer that a closed port refused; the payload is in it.
pub struct PostError<T>(pub T);

impl<T> std::fmt::Debug for PostError<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostError(..)")
    }
}

impl<T> std::fmt::Display for PostError<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the port is closed")
    }
}

impl<T> std::error::Error for PostError<T> {}

impl<T> From<PostError<T>> for io::Error {
    fn from(_: PostError<T>) -> Self {
        GetError::Closed.into()
    }
}
