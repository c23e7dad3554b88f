//! Where the system refuses a means, half way too, the next one is used, and it is said once.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::sync::mpsc;

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Uid, chroot, getrlimit, getuid, set_dumpable_behavior,
    setrlimit,
};
use rustix::thread::set_thread_res_uid;

use super::super::{Seen, Sensing, Sensor, choose};
use super::apart::{Outcome, apart, keep_lines, take_lines};
use super::kernel::filter;
use super::worker::{Worker, wait_until};

const NOBODY: u32 = 65534;

fn error_of(error: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | error as u32
}

/// Expects one line at this level with each of these texts in it.
fn assert_said(level: &str, texts: &[&str]) {
    let lines = take_lines();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].starts_with(level), "{lines:?} is not at {level}");
    texts.iter().for_each(|text| assert!(lines[0].contains(text), "{lines:?} lacks {text:?}"));
}

/// Expects that a sensor opened for `wanted` goes by `source`, tells the truth and says nothing more.
fn assert_works(wanted: Sensing, source: Sensing) {
    let parked = Worker::parked();
    let sensor = Sensor::open(parked.worker.tid, wanted);
    assert_eq!(sensor.source(), source);
    wait_until(&sensor, if source == Sensing::Told { Seen::Unknown } else { Seen::Blocked });
    let worker = Worker::new(|| ());
    let sensor = Sensor::open(worker.tid, wanted);
    wait_until(&sensor, if source == Sensing::Told { Seen::Unknown } else { Seen::Running });
    let lines = take_lines();
    assert!(lines.is_empty(), "{lines:?}");
}

/// Becomes somebody who is not root and whose process can't be read by others.
fn become_nobody(uid: u32, dumpable: DumpableBehavior) -> Result<(), Outcome> {
    if !getuid().is_root() {
        return Err(Outcome::skipped("needs root, to become somebody else"));
    }
    let uid = Uid::from_raw(uid);
    set_thread_res_uid(uid, uid, uid).expect("root may");
    set_dumpable_behavior(dumpable).expect("anybody may");
    Ok(())
}

/// Why perf can't be expected of an ordinary user.
fn perf_is_restricted() -> Option<String> {
    let paranoid = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").ok()?;
    let level: i32 = paranoid.trim().parse().ok()?;
    (level > 2).then(|| format!("kernel.perf_event_paranoid is {level}"))
}

fn refused_by_filter(error: i32, text: &str) -> Outcome {
    filter(libc::SYS_perf_event_open, error_of(error)).expect("seccomp");
    keep_lines();
    assert_eq!(choose(Sensing::Perf), Sensing::Syscall);
    assert_said("WARN", &["by syscall instead of perf", text]);
    assert_works(Sensing::Perf, Sensing::Syscall);
    assert_eq!(choose(Sensing::Auto), Sensing::Syscall);
    assert_said("INFO", &["by syscall", "seccomp filter"]);
    assert_works(Sensing::Auto, Sensing::Syscall);
    Outcome::Passed
}

/// As Docker's default profile answers.
#[test]
fn filter_says_eperm() -> Outcome {
    apart("refusals::filter_says_eperm", &[], || {
        refused_by_filter(libc::EPERM, "Operation not permitted")
    })
}

#[test]
fn filter_says_enosys() -> Outcome {
    apart("refusals::filter_says_enosys", &[], || {
        refused_by_filter(libc::ENOSYS, "Function not implemented")
    })
}

/// Goal: a filter that kills for perf events does not kill a program that never asked for them.
#[test]
fn filter_kills() -> Outcome {
    apart("refusals::filter_kills", &[], || {
        filter(libc::SYS_perf_event_open, libc::SECCOMP_RET_KILL_PROCESS).expect("seccomp");
        keep_lines();
        assert_eq!(choose(Sensing::Auto), Sensing::Syscall);
        assert_said("INFO", &["by syscall", "seccomp filter"]);
        assert_works(Sensing::Auto, Sensing::Syscall);
        Outcome::Passed
    })
}

/// An ordinary user without any privilege.
#[test]
fn as_nobody() -> Outcome {
    apart("refusals::as_nobody", &[], || {
        if let Err(skipped) = become_nobody(NOBODY, DumpableBehavior::Dumpable) {
            return skipped;
        }
        keep_lines();
        assert_eq!(choose(Sensing::Syscall), Sensing::Syscall);
        assert_said("INFO", &["by syscall"]);
        assert_works(Sensing::Syscall, Sensing::Syscall);
        if let Some(reason) = perf_is_restricted() {
            return Outcome::skipped(reason);
        }
        assert_eq!(choose(Sensing::Auto), Sensing::Perf);
        assert_said("INFO", &["by perf"]);
        assert_works(Sensing::Auto, Sensing::Perf);
        Outcome::Passed
    })
}

