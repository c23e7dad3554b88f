//! A thread to look at: it runs in a loop, blocks when told, and runs in a loop again.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::thread::{Pid, gettid};

use super::super::{Means, Seen, Sensing, Sensor, choose};
use super::apart::Outcome;

/// How long anything may take to be seen: only a means that never sees it comes near.
const SEEN_MAX: Duration = Duration::from_secs(10);

pub(super) struct Worker {
    pub(super) tid: Pid,
    goes_on: Arc<[AtomicBool; 2]>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Spins; `block` after [`Worker::block`]; spins again until dropped.
    pub(super) fn new(block: impl FnOnce() + Send + 'static) -> Worker {
        let goes_on = Arc::new([const { AtomicBool::new(true) }; 2]);
        let (tell_tid, tid) = mpsc::channel();
        let thread = thread::spawn({
            let goes_on = goes_on.clone();
            move || {
                tell_tid.send(gettid()).expect("somebody wants to know");
                let spin = |at: usize| {
                    while goes_on[at].load(Relaxed) {
                        hint::spin_loop();
                    }
                };
                spin(0);
                block();
                spin(1);
            }
        });
        let tid = tid.recv().expect("the thread tells it first");
        Worker { tid, goes_on, thread: Some(thread) }
    }

    /// One that is blocked from here on, until dropped.
    pub(super) fn parked() -> Parked {
        let (wake, woken) = mpsc::channel::<()>();
        let worker = Worker::new(move || assert!(woken.recv().is_err()));
        worker.block();
        Parked { worker, _wake: wake }
    }

    pub(super) fn block(&self) {
        self.goes_on[0].store(false, Relaxed);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.goes_on.iter().for_each(|goes_on| goes_on.store(false, Relaxed));
        if !thread::panicking() {
            // A test that fails may not have ended what blocks the thread.
            self.thread.take().expect("joined once").join().expect("the worker did not panic");
        }
    }
}

pub(super) struct Parked {
    /// Dropped first, which ends the wait.
    _wake: mpsc::Sender<()>,
    pub(super) worker: Worker,
}

/// Looks until a thread is seen like this.
pub(super) fn wait_until(sensor: &Sensor, state: Seen) {
    let end = Instant::now() + SEEN_MAX;
    while sensor.look() != state {
        assert!(Instant::now() < end, "never seen {state:?} by {}", sensor.source());
        thread::yield_now();
    }
}

/// Part of the looks, between 0 and 1, that find a thread blocked.
pub(super) fn blocked_part(sensor: &Sensor, looks: u32, pause: Duration) -> f64 {
    let blocked = (0..looks).filter(|_| {
        thread::sleep(pause);
        sensor.look() == Seen::Blocked
    });
    blocked.count() as f64 / f64::from(looks)
}

/// What the ring alone says, if there is one and it isn't empty.
pub(super) fn by_ring(sensor: &Sensor) -> Option<Seen> {
    match &sensor.means {
        Means::Ring { ring, .. } => ring.look(),
        _ => None,
    }
}

/// Runs a test on each means; one that is not to be had here is a skip.
pub(super) fn on_each_source(test: impl Fn(Sensing)) -> Outcome {
    let mut missing = Vec::new();
    for source in [Sensing::Perf, Sensing::Syscall, Sensing::Stat] {
        if choose(source) == source {
            test(source);
        } else {
            missing.push(format!("no {source} here"));
        }
    }
    if missing.is_empty() { Outcome::Passed } else { Outcome::skipped(missing.join(", ")) }
}
