//! The port as an object: what it is made with, what it calls its handles, and its one queue (contract A1,
//! A3, A10, A11, A31, A42-A44, A46, A47).

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::UdpSocket;
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use wharf::{Concurrency, GetError, Packet, Port};
use wharf_conformance::net;
use wharf_conformance::threads::{LIMIT, Worker, start, stays, until};

const KEYS: [usize; 5] = [0, 1, 1 << 31, usize::MAX - 1, usize::MAX];

fn next<T: Send>(port: &Port<T>) -> Packet<T> {
    port.get(Some(LIMIT)).expect("a packet")
}

/// Processors online as the scheduler's own statistics list them: a line `cpuN` for each.
fn processors_online() -> u32 {
    let stat = fs::read_to_string("/proc/stat").expect("procfs");
    let is_processor =
        |line: &&str| line.strip_prefix("cpu").is_some_and(|rest| !rest.starts_with(' '));
    stat.lines().filter(is_processor).count().try_into().expect("a small number")
}

/// A1: a new port is empty, counts nothing, and delivers what is posted and nothing else.
#[test]
fn a_new_port_is_empty() {
    let port = Port::new(3).expect("a port");
    let stats = port.stats();
    assert_eq!((stats.concurrency, stats.running, stats.blocked, stats.waiting), (3, 0, 0, 0));
    assert_eq!((stats.queued, stats.taken, stats.timers), (0, 0, 0));
    assert_eq!((stats.receiving, stats.sending), (0, 0));
    assert_eq!(port.get(Some(Duration::ZERO)).err(), Some(GetError::TimedOut));
    port.post(5, "the only one", 0).expect("an open port");
    assert_eq!(next(&port).payload, "the only one");
    assert_eq!(port.get(Some(Duration::ZERO)).err(), Some(GetError::TimedOut));
}

/// A10: 0 is the number of processors of the system, also for a thread that may use one of them only, and
/// any other number is itself.
#[test]
fn concurrency_0_is_the_number_of_processors() {
    let made = |concurrency: u32| Port::<()>::new(concurrency).expect("a port").stats().concurrency;
    assert_eq!(made(0), processors_online());
    let named = Port::<()>::new(Concurrency::PerProcessor).expect("a port");
    assert_eq!(named.stats().concurrency, processors_online());
    let pinned = move || {
        let mut one = CpuSet::new();
        let all = sched_getaffinity(None).expect("an affinity");
        one.set((0..CpuSet::MAX_CPU).find(|cpu| all.is_set(*cpu)).expect("a processor"));
        sched_setaffinity(None, &one).expect("a part of what it had");
        made(0)
    };
    assert_eq!(start("a pinned thread", pinned).wait(), processors_online());
    assert_eq!([1, 2, 1000, u32::MAX].map(made), [1, 2, 1000, u32::MAX]);
}

/// A10: that many workers run, and no more. One worker more than processors, and a post for each.
#[test]
fn concurrency_0_lets_as_many_run() {
    let port = Port::new(0).expect("a port");
    let processors = processors_online();
    let workers: Vec<_> = (0..=processors).map(|index| Worker::new(&index.to_string())).collect();
    let got: Vec<_> = workers.iter().map(|worker| worker.wait_on(&port)).collect();
    (0..=processors).for_each(|packet| port.post(0, packet, 0).expect("an open port"));
    until("all slots are taken", || port.stats().running == processors);
    stays("all slots are taken, and no more", || {
        let stats = port.stats();
        (stats.running, stats.queued, stats.waiting) == (processors, 1, 1)
    });
    let mut left = got;
    until("all but one return", || {
        left.retain(|got| got.try_wait().is_none());
        left.len() <= 1
    });
    assert_eq!(left.len(), 1);
}

/// A3: the concurrency value is the port's; associations do not change it.
#[test]
fn associations_leave_the_concurrency_value() {
    let port = Port::new(4).expect("a port");
    let handles = [0, 1, 7].map(|key| {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        port.associate(socket, key).expect("an association")
    });
    for handle in &handles {
        handle.recv_from(Vec::with_capacity(8), ()).expect("accepted");
    }
    assert_eq!((port.stats().concurrency, port.stats().receiving), (4, 3));
}

