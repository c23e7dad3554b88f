//! `scheduling`: what releasing a worker for a blocked one is worth, and what it costs.
//!
//! Three modes, each a fresh process and one line of JSON: `run` measures one pool under one workload, `replace` the
//! time from a block to the replacement, `queue` post and get without any work. `bench/schedule` runs them all.
//!
//! Exit status: 0, 1 for a failure, 2 for a wrong command line, 3 for a variant that this build of Wharf or this
//! kernel does not offer (not a failure: the table says so).

mod args;
mod arrivals;
mod json;
mod pools;
mod queue;
mod random;
mod recorder;
mod replace;
mod run;
mod sampler;
mod sensing;
mod threads;
mod work;
mod workload;

use std::fmt;
use std::process::ExitCode;

use crate::args::Arguments;
use crate::json::Object;

/// Why there is no report.
pub(crate) enum Failure {
    CommandLine(String),
    /// Not here: by this build, or by this kernel for this user.
    Unavailable(String),
    Other(String),
}

impl<E: fmt::Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Other(error.to_string())
    }
}

fn main() -> ExitCode {
    let (message, status) = match report() {
        Ok(report) => {
            println!("{report}");
            return ExitCode::SUCCESS;
        }
        Err(Failure::Other(message)) => (message, 1),
        Err(Failure::CommandLine(message)) => (format!("{message}\n{}", args::USAGE), 2),
        Err(Failure::Unavailable(message)) => (message, 3),
    };
    eprintln!("scheduling: {message}");
    ExitCode::from(status)
}

fn report() -> Result<Object, Failure> {
    let mut arguments = Arguments::of_process()?;
    match arguments.mode() {
        "run" => run::Options::take(&mut arguments)?.run(),
        "replace" => replace::Options::take(&mut arguments)?.run(),
        "queue" => queue::Options::take(&mut arguments)?.run(),
        other => Err(Failure::CommandLine(format!("unknown mode {other:?}"))),
    }
}
