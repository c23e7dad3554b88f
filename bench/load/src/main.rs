//! `load`: keeps an echo server busy over K connections, checks every byte that comes back, and reports the latency
//! as one line of JSON.
//!
//! Closed loop: a connection sends its next request when the answer to the last is complete. So the server chooses
//! the pace, and the figure to compare servers by is requests per second of *its* CPU time (`--cpu-of`), not latency;
//! latency under a loop without pauses is mostly the length of the queue that the loop itself makes. For latencies
//! that mean something add `--pause`.
//!
//! One thread, one epoll, edge triggered: the generator costs about what a server costs and so fits on one core.
//! Exit status: 0 if every request sent was answered correctly, 1 if not, 2 for a wrong command line.

mod args;
mod connection;
mod cpu;
mod generator;
mod pacer;
mod payload;
mod report;

use std::process::ExitCode;

use crate::args::Options;
use crate::generator::Generator;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match Generator::connect(&options).and_then(Generator::run) {
        Ok(report) => {
            println!("{report}");
            if report.errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(e) => {
            eprintln!("load: {e}");
            ExitCode::FAILURE
        }
    }
}
