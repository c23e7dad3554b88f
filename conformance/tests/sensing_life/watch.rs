//! What sensing has open, and how often its thread wakes up.

use std::fs;
use std::thread;
use std::time::Duration;

use wharf_conformance::blocking::{Gate, Hand, SHORT, Source, alone, eventually, sleeps};

/// How long the steward is watched for wake-ups.
const WATCHED: Duration = Duration::from_millis(300);
/// A steward that ticked would wake up hundreds of times meanwhile, one that polled thousands of times. These
/// are for what remains of the state before.
const WAKEUPS_MAX: u64 = 3;

/// The sensors that are open in this process: files of /proc about threads, and rings of perf.
pub(crate) fn sensors() -> usize {
    let links = fs::read_dir("/proc/self/fd").expect("proc").flatten();
    let targets = links.filter_map(|link| fs::read_link(link.path()).ok());
    let is_sensor = |target: &std::path::PathBuf| {
        let name = target.to_string_lossy();
        name.contains("/task/") && (name.ends_with("/syscall") || name.ends_with("/stat"))
    };
    let maps = fs::read_to_string("/proc/self/maps").expect("proc");
    targets.filter(is_sensor).count()
        + maps.lines().filter(|line| line.contains("perf_event")).count()
}

/// The steward's directory in /proc.
fn steward() -> String {
    let tasks = fs::read_dir("/proc/self/task").expect("proc").flatten();
    let mut paths = tasks.map(|task| task.path().display().to_string());
    let is_steward = |path: &String| {
        fs::read_to_string(format!("{path}/comm")).is_ok_and(|name| name.trim() == "wharf-steward")
    };
    paths.find(is_steward).expect("a port has been made, so there is a steward")
}

/// Waits until the steward is asleep, then checks that it stays so.
#[track_caller]
fn stays_asleep(source: Source, what: &str) {
    let steward = steward();
    let wakeups = |time| {
        let before = sleeps(&steward).expect("it does not end");
        thread::sleep(time);
        sleeps(&steward).expect("it does not end") - before
    };
    eventually("the steward goes to sleep", || wakeups(SHORT), |count| *count == 0);
    let count = wakeups(WATCHED);
    assert!(count <= WAKEUPS_MAX, "{source}, {what}: the steward woke up {count} times");
}

#[track_caller]
fn closes_all(source: Source) {
    eventually(&format!("{source}: all sensors are closed"), sensors, |open| *open == 0);
}

/// With as many workers as slots there is nobody to release: packets wait, workers run or block, and nothing
/// is opened and nobody wakes up for it.
#[test]
fn nobody_looks_without_a_waiter() {
    let _alone = alone();
    for source in Source::all() {
        let port = source.port(2);
        let (a, b, gate) = (Hand::new("A"), Hand::new("B"), Gate::new());
        a.takes(&port, 1);
        b.takes(&port, 2);
        let blocked = b.blocks(source, &gate);
        (0..10).for_each(|_| port.post(0, 3, 0).expect("open"));
        stays_asleep(source, "no waiter");
        assert_eq!(sensors(), 0, "{source}");
        assert_eq!((port.stats().queued, port.stats().released_sensed), (10, 0), "{source}");
        gate.open();
        blocked.wait();
    }
}

/// A worker is blocked, others wait, and nothing is queued: nothing is opened and nobody wakes up, before the
/// worker was ever looked at and after.
#[test]
fn nobody_looks_with_nothing_queued() {
    let _alone = alone();
    for source in Source::all() {
        let port = source.port(1);
        let (a, b, c) = (Hand::new("A"), Hand::new("B"), Hand::new("C"));
        let gate = Gate::new();
        a.takes(&port, 1);
        let waiting = b.waits(&port);
        let blocked = a.blocks(source, &gate);
        stays_asleep(source, "nothing queued yet");
        assert_eq!(sensors(), 0, "{source}");

        port.post(0, 2, 0).expect("open");
        assert_eq!(waiting.wait(), Ok(2), "{source}");
        assert_eq!(sensors() > 0, source.is_sensed(), "{source}");
        let waiting = c.waits(&port);
        let again = b.blocks(source, &gate);
        stays_asleep(source, "nothing queued any more");

        gate.open();
        blocked.wait();
        again.wait();
        port.close();
        assert!(waiting.wait().is_err());
        [a, b, c].into_iter().for_each(Hand::exits);
        closes_all(source);
    }
}

/// Packets queued, waiters there, and slots free: everything is released at once, and nobody is looked at.
#[test]
fn nobody_looks_with_free_slots() {
    let _alone = alone();
    for source in Source::all() {
        let port = source.port(4);
        let hands = ["A", "B", "C"].map(Hand::new);
        let waiting: Vec<_> = hands.iter().map(|hand| hand.waits(&port)).collect();
        (0..3).for_each(|_| port.post(0, 1, 0).expect("open"));
        waiting.into_iter().for_each(|answer| assert_eq!(answer.wait(), Ok(1)));
        stays_asleep(source, "free slots");
        assert_eq!(sensors(), 0, "{source}");
    }
}

/// A port that is told opens nothing, also while looking would matter: packets queued, a waiter, a full port.
#[test]
fn a_told_port_opens_nothing() {
    let _alone = alone();
    let port = Source::TOLD.port(1);
    let (a, b, gate) = (Hand::new("A"), Hand::new("B"), Gate::new());
    a.takes(&port, 1);
    let waiting = b.waits(&port);
    port.post(0, 2, 0).expect("open");
    let other = gate.clone();
    let blocked = a.tell("pass the gate without a word", move || other.pass());
    stays_asleep(Source::TOLD, "needed, and not wanted");
    assert_eq!(sensors(), 0);
    waiting.stays_pending();
    gate.open();
    blocked.wait();
    port.close();
    assert!(waiting.wait().is_err());
}

/// Whoever leaves takes its sensor along: by exit, for another port, or because the port is closed.
#[test]
fn sensors_go_with_their_workers() {
    let _alone = alone();
    for source in Source::sensed() {
        let (port, other) = (source.port(1), source.port(1));
        let (a, b, c) = (Hand::new("A"), Hand::new("B"), Hand::new("C"));
        let gate = Gate::new();
        a.takes(&port, 1);
        for (blocker, spare) in [(&a, &b), (&b, &c)] {
            let waiting = spare.waits(&port);
            let blocked = blocker.blocks(source, &gate);
            port.post(0, 2, 0).expect("open");
            assert_eq!(waiting.wait(), Ok(2), "{source}");
            drop(blocked);
        }
        assert!(sensors() >= 2, "{source}: of A and of B");
        gate.open();
        a.exits();
        b.takes(&other, 3);
        port.close();
        assert!(c.get(&port).wait().is_err(), "{source}: C learns that the port is closed");
        closes_all(source);
    }
}
