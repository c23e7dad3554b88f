//! `Port::drain`: the end of the work in order. The subject is the crate's own; of the contract it keeps A15-A18 and A47.

use std::io::{self, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use wharf::{Drained, GetError, Packet, Port, Stream, blocking};
use wharf_conformance::threads::{LIMIT, Outcome, Worker, run, start, stays, until};

/// More than any of these drains may need; a drain that waits for it fails its test.
const LONG: Duration = Duration::from_secs(3600);

const LARGE: usize = 4 << 20;

type Log = Arc<Mutex<Vec<String>>>;

fn port<T: Send>(concurrency: u32) -> Port<T> {
    Port::new(concurrency).expect("a port")
}

fn drain<T: Send>(port: &Port<T>, grace: Duration) -> Outcome<Drained> {
    let port = port.clone();
    start("drain", move || port.drain(grace))
}

fn numbers(drained: Drained) -> (u64, usize, usize) {
    (drained.finished, drained.cancelled, drained.left)
}

/// A handler that writes down what ends, and how.
fn note(log: &Log) -> impl Fn(Packet<&'static str>) -> io::Result<()> + Send + Sync + 'static {
    let log = Arc::clone(log);
    move |packet| {
        let how = match &packet.result {
            Ok(bytes) => bytes.to_string(),
            Err(_) if packet.was_cancelled() => "cancelled".into(),
            Err(error) => error.to_string(),
        };
        log.lock().expect("no panic").push(format!("{} {how}", packet.payload));
        Ok(())
    }
}

fn noted(log: &Log) -> Vec<String> {
    log.lock().expect("no panic").clone()
}

/// Nothing to do, nothing to wait for: with and without workers, with any grace. Afterwards the port is
/// closed.
#[test]
fn an_idle_port_drains_at_once() {
    for grace in [LONG, Duration::MAX, Duration::ZERO] {
        let without = port::<()>(1);
        assert_eq!(drain(&without, grace).wait(), Drained::default());
        assert_eq!(without.get(Some(Duration::ZERO)).err(), Some(GetError::Closed));

        let with = port::<()>(2);
        let run = run(&with, 4, |_| Ok(()));
        until("all wait", || with.stats().waiting == 4);
        assert_eq!(drain(&with, grace).wait(), Drained::default());
        assert_eq!(run.wait(), 0);
    }
}

/// 1: nothing is accepted any more. Accepts that are pending end, as a handler sees; new ones are refused.
#[test]
fn accepts_are_refused() -> io::Result<()> {
    let port = port(1);
    let listener = port.associate(TcpListener::bind("127.0.0.1:0")?, 0)?;
    listener.accept(1)?;
    listener.accept(2)?;
    assert!(!port.is_draining());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, draining) = (Arc::clone(&seen), port.clone());
    let run = run(&port, 2, move |packet| {
        let refused = listener.accept(10 * packet.payload).unwrap_err();
        assert_eq!(refused.payload, 10 * packet.payload);
        let code = refused.error.raw_os_error();
        let entry = (packet.payload, packet.was_cancelled(), code, draining.is_draining());
        log.lock().expect("no panic").push(entry);
        Ok(())
    });
    let drained = drain(&port, LONG).wait();
    assert_eq!((drained.finished, drained.left, run.wait()), (2, 0, 0));
    let cancelled = Some(Errno::CANCELED.raw_os_error());
    let seen = seen.lock().expect("no panic").clone();
    assert_eq!(seen, [(1, true, cancelled, true), (2, true, cancelled, true)]);
    Ok(())
}

/// The first step alone: a port that no longer accepts serves everything else.
#[test]
fn a_port_that_does_not_accept_serves_the_rest() -> io::Result<()> {
    let port = port(1);
    let listener = port.associate(TcpListener::bind("127.0.0.1:0")?, 0)?;
    let (ours, mut theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 0)?;
    listener.accept(1)?;
    stream.recv(Vec::with_capacity(8), 2)?;
    port.stop_accepting();
    assert!(port.is_draining());
    assert_eq!(port.get(Some(LIMIT)).expect("the accept").payload, 1);
    assert!(listener.accept(3).is_err());
    theirs.write_all(b"x")?;
    assert_eq!(port.get(Some(LIMIT)).expect("the receive").transferred, 1);
    port.post(0, 4, 0)?;
    assert_eq!(port.get(Some(LIMIT)).expect("the post").payload, 4);
    Ok(())
}

/// 2: what is queued is handled. The workers come only when the drain has begun, so that all is to be done
/// then.
#[test]
fn queued_packets_are_finished() {
    let port = port(2);
    (0..100).for_each(|_| port.post(0, "post", 0).expect("an open port"));
    let draining = drain(&port, LONG);
    until("it drains", || port.is_draining());
    let log = Log::default();
    let run = run(&port, 4, note(&log));
    assert_eq!(numbers(draining.wait()), (100, 0, 0));
    assert_eq!((run.wait(), noted(&log).len()), (0, 100));
}

/// 2 and 3: a send to a slow reader goes out whole; only then are receives and timers ended, which nobody
/// can finish.
#[test]
fn sends_are_finished_and_receives_cancelled() -> io::Result<()> {
    let port = port(1);
    let (ours, mut theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 0)?;
    let datagram = port.associate(UdpSocket::bind("127.0.0.1:0")?, 0)?;
    stream.recv(Vec::with_capacity(8), "receive")?;
    datagram.recv_from(Vec::with_capacity(8), "datagram")?;
    port.start_timer(LONG, 0, "timer")?;
    stream.send(vec![1; LARGE], "send")?;
    let log = Log::default();
    let run = run(&port, 2, note(&log));
    let draining = drain(&port, LONG);
    until("it drains", || port.is_draining());
    assert_eq!(noted(&log), [""; 0], "the reader is slow");

    let reader = start("the reader", move || {
        let mut bytes = vec![0; LARGE];
        theirs.read_exact(&mut bytes).expect("all of it");
        // Back with the connection: its end would be something to receive.
        (bytes.iter().all(|byte| *byte == 1), theirs)
    });
    assert_eq!((numbers(draining.wait()), run.wait()), ((4, 3, 0), 0));
    assert!(reader.wait().0);
    let mut log = noted(&log);
    assert_eq!(log.remove(0), format!("send {LARGE}"));
    log.sort_unstable();
    assert_eq!(log, ["datagram cancelled", "receive cancelled", "timer cancelled"]);
    Ok(())
}

/// 2: while a send is pending another peer may still ask; what a handler answers then is sent, too.
#[test]
fn answers_that_begin_during_the_drain_are_sent() -> io::Result<()> {
    enum Talk {
        Heard(Stream<Talk>),
        Said(Stream<Talk>),
        Slow,
    }
    let port = port(1);
    let [(slow, mut slow_peer), (ours, mut theirs)] = [UnixStream::pair()?, UnixStream::pair()?];
    let slow = port.associate(slow, 0)?;
    slow.send(vec![1; LARGE], Talk::Slow)?;
    let stream = port.associate(ours, 0)?;
    stream.recv(Vec::with_capacity(8), Talk::Heard(stream.clone()))?;
    drop(stream);
    let run = run(&port, 2, |packet| {
        packet.result?;
        match packet.payload {
            Talk::Heard(stream) => {
                stream.send(vec![2; LARGE], Talk::Said(stream.clone()))?;
            }
            Talk::Said(stream) => {
                stream.recv(Vec::with_capacity(8), Talk::Heard(stream.clone()))?;
            }
            Talk::Slow => {}
        }
        Ok(())
    });
    let draining = drain(&port, LONG);
    until("it drains", || port.is_draining());
    let talk = start("the peers", move || {
        let mut bytes = vec![0; LARGE];
        theirs.write_all(b"question").expect("an open stream");
        theirs.read_exact(&mut bytes).expect("the answer");
        slow_peer.read_exact(&mut bytes).expect("the slow send");
        theirs.read(&mut bytes).expect("the end")
    });
    assert_eq!(talk.wait(), 0);
    // Question, answer, slow send, and the receive for a next question.
    assert_eq!((numbers(draining.wait()), run.wait()), ((4, 1, 0), 0));
    Ok(())
}

/// 2: handlers that run are waited for, also blocked ones.
#[test]
fn running_handlers_are_waited_for() {
    for blocks in [false, true] {
        let port = port(1);
        port.post(0, "long", 0).expect("an open port");
        let log = Log::default();
        let (handler, draining) = (note(&log), port.clone());
        let run = run(&port, 2, move |packet| {
            let wait = || {
                until("it drains", || draining.is_draining());
                // Time for a drain that does not wait to be over.
                stays("it drains", || draining.is_draining());
            };
            if blocks {
                blocking(wait)
            } else {
                wait()
            }
            handler(packet)
        });
        until("the handler runs", || port.stats().taken == 1);
        let drained = drain(&port, LONG).wait();
        assert_eq!((numbers(drained), noted(&log)), ((0, 0, 0), vec!["long 0".to_owned()]));
        assert_eq!(run.wait(), 0);
    }
}

/// Workers are not bound to `run`: one that ends instead of asking again is done as well, and so is one
/// that goes to another port.
#[test]
fn workers_that_leave_are_done() {
    for ends in [true, false] {
        let (port, other) = (port(1), port::<u32>(1));
        let worker = Worker::new("worker");
        port.post(0, 1, 0).expect("an open port");
        assert_eq!(worker.take(&port), 1);
        let draining = drain(&port, LONG);
        until("it drains", || port.is_draining());
        // It sleeps by now, or is about to.
        stays("a worker runs", || draining.try_wait().is_none());
        if ends {
            worker.end();
        } else {
            assert_eq!(worker.poll(&other), Err(GetError::TimedOut));
        }
        assert_eq!(draining.wait(), Drained::default());
    }
}

/// The time is over: a handler that does not come back is left alone, and what is queued behind it is
/// dropped and counted. Not before the time.
#[test]
fn grace_is_kept_and_ends() {
    const GRACE: Duration = Duration::from_millis(100);
    let port = port::<Arc<()>>(1);
    let witness = Arc::new(());
    let worker = Worker::new("worker");
    (0..6).for_each(|_| port.post(0, Arc::clone(&witness), 0).expect("an open port"));
    drop(worker.take(&port));
    let began = Instant::now();
    let drained = drain(&port, GRACE).wait();
    assert!(began.elapsed() >= GRACE, "after {:?}", began.elapsed());
    assert_eq!(numbers(drained), (0, 0, 5));
    assert_eq!(Arc::strong_count(&witness), 1);
    assert_eq!(worker.poll(&port).err(), Some(GetError::Closed));
}

/// Without any grace everything is dropped: queued, pending, ended by the drain itself.
#[test]
fn no_grace_drops_everything() -> io::Result<()> {
    let port = port::<Arc<()>>(1);
    let witness = Arc::new(());
    let (ours, _theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 0)?;
    (0..3).for_each(|_| port.post(0, Arc::clone(&witness), 0).expect("an open port"));
    stream.recv(Vec::with_capacity(8), Arc::clone(&witness))?;
    stream.send(vec![1; LARGE], Arc::clone(&witness))?;
    port.start_timer(LONG, 0, Arc::clone(&witness))?;
    assert_eq!(numbers(drain(&port, Duration::ZERO).wait()), (0, 3, 6));
    assert_eq!(Arc::strong_count(&witness), 1);
    Ok(())
}

/// What a handler begins at the last moment, here for the receive that the drain has ended, is left and counted once:
/// its deadline is no operation.
#[test]
fn what_begins_at_the_last_moment_is_left() -> io::Result<()> {
    struct Talk(Stream<Talk>);
    let port = port(1);
    let (ours, _theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 0)?;
    stream.recv(Vec::with_capacity(8), Talk(stream.clone()))?;
    drop(stream);
    let run = run(&port, 1, |packet| {
        let Talk(stream) = packet.payload;
        let again = stream.recv(packet.buffer, Talk(stream.clone()))?;
        assert!(stream.expire_after(again, LONG));
        Ok(())
    });
    assert_eq!((numbers(drain(&port, LONG).wait()), run.wait()), ((1, 1, 1), 0));
    Ok(())
}

/// A peer that never reads costs the grace and no more; the send is cancelled, and handled or left.
#[test]
fn a_peer_that_never_reads_costs_the_grace() -> io::Result<()> {
    const GRACE: Duration = Duration::from_millis(100);
    let port = port(1);
    let (ours, _theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 0)?;
    stream.send(vec![1; LARGE], "send")?;
    let log = Log::default();
    let run = run(&port, 1, note(&log));
    let began = Instant::now();
    let drained = drain(&port, GRACE).wait();
    assert!(began.elapsed() >= GRACE, "after {:?}", began.elapsed());
    assert_eq!(drained.cancelled, 1);
    assert_eq!(drained.finished + drained.left as u64, 1);
    assert_eq!(run.wait(), 0);
    assert!(noted(&log).len() as u64 == drained.finished, "{drained:?}");
    Ok(())
}

/// Drained twice: the second time there is nothing. Twice at once: the two share what there is.
#[test]
fn drained_twice() -> io::Result<()> {
    let port = port(1);
    let (ours, _theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 0)?;
    stream.recv(Vec::with_capacity(8), "one")?;
    stream.recv(Vec::with_capacity(8), "two")?;
    let log = Log::default();
    let run = run(&port, 2, note(&log));
    let both = [drain(&port, LONG), drain(&port, LONG)].map(Outcome::wait);
    assert_eq!(both.iter().map(|drained| drained.cancelled).sum::<usize>(), 2);
    assert_eq!(both.iter().map(|drained| drained.left).sum::<usize>(), 0);
    assert_eq!((run.wait(), noted(&log).len()), (0, 2));
    assert_eq!(drain(&port, LONG).wait(), Drained::default());
    Ok(())
}

/// A handler may drain its own port: its thread stops being a worker, and does not wait for itself.
#[test]
fn a_handler_may_drain() -> io::Result<()> {
    for workers in [1, 3] {
        let port = port(1);
        let (ours, _theirs) = UnixStream::pair()?;
        let stream = port.associate(ours, 0)?;
        if workers > 1 {
            stream.recv(Vec::with_capacity(8), "receive")?;
        }
        let log = Log::default();
        let (handler, draining) = (note(&log), port.clone());
        let run = run(&port, workers, move |packet| {
            if packet.payload == "drain" {
                let drained = draining.drain(LONG);
                assert_eq!(drained.left, 0);
            }
            handler(packet)
        });
        port.post(0, "drain", 0)?;
        assert_eq!(run.wait(), 0);
        let mut log = noted(&log);
        log.sort_unstable();
        assert_eq!(log, ["drain 0", "receive cancelled"][..if workers > 1 { 2 } else { 1 }]);
    }
    Ok(())
}

/// In full swing: clients ask without end, and the handler does not wait for another question while the
/// port drains. Every question that was heard has its answer, and nothing is left.
#[test]
fn a_busy_port_drains() -> io::Result<()> {
    struct Talk {
        heard: bool,
        stream: Stream<Talk>,
        witness: Arc<()>,
    }
    let port = port(2);
    let witness = Arc::new(());
    let mut clients = Vec::new();
    for _ in 0..8 {
        let (ours, mut theirs) = UnixStream::pair()?;
        clients.push(start("a client", move || {
            let mut answer = [0; 8];
            while theirs.write_all(b"question").is_ok() {
                match theirs.read(&mut answer) {
                    Ok(8) => {}
                    end => return end.unwrap_or(0),
                }
            }
            0
        }));
        let stream = port.associate(ours, 0)?;
        let witness = Arc::clone(&witness);
        stream.recv(vec![0; 8], Talk { heard: true, stream: stream.clone(), witness })?;
    }
    let draining = port.clone();
    let run = run(&port, 4, move |packet| {
        packet.result?;
        let Talk { heard, stream, witness } = packet.payload;
        let talk = Talk { heard: !heard, stream: stream.clone(), witness };
        if heard {
            stream.send(packet.buffer, talk)?;
        } else if !draining.is_draining() {
            stream.recv(packet.buffer, talk)?;
        }
        Ok(())
    });
    until("it is in full swing", || port.stats().taken > 1000);
    let drained = drain(&port, LONG).wait();
    assert!(drained.cancelled <= 8 && drained.left == 0, "{drained:?}");
    assert_eq!(run.wait(), 0);
    assert_eq!(Arc::strong_count(&witness), 1);
    let torn: usize = clients.into_iter().map(Outcome::wait).sum();
    assert_eq!(torn, 0, "no answer is a part of one");
    Ok(())
}
