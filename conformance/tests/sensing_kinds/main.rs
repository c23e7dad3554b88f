//! What a blocked worker may be blocked by, and what looks like it and is none: contract B8, B17 and B18.
//!
//! Method: on a port with concurrency 1, A blocks in one of the [`ways`] and B must get the next packet while A
//! is still there. And the opposite: A is busy in one of the ways that have no wait in them, and B gets nothing
//! for as long as that lasts. Each on every source.

mod fault;
mod ways;

use std::time::{Duration, Instant};

use wharf_conformance::blocking::{Crowd, Hand, Source, alone, compute, reaches, skipped, sleeps};

use ways::Way;

/// How long a worker is busy in the tests in which nobody may be released for it.
const BUSY: Duration = Duration::from_millis(200);

/// How often they are tried; on a crowded machine one in thirty is no trial.
const TRIALS: u32 = 10;

fn replaced_while_blocked(make: fn() -> Result<Way, String>) {
    let _alone = alone();
    for source in Source::all() {
        let way = match make() {
            Ok(way) => way,
            Err(reason) => return skipped(&reason),
        };
        let port = source.port(1);
        let (a, b) = (Hand::new("A"), Hand::new("B"));
        a.takes(&port, 1);
        let waiting = b.waits(&port);
        port.post(0, 2, 0).expect("open");
        let block = way.block;
        let blocked = a.tell("come out", move || source.block(block));
        assert_eq!(waiting.wait(), Ok(2), "{source}");
        assert!(blocked.is_pending(), "{source}: A has come out before B was released");
        assert_eq!(source.released(&port.stats()), 1, "{source}");
        (way.release)();
        blocked.wait();
        drop(a);
        reaches(&port, "A has left", |stats| (stats.running, stats.blocked) == (1, 0));
    }
}

#[test]
fn sleeping() {
    replaced_while_blocked(ways::sleeping);
}

#[test]
fn a_mutex() {
    replaced_while_blocked(ways::mutex);
}

#[test]
fn a_condition_variable() {
    replaced_while_blocked(ways::condition_variable);
}

#[test]
fn a_channel() {
    replaced_while_blocked(ways::channel);
}

#[test]
fn reading_from_a_pipe() {
    replaced_while_blocked(ways::pipe);
}

#[test]
fn receiving_from_a_socket() {
    replaced_while_blocked(ways::socket);
}

#[test]
fn reading_from_a_disk() {
    replaced_while_blocked(ways::disk);
}

#[test]
fn waiting_for_a_process() {
    replaced_while_blocked(ways::process);
}

#[test]
fn a_futex_in_foreign_code() {
    replaced_while_blocked(ways::futex);
}

#[test]
fn a_page_fault() {
    replaced_while_blocked(fault::page_fault);
}

/// As many workers as the port has slots do something for a while, a packet and a waiter beside them.
///
/// The kernel may put one of them to sleep after all: for the lock of the process's memory map, say, which a thread holds
/// that has lost its processor. That worker is blocked, and is rightly replaced. The kernel counts such sleeps, and a trial
/// with one is no trial.
fn not_replaced_while_busy(concurrency: u32, work: fn()) {
    for source in Source::sensed() {
        let proved = (0..TRIALS).any(|_| proves_not_replaced(source, concurrency, work));
        assert!(proved, "{source}: a busy worker slept in each of {TRIALS} trials");
    }
}

/// One trial; false if a worker has slept in it.
fn proves_not_replaced(source: Source, concurrency: u32, work: fn()) -> bool {
    let port = source.port(concurrency);
    let hands: Vec<Hand> = (0..concurrency).map(|_| Hand::new("busy")).collect();
    let spare = Hand::new("spare");
    hands.iter().for_each(|hand| hand.takes(&port, 1));
    let waiting = spare.waits(&port);
    let busy: Vec<_> = hands
        .iter()
        .map(|hand| {
            hand.tell("be busy", move || {
                let before = sleeps("/proc/thread-self").expect("this thread");
                let start = Instant::now();
                while start.elapsed() < BUSY {
                    work();
                }
                sleeps("/proc/thread-self").expect("this thread") - before
            })
        })
        .collect();
    port.post(0, 2, 0).expect("open");
    let slept: u64 = busy.into_iter().map(|answer| answer.wait()).sum();
    if slept == 0 {
        assert_eq!(port.stats().released_sensed, 0, "{source}: taken for blocked");
        assert!(waiting.is_pending(), "{source}: released beside {concurrency} busy workers");
        assert_eq!((port.stats().running, port.stats().blocked), (concurrency, 0), "{source}");
    }
    port.close();
    let taken = waiting.wait();
    assert!(slept > 0 || taken.is_err(), "{source}: the packet came after all");
    slept == 0
}

#[test]
fn computing_is_running() {
    let _alone = alone();
    not_replaced_while_busy(1, || compute(Duration::from_millis(1)));
}

/// B18: a worker that is ready and waits for a processor runs.
#[test]
fn being_preempted_is_running() {
    let _alone = alone();
    let _crowd = Crowd::new();
    not_replaced_while_busy(1, || compute(Duration::from_millis(1)));
}

/// B18 with more slots than processors: the workers pre-empt each other.
#[test]
fn more_slots_than_processors_are_running() {
    let _alone = alone();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let slots = u32::try_from(processors * 2).expect("fewer than 2^31 processors");
    not_replaced_while_busy(slots, || compute(Duration::from_millis(1)));
}

#[test]
fn yielding_is_running() {
    let _alone = alone();
    not_replaced_while_busy(1, std::thread::yield_now);
    let _crowd = Crowd::new();
    not_replaced_while_busy(1, std::thread::yield_now);
}

/// System calls that do not wait are no waits.
#[test]
fn system_calls_are_running() {
    let _alone = alone();
    not_replaced_while_busy(1, || drop(std::fs::read("/proc/self/comm")));
}

/// Page faults that memory alone can serve, in mappings that come and go.
#[test]
fn minor_page_faults_are_running() {
    let _alone = alone();
    not_replaced_while_busy(1, || {
        let mut memory = vec![0_u8; 4 << 20];
        memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        std::hint::black_box(&memory);
    });
}
