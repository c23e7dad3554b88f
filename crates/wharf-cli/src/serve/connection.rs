//! One connection: what it is waiting for, and what follows.
//!
//! *Invariants*
//! 1. A connection is owned by its one pending operation or by the handler of that one's packet: a
//!    receive while a request is awaited, a read or a send while an answer goes out. So it needs no lock, and
//!    it is gone, socket and all, when a handler drops it.
//! 2. The next request is looked at after the last answer has been sent: a client that does not take
//!    its answers gets no more of them made.
//! 3. Idle, it keeps the memory of one receive and no file.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use wharf::{Buffer, File, Stream};

use super::farewell::Farewell;
use super::listen::Server;
use super::patience::Patience;
use super::response::Response;
use super::session::{Next, Session};
use super::transfer::{self, Transfer};

/// Memory of one receive: the request of a browser in one piece, and small enough for thousands of
/// connections that wait.
const RECEIVE_BYTES: usize = 4 * 1024;

/// What an operation was for.
pub(super) enum Step {
    Accepted,
    Received(Box<Connection>),
    /// To read so many bytes.
    Read(Box<Connection>, usize),
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
    /// What it is read from.
    file: Option<File<Step>>,
    /// The client has taken nothing for as long as it may, and is asked once more.
    is_asked: bool,
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
            file: None,
            is_asked: false,
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

    /// A read of the file has ended.
    pub(super) fn read(
        mut self: Box<Self>,
        result: io::Result<usize>,
        buffer: Buffer,
        wanted: usize,
        server: &Server,
    ) -> io::Result<()> {
        match result {
            Err(error) if error.raw_os_error() == Some(Errno::CANCELED.raw_os_error()) => {
                return Err(error);
            }
            // Of what cannot be read goes out what could be.
            Ok(_) | Err(_) => self.transfer.read(buffer.into_vec(), wanted),
        }
        self.go_on(server)
    }

    /// A send has ended.
    pub(super) fn sent(
        mut self: Box<Self>,
        result: io::Result<usize>,
        transferred: usize,
        buffer: Buffer,
        server: &Server,
    ) -> io::Result<()> {
        match result {
            Ok(_) => {
                self.is_asked = false;
                self.go_on(server)
            }
            Err(error) => {
                let patience = self.bear(error, transferred, server)?;
                let mut rest = buffer.into_vec();
                drop(rest.drain(..transferred));
                self.send(rest.into(), patience)
            }
        }
    }

    /// A send of a range of the file has ended.
    pub(super) fn sent_file(
        mut self: Box<Self>,
        result: io::Result<usize>,
        transferred: usize,
        buffer: Buffer,
        server: &Server,
    ) -> io::Result<()> {
        let head = buffer.into_vec();
        let mut patience = server.idle_timeout;
        match result {
            Ok(_) => {
                self.is_asked = false;
                self.transfer.sent_file(head, transferred, false);
            }
            // The file is shorter than the head has promised.
            Err(error) if error.raw_os_error() == Some(Errno::NODATA.raw_os_error()) => {
                self.transfer.sent_file(head, transferred, true);
            }
            Err(error) => {
                patience = self.bear(error, transferred, server)?;
                self.transfer.sent_file(head, transferred, false);
            }
        }
        self.go_on_within(patience, server)
    }

    /// What an unfinished send means: a client that has taken something in its time gets more time; one that has taken
    /// nothing is asked once whether it would take anything at once. The kernel reports room only when a third of
    /// its memory is free, which takes a slow client long.
    fn bear(
        &mut self,
        error: io::Error,
        transferred: usize,
        server: &Server,
    ) -> io::Result<Duration> {
        if error.kind() != io::ErrorKind::TimedOut || (transferred == 0 && self.is_asked) {
            return Err(error);
        }
        self.is_asked = transferred == 0;
        Ok(if self.is_asked { Duration::ZERO } else { server.idle_timeout })
    }

    /// Does what is next for the answer, or turns to the next request.
    fn go_on(self: Box<Self>, server: &Server) -> io::Result<()> {
        self.go_on_within(server.idle_timeout, server)
    }

    fn go_on_within(mut self: Box<Self>, patience: Duration, server: &Server) -> io::Result<()> {
        match self.transfer.next() {
            transfer::Next::Read { file, offset, len } => {
                if let Some(file) = file {
                    self.file = Some(server.port.associate_for_reading(file, 0)?);
                }
                let file = self.file.clone().expect("a range of a file");
                file.read_at(Vec::with_capacity(len), offset, Step::Read(self, len))?;
                Ok(())
            }
            transfer::Next::Send(piece) => self.send(piece, patience),
            transfer::Next::SendFile(range) => {
                let stream = self.stream.clone();
                let send = stream.send_file(range, Step::SentFile(self))?;
                stream.expire_after(send, patience);
                Ok(())
            }
            transfer::Next::Over => {
                self.file = None;
                if !self.transfer.keeps_alive() {
                    return Farewell::begin(self.stream, self.memory);
                }
                self.transfer = Transfer::default();
                self.patience = Patience::new();
                self.proceed(server)
            }
        }
    }

    /// Answers the next request, or receives it.
    fn proceed(mut self: Box<Self>, server: &Server) -> io::Result<()> {
        if server.port.is_draining() {
            self.session.end();
        }
        match self.session.next() {
            Next::Respond(response) => self.respond(response, server),
            // Also while the server ends: a request that is under way is answered, with the word that it was the last.
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
        self.transfer = Transfer::begin(response);
        self.go_on(server)
    }

    fn send(self: Box<Self>, piece: Buffer, patience: Duration) -> io::Result<()> {
        let stream = self.stream.clone();
        let send = stream.send(piece, Step::Sent(self))?;
        stream.expire_after(send, patience);
        Ok(())
    }
}
