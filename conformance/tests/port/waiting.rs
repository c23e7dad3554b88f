//! Taking packets: one or several, with and without a time-out (contract A23-A29, A33-A38, A41).

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use wharf::{GetError, Packet, Port};
use wharf_conformance::process::{Again, is_in_state};
use wharf_conformance::threads::{LIMIT, Outcome, Worker, start, until};

/// Longer than any wait that ought to be over; far from the time-outs of these tests.
const SOON: Duration = Duration::from_secs(5);

fn port(concurrency: u32) -> Port<usize> {
    Port::new(concurrency).expect("a port")
}

fn post(port: &Port<usize>, packets: impl IntoIterator<Item = usize>) {
    packets.into_iter().for_each(|packet| port.post(0, packet, packet).expect("an open port"));
}

fn payloads(packets: Vec<Packet<usize>>) -> Vec<usize> {
    packets.into_iter().map(|packet| packet.payload).collect()
}

/// A port whose only slot is taken, and who took it: any other worker parks there.
fn occupied() -> (Port<usize>, Worker) {
    let (port, runner) = (port(1), Worker::new("runner"));
    post(&port, [0]);
    assert_eq!(runner.take(&port), 0);
    (port, runner)
}

/// A23, A25, A26, A28: a packet of a success, a packet of a failure, no packet for time and no packet for
/// ever are four different answers.
#[test]
fn the_four_answers_differ() -> io::Result<()> {
    let port = port(1);
    let (ours, _theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 4)?;
    post(&port, [1]);
    stream.recv(Vec::with_capacity(8), 2)?;
    stream.cancel_all();

    let success = port.get(Some(LIMIT)).expect("a packet");
    assert_eq!((success.payload, success.result?), (1, 1));
    let failure = port.get(Some(LIMIT)).expect("a packet, of a failure");
    assert_eq!((failure.payload, failure.key, failure.transferred), (2, 4, 0));
    assert!(failure.was_cancelled() && failure.result.is_err());

    let timed_out = port.get(Some(Duration::ZERO)).unwrap_err();
    port.close();
    let closed = port.get(Some(Duration::ZERO)).unwrap_err();
    assert_eq!((timed_out, closed), (GetError::TimedOut, GetError::Closed));
    assert_eq!(io::Error::from(timed_out).kind(), ErrorKind::TimedOut);
    assert_eq!(io::Error::from(closed).kind(), ErrorKind::NotConnected);
    Ok(())
}

/// A29: a time-out of 0 looks and does not wait: it takes what is queued and what the kernel has already
/// finished, and otherwise is back at once.
#[test]
fn a_time_out_of_0_looks_and_does_not_wait() -> io::Result<()> {
    let port = port(1);
    let began = Instant::now();
    assert_eq!(port.get(Some(Duration::ZERO)).err(), Some(GetError::TimedOut));
    assert!(began.elapsed() < SOON);
    post(&port, [1]);
    assert_eq!(port.get(Some(Duration::ZERO)).expect("the post").payload, 1);

    let (ours, mut theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 0)?;
    stream.recv(Vec::with_capacity(8), 2)?;
    assert_eq!(port.get(Some(Duration::ZERO)).err(), Some(GetError::TimedOut));
    theirs.write_all(b"now")?;
    assert_eq!(port.get(Some(Duration::ZERO)).expect("the receive").transferred, 3);

    let (port, _runner) = occupied();
    assert_eq!(port.get(Some(Duration::ZERO)).err(), Some(GetError::TimedOut));
    Ok(())
}

/// A29: no wait ends early, in whichever of the two places it sleeps; nor an hour late.
#[test]
fn no_wait_ends_early() {
    let (full, _runner) = occupied();
    for (place, port) in [("with a slot", port(1)), ("without a slot", full)] {
        for us in [0, 1, 50, 99, 100, 500, 999, 1000, 1001, 1999, 2500, 20_000, 50_000] {
            let timeout = Duration::from_micros(us) + Duration::from_nanos(1);
            for round in 0..5 {
                let began = Instant::now();
                let got = if round % 2 == 0 {
                    port.get(Some(timeout)).map(|packet| vec![packet])
                } else {
                    port.get_many(4, Some(timeout))
                };
                let waited = began.elapsed();
                assert_eq!(got.err(), Some(GetError::TimedOut));
                assert!(waited >= timeout, "{place}: {waited:?} of {timeout:?}");
                assert!(waited < timeout + SOON, "{place}: {waited:?} of {timeout:?}");
            }
        }
    }
}

/// A29: what no clock can count to is a wait without end and not one that is over: a packet ends it.
#[test]
fn absurd_time_outs_wait() {
    let absurd = [
        Duration::MAX,
        Duration::from_secs(u64::MAX),
        Duration::from_secs(i64::MAX as u64),
        Duration::from_millis(u64::MAX),
        Duration::from_nanos(u64::MAX),
        Duration::from_nanos(u64::MAX - 1_000_000),
        Duration::from_nanos(i64::MAX as u64),
        Duration::from_millis(i32::MAX as u64 + 1),
    ];
    for timeout in absurd {
        let (port, worker) = (port(1), Worker::new("with a slot"));
        let got = worker.wait_for(Some(timeout), &port);
        post(&port, [7]);
        assert_eq!(got.wait(), Ok(7), "{timeout:?}");

        let (port, runner) = occupied();
        let got = worker.wait_for(Some(timeout), &port);
        post(&port, [8]);
        let _blocked = runner.block();
        assert_eq!(got.wait(), Ok(8), "{timeout:?}");
    }
}

