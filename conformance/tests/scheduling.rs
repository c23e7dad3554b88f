//! Who runs, on real threads: association, the concurrency value, and what becomes of it when workers block
//! (contract B1-B16, B19).
//!
//! A [`Worker`] that has nothing to do spins, so that it runs by any measure; it blocks when it is told to,
//! inside [`wharf::blocking`].

use std::collections::HashSet;
use std::hint;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use wharf::{GetError, Port};
use wharf_conformance::threads::{LIMIT, Outcome, Worker, start, stays, until};

type Got = Outcome<Result<u32, GetError>>;

fn port(concurrency: u32) -> Port<u32> {
    // These workers idle between calls, which a port that senses sees: here only their own word counts.
    let options = wharf::Options {
        concurrency: concurrency.into(),
        sensing: wharf::Sensing::Told,
        ..wharf::Options::default()
    };
    Port::with_options(options).expect("a port")
}

fn post(port: &Port<u32>, packets: impl IntoIterator<Item = u32>) {
    packets.into_iter().for_each(|packet| port.post(0, packet, 0).expect("an open port"));
}

/// Has a worker run, with this packet.
fn run(worker: &Worker, port: &Port<u32>, packet: u32) {
    post(port, [packet]);
    assert_eq!(worker.take(port), packet);
}

fn running(port: &Port<u32>) -> (u32, u32) {
    (port.stats().running, port.stats().blocked)
}

/// Watches that a waiter is not released although so many packets are queued.
#[track_caller]
fn is_not_released(got: &Got, port: &Port<u32>, queued: usize) {
    stays("it waits beside the queue", || {
        got.try_wait().is_none() && port.stats().queued == queued
    });
}

/// Waits until so many, and no more, have returned; answers which.
#[track_caller]
fn released(got: &[Got], expected: usize) -> Vec<usize> {
    let mut released = Vec::new();
    until("as many have returned", || {
        for (index, got) in got.iter().enumerate() {
            if !released.contains(&index) && got.try_wait().is_some() {
                released.push(index);
            }
        }
        released.len() >= expected
    });
    assert_eq!(released.len(), expected, "{released:?}");
    released
}

/// B1, B11: the first get makes a thread a worker of the port, also if it only times out, and it counts
/// from then on: a waiter is not released beside it until it blocks.
#[test]
fn b01_b11_a_get_that_times_out_associates_and_counts() {
    for timeout in [Duration::ZERO, Duration::from_millis(1)] {
        let port = port(1);
        let [a, b] = Worker::several();
        let asked = port.clone();
        assert_eq!(a.call(move || asked.get(Some(timeout)).err()), Some(GetError::TimedOut));
        assert_eq!(running(&port), (1, 0));
        let got = b.wait_on(&port);
        post(&port, [1]);
        is_not_released(&got, &port, 1);
        let _blocked = a.block();
        assert_eq!(got.wait(), Ok(1));
    }
}

/// B11: the same after a wait without a slot.
#[test]
fn b11_also_beside_a_full_port() {
    let port = port(1);
    let [a, b] = Worker::several();
    run(&a, &port, 1);
    let asked = port.clone();
    let got = b.call(move || asked.get(Some(Duration::from_millis(1))).err());
    assert_eq!((got, running(&port)), (Some(GetError::TimedOut), (2, 0)));
}

/// B2, B3: who asks another port stops counting here, and a waiter is released in its place; a newcomer
/// does not count there before it has a packet.
#[test]
fn b02_b03_going_to_another_port_frees_the_slot() {
    let (x, y) = (port(1), port(1));
    let [a, b] = Worker::several();
    run(&a, &x, 1);
    let got = b.wait_on(&x);
    post(&x, [2]);
    is_not_released(&got, &x, 1);
    let elsewhere = a.wait_on(&y);
    assert_eq!(got.wait(), Ok(2));
    assert_eq!((running(&x), running(&y)), ((1, 0), (0, 0)));
    post(&y, [3]);
    assert_eq!(elsewhere.wait(), Ok(3));
    assert_eq!((running(&x), running(&y)), ((1, 0), (1, 0)));
}

/// B2: a thread that serves two ports in turn counts at the last that it asked, and nowhere else.
#[test]
fn b02_one_thread_serves_two_ports_in_turn() {
    let ports = [port(1), port(1)];
    let a = Worker::new("A");
    for packet in 0..200 {
        let here = &ports[packet as usize % 2];
        let there = &ports[(packet as usize + 1) % 2];
        run(&a, here, packet);
        assert_eq!((running(here), running(there)), ((1, 0), (0, 0)));
    }
    // And both take part in what the other rules say, with a second worker.
    let b = Worker::new("B");
    let got = b.wait_on(&ports[1]);
    post(&ports[1], [500]);
    is_not_released(&got, &ports[1], 1);
    assert_eq!(a.poll(&ports[0]), Err(GetError::TimedOut));
    assert_eq!(got.wait(), Ok(500));
}