/// A20: the descriptors of a port are for this process only: no program that it executes inherits them.
#[test]
fn descriptors_are_not_inherited() {
    let _port = Port::<()>::new(1).expect("a port");
    let mut kinds = BTreeSet::new();
    for entry in fs::read_dir("/proc/self/fd").expect("procfs") {
        let path = entry.expect("procfs").path();
        // Errors: another test has closed it.
        let Ok(kind) = fs::read_link(&path) else { continue };
        let Some(kind) = kind.to_str().and_then(|kind| kind.strip_prefix("anon_inode:")) else {
            continue;
        };
        let number = path.file_name().and_then(|name| name.to_str()).expect("a number");
        let Ok(info) = fs::read_to_string(format!("/proc/self/fdinfo/{number}")) else { continue };
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).expect("flags");
        let flags = u32::from_str_radix(flags.trim(), 8).expect("an octal number");
        assert!(flags & OFlags::CLOEXEC.bits() != 0, "{kind}: {flags:o}");
        kinds.insert(kind.to_owned());
    }
    assert!(kinds.contains("[eventpoll]"), "{kinds:?}");
}

/// A11: keys come back bit for bit, whatever brings them: a post, a timer, an operation that ends at once,
/// one that ends later, one that fails.
#[test]
fn keys_come_back_bit_for_bit() {
    let port = Port::new(1).expect("a port");
    for key in KEYS {
        port.post(key, "post", 0).expect("an open port");
        assert_eq!(next(&port).key, key);

        port.start_timer(Duration::ZERO, key, "timer").expect("an open port");
        assert_eq!(next(&port).key, key);

        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let address = socket.local_addr().expect("an address");
        let socket = port.associate(socket, key).expect("an association");
        assert_eq!(socket.key(), key);
        socket.recv_from(Vec::with_capacity(8), "receive").expect("accepted");
        socket.send_to("x", address, "send").expect("accepted");
        let mut ended = [next(&port), next(&port)].map(|packet| (packet.payload, packet.key));
        ended.sort_unstable();
        assert_eq!(ended, [("receive", key), ("send", key)]);

        socket.recv_from(Vec::with_capacity(8), "cancelled").expect("accepted");
        drop(socket);
        let packet = next(&port);
        assert_eq!((packet.payload, packet.key), ("cancelled", key));
    }
}

/// A11: several handles, and posts beside them, may have one key; what the program called the operation
/// tells them apart.
#[test]
fn handles_may_share_a_key() {
    let port = Port::new(1).expect("a port");
    let pairs = [0, 1, 2].map(|_| UnixStream::pair().expect("a pair"));
    let (ours, mut theirs): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let streams: Vec<_> =
        ours.into_iter().map(|ours| port.associate(ours, 9).expect("an association")).collect();
    for (index, stream) in streams.iter().enumerate() {
        stream.recv(Vec::with_capacity(8), index).expect("accepted");
    }
    for index in [2, 0, 1] {
        theirs[index].write_all(b"xyz").expect("room for three bytes");
        let packet = next(&port);
        assert_eq!((packet.key, packet.payload, packet.transferred), (9, index, 3));
    }
    port.post(9, 77, 0).expect("an open port");
    assert_eq!((next(&port).payload, port.stats().queued), (77, 0));
}

/// A42, A31: a post comes back as it was: key, number in its whole width, payload by value; nothing else is
/// in it.
#[test]
fn a_post_comes_back_verbatim() {
    let port = Port::new(1).expect("a port");
    for number in [0, 1, 1234, 0xFFFF_FFFF, 0x1_0000_0000, usize::MAX] {
        let payload = Box::new(number);
        let address = (&raw const *payload).addr();
        port.post(!number, payload, number).expect("an open port");
        let packet = next(&port);
        assert_eq!((packet.key, *packet.payload, packet.transferred), (!number, number, number));
        assert_eq!((&raw const *packet.payload).addr(), address, "the very same");
        assert!(!packet.was_cancelled());
        assert!(packet.buffer.is_empty() && packet.peer().is_none() && packet.socket.is_none());
        assert_eq!(packet.result.expect("posts succeed"), number);
    }
}

