//! What a look costs. Not a test: it prints, and is ignored unless asked for.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::getpid;
use rustix::thread::set_current_timer_slack;

use super::super::fork::Birth;
use super::super::{Seen, Sensing, Sensor, choose};
use super::worker::{Worker, by_ring, wait_until};

const REPEATS: usize = 9;

/// Median of nanoseconds per call.
fn measure<T>(calls: u32, mut call: impl FnMut() -> T) -> f64 {
    let mut results: Vec<_> = (0..REPEATS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..calls {
                hint::black_box(call());
            }
            start.elapsed().as_nanos() as f64 / f64::from(calls)
        })
        .collect();
    results.sort_by(f64::total_cmp);
    results[REPEATS / 2]
}

#[test]
#[ignore = "measures"]
fn cost_of_a_look() {
    for source in [Sensing::Perf, Sensing::Syscall, Sensing::Stat] {
        let start = Instant::now();
        if choose(source) != source {
            println!("{source}: not here");
            continue;
        }
        let chosen = start.elapsed();
        let calls = if source == Sensing::Perf { 1_000_000 } else { 10_000 };
        let (wake, woken) = mpsc::channel::<()>();
        let parked = Worker::new(move || assert!(woken.recv().is_err()));
        let blocked_sensor = Sensor::open(parked.tid, source);
        parked.block();
        wait_until(&blocked_sensor, Seen::Blocked);
        let worker = Worker::new(|| thread::sleep(Duration::from_micros(100)));
        let running = Sensor::open(worker.tid, source);
        worker.block();
        thread::sleep(Duration::from_millis(10)); // it has slept, and is in its second loop
        let blocked = measure(10_000, || blocked_sensor.look());
        let running = measure(calls, || running.look());
        let open = measure(100, || drop(Sensor::open(worker.tid, source)));
        if source == Sensing::Perf {
            let ring = measure(calls, || by_ring(&blocked_sensor));
            println!("the ring alone, blocked: {ring:.1} ns");
        }
        drop(wake);
        println!(
            "{source}: running {running:.1} ns, blocked {blocked:.1} ns, open and drop {open:.0} ns, trial {chosen:?}"
        );
    }
    let birth = Birth::here();
    let page = measure(1_000_000, || birth.is_over());
    let id = measure(1_000_000, getpid);
    println!("is this a child: by page {page:.1} ns, by process id {id:.1} ns");
}

/// How often a ring says "blocked" of a thread that /proc says has been woken.
#[test]
#[ignore = "measures"]
fn lag_of_the_ring() {
    const LOOKS: u32 = 4_000;
    let _ = set_current_timer_slack(Some(std::num::NonZeroU64::MIN));
    for hogs in [0, 4] {
        let _hogs: Vec<_> = (0..hogs).map(|_| Worker::new(|| ())).collect();
        for micros in [20, 100, 500, 5000] {
            let ends = Arc::new(AtomicBool::new(false));
            let ended = ends.clone();
            let worker = Worker::new(move || {
                let _ = set_current_timer_slack(Some(std::num::NonZeroU64::MIN));
                while !ended.load(Relaxed) {
                    thread::sleep(Duration::from_micros(micros));
                    let start = Instant::now();
                    while start.elapsed() < Duration::from_micros(20) {
                        hint::spin_loop();
                    }
                }
            });
            let ring = Sensor::open(worker.tid, Sensing::Perf);
            let file = Sensor::open(worker.tid, Sensing::Syscall);
            worker.block();
            let (mut blocked, mut late) = (0, 0);
            for _ in 0..LOOKS / (1 + hogs) {
                thread::sleep(Duration::from_micros(50));
                if by_ring(&ring) == Some(Seen::Blocked) {
                    blocked += 1;
                    late += u32::from(file.look() == Seen::Running);
                }
            }
            ends.store(true, Relaxed);
            let percent = 100.0 * f64::from(late) / f64::from(blocked.max(1));
            println!(
                "{hogs} loops beside, sleeps of {micros} us: {late} of {blocked} \"blocked\" were woken, {percent:.1} %"
            );
        }
    }
}
