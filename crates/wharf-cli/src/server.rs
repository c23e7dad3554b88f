//! What the servers have in common: the first line, the signals, the end.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use wharf::{Packet, Port};

use crate::options::ServerOptions;

/// How long a drain may take.
const GRACE: Duration = Duration::from_secs(10);

/// Says where the server listens and how it runs. A closed standard output is no reason not to serve.
pub(crate) fn announce<T: Send + 'static>(
    name: &str,
    addr: SocketAddr,
    port: &Port<T>,
    options: &ServerOptions,
) {
    let (workers, concurrency, engine) =
        (options.workers, options.concurrency.get(), port.engine());
    let mut out = io::stdout();
    let _ = writeln!(
        out,
        "wharf {name}: {workers} workers, concurrency {concurrency}, engine {engine}, listening on {addr}"
    );
    let _ = out.flush();
}

/// Runs the handler until a signal comes, then drains; a second signal ends the process.
pub(crate) fn run<T: Send + 'static>(
    port: &Port<T>,
    options: &ServerOptions,
    handler: impl Fn(Packet<T>) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut signals = signals.forever();
            let Some(_first) = signals.next() else { return };
            let drain = scope.spawn(|| {
                eprintln!("wharf: draining; a second signal ends at once");
                let drained = port.drain(GRACE);
                eprintln!(
                    "wharf: {} packets finished, {} operations cancelled, {} left",
                    drained.finished, drained.cancelled, drained.left
                );
                std::process::exit(0);
            });
            if let Some(second) = signals.next() {
                std::process::exit(128 + second);
            }
            drop(drain);
        });
        port.run(options.workers, handler);
        // Closed: by the drain, which ends the process once it has reported.
        loop {
            std::thread::park();
        }
    })
}
