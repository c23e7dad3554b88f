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
//! What it shares with others is `wharf_conformance::races`.
//!
//! | file | subject |
//! |---|---|
//! | `ticket` | an operation's payload, and the check of its packet |
//! | `slot` | one handle, its peer, its last operations |
//! | `issue` | one operation |
//! | `actor` | a thread's choices |

mod actor;
mod issue;
mod slot;
mod ticket;

use std::process::ExitCode;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wharf::{Concurrency, FileEngine, GetError, Options, Port};
use wharf_conformance::net;
use wharf_conformance::races::arguments::{Arguments, Choice};
use wharf_conformance::races::memory::Counting;
use wharf_conformance::races::world::World;
use wharf_conformance::races::{program, race};

use crate::actor::Actor;
use crate::ticket::Ticket;

#[global_allocator]
static COUNTING: Counting = Counting;

/// Handles at a time.
const SLOTS: usize = 48;

const CHOICES: &[Choice] = &[
    Choice { option: "--only", values: &["all", "sockets", "files", "pipes"] },
    Choice { option: "--files", values: &["auto", "threads"] },
];

fn main() -> ExitCode {
    program("races", CHOICES, run)
}

/// One run on a port of its own.
fn run(arguments: &Arguments) -> Arc<World> {
    let each = arguments.rounds.div_ceil(arguments.threads);
    let world = Arc::new(World::new(each * arguments.threads));
    let alive = Arc::new(AtomicUsize::new(0));
    let concurrency = Concurrency::from(u32::try_from(arguments.threads).expect("a few"));
    let file_engine = match arguments.chosen("--files") {
        "threads" => FileEngine::Threads,
        _ => FileEngine::Auto,
    };
    let options = Options { concurrency, file_engine, ..Options::default() };
    let port = Port::with_options(options).expect("a port");
    let slots: Vec<_> = (0..SLOTS).map(|_| Mutex::new(None)).collect();
    let act = |number| Actor::new(&port, &world, &alive, &slots, arguments).act(number, each);
    // The handles go, and with them what is pending, payloads that own handles included.
    let close = || {
        for slot in &slots {
            let slot = slot.lock().expect("nobody has panicked").take();
            if let Some(slot) = slot {
                slot.cancel_all();
            }
        }
    };
    race(&world, arguments.threads, || work(&port, &world), act, close);
    let (receiving, sending) = (port.stats().receiving, port.stats().sending);
    assert!(world.is_settled(), "operations without a packet: {world}; {:?}", port.stats());
    assert_eq!((receiving, sending), (0, 0), "operations that pend on nothing");
    assert_eq!(alive.load(SeqCst), 0, "payloads that nobody has dropped");
    net::nothing(&port);
    // The library's own thread may hold the port for the moment that it looks at it.
    let open = net::open_descriptors();
    drop(port);
    net::until("the port is closed", || net::open_descriptors() < open);
    world
}

fn work(port: &Port<Ticket>, world: &World) {
    while !world.is_over() {
        match port.get(Some(Duration::from_millis(50))) {
            Ok(packet) => ticket::check(packet),
            Err(error) => assert_eq!(error, GetError::TimedOut),
        }
    }
}
