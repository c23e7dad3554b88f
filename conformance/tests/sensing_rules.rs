//! The rules of contract B that speak of blocking, on real threads, each on every source of knowledge.
//!
//! Method: [`Hand`]s run or block as they are told. What a port learns by itself it learns within a tick or
//! so, and only while looking can matter (packets wait, a waiter exists, every slot is taken); so tests that
//! want to see a state wait for it, and make it matter first.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use wharf::GetError;
use wharf_conformance::blocking::{
    Answer, Gate, Hand, Numbers, SHORT, Source, alone, compute, reaches,
};

/// A release may take this long and still be one: no scheduling of threads by chance.
const PROMPT: Duration = Duration::from_millis(50);

/// How long a handler computes.
const HANDLER: Duration = Duration::from_micros(20);

fn on_each_source(test: impl Fn(Source)) {
    let _alone = alone();
    for source in Source::all() {
        test(source);
    }
}

/// B3: a worker that asks another port leaves this one, and a waiter of this one is released; whether it was
/// running or known to be blocked makes no difference to the counts it leaves behind.
#[test]
fn b03_a_worker_that_asks_another_port_frees_its_slot() {
    on_each_source(|source| {
        let (x, y) = (source.port(1), source.port(1));
        let (a, b) = (Hand::new("A"), Hand::new("B"));
        a.takes(&x, 1);
        let waiting = b.waits(&x);
        x.post(0, 2, 0).expect("open");
        waiting.stays_pending();
        let on_y = a.waits(&y);
        assert_eq!(waiting.wait(), Ok(2), "{source}");
        assert_eq!((x.stats().running, y.stats().running), (1, 0), "{source}");
        y.post(0, 3, 0).expect("open");
        assert_eq!(on_y.wait(), Ok(3), "{source}");

        // The same from being blocked: B is seen blocked on X, A comes back to X in its place, then B goes.
        let gate = Gate::new();
        let back = a.waits(&x);
        let blocked = b.blocks(source, &gate);
        x.post(0, 4, 0).expect("open");
        assert_eq!(back.wait(), Ok(4), "{source}");
        assert_eq!((x.stats().running, x.stats().blocked), (1, 1), "{source}");
        gate.open();
        blocked.wait();
        b.takes(&y, 5);
        assert_eq!((x.stats().running, x.stats().blocked), (1, 0), "{source}");
        assert_eq!((y.stats().running, y.stats().blocked), (1, 0), "{source}");
    });
}

/// B5: with max 1 and A computing, a get waits beside two packets and times out beside them.
#[test]
fn b05_a_full_port_lets_a_get_wait_beside_packets() {
    on_each_source(|source| {
        let port = source.port(1);
        let (a, b) = (Hand::new("A"), Hand::new("B"));
        a.takes(&port, 1);
        port.post(0, 2, 0).expect("open");
        port.post(0, 3, 0).expect("open");
        assert_eq!(b.get_for(&port, Some(SHORT)).wait(), Err(GetError::TimedOut), "{source}");
        assert_eq!((port.stats().queued, port.stats().taken), (2, 1), "{source}");
    });
}

/// B8: max 1; A takes a packet and blocks, and B gets the second one. By the fastest of some rounds in at most
/// 50 ms: what a busy machine adds to one round is not what is tested.
#[test]
fn b08_a_blocked_worker_is_replaced_promptly() {
    on_each_source(|source| {
        let round = || {
            let port = source.port(1);
            let (a, b, gate) = (Hand::new("A"), Hand::new("B"), Gate::new());
            a.takes(&port, 1);
            let waiting = b.waits(&port);
            port.post(0, 2, 0).expect("open");
            waiting.stays_pending();
            assert_eq!(port.stats().queued, 1, "{source}: nobody blocks yet");
            let start = Instant::now();
            let blocked = a.blocks(source, &gate);
            assert_eq!(waiting.wait(), Ok(2), "{source}");
            let took = start.elapsed();
            assert!(blocked.is_pending(), "{source}: A passes a closed gate");
            let stats = port.stats();
            assert_eq!((stats.running, stats.blocked), (1, 1), "{source}");
            let expected = if source.is_sensed() { (0, 1) } else { (1, 0) };
            assert_eq!((stats.released_told, stats.released_sensed), expected, "{source}");
            gate.open();
            blocked.wait();
            took
        };
        let fastest = (0..5).map(|_| round()).min().expect("rounds");
        assert!(fastest < PROMPT, "{source}: block to release took {fastest:?}");
    });
}