/// `syscall` is root's in a process that is not dumpable; `stat` is everybody's.
#[test]
fn not_dumpable() -> Outcome {
    apart("refusals::not_dumpable", &[], || {
        if let Err(skipped) = become_nobody(NOBODY, DumpableBehavior::NotDumpable) {
            return skipped;
        }
        keep_lines();
        assert_eq!(choose(Sensing::Syscall), Sensing::Stat);
        assert_said("WARN", &["by stat instead of syscall", "Permission denied"]);
        assert_works(Sensing::Syscall, Sensing::Stat);
        if perf_is_restricted().is_none() {
            assert_eq!(choose(Sensing::Perf), Sensing::Perf);
            assert_said("INFO", &["by perf"]);
            assert_works(Sensing::Perf, Sensing::Perf);
            // An empty ring asks `stat`, the only file that can be read.
            let parked = Worker::parked();
            while Sensor::open(parked.worker.tid, Sensing::Syscall).look() != Seen::Blocked {}
            let empty = Sensor::open(parked.worker.tid, Sensing::Perf);
            assert_eq!(empty.look(), Seen::Blocked);
            assert!(take_lines().is_empty());
        }
        filter(libc::SYS_perf_event_open, error_of(libc::EPERM)).expect("seccomp");
        assert_eq!(choose(Sensing::Auto), Sensing::Stat);
        assert_said("INFO", &["by stat", "seccomp filter", "Permission denied"]);
        assert_works(Sensing::Auto, Sensing::Stat);
        Outcome::Passed
    })
}

/// Goal: without /proc, perf serves, and without both nothing is watched and nothing fails.
#[test]
fn no_proc() -> Outcome {
    apart("refusals::no_proc", &[], || {
        let empty = tempfile::tempdir().expect("temporary directory");
        if let Err(error) = chroot(empty.path()) {
            return Outcome::skipped(format!("chroot: {error}"));
        }
        keep_lines();
        assert_eq!(choose(Sensing::Perf), Sensing::Perf);
        assert_said("INFO", &["by perf"]);
        let worker = Worker::new(|| ());
        let sensor = Sensor::open(worker.tid, Sensing::Perf);
        assert_eq!(sensor.source(), Sensing::Perf);
        assert_ne!(sensor.look(), Seen::Blocked); // unknown, unless it was switched meanwhile
        assert_eq!(choose(Sensing::Syscall), Sensing::Told);
        assert_said("WARN", &["by told instead of syscall", "stat", "No such file or directory"]);
        assert_works(Sensing::Syscall, Sensing::Told);
        filter(libc::SYS_perf_event_open, error_of(libc::EPERM)).expect("seccomp");
        assert_eq!(choose(Sensing::Auto), Sensing::Told);
        assert_said("WARN", &["by told", "seccomp filter", "No such file or directory"]);
        assert_works(Sensing::Auto, Sensing::Told);
        Outcome::Passed
    })
}

/// Goal: when the locked memory is used up, the workers concerned go by /proc, which is said once; when
/// some is free again, rings are used again. Method: as many rings as it takes, on one thread.
#[test]
fn locked_memory_runs_out() -> Outcome {
    /// The memory is shared by all processes of a user; nobody else is expected to be this one.
    const LONELY: u32 = 1_963_112;
    /// More than `perf_event_mlock_kb`, 516 by default, allows on 64 processors.
    const RINGS_MAX: usize = 64 * 516 / 8 + 100;

    apart("refusals::locked_memory_runs_out", &[], || {
        if let Err(skipped) = become_nobody(LONELY, DumpableBehavior::Dumpable) {
            return skipped;
        }
        if let Some(reason) = perf_is_restricted() {
            return Outcome::skipped(reason);
        }
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        setrlimit(Resource::Memlock, none).expect("lowering is allowed");
        keep_lines();
        assert_eq!(choose(Sensing::Auto), Sensing::Perf);
        assert_said("INFO", &["by perf"]);

        let parked = Worker::parked();
        let open = || Sensor::open(parked.worker.tid, Sensing::Auto);
        let mut rings = Vec::new();
        let other = loop {
            let sensor = open();
            if sensor.source() != Sensing::Perf {
                break sensor;
            }
            rings.push(sensor);
            if rings.len() > RINGS_MAX {
                return Outcome::skipped(format!("{RINGS_MAX} rings are not too many here"));
            }
        };
        assert_eq!(other.source(), Sensing::Syscall);
        wait_until(&other, Seen::Blocked);
        assert!((0..10).all(|_| open().source() == Sensing::Syscall));
        assert_said("WARN", &["watched by syscall instead of perf", "Operation not permitted"]);
        rings.pop();
        assert_eq!(open().source(), Sensing::Perf, "one was dropped");
        assert!(take_lines().is_empty());
        Outcome::Passed
    })
}

