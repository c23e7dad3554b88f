//! Which threads count (contract B1-B3, B11, B12, B15, B19).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use std::{hint, thread};

use wharf::GetError;
use wharf_conformance::threads::{Worker, stays, until};

use super::{is_not_released, port, post, released, run, running};

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