/// B8: also after a long time in which nobody blocked, when the steward comes by rarely and workers look at each other. First
/// one blocks beside one that goes on taking packets, then that one too, so that nobody who could look is left.
#[test]
fn b08_who_blocks_after_a_long_calm_is_replaced() {
    /// Takes until the steward's pauses are the longest, several times over.
    const CALM: u64 = 50_000;
    const QUICK: u64 = 0;
    const BLOCK: u64 = 1;
    /// Ends the workers, after a failure too.
    struct End<'a> {
        over: &'a AtomicBool,
        gate: &'a Gate,
        port: &'a Numbers,
    }
    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.over.store(true, Relaxed);
            self.gate.open();
            self.port.close();
        }
    }
    on_each_source(|source| {
        let port = source.port(2);
        let gate = Gate::new();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                port.run(4, |packet| {
                    match packet.payload {
                        BLOCK => source.block(|| gate.pass()),
                        _ if over.load(Relaxed) => {}
                        _ => {
                            compute(Duration::from_micros(5));
                            port.post(0, QUICK, 0)?;
                        }
                    }
                    Ok(())
                })
            });
            let _end = End { over: &over, gate: &gate, port: &port };
            for _ in 0..16 {
                port.post(0, QUICK, 0).expect("open");
            }
            reaches(&port, "a long calm", |stats| stats.taken >= CALM);
            let before = port.stats();
            for blocked in 1..=2 {
                port.post(0, BLOCK, 0).expect("open");
                reaches(&port, "one more is blocked", |stats| {
                    stats.blocked == blocked && stats.running == 2
                });
            }
            let released = source.released(&port.stats()) - source.released(&before);
            assert!(released >= 2, "{source}: {released}");
        });
    });
}

/// B8: also if the packet comes after the block: the port was not looking when it happened.
#[test]
fn b08_a_worker_that_blocked_long_ago_is_replaced_when_a_packet_comes() {
    on_each_source(|source| {
        let port = source.port(1);
        let (a, b, gate) = (Hand::new("A"), Hand::new("B"), Gate::new());
        a.takes(&port, 1);
        let waiting = b.waits(&port);
        let blocked = a.blocks(source, &gate);
        waiting.stays_pending();
        assert_eq!(port.stats().released_sensed, 0, "{source}: nothing is queued");
        port.post(0, 2, 0).expect("open");
        assert_eq!(waiting.wait(), Ok(2), "{source}");
        gate.open();
        blocked.wait();
    });
}

/// B8, each of a chain: whoever replaces a blocked worker and blocks too is replaced in turn.
#[test]
fn b08_replacements_are_replaced() {
    on_each_source(|source| {
        let port = source.port(1);
        let gate = Gate::new();
        let hands = ["A", "B", "C", "D"].map(Hand::new);
        hands[0].takes(&port, 0);
        let waiting: Vec<_> = hands[1..].iter().map(|hand| hand.waits(&port)).collect();
        (1..=3).for_each(|payload| port.post(0, payload, 0).expect("open"));
        let mut passing = vec![hands[0].blocks(source, &gate)];
        // Newest first (A45): D, C, B.
        for (payload, (hand, answer)) in (1..).zip(hands[1..].iter().zip(waiting).rev()) {
            assert_eq!(answer.wait(), Ok(payload), "{source}");
            passing.push(hand.blocks(source, &gate));
        }
        assert_eq!(source.released(&port.stats()), 3, "{source}");
        gate.open();
        passing.into_iter().for_each(|answer| answer.wait());
    });
}

