//! `Port::run`: workers on a handler, and handlers that fail (contract B7, A15; the handler's errors and panics are the
//! crate's own subject).

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Uid, getuid, setrlimit};
use rustix::thread::set_thread_res_uid;
use wharf::{Port, Stream, blocking};
use wharf_conformance::net;
use wharf_conformance::threads::{LIMIT, run, until};

fn port<T: Send>(concurrency: u32) -> Port<T> {
    Port::new(concurrency).expect("a port")
}

/// Ends the handler without the message of `panic!`.
fn fall() -> ! {
    resume_unwind(Box::new("a handler"))
}

/// An error ends the packet and nothing else: one worker, of whose packets every other fails, handles them
/// all.
#[test]
fn errors_do_not_stop_a_worker() {
    let port = port(1);
    (0..100).for_each(|number| port.post(0, (), number).expect("an open port"));
    let handled = Arc::new(AtomicU32::new(0));
    let (running, counter) = (port.clone(), Arc::clone(&handled));
    let run = run(&port, 1, move |packet| {
        counter.fetch_add(1, SeqCst);
        match packet.transferred {
            99 => running.close(),
            number if number % 2 == 0 => return Err(io::ErrorKind::Other.into()),
            _ => {}
        }
        Ok(())
    });
    assert_eq!((run.wait(), handled.load(SeqCst)), (0, 100));
}

/// A panic ends the packet, whose payload is dropped, and nothing else; `run` tells how many there were. It
/// counts as the worker's return to the port also from inside of `blocking`.
#[test]
fn panics_do_not_stop_a_worker() {
    let port = port::<Arc<()>>(1);
    let witness = Arc::new(());
    (0..100).for_each(|number| port.post(0, Arc::clone(&witness), number).expect("an open port"));
    let handled = Arc::new(AtomicU32::new(0));
    let (running, counter) = (port.clone(), Arc::clone(&handled));
    let run = run(&port, 1, move |packet| {
        counter.fetch_add(1, SeqCst);
        let stats = running.stats();
        assert_eq!((stats.running, stats.blocked), (1, 0), "at {}", packet.transferred);
        match packet.transferred {
            99 => running.close(),
            number if number % 4 == 0 => fall(),
            number if number % 4 == 1 => blocking(|| fall()),
            _ => {}
        }
        Ok(())
    });
    assert_eq!((run.wait(), handled.load(SeqCst)), (50, 100));
    assert_eq!(Arc::strong_count(&witness), 1);
}

