//! `blocking`: how a program tells its port that a worker blocks (contract B8, B9, B17), in the places where it could
//! go wrong.

use std::cell::RefCell;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use wharf::{GetError, Port, blocking};
use wharf_conformance::process::Again;
use wharf_conformance::threads::{LIMIT, Worker, start, stays, until};

fn port() -> Port<u32> {
    // These workers idle between calls, which a port that senses sees: here only their own word counts.
    let options = wharf::Options {
        concurrency: 1.into(),
        sensing: wharf::Sensing::Told,
        ..wharf::Options::default()
    };
    Port::with_options(options).expect("a port")
}

fn post(port: &Port<u32>, packet: u32) {
    port.post(0, packet, 0).expect("an open port");
}

/// A port with a worker that runs, and its next packet queued.
fn busy() -> (Port<u32>, Worker) {
    let (port, worker) = (port(), Worker::new("A"));
    post(&port, 1);
    assert_eq!(worker.take(&port), 1);
    (port, worker)
}

fn running(port: &Port<u32>) -> (u32, u32) {
    (port.stats().running, port.stats().blocked)
}

/// It is the call, with its value; for who is no worker nothing else.
#[test]
fn on_a_thread_that_is_no_worker_it_is_the_call() {
    let (port, _worker) = busy();
    let asked = port.clone();
    let seen = start("a stranger", move || blocking(|| running(&asked)));
    assert_eq!(seen.wait(), (1, 0));
    assert_eq!(running(&port), (1, 0));
}

/// B8, B9: a worker does not count inside, and counts again afterwards.
#[test]
fn a_worker_does_not_count_inside() {
    let (port, a) = busy();
    let asked = port.clone();
    assert_eq!(a.call(move || blocking(|| running(&asked))), (0, 1));
    assert_eq!(running(&port), (1, 0));
}

/// Nested, the outermost counts: the worker blocks until that is over.
#[test]
fn nested_it_is_one() {
    let (port, a) = busy();
    let asked = port.clone();
    let seen = a.call(move || {
        let see = || running(&asked);
        blocking(|| (see(), blocking(|| (see(), blocking(see))), see()))
    });
    assert_eq!(seen, ((0, 1), ((0, 1), (0, 1)), (0, 1)));
    assert_eq!(running(&port), (1, 0));
}

/// A panic inside ends it as a return does, from whatever depth.
#[test]
fn a_panic_inside_ends_it() {
    let (port, a) = busy();
    for depth in 1..4 {
        let asked = port.clone();
        let seen = a.call(move || {
            fn fall(depth: u32) {
                match depth {
                    0 => resume_unwind(Box::new("inside")), // prints nothing, unlike `panic!`
                    _ => blocking(|| fall(depth - 1)),
                }
            }
            let caught = catch_unwind(AssertUnwindSafe(|| fall(depth)));
            (caught.is_err(), running(&asked), blocking(|| running(&asked)))
        });
        assert_eq!(seen, (true, (1, 0), (0, 1)));
    }
    assert_eq!(running(&port), (1, 0));
}

/// A get inside: who asks for a packet does not block elsewhere, so it counts from the packet on, and the
/// end of the blocking changes nothing.
#[test]
fn a_get_inside_is_a_get() {
    let (port, a) = busy();
    let b = Worker::new("B");
    post(&port, 2);
    let asked = port.clone();
    let seen = a.call(move || {
        blocking(|| {
            let packet = asked.get(Some(LIMIT)).expect("a packet").payload;
            (packet, running(&asked), blocking(|| running(&asked)).0)
        })
    });
    assert_eq!((seen.0, seen.1), (2, (1, 0)));
    assert_eq!(running(&port), (1, 0));
    let got = b.wait_on(&port);
    post(&port, 3);
    stays("A has the slot", || got.try_wait().is_none());
    let _blocked = a.block();
    assert_eq!(got.wait(), Ok(3));
}

/// A get inside that times out leaves a worker that runs (B11), once.
#[test]
fn a_get_inside_may_time_out() {
    let (port, a) = busy();
    let asked = port.clone();
    let got = a.call(move || blocking(|| asked.get(Some(Duration::ZERO)).err()));
    assert_eq!(got, Some(GetError::TimedOut));
    assert_eq!(running(&port), (1, 0));
}