/// B9, B10: max 1; A blocks, B takes its place, and A runs again: two run now and nobody is stopped for it. While
/// A runs, B finds that it has to wait beside packets; and when A asks, A gets the next one.
///
/// A's word is believed at once. What A does without a word is seen while the port is in use, so there B works
/// on a queue that does not empty until it is stopped; that it is, is the test.
#[test]
fn b09_b10_an_overshoot_lasts_until_workers_come_back() {
    on_each_source(|source| {
        let port = source.port(1);
        let (a, b, gate) = (Hand::new("A"), Hand::new("B"), Gate::new());
        a.takes(&port, 0);
        let waiting = b.waits(&port);
        let blocked = a.blocks(source, &gate);
        port.post(0, 0, 0).expect("open");
        assert_eq!(waiting.wait(), Ok(0), "{source}");
        gate.open();
        blocked.wait();
        if !source.is_sensed() {
            assert_eq!((port.stats().running, port.stats().blocked), (2, 0), "{source}");
        }

        let supply = port.clone();
        let works = port.clone();
        (0..3).for_each(|_| port.post(0, 1, 0).expect("open"));
        let stopped = b.tell("work until asked to stop", move || {
            while works.get(None).expect("open").payload != 2 {
                supply.post(0, 1, 0).expect("open");
                compute(HANDLER);
            }
        });
        reaches(&port, &format!("{source}: B waits beside packets while A runs"), |stats| {
            stats.waiting == 1
        });
        let stats = port.stats();
        assert_eq!((stats.running, stats.blocked, stats.queued), (1, 0, 3), "{source}: {stats:?}");
        stopped.stays_pending();
        assert_eq!(port.stats().taken, stats.taken, "{source}: A runs");
        (0..3).for_each(|_| assert_eq!(a.get(&port).wait(), Ok(1), "{source}"));
        assert!(stopped.is_pending(), "{source}: A has one slot and that is all there are");
        port.post(0, 2, 0).expect("open");
        a.exits();
        stopped.wait();
    });
}

/// B9, whoever it is that runs again: max 1; six are blocked, the one that came last runs on, and the seventh, who works
/// on a queue that does not empty, is stopped for it.
#[test]
fn b09_each_of_many_that_are_blocked_is_seen_to_run_again() {
    on_each_source(|source| {
        let port = source.port(1);
        let (gate, last_gate) = (Gate::new(), Gate::new());
        let mut hands = Vec::from(["A", "B", "C", "D", "E", "F", "G"].map(Hand::new));
        hands[0].takes(&port, 0);
        let mut waiting: Vec<_> = hands[1..].iter().map(|hand| hand.waits(&port)).collect();
        (1..=6).for_each(|payload| port.post(0, payload, 0).expect("open"));
        let mut blocked = vec![hands[0].blocks(source, &gate)];
        let last = hands.pop().expect("G, the newest (A45)");
        assert_eq!(waiting.pop().map(Answer::wait), Some(Ok(1)), "{source}");
        let runs_on = last.blocks(source, &last_gate);
        let mut released = hands[1..].iter().zip(waiting).rev();
        let (worker, answer) = released.next_back().expect("B");
        for (payload, (hand, answer)) in (2..).zip(released) {
            assert_eq!(answer.wait(), Ok(payload), "{source}");
            blocked.push(hand.blocks(source, &gate));
        }
        assert_eq!(answer.wait(), Ok(6), "{source}");

        let (supply, works) = (port.clone(), port.clone());
        (0..3).for_each(|_| port.post(0, 1, 0).expect("open"));
        let stopped = worker.tell("work until asked to stop", move || {
            while works.get(None).expect("open").payload != 2 {
                supply.post(0, 1, 0).expect("open");
                compute(HANDLER);
            }
        });
        last_gate.open();
        runs_on.wait();
        reaches(&port, &format!("{source}: B waits beside packets while G runs"), |stats| {
            stats.waiting == 1
        });
        assert_eq!(port.stats().blocked, 5, "{source}");
        stopped.stays_pending();
        (0..3).for_each(|_| assert_eq!(last.get(&port).wait(), Ok(1), "{source}"));
        port.post(0, 2, 0).expect("open");
        last.exits();
        stopped.wait();
        gate.open();
        blocked.into_iter().for_each(|answer| answer.wait());
    });
}