/// A29: a wait that was interrupted goes on. A process is stopped and continued while it waits: the kernel
/// then ends its sleep with EINTR, handlers or none.
#[test]
fn a_stopped_process_does_not_wake_early() -> io::Result<()> {
    const TEST: &str = "waiting::a_stopped_process_does_not_wake_early";
    const TIMEOUT: Duration = Duration::from_millis(300);
    if Again::is_here() {
        let (full, _runner) = occupied();
        for port in [port(1), full] {
            println!("waiting");
            let began = Instant::now();
            assert_eq!(port.get(Some(TIMEOUT)).err(), Some(GetError::TimedOut));
            assert!(began.elapsed() >= TIMEOUT, "{:?} of {TIMEOUT:?}", began.elapsed());
        }
        return Ok(());
    }
    let again = Again::start(TEST);
    let pid = Pid::from_raw(again.id().cast_signed()).expect("not 0");
    for _ in 0..2 {
        again.expect("waiting");
        kill_process(pid, Signal::STOP)?;
        until("it stops", || {
            fs::read_to_string(format!("/proc/{pid}/stat"))
                .is_ok_and(|stat| is_in_state(&stat, 'T'))
        });
        kill_process(pid, Signal::CONT)?;
    }
    again.succeed();
    Ok(())
}

/// A33, A34: several packets in order of the queue, as many as are wanted, and then the rest.
#[test]
fn many_come_in_order_and_no_more_than_wanted() {
    let port = port(1);
    post(&port, 0..3);
    assert_eq!(payloads(port.get_many(2, Some(LIMIT)).expect("two")), [0, 1]);
    assert_eq!(payloads(port.get_many(2, Some(LIMIT)).expect("one")), [2]);
    post(&port, 0..1000);
    let all = port.get_many(usize::MAX, Some(LIMIT)).expect("all");
    assert!(all.iter().all(|packet| packet.transferred == packet.payload));
    assert_eq!(payloads(all), (0..1000).collect::<Vec<_>>());
}

/// A33: it waits for one packet and not for as many as are wanted.
#[test]
fn many_waits_for_one_only() {
    let port = port(1);
    let worker = Worker::new("worker");
    let got = {
        let port = port.clone();
        worker.start(move || port.get_many(10, None).map(payloads))
    };
    until("it waits", || port.stats().waiting == 1);
    worker.asleep();
    post(&port, [5]);
    assert_eq!(got.wait(), Ok(vec![5]));
}

/// A35: failures are packets among others; the call succeeds.
#[test]
fn many_with_failures_succeeds() -> io::Result<()> {
    let port = port(1);
    let (ours, _theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 0)?;
    stream.recv(Vec::with_capacity(8), 1)?;
    stream.recv(Vec::with_capacity(8), 2)?;
    assert_eq!(stream.cancel_all(), 2);
    let failures = port.get_many(10, Some(LIMIT)).expect("two failures");
    assert!(failures.iter().all(Packet::was_cancelled));
    assert_eq!(payloads(failures), [1, 2]);
    Ok(())
}

/// A37: no packet wanted, no packet taken; and no wait.
#[test]
fn none_of_many_takes_nothing() {
    let port = port(1);
    let empty = port.clone();
    let answer = start("a caller", move || empty.get_many(0, None).err());
    assert_eq!(answer.wait(), Some(GetError::TimedOut));
    post(&port, [1]);
    assert_eq!(port.get_many(0, Some(LIMIT)).err(), Some(GetError::TimedOut));
    assert_eq!(port.stats().queued, 1);
}

/// A38: the time-out is the same as for one packet.
#[test]
fn many_times_out() {
    let port = port(1);
    assert_eq!(port.get_many(10, Some(Duration::ZERO)).err(), Some(GetError::TimedOut));
    assert_eq!(port.get_many(10, Some(Duration::from_millis(1))).err(), Some(GetError::TimedOut));
}

/// A41: two that take many share what is posted: each packet goes to one of them.
#[test]
fn two_that_take_many_lose_and_double_nothing() {
    const POSTS: usize = 8;
    for _ in 0..50 {
        let port = port(2);
        let taken = Arc::new(Mutex::new(Vec::new()));
        let take = || {
            let (port, taken) = (port.clone(), Arc::clone(&taken));
            start("a taker", move || {
                while let Ok(packets) = port.get_many(POSTS, None) {
                    taken.lock().expect("no panic").extend(payloads(packets));
                }
            })
        };
        let takers = [take(), take()];
        post(&port, 0..POSTS);
        until("all are taken", || taken.lock().expect("no panic").len() >= POSTS);
        port.close();
        takers.into_iter().for_each(Outcome::wait);
        let mut taken = taken.lock().expect("no panic").clone();
        taken.sort_unstable();
        assert_eq!(taken, (0..POSTS).collect::<Vec<_>>());
    }
}
