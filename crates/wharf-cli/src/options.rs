//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use wharf::Concurrency;

/// Servers on an I/O completion port for Linux.
///
/// Operations end as packets in one queue; workers take them, the newest waiter first, and at most as
/// many workers run as the concurrency value says. Both servers print at the start where they listen,
/// the number of workers, the concurrency value and the engine.
///
/// SIGINT or SIGTERM ends a server in order: it stops accepting, finishes what it has begun, reports what
/// was left and exits with 0. A second signal ends it at once, with 130 or 143.
#[derive(Debug, Parser)]
#[command(name = "wharf", version, max_term_width = 100)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the files of a directory over HTTP/1.1
    Serve(ServeOptions),
    /// Send every byte back to its sender
    Echo(EchoOptions),
}

/// What all servers take.
#[derive(Args, Debug)]
pub(crate) struct ServerOptions {
    /// Address and port to listen on; port 0 takes any free one
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) addr: SocketAddr,
    /// Threads that handle packets; more than the concurrency value where handlers block
    /// [default: twice the concurrency value]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) workers: usize,
    /// Workers that may run at a time; 0 means one per processor
    #[arg(long, value_name = "N", default_value = "0", value_parser = concurrency)]
    pub(crate) concurrency: Concurrency,
}

#[derive(Args, Debug)]
pub(crate) struct ServeOptions {
    /// Directory to serve
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    /// Seconds after which a connection that neither asks nor takes is closed
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) idle_timeout: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct EchoOptions {
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    /// Echo datagrams instead of streams
    #[arg(long)]
    pub(crate) udp: bool,
    /// Sleep 5 ms in the handler of a request that begins with S (for bench/)
    #[arg(long, hide = true)]
    pub(crate) sleep_on_s: bool,
    /// Accept and never receive (for bench/)
    #[arg(long, hide = true)]
    pub(crate) idle: bool,
}

fn concurrency(text: &str) -> Result<Concurrency, String> {
    text.parse::<u32>().map(Concurrency::from).map_err(|error| error.to_string())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|error| format!("{error}"))?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Ok(_) => Err("must be more than 0".into()),
        Err(error) => Err(error.to_string()),
    }
}

impl ServerOptions {
    /// Fills in what depends on other options.
    pub(crate) fn complete(&mut self) {
        if self.workers == 0 {
            self.workers = 2 * self.concurrency.get() as usize;
        }
    }
}
