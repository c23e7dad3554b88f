//! A child made by fork neither touches nor unmaps what it inherits, and its parent does not notice.

use rustix::param::page_size;

use super::super::fork::Birth;
use super::super::{Means, Seen, Sensing, Sensor, choose};
use super::apart::{Outcome, apart};
use super::kernel::{in_child, survives_at, touch};
use super::worker::{Worker, on_each_source, wait_until};

fn ring_address(sensor: &Sensor) -> Option<usize> {
    match &sensor.means {
        Means::Ring { ring, .. } => Some(ring.address()),
        _ => None,
    }
}

/// Goal: an inherited sensor says nothing in a child and in a child's child, while the child's own work
/// there and the parent's goes on.
#[test]
fn sensors_in_children() -> Outcome {
    apart("forks::sensors_in_children", &[], || {
        on_each_source(|source| {
            let parked = Worker::parked();
            let sensor = Sensor::open(parked.worker.tid, source);
            wait_until(&sensor, Seen::Blocked);
            let status = in_child(|| {
                let inherited = sensor.look();
                let own_parked = Worker::parked();
                let own = Sensor::open(own_parked.worker.tid, source);
                wait_until(&own, Seen::Blocked);
                let grandchild =
                    in_child(|| (sensor.look(), own.look()) == (Seen::Unknown, Seen::Unknown));
                assert_eq!(grandchild.exit_status(), Some(0));
                inherited == Seen::Unknown && own.look() == Seen::Blocked && own.source() == source
            });
            assert_eq!(status.exit_status(), Some(0), "{source}: {status:?}");
            assert_eq!(sensor.look(), Seen::Blocked, "{source}");
        })
    })
}

/// Goal: a child that drops an inherited sensor leaves alone what it has mapped in that place since.
#[test]
fn drop_in_a_child() -> Outcome {
    apart("forks::drop_in_a_child", &[], || {
        if choose(Sensing::Perf) != Sensing::Perf {
            return Outcome::skipped("no perf here");
        }
        let parked = Worker::parked();
        let sensor = Sensor::open(parked.worker.tid, Sensing::Perf);
        let address = ring_address(&sensor).expect("a ring");
        let status = in_child(|| survives_at(address, 2 * page_size(), || drop(sensor)));
        assert_eq!(status.exit_status(), Some(0), "{status:?}");
        Outcome::Passed
    })
}

/// The canary for both: without the look at the page, a child dies.
#[test]
fn a_ring_is_not_mapped_in_a_child() -> Outcome {
    apart("forks::a_ring_is_not_mapped_in_a_child", &[], || {
        if choose(Sensing::Perf) != Sensing::Perf {
            return Outcome::skipped("no perf here");
        }
        let parked = Worker::parked();
        let sensor = Sensor::open(parked.worker.tid, Sensing::Perf);
        let address = ring_address(&sensor).expect("a ring");
        touch(address);
        let status = in_child(|| {
            touch(address);
            true
        });
        assert_ne!(status.exit_status(), Some(0), "then the kernel maps rings in children now");
        Outcome::Passed
    })
}

/// Goal: numbers grow from parent to child, so that none comes back. Method: a line of descendants each of
/// which keeps the births of all its ancestors.
#[test]
fn births_never_come_back() -> Outcome {
    fn generation(ancestors: &mut Vec<Birth>, left: u32) -> bool {
        let own = Birth::here();
        if own.is_over() || !ancestors.iter().all(|birth| birth.is_over()) {
            return false;
        }
        ancestors.push(own);
        let is_page = matches!(own, Birth::Page(_));
        is_page
            && (left == 0 || in_child(|| generation(ancestors, left - 1)).exit_status() == Some(0))
    }
    apart("forks::births_never_come_back", &[], || {
        assert!(generation(&mut Vec::new(), 4));
        Outcome::Passed
    })
}
