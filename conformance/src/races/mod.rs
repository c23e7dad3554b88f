//! What programs share that race random operations against their ends: `races` on the Rust API, `races_win32` on the C ABI.
//!
//! | file | subject |
//! |---|---|
//! | `arguments` | the command line |
//! | `world` | what is counted |
//! | `peer` | what the other side does |
//! | `memory` | bytes that are allocated |

pub mod arguments;
pub mod memory;
pub mod peer;
pub mod world;

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::net;
use arguments::{Arguments, Choice};
use world::World;

/// Memory that may be more at the end: the process's own thread and tables have grown to their size by then, whatever
/// the number of rounds.
const SLACK: isize = 16 << 10;

/// How long the last packets may take.
const SETTLE: Duration = Duration::from_secs(60);

/// Operations without a packet at which a thread waits for the workers.
const MOST_PENDING: isize = 20_000;

/// A program: reads its arguments, runs, and compares descriptors and memory at the end with those of the start.
pub fn program(
    name: &str,
    choices: &'static [Choice],
    run: impl Fn(&Arguments) -> Arc<World>,
) -> ExitCode {
    let arguments = match Arguments::parse(name, choices, std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    println!("{arguments}");
    // What is set up once is set up by the first run.
    run(&Arguments { rounds: arguments.rounds / 20 + 1, ..arguments.clone() });
    let (descriptors, bytes) = (net::open_descriptors(), memory::allocated());
    let start = Instant::now();
    let world = run(&arguments);
    let time = start.elapsed();
    println!("{world}");
    drop(world);
    net::until("descriptors are closed", || net::open_descriptors() <= descriptors);
    net::until("memory is given back", || memory::allocated() - bytes <= SLACK);
    println!(
        "{:.1} s, {:.0} rounds/s; descriptors {:+}, bytes {:+}",
        time.as_secs_f64(),
        arguments.rounds as f64 / time.as_secs_f64(),
        net::open_descriptors() as isize - descriptors as isize,
        memory::allocated() - bytes,
    );
    ExitCode::SUCCESS
}

/// Calls `work` on as many threads as `act`, until all of the latter have acted and each operation has its packet. `close`
/// closes what is left in between.
pub fn race(
    world: &World,
    threads: usize,
    work: impl Fn() + Sync,
    act: impl Fn(usize) + Sync,
    close: impl FnOnce(),
) {
    let (work, act) = (&work, &act);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(move || world.stop_others_if_it_fails(work)))
            .collect();
        let actors: Vec<_> = (0..threads)
            .map(|number| scope.spawn(move || world.stop_others_if_it_fails(|| act(number))))
            .collect();
        for actor in actors {
            actor.join().expect("an actor's checks hold");
        }
        close();
        let end = Instant::now() + SETTLE;
        while !world.is_settled() && !world.is_over() && Instant::now() < end {
            thread::yield_now();
        }
        world.end();
        for worker in workers {
            worker.join().expect("a worker's checks hold");
        }
    });
}

/// The rounds of one thread of several, each with its serial number and the random numbers that belong to it.
pub fn rounds(
    world: &World,
    seed: u64,
    serials: std::ops::Range<usize>,
    round: impl Fn(net::Random, usize),
) {
    for serial in serials {
        while world.pending() > MOST_PENDING && !world.is_over() {
            thread::yield_now();
        }
        if world.is_over() {
            return; // another thread has failed
        }
        let seed = seed ^ (serial as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        round(net::Random::of(seed), serial);
    }
}
