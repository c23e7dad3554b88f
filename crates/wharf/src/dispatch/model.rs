//! The dispatcher under the model checker: every interleaving of a few threads.
//!
//! Goal: no lost wake-up, no lost or doubled packet, whoever comes first. The engine here is the smallest
//! that keeps the contract of [`Engine`]: signals that fold into one, and events that bring a packet.
//! Two threads are checked in every interleaving, three in all with up to three preemptions.
//! Run with `RUSTFLAGS="--cfg loom" cargo test -p wharf --lib --release`.

use std::num::NonZeroU32;

use loom::sync::Condvar;
use loom::thread;
use wharf_core::deadline::Deadline;
use wharf_core::scheduler::Urgency;

use super::primitives::{Arc, Mutex, lock};
use super::{Dispatcher, Empty, Engine, Member, Parker, View};

#[derive(Default)]
struct Bell {
    signal: bool,
    events: Vec<u32>,
}

struct Model {
    bell: Mutex<Bell>,
    rung: Condvar,
}

impl Engine<u32> for Model {
    fn poll(&self, deadline: Deadline, out: &mut dyn FnMut(u32)) -> bool {
        let mut bell = lock(&self.bell);
        loop {
            if let Some(packet) = bell.events.pop() {
                drop(bell);
                out(packet);
                return false;
            }
            if std::mem::take(&mut bell.signal) {
                return true;
            }
            if deadline != Deadline::Never {
                return false;
            }
            bell = self.rung.wait(bell).expect("loom does not poison");
        }
    }

    fn wake(&self) {
        lock(&self.bell).signal = true;
        self.rung.notify_one();
    }
}

impl Model {
    /// Something completes in the kernel.
    fn complete(&self, packet: u32) {
        lock(&self.bell).events.push(packet);
        self.rung.notify_one();
    }
}

/// The model with three threads, whose interleavings are too many to see all.
fn bounded(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

type Port = Arc<Dispatcher<u32, Model>>;

fn port(max: u32) -> Port {
    let model = Model { bell: Mutex::new(Bell::default()), rung: Condvar::new() };
    Arc::new(Dispatcher::new(NonZeroU32::new(max).expect("at least one"), model))
}

fn get(port: &Port, member: &Member) -> Result<u32, Empty> {
    if let Some(packet) = port.get_next(member.id) {
        return Ok(packet);
    }
    let next = port.ask(member.id, || {});
    port.wait(member, Deadline::Never, next, false, || {}, None)
}

fn worker(port: &Port) -> thread::JoinHandle<Result<u32, Empty>> {
    let port = Arc::clone(port);
    thread::spawn(move || {
        let member = port.join(std::sync::Arc::new(View::here()));
        let got = get(&port, &member);
        port.leave(&member);
        got
    })
}

#[test]
fn parker_remembers_an_unpark() {
    loom::model(|| {
        let parker = Arc::new(Parker::default());
        let sleeper = Arc::clone(&parker);
        let thread = thread::spawn(move || assert!(sleeper.park(Deadline::Never, || false)));
        parker.unpark();
        thread.join().unwrap();
    });
}

/// A post reaches a worker, whether it polls, is about to, or has not asked yet.
#[test]
fn a_post_is_not_lost() {
    loom::model(|| {
        let port = port(1);
        let thread = worker(&port);
        port.post(7, Urgency::Now).unwrap();
        assert_eq!(thread.join().unwrap(), Ok(7));
    });
}

/// A completion and a post at once: two workers, one slot; each gets one, because the first leaves (B15).
#[test]
fn a_post_and_a_completion_reach_two_workers() {
    bounded(|| {
        let port = port(1);
        let threads = [worker(&port), worker(&port)];
        port.engine.complete(1);
        port.post(2, Urgency::Now).unwrap();
        let mut got = threads.map(|thread| thread.join().unwrap().unwrap());
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
    });
}

/// B8: the worker that has the slot blocks until the other has had the second packet.
#[test]
fn a_blocked_worker_is_replaced() {
    loom::model(|| {
        let port = port(1);
        let first = port.join(std::sync::Arc::new(View::here()));
        port.post(1, Urgency::Now).unwrap();
        assert_eq!(get(&port, &first), Ok(1));
        let thread = worker(&port);
        port.post(2, Urgency::Now).unwrap();
        assert!(port.blocked(first.id));
        assert_eq!(thread.join().unwrap(), Ok(2));
        port.unblocked(first.id);
        port.leave(&first);
    });
}

/// B13: what a sleeper was handed is its own, or of the worker that asks before it is awake. Then it waits on, for the next.
#[test]
fn what_a_sleeper_was_handed_is_taken_once() {
    bounded(|| {
        let port = port(1);
        let first = port.join(std::sync::Arc::new(View::here()));
        port.post(1, Urgency::Now).unwrap();
        assert_eq!(get(&port, &first), Ok(1));
        let thread = worker(&port);
        port.post(2, Urgency::Now).unwrap();
        port.post(3, Urgency::Now).unwrap();
        assert!(port.blocked(first.id));
        port.unblocked(first.id);
        let mut got = [get(&port, &first).unwrap(), 0];
        port.leave(&first);
        got[1] = thread.join().unwrap().unwrap();
        got.sort_unstable();
        assert_eq!(got, [2, 3]);
    });
}

/// A15: closing wakes whoever waits, polls or parks, and whoever is about to.
#[test]
fn close_wakes_everybody() {
    bounded(|| {
        let port = port(1);
        let threads = [worker(&port), worker(&port)];
        assert_eq!(port.close(), Some(0));
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Err(Empty::Closed));
        }
    });
}

/// Packets of a burst, all but the last of which wake nobody: whoever waits, or is about to, is had for each.
#[test]
fn an_urged_burst_reaches_the_waiters() {
    bounded(|| {
        let port = port(2);
        let threads = [worker(&port), worker(&port)];
        port.post(1, Urgency::Lazy).unwrap();
        port.post(2, Urgency::Lazy).unwrap();
        port.urge();
        let mut had = threads.map(|thread| thread.join().unwrap().unwrap());
        had.sort_unstable();
        assert_eq!(had, [1, 2]);
    });
}

/// A lazy packet that its worker does not fetch is handed over by a tick.
#[test]
fn a_tick_hands_a_lazy_packet_over() {
    loom::model(|| {
        let port = port(2);
        let busy = port.join(std::sync::Arc::new(View::here()));
        port.post(1, Urgency::Now).unwrap();
        assert_eq!(get(&port, &busy), Ok(1));
        let thread = worker(&port);
        port.post(2, Urgency::Lazy).unwrap();
        port.tick();
        port.tick();
        assert_eq!(thread.join().unwrap(), Ok(2));
        port.leave(&busy);
    });
}
