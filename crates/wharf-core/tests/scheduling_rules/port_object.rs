//! Area A of the contract: what a port does with its packets and its waiters.

use wharf_core::scheduler::Urgency;

use crate::port::{Port, Released};

/// A15: a close releases all four waiters, those in the engine and those parked, once each.
#[test]
fn a15_close_abandons_every_waiter() {
    let mut port = Port::new(1);
    let a = port.waiter();
    let b = port.waiter();
    assert_eq!(port.post(1), [(b, 1)]);
    let c = port.waiter();
    let d = port.waiter();
    assert_eq!(port.get(b), None);
    assert_eq!(port.close(), []);
    port.abandoned.sort();
    assert_eq!(port.abandoned, [a, b, c, d]);
    assert_eq!(port.scheduler.counts().waiting, 0);
}

/// A15 for what is not waiting at that moment: queued packets come back, posts are refused, later gets fail.
#[test]
fn a15_a_closed_port_stays_closed() {
    let mut port = Port::new(1);
    let a = port.runner(1);
    port.post(2);
    port.post(3);
    assert_eq!(port.close(), [2, 3]);
    assert!(port.scheduler.is_closed());
    assert_eq!(port.scheduler.post(4, Urgency::Now), Err(4));
    assert_eq!(port.get(a), None);
    let late = port.join();
    assert_eq!(port.get(late), None);
    assert_eq!(port.abandoned, [a, late]);
}

/// A33: three packets and room for two give two and then one, without waiting for more.
#[test]
fn a33_a_batch_is_what_is_there_up_to_the_limit() {
    let mut port = Port::new(1);
    let a = port.join();
    (1..=3).for_each(|packet| assert_eq!(port.post(packet), []));
    for (first, rest) in [(1, vec![2]), (3, vec![])] {
        assert_eq!(port.get(a), Some(first));
        let mut more = Vec::new();
        port.scheduler.take_more(1, |packet| more.push(packet));
        assert_eq!(more, rest);
    }
}

/// A41: eight posts, two waiters: one caller may get several, none is lost or doubled, none is spread.
#[test]
fn a41_a_batch_goes_to_one_caller() {
    let mut port = Port::new(2);
    let a = port.waiter();
    let b = port.waiter();
    let released: Released = (1..=8).flat_map(|packet| port.post(packet)).collect();
    assert_eq!(released, [(b, 1), (a, 2)]);
    let mut batch = Vec::new();
    port.scheduler.take_more(10, |packet| batch.push(packet));
    assert_eq!(batch, [3, 4, 5, 6, 7, 8]);
    assert_eq!((port.settle(), port.queued()), (vec![], 0));
}

/// A44: completions and posts share one queue, whatever their urgency.
#[test]
fn a44_one_fifo_for_completions_and_posts() {
    let mut port = Port::new(1);
    let a = port.runner(0);
    for packet in 1..=6 {
        let urgency = if packet % 2 == 0 { Urgency::Now } else { Urgency::Lazy };
        port.scheduler.post(packet, urgency).expect("an open port");
    }
    let got: Vec<u32> = (1..=6).filter_map(|_| port.get(a)).collect();
    assert_eq!(got, [1, 2, 3, 4, 5, 6]);
}

/// A45 in the engine and outside it: the newest waiter gets the oldest packet.
#[test]
fn a45_the_newest_waiter_gets_the_oldest_packet() {
    let mut port = Port::new(2);
    let a = port.waiter();
    let b = port.waiter();
    assert_eq!(port.post(1), [(b, 1)]);
    assert_eq!(port.post(2), [(a, 2)]);
    let c = port.waiter();
    let d = port.waiter();
    assert_eq!((port.post(3), port.post(4)), (vec![], vec![]));
    assert_eq!(port.block(a), [(d, 3)]);
    assert_eq!(port.block(b), [(c, 4)]);
}

/// A45: a waiter that looks up for nothing (an operation completed in its engine, and somebody else took the
/// packet) has not waited anew; neither while there is room nor once the port is full.
#[test]
fn a45_looking_up_for_nothing_keeps_the_place() {
    for while_full in [true, false] {
        let mut port = Port::new(1);
        let older = port.waiter();
        let newer = port.waiter();
        if !while_full {
            assert_eq!(port.look_up(older), None);
        }
        let busy = port.join();
        port.scheduler.post(1, Urgency::Lazy).expect("an open port");
        assert_eq!(port.get(busy), Some(1));
        let looking_up = if while_full { older } else { newer };
        assert_eq!(port.look_up(looking_up), None);
        assert_eq!(port.post(2), []);
        assert_eq!(port.block(busy), [(newer, 2)]);
    }
}

/// A46: the depth counts what is queued and not what was delivered.
#[test]
fn a46_depth_counts_undelivered_packets() {
    let mut port = Port::new(1);
    (1..=3).for_each(|packet| assert_eq!(port.post(packet), []));
    assert_eq!(port.queued(), 3);
    let a = port.join();
    assert_eq!(port.get(a), Some(1));
    assert_eq!(port.queued(), 2);
}
