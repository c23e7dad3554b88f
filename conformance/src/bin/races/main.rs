//! Random operations on everything a port takes, against cancellations, deadlines, closes and peers that come, go and
//! reset, by several threads at once. Contract A47, C33-C35, C39.
//!
//! ```text
//! cargo run --release -p wharf-conformance --bin races -- [--seed N] [--rounds N] [--threads N]
//!     [--only all|sockets|files|pipes] [--files auto|threads]
//! ```
//!
//! Checked: every accepted operation ends in one packet, with its key and nothing but its own bytes, a refused one in none;
//! payloads, descriptors and memory at the end are those of the start. The seed is printed. What a thread chooses in a
//! round depends on the seed, the thread and the round only, so the same seed and numbers make the same choices, whatever
//! the interleaving made of them.
//!
//! | file | subject |
//! |---|---|
//! | `arguments` | the command line |
//! | `world` | what is counted, and the check of a packet |
//! | `slot` | one handle, its peer, its last operations |
//! | `issue` | one operation |
//! | `peer` | what the other side does |
//! | `actor` | a thread's choices |
//! | `memory` | bytes that are allocated |

mod actor;
mod arguments;
mod issue;
mod memory;
mod peer;
mod slot;
mod world;

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use wharf::{Concurrency, GetError, Options, Port};
use wharf_conformance::net;

use crate::actor::Actor;
use crate::arguments::Arguments;
use crate::world::World;

/// Handles at a time.
const SLOTS: usize = 48;

/// Memory that may be more at the end: the process's own thread and tables have grown to their size by then, whatever
/// the number of rounds.
const SLACK: isize = 16 << 10;

/// How long the last packets may take.
const SETTLE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    println!("{arguments}");
    // What is set up once is set up by the first run.
    run(&Arguments { rounds: arguments.rounds / 20 + 1, ..arguments });
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

/// One run on a port of its own.
fn run(arguments: &Arguments) -> Arc<World> {
    let each = arguments.rounds.div_ceil(arguments.threads);
    let world = Arc::new(World::new(each * arguments.threads));
    let concurrency = Concurrency::from(u32::try_from(arguments.threads).expect("a few"));
    let file_engine = arguments.engine;
    let options = Options { concurrency, file_engine, ..Options::default() };
    let port = Port::with_options(options).expect("a port");
    let slots: Vec<_> = (0..SLOTS).map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..arguments.threads)
            .map(|_| scope.spawn(|| world.stop_others_if_it_fails(|| work(&port, &world))))
            .collect();
        let actors: Vec<_> = (0..arguments.threads)
            .map(|number| {
                let mut actor = Actor::new(&port, &world, &slots, arguments, number, each);
                let world = &world;
                scope.spawn(move || world.stop_others_if_it_fails(|| actor.act()))
            })
            .collect();
        for actor in actors {
            actor.join().expect("an actor's checks hold");
        }
        // The handles go, and with them what is pending, payloads that own handles included.
        for slot in &slots {
            let slot = slot.lock().expect("nobody has panicked").take();
            if let Some(slot) = slot {
                slot.cancel_all();
            }
        }
        let end = Instant::now() + SETTLE;
        while !world.is_settled() && !world.is_over() && Instant::now() < end {
            thread::yield_now();
        }
        world.end();
        for worker in workers {
            worker.join().expect("a worker's checks hold");
        }
    });
    let (receiving, sending) = (port.stats().receiving, port.stats().sending);
    assert!(world.is_settled(), "operations without a packet: {world}; {:?}", port.stats());
    assert_eq!((receiving, sending), (0, 0), "operations that pend on nothing");
    assert_eq!(world.alive.load(SeqCst), 0, "payloads that nobody has dropped");
    net::nothing(&port);
    // The library's own thread may hold the port for the moment that it looks at it.
    let open = net::open_descriptors();
    drop(port);
    net::until("the port is closed", || net::open_descriptors() < open);
    world
}

fn work(port: &Port<world::Ticket>, world: &World) {
    while !world.is_over() {
        match port.get(Some(Duration::from_millis(50))) {
            Ok(packet) => world::check(packet),
            Err(error) => assert_eq!(error, GetError::TimedOut),
        }
    }
}
