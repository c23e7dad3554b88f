//! A pool of workers that grows when handlers block and shrinks when they have nothing to do.
//!
//! Method: `Port::run` on a thread of the test, handlers that block at a gate or compute, and the port's own
//! numbers: the workers it has are those that run, are blocked or wait.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use wharf::{Packet, Workers};
use wharf_conformance::blocking::{
    Gate, Numbers, SHORT, Source, alone, compute, eventually, reaches, skipped, workers,
};

/// What a handler is asked to do.
const BLOCK: u64 = 0;
const COMPUTE: u64 = 1;
const PANIC: u64 = 2;
const NOTHING: u64 = 3;
/// At the second gate.
const BLOCK_AGAIN: u64 = 4;

/// Longer than any release of a blocked worker takes, however busy the machine.
const WORK: Duration = Duration::from_millis(100);

/// A port with a pool at work on it.
struct Pool {
    port: Numbers,
    gate: Gate,
    second_gate: Gate,
    handled: Arc<AtomicUsize>,
    run: thread::JoinHandle<usize>,
}

impl Pool {
    fn new(source: Source, concurrency: u32, workers: Workers) -> Pool {
        let (port, gate, second_gate) = (source.port(concurrency), Gate::new(), Gate::new());
        let handled = Arc::new(AtomicUsize::new(0));
        let (own, count) = (port.clone(), Arc::clone(&handled));
        let (door, second_door) = (gate.clone(), second_gate.clone());
        let handle = move |packet: Packet<u64>| -> io::Result<()> {
            match packet.payload {
                BLOCK => source.block(|| door.pass()),
                BLOCK_AGAIN => source.block(|| second_door.pass()),
                COMPUTE => compute(WORK),
                PANIC => std::panic::resume_unwind(Box::new("as ordered, and without a message")),
                _ => {}
            }
            count.fetch_add(1, Relaxed);
            Ok(())
        };
        let run = thread::spawn(move || own.run(workers, handle));
        Pool { port, gate, second_gate, handled, run }
    }

    fn post(&self, orders: u64, how_many: usize) {
        (0..how_many).for_each(|_| self.port.post(0, orders, 0).expect("an open port"));
    }

    fn size(&self) -> usize {
        workers(&self.port.stats())
    }

    #[track_caller]
    fn grows_to(&self, size: usize) {
        eventually(&format!("{size} workers"), || self.port.stats(), |s| workers(s) == size);
    }

