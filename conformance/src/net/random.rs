//! Random choices that can be repeated.

use rustix::time::{ClockId, clock_gettime};

use super::number;

/// A small generator of numbers: the same seed, the same sequence.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator from the seed in `WHARF_SEED`, or from the clock; prints how to replay it.
    #[must_use]
    pub fn seeded() -> Random {
        let now = clock_gettime(ClockId::Monotonic);
        let seed = number("WHARF_SEED", now.tv_nsec as u64 ^ (now.tv_sec as u64) << 30);
        println!("WHARF_SEED={seed}");
        Random(seed)
    }

    /// A generator from this seed.
    #[must_use]
    pub fn of(seed: u64) -> Random {
        Random(seed)
    }

    /// One for another thread.
    #[must_use]
    pub fn fork(&mut self) -> Random {
        Random(self.next())
    }

    /// Any number (splitmix64).
    #[allow(clippy::should_implement_trait, reason = "a generator has no end")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}
