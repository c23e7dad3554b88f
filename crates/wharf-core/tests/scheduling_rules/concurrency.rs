//! Area B of the contract: the concurrency value and the association of workers.

use wharf_core::scheduler::{Next, Urgency, Wake, WorkerId};

use crate::port::{Port, Released};

/// B1: a get associates even if it only times out, as B11 shows.
#[test]
fn b01_a_timed_out_get_associates() {
    let mut port = Port::new(1);
    let a = port.waiter();
    assert_eq!((port.time_out(a), port.running()), (vec![], 1));
    port.waiter();
    assert_eq!(port.post(1), []);
}

/// B2: the end of an association gives back what it held: a slot, a place among the blocked, nothing.
#[test]
fn b02_the_end_of_an_association_frees_its_slot() {
    let mut port = Port::new(1);
    let a = port.runner(1);
    let b = port.waiter();
    assert_eq!(port.post(2), []);
    assert_eq!(port.leave(a), [(b, 2)]);
    assert_eq!((port.block(b), port.scheduler.counts().blocked), (vec![], 1));
    assert_eq!((port.leave(b), port.scheduler.counts().blocked), (vec![], 0));
    let never_asked = port.join();
    assert_eq!((port.leave(never_asked), port.running()), (vec![], 0));
    port.runner(3);
}

/// B3: a worker stops counting while it looks; a newcomer's look changes nothing.
#[test]
fn b03_who_looks_does_not_count() {
    let mut port = Port::new(2);
    let a = port.runner(1);
    assert_eq!(port.running(), 1);
    port.waiter();
    assert_eq!(port.running(), 1);
    assert_eq!((port.get(a), port.running()), (None, 0));
}

/// B3: a worker that asks another port leaves this one, and a waiter of this one is released.
#[test]
fn b03_going_to_another_port_releases_a_waiter_of_the_first() {
    let (mut x, mut y) = (Port::new(1), Port::new(1));
    let on_x = x.runner(1);
    let b = x.waiter();
    assert_eq!(x.post(2), []);
    assert_eq!(x.leave(on_x), [(b, 2)]);
    y.waiter();
    assert_eq!((x.running(), y.running()), (1, 0));
}

/// B4: a single worker drains 1000 posts without sleeping.
#[test]
fn b04_a_queued_packet_is_taken_without_waiting() {
    let mut port = Port::new(1);
    let a = port.join();
    (0..1000).for_each(|packet| assert_eq!(port.post(packet), []));
    for packet in 0..1000 {
        assert_eq!((port.get(a), port.running()), (Some(packet), 1));
    }
}

/// B5: with the port full a get waits beside two packets, and times out beside them.
#[test]
fn b05_waits_beside_a_full_queue() {
    let mut port = Port::new(1);
    port.runner(1);
    port.post(2);
    port.post(3);
    let b = port.waiter();
    assert_eq!((port.time_out(b), port.queued()), (vec![], 2));
}

/// B6: a packet goes to the newest waiter, who counts from then on; with the port full it is appended.
#[test]
fn b06_a_packet_goes_straight_to_the_newest_waiter() {
    let mut port = Port::new(1);
    port.waiter();
    let b = port.waiter();
    assert_eq!(port.post(1), [(b, 1)]);
    assert_eq!((port.running(), port.queued()), (1, 0));
    assert_eq!(port.post(2), []);
    assert_eq!((port.running(), port.queued()), (1, 1));
}

/// B6 for a parked waiter: it counts from the hand-over and not only from the moment it wakes up.
#[test]
fn b06_a_parked_waiter_counts_once_it_is_handed_a_packet() {
    let mut port = Port::new(1);
    let a = port.runner(1);
    let b = port.waiter();
    port.post(2);
    assert!(port.scheduler.blocked(a));
    assert_eq!(port.scheduler.next_wake(), Some(Wake::Unpark(b)));
    assert_eq!((port.running(), port.queued()), (1, 0));
    assert_eq!(port.post(3), []);
    assert_eq!(port.scheduler.resume(b), Next::Packet(2));
    assert_eq!(port.running(), 1);
}

