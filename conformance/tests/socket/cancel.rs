//! Operations that the program ends: by cancelling them, by a deadline, by dropping the handle. Contract A47, C33-C36, C39-C43.

use std::io::ErrorKind;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use wharf::{Packet, Port};
use wharf_conformance::net;

/// More than a connection of the loopback interface holds.
const PLENTY: usize = 8 << 20;

fn cancelled<T: std::fmt::Debug>(packet: Packet<T>) -> T {
    assert!(packet.was_cancelled());
    assert_eq!(net::errno(packet.result), Errno::CANCELED);
    packet.payload
}

/// Goal: cancelling ends one pending operation with its packet, and says whether there was one (C33). Method: unknown,
/// pending, cancelled and finished operations, and one of another handle.
#[test]
fn cancelling_says_whether_it_was_pending() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 5).unwrap();
        let (other, _other_peer) = net::stream(&port, 6);
        let first = stream.recv(Vec::with_capacity(77), "first").unwrap();
        let second = stream.recv(Vec::with_capacity(77), "second").unwrap();
        assert!(!other.cancel(first) && !other.cancel(second), "{name}: the other one has none");
        net::nothing(&port);
        assert!(stream.cancel(second), "{name}");
        assert!(!stream.cancel(second), "{name}: once");
        let packet = net::take(&port);
        assert_eq!((packet.key, packet.transferred), (5, 0), "{name}");
        assert_eq!(packet.buffer.capacity(), 77, "{name}: the buffer comes back");
        assert_eq!(cancelled(packet), "second");
        assert!(!stream.cancel(second), "{name}: its packet is taken");
        net::nothing(&port);

        // The first is filled to the brim, so the next finds the rest at once.
        net::write(&peer, &net::pattern(0, 78));
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.result.unwrap()), ("first", 77), "{name}");
        assert!(!stream.cancel(first), "{name}: it has ended well");
        let inline = stream.recv(Vec::with_capacity(77), "inline").unwrap();
        assert!(!stream.cancel(inline), "{name}: its packet is queued");
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.result.unwrap()), ("inline", 1), "{name}");
        let sent = stream.send("x", "sent").unwrap();
        assert!(!stream.cancel(sent), "{name}: its packet is queued");
        assert_eq!(net::take(&port).result.unwrap(), 1, "{name}");
        net::nothing(&port);
    }
}

/// Goal: cancelling everything ends both directions, by whichever thread it was issued (C34), and only that handle's.
/// Method: three receives and two sends of several threads; another thread cancels; an idle handle has nothing.
#[test]
fn cancelling_all_ends_both_directions() {
    let port = Port::new(1).unwrap();
    for (name, ours, _peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        let (other, _other_peer) = net::stream(&port, 2);
        assert_eq!(stream.cancel_all(), 0, "{name}: idle");
        other.recv(Vec::with_capacity(9), "other").unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                stream.send(net::pattern(0, PLENTY), "send").unwrap();
                stream.send("x", "send").unwrap();
            });
            for _ in 0..3 {
                scope.spawn(|| stream.recv(Vec::with_capacity(9), "receive").unwrap());
            }
        });
        let count = thread::scope(|scope| scope.spawn(|| stream.cancel_all()).join().unwrap());
        assert_eq!(count, 5, "{name}");
        assert_eq!(stream.cancel_all(), 0, "{name}: again");
        let mut payloads = [(); 5].map(|()| cancelled(net::take(&port)));
        payloads.sort_unstable();
        assert_eq!(payloads, ["receive", "receive", "receive", "send", "send"], "{name}");
        net::nothing(&port);
        assert_eq!(other.cancel_all(), 1);
        assert_eq!(cancelled(net::take(&port)), "other");
    }
}

/// Goal: operations do not end with the thread that issued them (C43). Method: a thread issues a receive and a send that
/// pend, and ends; then the peer reads and answers.
#[test]
fn operations_outlive_their_thread() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                stream.recv(Vec::with_capacity(9), "receive").unwrap();
                stream.send(net::pattern(0, PLENTY), "send").unwrap();
            });
        });
        net::nothing(&port);
        thread::scope(|scope| {
            scope.spawn(|| {
                assert!(net::read(&peer, PLENTY) == net::pattern(0, PLENTY), "{name}");
                net::write(&peer, b"answer");
            });
            let packets = [net::take(&port), net::take(&port)];
            let ends = packets.map(|packet| (packet.payload, packet.result.unwrap()));
            assert_eq!(ends, [("send", PLENTY), ("receive", 6)], "{name}");
        });
    }
}

