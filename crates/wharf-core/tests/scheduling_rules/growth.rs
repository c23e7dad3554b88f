//! A port that can have more workers: when one is ordered, and when not.

use crate::port::Port;

/// One is ordered when a packet is urgent, a slot free and nobody waits; and no second one until it has asked for its
/// packet: between its coming and that, the packet would order another.
#[test]
fn one_is_ordered_and_then_awaited() {
    let mut port = Port::new(3);
    assert_eq!((port.set_growable(true), port.ordered), (vec![], 0));
    for packet in 1..=3 {
        assert_eq!((port.post(packet), port.ordered), (vec![], 1));
    }
    let a = port.join();
    assert_eq!((port.settle(), port.ordered), (vec![], 1), "it has not taken its packet yet");
    assert_eq!((port.get(a), port.ordered), (Some(1), 2));
    let b = port.join();
    assert_eq!(port.get(b), Some(2));
    assert_eq!(port.ordered, 3, "beside the third packet");
    let c = port.join();
    assert_eq!((port.get(c), port.ordered), (Some(3), 3));
}

/// Nobody is ordered who could not work, or whom a waiter spares: on a full port, beside an empty queue, beside
/// a waiter, for what a running worker will fetch, on a port that is closed or cannot grow.
#[test]
fn nobody_is_ordered_without_need() {
    let mut port = Port::new(1);
    port.set_growable(true);
    let a = port.waiter();
    assert_eq!((port.post(1), port.ordered), (vec![(a, 1)], 0), "a waiter is there");
    assert_eq!((port.post(2), port.ordered), (vec![], 0), "the port is full");
    assert_eq!((port.get(a), port.ordered), (Some(2), 0));
    assert_eq!((port.block(a), port.ordered), (vec![], 0), "nothing is queued");

    let mut port = Port::new(2);
    port.set_growable(true);
    port.runner(1);
    port.scheduler.post(2, wharf_core::scheduler::Urgency::Lazy).expect("open");
    assert_eq!((port.settle(), port.ordered), (vec![], 0), "the runner fetches it");
    port.scheduler.tick();
    port.scheduler.tick();
    assert_eq!((port.settle(), port.ordered), (vec![], 1), "it did not");

    let mut port = Port::new(1);
    assert_eq!((port.post(1), port.ordered), (vec![], 0), "not growable");
    port.close();
    assert_eq!((port.set_growable(true), port.ordered), (vec![], 0), "closed");
}

/// When the last slot's worker blocks, told or seen, another is ordered for what is queued.
#[test]
fn a_block_orders_a_worker() {
    for way in [Port::block, Port::sense] {
        let mut port = Port::new(1);
        let a = port.runner(1);
        port.set_growable(true);
        assert_eq!((port.post(2), port.ordered), (vec![], 0));
        assert_eq!((way(&mut port, a), port.ordered), (vec![], 1));
        let counts = port.scheduler.counts();
        assert_eq!(counts.released_told + counts.released_sensed, 1);
        let b = port.join();
        assert_eq!((port.get(b), port.ordered), (Some(2), 1));
        assert_eq!((port.leave(a), port.ordered), (vec![], 1));
    }
}

/// Saying anew that the port can grow asks anew: so an order that could not be carried out is repeated.
#[test]
fn an_order_that_failed_is_repeated_on_demand() {
    let mut port = Port::new(1);
    port.set_growable(true);
    assert_eq!((port.post(1), port.ordered), (vec![], 1));
    assert_eq!((port.set_growable(true), port.ordered), (vec![], 2));
    assert_eq!((port.set_growable(false), port.ordered), (vec![], 2));
    let a = port.join();
    assert_eq!((port.get(a), port.ordered), (Some(1), 2));
}

/// A worker of the old kind that joins counts as the one that was ordered; if more are needed, more are ordered.
#[test]
fn any_newcomer_answers_the_order() {
    let mut port = Port::new(2);
    port.set_growable(true);
    assert_eq!((port.post(1), port.post(2), port.ordered), (vec![], vec![], 1));
    let a = port.join();
    assert_eq!(port.get(a), Some(1));
    assert_eq!(port.ordered, 2);
}