/// An error drops what the packet owns: that is how `?` ends a connection, as its peer sees.
#[test]
fn an_error_drops_the_connection_in_the_packet() -> io::Result<()> {
    struct Session(Stream<Session>);
    let port = port::<Session>(1);
    let (ours, mut theirs) = UnixStream::pair()?;
    theirs.set_read_timeout(Some(LIMIT))?;
    let stream = port.associate(ours, 0)?;
    stream.recv(Vec::with_capacity(8), Session(stream.clone()))?;
    drop(stream);
    let run = run(&port, 2, |packet| {
        let Session(stream) = packet.payload;
        match packet.buffer.to_vec().as_slice() {
            b"again" => {
                stream.send("yes", Session(stream.clone()))?;
                stream.recv(packet.buffer, Session(stream.clone())).map(drop)?;
                Ok(())
            }
            b"yes" => Ok(()),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    });
    theirs.write_all(b"again")?;
    let mut answer = [0; 3];
    theirs.read_exact(&mut answer)?;
    assert_eq!(&answer, b"yes");
    theirs.write_all(b"rubbish")?;
    assert_eq!(theirs.read(&mut answer)?, 0, "the connection is closed");
    port.close();
    assert_eq!(run.wait(), 0);
    Ok(())
}

/// A15: closed from elsewhere, all workers end, whether they wait or have just been handling something; run
/// again, it returns at once.
#[test]
fn run_ends_when_the_port_is_closed() {
    let port = port(2);
    let run_once = run(&port, 6, |_| Ok(()));
    until("all wait", || port.stats().waiting == 6);
    (0..100).for_each(|_| port.post(0, (), 0).expect("an open port"));
    until("they have worked", || port.stats().taken > 0);
    port.close();
    assert_eq!(run_once.wait(), 0);
    assert_eq!(run(&port, 6, |_| Ok(())).wait(), 0);
}

/// B7: however many workers there are, never more than the value says handle packets at a time; and as many
/// do.
#[test]
fn handlers_at_a_time_are_limited() {
    const VALUE: u32 = 3;
    let port = port(VALUE);
    (0..1000).for_each(|number| port.post(0, (), number).expect("an open port"));
    let (now, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (running, highest) = (port.clone(), Arc::clone(&most));
    let run = run(&port, 8, move |packet| {
        highest.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
        if packet.transferred < VALUE as usize {
            until("as many run", || highest.load(SeqCst) >= VALUE);
        }
        thread::yield_now();
        now.fetch_sub(1, SeqCst);
        if packet.transferred == 999 {
            running.close();
        }
        Ok(())
    });
    assert_eq!(run.wait(), 0);
    assert_eq!(most.load(SeqCst), VALUE);
}

/// A pool whose handlers all block works them off together, at a value of 1.
#[test]
fn handlers_that_block_overlap() {
    const WORKERS: u32 = 8;
    let port = port(1);
    let inside = Arc::new(AtomicU32::new(0));
    (0..WORKERS).for_each(|_| port.post(0, (), 0).expect("an open port"));
    let (counter, running) = (Arc::clone(&inside), port.clone());
    let run = run(&port, WORKERS as usize, move |_| {
        blocking(|| {
            counter.fetch_add(1, SeqCst);
            until("all are inside", || counter.load(SeqCst) == WORKERS);
        });
        running.close();
        Ok(())
    });
    assert_eq!((run.wait(), inside.load(SeqCst)), (0, WORKERS));
}

/// Workers without number do not exist.
#[test]
#[should_panic(expected = "a port without workers delivers nothing")]
fn no_workers_is_a_mistake() {
    let port = port::<()>(1);
    port.run(0, |_| Ok(()));
}

/// A handler may start what ends later and return: the next packet finds the worker free.
#[test]
fn a_handler_that_starts_a_timer_is_free() {
    let port = port(1);
    port.post(0, 0, 0).expect("an open port");
    let running = port.clone();
    let run = run(&port, 1, move |packet| {
        match packet.payload {
            20 => running.close(),
            step => drop(running.start_timer(Duration::from_micros(100), 0, step + 1)?),
        }
        Ok(())
    });
    assert_eq!((run.wait(), port.stats().taken), (0, 21));
}

/// Where no thread is to be had the caller works itself: packets are handled, and the port's close ends it.
#[test]
fn without_threads_the_caller_works() {
    net::alone("run::without_threads_the_caller_works", || {
        let port = port(1);
        (0..3).for_each(|number| port.post(0, (), number).expect("an open port"));
        let (handled, caller) = (AtomicU32::new(0), thread::current().id());
        forbid_threads();
        let panics = port.run(2, |packet| {
            assert_eq!(thread::current().id(), caller);
            handled.fetch_add(1, SeqCst);
            match packet.transferred {
                2 => port.close(),
                1 => fall(),
                _ => {}
            }
            Ok(())
        });
        assert_eq!((handled.into_inner(), panics), (3, 1));
    });
}

/// Makes every start of a thread by the calling one fail. The limit does not hold for root, who becomes nobody.
fn forbid_threads() {
    let limit = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Nproc, limit).expect("less is allowed");
    if getuid().is_root() {
        let nobody = Uid::from_raw(65534);
        set_thread_res_uid(nobody, nobody, nobody).expect("root may");
    }
    assert!(thread::Builder::new().spawn(|| ()).is_err(), "the limit holds");
}
