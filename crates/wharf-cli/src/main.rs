//! The command `wharf`.

mod echo;
mod options;
mod server;

use std::process::ExitCode;

use clap::Parser;

use options::{Command, Options};

fn main() -> ExitCode {
    let ended = match Options::parse().command {
        Command::Echo(mut options) => {
            options.server.complete();
            echo::run(&options)
        }
        Command::Serve(_) => Err(std::io::ErrorKind::Unsupported.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wharf: {error}");
            ExitCode::FAILURE
        }
    }
}
