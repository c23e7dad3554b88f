//! How connections end: by the peer, by a reset, by halves. Contract C19, D41, D48, D50-D52, D57, D78, D81.

use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{SendFlags, send};
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

/// Goal: a peer that reads no more has not ended its own sending (D50, D51 seen from the other side). Method: on a
/// Unix stream our sends fail then; receives, pending or new, go on.
#[test]
fn a_peer_that_reads_no_more_still_sends() {
    let port = Port::new(1).unwrap();
    let (ours, peer) = net::unix();
    let stream = port.associate(ours, 1).unwrap();
    peer.shutdown(Shutdown::Read).unwrap();
    stream.recv(Vec::with_capacity(10), 1).unwrap();
    for round in 0..3 {
        let refused = stream.send("x", round).unwrap_err();
        assert!(matches!(refused.error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe));
    }
    net::write(&peer, b"first");
    assert_eq!(net::take(&port).buffer.into_vec(), b"first");
    net::write(&peer, b"second");
    net::await_input(&stream);
    stream.recv(Vec::with_capacity(10), 2).unwrap();
    assert_eq!(net::take(&port).buffer.into_vec(), b"second");
    drop(peer);
    stream.recv(Vec::with_capacity(10), 3).unwrap();
    assert_eq!(net::take(&port).result.unwrap(), 0, "and its end is an end");
}

/// Goal: each half of a connection ends by itself (C19, D42, D50), and no shutdown queues a packet (D41). Method:
/// first the peer's half, then ours, with data in the other direction after each.
#[test]
fn half_close_both_ways() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        peer.shutdown(Shutdown::Write).unwrap();
        stream.recv(Vec::with_capacity(9), 1).unwrap();
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.result.unwrap()), (1, 0), "{name}");
        stream.send("answer", 2).unwrap();
        assert_eq!(net::take(&port).transferred, 6, "{name}");
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(net::read_all(&peer), b"answer", "{name}");

        let (ours, peer) = if name == "unix" { net::unix() } else { net::tcp() };
        let stream = port.associate(ours, 1).unwrap();
        stream.recv(Vec::with_capacity(9), 3).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(net::read_all(&peer), b"", "{name}");
        net::nothing(&port);
        net::write(&peer, b"answer");
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.buffer.into_vec()), (3, b"answer".to_vec()), "{name}");
        stream.recv(Vec::with_capacity(9), 4).unwrap();
        drop(peer);
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.result.unwrap()), (4, 0), "{name}");
        net::nothing(&port);
    }
}

/// Goal: after a shutdown that direction refuses, and only that; again is no error; without a connection it is one
/// (D50, D41). Method: each direction and both, on a connection of its own.
#[test]
fn a_direction_that_is_shut_down_refuses() {
    let port = Port::new(1).unwrap();
    for how in [Shutdown::Read, Shutdown::Write, Shutdown::Both] {
        let (stream, peer) = net::stream(&port, 1);
        net::write(&peer, b"waiting");
        net::await_input(&stream);
        for _ in 0..3 {
            stream.shutdown(how).unwrap();
        }
        if how == Shutdown::Write {
            stream.recv(Vec::with_capacity(9), 1).unwrap();
            assert_eq!(net::take(&port).buffer.into_vec(), b"waiting");
        } else {
            for room in [Vec::with_capacity(9), Vec::new()] {
                assert_eq!(net::refusal(stream.recv(room, 1), 1), Errno::SHUTDOWN);
            }
        }
        if how == Shutdown::Read {
            stream.send("x", 2).unwrap();
            assert_eq!(net::take(&port).transferred, 1);
            assert_eq!(net::read(&peer, 1), b"x");
        } else {
            for buffer in [Buffer::from("x"), Buffer::default()] {
                assert_eq!(net::refusal(stream.send(buffer, 2), 2), Errno::SHUTDOWN);
            }
            assert_eq!(net::read_all(&peer), b"");
        }
        net::nothing(&port);
    }
    let stream = port.unconnected("127.0.0.1:9".parse().unwrap(), 1).unwrap();
    for how in [Shutdown::Read, Shutdown::Write, Shutdown::Both] {
        assert_eq!(net::errno(stream.shutdown(how)), Errno::NOTCONN);
    }
}

/// Goal: shutting the receiving side down leaves pending receives alone: they get what comes, and the end (D51).
/// Method: three receives pend; the third meets the end.
#[test]
fn pending_receives_outlive_a_shutdown() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        for number in 0..3 {
            stream.recv(Vec::with_capacity(9), number).unwrap();
        }
        stream.shutdown(Shutdown::Read).unwrap();
        net::nothing(&port);
        assert_eq!(port.stats().receiving, 3, "{name}");
        assert_eq!(net::refusal(stream.recv(Vec::with_capacity(9), 9), 9), Errno::SHUTDOWN);
        for (number, text) in [&b"first"[..], b"second"].into_iter().enumerate() {
            net::write(&peer, text);
            let packet = net::take(&port);
            assert_eq!(
                (packet.payload, packet.buffer.into_vec()),
                (number, text.to_vec()),
                "{name}"
            );
        }
        drop(peer);
        let packet = net::take(&port);
        assert_eq!((packet.payload, packet.result.unwrap()), (2, 0), "{name}");
        net::nothing(&port);
    }
}

