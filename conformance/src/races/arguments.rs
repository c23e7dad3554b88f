//! The command line.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// An option whose value is one of several words; the first one is the default.
#[derive(Debug)]
pub struct Choice {
    /// With its dashes.
    pub option: &'static str,
    /// What it may be.
    pub values: &'static [&'static str],
}

/// What to do.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// What the random numbers come from.
    pub seed: u64,
    /// In all, over the threads.
    pub rounds: usize,
    /// Threads that choose, and as many workers.
    pub threads: usize,
    pub(super) chosen: Vec<(&'static str, &'static str)>,
}

impl Arguments {
    /// Reads options with a word each; what is left out has a default, the seed from the clock.
    pub(super) fn parse(
        program: &str,
        choices: &'static [Choice],
        mut words: impl Iterator<Item = String>,
    ) -> Result<Arguments, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let chosen = choices.iter().map(|choice| (choice.option, choice.values[0])).collect();
        let seed = now.as_micros() as u64;
        let mut arguments = Arguments { seed, rounds: 1_000_000, threads: 3, chosen };
        while let Some(word) = words.next() {
            let value = words.next().unwrap_or_default();
            match (word.as_str(), value.parse::<u64>().ok()) {
                ("--seed", Some(seed)) => arguments.seed = seed,
                ("--rounds", Some(rounds @ 1..)) => arguments.rounds = rounds as usize,
                ("--threads", Some(threads @ 1..=64)) => arguments.threads = threads as usize,
                _ => arguments.choose(choices, &word, &value).ok_or_else(|| {
                    let list = choices.iter().map(|Choice { option, values }| {
                        format!(" [{option} {}]", values.join("|"))
                    });
                    let more: String = list.collect();
                    format!("usage: {program} [--seed N] [--rounds N] [--threads 1-64]{more}")
                })?,
            }
        }
        Ok(arguments)
    }

    fn choose(&mut self, choices: &'static [Choice], option: &str, value: &str) -> Option<()> {
        let choice = choices.iter().find(|choice| choice.option == option)?;
        let value = choice.values.iter().find(|word| **word == value)?;
        let chosen = self.chosen.iter_mut().find(|(option, _)| *option == choice.option)?;
        chosen.1 = value;
        Some(())
    }

    /// What an option says, or would say if it were there.
    ///
    /// # Panics
    /// If the program has no such option.
    pub fn chosen(&self, option: &str) -> &'static str {
        let chosen = self.chosen.iter().find(|(name, _)| *name == option);
        chosen.expect("an option of this program").1
    }
}

/// The words that make the same choices again.
impl fmt::Display for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Arguments { seed, rounds, threads, chosen } = self;
        write!(f, "--seed {seed} --rounds {rounds} --threads {threads}")?;
        chosen.iter().try_for_each(|(option, value)| write!(f, " {option} {value}"))
    }
}
