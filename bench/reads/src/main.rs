//! Random 4-KiB reads at depth 32: operations per second of CPU time, of a port and of three rivals, in interleaved rounds of
//! one process. The CPU time is the whole process's, so that of io_uring's kernel threads is in it; rivals that are not on
//! sleep.
//!
//! `reads DIRECTORY [SECONDS [ROUNDS]]`: prints two tables, from the page cache and with O_DIRECT.

mod plan;
mod pool;
mod port;
mod ring;
mod runtime;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use plan::Plan;

/// What a run achieved.
struct Score {
    reads: u64,
    cpu: Duration,
    time: Duration,
}

impl Score {
    /// Thousand reads per second of CPU time.
    fn per_cpu(&self) -> f64 {
        self.reads as f64 / self.cpu.as_secs_f64() / 1000.0
    }

    /// Thousand reads per second.
    fn rate(&self) -> f64 {
        self.reads as f64 / self.time.as_secs_f64() / 1000.0
    }
}

type Rival = (&'static str, fn(&Plan) -> u64);

const RIVALS: [Rival; 5] = [
    ("wharf", port::run),
    ("wharf, threads", port::run_threads),
    ("io_uring", ring::run),
    ("pread pool", pool::run),
    ("tokio::fs", runtime::run),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().expect("a directory");
    let mut number =
        |default: f64| arguments.next().map_or(default, |text| text.parse().expect("a number"));
    let (seconds, rounds) = (number(1.0), number(5.0) as usize);
    let path = Path::new(&directory).join("wharf-reads");
    make(&path);
    for direct in [false, true] {
        let plan = Plan { path: path.clone(), direct, time: Duration::from_secs_f64(seconds) };
        table(&plan, rounds);
    }
    std::fs::remove_file(&path).expect("the file");
}

/// Writes a file of random bytes to the disk, so that no page of it is a hole.
fn make(path: &Path) {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).open(path).expect("a file");
    let mut random = plan::Random(7);
    for _ in 0..plan::PAGES / 256 {
        let piece: Vec<u8> = (0..1 << 17).flat_map(|_| random.next().to_ne_bytes()).collect();
        file.write_all(&piece).expect("room on the disk");
    }
    file.sync_all().expect("a disk");
    // Refused at once rather than in each rival.
    let direct = OpenOptions::new().read(true).custom_flags(libc::O_DIRECT).open(path);
    direct.expect("a file system with O_DIRECT");
}

fn table(plan: &Plan, rounds: usize) {
    let mut scores: Vec<Vec<Score>> = RIVALS.iter().map(|_| Vec::new()).collect();
    for round in 0..=rounds {
        for (at, (_, run)) in RIVALS.iter().enumerate() {
            let (cpu, start) = (cpu_time(), Instant::now());
            let reads = run(plan);
            let score = Score { reads, cpu: cpu_time() - cpu, time: start.elapsed() };
            // The first round warms up.
            if round > 0 {
                scores[at].push(score);
            }
        }
    }
    let what = if plan.direct { "O_DIRECT" } else { "from the page cache" };
    println!(
        "\nRandom reads of 4 KiB, 32 at a time, {what}; median (min..max) of {rounds} rounds.\n"
    );
    println!("| | thousand reads per CPU second | thousand reads per second | wharf's CPU ratio |");
    println!("| --- | ---: | ---: | ---: |");
    for (at, (name, _)) in RIVALS.iter().enumerate() {
        let per_cpu = spread(scores[at].iter().map(Score::per_cpu), 1);
        let rate = spread(scores[at].iter().map(Score::rate), 1);
        let ours =
            scores[0].iter().zip(&scores[at]).map(|(ours, its)| ours.per_cpu() / its.per_cpu());
        println!("| {name} | {per_cpu} | {rate} | {} |", spread(ours, 2));
    }
}

fn spread(values: impl Iterator<Item = f64>, digits: usize) -> String {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let (median, last) = (values[values.len() / 2], values[values.len() - 1]);
    format!("{median:.digits$} ({:.digits$}..{last:.digits$})", values[0])
}

/// CPU time of the process so far, user and system.
fn cpu_time() -> Duration {
    let clock = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(clock.tv_sec.cast_unsigned(), clock.tv_nsec as u32)
}
