//! Timers of a port: each ends as one packet, in order of time and never early (contract A16, A29, A44,
//! A47, for what is a packet source of our own: the NT original has waitable timers, F28, and wait packets,
//! E19).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use wharf::{GetError, Packet, Port};
use wharf_conformance::threads::{LIMIT, Worker, start, until};

const HOUR: Duration = Duration::from_secs(3600);

fn port(concurrency: u32) -> Port<u32> {
    Port::new(concurrency).expect("a port")
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn next(port: &Port<u32>) -> Packet<u32> {
    port.get(Some(LIMIT)).expect("a packet")
}

fn is_empty(port: &Port<u32>) -> bool {
    port.get(Some(Duration::ZERO)).err() == Some(GetError::TimedOut)
}

/// A timer ends as a packet with its key and payload, and the number 0.
#[test]
fn a_timer_ends_as_a_packet() {
    let port = port(1);
    port.start_timer(ms(20), 7, 70).expect("an open port");
    assert_eq!((port.stats().timers, port.stats().queued), (1, 0));
    let packet = next(&port);
    assert_eq!((packet.key, packet.payload, packet.transferred), (7, 70, 0));
    assert_eq!(packet.result.expect("a success"), 0);
    assert!(is_empty(&port) && port.stats().timers == 0);
}

/// They end in order of time, whatever the order in which they were started, and none of them early; a
/// worker that sleeps until a late one is woken for an earlier one.
#[test]
fn timers_end_in_order_of_time_and_never_early() {
    let port = port(2);
    let worker = Worker::new("worker");
    port.start_timer(HOUR, 0, 0).expect("an open port");
    let got = worker.wait_on(&port);
    let began = Instant::now();
    for after in [300, 100, 500, 200, 400] {
        port.start_timer(ms(after), 0, after as u32).expect("an open port");
    }
    let mut payload = got.wait().expect("a packet");
    for expected in [100, 200, 300, 400, 500] {
        assert!(began.elapsed() >= ms(expected), "{expected} ms after {:?}", began.elapsed());
        assert_eq!(payload, expected as u32);
        if expected < 500 {
            payload = next(&port).payload;
        }
    }
    assert!(is_empty(&port));
}

/// Also below a millisecond none is early, whether somebody waits or looks now and then.
#[test]
fn short_timers_are_not_early() {
    let port = port(1);
    for us in [1, 10, 99, 500, 999, 1001, 1999] {
        let after = Duration::from_micros(us) + Duration::from_nanos(1);
        for looks in [false, true] {
            let began = Instant::now();
            port.start_timer(after, 0, 1).expect("an open port");
            if looks {
                while is_empty(&port) {
                    assert!(began.elapsed() < LIMIT, "{after:?} never pass");
                }
            } else {
                next(&port);
            }
            assert!(began.elapsed() >= after, "{after:?} after {:?}", began.elapsed());
        }
    }
}

/// Thousands of timers, spread by a multiplication over 100 ms; calls with each that ends, and with the
/// moments between which the library has read the clock for it.
fn thousands(port: &Port<u32>, mut ends: impl FnMut(u32, Instant, Instant)) {
    const TIMERS: u32 = 10_000;
    let mut due = HashMap::new();
    for number in 0..TIMERS {
        let after = Duration::from_micros(u64::from(number) * 7919 % 100 * 1000);
        let earliest = Instant::now() + after;
        port.start_timer(after, 0, number).expect("an open port");
        due.insert(number, (earliest, Instant::now() + after));
    }
    for _ in 0..TIMERS {
        let number = next(port).payload;
        let (earliest, latest) = due.remove(&number).expect("each comes once");
        ends(number, earliest, latest);
    }
    assert!(is_empty(port) && port.stats().timers == 0);
}

/// Of thousands none is lost, doubled or early.
#[test]
fn thousands_of_timers_end() {
    thousands(&port(1), |number, earliest, _| {
        assert!(Instant::now() >= earliest, "{number} is early");
    });
}

/// They come by time, whoever collects them: now it is the worker that asks, now the steward.
#[test]
fn thousands_of_timers_keep_their_order() {
    let mut before = None;
    thousands(&port(1), |number, earliest, latest| {
        assert!(before <= Some(latest), "{number} comes after one that was due later");
        before = Some(earliest);
    });
}

/// Those of one moment come as they were started.
#[test]
fn equal_timers_end_as_they_were_started() {
    let port = port(1);
    for number in 0..1000 {
        port.start_timer(ms(5), 0, number).expect("an open port");
    }
    (0..1000).for_each(|number| assert_eq!(next(&port).payload, number));
}

/// Cancelled, a timer ends at once and as a cancelled operation does; a second time there is nothing to
/// cancel.
#[test]
fn a_timer_is_cancelled_once() {
    let port = port(1);
    let timers = [1, 2, 3].map(|number| port.start_timer(HOUR, 9, number).expect("an open port"));
    assert!(is_empty(&port));
    assert!(port.cancel_timer(timers[1]));
    assert!(!port.cancel_timer(timers[1]));
    let packet = next(&port);
    assert_eq!((packet.key, packet.payload, packet.transferred), (9, 2, 0));
    assert!(packet.was_cancelled());
    let error = packet.result.unwrap_err();
    assert_eq!(error.raw_os_error(), Some(Errno::CANCELED.raw_os_error()));
    assert!(!port.cancel_timer(timers[1]));
    assert!(is_empty(&port));
    assert_eq!(port.stats().timers, 2);
}

/// Once its packet is queued a timer cannot be cancelled, whether the packet has been taken or not. The
/// only worker computes while it ends, so that the packet stays in the queue.
#[test]
fn a_timer_that_has_ended_is_not_cancelled() {
    let port = port(1);
    let worker = Worker::new("worker");
    port.post(0, 1, 0).expect("an open port");
    assert_eq!(worker.take(&port), 1);
    let timer = port.start_timer(Duration::ZERO, 0, 2).expect("an open port");
    until("it ends", || port.stats().queued == 1);
    assert!(!port.cancel_timer(timer));
    assert_eq!((port.stats().queued, worker.take(&port)), (1, 2));
    assert!(!port.cancel_timer(timer));
    assert_eq!(port.stats().queued, 0);
}

/// Where an end and a cancellation meet there is one packet, and it says the same as the cancellation's
/// answer.
#[test]
fn end_and_cancellation_meet() {
    let port = port(2);
    let waiter = port.clone();
    let ends = start("who waits", move || {
        let mut ends = HashMap::new();
        while let Ok(packet) = waiter.get(None) {
            let before = ends.insert(packet.payload, packet.was_cancelled());
            assert!(before.is_none(), "{} ends twice", packet.payload);
            if ends.len() == 2000 {
                break;
            }
        }
        ends
    });
    let mut answers = HashMap::new();
    for number in 0..2000 {
        let after = Duration::from_micros(u64::from(number) % 150);
        let timer = port.start_timer(after, 0, number).expect("an open port");
        let began = Instant::now();
        while began.elapsed() < Duration::from_micros(100) {
            std::hint::spin_loop();
        }
        answers.insert(number, port.cancel_timer(timer));
    }
    assert_eq!(ends.wait(), answers);
}

/// A timer of no time does not overtake one that is due already, although nobody has looked at that yet.
#[test]
fn zero_is_now_and_not_before() {
    let port = port(1);
    for expected in 0..20 {
        let began = Instant::now();
        port.start_timer(Duration::from_micros(1), 0, 2 * expected).expect("an open port");
        until("it is due", || began.elapsed() > Duration::from_micros(100));
        port.start_timer(Duration::ZERO, 0, 2 * expected + 1).expect("an open port");
        assert_eq!((next(&port).payload, next(&port).payload), (2 * expected, 2 * expected + 1));
    }
}

/// Zero is at once; what no clock can count to is never, and can still be cancelled.
#[test]
fn zero_and_absurd_durations() {
    let port = port(1);
    let absurd = [
        Duration::MAX,
        Duration::from_secs(u64::MAX),
        Duration::from_secs(i64::MAX as u64),
        Duration::from_nanos(u64::MAX),
        Duration::from_nanos(i64::MAX as u64),
    ];
    let timers = absurd.map(|after| port.start_timer(after, 0, 1).expect("an open port"));
    port.start_timer(Duration::ZERO, 0, 2).expect("an open port");
    port.start_timer(ms(20), 0, 3).expect("an open port");
    assert_eq!((next(&port).payload, next(&port).payload), (2, 3));
    assert!(is_empty(&port));
    for timer in timers {
        assert!(port.cancel_timer(timer));
        assert!(next(&port).was_cancelled());
    }
}

/// A timer of a minute behind a cancelled one of a moment: the needless wake-up is not a packet.
#[test]
fn the_moment_of_a_cancelled_timer_passes_unseen() {
    let port = port(1);
    port.start_timer(HOUR, 0, 1).expect("an open port");
    let early = port.start_timer(ms(100), 0, 2).expect("an open port");
    assert!(port.cancel_timer(early));
    assert_eq!(next(&port).payload, 2);
    assert_eq!(port.get(Some(ms(150))).err(), Some(GetError::TimedOut));
    port.start_timer(ms(1), 0, 3).expect("an open port");
    assert_eq!(next(&port).payload, 3, "and the later ones are not forgotten");
}

/// A16: a closed port refuses timers, and gives the payload back.
#[test]
fn a_closed_port_refuses_timers() {
    let port = port(1);
    port.close();
    for after in [Duration::ZERO, HOUR, Duration::MAX] {
        assert_eq!(port.start_timer(after, 0, 5).unwrap_err().0, 5);
    }
    assert_eq!(port.stats().timers, 0);
}

/// While the only worker computes, a timer ends all the same: its packet is there.
#[test]
fn timers_end_while_all_workers_run() {
    let port = port(1);
    let worker = Worker::new("worker");
    port.post(0, 1, 0).expect("an open port");
    assert_eq!(worker.take(&port), 1);
    port.start_timer(ms(5), 0, 2).expect("an open port");
    until("the timer ends", || port.stats().queued == 1);
    assert_eq!((port.stats().running, port.stats().timers), (1, 0));
    assert_eq!(worker.take(&port), 2);
}

/// Timers and posts share the queue; a timer that is due lines up behind what is queued.
#[test]
fn timers_line_up_in_the_queue() {
    let port = port(1);
    (0..3).for_each(|packet| port.post(0, packet, 0).expect("an open port"));
    let timer = port.start_timer(HOUR, 0, 3).expect("an open port");
    assert!(port.cancel_timer(timer));
    port.post(0, 4, 0).expect("an open port");
    (0..5).for_each(|expected| assert_eq!(next(&port).payload, expected));
}