/// Goal: without a descriptor to spare nothing is watched and nothing fails; with one, any number of
/// rings can be opened. Method: take all of them.
#[test]
fn descriptors_run_out() -> Outcome {
    apart("refusals::descriptors_run_out", &[], || {
        let (wake, woken) = mpsc::channel::<()>();
        let parked = Worker::new(move || assert!(woken.recv().is_err()));
        let tid = parked.tid;
        let before = Sensor::open(tid, Sensing::Perf); // sees it block; its file is opened too late
        parked.block();
        wait_until(&Sensor::open(tid, Sensing::Stat), Seen::Blocked);
        keep_lines();
        let chosen = choose(Sensing::Auto);
        assert_said("INFO", &[&format!("by {chosen}")]);

        let null = File::open("/dev/null").expect("/dev/null");
        let limit = u64::try_from(null.as_raw_fd()).expect("a descriptor") + 16;
        let maximum = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, Rlimit { current: Some(limit), maximum }).expect("lowered");
        let mut all: Vec<_> = std::iter::from_fn(|| null.try_clone().ok()).collect();

        let blind: Vec<_> = (0..10).map(|_| Sensor::open(tid, Sensing::Auto)).collect();
        for sensor in &blind {
            assert_eq!((sensor.source(), sensor.look()), (Sensing::Told, Seen::Unknown));
        }
        let refused = format!("watched by told instead of {chosen}");
        assert_said("WARN", &[&refused, "Too many open files"]);

        all.pop();
        if chosen == Sensing::Perf {
            let rings: Vec<_> = (0..10).map(|_| Sensor::open(tid, Sensing::Auto)).collect();
            assert!(rings.iter().all(|sensor| sensor.source() == Sensing::Perf));
            // The rings are empty, and /proc can be asked for one of them at a time.
            assert_eq!(rings[0].look(), Seen::Blocked);
            assert_eq!(rings[1].look(), Seen::Unknown);
            assert_eq!(before.look(), Seen::Blocked, "the ring is believed");
            all.pop();
            assert_eq!(rings[1].look(), Seen::Blocked, "it tries again");
        } else {
            assert_works(Sensing::Auto, chosen);
        }
        assert!(take_lines().is_empty());
        drop(wake);
        Outcome::Passed
    })
}

/// A worker may end while it's being opened: that's no refusal, and nothing to report.
#[test]
fn ended_thread() -> Outcome {
    apart("refusals::ended_thread", &[], || {
        let worker = Worker::new(|| ());
        let tid = worker.tid;
        drop(worker);
        let chosen = [Sensing::Perf, Sensing::Syscall, Sensing::Stat].map(choose);
        keep_lines();
        for source in chosen {
            // Joining returns a little before the kernel has forgotten the id.
            while Sensor::open(tid, source).source() != Sensing::Told {}
        }
        assert!(take_lines().is_empty());
        Outcome::Passed
    })
}

#[test]
fn environment_decides() -> Outcome {
    apart("refusals::environment_decides", &[("WHARF_SENSING", "stat")], || {
        keep_lines();
        assert_eq!(choose(Sensing::Auto), Sensing::Stat);
        assert_said("INFO", &["by stat"]);
        assert_works(Sensing::Auto, Sensing::Stat);
        assert_eq!(choose(Sensing::Syscall), Sensing::Syscall, "what the program names wins");
        Outcome::Passed
    })
}

#[test]
fn environment_is_wrong() -> Outcome {
    apart("refusals::environment_is_wrong", &[("WHARF_SENSING", "psychic")], || {
        keep_lines();
        assert_ne!(choose(Sensing::Auto), Sensing::Auto);
        let lines = take_lines();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("WARN WHARF_SENSING is \"psychic\""), "{lines:?}");
        Outcome::Passed
    })
}