/// B3: a worker that asks again stops counting while it waits.
#[test]
fn b03_who_waits_does_not_count() {
    let port = port(1);
    let a = Worker::new("A");
    run(&a, &port, 1);
    assert_eq!(running(&port), (1, 0));
    let got = a.wait_on(&port);
    assert_eq!(running(&port), (0, 0));
    post(&port, [2]);
    assert_eq!(got.wait(), Ok(2));
}

/// B4: one worker takes 1000 queued packets without waiting and, a few locks apart, without sleeping.
#[test]
fn b04_queued_packets_are_taken_without_sleeping() {
    let port = port(1);
    post(&port, 0..1000);
    let a = Worker::new("A");
    let taker = port.clone();
    let before = a.sleeps();
    a.call(move || {
        for packet in 0..1000 {
            let taken = taker.get(Some(Duration::ZERO)).expect("a packet that is queued");
            assert_eq!(taken.payload, packet);
        }
    });
    let slept = a.sleeps() - before;
    assert!(slept < 100, "it slept {slept} times");
}

/// B5: without a slot a worker waits beside a queue that is not empty, until its time is over.
#[test]
fn b05_without_a_slot_a_worker_waits_beside_the_queue() {
    let port = port(1);
    let [a, b] = Worker::several();
    run(&a, &port, 1);
    post(&port, [2, 3]);
    let asked = port.clone();
    let got = b.call(move || asked.get(Some(Duration::from_millis(50))).err());
    assert_eq!(got, Some(GetError::TimedOut));
    assert_eq!(b.poll(&port), Err(GetError::TimedOut));
    assert_eq!(port.stats().queued, 2);
    // The packets are there for who has the slot.
    drop(b.wait_on(&port));
    assert_eq!(a.take(&port), 2);
}

/// B6: a packet goes to a waiter if a slot is free, and to the tail of the queue if not.
#[test]
fn b06_a_packet_goes_to_a_waiter_or_to_the_tail() {
    let port = port(1);
    let [a, b] = Worker::several();
    let (first, second) = (a.wait_on(&port), b.wait_on(&port));
    post(&port, [1, 2, 3]);
    assert_eq!(second.wait(), Ok(1));
    is_not_released(&first, &port, 2);
    assert_eq!(b.take(&port), 2);
    assert_eq!(b.take(&port), 3);
}

/// B7: of four waiters and four packets with a value of 2, two run. The third packet goes to who asks
/// again, the fourth to a third worker when one blocks.
#[test]
fn b07_no_more_run_than_the_value_says() {
    let port = port(2);
    let workers: [Worker; 4] = Worker::several();
    let got: Vec<_> = workers.iter().map(|worker| worker.wait_on(&port)).collect();
    post(&port, 0..4);
    until("two run", || running(&port) == (2, 0));
    stays("two run, two wait", || {
        let stats = port.stats();
        (stats.running, stats.waiting, stats.queued) == (2, 2, 2)
    });
    let released = released(&got, 2);
    let (asks, blocks) = (&workers[released[0]], &workers[released[1]]);
    assert_eq!(asks.take(&port), 2);
    stays("two run", || running(&port) == (2, 0) && port.stats().queued == 1);
    let blocked = blocks.block();
    until("a third is released", || port.stats().queued == 0);
    assert_eq!(running(&port), (2, 1));
    blocked.release();
}

/// B8: while a worker blocks its slot is another's: a waiter is released for what is queued then.
#[test]
fn b08_a_blocked_worker_is_replaced() {
    let port = port(1);
    let [a, b] = Worker::several();
    run(&a, &port, 1);
    let got = b.wait_on(&port);
    post(&port, [2]);
    is_not_released(&got, &port, 1);
    let blocked = a.block();
    assert_eq!(got.wait(), Ok(2));
    assert_eq!(running(&port), (1, 1));
    blocked.release();
}

