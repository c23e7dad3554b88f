//! What the servers have in common: the socket, the first line, the signals, the end.
//!
//! *Protocol* of the end: the first SIGINT or SIGTERM lets a thread drain the port that has waited for it since the
//! start, so that it is there when no thread can be had any more. That thread reports and ends the process, so a handler
//! that hangs in a system call cannot hold it up for longer than the grace. Meanwhile the next signal is awaited, and
//! ends the process at once.

use std::fmt::Display;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use wharf::{Listener, Packet, Port};

use crate::options::ServerOptions;
use crate::warnings;

/// How long a drain may take; the help says so too.
const GRACE: Duration = Duration::from_secs(10);

/// Connections that wait to be accepted. The standard library asks for 128, which one page of a
/// browser does not fill but a burst of clients does, and those that find it full wait for a second.
const BACKLOG: i32 = 1024;

/// The first line of output, but for what all servers have in common.
pub(crate) struct Greeting<'a> {
    pub(crate) name: &'a str,
    pub(crate) details: &'a str,
    pub(crate) addr: SocketAddr,
}

/// Says where the server listens and how it runs. A closed standard output is no reason not to serve.
fn announce<T: Send + 'static>(greeting: &Greeting<'_>, port: &Port<T>, options: &ServerOptions) {
    let Greeting { name, details, addr } = greeting;
    let (workers, concurrency) = (options.workers(), options.concurrency.get());
    let (engine, sensing) = (port.engine(), port.sensing());
    let mut out = io::stdout();
    let _ = writeln!(
        out,
        "wharf {name}: {details}{workers} workers, concurrency {concurrency}, engine {engine}, sensing {sensing}, listening on {addr}"
    );
    let _ = out.flush();
}

/// A line for the operator. `eprintln` would panic where nobody reads standard error any more.
pub(crate) fn report(line: impl Display) {
    let _ = writeln!(io::stderr(), "wharf: {line}");
}

/// The error of an address that cannot be had, as a user reads it.
pub(crate) fn cannot_listen(addr: SocketAddr, error: &io::Error) -> io::Error {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => "; ports below 1024 are privileged",
        _ => "",
    };
    io::Error::new(error.kind(), format!("cannot listen on {addr}: {error}{hint}"))
}

/// The port of a server.
pub(crate) fn port<T: Send + 'static>(options: &ServerOptions) -> io::Result<Port<T>> {
    warnings::show();
    raise_descriptors();
    Port::with_options(options.port()).map_err(|error| told(&error, "cannot make a port"))
}

/// As many descriptors as the process is allowed at all: the usual limit of 1024 is there for programs that use select(2).
fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    // Refused: it has what it had.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

fn told(error: &io::Error, what: &str) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}

/// A listening TCP socket on the port, with one accept pending for each worker: a burst of
/// connections is taken without a detour over the queue.
pub(crate) fn listen<T: Send + 'static>(
    port: &Port<T>,
    options: &ServerOptions,
    accepted: impl Fn() -> T,
) -> io::Result<Listener<T>> {
    let listen = || {
        let socket = TcpListener::bind(options.addr)?;
        rustix::net::listen(&socket, BACKLOG)?;
        port.associate(socket, 0)
    };
    let listener = listen().map_err(|error| cannot_listen(options.addr, &error))?;
    for _ in 0..options.workers() {
        accept_next(&listener, accepted())?;
    }
    Ok(listener)
}

/// Takes the place of an accept that has ended.
pub(crate) fn accept_next<T: Send + 'static>(
    listener: &Listener<T>,
    mut accepted: T,
) -> io::Result<()> {
    while let Err(refused) = listener.accept(accepted) {
        // A firewall's rule has dropped the connection that was to be taken (accept(2), EPERM): the
        // next one, please. Given up here, every such connection would cost one pending accept.
        if refused.error.kind() != io::ErrorKind::PermissionDenied {
            return Err(refused.error);
        }
        accepted = refused.payload;
    }
    Ok(())
}

/// Runs the handler until a signal comes, then drains; a second signal ends the process.
pub(crate) fn run<T: Send + 'static>(
    port: &Port<T>,
    options: &ServerOptions,
    greeting: &Greeting<'_>,
    handler: impl Fn(Packet<T>) -> io::Result<()> + Sync,
) -> io::Result<()> {
    // Before the first line: who has read it may send a signal.
    end_by_signal(port)?;
    announce(greeting, port, options);
    port.run(options.workers(), handler);
    // Closed: by the drain, which ends the process once it has reported.
    loop {
        thread::park();
    }
}

fn end_by_signal<T: Send + 'static>(port: &Port<T>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let (first, told) = mpsc::channel();
    let port = port.clone();
    let drains = move || {
        // An error: the other thread could not be started, and neither is the server.
        if told.recv().is_ok() {
            end(&port);
        }
    };
    let listens = move || {
        for (count, signal) in signals.forever().enumerate() {
            // A second one, or nobody left who could drain.
            if count > 0 || first.send(()).is_err() {
                std::process::exit(128 + signal);
            }
        }
    };
    start("wharf-drain", drains)?;
    start("wharf-signals", listens)
}

fn start(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let started = thread::Builder::new().name(name.into()).spawn(body);
    started.map(drop).map_err(|error| told(&error, "cannot start a thread"))
}

fn end<T: Send + 'static>(port: &Port<T>) -> ! {
    // First, so that who has read the line knows that nothing is accepted any more.
    port.stop_accepting();
    report("draining; a second signal ends at once");
    let drained = port.drain(GRACE);
    report(format_args!(
        "{} packets finished, {} operations cancelled, {} left",
        drained.finished, drained.cancelled, drained.left
    ));
    std::process::exit(0)
}
