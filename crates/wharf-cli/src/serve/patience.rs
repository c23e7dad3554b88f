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

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    /// Waited for 4 s already.
    fn after_a_while(begun: bool) -> Patience {
        let since =
            Instant::now().checked_sub(Duration::from_secs(4)).expect("a clock that is set");
        Patience { since, begun }
    }

    /// Goal: the first byte of a request, and nothing else, starts the wait anew.
    #[test]
    fn what_prolongs() {
        let table = [(false, false, 6), (false, true, 10), (true, true, 6), (true, false, 6)];
        for (before, now, seconds) in table {
            let mut patience = after_a_while(before);
            let left = patience.left(LIMIT, now).as_secs_f64();
            assert!((left - f64::from(seconds)).abs() < 1.0, "{before} {now}: {left}");
        }
        let mut patience = after_a_while(false);
        patience.left(LIMIT, true);
        assert!(patience.begun && patience.left(Duration::ZERO, true).is_zero());
        assert!(after_a_while(true).left(Duration::from_secs(1), true).is_zero());
    }
}
