//! Handles and ports that are dropped with everything pending. Contract A17, A18, A47, C39-C42.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use wharf::{Port, Stream};
use wharf_conformance::net;

/// More than a connection of the loopback interface holds.
const PLENTY: usize = 8 << 20;

/// Goal: dropping the handle ends everything that is pending, each with its packet and the key (C39, C40). Method:
/// receives of several kinds, a half-sent send and sends behind it; the peer gets what was sent, then the end.
#[test]
fn the_drop_of_a_handle_ends_everything() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 0xF00).unwrap();
        for number in 0..20 {
            stream.recv(Vec::with_capacity(number % 3 * 10), number).unwrap();
        }
        for number in 20..40 {
            let from = (number - 20) * PLENTY;
            stream.send(net::pattern(from, PLENTY), number).unwrap();
        }
        net::nothing(&port);
        drop(stream);
        let mut sent = 0;
        let mut seen = [false; 40];
        for _ in 0..40 {
            let packet = net::take(&port);
            assert_eq!(packet.key, 0xF00, "{name}");
            assert!(packet.was_cancelled(), "{name}");
            assert_eq!(packet.result.unwrap_err().kind(), ErrorKind::ConnectionAborted, "{name}");
            let length = if packet.payload < 20 { 0 } else { PLENTY };
            assert_eq!(packet.buffer.len(), length, "{name}: the buffer comes back");
            assert!(packet.transferred == 0 || packet.payload == 20, "{name}: only one has begun");
            sent += packet.transferred;
            assert!(!std::mem::replace(&mut seen[packet.payload], true), "{name}: twice");
        }
        net::nothing(&port);
        assert!(
            net::read_all(&peer) == net::pattern(0, sent),
            "{name}: {sent} bytes, then the end"
        );
        assert_eq!((port.stats().receiving, port.stats().sending), (0, 0), "{name}");
    }
}

/// Goal: the drop of an idle handle queues nothing (C39), and takes nothing from packets that are queued. Method: a
/// packet of the handle is queued when it is dropped.
#[test]
fn the_drop_of_an_idle_handle_queues_nothing() {
    let port = Port::new(1).unwrap();
    for (_, ours, _peer) in net::connections() {
        drop(port.associate(ours, 1).unwrap());
        net::nothing(&port);
    }
    let (stream, _peer) = net::stream(&port, 9);
    stream.send("x", "queued").unwrap();
    drop(stream);
    let packet = net::take(&port);
    assert_eq!((packet.key, packet.payload, packet.result.unwrap()), (9, "queued", 1));
    net::nothing(&port);
}

/// Goal: only the last clone closes (C42). Method: clones are dropped one by one, in an order that is not theirs, the
/// last of them by another thread.
#[test]
fn the_last_clone_closes() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 1);
    let clones = [stream.clone(), stream.clone(), stream.clone()];
    stream.recv(Vec::with_capacity(9), "receive").unwrap();
    drop(stream);
    let [first, second, third] = clones;
    drop(second);
    drop(first);
    net::nothing(&port);
    net::write(&peer, b"x");
    assert_eq!(net::take(&port).result.unwrap(), 1, "open");
    third.recv(Vec::with_capacity(9), "receive").unwrap();
    thread::spawn(move || drop(third)).join().unwrap();
    assert_eq!(net::take(&port).result.unwrap_err().kind(), ErrorKind::ConnectionAborted);
    assert_eq!(net::read_all(&peer), b"");
}

/// Goal: a drop while others are about to use the handle's socket loses nothing: each accepted operation has a packet
/// (A47, C39). Method: several threads issue on clones and drop them in their own time, while the peer sends and
/// resets; packets are counted.
#[test]
fn drops_race_with_operations() {
    let port = Port::new(2).unwrap();
    let mut random = net::Random::seeded();
    for round in 0..300 {
        let (ours, peer) = if round % 2 == 0 { net::tcp() } else { net::unix() };
        let stream = port.associate(ours, round).unwrap();
        let reset = random.once_in(2);
        let issued: usize = thread::scope(|scope| {
            let threads = [(); 3].map(|()| {
                let stream = stream.clone();
                let count = random.below(20) + 1;
                scope.spawn(move || {
                    let operation = |number| match number % 2 {
                        0 => stream.recv(Vec::with_capacity(8), round),
                        _ => stream.send(vec![0; 100_000], round),
                    };
                    (0..count).filter(|number| operation(*number).is_ok()).count()
                })
            });
            drop(stream);
            let _ = (&peer).write(&[0; 50]); // everybody may have left
            if reset {
                net::reset(peer);
            }
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        for _ in 0..issued {
            let packet = net::take(&port);
            assert_eq!((packet.key, packet.payload), (round, round));
        }
        net::nothing(&port);
    }
}

/// Goal: closing the port drops what is pending and queued, with its payloads; the connection itself stays with its
/// handle (A17, A18). Method: payloads are counted; the peer sees no end before the handle is dropped.
#[test]
fn closing_the_port_drops_what_is_pending() {
    let port = Port::new(1).unwrap();
    let counted = Arc::new(());
    let (stream, mut peer) = net::stream(&port, 1);
    stream.send("queued", Arc::clone(&counted)).unwrap();
    for _ in 0..5 {
        stream.recv(Vec::with_capacity(9), Arc::clone(&counted)).unwrap();
    }
    stream.send(net::pattern(0, PLENTY), Arc::clone(&counted)).unwrap();
    port.close();
    assert_eq!(Arc::strong_count(&counted), 1, "no payload is kept");
    let refused = stream.recv(Vec::with_capacity(9), Arc::clone(&counted)).unwrap_err();
    assert_eq!(Errno::from_io_error(&refused.error), Some(Errno::CANCELED));
    drop(refused);
    peer.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let more = std::iter::from_fn(|| match peer.read(&mut [0; 65536]) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            assert!(net::timed_out(&error), "{error}");
            None
        }
    });
    assert!(more.into_iter().all(|bytes| bytes > 0), "the end of the stream, and the handle lives");
    stream.shutdown(Shutdown::Write).unwrap();
    drop(stream);
    assert_eq!(net::read_all(&net::patient(peer)), b"");
    assert_eq!(Arc::strong_count(&counted), 1, "no payload is kept");
}

/// Goal: a handle may be dropped inside the packets of its own operations, in the last of them as in the first (C39).
/// Method: payloads that own a clone each; the outer handle goes first, the peer ends the rest.
#[test]
fn payloads_may_own_the_handle() {
    struct Owner(#[allow(dead_code, reason = "owned for its drop")] Stream<Owner>);
    for end in [net::reset as fn(TcpStream), drop] {
        let port = Port::new(1).unwrap();
        let (stream, peer) = net::stream(&port, 1);
        for _ in 0..3 {
            stream.recv(Vec::with_capacity(9), Owner(stream.clone())).unwrap();
        }
        let watch = peer.try_clone().unwrap();
        drop(stream);
        net::nothing(&port); // three clones are pending with their operations
        net::write(&peer, b"x");
        assert_eq!(net::take(&port).result.unwrap(), 1);
        net::nothing(&port);
        drop(watch);
        end(peer);
        drop([net::take(&port), net::take(&port)]);
        net::nothing(&port);
        assert_eq!(port.stats().receiving, 0);
    }
    // And a port that is closed lets go of handles that only its operations own.
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 1);
    stream.recv(Vec::with_capacity(9), Owner(stream.clone())).unwrap();
    drop(stream);
    drop(port);
    assert_eq!(net::read_all(&peer), b"", "the connection is closed");
}
