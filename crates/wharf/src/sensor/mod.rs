//! Whether another thread of this process is blocked.
//!
//! A [`Sensor`] watches one thread by the strongest means that works: the kernel's record of context
//! switches ([`perf`]), or /proc ([`proc`]). [`probe`] tries once per process which do. Who is looked at,
//! when, and what follows from it, is the caller's business.
//!
//! # Invariants
//! 1. Opening a sensor never fails: what is refused is replaced by the next weaker means, down to none,
//!    and each reason is logged once per process.
//! 2. `Blocked` is said only of a thread that the kernel has taken off its processor to wait. One that
//!    waits for a processor is `Running`, however long (contract B18). Without /proc to ask, a ring's
//!    "blocked" is believed, which it goes on saying until a woken thread has its processor.
//! 3. A sensor tells nothing and touches nothing in a child made by fork, whatever it was opened on.
//! 4. Nothing here wakes a thread, interrupts one, or runs while nobody looks.
//!
//! # Protocol
//! A sensor is opened and looked at by any thread except the one that it watches. It has to be dropped
//! when that thread ends: the kernel's record of it ends with "running", and its id is given to another.
//!
//! # Why a ring's "blocked" is confirmed
//! On a busy machine a woken thread may wait for its processor longer than it was blocked, and the ring
//! calls it blocked all the while. Releasing a worker for it adds one more that waits, and so on. Measured
//! on a busy machine (`lag_of_the_ring`): of all "blocked" by a ring, 6 to 17 % were of woken threads where
//! each block lasted 500 us, 52 to 90 % where it lasted 20 us; and one that shared a processor with loops
//! was called so for more than 100 ms. Asking /proc costs 1 to 3 us, before a release that costs more, and
//! only where the ring says "blocked".
//!
//! # What it costs
//! `cargo test --release -p wharf --lib sensor::tests::cost -- --ignored --nocapture --test-threads=1` measures it.

mod fork;
mod perf;
mod probe;
mod proc;
mod sensing;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock};

use rustix::io::Errno;
use rustix::thread::Pid;

use crate::per_process::PerProcess;
use crate::sync::lock;
use perf::Ring;
use proc::{Kind, ThreadFile};

pub(crate) use fork::Birth;
pub(crate) use probe::choose;
pub use sensing::{ParseSensingError, Sensing};

/// What a thread was doing at a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// On a processor, or ready and waiting for one.
    Running,
    /// Waiting for something else, in the kernel.
    Blocked,
    /// Not to be told: no means, the thread has ended, or this is a child of the process.
    Unknown,
}

/// What tells whether one thread is blocked.
#[derive(Debug)]
pub(crate) struct Sensor {
    tid: Pid,
    means: Means,
}

#[derive(Debug)]
enum Means {
    Ring { ring: Ring, aside: Aside },
    File { file: ThreadFile, source: Sensing },
    None,
}

impl Sensor {
    /// Watches a thread by the wanted means, or by the strongest one below it that is to be had.
    ///
    /// The first call in a process, and the first for each `wanted`, may take 14 ms ([`choose`]).
    pub(crate) fn open(tid: Pid, wanted: Sensing) -> Sensor {
        let mut source = choose(wanted);
        let mut refused = None;
        let means = loop {
            match Means::open(tid, source) {
                Ok(means) => break means,
                Err(Errno::SRCH | Errno::NOENT) => break Means::None, // ended already: nothing to report
                Err(error) => refused = refused.or(Some((source, error))),
            }
            source = source.next();
        };
        let sensor = Sensor { tid, means };
        if let Some((source, error)) = refused {
            report(source, error, sensor.source());
        }
        sensor
    }

    /// What the thread does now.
    #[inline]
    pub(crate) fn look(&self) -> Seen {
        match &self.means {
            Means::Ring { ring, aside } => match ring.look() {
                // It may be woken by now, and waiting for a processor.
                Some(Seen::Blocked) => aside.look(self.tid).unwrap_or(Seen::Blocked),
                Some(seen) => seen,
                None => aside.look(self.tid).unwrap_or(Seen::Unknown),
            },
            Means::File { file, .. } => file.look(),
            Means::None => Seen::Unknown,
        }
    }

    /// What it goes by: never `Auto`; `Told` if nothing is to be had.
    pub(crate) fn source(&self) -> Sensing {
        match self.means {
            Means::Ring { .. } => Sensing::Perf,
            Means::File { source, .. } => source,
            Means::None => Sensing::Told,
        }
    }
}

impl Means {
    fn open(tid: Pid, source: Sensing) -> Result<Means, Errno> {
        let file = |kind| Ok(Means::File { file: ThreadFile::open(tid, kind)?, source });
        match source {
            Sensing::Perf => Ok(Means::Ring { ring: Ring::open(tid)?, aside: Aside::default() }),
            Sensing::Syscall => file(Kind::Syscall),
            Sensing::Stat => file(Kind::Stat),
            Sensing::Told | Sensing::Auto => Ok(Means::None),
        }
    }
}

/// A file of /proc for what a ring does not know: the time before its thread first switches, and whether
/// one that has blocked is woken. Opened when it is first needed; not a lock, which a fork could leave
/// locked in the child.
#[derive(Debug, Default)]
struct Aside(OnceLock<ThreadFile>);

impl Aside {
    /// `None` if there is nothing to ask: no descriptor to be had, no /proc.
    #[cold]
    fn look(&self, tid: Pid) -> Option<Seen> {
        if self.0.get().is_none() {
            let open = |kind| ThreadFile::open(tid, kind).ok();
            let file = open(Kind::Syscall).or_else(|| open(Kind::Stat))?;
            let _ = self.0.set(file); // if another thread was first, its file is as good
        }
        self.0.get().map(ThreadFile::look).filter(|&seen| seen != Seen::Unknown)
    }
}

/// Says that a means ran out half way, once for each reason.
#[cold]
fn report(refused: Sensing, error: Errno, instead: Sensing) {
    static SAID: PerProcess<Mutex<BTreeSet<(u8, i32, u8)>>> = PerProcess::new();
    let reason = (refused as u8, error.raw_os_error(), instead as u8);
    if lock(SAID.get()).insert(reason) {
        log::warn!("a worker is watched by {instead} instead of {refused}: {error}");
    }
}
