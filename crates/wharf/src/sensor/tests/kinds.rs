//! Each way to block is seen as blocked and each way to run as running, by each means.

use std::fs::{File, OpenOptions};
use std::hint;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::TryRecvError;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::setpriority_process;
use rustix::thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity};

use super::super::{Means, Seen, Sensing, Sensor, choose};
use super::apart::Outcome;
use super::kernel::FaultPage;
use super::worker::{Worker, blocked_part, by_ring, on_each_source, wait_until};
use crate::sync::lock;

const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_micros(200);
/// Less than all, for the moments between two sleeps and a machine that is busy with other things; a
/// means that is wrong about a kind is wrong about most looks.
const NEARLY_ALL: f64 = 0.8;
const NEARLY_NONE: f64 = 0.1;

/// Goal: a thread is seen running, then blocked for as long as it is, then running, by a sensor that was
/// opened before. Method: `make` gives what the thread calls to block, and what ends that.
fn blocks<B, R>(make: impl Fn() -> (B, R)) -> Outcome
where
    B: FnOnce() + Send + 'static,
    R: FnOnce(),
{
    on_each_source(|source| {
        let (block, release) = make();
        let worker = Worker::new(block);
        let sensor = Sensor::open(worker.tid, source);
        assert_eq!(sensor.source(), source);
        assert_eq!(sensor.look(), Seen::Running, "{source}, before");
        worker.block();
        wait_until(&sensor, Seen::Blocked);
        let part = blocked_part(&sensor, LOOKS, PAUSE);
        assert_eq!(by_ring(&sensor), (source == Sensing::Perf).then_some(Seen::Blocked));
        release();
        assert!(part >= NEARLY_ALL, "{source}: blocked in {part} of the looks");
        wait_until(&sensor, Seen::Running);
        let part = blocked_part(&sensor, LOOKS, PAUSE);
        assert!(part <= NEARLY_NONE, "{source}: blocked in {part} of the looks, after");
    })
}

/// How often the thread has been switched, if the ring is one.
fn switches(sensor: &Sensor) -> Option<u64> {
    match &sensor.means {
        Means::Ring { ring, .. } => Some(ring.switches()),
        _ => None,
    }
}

#[test]
fn nanosleep() -> Outcome {
    blocks(|| {
        let ends = Arc::new(AtomicBool::new(false));
        let ended = ends.clone();
        let block = move || {
            while !ended.load(Relaxed) {
                thread::sleep(Duration::from_millis(500));
            }
        };
        (block, move || ends.store(true, Relaxed))
    })
}

#[test]
fn mutex() -> Outcome {
    static MUTEX: Mutex<()> = Mutex::new(());
    blocks(|| {
        let guard = lock(&MUTEX);
        (|| drop(lock(&MUTEX)), move || drop(guard))
    })
}

#[test]
fn condition_variable() -> Outcome {
    blocks(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let waited = shared.clone();
        let block = move || {
            let guard = lock(&waited.0);
            drop(waited.1.wait_while(guard, |is_over| !*is_over));
        };
        let release = move || {
            *lock(&shared.0) = true;
            shared.1.notify_one();
        };
        (block, release)
    })
}

/// A futex in code that is not Rust's: pthread_join.
#[test]
fn join() -> Outcome {
    blocks(|| {
        let (end, ended) = mpsc::channel::<()>();
        let joined = thread::spawn(move || assert!(ended.recv().is_err()));
        (move || joined.join().expect("it only waits"), move || drop(end))
    })
}

#[test]
fn pipe_read() -> Outcome {
    blocks(|| {
        let (mut reader, mut writer) = std::io::pipe().expect("pipe");
        let block = move || reader.read_exact(&mut [0]).expect("one byte");
        (block, move || writer.write_all(&[1]).expect("room for a byte"))
    })
}

#[test]
fn blocking_recv() -> Outcome {
    blocks(|| {
        let (mut reader, mut writer) = UnixStream::pair().expect("socket pair");
        let block = move || reader.read_exact(&mut [0]).expect("one byte");
        (block, move || writer.write_all(&[1]).expect("room for a byte"))
    })
}

#[test]
fn wait_for_child() -> Outcome {
    blocks(|| {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().expect("cat");
        let input = child.stdin.take();
        (move || drop(child.wait()), move || drop(input))
    })
}

/// A sleep outside of any system call.
#[test]
fn page_fault() -> Outcome {
    if let Err(error) = FaultPage::new() {
        return Outcome::skipped(format!("userfaultfd: {error}"));
    }
    blocks(|| {
        let page = FaultPage::new().expect("it was allowed before");
        (page.toucher(), move || drop(page))
    })
}