/// B5, B10, B13: while no slot is free, a worker that asks takes what was handed to one that is not awake yet, and its
/// slot. That one waits on, as the newest (A45).
#[test]
fn b13_a_worker_that_asks_takes_what_a_sleeper_was_handed() {
    let mut port = Port::new(1);
    let a = port.runner(1);
    let (b, c) = (port.waiter(), port.waiter());
    port.post(2);
    assert!(port.scheduler.blocked(a));
    assert_eq!(port.scheduler.next_wake(), Some(Wake::Unpark(c)));
    port.unblock(a);
    assert_eq!(port.running(), 2);
    assert_eq!(port.get(a), Some(2), "C is not awake yet");
    assert_eq!((port.running(), port.scheduler.counts().waiting), (1, 2));
    assert_eq!(port.look_up(c), None, "C wakes up");
    assert_eq!(port.scheduler.counts().needless, 1);
    port.post(3);
    port.post(4);
    assert_eq!(port.block(a), [(c, 3)]);
    assert_eq!(port.block(c), [(b, 4)]);
    assert_eq!(port.scheduler.counts().needless, 1);
}

/// The same for a worker that comes out of the engine, and finds its slot taken. Of two that were handed something, the
/// later one loses it.
#[test]
fn b13_a_worker_that_comes_out_of_the_engine_does_too() {
    let mut port = Port::new(2);
    let (a, b) = (port.runner(1), port.runner(2));
    let (c, d) = (port.waiter(), port.waiter());
    port.post(3);
    port.post(4);
    assert!(port.scheduler.blocked(a));
    assert_eq!(port.scheduler.next_wake(), Some(Wake::Unpark(d)));
    assert!(port.scheduler.blocked(b));
    assert_eq!(port.scheduler.next_wake(), Some(Wake::Unpark(c)));
    port.unblock(a);
    assert_eq!(port.get(a), Some(4));
    assert_eq!(port.look_up(d), Some(3), "its own");
    assert_eq!((port.look_up(c), port.running()), (None, 2));

    let mut port = Port::new(1);
    let (a, poller) = (port.join(), port.waiter());
    port.scheduler.post(1, Urgency::Lazy).expect("an open port");
    assert_eq!(port.get(a), Some(1), "lazy: the poller sleeps on");
    let b = port.waiter();
    port.post(2);
    assert!(port.scheduler.blocked(a));
    assert_eq!(port.scheduler.next_wake(), Some(Wake::Unpark(b)));
    assert_eq!(port.look_up(poller), Some(2), "B is not awake yet");
    assert_eq!((port.look_up(b), port.running()), (None, 1));
}

/// With a slot free there is nothing to take over: who asks waits for the next packet (B6).
#[test]
fn b06_what_was_handed_is_left_alone_while_a_slot_is_free() {
    let mut port = Port::new(2);
    let (a, b) = (port.runner(1), port.runner(2));
    let c = port.waiter();
    port.post(3);
    assert!(port.scheduler.blocked(a));
    assert_eq!(port.scheduler.next_wake(), Some(Wake::Unpark(c)));
    assert_eq!(port.get(b), None);
    assert_eq!(port.look_up(c), Some(3));
}

/// B7: max 2, four waiters, four posts: two run; the third packet waits for a block, the fourth for a get.
fn throttles_to_two(port: &mut Port) {
    let waiters: Vec<WorkerId> = (0..4).map(|_| port.waiter()).collect();
    let released: Released = (1..=4).flat_map(|packet| port.post(packet)).collect();
    assert_eq!(released, [(waiters[3], 1), (waiters[2], 2)]);
    assert_eq!((port.running(), port.queued()), (2, 2));
    assert_eq!(port.block(waiters[3]), [(waiters[1], 3)]);
    assert_eq!(port.get(waiters[2]), Some(4));
    assert_eq!((port.running(), port.queued()), (2, 0));
}

#[test]
fn b07_n_plus_k_posts_release_n() {
    throttles_to_two(&mut Port::new(2));
}

/// B8: when the one running worker blocks, the newest waiter gets the head; also what only it would have fetched.
#[test]
fn b08_a_blocked_worker_is_replaced() {
    for urgency in [Urgency::Now, Urgency::Lazy] {
        let mut port = Port::new(1);
        let b = port.waiter();
        let a = port.runner(1);
        port.scheduler.post(2, urgency).expect("an open port");
        assert_eq!(port.settle(), []);
        assert_eq!(port.block(a), [(b, 2)]);
        assert_eq!((port.running(), port.scheduler.counts().blocked), (1, 1));
    }
}

/// B9: the blocked worker runs again above the limit and nobody is stopped for it.
/// B10: until the count is below the limit, whoever asks waits beside the queue.
#[test]
fn b09_b10_an_overshoot_lasts_until_workers_come_back() {
    let mut port = Port::new(1);
    let a = port.runner(1);
    let b = port.waiter();
    port.post(2);
    assert_eq!(port.block(a), [(b, 2)]);
    assert_eq!((port.unblock(a), port.running()), (vec![], 2));
    assert!(port.scheduler.is_running(a) && port.scheduler.is_running(b));
    assert_eq!(port.post(3), []);
    assert_eq!((port.get(b), port.running()), (None, 1));
    assert_eq!(port.get(a), Some(3));
    assert_eq!((port.running(), port.scheduler.counts().waiting), (1, 1));
}

