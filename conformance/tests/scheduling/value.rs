//! The concurrency value, with workers that do not block (contract B4-B7, B13, B14, B16).

use std::collections::HashSet;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use wharf::GetError;
use wharf_conformance::threads::{LIMIT, Worker, start, stays, until};

use super::{is_not_released, port, post, released, run, running};

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
