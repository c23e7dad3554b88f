//! The command `wharf`.

mod echo;
mod help;
mod options;
mod serve;
mod server;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use options::{Command, Options};

fn main() -> ExitCode {
    let ended = match Options::parse().command {
        Command::Echo(options) => echo::run(&options),
        Command::Serve(options) => serve::run(&options),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be reading; the status says it too.
            let _ = writeln!(std::io::stderr(), "wharf: {error}");
            ExitCode::FAILURE
        }
    }
}