/// B8: and for what comes later, be it a post, a timer or an operation; and a chain of blocked workers is
/// as long as the chain of waiters.
#[test]
fn b08_a_blocked_worker_is_replaced_for_what_comes_later() {
    let port = port(1);
    let [a, b, c, d] = Worker::several();
    run(&a, &port, 1);
    let waiting = [&d, &c, &b].map(|worker| worker.wait_on(&port));
    let mut blocked = vec![a.block()];
    for (packet, (worker, got)) in (2..).zip([&d, &c, &b].into_iter().zip(waiting).rev()) {
        if packet == 3 {
            port.start_timer(Duration::from_millis(1), 0, packet).expect("an open port");
        } else {
            post(&port, [packet]);
        }
        assert_eq!(got.wait(), Ok(packet));
        assert_eq!(running(&port), (1, packet - 1));
        blocked.push(worker.block());
    }
    assert_eq!(running(&port), (0, 4));
    for (released, one) in (1..).zip(blocked) {
        one.release();
        assert_eq!(running(&port), (released, 4 - released));
    }
}

/// B9: who comes back from blocking runs at once, above the value, and nobody is stopped for it: each of
/// the two makes a step when the other has made one.
#[test]
fn b09_who_comes_back_runs_above_the_value() {
    let port = port(1);
    let [a, b] = Worker::several();
    run(&a, &port, 1);
    let got = b.wait_on(&port);
    let blocked = a.block();
    post(&port, [2]);
    assert_eq!(got.wait(), Ok(2));
    blocked.release();
    assert_eq!(running(&port), (2, 0));

    let turn = Arc::new(AtomicU32::new(0));
    let step = |parity: u32| {
        let turn = Arc::clone(&turn);
        move || {
            while turn.load(SeqCst) < 100 {
                if turn.load(SeqCst) % 2 == parity {
                    turn.fetch_add(1, SeqCst);
                }
                thread::yield_now();
            }
        }
    };
    let steps = [a.start(step(0)), b.start(step(1))];
    steps.into_iter().for_each(Outcome::wait);
    assert_eq!(running(&port), (2, 0));
}

/// B10: above the value nobody is released: one of the two that run asks again and waits although a packet
/// is queued, until the other one asks, too, or blocks.
#[test]
fn b10_above_the_value_nobody_is_released() {
    let overshot = || {
        let port = port(1);
        let [a, b] = Worker::several();
        run(&a, &port, 1);
        let got = b.wait_on(&port);
        let blocked = a.block();
        post(&port, [2]);
        assert_eq!(got.wait(), Ok(2));
        blocked.release();
        assert_eq!(running(&port), (2, 0));
        (port, a, b)
    };
    let (port, a, b) = overshot();
    post(&port, [3]);
    let got = b.wait_on(&port);
    is_not_released(&got, &port, 1);
    assert_eq!(a.take(&port), 3, "who asks last takes it, and the other one goes on waiting");
    is_not_released(&got, &port, 0);

    let (port, a, b) = overshot();
    post(&port, [3]);
    let got = b.wait_on(&port);
    is_not_released(&got, &port, 1);
    let _blocked = a.block();
    assert_eq!(got.wait(), Ok(3));
}

/// B12: only workers count. The thread that posts is busy all the time, and a worker is released at a value
/// of 1.
#[test]
fn b12_who_never_asked_does_not_count() {
    let port = port(1);
    let b = Worker::new("B");
    let got = b.wait_on(&port);
    post(&port, [1]);
    let mut answer = None;
    until("the worker is released", || {
        hint::spin_loop();
        answer = got.try_wait();
        answer.is_some()
    });
    assert_eq!((answer, running(&port)), (Some(Ok(1)), (1, 0)));
}

/// B13: with a value of 1 and a queue that is never empty one thread handles everything, however willing it
/// is to be replaced: now and then it yields.
#[test]
fn b13_one_thread_handles_everything() {
    let port = port(1);
    post(&port, 0..1000);
    let served = port.clone();
    let run = start("three workers", move || {
        let threads = Mutex::new(HashSet::new());
        served.run(3, |packet| {
            if packet.payload % 10 == 0 {
                thread::yield_now();
            }
            threads.lock().expect("no panic").insert(thread::current().id());
            if packet.payload == 999 {
                served.close();
            }
            Ok(())
        });
        threads.into_inner().expect("no panic").len()
    });
    assert_eq!(run.wait(), 1);
}

/// B14: who holds a batch counts once.
#[test]
fn b14_a_batch_counts_once() {
    let port = port(2);
    let [a, b] = Worker::several();
    post(&port, 0..10);
    let taker = port.clone();
    let held = a.call(move || taker.get_many(10, Some(LIMIT)).expect("ten"));
    assert_eq!((held.len(), running(&port)), (10, (1, 0)));
    let got = b.wait_on(&port);
    post(&port, [10]);
    assert_eq!(got.wait(), Ok(10));
}

