//! The command line.

use std::time::{SystemTime, UNIX_EPOCH};

/// What to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arguments {
    pub(crate) seed: u64,
    /// In all, over the threads.
    pub(crate) rounds: usize,
    /// Threads that choose, and as many workers.
    pub(crate) threads: usize,
}

impl Arguments {
    /// Reads options with a number each; what is left out has a default, the seed from the clock.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut arguments =
            Arguments { seed: now.as_micros() as u64, rounds: 1_000_000, threads: 3 };
        while let Some(word) = words.next() {
            let value = words.next().and_then(|value| value.parse::<u64>().ok());
            match (word.as_str(), value) {
                ("--seed", Some(seed)) => arguments.seed = seed,
                ("--rounds", Some(rounds @ 1..)) => arguments.rounds = rounds as usize,
                ("--threads", Some(threads @ 1..=64)) => arguments.threads = threads as usize,
                _ => return Err("usage: races [--seed N] [--rounds N] [--threads 1-64]".into()),
            }
        }
        Ok(arguments)
    }
}
