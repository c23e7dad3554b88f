//! Resets: what they end, and that they stay. Contract D48, D52, D57, D78.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use rustix::io::Errno;
use socket2::SockRef;
use wharf::{Buffer, Port, Stream};
use wharf_conformance::net;

/// More than a connection of the loopback interface holds.
const PLENTY: usize = 8 << 20;

/// Asserts that receives and sends are refused as reset, time and again.
#[track_caller]
fn stays_reset(port: &Port<u32>, stream: &Stream<u32>) {
    for round in 0..3 {
        assert_eq!(
            net::refusal(stream.recv(Vec::with_capacity(9), round), round),
            Errno::CONNRESET
        );
        assert_eq!(net::refusal(stream.send("x", round), round), Errno::CONNRESET);
        assert_eq!(net::refusal(stream.recv(Vec::new(), round), round), Errno::CONNRESET);
    }
    net::nothing(port);
}

/// Goal: a reset ends what is pending, one packet each, and refuses everything later (D48, A25). Method: three
/// receives and three sends pend when the peer resets; on Unix it does so by closing with unread data.
#[test]
fn a_reset_ends_what_is_pending_and_stays() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 0xABC).unwrap();
        for number in 0..3 {
            stream.recv(Vec::with_capacity(9), number).unwrap();
        }
        for number in 3..6 {
            stream.send(net::pattern(0, PLENTY), number).unwrap();
        }
        net::nothing(&port);
        net::reset(peer);
        let mut seen = [false; 6];
        for _ in 0..6 {
            let packet = net::take(&port);
            assert_eq!(packet.key, 0xABC, "{name}");
            assert!(!packet.was_cancelled(), "{name}: the peer did it");
            let kind = packet.result.unwrap_err().kind();
            assert_eq!(kind, ErrorKind::ConnectionReset, "{name}: number {}", packet.payload);
            let length = if packet.payload < 3 { 0 } else { PLENTY };
            assert_eq!(packet.buffer.len(), length, "{name}: the buffer comes back");
            assert!(packet.transferred <= length, "{name}");
            seen[packet.payload as usize] = true;
        }
        assert_eq!(seen, [true; 6], "{name}");
        stays_reset(&port, &stream);
    }
}

/// Goal: a reset that came before the call is a refusal, with the first call as with every later one (D48, C18).
/// Method: for each first call, a connection of its own.
#[test]
fn a_reset_before_the_call_refuses_it() {
    let port = Port::new(1).unwrap();
    let calls: [fn(&Stream<u32>) -> Errno; 3] = [
        |stream| net::refusal(stream.recv(Vec::with_capacity(9), 7), 7),
        |stream| {
            let refused = stream.recv(Buffer::List(vec![Vec::with_capacity(9)]), 7).unwrap_err();
            assert_eq!((refused.payload, refused.buffer.len()), (7, 0), "no data comes back");
            Errno::from_io_error(&refused.error).unwrap()
        },
        |stream| net::refusal(stream.send("x", 7), 7),
    ];
    for first in calls {
        let (stream, peer) = net::stream(&port, 1);
        net::reset(peer);
        net::await_reset(&stream);
        assert_eq!(first(&stream), Errno::CONNRESET);
        stays_reset(&port, &stream);
    }
}

/// Goal: data that came before the reset is received; the reset comes next (D57). Method: once with a receive that
/// pends, once with one that is issued when all is there.
#[test]
fn data_before_a_reset_is_received() {
    let port = Port::new(1).unwrap();
    for pending in [true, false] {
        let (stream, peer) = net::stream(&port, 1);
        if pending {
            stream.recv(Vec::with_capacity(10), 1).unwrap();
            net::nothing(&port);
        }
        net::write(&peer, b"last words");
        net::reset(peer);
        net::await_reset(&stream);
        if !pending {
            stream.recv(Vec::with_capacity(10), 1).unwrap();
        }
        let packet = net::take(&port);
        assert_eq!(packet.result.unwrap(), 10);
        assert_eq!(packet.buffer.into_vec(), b"last words");
        stays_reset(&port, &stream);
    }
}

/// Goal: a send that learns of the end first does not cost the data that came before it (D57). Method: last words and
/// an end, of each kind; a send fails; then a receive, pending or new, must still get the words.
#[test]
fn a_failed_send_costs_no_data() {
    let port = Port::new(1).unwrap();
    for name in ["tcp, reset", "tcp, closed", "unix, closed"] {
        for pending in [true, false] {
            let (ours, peer) = if name == "unix, closed" { net::unix() } else { net::tcp() };
            let watch = ours.try_clone().unwrap();
            let stream = port.associate(ours, 1).unwrap();
            if pending {
                stream.recv(Vec::with_capacity(10), 1).unwrap();
                net::nothing(&port);
            }
            net::write(&peer, b"last words");
            if name == "tcp, reset" {
                net::reset(peer)
            } else {
                drop(peer)
            }
            // From here to the next `take` nobody but these sends asks the kernel. The first may succeed: to a peer
            // that has closed, that is what provokes its reset (D52).
            let mut sent = 0;
            while let Ok(_accepted) = stream.send("x", 2) {
                sent += 1;
                net::await_ready(&watch, rustix::event::PollFlags::HUP);
            }
            assert!(sent <= 1, "{name}: {sent} sends to a closed peer");
            if !pending {
                stream.recv(Vec::with_capacity(10), 1).unwrap();
            }
            let packets: Vec<_> = (0..=sent).map(|_| net::take(&port)).collect();
            let packet =
                packets.into_iter().find(|packet| packet.payload == 1).expect("the receive");
            assert_eq!(packet.result.unwrap(), 10, "{name}, pending: {pending}");
            assert_eq!(packet.buffer.into_vec(), b"last words", "{name}");
        }
    }
    net::nothing(&port);
}

/// Goal: sending to a peer that has closed: the first send succeeds, what follows fails for good (D52, D48). Method:
/// wait for the end, send, wait for the reset that this provokes.
#[test]
fn sends_to_a_closed_peer() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = net::stream(&port, 1);
    drop(peer);
    net::await_input(&stream);
    stream.send("first", 0).unwrap();
    assert_eq!(net::take(&port).result.unwrap(), 5);
    stream.with_fd(|fd| net::await_ready(fd, rustix::event::PollFlags::HUP));
    for round in 1..4 {
        assert_eq!(net::refusal(stream.send("x", round), round), Errno::CONNRESET);
    }
    net::nothing(&port);

    let (ours, peer) = net::unix();
    let stream = port.associate(ours, 2).unwrap();
    stream.send(net::pattern(0, PLENTY), 0).unwrap();
    drop(peer);
    let packet = net::take(&port);
    assert_eq!((packet.key, packet.payload), (2, 0));
    let kind = packet.result.unwrap_err().kind();
    assert!(matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{kind}");
    for round in 1..4 {
        let kind = stream.send("x", round).unwrap_err().error.kind();
        assert!(matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{kind}");
    }
    net::nothing(&port);
}

/// Goal: a lingering time of zero makes the close a reset (D78). Method: the option is set through the handle; what
/// pends ends as for any close, and the peer is reset.
#[test]
fn a_close_without_lingering_resets() {
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = net::stream(&port, 1);
    stream.with_fd(|fd| SockRef::from(&fd).set_linger(Some(Duration::ZERO)).unwrap());
    stream.recv(Vec::with_capacity(9), ()).unwrap();
    drop(stream);
    assert_eq!(net::take(&port).result.unwrap_err().kind(), ErrorKind::ConnectionAborted);
    assert_eq!(peer.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}