/// Goal: an operation is cancelled once, however many try (A47, C33). Method: four threads cancel the same receives.
#[test]
fn of_several_cancels_one_succeeds() {
    let port = Port::new(1).unwrap();
    let (stream, _peer) = net::stream(&port, 1);
    for round in 0..500 {
        let operation = stream.recv(Vec::with_capacity(9), round).unwrap();
        let successes: usize = thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(|| usize::from(stream.cancel(operation))));
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(successes, 1);
        assert_eq!(cancelled(net::take(&port)), round);
        net::nothing(&port);
    }
}

/// Goal: the operations around a cancelled one go on in their order (C33, C45, C46). Method: every third of thirty
/// receives and sends is cancelled, beginning with the first and the last.
#[test]
fn the_others_keep_their_order() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        let receives: Vec<_> =
            (0..31).map(|number| stream.recv(Vec::with_capacity(10), number).unwrap()).collect();
        for number in (0..31).step_by(3) {
            assert!(stream.cancel(receives[number]));
            assert_eq!(cancelled(net::take(&port)), number);
        }
        net::write(&peer, &net::pattern(0, 200));
        for number in 0..20 {
            let packet = net::take(&port);
            assert_eq!(packet.payload, number / 2 * 3 + number % 2 + 1, "{name}");
            assert_eq!(packet.buffer.into_vec(), net::pattern(number * 10, 10), "{name}");
        }

        stream.send(net::pattern(0, PLENTY), 0).unwrap();
        let sends: Vec<_> =
            (1..31).map(|number| stream.send(vec![number as u8; 10], number).unwrap()).collect();
        for number in (1..31).filter(|number| number % 3 != 0) {
            assert!(stream.cancel(sends[number - 1]));
            assert_eq!(cancelled(net::take(&port)), number);
        }
        net::nothing(&port);
        thread::scope(|scope| {
            let reader = scope.spawn(|| net::read(&peer, PLENTY + 100));
            for number in 0..=10 {
                let packet = net::take(&port);
                assert_eq!(packet.payload, number * 3, "{name}");
                packet.result.unwrap();
            }
            let tail: Vec<u8> = (1..=10).flat_map(|number| [number * 3; 10]).collect();
            assert!(reader.join().unwrap()[PLENTY..] == tail, "{name}");
        });
        net::nothing(&port);
    }
}

/// Goal: a cancelled send says how much of it was sent (C35), and the next send follows just there. Method: the peer
/// reads to the end and compares.
#[test]
fn a_half_sent_send_says_how_far_it_came() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        let operation = stream.send(net::pattern(0, PLENTY), "half").unwrap();
        stream.send("next", "next").unwrap();
        net::nothing(&port);
        let first = net::read(&peer, 100_000); // so that it is continued at least once
        assert!(stream.cancel(operation), "{name}");
        let packet = net::take(&port);
        let sent = packet.transferred;
        assert!((100_000..PLENTY).contains(&sent), "{name}: {sent}");
        assert_eq!(packet.buffer.len(), PLENTY, "{name}: the buffer comes back");
        assert_eq!(cancelled(packet), "half");
        let rest = net::read(&peer, sent - first.len());
        assert!([first, rest].concat() == net::pattern(0, sent), "{name}");
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.result.unwrap()), ("next", 4), "{name}");
        assert_eq!(net::read(&peer, 4), b"next", "{name}");
        net::nothing(&port);
    }
}

