//! One connection: what it is waiting for, and what follows.
//!
//! *Invariants*
//! 1. A connection is owned by its one pending operation or by the handler of that one's packet: a
//!    receive while a request is awaited, a send while an answer goes out. So it needs no lock, and
//!    it is gone, socket and all, when a handler drops it.
//! 2. The next request is looked at after the last answer has been sent: a client that does not take
//!    its answers gets no more of them made.
//! 3. Idle, it keeps the memory of one receive and no file.

use std::io;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::{SendFlags, send};
use wharf::{Buffer, Stream};

use super::farewell::Farewell;
use super::listen::Server;
use super::patience::Patience;
use super::response::Response;
use super::session::{Next, Session};
use super::transfer::Transfer;

/// Memory of one receive: the request of a browser in one piece, and small enough for thousands of
/// connections that wait.
const RECEIVE_BYTES: usize = 4 * 1024;

/// What an operation was for.
pub(super) enum Step {
    Accepted,
    Received(Box<Connection>),
    Sent(Box<Connection>),
    SentFile(Box<Connection>),
    Discarded(Box<Farewell>),
}

pub(super) struct Connection {
    stream: Stream<Step>,
    session: Session,
    patience: Patience,
    /// The answer that is going out.
    transfer: Transfer,
    /// Memory to receive into, while it is not in use for that.
    memory: Vec<u8>,
}

impl Connection {
    pub(super) fn open(stream: Stream<Step>, server: &Server) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let connection = Connection {
            stream,
            session: Session::new(Arc::clone(&server.site)),
            patience: Patience::new(),
            transfer: Transfer::default(),
            memory: Vec::with_capacity(RECEIVE_BYTES),
        };
        Box::new(connection).receive(server)
    }

    /// A receive has ended.
    pub(super) fn received(
        mut self: Box<Self>,
        result: io::Result<usize>,
        buffer: Buffer,
        server: &Server,
    ) -> io::Result<()> {
        self.memory = buffer.into_vec();
        match result {
            // All that was asked has been answered.
            Ok(0) => Ok(()),
            Ok(_) => {
                self.session.feed(&self.memory);
                self.proceed(server)
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => match self.session.timed_out()
            {
                Some(response) => self.respond(response, server),
                None => Ok(()),
            },
            Err(error) => Err(error),
        }
    }

    /// A send has ended.
    pub(super) fn sent(
        self: Box<Self>,
        result: io::Result<usize>,
        transferred: usize,
        buffer: Buffer,
        server: &Server,
    ) -> io::Result<()> {
        let mut piece = buffer.into_vec();
        let sent = match result {
            Ok(sent) => sent,
            Err(error) if error.kind() != io::ErrorKind::TimedOut => return Err(error),
            Err(_) if transferred > 0 => transferred,
            Err(_) => self.offer(&piece)?,
        };
        if sent < piece.len() {
            drop(piece.drain(..sent));
        } else {
            piece.clear();
        }
        self.go_on(piece, server)
    }

    /// A send of a part of the file has ended.
    pub(super) fn sent_file(
        mut self: Box<Self>,
        result: io::Result<usize>,
        transferred: usize,
        server: &Server,
    ) -> io::Result<()> {
        let mut piece = Vec::new();
        match result {
            Ok(sent) => self.transfer.sent(sent, false),
            // The file is shorter than the head has promised.
            Err(error) if error.raw_os_error() == Some(Errno::NODATA.raw_os_error()) => {
                self.transfer.sent(transferred, true);
            }
            Err(error) if error.kind() != io::ErrorKind::TimedOut => return Err(error),
            Err(_) if transferred > 0 => self.transfer.sent(transferred, false),
            Err(_) => {
                wharf::blocking(|| self.transfer.next(&mut piece));
                let sent = if piece.is_empty() { 0 } else { self.offer(&piece)? };
                drop(piece.drain(..sent));
            }
        }
        self.go_on(piece, server)
    }

    /// Sends the rest of a piece, or the next one; or turns to the next request.
    fn go_on(mut self: Box<Self>, mut piece: Vec<u8>, server: &Server) -> io::Result<()> {
        if piece.is_empty() {
            if let Some(range) = self.transfer.range() {
                let stream = self.stream.clone();
                let send = stream.send_file(range, Step::SentFile(self))?;
                stream.expire_after(send, server.idle_timeout);
                return Ok(());
            }
            wharf::blocking(|| self.transfer.next(&mut piece));
        }
        if !piece.is_empty() {
            return self.send(piece, server);
        }
        if !self.transfer.keeps_alive() {
            return Farewell::begin(self.stream, self.memory);
        }
        self.patience = Patience::new();
        self.proceed(server)
    }

    /// Answers the next request, or receives it.
    fn proceed(mut self: Box<Self>, server: &Server) -> io::Result<()> {
        let ending = server.port.is_draining();
        if ending {
            self.session.end();
        }
        match self.session.next() {
            Next::Respond(response) => self.respond(response, server),
            // Not by a plain close: the last answer may not have been read, and a request be under way.
            Next::NeedMore if ending => Farewell::begin(self.stream, self.memory),
            Next::NeedMore => self.receive(server),
        }
    }

    fn receive(mut self: Box<Self>, server: &Server) -> io::Result<()> {
        let left = self.patience.left(server.idle_timeout, self.session.has_begun());
        let memory = std::mem::take(&mut self.memory);
        let stream = self.stream.clone();
        let receive = stream.recv(memory, Step::Received(self))?;
        stream.expire_after(receive, left);
        Ok(())
    }

    fn respond(mut self: Box<Self>, response: Response, server: &Server) -> io::Result<()> {
        let (transfer, piece) = wharf::blocking(|| Transfer::begin(response));
        self.transfer = transfer;
        self.send(piece, server)
    }

    fn send(self: Box<Self>, piece: Vec<u8>, server: &Server) -> io::Result<()> {
        let stream = self.stream.clone();
        let send = stream.send(piece, Step::Sent(self))?;
        stream.expire_after(send, server.idle_timeout);
        Ok(())
    }

    /// Asks whether a client to which nothing could be sent has taken anything meanwhile: the kernel
    /// reports room when a third of its memory is free, which takes a slow client long, but it has room
    /// whenever any is free.
    fn offer(&self, piece: &[u8]) -> io::Result<usize> {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        Ok(self.stream.with_fd(|fd| send(fd, piece, flags))?)
    }
}