/// B11: max 1; A's get times out and A runs without a packet: it counts, and B is not released. When A blocks,
/// B is.
#[test]
fn b11_a_timed_out_worker_counts_until_it_blocks() {
    on_each_source(|source| {
        let port = source.port(1);
        let (a, b, gate) = (Hand::new("A"), Hand::new("B"), Gate::new());
        let timed_out = a.get_for(&port, Some(Duration::ZERO)).wait();
        assert_eq!(timed_out, Err(GetError::TimedOut), "{source}");
        let waiting = b.waits(&port);
        port.post(0, 1, 0).expect("open");
        waiting.stays_pending();
        assert_eq!((port.stats().running, port.stats().queued), (1, 1), "{source}");
        let blocked = a.blocks(source, &gate);
        assert_eq!(waiting.wait(), Ok(1), "{source}");
        gate.open();
        blocked.wait();
    });
}

/// B13: three workers, max 1, 1000 packets that are there already: one thread serves them all, and nobody is
/// taken for blocked while it does.
#[test]
fn b13_a_busy_worker_serves_a_full_queue_alone() {
    on_each_source(|source| {
        let port = source.port(1);
        let hands = ["A", "B", "C"].map(Hand::new);
        hands[0].takes(&port, 0);
        let others = [hands[1].waits(&port), hands[2].waits(&port)];
        (1..=1000).for_each(|payload| port.post(0, payload, 0).expect("open"));
        let served = {
            let port = port.clone();
            hands[0].tell("serve 1000 packets", move || {
                let serve = |payload: &u64| {
                    compute(HANDLER);
                    port.get(None).expect("open").payload == *payload
                };
                (1..=1000_u64).filter(serve).count()
            })
        };
        assert_eq!(served.wait(), 1000, "{source}: in order, by one thread");
        assert!(others.iter().all(|answer| answer.is_pending()), "{source}");
        let stats = port.stats();
        assert_eq!((stats.released_told, stats.released_sensed), (0, 0), "{source}");
        port.close();
        others.into_iter().for_each(|answer| assert_eq!(answer.wait(), Err(GetError::Closed)));
    });
}

/// B15: max 1; a worker returns from its start routine with a packet in hand: running, or after it was seen
/// blocked. Its slot is free, and it is no more among the blocked.
#[test]
fn b15_the_exit_of_a_worker_releases_a_waiter() {
    on_each_source(|source| {
        let port = source.port(1);
        let (a, b, c) = (Hand::new("A"), Hand::new("B"), Hand::new("C"));
        a.takes(&port, 1);
        let waiting = b.waits(&port);
        port.post(0, 2, 0).expect("open");
        waiting.stays_pending();
        a.exits();
        assert_eq!(waiting.wait(), Ok(2), "{source}");
        assert_eq!((port.stats().running, port.stats().blocked), (1, 0), "{source}");

        let gate = Gate::new();
        let waiting = c.waits(&port);
        let blocked = b.blocks(source, &gate);
        port.post(0, 3, 0).expect("open");
        assert_eq!(waiting.wait(), Ok(3), "{source}");
        assert_eq!((port.stats().running, port.stats().blocked), (1, 1), "{source}");
        gate.open();
        blocked.wait();
        b.exits();
        assert_eq!((port.stats().running, port.stats().blocked), (1, 0), "{source}");
    });
}

/// B16: max 1; A posts to its own port while it holds a packet: it counts itself, and B stays where it is.
#[test]
fn b16_a_worker_that_posts_counts_itself() {
    on_each_source(|source| {
        let port = source.port(1);
        let (a, b) = (Hand::new("A"), Hand::new("B"));
        a.takes(&port, 1);
        let waiting = b.waits(&port);
        let own = port.clone();
        let posted = a.tell("post", move || own.post(0, 2, 0).is_ok());
        assert!(posted.wait());
        waiting.stays_pending();
        assert_eq!((port.stats().running, port.stats().queued), (1, 1), "{source}");
        assert_eq!(a.get(&port).wait(), Ok(2), "{source}");
        port.close();
        assert_eq!(waiting.wait(), Err(GetError::Closed), "{source}");
    });
}
