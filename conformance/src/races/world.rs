//! What is counted in a run.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize};

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Well.
    Done,
    /// By a cancel, or a close.
    Cancelled,
    /// By its deadline.
    Late,
    /// By something else.
    Failed,
}

/// The counts of a run.
pub struct World {
    /// Packets per serial number.
    packets: Vec<AtomicU8>,
    accepted: AtomicUsize,
    refused: AtomicUsize,
    taken: AtomicUsize,
    ends: [AtomicUsize; 4],
    over: AtomicBool,
}

impl World {
    /// For operations with serial numbers below `rounds`.
    pub fn new(rounds: usize) -> World {
        World {
            packets: (0..rounds).map(|_| AtomicU8::new(0)).collect(),
            accepted: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            ends: Default::default(),
            over: AtomicBool::new(false),
        }
    }

    /// An operation was accepted, and a packet is due, or was taken already.
    pub fn accepted(&self) {
        self.accepted.fetch_add(1, SeqCst);
    }

    /// An operation was refused.
    pub fn refused(&self) {
        self.refused.fetch_add(1, SeqCst);
    }

    /// The packet of an operation; it must be the only one.
    ///
    /// # Panics
    /// If there was one before.
    pub fn ended(&self, serial: usize, end: End) {
        let before = self.packets[serial].fetch_add(1, SeqCst);
        assert_eq!(before, 0, "a second packet for {serial}");
        self.ends[end as usize].fetch_add(1, SeqCst);
    }

    /// A packet has been looked at, and everything of it is gone.
    pub fn taken(&self) {
        self.taken.fetch_add(1, SeqCst);
    }

    /// Operations that have no packet yet. Fewer than none for a moment: a packet may be taken before its operation is
    /// counted.
    pub fn pending(&self) -> isize {
        self.accepted.load(SeqCst).cast_signed() - self.taken.load(SeqCst).cast_signed()
    }

    /// To be asked when nobody issues any more.
    pub fn is_settled(&self) -> bool {
        self.pending() == 0
    }

    /// Whether the threads are to end.
    pub fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    /// Tells the threads to end.
    pub fn end(&self) {
        self.over.store(true, SeqCst);
    }

    /// A failed check ends the run for all threads.
    pub(super) fn stop_others_if_it_fails(&self, call: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
            self.end();
            resume_unwind(panic);
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = |count: &AtomicUsize| count.load(SeqCst);
        let [done, cancelled, late, failed] = self.ends.each_ref().map(read);
        let (accepted, refused, taken) =
            (read(&self.accepted), read(&self.refused), read(&self.taken));
        write!(
            f,
            "{accepted} operations accepted, {refused} refused; {taken} packets: {done} done, {cancelled} cancelled, \
             {late} out of time, {failed} failed",
        )
    }
}