/// Goal: the end of the stream goes out after the sends that were issued before it (D50, C46). Method: more than the
/// kernel holds, then the shutdown, then the peer reads to the end.
#[test]
fn the_end_follows_the_queued_sends() {
    let port = Port::new(1).unwrap();
    for (name, ours, peer) in net::connections() {
        let stream = port.associate(ours, 1).unwrap();
        stream.send(net::pattern(0, PLENTY), 1).unwrap();
        stream.send(net::pattern(PLENTY, 1000), 2).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(net::refusal(stream.send("late", 3), 3), Errno::SHUTDOWN, "{name}");
        net::nothing(&port);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| net::read_all(&peer));
            let counts = [(); 2].map(|()| net::take(&port)).map(|packet| packet.result.unwrap());
            assert_eq!(counts, [PLENTY, 1000], "{name}");
            assert!(reader.join().unwrap() == net::pattern(0, PLENTY + 1000), "{name}");
        });
        net::nothing(&port);
    }
}

/// Goal: if those sends are cancelled, the end goes out after what was sent (D50, C35). Method: cancel them one by one
/// and all at once.
#[test]
fn the_end_follows_cancelled_sends() {
    let port = Port::new(1).unwrap();
    for one_by_one in [true, false] {
        for (name, ours, peer) in net::connections() {
            let stream = port.associate(ours, 1).unwrap();
            let sends = [
                stream.send(net::pattern(0, PLENTY), 0).unwrap(),
                stream.send("never sent", 1).unwrap(),
            ];
            stream.shutdown(Shutdown::Write).unwrap();
            if one_by_one {
                assert!(stream.cancel(sends[1]) && stream.cancel(sends[0]));
            } else {
                assert_eq!(stream.cancel_all(), 2);
            }
            let mut packets = [net::take(&port), net::take(&port)];
            packets.sort_by_key(|packet| packet.payload);
            let sent = packets[0].transferred;
            assert!(packets.iter().all(|packet| packet.was_cancelled()), "{name}");
            assert_eq!(packets[1].transferred, 0, "{name}");
            assert!(
                net::read_all(&peer) == net::pattern(0, sent),
                "{name}: {sent} bytes were sent"
            );
        }
    }
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

/// Goal: what was sent arrives although the handle is dropped at once (D78). Method: a megabyte whose packet has
/// come; then the drop; only then does the peer read.
#[test]
fn what_was_sent_survives_the_close() {
    let port = Port::new(1).unwrap();
    let (ours, peer) = net::tcp();
    SockRef::from(&ours).set_send_buffer_size(4 << 20).unwrap();
    let stream = port.associate(ours, 1).unwrap();
    for block in 0..16 {
        stream.send(net::pattern(block << 16, 1 << 16), ()).unwrap();
        assert_eq!(net::take(&port).result.unwrap(), 1 << 16);
    }
    drop(stream);
    assert!(net::read_all(&peer) == net::pattern(0, 1 << 20));
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

/// Whether a SIGPIPE waits for any thread of this process.
fn pipe_signal_is_pending() -> bool {
    mask("SigPnd") & 1 << 12 != 0
}

/// A mask of signals, of all threads together.
fn mask(field: &str) -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let masks = tasks.flat_map(|task| {
        let status =
            std::fs::read_to_string(task.unwrap().path().join("status")).unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(":\t").map(String::from));
        line.map(|digits| u64::from_str_radix(&digits, 16).unwrap())
    });
    masks.fold(0, |all, mask| all | mask)
}

/// Goal: no send of ours raises SIGPIPE (D81). Method: a Rust program ignores that signal from its start, so this one
/// is started with the signal blocked: then the kernel keeps it pending even if ignored, and it can be seen. At the
/// end a plain send shows that it would have been.
#[test]
fn no_send_raises_a_signal() {
    let wrapper = ["env", "--block-signal=PIPE"];
    let supported = Command::new(wrapper[0]).args([wrapper[1], "true"]).output();
    if !supported.is_ok_and(|output| output.status.success()) {
        println!("left out: env(1) cannot block signals here");
        return;
    }
    net::alone_under(&wrapper, "no_send_raises_a_signal", || {
        assert_ne!(mask("SigBlk") & 1 << 12, 0, "the wrapper has blocked it");
        let port = Port::new(1).unwrap();
        let buffers: [fn() -> Buffer; 4] = [
            || vec![0; 9].into(),
            || Buffer::List(vec![vec![0; 9]; 3]),
            || Arc::<[u8]>::from([0; 9]).into(),
            || "constant".into(),
        ];
        for buffer in buffers {
            for (_, ours, peer) in net::connections() {
                let stream = port.associate(ours, 1).unwrap();
                stream.send(net::pattern(0, PLENTY), 1).unwrap(); // fails while it pends
                net::reset(peer);
                net::take(&port).result.unwrap_err();
                for _ in 0..3 {
                    stream.send(buffer(), 2).unwrap_err();
                }
            }
            // The kernel reports the reset to the receive; the send finds a closed connection.
            let (stream, peer) = net::stream(&port, 1);
            stream.recv(Vec::with_capacity(9), 3).unwrap();
            net::reset(peer);
            net::take(&port).result.unwrap_err();
            stream.send(buffer(), 4).unwrap_err();
            // The first send to a fresh Unix stream whose peer has gone.
            let (ours, peer) = net::unix();
            drop(peer);
            port.associate(ours, 1).unwrap().send(buffer(), 5).unwrap_err();
            // And to one that is open, in a direction that somebody else has shut down.
            let (ours, _peer) = net::tcp();
            let duplicate = ours.try_clone().unwrap();
            let stream = port.associate(ours, 1).unwrap();
            duplicate.shutdown(Shutdown::Write).unwrap();
            stream.send(buffer(), 6).unwrap_err();
        }
        assert!(!pipe_signal_is_pending(), "a send has raised SIGPIPE");
        let (ours, peer) = net::unix();
        drop(peer);
        assert_eq!(send(&ours, b"x", SendFlags::empty()), Err(Errno::PIPE));
        assert!(pipe_signal_is_pending(), "this test can see the signal");
    });
}
