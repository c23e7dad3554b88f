//! What the Rust rivals share: their command line, the line they announce themselves with, and the work of a handler.
//!
//! The C++ rival in `asio/` follows the same four rules, so that a table compares event loops and nothing else:
//! 1. `--addr IP:PORT` (port 0: any) and the flag `--sleep-on-s`; anything else ends the program with a message.
//! 2. One line on stdout, `listening on IP:PORT`, once connections are accepted; then it serves until killed.
//! 3. A buffer of [`BUFFER`] bytes, TCP_NODELAY, and a listen backlog of [`BACKLOG`].
//! 4. With `--sleep-on-s`, what was read starting with `S` makes the handler sleep [`SLEEP`] in the calling thread.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

/// Bytes read at once. Twice the largest message of the tables: a read that fills its buffer proves nothing about
/// what is left in the socket, so every loop would pay one more system call for each 4 KiB message.
pub const BUFFER: usize = 8 * 1024;

/// Connections the kernel may hold for `accept`: more than the largest burst of the echo table.
pub const BACKLOG: i32 = 1024;

/// How long a handler sleeps for a request that begins with `S`.
pub const SLEEP: Duration = Duration::from_millis(5);

/// The command line of a rival.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Where to listen; port 0 lets the system choose.
    pub addr: SocketAddr,
    /// Whether requests that begin with `S` put the handler to sleep.
    pub sleep_on_s: bool,
}

impl Options {
    /// Reads the arguments of this process; a mistake is told on stderr and ends it with status 2.
    #[must_use]
    pub fn from_args() -> Self {
        Self::parse(std::env::args().skip(1)).unwrap_or_else(|message| {
            eprintln!("{message}\nusage: --addr IP:PORT [--sleep-on-s]");
            std::process::exit(2)
        })
    }

    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut addr = None;
        let mut sleep_on_s = false;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--addr" => {
                    let value = arguments.next().ok_or("--addr needs IP:PORT")?;
                    addr = Some(value.parse().map_err(|e| format!("--addr {value}: {e}"))?);
                }
                "--sleep-on-s" => sleep_on_s = true,
                other => return Err(format!("unknown argument {other}")),
            }
        }
        Ok(Self { addr: addr.ok_or("--addr is missing")?, sleep_on_s })
    }

    /// The handler: everything a rival does with what it read before it answers.
    #[inline]
    pub fn handle(self, received: &[u8]) {
        if self.sleep_on_s && received.first() == Some(&b'S') {
            thread::sleep(SLEEP);
        }
    }
}

/// Tells whoever started this server where it listens. The line is out when this returns: Rust's stdout is flushed
/// at each end of line, also into a pipe.
pub fn announce(addr: SocketAddr) {
    println!("listening on {addr}");
}
