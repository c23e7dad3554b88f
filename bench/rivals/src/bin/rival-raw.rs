//! Echo on a bare epoll loop: one thread, edge triggered, the least that Linux asks of a server.
//!
//! The measure of how much a library costs over its kernel interface. It leaves out what a library must have:
//! threads, fairness between connections, cancellation.
//!
//! Invariants:
//! 1. A connection is registered once, for both directions, and never re-armed: `drive` stops only where a later edge
//!    is certain, which is after EAGAIN, after a short read without a hang-up flag (epoll(7), question 9), or after
//!    a send that would block.
//! 2. `peers[n]` is the connection with descriptor n. A number used again within one batch of events is harmless:
//!    each descriptor has one event per batch, so that of the closed connection has been handled.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use rivals::{BACKLOG, BUFFER, Options, announce};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;

/// Events taken from the kernel at once.
const BATCH: usize = 512;

/// The listener's event data; descriptors are never this large.
const LISTENER: u64 = u64::MAX;

struct Peer {
    stream: TcpStream,
    /// Read but not yet accepted by the kernel for sending; empty unless the client reads slowly.
    unsent: Vec<u8>,
}

enum After {
    Keep,
    Close,
}

fn main() -> io::Result<()> {
    let options = Options::from_args();
    let listener = TcpListener::bind(options.addr)?;
    // A second listen only changes the backlog that std fixed at 128.
    rustix::net::listen(&listener, BACKLOG)?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN | EventFlags::ET)?;
    announce(listener.local_addr()?);

    let mut peers: Vec<Option<Peer>> = Vec::new();
    let mut buffer = [0; BUFFER];
    let mut events = Vec::with_capacity(BATCH);
    loop {
        events.clear();
        match epoll::wait(&epoll, spare_capacity(&mut events), None) {
            Ok(_) => {}
            // A stopped and continued process, or one under a tracer.
            Err(Errno::INTR) => continue,
            Err(e) => return Err(e.into()),
        }
        for event in &events {
            let data = event.data.u64();
            if data == LISTENER {
                accept_all(&listener, &epoll, &mut peers)?;
                continue;
            }
            let slot = &mut peers[usize::try_from(data).expect("a descriptor")];
            let Some(peer) = slot else { continue };
            let flags = event.flags;
            let ending = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
            if let After::Close = peer.drive(ending, &mut buffer, options) {
                *slot = None;
            }
        }
    }
}

/// Takes every connection that waits. Out of descriptors ends the program: a measurement without some of its
/// connections would be wrong without looking so.
fn accept_all(
    listener: &TcpListener,
    epoll: &impl std::os::fd::AsFd,
    peers: &mut Vec<Option<Peer>>,
) -> io::Result<()> {
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(e) if e.kind() == ErrorKind::ConnectionAborted => continue,
            Err(e) => return Err(e),
        };
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let number = usize::try_from(stream.as_raw_fd()).expect("a descriptor");
        let interest = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(epoll, &stream, EventData::new_u64(number as u64), interest)?;
        if peers.len() <= number {
            peers.resize_with(number + 1, || None);
        }
        peers[number] = Some(Peer { stream, unsent: Vec::new() });
    }
}

impl Peer {
    /// Echoes until the socket has no more or takes no more. With `ending` it reads to the end of the stream, because
    /// the edge that announced the end may be the one that announced the data.
    fn drive(&mut self, ending: bool, buffer: &mut [u8], options: Options) -> After {
        loop {
            if !self.unsent.is_empty() {
                let rest = std::mem::take(&mut self.unsent);
                match self.send(&rest) {
                    Ok(()) if self.unsent.is_empty() => {}
                    Ok(()) => return After::Keep,
                    Err(_) => return After::Close,
                }
            }
            let count = match self.stream.read(buffer) {
                Ok(0) => return After::Close,
                Ok(count) => count,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return After::Keep,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return After::Close,
            };
            options.handle(&buffer[..count]);
            if self.send(&buffer[..count]).is_err() {
                return After::Close;
            }
            if !self.unsent.is_empty() || (count < buffer.len() && !ending) {
                return After::Keep;
            }
        }
    }

    /// Sends what the kernel takes and keeps the rest in `unsent`; a kept rest means that EAGAIN was seen.
    fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        debug_assert!(self.unsent.is_empty(), "bytes would overtake each other");
        while !bytes.is_empty() {
            match self.stream.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    self.unsent = bytes.to_vec();
                    break;
                }
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}
