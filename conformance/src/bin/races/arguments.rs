//! The command line.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use wharf::FileEngine;

use crate::slot::Only;

const USAGE: &str = "usage: races [--seed N] [--rounds N] [--threads 1-64] [--only all|sockets|files|pipes] [--files auto|threads]";

/// What to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arguments {
    pub(crate) seed: u64,
    /// In all, over the threads.
    pub(crate) rounds: usize,
    /// Threads that choose, and as many workers.
    pub(crate) threads: usize,
    pub(crate) only: Only,
    pub(crate) engine: FileEngine,
}

impl Arguments {
    /// Reads options with a word each; what is left out has a default, the seed from the clock.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut arguments = Arguments {
            seed: now.as_micros() as u64,
            rounds: 1_000_000,
            threads: 3,
            only: Only::All,
            engine: FileEngine::Auto,
        };
        while let Some(word) = words.next() {
            let value = words.next().unwrap_or_default();
            let number = value.parse::<u64>().ok();
            match (word.as_str(), number) {
                ("--seed", Some(seed)) => arguments.seed = seed,
                ("--rounds", Some(rounds @ 1..)) => arguments.rounds = rounds as usize,
                ("--threads", Some(threads @ 1..=64)) => arguments.threads = threads as usize,
                ("--only", _) => arguments.only = Only::named(&value).ok_or(USAGE)?,
                ("--files", _) if value == "auto" => arguments.engine = FileEngine::Auto,
                ("--files", _) if value == "threads" => arguments.engine = FileEngine::Threads,
                _ => return Err(USAGE.into()),
            }
        }
        Ok(arguments)
    }
}

/// The words that make the same choices again.
impl fmt::Display for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Arguments { seed, rounds, threads, only, engine } = self;
        let only = only.name();
        write!(
            f,
            "--seed {seed} --rounds {rounds} --threads {threads} --only {only} --files {engine}"
        )
    }
}