/// A43: a post never waits, not even for the port's own worker: one posts a million packets to itself, then
/// takes them; in order (A44), and all of them. In portions, for the limit that a step has.
#[test]
fn a_worker_posts_to_itself_a_million_times() {
    const POSTS: usize = 1_000_000;
    const PORTION: usize = 50_000;
    let port = Port::new(1).expect("a port");
    let worker = Worker::new("worker");
    port.post(0, (), 0).expect("an open port");
    worker.take(&port);
    for first in (0..POSTS).step_by(PORTION) {
        let port = port.clone();
        worker.call(move || {
            let numbers = first..first + PORTION;
            numbers.for_each(|number| port.post(0, (), number).expect("an open port"));
        });
    }
    assert_eq!(port.stats().queued, POSTS);
    for first in (0..POSTS).step_by(PORTION) {
        let port = port.clone();
        worker.call(move || {
            let numbers = first..first + PORTION;
            numbers.for_each(|number| assert_eq!(next(&port).transferred, number));
        });
    }
    assert_eq!(port.stats().queued, 0);
}

/// A44: operations that end at once and posts share one queue. One thread issues them in turn, once as a
/// stranger and once as a worker of the port, whose own completions may be handled in another way; they
/// come in that order.
#[test]
fn posts_and_inline_completions_share_one_fifo() {
    const ROUNDS: usize = 100;
    let port = Port::new(1).expect("a port");
    let (ours, mut theirs) = UnixStream::pair().expect("a pair");
    theirs.write_all(&[7; 2 * ROUNDS]).expect("room for two hundred bytes");
    let stream = port.associate(ours, 0).expect("an association");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = socket.local_addr().expect("an address");
    let socket = port.associate(socket, 0).expect("an association");
    for who in ["a stranger", "a worker"] {
        for round in 0..ROUNDS {
            port.post(0, (round, "post"), 0).expect("an open port");
            stream.recv(Vec::with_capacity(1), (round, "receive")).expect("accepted");
            socket.send_to("x", address, (round, "datagram")).expect("accepted");
            stream.send("x", (round, "send")).expect("accepted");
        }
        assert_eq!(port.stats().queued, 4 * ROUNDS, "all have ended at once");
        for round in 0..ROUNDS {
            for what in ["post", "receive", "datagram", "send"] {
                assert_eq!(next(&port).payload, (round, what), "{who}");
            }
        }
    }
}

/// A46: the depth of the queue is what has been queued and not yet been taken.
#[test]
fn depth_counts_what_is_queued() {
    let port = Port::new(1).expect("a port");
    (0..3).for_each(|number| port.post(0, (), number).expect("an open port"));
    assert_eq!((port.stats().queued, port.stats().taken), (3, 0));
    next(&port);
    assert_eq!((port.stats().queued, port.stats().taken), (2, 1));
    assert_eq!(port.get_many(10, Some(LIMIT)).expect("two").len(), 2);
    assert_eq!((port.stats().queued, port.stats().taken), (0, 3));
}

/// A47: every post that was accepted is taken once. Four threads post, four take; each number comes once.
#[test]
fn every_post_is_taken_once() {
    const THREADS: usize = 4;
    const EACH: usize = 20_000;
    let port = Port::new(2).expect("a port");
    let seen: Vec<_> = (0..THREADS * EACH).map(|_| AtomicUsize::new(0)).collect();
    let left = AtomicUsize::new(seen.len());
    let work = || {
        while let Ok(packet) = port.get(Some(LIMIT)) {
            seen[packet.transferred].fetch_add(1, SeqCst);
            if left.fetch_sub(1, SeqCst) == 1 {
                port.close();
            }
        }
    };
    thread::scope(|scope| {
        (0..THREADS).for_each(|_| drop(scope.spawn(work)));
        for part in 0..THREADS {
            let numbers = part * EACH..(part + 1) * EACH;
            let port = &port;
            scope.spawn(move || {
                numbers.for_each(|number| port.post(0, (), number).expect("an open port"));
            });
        }
    });
    assert!(seen.iter().all(|times| times.load(SeqCst) == 1), "left: {left:?}");
}

/// Goal: the memory that half a million packets have taken goes back to the system when they have been handled. Method: two
/// bursts, the second of which shows that the port goes on as before.
#[test]
fn the_room_of_a_burst_is_given_back() {
    net::alone("object::the_room_of_a_burst_is_given_back", || {
        const PACKETS: usize = 500_000;
        let port = Port::<usize>::new(1).unwrap();
        let Some(before) = net::resident_memory() else { return };
        for _ in 0..2 {
            (0..PACKETS).for_each(|packet| port.post(0, packet, 0).unwrap());
            assert!(net::resident_memory().unwrap() > before + PACKETS * 64);
            (0..PACKETS).for_each(|packet| assert_eq!(next(&port).payload, packet));
            net::until("the room is given back", || {
                net::resident_memory().unwrap() < before + PACKETS * 16
            });
        }
    });
}
