//! How long a connection may keep us waiting for its next request.
//!
//! One limit, from the last answer to the first byte of a request, and again from that byte to the
//! end of its head. A byte now and then does not prolong it: else a client could hold a connection
//! for ever that it never uses.

use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Patience {
    since: Instant,
    /// The wait is for the rest of a request.
    begun: bool,
}

impl Patience {
    pub(super) fn new() -> Self {
        Patience { since: Instant::now(), begun: false }
    }

    /// What is left of the limit, now that the session needs more bytes; `begun` tells whether for
    /// the rest of a request.
    pub(super) fn left(&mut self, limit: Duration, begun: bool) -> Duration {
        if begun && !self.begun {
            *self = Patience { since: Instant::now(), begun };
        }
        limit.saturating_sub(self.since.elapsed())
    }
}
