//! What a program costs that has nothing to do: no wake-up, of no thread (the crate's promise; design, "the
//! steward").
//!
//! Each test runs in a process of its own, whose threads the kernel counts: it sets something up, says that
//! it is idle, and waits for the end of its input. From outside, the context switches of all its threads
//! are read twice; what lies between is the one place where time must pass, because its passing is the
//! subject.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use wharf::{Port, Stream};
use wharf_conformance::process::{Again, field, is_in_state};
use wharf_conformance::threads::{LIMIT, Worker, start, until};

/// How long nothing may happen.
const INTERVAL: Duration = Duration::from_millis(500);
const HOUR: Duration = Duration::from_secs(3600);

/// What a thread has been through: how often it went to sleep or was interrupted, and whether it sleeps
/// now.
type Life = (u64, bool);

/// Every thread, by its name.
fn threads(process: u32) -> BTreeMap<String, Life> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("a process that lives");
    let read = |task: io::Result<fs::DirEntry>| {
        let task = task.expect("procfs").path();
        let read = |file| fs::read_to_string(task.join(file)).expect("a thread that lives");
        let status = read("status");
        let name = status.lines().next().expect("its name").to_owned();
        let count = |name| field(&status, name).expect("a field of every thread");
        let switches = count("voluntary_ctxt_switches:") + count("nonvoluntary_ctxt_switches:");
        (format!("{} {name}", task.display()), (switches, is_in_state(&read("stat"), 'S')))
    };
    tasks.map(read).collect()
}

/// Runs this test in a second process, and watches it from when it says that it is idle.
fn watch(test: &str) {
    let again = Again::start(test);
    again.expect("idle");
    // What it did before may still be settling: the steward looks a few times more before it sleeps. At
    // rest are threads of which 50 looks in 50 ms found all asleep, and none woken since the first.
    let (mut seen, mut since, mut looks) = (threads(again.id()), Instant::now(), 0);
    until("the process comes to rest", || {
        let now = threads(again.id());
        looks += 1;
        if now != seen || !now.values().all(|(_, sleeps)| *sleeps) {
            (seen, since, looks) = (now, Instant::now(), 0);
        }
        looks >= 50 && since.elapsed() > Duration::from_millis(50)
    });
    thread::sleep(INTERVAL);
    assert_eq!(threads(again.id()), seen, "in {INTERVAL:?}");
    again.succeed();
}

/// In the second process: says so, and waits for the end of its input.
fn be_idle() {
    println!("idle");
    io::stdin().read_to_end(&mut Vec::new()).expect("an end");
}

#[derive(Clone)]
enum Step {
    Accepted,
    Received(Stream<Step>),
    Sent(Stream<Step>),
    Other,
}

/// Eight workers that have served posts, timers, deadlines and connections; and what a server has when
/// nothing happens: a pending accept, pending receives with deadlines, a timer, all of them far away.
#[test]
fn a_server_without_clients_has_no_wake_ups() -> io::Result<()> {
    if !Again::is_here() {
        watch("a_server_without_clients_has_no_wake_ups");
        return Ok(());
    }
    let port = Port::new(2)?;
    let listener = port.associate(TcpListener::bind("127.0.0.1:0")?, 0)?;
    let address = listener.local_addr()?;
    listener.accept(Step::Accepted)?;
    let served = port.clone();
    let run = start("run", move || {
        served.run(8, |mut packet| {
            let receive = |stream: &Stream<Step>| -> io::Result<()> {
                let id = stream.recv(Vec::with_capacity(64), Step::Received(stream.clone()))?;
                stream.expire_after(id, HOUR);
                Ok(())
            };
            match packet.payload {
                Step::Accepted => {
                    listener.accept(Step::Accepted)?;
                    receive(&served.associate(packet.accepted()?, 0)?)?;
                }
                Step::Received(stream) => {
                    if packet.result? > 0 {
                        stream.send(packet.buffer, Step::Sent(stream.clone()))?;
                    }
                }
                Step::Sent(stream) => receive(&stream)?,
                Step::Other => {}
            }
            Ok(())
        })
    });
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut client = std::net::TcpStream::connect(address)?;
        let mut answer = [0; 5];
        for _ in 0..100 {
            client.write_all(b"hello")?;
            client.read_exact(&mut answer)?;
            port.post(0, Step::Other, 0)?;
            port.start_timer(Duration::from_micros(100), 0, Step::Other)?;
        }
        clients.push(client);
    }
    port.start_timer(HOUR, 0, Step::Other)?;
    until("all workers wait", || {
        let stats = port.stats();
        (stats.waiting, stats.queued, stats.timers, stats.receiving) == (8, 0, 5, 5)
    });
    be_idle();
    port.close();
    assert_eq!(run.wait(), 0);
    Ok(())
}

/// A worker that blocks for long, while others wait: somebody watches, so nobody needs to look after the
/// port.
#[test]
fn a_blocked_worker_beside_waiting_ones_has_no_wake_ups() -> io::Result<()> {
    if !Again::is_here() {
        watch("a_blocked_worker_beside_waiting_ones_has_no_wake_ups");
        return Ok(());
    }
    let port = Port::new(1)?;
    port.post(0, (), 0)?;
    port.get(Some(LIMIT)).expect("a packet");
    let workers: [Worker; 3] = Worker::several();
    let got: Vec<_> = workers.iter().map(|worker| worker.wait_on(&port)).collect();
    wharf::blocking(be_idle);
    assert!(got.iter().all(|got| got.try_wait().is_none()));
    Ok(())
}

/// Ports that nobody uses, that have been used by threads that ended, or that have been closed.
#[test]
fn unused_ports_have_no_wake_ups() -> io::Result<()> {
    if !Again::is_here() {
        watch("unused_ports_have_no_wake_ups");
        return Ok(());
    }
    let unused = Port::<()>::new(1)?;
    let (left, closed) = (Port::new(1)?, Port::new(1)?);
    let (ours, _theirs) = UnixStream::pair()?;
    let stream = left.associate(ours, 0)?;
    stream.recv(Vec::with_capacity(8), 1)?;
    for port in [&left, &closed] {
        let worker = Worker::new("worker");
        port.post(0, 2, 0)?;
        assert_eq!(worker.take(port), 2);
        worker.end();
    }
    closed.close();
    be_idle();
    drop(unused);
    Ok(())
}
