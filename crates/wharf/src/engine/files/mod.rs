//! The engine of files: operations that the page cache can serve are done at once by who issues them, the rest
//! by io_uring or, where that is refused, by a few threads.
//!
//! | file | subject |
//! |---|---|
//! | `open_file` | one associated file: its descriptor, and what its handles share |
//! | `in_flight` | its operations that an engine has, and their early end |
//! | `issue` | its new operations, and how they end |
//! | `identity` | one port for an open file |
//! | `work` | what is to be done, and how far it has come |
//! | `memory` | the memory of buffers as the kernel takes it |
//! | `call` | one system call of one operation |
//! | `flight` | an operation on its way through an engine |
//! | `ring` | io_uring: one ring per process, owned by one thread |
//! | `inbox` | what others have for that thread, and when it is woken |
//! | `pool` | threads that wait for disks |
//! | `waits` | locks that somebody else holds |
//! | `resident` | what of a file is in memory |
//! | `warming` | reads for the sake of sends |
//!
//! # Why the ring has a thread
//! What completes in a ring is finished by the thread that submitted it: the kernel interrupts that thread's system
//! calls (EINTR in calls of the program's own, seen on 6.18), and cancels what a thread has submitted when it
//! ends. Submitted by the program's threads, operations would belong to threads. So one thread, which
//! does nothing else, submits and harvests; it sleeps without a time-out while nothing is under way.
//!
//! # Choice
//! Made once per process, said once in the log: [`Kind`].

mod call;
mod flight;
mod identity;
mod in_flight;
mod inbox;
mod issue;
mod memory;
mod open_file;
mod pool;
mod resident;
mod ring;
mod waits;
mod warming;
mod work;

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};

use crate::FileEngine;
use crate::per_process::PerProcess;

use flight::{Flight, Refusal};
pub(crate) use in_flight::InFlight;
pub(crate) use open_file::OpenFile;
use pool::Pool;
pub(crate) use resident::{is_immediate, is_resident};
use ring::Ring;
use waits::Waits;
pub(crate) use warming::warm;
pub(crate) use work::{Range, Work};

/// A name for a flight, which no other of this process has.
fn next_name() -> u64 {
    static NAMES: AtomicU64 = AtomicU64::new(1);
    NAMES.fetch_add(1, Relaxed)
}

/// The engine of this process; a child made by fork has one of its own.
pub(crate) struct Files {
    ring: Option<Arc<Ring>>,
    pool: Arc<Pool>,
    waits: Arc<Waits>,
    /// The environment asks for threads.
    wants_pool: bool,
}

/// What a port uses of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ring,
    Pool,
}

impl Kind {
    /// What it is called in output.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Ring => "io_uring",
            Kind::Pool => "threads",
        }
    }
}

impl Files {
    /// The engine, made at the first file of the process.
    pub(crate) fn of_this_process() -> &'static Files {
        static CURRENT: PerProcess<OnceLock<Files>> = PerProcess::new();
        CURRENT.get().get_or_init(Files::start)
    }

    fn start() -> Files {
        let pool: Arc<Pool> = Arc::default();
        let ring = match Ring::start(&pool) {
            Ok(ring) => {
                log::info!("files: io_uring ({})", ring.operations());
                Some(ring)
            }
            Err(error) => {
                log::info!("files: threads, since io_uring is refused: {error}");
                None
            }
        };
        let wants_pool = std::env::var_os("WHARF_FILES").is_some_and(|name| name == "threads");
        Files { ring, pool, waits: Arc::default(), wants_pool }
    }

    /// What serves a port that asked for `wanted`.
    pub(crate) fn choose(&self, wanted: FileEngine) -> Kind {
        if self.ring.is_none() || wanted == FileEngine::Threads || self.wants_pool {
            Kind::Pool
        } else {
            Kind::Ring
        }
    }

    /// Takes an operation over; its end comes by [`Flight::finish`], on some thread. `soon`: the caller will come to
    /// [`Files::flush`] by itself. True: [`Files::ring`] is to follow, without a lock that the end needs.
    fn submit(&self, kind: Kind, flight: Box<dyn Flight>, soon: bool) -> Result<bool, Refusal> {
        match (&self.ring, kind) {
            (Some(ring), Kind::Ring) if ring.performs(flight.work()) => {
                Ok(ring.submit(flight, soon))
            }
            _ => self.pool.submit(flight).map(|()| false),
        }
    }

    /// Wakes the ring's owner, if that is `wanted`.
    fn ring(&self, wanted: bool) {
        if wanted && let Some(ring) = &self.ring {
            ring.ring();
        }
    }

    /// Waits for a lock that somebody else holds.
    fn wait(&self, flight: Box<dyn Flight>) -> Result<bool, Refusal> {
        self.waits.submit(flight).map(|()| false)
    }

    /// A lock has been given up: somebody may wait for it.
    fn unlocked(&self) {
        self.waits.retry();
    }

    /// Asks for the end of an operation. What has not begun comes back, to be finished by the caller.
    fn cancel(&self, name: u64) -> Option<Box<dyn Flight>> {
        let found = self.waits.withdraw(name).or_else(|| self.pool.withdraw(name));
        found.or_else(|| self.ring.as_ref().and_then(|ring| ring.cancel(name)))
    }

    /// Submits what was issued and has been kept back, if that is worth while.
    #[inline]
    pub(crate) fn flush(&self) {
        if let Some(ring) = &self.ring {
            ring.flush();
        }
    }

    /// Submits it in any case: what is in the air may be on a disk that does not answer.
    pub(crate) fn urge(&self) {
        if let Some(ring) = &self.ring {
            ring.urge();
        }
    }
}
