//! How connections end: by the peer, by halves; resets have `reset`. Contract C19, D41, D50, D51, D57, D78, D81.

use std::io::ErrorKind;
use std::net::Shutdown;
use std::process::Command;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::{SendFlags, send};
use socket2::SockRef;
use wharf::{Buffer, Port};
use wharf_conformance::net;

/// More than a connection of the loopback interface holds.
const PLENTY: usize = 8 << 20;

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
    net::alone_under(&wrapper, "ends::no_send_raises_a_signal", || {
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
