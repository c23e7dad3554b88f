//! Waits that a panic breaks off: no packet is lost (A47), and the worker counts as after a time-out (B11).

use std::num::NonZeroU32;

use wharf_core::scheduler::{Next, Scheduler, Urgency, Wake, WorkerId};

fn scheduler() -> Scheduler<u32> {
    Scheduler::new(NonZeroU32::MIN)
}

fn post(scheduler: &mut Scheduler<u32>, packet: u32) -> Vec<Wake> {
    scheduler.post(packet, Urgency::Now).expect("an open port");
    settle(scheduler)
}

fn settle(scheduler: &mut Scheduler<u32>) -> Vec<Wake> {
    std::iter::from_fn(|| scheduler.next_wake()).collect()
}

/// A worker that runs, and one that was parked beside it and has been handed packet 1; packet 2 is queued.
fn handed() -> (Scheduler<u32>, WorkerId, WorkerId) {
    let mut scheduler = scheduler();
    let (a, b) = (scheduler.join(), scheduler.join());
    post(&mut scheduler, 0);
    assert_eq!((scheduler.get(a), scheduler.get(b)), (Next::Packet(0), Next::Park));
    assert_eq!(post(&mut scheduler, 1), []);
    assert_eq!(post(&mut scheduler, 2), []);
    assert!(scheduler.blocked(a));
    assert_eq!(settle(&mut scheduler), [Wake::Unpark(b)]);
    (scheduler, a, b)
}

#[test]
fn a_worker_in_the_engine_runs_on() {
    let mut scheduler = scheduler();
    let worker = scheduler.join();
    assert_eq!(scheduler.get(worker), Next::Poll);
    assert_eq!(post(&mut scheduler, 1), [Wake::Poller]);
    scheduler.abandon(worker);
    let counts = scheduler.counts();
    assert_eq!((counts.running, counts.waiting, counts.queued), (1, 0, 1));
    assert_eq!((settle(&mut scheduler), scheduler.get(worker)), (vec![], Next::Packet(1)));
    scheduler.abandon(worker); // it does not wait
    assert_eq!(scheduler.counts().running, 1);
}

#[test]
fn a_parked_worker_runs_above_the_value() {
    let mut scheduler = scheduler();
    let (a, b) = (scheduler.join(), scheduler.join());
    post(&mut scheduler, 0);
    assert_eq!((scheduler.get(a), scheduler.get(b)), (Next::Packet(0), Next::Park));
    scheduler.abandon(b);
    assert_eq!((scheduler.counts().running, scheduler.counts().waiting), (2, 0));
    assert_eq!(scheduler.get(b), Next::Park);
}

#[test]
fn what_was_handed_is_had_by_the_next_get() {
    let (mut scheduler, _, b) = handed();
    scheduler.abandon(b);
    assert_eq!((scheduler.counts().running, scheduler.counts().queued), (1, 1));
    assert_eq!(scheduler.get(b), Next::Packet(1));
    assert_eq!(scheduler.get(b), Next::Packet(2));
}

/// Its wait is over: it does not wait on if its packet is taken over, so that is not.
#[test]
fn what_was_handed_is_not_taken_over() {
    let (mut scheduler, a, b) = handed();
    scheduler.abandon(b);
    scheduler.unblocked(a);
    assert_eq!(scheduler.counts().running, 2);
    assert_eq!(scheduler.get(a), Next::Park);
    assert_eq!(scheduler.get(b), Next::Packet(1));
}

#[test]
fn what_was_handed_is_the_next_workers_if_it_leaves() {
    let (mut scheduler, _, b) = handed();
    scheduler.abandon(b);
    scheduler.leave(b);
    assert_eq!((scheduler.counts().running, scheduler.counts().queued), (0, 2));
    let c = scheduler.join();
    assert_eq!(scheduler.get(c), Next::Packet(1), "in its old place");
    assert_eq!(scheduler.get(c), Next::Packet(2));
    assert_eq!(scheduler.taken(), 3);
}

#[test]
fn a_closed_port_stays_closed() {
    let mut scheduler = scheduler();
    let worker = scheduler.join();
    assert_eq!(scheduler.get(worker), Next::Poll);
    assert_eq!(scheduler.close(), []);
    assert_eq!(settle(&mut scheduler), [Wake::Poller]);
    scheduler.abandon(worker);
    assert_eq!((scheduler.counts().running, scheduler.get(worker)), (0, Next::Closed));
    scheduler.leave(worker);
}

/// What comes back to a closed port is nobody's (A15).
#[test]
fn what_was_handed_before_the_close_is_not_run_on_with() {
    let (mut scheduler, a, b) = handed();
    scheduler.abandon(b);
    scheduler.unblocked(a);
    assert_eq!(scheduler.close(), [2]);
    scheduler.leave(b);
    assert_eq!(scheduler.counts().queued, 1);
    assert!(!scheduler.runs_on(a));
    assert_eq!(scheduler.get(a), Next::Closed);
}
