//! Contract B8, B9 and B17 for workers that do not say that they block: what was seen of them from outside.

use wharf_core::scheduler::{Next, Urgency, Wake, WorkerId};

use crate::port::{Port, Released};

/// B8, B17: a worker that is seen blocked is replaced, also for what only it would have fetched.
#[test]
fn b08_a_worker_seen_blocked_is_replaced() {
    for urgency in [Urgency::Now, Urgency::Lazy] {
        let mut port = Port::new(1);
        let b = port.waiter();
        let a = port.runner(1);
        port.scheduler.post(2, urgency).expect("an open port");
        assert_eq!(port.settle(), []);
        assert_eq!(port.sense(a), [(b, 2)]);
        let counts = port.scheduler.counts();
        assert_eq!((counts.running, counts.blocked), (1, 1));
        assert_eq!((counts.released_told, counts.released_sensed), (0, 1));
    }
}

/// B9, B10: a worker that is seen running again counts, beyond the limit if need be, and whoever asks waits.
#[test]
fn b09_b10_a_worker_seen_running_counts_again() {
    let mut port = Port::new(1);
    let a = port.runner(1);
    let b = port.waiter();
    port.post(2);
    assert_eq!(port.sense(a), [(b, 2)]);
    assert_eq!((port.sense_running(a), port.running()), (vec![], 2));
    assert_eq!(port.post(3), []);
    assert_eq!((port.get(b), port.running()), (None, 1));
    assert_eq!(port.get(a), Some(3));
}

/// A worker that was seen blocked may come back, leave or give word by itself; its slot is settled once.
#[test]
fn b03_b15_what_was_seen_ends_with_the_next_thing_the_worker_does() {
    type End = fn(&mut Port, WorkerId);
    let ends: [(End, (u32, u32)); 3] = [
        (|port, a| assert_eq!(port.get(a), None), (1, 0)),
        (|port, a| assert_eq!(port.leave(a), []), (1, 0)),
        (|port, a| assert_eq!(port.block(a), []), (1, 1)),
    ];
    for (end, expected) in ends {
        let mut port = Port::new(1);
        let a = port.runner(1);
        let b = port.waiter();
        port.post(2);
        assert_eq!(port.sense(a), [(b, 2)]);
        end(&mut port, a);
        let counts = port.scheduler.counts();
        assert_eq!((counts.running, counts.blocked), expected);
        assert_eq!(port.scheduler.sensed().count(), 0);
    }
}

/// B17: its own word is worth more than what was seen. It is not released for twice, and it counts again when
/// it says so and not when it is seen running, which it may well be inside its announced call.
#[test]
fn b17_a_word_replaces_what_was_seen() {
    let mut port = Port::new(1);
    let a = port.runner(1);
    let b = port.waiter();
    port.post(2);
    assert_eq!(port.sense(a), [(b, 2)]);
    let seen = port.epoch(a);
    assert_eq!(port.block(a), []);
    assert_eq!(port.scheduler.counts().released_told, 0);
    assert!(!port.scheduler.sense_running(a, seen));
    assert_eq!((port.unblock(a), port.running()), (vec![], 2));
    assert!(!port.scheduler.sense_blocked(a, seen), "it has come back since");
}

/// B9: the word of a worker that never gave one is not awaited: only what was told ends by being told.
#[test]
fn b09_coming_back_by_word_is_for_who_left_by_word() {
    let mut port = Port::new(1);
    let a = port.runner(1);
    port.sense(a);
    assert_eq!((port.unblock(a), port.running()), (vec![], 0));
}