/// B11: who timed out counts without a packet, until it blocks, leaves or asks again.
#[test]
fn b11_a_timed_out_worker_counts() {
    let ends: [fn(&mut Port, WorkerId) -> Released; 2] = [Port::block, Port::leave];
    for end in ends {
        let mut port = Port::new(1);
        let b = port.waiter();
        let a = port.waiter();
        assert_eq!((port.time_out(a), port.running()), (vec![], 1));
        assert_eq!(port.post(1), []);
        assert_eq!(end(&mut port, a), [(b, 1)]);
    }
    let mut port = Port::new(1);
    let a = port.waiter();
    port.time_out(a);
    assert_eq!(port.post(1), []);
    assert_eq!((port.get(a), port.running()), (Some(1), 1));
}

/// B11: the count does not look at the limit.
#[test]
fn b11_a_time_out_may_exceed_the_limit() {
    let mut port = Port::new(1);
    port.runner(1);
    let b = port.waiter();
    assert_eq!((port.time_out(b), port.running()), (vec![], 2));
}

/// B12: neither a stranger that posts nor a thread that never asked takes a slot.
#[test]
fn b12_only_workers_that_asked_count() {
    let mut port = Port::new(1);
    let never_asked = port.join();
    let b = port.waiter();
    assert!(!port.scheduler.blocked(never_asked), "it did not count");
    assert_eq!(port.running(), 0);
    assert_eq!(port.post(1), [(b, 1)]);
}

/// B13: three workers, max 1, a queue that never empties: one serves it all and nobody else is even woken.
#[test]
fn b13_a_busy_worker_is_not_switched_out() {
    let mut port = Port::new(1);
    port.waiter();
    port.waiter();
    let busy = port.waiter();
    assert_eq!(port.post(0), [(busy, 0)]);
    (1..1000).for_each(|packet| assert_eq!(port.post(packet), []));
    for packet in 1..1000 {
        assert!(port.scheduler.runs_on(busy));
        assert_eq!(port.scheduler.run_on(busy), Some(packet));
        assert_eq!(port.scheduler.next_wake(), None);
    }
}

/// B14: ten packets in one hand are one running worker.
#[test]
fn b14_a_batch_counts_once() {
    let mut port = Port::new(2);
    let a = port.join();
    (1..=10).for_each(|packet| assert_eq!(port.post(packet), []));
    assert_eq!(port.get(a), Some(1));
    let mut more = 0;
    port.scheduler.take_more(9, |_| more += 1);
    assert_eq!((more, port.running()), (9, 1));
    let b = port.waiter();
    assert_eq!(port.post(11), [(b, 11)]);
}

/// B15: the exit of a running worker releases a waiter; also for what only it would have fetched.
#[test]
fn b15_an_exit_releases_a_waiter() {
    for urgency in [Urgency::Now, Urgency::Lazy] {
        let mut port = Port::new(1);
        let b = port.waiter();
        let a = port.runner(1);
        port.scheduler.post(2, urgency).expect("an open port");
        assert_eq!(port.settle(), []);
        assert_eq!(port.leave(a), [(b, 2)]);
    }
}

/// B16: a worker's own post finds the port full of that worker.
#[test]
fn b16_the_poster_itself_counts() {
    let mut port = Port::new(1);
    port.waiter();
    let a = port.waiter();
    assert_eq!(port.post(1), [(a, 1)]);
    assert_eq!(port.post(2), [], "A posts while it holds packet 1");
    assert_eq!(port.get(a), Some(2));
}

/// B19: a close ends every association, whatever the worker does; another port starts from nothing.
#[test]
fn b19_close_dissociates_all_and_a_new_port_starts_clean() {
    let mut port = Port::new(2);
    let blocked = port.runner(1);
    port.block(blocked);
    let running = port.runner(2);
    let waiting = port.waiter();
    port.close();
    assert_eq!(port.abandoned, [waiting]);
    assert_eq!((port.get(blocked), port.get(running)), (None, None));
    let counts = port.scheduler.counts();
    assert_eq!((counts.running, counts.blocked, counts.waiting), (0, 0, 0));
    throttles_to_two(&mut Port::new(2));
}
