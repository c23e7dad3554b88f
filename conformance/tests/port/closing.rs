//! The end of a port: who is told, what is dropped, what is refused afterwards (contract A15-A19).

use std::io::{self, ErrorKind, Read};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use wharf::{GetError, Port, PostError, Refused};
use wharf_conformance::net;
use wharf_conformance::process::memory;
use wharf_conformance::threads::{LIMIT, Worker, start, until};

/// A payload that tells by its count how many are left.
type Witness = Arc<()>;

fn port<T: Send>(concurrency: u32) -> Port<T> {
    Port::new(concurrency).expect("a port")
}

/// A stream pair whose far end gives up waiting after [`LIMIT`].
fn pair() -> (UnixStream, UnixStream) {
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    theirs.set_read_timeout(Some(LIMIT)).expect("a time-out");
    (ours, theirs)
}

fn is_cancelled(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::CANCELED.raw_os_error())
}

/// A15: all that wait are told, with and without a time-out, for one packet or several.
#[test]
fn close_wakes_every_waiter() {
    let port = port::<u32>(4);
    let workers: [Worker; 8] = Worker::several();
    let got: Vec<_> = workers.iter().map(|worker| worker.wait_on(&port)).collect();
    let timed = Worker::new("with a time-out");
    let timed = timed.wait_for(Some(Duration::MAX), &port);
    let many = start("of several", {
        let port = port.clone();
        move || port.get_many(10, None).err()
    });
    until("all wait", || port.stats().waiting == 10);
    port.close();
    for got in got {
        assert_eq!(got.wait(), Err(GetError::Closed));
    }
    assert_eq!(timed.wait(), Err(GetError::Closed));
    assert_eq!(many.wait(), Some(GetError::Closed));
    assert_eq!(port.stats().waiting, 0);
}

/// A15: also where some wait beside a free slot and some because there is none; the two may sleep in
/// different places. The slots are taken by workers whose time was over (B11).
#[test]
fn close_wakes_waiters_of_both_kinds() {
    for early in 0..=2 {
        let port = port::<u32>(2);
        let [first, second, a, b, c, d] = Worker::several();
        assert_eq!(first.poll(&port), Err(GetError::TimedOut));
        let mut got: Vec<_> =
            [&a, &b][..early].iter().map(|worker| worker.wait_on(&port)).collect();
        assert_eq!(second.poll(&port), Err(GetError::TimedOut));
        got.extend([&c, &d].map(|worker| worker.wait_on(&port)));
        assert_eq!((port.stats().running, port.stats().waiting), (2, early + 2));
        port.close();
        for got in got {
            assert_eq!(got.wait(), Err(GetError::Closed), "{early} early");
        }
    }
}

/// A15, A47: a waiter for whom a packet is on its way when the port closes gets one of the two, and the
/// packet is with it or gone.
#[test]
fn close_meets_a_release() {
    for round in 0..200 {
        let port = port::<Witness>(1);
        let witness = Witness::default();
        let [runner, waiter] = Worker::several();
        if round % 2 == 0 {
            assert_eq!(runner.poll(&port).err(), Some(GetError::TimedOut));
        }
        let got = waiter.wait_on(&port);
        port.post(0, Arc::clone(&witness), 0).expect("an open port");
        let _blocked = runner.block();
        port.close();
        match got.wait() {
            Ok(packet) => assert_eq!(Arc::strong_count(&packet), 2),
            Err(error) => assert_eq!(error, GetError::Closed),
        }
        assert_eq!(Arc::strong_count(&witness), 1, "nothing is left of the packet");
    }
}

