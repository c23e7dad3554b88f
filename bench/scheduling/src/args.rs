//! The command line: a mode and `--name value` pairs.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use crate::Failure;

pub(crate) const USAGE: &str = "\
usage: scheduling run --variant V --workload cpu|mixed|block --seconds S
           [--rate R]         open loop: R packets/s, Poisson arrivals
           [--outstanding K]  closed loop, the default: K packets queued or in hand (256)
           [--warmup S] (0.2) [--workers W] (64) [--concurrency N] (processors)
           [--sample-ms MS]   count runnable workers every MS (20; 0: never)
       V: port-told port-perf port-proc port-told+proc port-told+perf threads-n threads-w tokio tokio-spawn-blocking
       scheduling replace --source none|told|perf|proc [--trials T] (300)
           [--compute-us A] (40) [--compute-spread-us B] (100): the handler computes A to A+B us before it blocks
           [--block-ms MS] (5)
       scheduling queue --threads 1|4 [--seconds S] (1): one thread, or 2 producers and 2 consumers";

/// No interval is longer, whatever the command line says.
const LONGEST: Duration = Duration::from_secs(600);

pub(crate) struct Arguments {
    mode: String,
    pairs: BTreeMap<String, String>,
}

impl Arguments {
    pub(crate) fn of_process() -> Result<Self, Failure> {
        let mut words = std::env::args().skip(1);
        let mode = words.next().unwrap_or_default();
        let mut pairs = BTreeMap::new();
        while let Some(name) = words.next() {
            let value =
                words.next().ok_or(Failure::CommandLine(format!("{name} needs a value")))?;
            pairs.insert(name, value);
        }
        Ok(Self { mode, pairs })
    }

    pub(crate) fn mode(&self) -> &str {
        &self.mode
    }

    /// The value of an option, if it was given.
    pub(crate) fn take<T: FromStr<Err: Display>>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, Failure> {
        let Some(text) = self.pairs.remove(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|e| Failure::CommandLine(format!("{name} {text}: {e}")))
    }

    pub(crate) fn take_or<T: FromStr<Err: Display>>(
        &mut self,
        name: &str,
        default: T,
    ) -> Result<T, Failure> {
        Ok(self.take(name)?.unwrap_or(default))
    }

    pub(crate) fn need<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<T, Failure> {
        self.take(name)?.ok_or_else(|| Failure::CommandLine(format!("{name} is missing")))
    }

    pub(crate) fn seconds(&mut self, name: &str, default: f64) -> Result<Duration, Failure> {
        let value: f64 = self.take_or(name, default)?;
        Duration::try_from_secs_f64(value)
            .ok()
            .filter(|duration| *duration <= LONGEST)
            .ok_or_else(|| Failure::CommandLine(format!("{name} {value}: at most 600")))
    }

    /// To be called when all options are taken: what is left is a mistake.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        match self.pairs.keys().next() {
            Some(name) => Err(Failure::CommandLine(format!("unknown argument {name}"))),
            None => Ok(()),
        }
    }
}
