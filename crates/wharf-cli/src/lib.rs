//! The command `wharf`: a library only so that the fuzz targets can reach what reads others' bytes.

mod compile;
mod echo;
#[cfg(fuzzing)]
pub mod fuzzing;
mod help;
mod options;
mod serve;
mod server;
mod warnings;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use options::{Command, Options};

/// The whole command.
pub fn main() -> ExitCode {
    let ended = match Options::parse().command {
        Command::Echo(options) => echo::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Serve(options) => serve::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Cc(options) => compile::cc(&options.arguments),
        Command::Cpp(options) => compile::cpp(&options.arguments),
        Command::Check(options) => compile::check(&options.path),
        Command::Run(options) => compile::run(&options.arguments),
    };
    match ended {
        Ok(status) => status,
        Err(error) => {
            // Nobody may be reading; the status says it too.
            let _ = writeln!(std::io::stderr(), "wharf: {error}");
            ExitCode::FAILURE
        }
    }
}
