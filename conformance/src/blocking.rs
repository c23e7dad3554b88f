//! Workers that really run and really block, and the ways in which a port learns of it.
//!
//! A [`Hand`] is a thread that does what the test orders, and *runs* between orders: it yields its processor
//! in a loop, touches no lock that anybody else may hold, and never sleeps but where it was told to. So what
//! a port sees of it is what the test says, and nothing else. A [`Gate`] is a place to block at, until opened.
//!
//! Tests wait for answers and for a port's numbers with [`eventually`], bounded by [`PATIENCE`]; that
//! something does not happen is watched for [`SHORT`].

use std::fmt;
use std::fs;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use wharf::{GetError, Options, Port, Sensing, Stats};

/// How long a test waits for what must happen: only a failure takes it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How long a test watches that something does not happen.
pub const SHORT: Duration = Duration::from_millis(50);

/// A port whose packets are numbers.
pub type Numbers = Port<u64>;

/// A way in which a port learns that a worker blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(Sensing);

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Source {
    /// By the worker's own word, in [`wharf::blocking`].
    pub const TOLD: Source = Source(Sensing::Told);

    /// Every source that works here; one that does not is named on stderr (also by a captured test).
    pub fn all() -> Vec<Source> {
        let wanted = [Sensing::Told, Sensing::Syscall, Sensing::Stat, Sensing::Perf];
        let works = |sensing: &Sensing| {
            let source = Source(*sensing);
            let instead = source.port(1).sensing();
            if instead != *sensing {
                skipped(&format!("{source}: this system offers {instead} instead"));
            }
            instead == *sensing
        };
        wanted.into_iter().filter(works).map(Source).collect()
    }

    /// The sources that look at a worker.
    pub fn sensed() -> Vec<Source> {
        Source::all().into_iter().filter(|source| source.is_sensed()).collect()
    }

    /// The source that [`fmt::Display`] calls so.
    pub fn named(name: &str) -> Source {
        Source(name.parse().expect("the name of a source"))
    }

    /// The option of [`wharf::Options`] that forces it.
    pub fn sensing(self) -> Sensing {
        self.0
    }

    /// Whether the port finds out by itself.
    pub fn is_sensed(self) -> bool {
        self.0 != Sensing::Told
    }

    /// A port that has nothing but this source.
    pub fn port(self, concurrency: u32) -> Numbers {
        let options =
            Options { concurrency: concurrency.into(), sensing: self.0, ..Options::default() };
        Port::with_options(options).expect("a port")
    }

    /// Makes a blocking call in the way of this source: announced, or just so.
    pub fn block<R>(self, call: impl FnOnce() -> R) -> R {
        if self.is_sensed() { call() } else { wharf::blocking(call) }
    }

    /// The releases that go to this source's account.
    pub fn released(self, stats: &Stats) -> u64 {
        if self.is_sensed() { stats.released_sensed } else { stats.released_told }
    }
}

/// Lets the tests of a process run one by one: the ports of one would keep the process's steward awake for
/// another, and so hide that nobody calls it.
pub fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says on stderr, past the capture of the test harness, what a test could not do here.
pub fn skipped(what: &str) {
    // The harness captures the print macros only.
    let _ = writeln!(io::stderr(), "skipped: {what}");
}

/// Waits until `holds`; `what` and the last state are the message of its failure.
#[track_caller]
pub fn eventually<S: fmt::Debug>(what: &str, state: impl Fn() -> S, holds: impl Fn(&S) -> bool) {
    let end = Instant::now() + PATIENCE;
    loop {
        let now = state();
        if holds(&now) {
            return;
        }
        assert!(Instant::now() < end, "not in {PATIENCE:?}: {what}; at last {now:?}");
        thread::sleep(Duration::from_micros(200));
    }
}

/// Waits until a port's numbers are such.
#[track_caller]
pub fn reaches(port: &Numbers, what: &str, holds: impl Fn(&Stats) -> bool) {
    eventually(what, || port.stats(), holds);
}

