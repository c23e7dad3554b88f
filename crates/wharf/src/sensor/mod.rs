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
//!    waits for a processor is `Running`, however long (contract B18).
//! 3. A sensor tells nothing and touches nothing in a child made by fork, whatever it was opened on.
//! 4. Nothing here wakes a thread, interrupts one, or runs while nobody looks.
//!
//! # Protocol
//! A sensor is opened and looked at by any thread except the one that it watches. It has to be dropped
//! when that thread ends: the kernel's record of it ends with "running", and its id is given to another.
//!
//! # What it costs
//! `cargo test --release -p wharf --lib sensor::tests::cost -- --ignored --nocapture` measures it.

mod fork;
mod perf;
mod probe;
mod proc;
mod sensing;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use rustix::io::Errno;
use rustix::thread::Pid;

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
                Some(Seen::Unknown) => Seen::Unknown, // of a child, which must not lock: see `Aside`
                Some(seen) => {
                    aside.close();
                    seen
                }
                None => aside.look(self.tid),
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

/// A file of /proc, for as long as a ring is empty: from its opening until its thread first switches.
#[derive(Debug, Default)]
struct Aside {
    /// A fork may leave it locked for ever in the child.
    file: Mutex<Option<ThreadFile>>,
    /// So that looking at a ring that is not empty takes no lock. Set and cleared with `file` locked; a load
    /// that comes too early leaves a descriptor open until the next look.
    is_open: AtomicBool,
}

impl Aside {
    #[cold]
    fn look(&self, tid: Pid) -> Seen {
        let mut file = lock(&self.file);
        if file.is_none() {
            let open = |kind| ThreadFile::open(tid, kind).ok();
            *file = open(Kind::Syscall).or_else(|| open(Kind::Stat));
            self.is_open.store(file.is_some(), Relaxed);
        }
        file.as_ref().map_or(Seen::Unknown, ThreadFile::look)
    }

    #[inline]
    fn close(&self) {
        if self.is_open.load(Relaxed) {
            self.close_slow();
        }
    }

    #[cold]
    fn close_slow(&self) {
        let mut file = lock(&self.file);
        self.is_open.store(false, Relaxed);
        *file = None;
    }
}

/// Says that a means ran out half way, once for each reason.
#[cold]
fn report(refused: Sensing, error: Errno, instead: Sensing) {
    static SAID: Mutex<BTreeSet<(u8, i32, u8)>> = Mutex::new(BTreeSet::new());
    let reason = (refused as u8, error.raw_os_error(), instead as u8);
    if lock(&SAID).insert(reason) {
        log::warn!("a worker is watched by {instead} instead of {refused}: {error}");
    }
}