/// B15, B2: the end of a thread ends its association: its slot is free, whether it returned or panicked,
/// with the packet in hand, inside of `blocking` or not.
#[test]
fn b15_the_end_of_a_thread_frees_its_slot() {
    type End = fn();
    let ends: [End; 3] = [
        || {},
        // Not `panic!`, which would print.
        || std::panic::resume_unwind(Box::new("a handler without a net")),
        || wharf::blocking(|| std::panic::resume_unwind(Box::new("the same, blocked"))),
    ];
    for end in ends {
        let port = port(1);
        let b = Worker::new("B");
        post(&port, [1]);
        let (served, go) = (port.clone(), Arc::new(AtomicBool::new(false)));
        let gone = Arc::clone(&go);
        let ended = thread::spawn(move || {
            let _packet = served.get(None);
            until("it may end", || gone.load(SeqCst));
            end();
        });
        until("it has the packet", || port.stats().taken == 1);
        let got = b.wait_on(&port);
        post(&port, [2]);
        is_not_released(&got, &port, 1);
        go.store(true, SeqCst);
        assert_eq!(got.wait(), Ok(2));
        until("it ends", || ended.is_finished());
        until("it counts no more", || running(&port) == (1, 0));
    }
}

/// B15: the same for a worker that waits for nothing any more, and for one that counts as blocked no
/// longer.
#[test]
fn b15_threads_that_end_leave_no_trace() {
    let port = port(2);
    for packet in 0..10 {
        let [a, b] = Worker::several();
        run(&a, &port, packet);
        assert_eq!(b.poll(&port), Err(GetError::TimedOut));
        assert_eq!(running(&port), (2, 0));
        a.block().release();
        a.end();
        b.end();
        until("they count no more", || running(&port) == (0, 0));
    }
    assert_eq!(port.stats().waiting, 0);
}

/// B16: who posts to its own port counts itself: with a value of 1 the post is queued, for itself; with 2
/// it goes to a waiter.
#[test]
fn b16_who_posts_counts_itself() {
    let one = port(1);
    let [a, b] = Worker::several();
    run(&a, &one, 1);
    let got = b.wait_on(&one);
    let poster = one.clone();
    a.call(move || post(&poster, [2]));
    is_not_released(&got, &one, 1);
    assert_eq!(a.take(&one), 2);
    is_not_released(&got, &one, 0);

    let two = port(2);
    let [a, b] = Worker::several();
    run(&a, &two, 1);
    let got = b.wait_on(&two);
    let poster = two.clone();
    a.call(move || post(&poster, [2]));
    assert_eq!(got.wait(), Ok(2));
}

/// B19: a closed port has no workers; they begin anew at another one, where nothing of before counts. B7
/// with workers that were running, blocked and waiting when their port was closed.
#[test]
fn b19_workers_of_a_closed_port_begin_anew() {
    let (old, new) = (port(2), port(2));
    let workers: [Worker; 4] = Worker::several();
    run(&workers[0], &old, 1);
    run(&workers[1], &old, 2);
    let blocked = workers[1].block();
    let waiting = [&workers[2], &workers[3]].map(|worker| worker.wait_on(&old));
    old.close();
    for got in waiting {
        assert_eq!(got.wait(), Err(GetError::Closed));
    }
    blocked.release();

    assert_eq!(running(&new), (0, 0));
    let got: Vec<_> = workers.iter().map(|worker| worker.wait_on(&new)).collect();
    post(&new, 0..4);
    until("two run", || running(&new) == (2, 0));
    stays("two run, two wait", || {
        let stats = new.stats();
        (stats.running, stats.waiting, stats.queued) == (2, 2, 2)
    });
    released(&got, 2);
}

/// B7, B15, A15: a thousand threads wait on one port. Each is released once, and the port is as usable
/// afterwards as before; those that are left when it closes are told.
#[test]
fn a_thousand_threads_wait() {
    const THREADS: usize = 1000;
    let port = port(4);
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let port = port.clone();
            start("one of a thousand", move || port.get(None).map(|packet| packet.payload))
        })
        .collect();
    until("all wait", || port.stats().waiting == THREADS);
    post(&port, 0..THREADS as u32 / 2);
    until("half of them have ended", || port.stats().waiting == THREADS / 2);
    until("nobody runs any more", || running(&port) == (0, 0));
    port.close();
    let (mut packets, mut closed) = (Vec::new(), 0);
    for thread in threads {
        match thread.wait() {
            Ok(packet) => packets.push(packet),
            Err(GetError::Closed) => closed += 1,
            Err(GetError::TimedOut) => panic!("nobody asked for a time-out"),
        }
    }
    packets.sort_unstable();
    assert_eq!(packets, (0..THREADS as u32 / 2).collect::<Vec<_>>());
    assert_eq!(closed, THREADS / 2);
}