/// A16: everything that is asked of a closed port is refused, with what was given to it, and nothing waits.
#[test]
fn a_closed_port_refuses() -> io::Result<()> {
    let port = port(2);
    let (ours, _theirs) = pair();
    let stream = port.associate(ours, 0)?;
    let listener = port.associate(TcpListener::bind("127.0.0.1:0")?, 0)?;
    let address = listener.local_addr()?;
    let datagram = port.associate(UdpSocket::bind("127.0.0.1:0")?, 0)?;
    let unconnected = port.unconnected(address, 0)?;
    let receive = stream.recv(Vec::with_capacity(8), 1)?;
    let timer = port.start_timer(Duration::MAX, 0, 2)?;
    port.close();
    port.close();

    let asked = port.clone();
    let answers = start("who asks", move || {
        [
            asked.get(None).err(),
            asked.get(Some(Duration::ZERO)).err(),
            asked.get(Some(Duration::MAX)).err(),
            asked.get_many(10, None).err(),
        ]
    });
    assert_eq!(answers.wait(), [Some(GetError::Closed); 4]);

    let PostError(payload) = port.post(0, 3, 0).unwrap_err();
    assert_eq!(payload, 3);
    let refused = port.start_timer(Duration::ZERO, 0, 4).unwrap_err();
    assert_eq!(refused.0, 4);
    assert_eq!(io::Error::from(refused).kind(), ErrorKind::NotConnected);

    let check = |Refused { error, payload, .. }: Refused<u32>, expected| {
        assert!(is_cancelled(&error), "{error}");
        assert_eq!(payload, expected);
    };
    let refused = stream.recv(Vec::with_capacity(8), 5).unwrap_err();
    assert_eq!(refused.buffer.capacity(), 8, "the buffer is back");
    check(refused, 5);
    let refused = stream.send("words", 6).unwrap_err();
    assert_eq!(refused.buffer.to_vec(), b"words", "the buffer is back");
    check(refused, 6);
    check(listener.accept(7).unwrap_err(), 7);
    check(datagram.recv_from(Vec::with_capacity(8), 8).unwrap_err(), 8);
    check(datagram.send_to("words", datagram.local_addr()?, 9).unwrap_err(), 9);
    check(unconnected.connect(address, 10).unwrap_err(), 10);

    assert!(!port.cancel_timer(timer));
    assert!(!stream.cancel(receive));
    assert!(!stream.expire_after(receive, Duration::ZERO));
    assert_eq!((stream.cancel_all(), port.cancel_all()), (0, 0));
    let (ours, mut theirs) = pair();
    assert_eq!(port.associate(ours, 0).unwrap_err().kind(), ErrorKind::NotConnected);
    assert_eq!(theirs.read(&mut [0])?, 0, "the socket that was refused is closed");
    assert_eq!(port.unconnected(address, 0).unwrap_err().kind(), ErrorKind::NotConnected);
    let stats = port.stats();
    assert_eq!((stats.queued, stats.timers, stats.receiving, stats.sending), (0, 0, 0, 0));
    Ok(())
}

/// A18: what is still queued is dropped, once: posts, finished operations with their buffers, ended timers.
/// What was taken before is not touched.
#[test]
fn close_drops_what_is_queued_once() -> io::Result<()> {
    let port = port::<Witness>(1);
    let witness = Witness::default();
    let (ours, _theirs) = pair();
    let stream = port.associate(ours, 0)?;
    let bytes: Arc<[u8]> = vec![1; 100].into();
    for _ in 0..100 {
        port.post(0, Arc::clone(&witness), 0)?;
        stream.send(Arc::clone(&bytes), Arc::clone(&witness))?;
        let timer = port.start_timer(Duration::MAX, 0, Arc::clone(&witness))?;
        assert!(port.cancel_timer(timer));
    }
    assert_eq!((port.stats().queued, Arc::strong_count(&witness)), (300, 301));
    let taken = port.get_many(10, Some(LIMIT)).expect("ten");
    port.close();
    assert_eq!(Arc::strong_count(&witness), 1 + taken.len());
    drop(taken);
    assert_eq!((Arc::strong_count(&witness), Arc::strong_count(&bytes)), (1, 1));
    Ok(())
}

/// A19: the port is closed with its last handle and no earlier.
#[test]
fn the_last_handle_closes() -> io::Result<()> {
    let port = port::<Witness>(1);
    let witness = Witness::default();
    let (ours, _theirs) = pair();
    let stream = port.associate(ours, 0)?;
    stream.recv(Vec::with_capacity(8), Arc::clone(&witness))?;
    let worker = Worker::new("worker");
    let got = worker.wait_on(&port);
    let other = port.clone();
    drop(port);
    other.post(0, Arc::clone(&witness), 0)?;
    assert!(got.wait().is_ok(), "it waits on, and is served, by the handle that is left");
    stream.recv(Vec::with_capacity(8), Arc::clone(&witness))?;
    assert_eq!(Arc::strong_count(&witness), 3);
    drop(other);
    let refused = stream.recv(Vec::with_capacity(8), Arc::clone(&witness)).unwrap_err();
    assert!(is_cancelled(&refused.error), "{refused:?}");
    drop(refused);
    assert_eq!(Arc::strong_count(&witness), 1, "what was pending is gone");
    Ok(())
}

