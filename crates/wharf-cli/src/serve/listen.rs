//! The server: what all connections share, and whose packet is whose.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::MemfdFlags;
use wharf::{Listener, Packet, Port};

use super::connection::{Connection, Step};
use super::site::Site;
use crate::options::ServeOptions;
use crate::server::{self, Greeting};

pub(super) struct Server {
    pub(super) port: Port<Step>,
    listener: Listener<Step>,
    pub(super) site: Arc<Site>,
    pub(super) idle_timeout: Duration,
}

/// Serves until a signal ends the process.
pub(crate) fn run(options: &ServeOptions) -> io::Result<()> {
    let dir = &options.dir;
    let site = Site::open(dir).map_err(|error| cannot_serve(dir, &error))?;
    let port = server::port(&options.server)?;
    // Makes the engine of files now: at the limit of descriptors it could not be had. The file is one that needs no place.
    let file = rustix::fs::memfd_create("wharf", MemfdFlags::CLOEXEC)?;
    let files = port.associate(File::from(file), 0)?.engine();
    let listener = server::listen(&port, &options.server, || Step::Accepted)?;
    // For the reader only: the directory has been opened, and its name does not matter any more.
    let name = dir.canonicalize().unwrap_or_else(|_| dir.clone());
    let greeting = Greeting {
        name: "serve",
        details: &format!("{name:?} ({}), files by {files}, ", site.describe_lookup()),
        addr: listener.local_addr()?,
    };
    let idle_timeout = options.idle_timeout;
    let server = Server { port: port.clone(), listener, site: Arc::new(site), idle_timeout };
    server::run(&port, &options.server, &greeting, |packet| server.handle(packet))
}

fn cannot_serve(dir: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot serve {dir:?}: {error}"))
}

impl Server {
    /// An error ends the connection that the packet was for, and nothing else.
    fn handle(&self, mut packet: Packet<Step>) -> io::Result<()> {
        if let Step::Accepted = packet.payload {
            let socket = packet.accepted();
            if !self.port.is_draining() {
                server::accept_next(&self.listener, Step::Accepted)?;
            }
            return Connection::open(self.port.associate(socket?, 0)?, self);
        }
        let Packet { payload, result, transferred, buffer, .. } = packet;
        match payload {
            Step::Accepted => unreachable!("dealt with above"),
            Step::Received(connection) => connection.received(result, buffer, self),
            Step::Read(connection, wanted) => connection.read(result, buffer, wanted, self),
            Step::Sent(connection) => connection.sent(result, transferred, buffer, self),
            Step::SentFile(connection) => connection.sent_file(result, transferred, buffer, self),
            Step::Discarded(farewell) => farewell.received(result, buffer),
        }
    }
}