/// Goal: a sleep for a disk counts. Method: reads past the page cache, one after the other, so that the
/// thread is blocked most of the time.
#[test]
fn direct_file_read() -> Outcome {
    const BYTES: usize = 1 << 20;
    /// Alignment that any disk is content with.
    const ALIGNMENT: usize = 4096;

    let mut file = tempfile::NamedTempFile::new().expect("temporary file");
    file.write_all(&vec![7; BYTES]).expect("room for it");
    file.as_file().sync_all().expect("sync");
    let open = || OpenOptions::new().read(true).custom_flags(libc::O_DIRECT).open(file.path());
    let read = |file: &File, bytes: &mut [u8]| {
        let start = bytes.as_ptr().align_offset(ALIGNMENT);
        file.read_at(&mut bytes[start..start + BYTES], 0)
    };
    match open().and_then(|file| read(&file, &mut vec![0; BYTES + ALIGNMENT])) {
        Ok(length) => assert_eq!(length, BYTES),
        Err(error) => return Outcome::skipped(format!("O_DIRECT in {:?}: {error}", file.path())),
    }
    on_each_source(|source| {
        let ends = Arc::new(AtomicBool::new(false));
        let (file, ended) = (open().expect("opened before"), ends.clone());
        let worker = Worker::new(move || {
            let mut bytes = vec![0; BYTES + ALIGNMENT];
            while !ended.load(Relaxed) {
                read(&file, &mut bytes).expect("read before");
            }
        });
        let sensor = Sensor::open(worker.tid, source);
        worker.block();
        wait_until(&sensor, Seen::Blocked);
        let part = blocked_part(&sensor, 2 * LOOKS, PAUSE);
        ends.store(true, Relaxed);
        assert!(part >= NEARLY_NONE, "{source}: blocked in {part} of the looks");
    })
}

/// A thread in a loop, until dropped.
struct Loop {
    /// Dropped, and so sent, first.
    _end: mpsc::Sender<()>,
    worker: Worker,
}

impl Loop {
    /// Repeats a step on the processor `on`, if any.
    fn new(on: Option<CpuSet>, step: fn()) -> Loop {
        let (end, ended) = mpsc::channel::<()>();
        let worker = Worker::new(move || {
            if let Some(on) = on {
                sched_setaffinity(Some(gettid()), &on).expect("a processor of ours");
            }
            while ended.try_recv() == Err(TryRecvError::Empty) {
                step();
            }
        });
        worker.block(); // which here means: go on to the loop
        Loop { _end: end, worker }
    }
}

/// The first processor that this thread may use.
fn one_processor() -> CpuSet {
    let allowed = sched_getaffinity(None).expect("own affinity");
    let first = (0..CpuSet::MAX_CPU).find(|&cpu| allowed.is_set(cpu)).expect("it runs on one");
    let mut one = CpuSet::new();
    one.set(first);
    one
}

fn runs(source: Sensing, on: Option<CpuSet>, step: fn()) {
    let looping = Loop::new(on, step);
    let sensor = Sensor::open(looping.worker.tid, source);
    // With others on its processor it must have been switched at least once before the ring tells.
    thread::sleep(Duration::from_millis(20));
    let part = blocked_part(&sensor, 5 * LOOKS, PAUSE);
    assert!(part <= NEARLY_NONE, "{source}: blocked in {part} of the looks");
    if on.is_some() {
        assert_eq!(by_ring(&sensor).is_some(), source == Sensing::Perf, "it's the ring that tells");
    }
}

#[test]
fn a_loop_runs() -> Outcome {
    on_each_source(|source| runs(source, None, hint::spin_loop))
}

/// Goal: who waits for a processor counts as running (contract B18). Method: five loops share one.
#[test]
fn who_waits_for_a_processor_runs() -> Outcome {
    let one = one_processor();
    let _others = [(); 4].map(|()| Loop::new(Some(one), hint::spin_loop));
    on_each_source(|source| runs(source, Some(one), hint::spin_loop))
}

/// The same, but the switches are asked for.
#[test]
fn who_yields_runs() -> Outcome {
    let one = one_processor();
    let _other = Loop::new(Some(one), thread::yield_now);
    on_each_source(|source| runs(source, Some(one), thread::yield_now))
}