/// A17: operations that are pending when the port closes end there: payloads and buffers are freed,
/// although the handles live on; and so do the descriptors when these are dropped.
#[test]
fn close_frees_what_is_pending() -> io::Result<()> {
    let port = port::<Witness>(1);
    let witness = Witness::default();
    let (ours, mut theirs) = pair();
    let stream = port.associate(ours, 0)?;
    let listener = port.associate(TcpListener::bind("127.0.0.1:0")?, 0)?;
    let datagram = port.associate(UdpSocket::bind("127.0.0.1:0")?, 0)?;
    // More than a socket takes: the first send stops half way, the second does not begin.
    let bytes: Arc<[u8]> = vec![1; 8 << 20].into();
    for _ in 0..2 {
        stream.send(Arc::clone(&bytes), Arc::clone(&witness))?;
        let receive = stream.recv(Vec::with_capacity(8), Arc::clone(&witness))?;
        assert!(stream.expire_after(receive, Duration::from_secs(3600)));
        listener.accept(Arc::clone(&witness))?;
        datagram.recv_from(Vec::with_capacity(8), Arc::clone(&witness))?;
        port.start_timer(Duration::from_secs(3600), 0, Arc::clone(&witness))?;
    }
    let stats = port.stats();
    assert_eq!((stats.sending, stats.receiving, stats.timers), (2, 6, 4));
    assert_eq!((Arc::strong_count(&witness), Arc::strong_count(&bytes)), (11, 3));
    port.close();
    assert_eq!((Arc::strong_count(&witness), Arc::strong_count(&bytes)), (1, 1));
    drop(stream);
    let mut rest = Vec::new();
    theirs.read_to_end(&mut rest)?;
    assert!(rest.len() < bytes.len(), "a part, and the end");
    Ok(())
}

/// A17: the memory of pending receives is given back, too. 64 MiB come straight from the kernel and go
/// straight back, so the process's size tells.
#[test]
fn close_frees_the_memory_of_receives() {
    const SIZE: usize = 64 << 20;
    net::alone("closing::close_frees_the_memory_of_receives", || {
        let port = port(1);
        let (ours, _theirs) = pair();
        let stream = port.associate(ours, 0).unwrap();
        let Some(before) = memory() else { return };
        stream.recv(vec![1; SIZE], ()).unwrap();
        let pending = memory().unwrap_or_default();
        assert!(pending > before + SIZE / 8 * 7, "{before} bytes, then {pending}");
        port.close();
        let after = memory().unwrap_or_default();
        assert!(after < pending - SIZE / 8 * 7, "{pending} bytes, then {after}");
    });
}

/// A17: an operation that owns the handle it is pending on does not keep it alive beyond the port: the peer
/// sees the end of the stream.
#[test]
fn close_ends_operations_that_own_their_handle() -> io::Result<()> {
    struct Session(
        #[expect(dead_code, reason = "it is owned, and that is all")] wharf::Stream<Session>,
    );
    let port = port::<Session>(1);
    let (ours, mut theirs) = pair();
    let stream = port.associate(ours, 0)?;
    stream.recv(Vec::with_capacity(8), Session(stream.clone()))?;
    drop(stream);
    port.close();
    assert_eq!(theirs.read(&mut [0])?, 0);
    Ok(())
}

