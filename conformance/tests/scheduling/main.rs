//! Who runs, on real threads: association, the concurrency value, and what becomes of it when workers block
//! (contract B1-B16, B19).
//!
//! A [`Worker`] that has nothing to do spins, so that it runs by any measure; it blocks when it is told to,
//! inside [`wharf::blocking`].

mod association;
mod blocking;
mod value;

use wharf::{GetError, Port};
use wharf_conformance::threads::{Outcome, Worker, stays, told_port as port, until};

type Got = Outcome<Result<u32, GetError>>;

fn post(port: &Port<u32>, packets: impl IntoIterator<Item = u32>) {
    packets.into_iter().for_each(|packet| port.post(0, packet, 0).expect("an open port"));
}

/// Has a worker run, with this packet.
fn run(worker: &Worker, port: &Port<u32>, packet: u32) {
    post(port, [packet]);
    assert_eq!(worker.take(port), packet);
}

fn running(port: &Port<u32>) -> (u32, u32) {
    (port.stats().running, port.stats().blocked)
}

/// Watches that a waiter is not released although so many packets are queued.
#[track_caller]
fn is_not_released(got: &Got, port: &Port<u32>, queued: usize) {
    stays("it waits beside the queue", || {
        got.try_wait().is_none() && port.stats().queued == queued
    });
}

/// Waits until so many, and no more, have returned; answers which.
#[track_caller]
fn released(got: &[Got], expected: usize) -> Vec<usize> {
    let mut released = Vec::new();
    until("as many have returned", || {
        for (index, got) in got.iter().enumerate() {
            if !released.contains(&index) && got.try_wait().is_some() {
                released.push(index);
            }
        }
        released.len() >= expected
    });
    assert_eq!(released.len(), expected, "{released:?}");
    released
}
