//! How many packets a ms are taken, over the last ms or longer.

/// Shorter times tell nothing.
const PERIOD_NS: u64 = 1_000_000;

#[derive(Debug, Default)]
pub(super) struct Rate {
    since: u64,
    taken: u64,
}

impl Rate {
    /// Packets a ms since the last answer, from the time now and the packets taken since the beginning; none yet, if it
    /// was too soon.
    pub(super) fn update(&mut self, now: u64, taken: u64) -> Option<u64> {
        let time = now.saturating_sub(self.since);
        if time < PERIOD_NS {
            return None;
        }
        let number = taken.saturating_sub(self.taken); // a packet that nobody picked up was put back
        *self = Rate { since: now, taken };
        Some(number.saturating_mul(PERIOD_NS) / time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_a_ms() {
        const MS: u64 = 1_000_000;
        let mut rate = Rate::default();
        assert_eq!(rate.update(1000 * MS, 0), Some(0));
        assert_eq!(rate.update(1000 * MS + MS / 2, 50), None, "too soon");
        assert_eq!(rate.update(1001 * MS, 70), Some(70), "all since the last answer");
        assert_eq!(rate.update(1005 * MS, 110), Some(10));
        assert_eq!(rate.update(2005 * MS, 1009), Some(0), "less than one a ms");
        assert_eq!(rate.update(2004 * MS, 1009), None, "a clock that goes back tells nothing");
        assert_eq!(rate.update(2006 * MS, 1008), Some(0), "one was put back");
    }
}
