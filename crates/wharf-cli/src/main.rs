//! The command `wharf`.

mod echo;
mod options;
mod serve;
mod server;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use options::{Command, Options};

fn main() -> ExitCode {
    let ended = match Options::parse().command {
        Command::Echo(mut options) => {
            options.server.complete();
            echo::run(&options)
        }
        Command::Serve(mut options) => {
            options.server.complete();
            serve::run(&options)
        }
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
