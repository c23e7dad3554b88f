//! Whom a packet goes to: of the waiting workers the newest is released first, and it gets the oldest
//! packet (contract A45, A44, B6).

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use wharf::{GetError, Port};
use wharf_conformance::threads::{Outcome, Worker, told_port as port, until};

fn post(port: &Port<u32>, packet: u32) {
    port.post(0, packet, 0).expect("an open port");
}

type Got = Outcome<Result<u32, GetError>>;

/// All wait, in this order.
fn wait<const N: usize>(workers: &[Worker; N], port: &Port<u32>) -> [Got; N] {
    std::array::from_fn(|index| workers[index].wait_on(port))
}

/// A45: waiters beside a free slot, which sleep where operations complete, and posts one by one.
#[test]
fn posts_release_the_newest_of_those_with_a_slot() {
    for _ in 0..20 {
        let port = port(8);
        let workers: [Worker; 5] = Worker::several();
        let got = wait(&workers, &port);
        for (packet, got) in got.into_iter().rev().enumerate() {
            post(&port, packet as u32);
            assert_eq!(got.wait(), Ok(packet as u32));
        }
    }
}

/// A45: the same for what completes in the kernel, which itself chooses whom to wake: data, and timers.
#[test]
fn completions_release_the_newest_of_those_with_a_slot() -> io::Result<()> {
    let port = port(8);
    let workers: [Worker; 6] = Worker::several();
    let (ours, mut theirs) = UnixStream::pair()?;
    let stream = port.associate(ours, 0)?;
    let mut got = wait(&workers, &port);
    got.reverse();
    for (packet, got) in got.into_iter().enumerate() {
        if packet % 2 == 0 {
            stream.recv(Vec::with_capacity(1), packet as u32)?;
            theirs.write_all(b"x")?;
        } else {
            port.start_timer(Duration::from_millis(1), 0, packet as u32)?;
        }
        assert_eq!(got.wait(), Ok(packet as u32));
    }
    Ok(())
}

/// A45, A44: waiters without a slot, each of which has one of its own to sleep in. Packets are queued
/// first; every worker that blocks frees the slot for the newest waiter, who gets the oldest packet.
#[test]
fn the_newest_of_those_without_a_slot_gets_the_oldest_packet() {
    let port = port(1);
    let runner = Worker::new("runner");
    post(&port, 100);
    assert_eq!(runner.take(&port), 100);
    let workers: [Worker; 5] = Worker::several();
    let got = wait(&workers, &port);
    (0..5).for_each(|packet| post(&port, packet));
    let mut blocked = vec![runner.block()];
    for (packet, (worker, got)) in workers.iter().zip(got).rev().enumerate() {
        assert_eq!(got.wait(), Ok(packet as u32));
        blocked.push(worker.block());
    }
}

/// A45: the newest is the newest whatever the others wait for or have gone through: here the oldest was
/// promoted to watch for completions when the slot became free.
#[test]
fn a_newcomer_is_newer_than_who_watches() {
    let port = port(1);
    let [runner, old, new] = Worker::several();
    post(&port, 1);
    assert_eq!(runner.take(&port), 1);
    let olds = old.wait_on(&port);
    let slept = old.sleeps();
    let blocked = runner.block();
    // The order of release is that in which sleepers reach the kernel: the promoted one has to be there.
    until("the oldest has moved to the engine", || old.sleeps() > slept);
    old.asleep();
    let news = new.wait_on(&port);
    post(&port, 2);
    assert_eq!(news.wait(), Ok(2));
    let _blocked = new.block();
    post(&port, 3);
    assert_eq!(olds.wait(), Ok(3));
    blocked.release();
}

/// A45: who comes back is the newest again; who was woken for nothing keeps its place: B's time is over
/// below two others, and it waits anew above them.
#[test]
fn who_asks_again_is_the_newest_again() {
    for slots in [1, 8] {
        let port = port(slots);
        let [runner, a, b, c] = Worker::several();
        post(&port, 0);
        assert_eq!(runner.take(&port), 0);
        let [first, timed] =
            [(&a, None), (&b, Some(Duration::from_millis(200)))].map(|(w, t)| w.wait_for(t, &port));
        // Not by the number of those that wait, which the end of B's time may lower meanwhile.
        c.call(|| ());
        let waits = port.clone();
        let third = c.start(move || waits.get(None).map(|packet| packet.payload));
        c.asleep();
        assert_eq!(timed.wait(), Err(GetError::TimedOut));
        let second = b.wait_on(&port);
        let mut blocked = vec![runner.block()];
        for (packet, (worker, got)) in [(1, (&b, second)), (2, (&c, third)), (3, (&a, first))] {
            post(&port, packet);
            assert_eq!(got.wait(), Ok(packet), "{slots} slots");
            blocked.push(worker.block());
        }
    }
}

/// A45: with one packet at a time the same worker does all the work, and its caches stay warm: the others
/// are never woken.
#[test]
fn one_packet_at_a_time_has_one_worker() {
    let port = port(8);
    let workers: [Worker; 4] = Worker::several();
    let got = wait(&workers, &port);
    let slept: Vec<_> = workers[..3].iter().map(Worker::sleeps).collect();
    let [.., mut newest] = got;
    for packet in 0..200 {
        post(&port, packet);
        assert_eq!(newest.wait(), Ok(packet));
        newest = workers[3].wait_on(&port);
    }
    assert_eq!(workers[..3].iter().map(Worker::sleeps).collect::<Vec<_>>(), slept);
}
