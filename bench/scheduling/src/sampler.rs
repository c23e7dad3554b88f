//! Counts runnable workers now and then.
//!
//! In the measured runs themselves: a sample reads one small file of each worker, and the report says what the
//! sampling has cost. The moments are irregular, so that they do not fall into step with a timer of the pool.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use crate::random::Random;
use crate::threads;

/// Samples after which new threads are looked for: a pool that grows does so early.
const REFRESH: u32 = 16;

/// Samples until told to end; answers the mean number of runnable workers, if there was a sample.
pub(crate) fn sample(period: Duration, ended: &AtomicBool) -> Option<f64> {
    let mut random = Random::default();
    let mut files = Vec::new();
    let mut samples = 0_u32;
    let mut runnable = 0_usize;
    loop {
        thread::sleep(period.mul_f64(0.5 + random.fraction()));
        if ended.load(Relaxed) {
            return (samples > 0).then(|| runnable as f64 / f64::from(samples));
        }
        if samples.is_multiple_of(REFRESH) {
            files = stat_files();
        }
        runnable += files.iter().filter(|file| is_runnable(file)).count();
        samples += 1;
    }
}

fn stat_files() -> Vec<File> {
    let workers = threads::workers().unwrap_or_default();
    workers
        .iter()
        .filter_map(|tid| File::open(format!("/proc/self/task/{tid}/stat")).ok())
        .collect()
}

/// The state follows the name, which ends with the last bracket. A thread that has ended cannot be read.
fn is_runnable(stat: &File) -> bool {
    let mut text = [0; 64];
    let count = stat.read_at(&mut text, 0).unwrap_or(0);
    let bracket = text[..count].iter().rposition(|byte| *byte == b')');
    bracket.is_some_and(|at| text.get(at + 2) == Some(&b'R'))
}
