//! Ports whose workers are busy: what completes meanwhile is noticed, goes on, and finds whom it may have
//! (the crate's promise; contract A47, B6, C47, and design, "the steward").

use std::hint;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use wharf::{GetError, Port};
use wharf_conformance::threads::{LIMIT, Outcome, Worker, start, until};

/// Within this a packet must have found another worker than the one that left it lying.
const HANDED_OVER: Duration = Duration::from_millis(50);

fn port(concurrency: u32) -> Port<u32> {
    Port::new(concurrency).expect("a port")
}

/// A worker that computes for as long as the test lasts.
fn compute(port: &Port<u32>) -> Worker {
    let worker = Worker::new("who computes");
    port.post(0, 0, 0).expect("an open port");
    assert_eq!(worker.take(port), 0);
    worker
}

/// A worker issues an operation that ends at once, and then computes for long instead of coming back for
/// the packet: a waiting worker gets it within 50 ms. The best of five counts, because the test's own
/// threads may be late.
#[test]
fn what_a_computing_worker_leaves_is_handed_over() -> io::Result<()> {
    let port = port(2);
    let (ours, mut theirs) = UnixStream::pair()?;
    theirs.write_all(&[1; 10])?;
    let stream = port.associate(ours, 0)?;
    let a = compute(&port);
    let b = Worker::new("who waits");
    for what in ["send", "receive"] {
        let attempt = |_| {
            let got = b.wait_on(&port);
            let stream = stream.clone();
            let issued = a.call(move || {
                let issued = match what {
                    "send" => stream.send("x", 1),
                    _ => stream.recv(Vec::with_capacity(1), 1),
                };
                issued.map(|_| Instant::now())
            });
            assert_eq!(got.wait(), Ok(1));
            issued.expect("accepted").elapsed()
        };
        let best = (0..5).map(attempt).min().expect("five");
        assert!(best <= HANDED_OVER, "{what}: after {best:?}");
    }
    Ok(())
}

/// A send that is half way goes on while the only worker computes: the peer gets all of it, and its packet
/// is queued.
#[test]
fn sends_go_on_while_all_workers_compute() -> io::Result<()> {
    const LARGE: usize = 4 << 20;
    let port = port(1);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut theirs = TcpStream::connect(listener.local_addr()?)?;
    let stream = port.associate(listener.accept()?.0, 0)?;
    let a = compute(&port);
    stream.send(vec![7; LARGE], 1)?;
    assert_eq!((port.stats().sending, port.stats().queued), (1, 0), "more than a socket takes");
    let reader = start("the reader", move || {
        let mut bytes = vec![0; LARGE];
        theirs.read_exact(&mut bytes).map(|()| bytes.iter().all(|byte| *byte == 7)).ok()
    });
    until("the send ends", || port.stats().queued == 1);
    let stats = port.stats();
    assert_eq!((stats.sending, stats.running, stats.taken), (0, 1, 1));
    assert_eq!((reader.wait(), a.take(&port)), (Some(true), 1));
    Ok(())
}

/// The same for whatever else may complete: an accept, receives, a datagram. They are queued, for when a
/// worker is free.
#[test]
fn completions_are_queued_while_all_workers_compute() -> io::Result<()> {
    let port = port(1);
    let listener = port.associate(TcpListener::bind("127.0.0.1:0")?, 0)?;
    let datagram = port.associate(UdpSocket::bind("127.0.0.1:0")?, 0)?;
    let (ours, mut theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 0)?;
    let a = compute(&port);
    listener.accept(1)?;
    datagram.recv_from(Vec::with_capacity(8), 2)?;
    stream.recv(Vec::with_capacity(8), 3)?;
    let _client = TcpStream::connect(listener.local_addr()?)?;
    until("the accept ends", || port.stats().queued == 1);
    UdpSocket::bind("127.0.0.1:0")?.send_to(b"x", datagram.local_addr()?)?;
    until("the datagram is received", || port.stats().queued == 2);
    theirs.write_all(b"x")?;
    until("the receive ends", || port.stats().queued == 3);
    assert_eq!((port.stats().receiving, port.stats().running), (0, 1));
    assert_eq!([1, 2, 3].map(|_| a.take(&port)), [1, 2, 3]);
    Ok(())
}

/// Who looks after a busy port does not bring its packets out of order: a single worker gets what one
/// stream receives in the order of issue, although now its own wait and now the steward collects it
/// (contract A44, C45).
#[test]
fn one_stream_stays_in_order() -> io::Result<()> {
    const PENDING: u64 = 64;
    let port = Port::new(1)?;
    let (ours, mut theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 0)?;
    let writer = start("the peer", move || {
        while theirs.write_all(b"x").is_ok() {
            spin(Duration::from_micros(30));
        }
    });
    (0..PENDING).try_for_each(|number| stream.recv(Vec::with_capacity(1), number).map(drop))?;
    let began = Instant::now();
    let mut expected = 0;
    while began.elapsed() < Duration::from_millis(300) {
        let packet = port.get(Some(LIMIT)).expect("a packet");
        assert_eq!(packet.payload, expected);
        stream.recv(packet.buffer, expected + PENDING)?;
        expected += 1;
        if expected % 40 == 0 {
            spin(Duration::from_micros(1200)); // longer than a tick of the steward
        }
    }
    drop(stream);
    writer.wait();
    Ok(())
}

/// Computes.
fn spin(time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time {
        hint::spin_loop();
    }
}

/// Workers that are never idle, because each packet posts the next, still see their sockets and timers;
/// whether they take one packet at a time or many.
#[test]
fn posts_do_not_starve_sockets() -> io::Result<()> {
    const POST: u32 = 0;
    const RECEIVE: u32 = 1;
    const TIMER: u32 = 2;
    for limit in [1, 2, 1000] {
        let port = port(2);
        let (ours, mut theirs) = UnixStream::pair()?;
        let stream = port.associate(ours, 0)?;
        (0..limit * 4).for_each(|_| port.post(0, POST, 0).expect("an open port"));
        let serve = |_| {
            let port = port.clone();
            start("who is never idle", move || {
                let mut seen = Vec::new();
                loop {
                    // As `get` where one is wanted; an empty queue would be an idle worker.
                    match port.get_many(limit, Some(LIMIT)) {
                        Err(error) => return (error, seen),
                        Ok(packets) => {
                            for packet in packets {
                                match packet.payload {
                                    POST => drop(port.post(0, POST, 0)),
                                    other => seen.push(other),
                                }
                            }
                        }
                    }
                }
            })
        };
        let workers = [1, 2].map(serve);
        until("they are busy", || port.stats().taken > 1000);
        stream.recv(Vec::with_capacity(8), RECEIVE)?;
        port.start_timer(Duration::from_millis(1), 0, TIMER)?;
        theirs.write_all(b"x")?;
        until("both end", || {
            let stats = port.stats();
            (stats.receiving, stats.timers) == (0, 0)
        });
        let taken = port.stats().taken + 100_000;
        until("their packets are taken", || port.stats().taken > taken);
        port.close();
        let mut seen = Vec::new();
        for (error, part) in workers.map(Outcome::wait) {
            assert_eq!(error, GetError::Closed, "never idle");
            seen.extend(part);
        }
        seen.sort_unstable();
        assert_eq!(seen, [RECEIVE, TIMER], "taking {limit} at a time");
    }
    Ok(())
}
