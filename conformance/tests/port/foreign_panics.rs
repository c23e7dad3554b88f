//! Code of the program that panics on a thread of the library, or inside a wait: the panic ends there, and nothing else is
//! lost (A47, B11).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

use wharf::LockKind::Exclusive;
use wharf::{FileEngine, Options, Port};
use wharf_conformance::net;

fn ports() -> impl Iterator<Item = Port<usize>> {
    [FileEngine::Auto, FileEngine::Threads].into_iter().map(|file_engine| {
        Port::with_options(Options { file_engine, ..Options::default() }).unwrap()
    })
}

/// An observer that panics on the library's own threads.
fn panics_elsewhere(port: &Port<usize>) {
    port.observe(|| {
        let thread = thread::current();
        assert!(!thread.name().is_some_and(|name| name.starts_with("wharf-")), "an observer's own");
    });
}

/// Goal: the threads that perform the operations of files survive. Method: an observer that panics after every packet;
/// more syncs, which no caller performs itself, than there are threads.
#[test]
fn an_observer_ends_no_engine_of_files() {
    for port in ports() {
        let file = port.associate(tempfile::tempfile().unwrap(), 0).unwrap();
        panics_elsewhere(&port);
        for number in 0..20 {
            file.sync_all(number).unwrap();
            let packet = net::take(&port);
            assert_eq!((packet.payload, packet.result.unwrap()), (number, 0));
        }
    }
}

/// The same for the thread that waits for locks.
#[test]
fn an_observer_ends_no_wait_for_a_lock() {
    let port = Port::new(1).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let [one, other] = [1, 2].map(|key| port.associate(file.reopen().unwrap(), key).unwrap());
    for _ in 0..3 {
        one.lock(Exclusive, .., 0).unwrap();
        assert_eq!(net::take(&port).key, 1);
        other.lock(Exclusive, .., 0).unwrap();
        net::nothing(&port);
        panics_elsewhere(&port);
        one.unlock(..).unwrap();
        assert_eq!(net::take(&port).key, 2);
        other.unlock(..).unwrap();
    }
}

/// Goal: a predicate of `get_interruptible` that panics ends its call and nothing else: the packet that the wait was
/// about to bring is had by the worker's next get, or by another worker if it ends, and the port goes on.
/// Method: N = 1; a worker in the engine, and one that is parked, because this thread has the slot, and then handed the
/// packet.
#[test]
fn a_predicate_ends_its_own_wait() {
    for (parked, ends) in [(false, false), (false, true), (true, false), (true, true)] {
        let port = Port::<usize>::new(1).unwrap();
        if parked {
            port.post(0, 0, 0).unwrap();
            net::take(&port);
        }
        let (own, due) = (port.clone(), Arc::new(AtomicBool::new(false)));
        let panics = Arc::clone(&due);
        let worker = thread::spawn(move || {
            let raised = || {
                assert!(!panics.load(SeqCst), "a predicate's own");
                false
            };
            let got = catch_unwind(AssertUnwindSafe(|| own.get_interruptible(None, &raised)));
            assert!(got.is_err());
            if !ends {
                assert_eq!(net::take(&own).payload, 7);
            }
        });
        net::until("the worker waits", || port.stats().waiting == 1);
        due.store(true, SeqCst);
        port.post(0, 7, 0).unwrap();
        let end = || net::within("the worker's end", move || worker.join()).unwrap();
        if parked {
            wharf::blocking(end)
        } else {
            end()
        }
        if ends {
            assert_eq!(net::take(&port).payload, 7);
        }
        net::nothing(&port);
    }
}

/// Goal: the thread that looks after ports survives. Method: timers of ports that no worker looks after, so that this thread
/// fetches them; the first one's observer panics there.
#[test]
fn an_observer_ends_no_steward() {
    let [port, other] = [(); 2].map(|()| Port::<usize>::new(1).unwrap());
    panics_elsewhere(&port);
    for port in [&port, &other, &port] {
        let before = port.stats().queued;
        port.start_timer(Duration::from_millis(1), 0, 0).unwrap();
        net::until("the timer is fetched", || port.stats().queued > before);
    }
    assert_eq!(net::take(&other).payload, 0);
}