/// A get on another port inside (B2): the end of the blocking concerns neither port.
#[test]
fn a_get_on_another_port_inside_moves_the_worker() {
    let (here, a) = busy();
    let there = port();
    post(&there, 2);
    let (asked, other) = (here.clone(), there.clone());
    let seen = a.call(move || {
        blocking(|| {
            let packet = other.get(Some(LIMIT)).expect("a packet").payload;
            (packet, running(&asked), running(&other))
        })
    });
    assert_eq!(seen, (2, (0, 0), (1, 0)));
    assert_eq!((running(&here), running(&there)), ((0, 0), (1, 0)));
}

/// To another port and back inside: a new association, which the end of the blocking does not count twice.
#[test]
fn there_and_back_inside_counts_once() {
    let (here, a) = busy();
    let there = port();
    let (asked, other) = (here.clone(), there.clone());
    a.call(move || {
        blocking(|| {
            assert_eq!(other.get(Some(Duration::ZERO)).err(), Some(GetError::TimedOut));
            assert_eq!(asked.get(Some(Duration::ZERO)).err(), Some(GetError::TimedOut));
        });
    });
    assert_eq!((running(&here), running(&there)), ((1, 0), (0, 0)));
}

/// A worker that leaves inside may be followed by another one, which may block, too: whose blocking ends is
/// kept apart.
#[test]
fn the_end_of_blocking_is_nobody_elses() {
    let (here, a) = busy();
    let there = port();
    let (gate, opened) = channel::<()>();
    let left = a.start(move || {
        blocking(|| {
            assert_eq!(there.get(Some(Duration::ZERO)).err(), Some(GetError::TimedOut));
            let _ = opened.recv(); // an answer, or the test is over
        });
    });
    until("A has left", || running(&here) == (0, 0));
    let c = Worker::new("C");
    post(&here, 2);
    assert_eq!(c.take(&here), 2);
    let blocked = c.block();
    drop(gate);
    left.wait();
    assert_eq!(running(&here), (0, 1));
    blocked.release();
    assert_eq!(running(&here), (1, 0));
}

/// The first get of a thread inside: it becomes a worker there, and runs.
#[test]
fn the_first_get_inside_associates() {
    let port = port();
    let a = Worker::new("A");
    post(&port, 1);
    let asked = port.clone();
    a.call(move || blocking(|| asked.get(Some(LIMIT)).map(|packet| packet.payload)))
        .expect("a packet");
    assert_eq!(running(&port), (1, 0));
    a.block().release();
    assert_eq!(running(&port), (1, 0));
}

/// A15, B19: a port that is closed, or dropped, while one of its workers blocks.
#[test]
fn the_port_may_end_meanwhile() {
    for dropped in [false, true] {
        let (port, a) = busy();
        let blocked = a.block();
        port.close();
        let kept = (!dropped).then_some(port);
        blocked.release();
        if let Some(port) = &kept {
            assert_eq!(a.poll(port), Err(GetError::Closed));
        }
        let other = self::port();
        post(&other, 5);
        assert_eq!((a.take(&other), running(&other)), (5, (1, 0)));
    }
}

/// B8: what a worker issues inside is not left for itself to fetch: another worker is released for it while
/// it blocks.
#[test]
fn what_is_issued_inside_goes_to_others() {
    let (port, a) = busy();
    let (ours, _theirs) = UnixStream::pair().expect("a pair");
    let stream = port.associate(ours, 0).expect("an association");
    let b = Worker::new("B");
    let got = b.wait_on(&port);
    let over = a.start(move || {
        blocking(|| {
            stream.send("at once", 2).expect("accepted");
            got.wait()
        })
    });
    assert_eq!(over.wait(), Ok(2));
}

/// At the end of a thread the library's thread-local record may be gone before the program's: a destructor
/// may still block. In a process of its own, because a panic there ends the process.
#[test]
fn destructors_of_thread_locals_may_block() {
    struct Last(Option<Sender<u32>>);
    impl Drop for Last {
        fn drop(&mut self) {
            let value = blocking(|| 5);
            self.0.take().expect("set").send(value).expect("the test waits for it");
        }
    }
    thread_local! {
        static LAST: RefCell<Last> = const { RefCell::new(Last(None)) };
    }
    if !Again::is_here() {
        return Again::start("destructors_of_thread_locals_may_block").succeed();
    }
    let (sender, blocked) = channel();
    let (port, a) = (port(), Worker::new("A"));
    // Registered first, and so destroyed last.
    a.call(move || LAST.with(|last| last.borrow_mut().0 = Some(sender)));
    post(&port, 1);
    assert_eq!(a.take(&port), 1);
    a.end();
    assert_eq!(blocked.recv_timeout(LIMIT), Ok(5));
    assert_eq!(running(&port), (0, 0));
}
