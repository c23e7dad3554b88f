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

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

use options::{Command, Options};

/// The whole command.
pub fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(answer) => return answered(&answer),
    };
    let ended = match options.command {
        Command::Echo(options) => echo::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Serve(options) => serve::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Cc(options) => compile::cc(&options.arguments),
        Command::Cpp(options) => compile::cpp(&options.arguments),
        Command::Check(options) => compile::check(&options.path),
        Command::Run(options) => compile::run(&options.arguments),
    };
    match ended {
        Ok(status) => status,
        Err(error) => failed(&error),
    }
}

/// What is wrong with the command line, or the help that it asks for.
fn answered(answer: &clap::Error) -> ExitCode {
    match answer.print() {
        // Whoever reads has seen enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => failed(&error),
        _ => u8::try_from(answer.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from),
    }
}

fn failed(error: &io::Error) -> ExitCode {
    // Nobody may be reading; the status says it too.
    let _ = writeln!(io::stderr(), "wharf: {error}");
    ExitCode::FAILURE
}
