//! Threads that a test directs, and waits that end.
//!
//! Nothing in here lets time pass in order to see something happen: a test waits for events. Every wait has
//! the one limit [`LIMIT`] and then fails with the words that it was given. Only for what must *not* happen
//! there is [`stays`], which watches for [`WATCH`].

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use wharf::{GetError, Options, Packet, Port, Sensing};

use crate::process::{field, is_in_state};

/// No step of a test takes longer.
pub const LIMIT: Duration = Duration::from_secs(10);

/// How long [`stays`] looks: the steward has looked at every port some 50 times by then.
pub const WATCH: Duration = Duration::from_millis(50);

/// Waits until something holds.
///
/// # Panics
/// If it does not within [`LIMIT`].
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < end, "not within {LIMIT:?}: {what}");
        thread::yield_now();
    }
}

/// Watches that something holds and goes on holding.
///
/// # Panics
/// If it does not for [`WATCH`].
#[track_caller]
pub fn stays(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + WATCH;
    while Instant::now() < end {
        assert!(holds(), "no longer so: {what}");
        thread::yield_now();
    }
}

/// What a thread has been told to do, and will answer.
#[derive(Debug)]
#[must_use]
pub struct Outcome<R> {
    what: String,
    answer: Receiver<R>,
}

impl<R> Outcome<R> {
    /// The answer.
    ///
    /// # Panics
    /// If there is none within [`LIMIT`], or the thread has panicked.
    #[track_caller]
    pub fn wait(self) -> R {
        match self.answer.recv_timeout(LIMIT) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => panic!("not within {LIMIT:?}: {}", self.what),
            Err(RecvTimeoutError::Disconnected) => panic!("{} has panicked", self.what),
        }
    }

    /// The answer, if it is there.
    ///
    /// # Panics
    /// If the thread has panicked.
    #[track_caller]
    pub fn try_wait(&self) -> Option<R> {
        match self.answer.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => panic!("{} has panicked", self.what),
        }
    }
}

/// Starts a thread of its own for something.
///
/// # Panics
/// If there is no thread to be had.
pub fn start<R: Send + 'static>(
    what: &str,
    job: impl FnOnce() -> R + Send + 'static,
) -> Outcome<R> {
    let (sender, answer) = channel();
    let named = thread::Builder::new().name(what.into()).stack_size(512 << 10);
    named.spawn(move || drop(sender.send(job()))).expect("a thread");
    Outcome { what: what.into(), answer }
}

/// Runs a handler on a port; the answer is the number of its panics.
///
/// # Panics
/// If there is no thread to be had.
pub fn run<T: Send>(
    port: &Port<T>,
    workers: usize,
    handler: impl Fn(Packet<T>) -> io::Result<()> + Send + Sync + 'static,
) -> Outcome<usize> {
    let port = port.clone();
    start("run", move || port.run(workers, handler))
}

/// A port that knows only by their own word that workers block: those of the tests idle between calls, which a port that
/// senses sees.
///
/// # Panics
/// If the system has none.
#[must_use]
pub fn told_port(concurrency: u32) -> Port<u32> {
    let concurrency = concurrency.into();
    let options = Options { concurrency, sensing: Sensing::Told, ..Options::default() };
    Port::with_options(options).expect("a port")
}

type Job = Box<dyn FnOnce() + Send>;

/// A thread that does one thing after the other as the test tells it, and is the same worker in all of
/// them.
///
/// Between two things it spins: also for a port that looks at its threads it *runs*, until told otherwise.
#[derive(Debug)]
pub struct Worker {
    name: String,
    jobs: Sender<Job>,
    /// Its directory in procfs.
    task: PathBuf,
}

impl Worker {
    /// Starts the thread.
    ///
    /// # Panics
    /// If there is no thread to be had, or no procfs.
    #[must_use]
    pub fn new(name: &str) -> Worker {
        let (jobs, told) = channel::<Job>();
        let (here, task) = channel();
        let work = move || {
            // "1234/task/1235"
            let id = fs::read_link("/proc/thread-self").expect("procfs");
            here.send(PathBuf::from("/proc").join(id)).expect("the test waits for it");
            let Ok(first) = told.recv() else { return };
            first();
            loop {
                match told.try_recv() {
                    Ok(job) => job(),
                    Err(TryRecvError::Empty) => thread::yield_now(),
                    Err(TryRecvError::Disconnected) => break,
                }
            }
        };
        thread::Builder::new().name(name.into()).spawn(work).expect("a thread");
        let task = task.recv().expect("it says so first of all");
        Worker { name: name.into(), jobs, task }
    }