/// Goal: cancel and data at the same time: each receive ends once, and no byte is lost (C35, A47). Method: 100 000
/// rounds of receive, one byte from the peer, cancel at once, while other threads take the packets and so compete for
/// the byte. Successful buffers in issue order, and what is left, must be all the bytes.
#[test]
fn cancel_against_data() {
    const ROUNDS: usize = 100_000;
    let port = Port::new(2).unwrap();
    let (ours, peer) = net::unix();
    let stream = port.associate(ours, 1).unwrap();
    let mut random = net::Random::seeded();
    let mut outcomes = vec![None; ROUNDS];
    let (found, packets) = thread::scope(|scope| {
        let collect = || {
            let mut packets = Vec::new();
            while let Ok(packet) = port.get(Some(net::limit())) {
                if packet.payload == usize::MAX {
                    break;
                }
                packets.push((
                    packet.payload,
                    packet.result.map_err(|error| error.kind()),
                    packet.buffer,
                ));
            }
            packets
        };
        let collectors = [scope.spawn(collect), scope.spawn(collect)];
        let mut found = Vec::with_capacity(ROUNDS);
        for round in 0..ROUNDS {
            let operation = stream.recv(Vec::with_capacity(1000), round).unwrap();
            net::write(&peer, &[round as u8]);
            if round % 64 == 63 {
                // Nobody is to be cancelled so often that the peer has no room left for its bytes.
                net::until("the receive ends", || port.stats().receiving == 0);
            }
            for _ in 0..random.below(100) {
                std::hint::spin_loop();
            }
            found.push(stream.cancel(operation));
        }
        let _stops = [(); 2].map(|()| port.post(0, usize::MAX, 0).unwrap());
        (found, collectors.map(|thread| thread.join().unwrap()).concat())
    });
    let count = packets.len();
    for (payload, result, buffer) in packets {
        assert_eq!(result.is_err(), found[payload], "cancel said {}", found[payload]);
        assert_eq!(result.is_err(), buffer.is_empty(), "cancelled, and {buffer:?}");
        let twice = outcomes[payload].replace(buffer.into_vec());
        assert!(twice.is_none(), "two packets for round {payload}");
    }
    assert_eq!(count, ROUNDS, "packets");
    let mut bytes = outcomes
        .into_iter()
        .flat_map(|outcome| outcome.expect("a packet for each"))
        .collect::<Vec<_>>();
    while bytes.len() < ROUNDS {
        stream.recv(Vec::with_capacity(ROUNDS), 0).unwrap();
        bytes.extend(net::take(&port).buffer.into_vec());
    }
    assert!(
        bytes == (0..ROUNDS).map(|round| round as u8).collect::<Vec<_>>(),
        "every byte, in order"
    );
    let cancels = found.iter().filter(|found| **found).count();
    println!("{cancels} of {ROUNDS} were cancelled");
    assert!(cancels > 0 && cancels < ROUNDS, "no race: {cancels} of {ROUNDS} were cancelled");
}

/// Goal: a deadline ends what is pending by then with a packet of its own kind, and not before; one that is done is
/// not concerned (A47). Method: deadlines that are replaced, that pass, that never come, in both directions.
#[test]
fn deadlines() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 3).unwrap();
        let long = Duration::from_secs(3600);
        let short = Duration::from_millis(30);
        let start = Instant::now();
        let first = stream.recv(Vec::with_capacity(9), "first").unwrap();
        let second = stream.recv(Vec::with_capacity(9), "second").unwrap();
        let send = stream.send(net::pattern(0, PLENTY), "send").unwrap();
        assert!(stream.expire_after(first, Duration::MAX));
        assert!(stream.expire_after(second, short));
        assert!(stream.expire_after(send, long));
        assert!(stream.expire_after(send, 2 * short), "{name}: a new one replaces the old");
        for (payload, after) in [("second", short), ("send", 2 * short)] {
            let packet = net::take(&port);
            assert!(start.elapsed() >= after, "{name}: too early");
            assert_eq!((packet.key, packet.payload), (3, payload), "{name}");
            assert!(!packet.was_cancelled());
            assert_eq!(packet.result.unwrap_err().kind(), ErrorKind::TimedOut, "{name}");
            assert_eq!(packet.transferred > 0, payload == "send", "{name}: the sent part is told");
        }
        assert!(!stream.expire_after(second, short), "{name}: not pending any more");
        assert!(!stream.cancel(second), "{name}: not pending any more");
        assert!(stream.expire_after(first, 2 * short));
        net::write(&peer, b"in time");
        let packet = net::take(&port);
        assert_eq!(
            (packet.payload, packet.buffer.into_vec()),
            ("first", b"in time".to_vec()),
            "{name}"
        );
        assert_eq!(port.stats().timers, 0, "{name}: its deadline went with it");
        net::stays_empty(&port, 3 * short);
    }
}
