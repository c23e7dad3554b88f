//! What becomes of the concurrency value when workers block (contract B8-B10).

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

use wharf_conformance::threads::{Outcome, Worker};

use super::{is_not_released, port, post, run, running};

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