    /// Several, called after letters.
    #[must_use]
    pub fn several<const N: usize>() -> [Worker; N] {
        let letters: Vec<_> = ('A'..='Z').map(String::from).collect();
        std::array::from_fn(|index| Worker::new(&letters[index]))
    }

    /// Tells it to do something.
    ///
    /// # Panics
    /// If the thread is no more.
    pub fn start<R: Send + 'static>(&self, job: impl FnOnce() -> R + Send + 'static) -> Outcome<R> {
        let (sender, answer) = channel();
        let job = move || drop(sender.send(job()));
        self.jobs.send(Box::new(job)).expect("a thread that lives");
        Outcome { what: self.name.clone(), answer }
    }

    /// Has it do something.
    ///
    /// # Panics
    /// As [`Outcome::wait`].
    #[track_caller]
    pub fn call<R: Send + 'static>(&self, job: impl FnOnce() -> R + Send + 'static) -> R {
        self.start(job).wait()
    }

    /// Has it wait for a packet, and returns when the kernel has put it to sleep.
    ///
    /// # Panics
    /// If that does not happen within [`LIMIT`].
    #[track_caller]
    pub fn wait_on<T: Send + 'static>(&self, port: &Port<T>) -> Outcome<Result<T, GetError>> {
        self.wait_for(None, port)
    }

    /// The same with a time-out.
    ///
    /// # Panics
    /// If that does not happen within [`LIMIT`].
    #[track_caller]
    pub fn wait_for<T: Send + 'static>(
        &self,
        timeout: Option<Duration>,
        port: &Port<T>,
    ) -> Outcome<Result<T, GetError>> {
        let before = port.stats().waiting;
        let shared = port.clone();
        let got = self.start(move || shared.get(timeout).map(|packet| packet.payload));
        until(&format!("{} waits", self.name), || port.stats().waiting > before);
        self.asleep();
        got
    }

    /// Has it take a packet that is there.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn take<T: Send + 'static>(&self, port: &Port<T>) -> T {
        self.poll(port).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// Has it look for a packet, without waiting.
    ///
    /// # Panics
    /// As [`Outcome::wait`].
    #[track_caller]
    pub fn poll<T: Send + 'static>(&self, port: &Port<T>) -> Result<T, GetError> {
        let port = port.clone();
        self.call(move || port.get(Some(Duration::ZERO)).map(|packet| packet.payload))
    }

    /// Has it block where the library is told of it, and returns when it does.
    ///
    /// # Panics
    /// If that does not happen within [`LIMIT`].
    #[track_caller]
    pub fn block(&self) -> Blocked {
        let (gate, opened) = channel::<()>();
        let (inside, begun) = channel();
        let job = move || {
            wharf::blocking(|| {
                inside.send(()).expect("the test waits for it");
                let _ = opened.recv(); // an answer, or the test is over
            });
        };
        let over = self.start(job);
        begun.recv_timeout(LIMIT).expect("blocking calls its closure");
        Blocked { gate, over }
    }

    /// Waits until the kernel has put the thread to sleep.
    ///
    /// # Panics
    /// If that does not happen within [`LIMIT`].
    #[track_caller]
    pub fn asleep(&self) {
        until(&format!("{} sleeps", self.name), || {
            let stat = fs::read_to_string(self.task.join("stat")).expect("a thread that lives");
            is_in_state(&stat, 'S')
        });
    }

    /// How often it has gone to sleep so far.
    ///
    /// # Panics
    /// If the thread is no more.
    #[must_use]
    pub fn sleeps(&self) -> u64 {
        let status = fs::read_to_string(self.task.join("status")).expect("a thread that lives");
        field(&status, "voluntary_ctxt_switches:").expect("a field of every thread")
    }

    /// Lets it end, and waits until the kernel knows it no more.
    ///
    /// # Panics
    /// If that does not happen within [`LIMIT`].
    #[track_caller]
    pub fn end(self) {
        let Worker { name, jobs, task } = self;
        drop(jobs);
        until(&format!("{name} ends"), || !task.exists());
    }
}

/// A thread that blocks, until told otherwise.
#[derive(Debug)]
#[must_use]
pub struct Blocked {
    gate: Sender<()>,
    over: Outcome<()>,
}

impl Blocked {
    /// Lets it go on, and waits until it does.
    ///
    /// # Panics
    /// As [`Outcome::wait`].
    #[track_caller]
    pub fn release(self) {
        drop(self.gate);
        self.over.wait();
    }
}