/// A18: payloads are dropped where the port can be called: their destructors may ask it, post to it and
/// close it.
#[test]
fn destructors_of_payloads_may_call_the_port() {
    struct Caller(Port<Caller>, Arc<AtomicUsize>);
    impl Drop for Caller {
        fn drop(&mut self) {
            let Caller(port, dropped) = self;
            dropped.fetch_add(1, SeqCst);
            assert_eq!(port.stats().queued, 0);
            assert_eq!(port.get(Some(Duration::ZERO)).err(), Some(GetError::Closed));
            port.cancel_all();
            assert!(port.unconnected(([127, 0, 0, 1], 1).into(), 0).is_err());
            port.close();
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&dropped);
    let closing = start("who closes", move || -> io::Result<()> {
        let port = port::<Caller>(1);
        let caller = || Caller(port.clone(), Arc::clone(&counter));
        let (ours, _theirs) = pair();
        let stream = port.associate(ours, 0)?;
        port.post(0, caller(), 0)?;
        stream.recv(Vec::with_capacity(8), caller())?;
        port.start_timer(Duration::MAX, 0, caller())?;
        port.close();
        // What a closed port refuses is dropped by the caller, with the same right to call.
        assert!(port.post(0, caller(), 0).is_err());
        Ok(())
    });
    closing.wait().expect("accepted");
    assert_eq!(dropped.load(SeqCst), 4);
}

/// A15: a handler may close its own port; the other workers end, and packets behind are dropped.
#[test]
fn closing_in_a_handler_ends_all_workers() {
    let port = port::<Witness>(2);
    let witness = Witness::default();
    let handled = Arc::new(AtomicUsize::new(0));
    (0..1000).for_each(|number| port.post(0, Arc::clone(&witness), number).expect("an open port"));
    let (running, counter) = (port.clone(), Arc::clone(&handled));
    let run = start("the workers", move || {
        running.run(4, |packet| {
            counter.fetch_add(1, SeqCst);
            if packet.transferred == 500 {
                running.close();
            }
            Ok(())
        })
    });
    assert_eq!(run.wait(), 0);
    let handled = handled.load(SeqCst);
    assert!((501..1000).contains(&handled), "{handled} of 1000, as number 500 closed the port");
    assert_eq!((Arc::strong_count(&witness), port.stats().queued), (1, 0));
}

/// A47, A18: close while many threads post and take. What was accepted is taken or dropped, what was not
/// comes back; after the close nothing is accepted.
#[test]
fn close_while_many_post() {
    for _ in 0..20 {
        let port = port::<Witness>(2);
        let witness = Witness::default();
        let threads: Vec<_> = (0..6)
            .map(|index| {
                let (port, witness) = (port.clone(), Arc::clone(&witness));
                start("poster or taker", move || {
                    let post = || port.post(0, Arc::clone(&witness), 0).is_ok();
                    let take = || port.get(None).is_ok();
                    let mut times = 0_u64;
                    while if index < 4 { post() } else { take() } {
                        times += 1;
                    }
                    assert!(!post() && !take());
                    times
                })
            })
            .collect();
        until("it is in full swing", || port.stats().taken > 1000);
        port.close();
        let times: Vec<_> = threads.into_iter().map(|thread| thread.wait()).collect();
        let (posted, taken) = times.split_at(4);
        assert!(taken.iter().sum::<u64>() <= posted.iter().sum(), "{times:?}");
        assert_eq!((Arc::strong_count(&witness), port.stats().queued), (1, 0), "{times:?}");
    }
}

/// A47, A17: close while many issue operations: an operation is refused, or ends as a packet, or is
/// dropped.
#[test]
fn close_while_many_issue() {
    for _ in 0..20 {
        let port = port::<Witness>(2);
        let witness = Witness::default();
        let pairs = [0; 4].map(|_| pair());
        let (ours, _theirs): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let issue = |ours: UnixStream| {
            let stream = port.associate(ours, 0).expect("an open port");
            let (port, witness) = (port.clone(), Arc::clone(&witness));
            start("issuer", move || {
                let pay = || Arc::clone(&witness);
                while stream.recv(Vec::with_capacity(8), pay()).is_ok()
                    && port.start_timer(Duration::MAX, 0, pay()).is_ok()
                    && stream.cancel_all() > 0
                {
                    drop(port.get(Some(Duration::ZERO)));
                }
                stream
            })
        };
        let threads: Vec<_> = ours.into_iter().map(issue).collect();
        until("it is in full swing", || port.stats().taken > 100);
        port.close();
        let streams: Vec<_> = threads.into_iter().map(|thread| thread.wait()).collect();
        assert_eq!(Arc::strong_count(&witness), 1, "while {} handles live", streams.len());
    }
}

/// A18: a port's descriptors are closed although the library's own thread looks after it, also if that one falls asleep
/// while the port closes: after two quiet ticks of 200 us.
#[test]
fn a_closed_port_is_given_back() {
    net::alone("closing::a_closed_port_is_given_back", || {
        let use_for = |time: Duration| {
            let port = port::<u32>(1);
            port.post(1, 0, 0).expect("open");
            port.get(None).expect("a packet");
            let end = Instant::now() + time;
            while Instant::now() < end {
                std::hint::spin_loop();
            }
        };
        let before = net::open_descriptors();
        use_for(Duration::ZERO);
        net::until("the first port is gone", || net::open_descriptors() <= before + 1); // the steward's bell stays
        for round in 0..2000 {
            use_for(Duration::from_micros(300 + round % 300));
            net::until("a port is gone", || net::open_descriptors() <= before + 1);
        }
    });
}
