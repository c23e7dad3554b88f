//! A handler forks. The child has the memory of the port and none of its threads: there the port refuses all that
//! it is asked and does not crash, and the parent does not notice, although descriptors are shared.
//!
//! Method: each case runs in a process of its own, this program once more with the case's test, which is
//! ignored otherwise.

#![expect(unsafe_code, reason = "fork and _exit; std and rustix have no form of these")]

use std::env;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, WaitOptions, waitpid};
use wharf::{Concurrency, GetError, Options, Port};
use wharf_conformance::blocking::{
    Gate, Hand, Numbers, PATIENCE, SHORT, Source, alone, eventually,
};

use crate::watch::sensors;

/// The source of a case's process.
const VARIABLE: &str = "WHARF_TEST_SOURCE";

/// Runs an ignored test in a process of its own, once per source.
fn in_processes(test: &str) {
    let _alone = alone();
    for source in Source::all() {
        let mut command = Command::new(env::current_exe().expect("this program"));
        command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
        let output = command.env(VARIABLE, source.to_string()).output().expect("a process");
        assert!(
            output.status.success(),
            "{source}, {}: {}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The sources that an ignored test is for: the one it was started for, or all.
fn sources() -> Vec<Source> {
    // SAFETY: no memory is involved. Ends this process, whose parent waits for it, should it hang.
    unsafe { libc::alarm(2 * u32::try_from(PATIENCE.as_secs()).expect("seconds")) };
    env::var(VARIABLE).map_or_else(|_| Source::all(), |name| vec![Source::named(&name)])
}

/// Forks, lets the child act and end, and answers whether it ended well.
fn fork(act: impl FnOnce()) -> bool {
    // SAFETY: the child goes on with this thread's copy of everything and ends in `_exit` below; glibc
    // keeps its allocator usable in it, and locks of the parent's port are not taken there.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: as in `sources`; a parent's alarm is not inherited.
        unsafe { libc::alarm(u32::try_from(PATIENCE.as_secs()).expect("seconds")) };
        let fine = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).is_ok();
        // SAFETY: does not return, and runs no destructor of what is the parent's.
        unsafe { libc::_exit(i32::from(!fine)) };
    }
    let child = Pid::from_raw(child).expect("fork");
    let (_, status) = waitpid(Some(child), WaitOptions::empty()).expect("a child").expect("ended");
    status.exit_status() == Some(0)
}

/// The child uses its copy of a port whose workers are being looked at, and then a port of its own.
#[test]
fn a_fork_in_a_handler() {
    in_processes("fork::forks");
}

#[test]
#[ignore = "run by a_fork_in_a_handler"]
fn forks() {
    for source in sources() {
        let port = source.port(1);
        let (a, b, c, gate) = (Hand::new("A"), Hand::new("B"), Hand::new("C"), Gate::new());
        a.takes(&port, 1);
        let waiting = b.waits(&port);
        let blocked = a.blocks(source, &gate);
        port.post(0, 2, 0).expect("open");
        assert_eq!(waiting.wait(), Ok(2), "{source}");
        // B runs, a packet and a waiter beside it, so it is looked at; and so is C once its time is over.
        port.post(0, 3, 0).expect("open");
        let d = Hand::new("D");
        for hand in [&c, &d] {
            assert!(hand.get_for(&port, Some(SHORT)).wait().is_err(), "{source}");
        }
        assert_eq!(sensors() >= 3, source.is_sensed(), "{source}: A, B and C are watched");
        let before = port.stats();

        let own = port.clone();
        let forked = b.tell("fork", move || fork(|| child(&own, source)));
        assert!(forked.wait(), "{source}: the child");
        assert_eq!(port.stats(), before, "{source}: the parent noticed");

        [c, d].into_iter().for_each(Hand::exits);
        assert_eq!(b.get(&port).wait(), Ok(3), "{source}");
        let e = Hand::new("E");
        let waiting = e.waits(&port);
        port.post(0, 4, 0).expect("open");
        waiting.stays_pending();
        let again = b.blocks(source, &gate);
        assert_eq!(waiting.wait(), Ok(4), "{source}: sensing works on");
        e.exits();
        gate.open();
        blocked.wait();
        again.wait();
    }
}

/// What the child does: its copy of the port refuses everything, also the ends of what was begun before, and a
/// port of its own is a port, with a steward that looks.
fn child(port: &Numbers, source: Source) {
    assert!(port.post(0, 1, 0).is_err());
    assert_eq!(port.get(Some(Duration::ZERO)).err(), Some(GetError::Closed));
    assert!(port.start_timer(Duration::ZERO, 0, 1).is_err());
    assert_eq!(port.cancel_all(), 0);
    assert_eq!(port.stats(), wharf::Stats::default());
    wharf::blocking(|| thread::sleep(Duration::from_millis(1)));
    drop(port.clone());
    port.stop_accepting();
    port.close();
    port.drain(Duration::ZERO);

    let own = source.port(1);
    assert_eq!(own.get(Some(Duration::ZERO)).err(), Some(GetError::TimedOut)); // leaves the parent's
    drop(own);
    let own = source.port(1);
    let (a, b, gate) = (Hand::new("child's A"), Hand::new("child's B"), Gate::new());
    a.takes(&own, 1);
    let waiting = b.waits(&own);
    let blocked = a.blocks(source, &gate);
    own.post(0, 2, 0).expect("open");
    assert_eq!(waiting.wait(), Ok(2));
    gate.open();
    blocked.wait();

    // The thread that forked has another id here.
    let own = source.port(1);
    own.post(0, 1, 0).expect("open");
    assert_eq!(own.get(Some(Duration::ZERO)).map(|packet| packet.payload).ok(), Some(1));
    let waiting = b.waits(&own);
    own.post(0, 2, 0).expect("open");
    let got = if source.is_sensed() { waiting.wait() } else { wharf::blocking(|| waiting.wait()) };
    assert_eq!(got, Ok(2));
}

type Bytes = Port<()>;

/// The child drops its copy of a handle, and closes its copy of a port: the descriptors of the parent's socket
/// and of its port are the same open files, and an operation that is pending there still ends.
#[test]
fn a_child_leaves_the_parents_sockets_alone() {
    in_processes("fork::forks_with_sockets");
}

#[test]
#[ignore = "run by a_child_leaves_the_parents_sockets_alone"]
fn forks_with_sockets() {
    for source in sources() {
        let options = Options {
            concurrency: Concurrency::from(1),
            sensing: source.sensing(),
            ..Options::default()
        };
        let port: Bytes = Port::with_options(options).expect("a port");
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let mut far = TcpStream::connect(listener.local_addr().expect("bound")).expect("loopback");
        let (near, _) = listener.accept().expect("loopback");
        let stream = port.associate(near, 7).expect("associated");
        stream.recv(vec![0; 16], ()).expect("accepted");

        let forker = Hand::new("forker");
        port.post(0, (), 0).expect("open");
        let taker = port.clone();
        assert!(forker.tell("get", move || taker.get(None).is_ok()).wait());
        port.start_timer(2 * SHORT, 8, ()).expect("open");
        let (own, handle) = (port.clone(), stream.clone());
        let forked = forker.tell("fork", move || {
            // The parent's part of the closure keeps the handles until the child has ended.
            fork(|| {
                // SAFETY: the bits of the child's only copies, which are not used again: it ends in `_exit`.
                drop(unsafe { std::ptr::read(&handle) });
                // SAFETY: the same for the other handle of the same socket, so that the child closes it.
                drop(unsafe { std::ptr::read(&handle) });
                own.cancel_all();
                own.close();
            })
        });
        assert!(forked.wait(), "{source}: the child");
        assert_eq!(port.stats().receiving, 1, "{source}: the parent noticed");

        far.write_all(b"still here").expect("a connection");
        forker.exits();
        let mut got = Vec::new();
        for what in ["one of two packets", "the other packet"] {
            let packet = port.get(Some(PATIENCE)).map(|packet| (packet.key, packet.result));
            let (key, result) =
                packet.unwrap_or_else(|_| panic!("{source}: {what}; so far {got:?}"));
            got.push((key, result.expect("the parent cancels nothing")));
        }
        got.sort_unstable();
        assert_eq!(got, [(7, 10), (8, 0)], "{source}: key and bytes of the receive and the timer");
        eventually("the port is empty", || port.stats().receiving, |pending| *pending == 0);
    }
}
