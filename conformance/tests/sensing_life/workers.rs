//! Workers that come, go, stay away, and are thousands.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use wharf::GetError;
use wharf_conformance::blocking::{Gate, Hand, Source, alone, eventually, reaches};

use crate::watch::sensors;

/// Threads that wait on one port.
const CROWD: usize = 1000;
/// Enough for a get, and little enough for thousands.
const STACK: usize = 256 * 1024;

/// A thousand threads wait and the only running worker blocks: one of them gets the packet, the newest.
#[test]
fn a_thousand_waiters() {
    let _alone = alone();
    for source in Source::all() {
        let port = source.port(1);
        let (a, newest, gate) = (Hand::new("A"), Hand::new("newest"), Gate::new());
        a.takes(&port, 1);
        let others = Arc::new(AtomicUsize::new(0));
        let waiters: Vec<_> = (0..CROWD)
            .map(|_| {
                let (port, others) = (port.clone(), Arc::clone(&others));
                let wait = move || {
                    let packets = std::iter::from_fn(|| port.get(None).ok());
                    others.fetch_add(packets.count(), Relaxed);
                };
                thread::Builder::new().stack_size(STACK).spawn(wait).expect("a thread")
            })
            .collect();
        reaches(&port, "a thousand wait", |stats| stats.waiting == CROWD);
        let waiting = newest.waits(&port);
        port.post(0, 2, 0).expect("open");
        let blocked = a.blocks(source, &gate);
        assert_eq!(waiting.wait(), Ok(2), "{source}");
        assert_eq!(source.released(&port.stats()), 1, "{source}");
        assert_eq!((port.stats().waiting, port.stats().running), (CROWD, 1), "{source}");

        gate.open();
        blocked.wait();
        a.exits();
        newest.exits();
        (0..CROWD).for_each(|_| port.post(0, 3, 0).expect("open"));
        reaches(&port, "all is taken", |stats| stats.queued == 0 && stats.running == 0);
        port.close();
        waiters.into_iter().for_each(|waiter| waiter.join().expect("no panic"));
        assert_eq!(others.load(Relaxed), CROWD, "{source}");
    }
}

/// Three hundred workers block one after the other, each released for the one before: a sensor for each, and all
/// are closed when all have gone.
#[test]
fn hundreds_of_blocked_workers() {
    const BLOCKED: u64 = 300;
    let _alone = alone();
    for source in Source::all() {
        let port = source.port(1);
        let (first, gate) = (Hand::new("first"), Gate::new());
        first.takes(&port, 0);
        let workers: Vec<_> = (0..BLOCKED)
            .map(|_| {
                let (port, gate) = (port.clone(), gate.clone());
                let work = move || {
                    port.get(None).expect("a packet");
                    source.block(|| gate.pass());
                };
                thread::Builder::new().stack_size(STACK).spawn(work).expect("a thread")
            })
            .collect();
        reaches(&port, "everybody waits", |stats| stats.waiting == workers.len());
        (0..BLOCKED).for_each(|_| port.post(0, 1, 0).expect("open"));
        let blocked = first.blocks(source, &gate);
        reaches(&port, "everybody has a packet", |stats| stats.taken == 1 + BLOCKED);
        assert_eq!(source.released(&port.stats()), BLOCKED, "{source}");
        gate.open();
        blocked.wait();
        first.exits();
        workers.into_iter().for_each(|worker| worker.join().expect("no panic"));
        assert_eq!((port.stats().running, port.stats().blocked), (0, 0), "{source}");
        eventually(&format!("{source}: sensors are closed"), sensors, |open| *open == 0);
    }
}

/// Workers exit with a packet in hand, after they were seen blocked and running again: each gives back one slot,
/// neither none nor two.
#[test]
fn exits_with_a_packet_in_hand() {
    let _alone = alone();
    for source in Source::all() {
        let port = source.port(1);
        for _ in 0..20 {
            let (a, b, gate) = (Hand::new("A"), Hand::new("B"), Gate::new());
            a.takes(&port, 1);
            let waiting = b.waits(&port);
            let blocked = a.blocks(source, &gate);
            port.post(0, 2, 0).expect("open");
            assert_eq!(waiting.wait(), Ok(2), "{source}");
            gate.open();
            blocked.wait();
            a.exits();
            assert_eq!((port.stats().running, port.stats().blocked), (1, 0), "{source}");
            b.exits();
            assert_eq!((port.stats().running, port.stats().blocked), (0, 0), "{source}");
        }
    }
}