/// How often a thread has gone to sleep so far, by its directory in /proc; `None` if it has ended.
pub fn sleeps(thread: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("{thread}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Computes for so long.
pub fn compute(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// The associated workers of a port.
pub fn workers(stats: &Stats) -> usize {
    stats.running as usize + stats.blocked as usize + stats.waiting
}

struct Slot<R> {
    /// Set after `value`, which nobody but the hand touches before.
    done: AtomicBool,
    value: Mutex<Option<R>>,
}

/// What an order will come to.
#[must_use]
pub struct Answer<R> {
    what: String,
    slot: Arc<Slot<R>>,
}

impl<R> Answer<R> {
    /// Whether the hand is still at it.
    pub fn is_pending(&self) -> bool {
        !self.slot.done.load(Acquire)
    }

    /// The result.
    #[track_caller]
    pub fn wait(self) -> R {
        eventually(&self.what, || self.is_pending(), |pending| !pending);
        let mut value = self.slot.value.lock().unwrap_or_else(PoisonError::into_inner);
        value.take().expect("stored before it was announced")
    }

    /// Checks that the hand stays at it for a short while.
    #[track_caller]
    pub fn stays_pending(&self) {
        let end = Instant::now() + SHORT;
        while Instant::now() < end {
            assert!(self.is_pending(), "this should not have ended: {}", self.what);
            thread::sleep(Duration::from_millis(1));
        }
    }
}

type Order = Box<dyn FnOnce() + Send>;

/// A thread that runs, and does what it is told.
pub struct Hand {
    name: &'static str,
    /// Taken away when the hand is dropped, which ends the thread.
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Hand {
    /// Starts the thread.
    pub fn new(name: &'static str) -> Hand {
        let (orders, received) = channel();
        let thread = thread::Builder::new().name(name.into()).spawn(move || obey(&received));
        Hand { name, orders: Some(orders), thread: Some(thread.expect("a thread")) }
    }

    /// Gives an order.
    pub fn tell<R: Send + 'static>(
        &self,
        what: &str,
        order: impl FnOnce() -> R + Send + 'static,
    ) -> Answer<R> {
        let slot = Arc::new(Slot { done: AtomicBool::new(false), value: Mutex::new(None) });
        let result = Arc::clone(&slot);
        let order = Box::new(move || {
            let value = order();
            *result.value.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            result.done.store(true, Release);
        });
        let sent = self.orders.as_ref().expect("taken on drop only").send(order);
        assert!(sent.is_ok(), "{} has panicked", self.name);
        Answer { what: format!("{}: {what}", self.name), slot }
    }

    /// Orders it to take a packet; answers with the packet's payload.
    pub fn get(&self, port: &Numbers) -> Answer<Result<u64, GetError>> {
        self.get_for(port, None)
    }

    /// The same, with a time limit.
    pub fn get_for(
        &self,
        port: &Numbers,
        timeout: Option<Duration>,
    ) -> Answer<Result<u64, GetError>> {
        let port = port.clone();
        self.tell("get", move || port.get(timeout).map(|packet| packet.payload))
    }

    /// Makes it a worker that runs with a packet.
    #[track_caller]
    pub fn takes(&self, port: &Numbers, payload: u64) {
        port.post(0, payload, 0).expect("an open port");
        assert_eq!(self.get(port).wait(), Ok(payload));
    }

    /// Orders it to take a packet, and waits until it waits.
    #[track_caller]
    pub fn waits(&self, port: &Numbers) -> Answer<Result<u64, GetError>> {
        let before = port.stats().waiting;
        let answer = self.get(port);
        reaches(port, &format!("{} waits", self.name), |stats| stats.waiting > before);
        answer
    }

    /// Orders it to block at a gate.
    pub fn blocks(&self, source: Source, gate: &Gate) -> Answer<()> {
        let gate = gate.clone();
        self.tell("pass the gate", move || source.block(|| gate.pass()))
    }

    /// Lets the thread return from its start routine, with whatever it holds, and waits for its end.
    pub fn exits(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.orders = None;
        let Some(thread) = self.thread.take() else { return };
        let what = format!("{} ends", self.name);
        eventually(&what, || thread.is_finished(), |finished| *finished);
        assert!(thread.join().is_ok(), "{} has panicked", self.name);
    }
}

impl Drop for Hand {
    /// After a failure a hand may be stuck in what the test no longer ends, so it is left alone then.
    fn drop(&mut self) {
        if !thread::panicking() {
            self.end();
        }
    }
}

fn obey(orders: &Receiver<Order>) {
    loop {
        match orders.try_recv() {
            Ok(order) => order(),
            Err(TryRecvError::Empty) => thread::yield_now(),
            Err(TryRecvError::Disconnected) => return,
        }
    }
}

/// A pipe to block at: reading from it waits until the gate is opened, for good.
#[derive(Clone)]
pub struct Gate {
    reader: Arc<PipeReader>,
    writer: Arc<Mutex<Option<PipeWriter>>>,
}

impl Gate {
    /// A closed one.
    pub fn new() -> Gate {
        let (reader, writer) = io::pipe().expect("a pipe");
        Gate { reader: Arc::new(reader), writer: Arc::new(Mutex::new(Some(writer))) }
    }

    /// Blocks until it is open.
    pub fn pass(&self) {
        let read = (&*self.reader).read(&mut [0]);
        assert!(matches!(read, Ok(0)), "only the end of the stream opens a gate: {read:?}");
    }

    /// Opens it.
    pub fn open(&self) {
        *self.writer.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Gate::new()
    }
}

/// Threads that compute beside a test, one more than there are processors, until dropped: with them,
/// whoever runs is pre-empted.
pub struct Crowd {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Crowd {
    /// Starts them.
    pub fn new() -> Crowd {
        let over = Arc::new(AtomicBool::new(false));
        let size = thread::available_parallelism().map_or(1, usize::from) + 1;
        let spin = |over: Arc<AtomicBool>| {
            thread::spawn(move || {
                while !over.load(Relaxed) {
                    std::hint::spin_loop();
                }
            })
        };
        let threads = (0..size).map(|_| spin(Arc::clone(&over))).collect();
        Crowd { over, threads }
    }
}

impl Default for Crowd {
    fn default() -> Self {
        Crowd::new()
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