/// A look that is reported late is refused, whatever the worker has done since: taken a packet at once or after
/// a wait, waited in vain, come back from a block, left, or left its index to another one.
#[test]
fn b17_a_stale_look_is_refused() {
    let moves: [fn(&mut Port, WorkerId); 6] = [
        |port, a| {
            port.scheduler.post(2, Urgency::Lazy).expect("open");
            assert_eq!(port.get(a), Some(2));
        },
        |port, a| {
            assert_eq!(port.get(a), None);
            assert_eq!(port.post(2), [(a, 2)]);
        },
        |port, a| {
            assert_eq!(port.get(a), None);
            assert_eq!(port.time_out(a), []);
        },
        |port, a| {
            assert_eq!(port.block(a), []);
            assert_eq!(port.unblock(a), []);
        },
        |port, a| assert_eq!(port.leave(a), []),
        |port, a| {
            assert_eq!(port.leave(a), []);
            assert_eq!(port.runner(2), a, "the index is used again");
        },
    ];
    for (at, act) in moves.into_iter().enumerate() {
        let mut port = Port::new(1);
        let a = port.runner(1);
        let epoch = port.epoch(a);
        act(&mut port, a);
        assert!(!port.scheduler.sense_blocked(a, epoch), "move {at}");
        assert!(!port.scheduler.sense_running(a, epoch), "move {at}");
        assert_eq!(port.scheduler.counts().released_sensed, 0, "move {at}");
    }
}

/// A look holds as long as the worker is at the same packet, however often its state was seen to change.
#[test]
fn b17_a_look_holds_for_the_same_packet() {
    let mut port = Port::new(1);
    let a = port.runner(1);
    let epoch = port.epoch(a);
    for _ in 0..3 {
        assert!(!port.scheduler.sense_running(a, epoch), "it counts already");
        assert!(port.scheduler.sense_blocked(a, epoch));
        assert!(!port.scheduler.sense_blocked(a, epoch), "once");
        assert!(port.scheduler.sense_running(a, epoch));
    }
    assert_eq!(port.running(), 1);
}

/// A worker that has been handed a packet and has not picked it up is no suspect: it sleeps, and counts.
#[test]
fn b17_who_has_not_picked_up_is_no_suspect() {
    let mut port = Port::new(1);
    let a = port.runner(1);
    let b = port.waiter();
    port.post(2);
    assert!(port.scheduler.blocked(a));
    assert!(port.scheduler.next_wake().is_some(), "B is handed packet 2");
    assert_eq!((port.running(), port.scheduler.suspects().count()), (1, 0));
    assert!((0..10).all(|epoch| !port.scheduler.sense_blocked(b, epoch)));
}

/// Those who look before they park begin with the worker that has been at it for longest.
#[test]
fn b17_the_first_suspect_has_moved_least_lately() {
    let mut port = Port::new(3);
    let (a, b, c) = (port.runner(1), port.runner(2), port.runner(3));
    port.post(4);
    assert_eq!(port.get(a), Some(4));
    let mut last = None;
    for expected in [b, c, a] {
        let (suspect, epoch) = port.scheduler.next_suspect(last).expect("three of them");
        assert_eq!(suspect, expected);
        last = Some(epoch);
    }
    assert_eq!(port.scheduler.next_suspect(last), None);
    port.post(5);
    assert_eq!(port.get(b), Some(5));
    assert_eq!(
        port.scheduler.next_suspect(last).map(|(suspect, _)| suspect),
        Some(b),
        "it has moved"
    );
}

/// Looking is worth while while packets wait, somebody could take them, and no slot is free.
#[test]
fn b17_looking_matters_beside_packets_waiters_and_a_full_port() {
    let mut port = Port::new(1);
    let a = port.runner(1);
    assert!(!port.scheduler.is_needed(), "no packet, no waiter");
    port.post(2);
    assert!(!port.scheduler.is_needed(), "no waiter");
    let b = port.waiter();
    assert!(port.scheduler.is_needed());
    assert_eq!(port.sense(a), [(b, 2)]);
    assert!(!port.scheduler.is_needed(), "no packet, no waiter again");
    let c = port.waiter();
    assert!(!port.scheduler.is_needed(), "no packet");
    port.post(3);
    assert!(port.scheduler.is_needed());
    assert_eq!(port.sense(b), [(c, 3)]);
    port.post(4);
    port.set_growable(true);
    assert!(port.scheduler.is_needed(), "nobody waits, but somebody would come");
    port.close();
    assert!(!port.scheduler.is_needed(), "closed");
}

