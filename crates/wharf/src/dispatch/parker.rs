//! Where one parked worker sleeps: a futex word of its own.
//!
//! # Invariants
//! 1. Only the owner parks; anybody unparks.
//! 2. An unpark is remembered until the next park, which then returns at once; two are remembered as one.
//!
//! # Protocol
//! ```text
//! owner: park                              | waker: unpark
//! EMPTY -> PARKED, sleep while PARKED      | swap NOTIFIED; if it was PARKED: wake
//! NOTIFIED -> EMPTY, return true           |
//! deadline: swap EMPTY; true if NOTIFIED   |
//! ```
//! Between the owner's compare-exchange and its sleep the waker may store NOTIFIED; the kernel compares
//! the word again under its own lock and does not sleep. That closes the lost-wake-up window.
//!
//! All decisions are made under the dispatcher's lock and read back under it; the word carries no data.
//! Acquire and release are kept all the same, so that an unpark happens before the return of its park
//! whatever the caller does. The loom test `parker_remembers_an_unpark` fails if the waker's swap
//! becomes a plain store of NOTIFIED without a wake.

use super::primitives::Futex;
use super::primitives::atomic::Ordering::{Acquire, Release};
use crate::clock;
use wharf_core::deadline::Deadline;

const EMPTY: u32 = 0;
const PARKED: u32 = 1;
const NOTIFIED: u32 = 2;

/// One worker's place to sleep.
#[derive(Debug, Default)]
pub(crate) struct Parker {
    futex: Futex,
}

impl Parker {
    /// Sleeps until unparked (true), or until the deadline or a signal after which `raised` (false).
    pub(crate) fn park(&self, deadline: Deadline, raised: impl Fn() -> bool) -> bool {
        let word = &self.futex.word;
        if word.compare_exchange(EMPTY, PARKED, Acquire, Acquire).is_err() {
            // NOTIFIED; or PARKED, where a panic in `raised` has broken a park off: the caller looks again.
            word.swap(EMPTY, Acquire);
            return true;
        }
        loop {
            let remaining = clock::remaining(deadline);
            if remaining.is_over() || raised() {
                return word.swap(EMPTY, Acquire) == NOTIFIED;
            }
            self.futex.wait(PARKED, remaining.timespec().map(clock::timespec));
            if word.compare_exchange(NOTIFIED, EMPTY, Acquire, Acquire).is_ok() {
                return true;
            }
        }
    }

    /// Ends the owner's sleep, or its next one.
    pub(crate) fn unpark(&self) {
        if self.futex.word.swap(NOTIFIED, Release) == PARKED {
            self.futex.wake();
        }
    }
}