    /// Checks for a short while that the pool has no more than so many workers.
    #[track_caller]
    fn stays_within(&self, size: usize) {
        let end = Instant::now() + SHORT;
        while Instant::now() < end {
            let stats = self.port.stats();
            assert!(workers(&stats) <= size, "more than {size} workers: {stats:?}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[track_caller]
    fn has_handled(&self, packets: usize) {
        eventually("all is handled", || self.handled.load(Relaxed), |count| *count == packets);
    }

    /// Closes the port and answers how many handlers have panicked.
    #[track_caller]
    fn end(self) -> usize {
        self.gate.open();
        self.second_gate.open();
        self.port.close();
        eventually("run returns", || self.run.is_finished(), |finished| *finished);
        self.run.join().expect("no panic outside of handlers")
    }
}

/// Handlers block and packets wait: another worker is started for each, up to the maximum and not beyond; when
/// they come back, all is handled.
#[test]
fn grows_while_handlers_block_up_to_the_maximum() {
    let _alone = alone();
    for source in Source::all() {
        let pool = Pool::new(source, 1, Workers::elastic(1, 4));
        pool.grows_to(1);
        for size in 1..=4 {
            pool.post(BLOCK, 1);
            reaches(&pool.port, &format!("{source}: worker {size} has a packet"), |stats| {
                stats.taken == size
            });
        }
        assert_eq!(pool.size(), 4, "{source}");
        pool.post(NOTHING, 10);
        pool.stays_within(4);
        assert_eq!(pool.port.stats().queued, 10, "{source}: everybody is blocked");
        pool.gate.open();
        pool.has_handled(14);
        assert_eq!((pool.size(), pool.end()), (4, 0), "{source}");
    }
}

/// A burst onto blocked workers grows the pool by as many as it takes, not by one.
#[test]
fn grows_by_as_many_as_it_takes() {
    let _alone = alone();
    for source in Source::all() {
        let pool = Pool::new(source, 2, Workers::elastic(1, 16));
        pool.grows_to(1);
        pool.post(BLOCK, 10);
        reaches(&pool.port, &format!("{source}: all ten are taken"), |stats| stats.taken == 10);
        assert!(pool.size() >= 10, "{source}");
        pool.stays_within(12);
        assert_eq!(pool.end(), 0, "{source}");
    }
}

/// The concurrency value is what a pool grows to while its handlers compute: packets that wait behind busy
/// slots are no reason.
#[test]
fn does_not_grow_while_handlers_compute() {
    let _alone = alone();
    for source in Source::all() {
        let pool = Pool::new(source, 2, Workers::elastic(1, 16));
        pool.grows_to(1);
        pool.post(COMPUTE, 4);
        reaches(&pool.port, "two run", |stats| stats.running == 2);
        while pool.port.stats().taken < 4 {
            assert!(pool.size() <= 2, "{source}: {:?}", pool.port.stats());
            thread::sleep(Duration::from_millis(1));
        }
        pool.has_handled(4);
        let stats = pool.port.stats();
        assert_eq!((stats.released_told, stats.released_sensed), (0, 0), "{source}");
        assert_eq!((pool.size(), pool.end()), (2, 0), "{source}");
    }
}

/// A fixed number of workers stays what it is.
#[test]
fn a_fixed_pool_does_not_grow() {
    let _alone = alone();
    for source in Source::all() {
        let pool = Pool::new(source, 1, Workers::from(2));
        pool.post(BLOCK, 3);
        reaches(&pool.port, &format!("{source}: both are blocked"), |stats| stats.taken == 2);
        pool.stays_within(2);
        assert_eq!(pool.port.stats().queued, 1, "{source}");
        pool.gate.open();
        pool.has_handled(3);
        assert_eq!((pool.size(), pool.end()), (2, 0), "{source}");
    }
}

/// Workers above the minimum end when they have had nothing to do for five seconds; the pool grows again when it
/// has to. All sources at once: the time is the same for all.
#[test]
fn retires_idle_workers_and_grows_again() {
    let _alone = alone();
    let pools: Vec<(Source, Pool)> = Source::all()
        .into_iter()
        .map(|source| (source, Pool::new(source, 1, Workers::elastic(2, 6))))
        .collect();
    for (source, pool) in &pools {
        // Both first workers are there: for one that came late, another would be started.
        reaches(&pool.port, &format!("{source}: two wait"), |stats| stats.waiting == 2);
        pool.post(BLOCK, 5);
        reaches(&pool.port, &format!("{source}: five are blocked"), |stats| stats.taken == 5);
        pool.gate.open();
        pool.has_handled(5);
        assert_eq!(pool.size(), 5, "{source}");
    }
    let start = Instant::now();
    for (_, pool) in &pools {
        pool.grows_to(2);
        pool.stays_within(2);
    }
    let took = start.elapsed();
    assert!(took > Duration::from_secs(4), "five seconds of idleness, not {took:?}");
    for (source, pool) in pools {
        assert_eq!(pool.size(), 2, "{source}: not below the minimum");
        pool.post(BLOCK_AGAIN, 6);
        reaches(&pool.port, &format!("{source}: six are blocked"), |stats| stats.taken == 11);
        assert_eq!(pool.size(), 6, "{source}");
        assert_eq!(pool.end(), 0, "{source}");
    }
}

/// A panic ends a packet and neither the worker nor the pool, and is counted.
#[test]
fn panics_are_counted() {
    let _alone = alone();
    for source in Source::all() {
        let pool = Pool::new(source, 1, Workers::elastic(1, 3));
        pool.post(PANIC, 5);
        pool.post(BLOCK, 2);
        reaches(&pool.port, "two are blocked", |stats| stats.taken == 7);
        pool.post(PANIC, 2);
        pool.post(NOTHING, 1);
        pool.has_handled(1);
        pool.gate.open();
        pool.has_handled(3);
        assert_eq!(pool.end(), 7, "{source}");
    }
}

/// A drain waits for handlers that are blocked and for what is queued behind them, for which the pool still grows.
#[test]
fn drains() {
    let _alone = alone();
    for source in Source::all() {
        let pool = Pool::new(source, 1, Workers::elastic(1, 4));
        pool.post(BLOCK, 3);
        pool.post(NOTHING, 20);
        let (port, gate) = (pool.port.clone(), pool.gate.clone());
        let drain = thread::spawn(move || port.drain(Duration::from_secs(20)));
        reaches(&pool.port, "all is taken", |stats| stats.taken == 23);
        assert!(!drain.is_finished(), "{source}: three are blocked");
        gate.open();
        eventually("the drain ends", || drain.is_finished(), |finished| *finished);
        let drained = drain.join().expect("no panic");
        assert_eq!((drained.left, drained.cancelled), (0, 0), "{source}");
        assert_eq!(pool.handled.load(Relaxed), 23, "{source}");
        assert_eq!(pool.end(), 0, "{source}");
    }
}

/// No thread is to be had for another worker: those that are there work on, and the pool grows when it can. In a
/// process of its own, whose memory is limited so that no stack has room.
#[test]
fn goes_on_without_threads() {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args(["--exact", "without_threads", "--ignored", "--nocapture", "--test-threads=1"]);
    let output = command.output().expect("a process");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    said.lines().filter_map(|line| line.strip_prefix("skipped: ")).for_each(skipped);
}

/// The size of this process, in bytes.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("proc");
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).expect("a size");
    size.trim().trim_end_matches(" kB").parse::<u64>().expect("a number of kB") << 10
}

#[test]
#[ignore = "run by goes_on_without_threads"]
fn without_threads() {
    const SLACK: u64 = 1 << 20;
    if memory() > 1 << 40 {
        return skipped("memory can't be limited under the address sanitizer");
    }
    let pool = Pool::new(Source::TOLD, 1, Workers::elastic(1, 6));
    pool.grows_to(1);
    let before = getrlimit(Resource::As);
    setrlimit(Resource::As, Rlimit { current: Some(memory() + SLACK), ..before }).expect("lower");
    if thread::Builder::new().spawn(|| {}).is_ok() {
        return skipped("a limit of memory does not keep threads from starting here");
    }
    pool.post(BLOCK, 5);
    reaches(&pool.port, "one is blocked", |stats| stats.blocked == 1);
    pool.stays_within(1);
    assert_eq!(pool.port.stats().queued, 4);
    setrlimit(Resource::As, before).expect("the limit of before");
    reaches(&pool.port, "all are blocked", |stats| stats.taken == 5);
    assert_eq!(pool.size(), 5);
    assert_eq!(pool.end(), 0);
}