/// A release is counted for the source that it is owed to, and only if there was one: not for a block with
/// nothing queued, with nobody waiting, or on a port that is still full.
#[test]
fn b08_only_releases_are_counted() {
    type Way = fn(&mut Port, WorkerId) -> Released;
    let ways: [(Way, (u64, u64)); 2] = [(Port::block, (1, 0)), (Port::sense, (0, 1))];
    for (way, one) in ways {
        let released = |port: &Port| {
            let counts = port.scheduler.counts();
            (counts.released_told, counts.released_sensed)
        };
        let mut port = Port::new(1);
        let a = port.runner(1);
        way(&mut port, a);
        assert_eq!(released(&port), (0, 0), "nothing queued, nobody waiting");
        let b = port.runner(2);
        port.post(3);
        assert_eq!((way(&mut port, b), released(&port)), (vec![], (0, 0)), "nobody waiting");
        let c = port.join();
        assert_eq!(port.get(c), Some(3));
        let d = port.waiter();
        port.post(4);
        assert_eq!((way(&mut port, c), released(&port)), (vec![(d, 4)], one));

        let mut port = Port::new(1);
        let a = port.runner(1);
        let b = port.waiter();
        assert_eq!(port.time_out(b), []);
        let c = port.waiter();
        port.post(2);
        assert_eq!((way(&mut port, a), released(&port)), (vec![], (0, 0)), "still full: B counts");
        assert_eq!((way(&mut port, b), released(&port)), (vec![(c, 2)], one));
    }
}

/// A waiter that is woken for a packet that somebody else takes is counted; one that the close wakes is not.
#[test]
fn b06_a_wake_up_for_nothing_is_counted() {
    let mut port = Port::new(2);
    let a = port.waiter();
    let b = port.join();
    port.scheduler.post(1, Urgency::Now).expect("open");
    assert_eq!(port.scheduler.next_wake(), Some(Wake::Poller));
    assert_eq!(port.scheduler.get(b), Next::Packet(1));
    assert_eq!(port.scheduler.next_wake(), None);
    assert_eq!((port.look_up(a), port.scheduler.counts().needless), (None, 1));
    assert_eq!((port.look_up(a), port.scheduler.counts().needless), (None, 1), "nobody woke it");
    port.close();
    assert_eq!((port.abandoned.as_slice(), port.scheduler.counts().needless), ([a].as_slice(), 1));
}

/// B8: workers that take packets look at each other, once in so many packets, at those that have not moved meanwhile.
#[test]
fn b08_workers_look_at_each_other_in_time() {
    let mut port = Port::new(2);
    let (a, b) = (port.runner(1), port.runner(2));
    port.waiter();
    for packet in 3..20 {
        port.post(packet);
    }
    let every = |packets| std::num::NonZeroU64::new(packets);
    assert!(port.scheduler.runs_on(a));
    assert_eq!(port.scheduler.begin_peer_look(), None, "nobody asked for it");

    port.scheduler.set_peer_looks(every(3));
    for _ in 0..3 {
        assert!(port.scheduler.runs_on(a), "not due yet");
        assert!(port.scheduler.run_on(a).is_some());
    }
    assert!(!port.scheduler.runs_on(a), "this comes first");
    port.scheduler.set_peer_looks(every(100)); // more rarely from the next one on: this one stays due
    let since = port.scheduler.begin_peer_look().expect("it is due");
    assert!(port.scheduler.runs_on(a), "once");
    let (unmoved, epoch) =
        port.scheduler.next_unmoved(None, since).expect("one that has not moved");
    assert_eq!(unmoved, b);
    assert_eq!(port.scheduler.next_unmoved(Some(epoch), since), None, "the other one has");

    port.scheduler.set_peer_looks(every(2)); // sooner, from now on
    assert!(port.scheduler.run_on(b).is_some() && port.scheduler.run_on(a).is_some());
    let since = port.scheduler.begin_peer_look().expect("it is due");
    assert_eq!(port.scheduler.next_unmoved(None, since), None, "both have moved");

    port.scheduler.set_peer_looks(None);
    for _ in 0..5 {
        assert!(port.scheduler.runs_on(a));
        assert!(port.scheduler.run_on(a).is_some());
    }
}