/// A worker that exits out of its blocked state, without a further step: its start routine ends as it wakes up.
#[test]
fn exits_right_after_a_block() {
    let _alone = alone();
    for source in Source::all() {
        let port = source.port(1);
        let (b, gate) = (Hand::new("B"), Gate::new());
        let a = {
            let (port, gate) = (port.clone(), gate.clone());
            thread::spawn(move || {
                port.get(None).expect("a packet");
                source.block(|| gate.pass());
            })
        };
        port.post(0, 1, 0).expect("open");
        reaches(&port, "A has it", |stats| stats.taken == 1);
        let waiting = b.waits(&port);
        port.post(0, 2, 0).expect("open");
        assert_eq!(waiting.wait(), Ok(2), "{source}");
        gate.open();
        a.join().expect("no panic");
        assert_eq!((port.stats().running, port.stats().blocked), (1, 0), "{source}");
    }
}

/// One thread serves three ports in turn and blocks on each: it is replaced on the port that it works for, and
/// counts nowhere else (B2, B3).
#[test]
fn several_ports_in_turn() {
    let _alone = alone();
    for source in Source::all() {
        let ports = [source.port(1), source.port(1), source.port(1)];
        let nomad = Hand::new("nomad");
        let locals = ["X", "Y", "Z"].map(Hand::new);
        for round in 0..6 {
            let at = round % 3;
            let (port, local) = (&ports[at], &locals[at]);
            nomad.takes(port, 1);
            let everywhere = |count: fn(&wharf::Stats) -> u32| {
                ports.iter().map(|port| count(&port.stats())).sum::<u32>()
            };
            assert_eq!((everywhere(|s| s.running), everywhere(|s| s.blocked)), (1, 0), "{source}");
            let gate = Gate::new();
            let waiting = local.waits(port);
            let blocked = nomad.blocks(source, &gate);
            port.post(0, 2, 0).expect("open");
            assert_eq!(waiting.wait(), Ok(2), "{source}");
            assert_eq!((port.stats().running, port.stats().blocked), (1, 1), "{source}");
            gate.open();
            blocked.wait();
            // The local leaves by way of a port of its own.
            let elsewhere = source.port(1);
            local.takes(&elsewhere, 3);
        }
    }
}

/// A worker blocks and never comes back: it costs one release and nothing more, others work on, and neither the
/// close nor the end of the port waits for it.
#[test]
fn a_worker_that_never_returns() {
    let _alone = alone();
    for source in Source::all() {
        let port = source.port(1);
        let (a, b, gate) = (Hand::new("A"), Hand::new("B"), Gate::new());
        a.takes(&port, 1);
        let waiting = b.waits(&port);
        port.post(0, 2, 0).expect("open");
        let blocked = a.blocks(source, &gate);
        assert_eq!(waiting.wait(), Ok(2), "{source}");
        (0..1000).for_each(|payload| {
            port.post(0, payload, 0).expect("open");
        });
        let works = port.clone();
        let worked =
            b.tell("work on", move || (0..1000).all(|n| works.get(None).unwrap().payload == n));
        assert!(worked.wait(), "{source}");
        assert_eq!(source.released(&port.stats()), 1, "{source}");
        assert_eq!((port.stats().running, port.stats().blocked), (1, 1), "{source}");
        port.close();
        assert_eq!(b.get(&port).wait(), Err(GetError::Closed), "{source}");
        drop(port);
        assert!(blocked.is_pending(), "{source}");
        gate.open();
        blocked.wait();
    }
}

/// A worker that computes and never comes back keeps its slot, whatever waits.
#[test]
fn a_worker_that_computes_for_ever() {
    let _alone = alone();
    for source in Source::all() {
        let port = source.port(2);
        let (a, b, c) = (Hand::new("A"), Hand::new("B"), Hand::new("C"));
        a.takes(&port, 1);
        b.takes(&port, 1);
        let waiting = c.waits(&port);
        (0..10).for_each(|_| port.post(0, 2, 0).expect("open"));
        waiting.stays_pending();
        (0..5).for_each(|_| assert_eq!(b.get(&port).wait(), Ok(2), "{source}"));
        assert!(waiting.is_pending(), "{source}: A has the other slot");
        a.exits();
        assert_eq!(waiting.wait(), Ok(2), "{source}");
    }
}