/// Goal: who is woken runs, though the ring still says "blocked" (contract B18). Method: the thread has the
/// lowest priority on a processor where loops run, so that it waits for a while each time it is woken.
/// Looks count that fall into such a wait: it is
/// not switched before they're over.
#[test]
fn who_is_woken_runs() -> Outcome {
    const ROUNDS: u32 = 2000;
    const ENOUGH: u32 = 20;

    if choose(Sensing::Perf) != Sensing::Perf {
        return Outcome::skipped("no perf here");
    }
    let one = one_processor();
    let _others = [(); 2].map(|()| Loop::new(Some(one), hint::spin_loop));
    let (mut reader, mut writer) = UnixStream::pair().expect("socket pair");
    let worker = Worker::new(move || {
        sched_setaffinity(Some(gettid()), &one).expect("a processor of ours");
        setpriority_process(Some(gettid()), 19).expect("anybody may have less");
        while reader.read_exact(&mut [0]).is_ok() {}
    });
    let sensor = Sensor::open(worker.tid, Sensing::Perf);
    worker.block();
    let mut woken = 0;
    for _ in 0..ROUNDS {
        wait_until(&sensor, Seen::Blocked);
        let switches = switches(&sensor);
        writer.write_all(&[1]).expect("room for a byte");
        let seen = sensor.look();
        if switches == self::switches(&sensor) {
            assert_eq!(seen, Seen::Running);
            woken += 1;
            if woken == ENOUGH {
                break;
            }
        }
    }
    drop(writer);
    assert_eq!(woken, ENOUGH, "only so often did it have to wait");
    Outcome::Passed
}

/// Goal: a record that is being written is never misread. Method: look without a pause at a thread that
/// blocks and is woken all the time, so that the ring is overwritten under the looks many times over.
#[test]
fn a_look_during_a_switch_is_harmless() -> Outcome {
    const LOOKS: u32 = 1_000_000;
    const PATIENCE: Duration = Duration::from_secs(10);

    on_each_source(|source| {
        let looks = if source == Sensing::Perf { LOOKS } else { LOOKS / 50 };
        let (mut one, mut other) = UnixStream::pair().expect("socket pair");
        let partner = thread::spawn(move || {
            let mut byte = [0];
            while one.read_exact(&mut byte).is_ok() && one.write_all(&byte).is_ok() {}
        });
        let ends = Arc::new(AtomicBool::new(false));
        let ended = ends.clone();
        let worker = Worker::new(move || {
            let mut byte = [0];
            while !ended.load(Relaxed) {
                other.write_all(&byte).expect("the partner is there");
                other.read_exact(&mut byte).expect("the partner answers");
            }
            drop(other);
        });
        let sensor = Sensor::open(worker.tid, source);
        worker.block();
        let mut counts = [0_u32; 3];
        (0..looks).for_each(|_| counts[sensor.look() as usize] += 1);
        // On a busy machine all of that may have been one turn of this thread's, in which the other's state stays as it is.
        let begun = Instant::now();
        while counts[..2].contains(&0) && begun.elapsed() < PATIENCE {
            counts[sensor.look() as usize] += 1;
        }
        ends.store(true, Relaxed);
        partner.join().expect("no panic");
        let [running, blocked, unknown] = counts;
        assert!(running > 0 && blocked > 0 && unknown == 0, "{source}: {counts:?}");
    })
}

/// Goal: the state before the sensor was opened counts. Method: open it on a thread that is blocked.
#[test]
fn opened_on_a_blocked_thread() -> Outcome {
    on_each_source(|source| {
        let parked = Worker::parked();
        let tid = parked.worker.tid;
        wait_until(&Sensor::open(tid, Sensing::Stat), Seen::Blocked);
        let sensor = Sensor::open(tid, source);
        assert_eq!(sensor.look(), Seen::Blocked, "{source}");
        assert_eq!(by_ring(&sensor), None, "it was /proc that answered: the ring is empty");
    })
}

/// Goal: an id without a thread is no error, at opening or afterwards.
#[test]
fn ended_threads() -> Outcome {
    on_each_source(|source| {
        let worker = Worker::new(|| ());
        let tid = worker.tid;
        let sensor = Sensor::open(tid, source);
        drop(worker);
        // Joining returns a little before the kernel has forgotten the id.
        while Path::new(&format!("/proc/self/task/{}", tid.as_raw_nonzero())).exists() {
            thread::yield_now();
        }
        let late = Sensor::open(tid, source);
        assert_eq!((late.source(), late.look()), (Sensing::Told, Seen::Unknown));
        // A ring goes on telling what it saw last, which is why it has to be dropped; an empty one asks.
        assert_ne!(sensor.look(), Seen::Blocked, "{source}");
    })
}
