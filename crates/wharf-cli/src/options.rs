//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, value_parser};
use wharf::{Concurrency, Options as PortOptions, Sensing};

use crate::help;

/// The most workers, and the largest concurrency value: far more than any machine has use for, far
/// fewer than would run it out of memory by a slip of the finger.
const THREADS: u32 = 4096;

/// I/O completion ports for Linux: servers, and a compiler for programs of Windows
///
/// Operations on sockets end as packets in one queue. Workers take them, the one that has waited for the
/// shortest time first, and at most as many run at a time as the concurrency value says; a worker that
/// blocks in the file system does not count, and another one takes its place meanwhile.
#[derive(Debug, Parser)]
#[command(name = "wharf", version, max_term_width = 100, after_long_help = help::WHARF)]
#[command(after_help = "Each command's --help says what it does, and how it ends.")]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the files of a directory over HTTP/1.1
    ///
    /// The files under DIR can be read with any browser until a signal ends the server. It is made to
    /// hold many connections that are slow or idle in little memory: some KiB for one that waits, 256 KiB
    /// at most for one that takes a file, however large that is.
    #[command(after_long_help = help::SERVE)]
    Serve(ServeOptions),
    /// Send every byte back to its sender
    ///
    /// Over TCP, or over UDP with --udp: the smallest server on a port, for trying out a network or
    /// measuring what a request costs.
    #[command(after_long_help = help::ECHO)]
    Echo(EchoOptions),
    /// Compile C that was written for Windows
    ///
    /// The system's C compiler with everything added that such a source needs: Windows' headers and functions over
    /// Wharf, and the language as Microsoft's compiler takes it.
    #[command(after_long_help = help::CC, disable_version_flag = true)]
    Cc(CompilerOptions),
    /// Compile C++ that was written for Windows
    ///
    /// The system's C++ compiler with everything added that such a source needs: Windows' headers and functions over
    /// Wharf, and the language as Microsoft's compiler takes it.
    #[command(name = "c++", after_long_help = help::CC, disable_version_flag = true)]
    Cpp(CompilerOptions),
    /// Compile and run a program that was written for Windows
    #[command(after_long_help = help::RUN, disable_version_flag = true)]
    #[command(override_usage = "wharf run [OPTIONS] FILE [ARGS]")]
    Run(RunOptions),
    /// List what a source tree uses of Windows, and what to look at before it runs here
    ///
    /// Every function, type and constant of Windows that the C and C++ sources under PATH name, with the library and
    /// whether Wharf has it, and the places where a program relies on what is not promised. Nothing is compiled.
    #[command(after_long_help = help::CHECK)]
    Check(CheckOptions),
}

#[derive(Args, Debug)]
pub(crate) struct CheckOptions {
    /// A directory, or one source
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct CompilerOptions {
    /// The compiler's own arguments: sources, objects, options
    #[arg(
        value_name = "ARGUMENTS",
        trailing_var_arg = true,
        allow_hyphen_values = true,
        required = true
    )]
    pub(crate) arguments: Vec<OsString>,
}

#[derive(Args, Debug)]
pub(crate) struct RunOptions {
    /// Options of the compiler, one source, and then the program's own arguments
    #[arg(
        value_name = "[OPTIONS] FILE [ARGS]",
        trailing_var_arg = true,
        allow_hyphen_values = true,
        required = true
    )]
    pub(crate) arguments: Vec<OsString>,
}

/// What all servers take.
#[derive(Args, Debug)]
pub(crate) struct ServerOptions {
    /// Address to listen on
    ///
    /// 0.0.0.0 means every address of the machine (IPv6: `::` in brackets), and port 0 any free port: the first line of
    /// output tells which.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8080", value_parser = address)]
    pub(crate) addr: SocketAddr,
    /// Threads that handle packets [default: twice the concurrency value]
    ///
    /// Those beyond the concurrency value take over while others block in the file system: the slower
    /// that is, the more of them are of use. At most 4096.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=i64::from(THREADS)))]
    workers: Option<u32>,
    /// Workers that may run at a time; 0 means one for each processor
    ///
    /// At most 4096.
    #[arg(long, value_name = "N", default_value = "0", value_parser = concurrency)]
    pub(crate) concurrency: Concurrency,
    /// How to find workers that are blocked without saying so: auto, told (not at all), perf, syscall, stat
    ///
    /// What the system refuses is replaced by the next weaker means; the first line says what is used.
    #[arg(long, value_name = "MEANS", default_value = "auto")]
    pub(crate) sensing: Sensing,
}

#[derive(Args, Debug)]
pub(crate) struct ServeOptions {
    /// Directory to serve
    ///
    /// It is opened once; renaming it later changes nothing.
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    /// Seconds after which a client that neither asks nor takes is given up
    ///
    /// Between requests the connection is closed without a word; so is one that takes nothing of its
    /// answer for that long. A request that was begun has the same time for its head to become complete,
    /// and is answered with 408 otherwise. Fractions are fine.
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

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "must be an IP address and a port, as 127.0.0.1:80 or [::1]:80".into())
}

fn concurrency(text: &str) -> Result<Concurrency, String> {
    match text.parse::<u32>() {
        Ok(value) if value <= THREADS => Ok(Concurrency::from(value)),
        Ok(_) => Err(format!("must be at most {THREADS}")),
        Err(error) => Err(error.to_string()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "must be a number of seconds")?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Err(_) if seconds > 0.0 => Err("is more seconds than there are".into()),
        _ => Err("must be more than 0".into()),
    }
}

impl ServerOptions {
    /// The options of the server's port.
    pub(crate) fn port(&self) -> PortOptions {
        PortOptions {
            concurrency: self.concurrency,
            sensing: self.sensing,
            ..PortOptions::default()
        }
    }

    pub(crate) fn workers(&self) -> usize {
        self.workers.unwrap_or_else(|| 2 * self.concurrency.get()) as usize
    }
}
