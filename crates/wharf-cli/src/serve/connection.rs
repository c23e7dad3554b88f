//! One connection: what it is waiting for, and what follows.
//!
//! *Invariants*
//! 1. A connection is owned by its one pending operation or by the handler of that one's packet: a
//!    receive while a request is awaited, a read or a send while an answer goes out. So it needs no lock, and
//!    it is gone, socket and all, when a handler drops it.
//! 2. The next request is looked at after the last answer has been sent: a client that does not take
//!    its answers gets no more of them made.
//! 3. Idle, it keeps no file, and memory only of a request that has begun.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use wharf::{Buffer, File, Issued, Packet, Stream};

use super::farewell::Farewell;
use super::listen::Server;
use super::patience::Patience;
use super::response::Response;
use super::session::{Next, Session};
use super::transfer::{self, Transfer};

/// Memory of one receive: the request of a browser in one piece.
const RECEIVE_BYTES: usize = 4 * 1024;

/// How long it may take a client that is asked whether it would take anything now: the file may have to be read first.
const ANSWER_TIME: Duration = Duration::from_millis(250);

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
        match result {
            // All that was asked has been answered.
            Ok(0) => Ok(()),
            Ok(_) => {
                self.session.feed(&buffer.as_bytes());
                drop(buffer);
                if self.answer_next(server) { self.go_on(server) } else { self.receive(server) }
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
        self.take_read(result, buffer, wanted)?;
        self.go_on(server)
    }

    fn take_read(
        &mut self,
        result: io::Result<usize>,
        buffer: Buffer,
        wanted: usize,
    ) -> io::Result<()> {
        match result {
            Err(error) if error.raw_os_error() == Some(Errno::CANCELED.raw_os_error()) => {
                return Err(error);
            }
            // Of what cannot be read goes out what could be.
            Ok(_) | Err(_) => self.transfer.read(buffer.into_vec(), wanted),
        }
        Ok(())
    }

    /// A send that had to wait has ended.
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
                match self.send(rest.into(), patience)? {
                    Some(connection) => connection.go_on(server),
                    None => Ok(()),
                }
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
    /// nothing is asked once whether it would take anything now. The kernel reports room only when a third of
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
        Ok(if self.is_asked { ANSWER_TIME } else { server.idle_timeout })
    }

    fn go_on(self: Box<Self>, server: &Server) -> io::Result<()> {
        self.go_on_within(server.idle_timeout, server)
    }

    /// Does what is next for the answer and, when that is out, for those to further requests that are there already, until
    /// something has to be waited for.
    fn go_on_within(
        mut self: Box<Self>,
        mut patience: Duration,
        server: &Server,
    ) -> io::Result<()> {
        loop {
            match self.transfer.next() {
                transfer::Next::Read { file, offset, len } => {
                    if let Some(file) = file {
                        self.file = Some(server.port.associate_for_reading(file, 0)?);
                    }
                    let file = self.file.clone().expect("a range of a file");
                    let memory = Vec::with_capacity(len);
                    match file.read_at_direct(memory, offset, Step::Read(self, len))? {
                        Issued::Done(Packet {
                            payload: Step::Read(connection, wanted),
                            result,
                            buffer,
                            ..
                        }) => {
                            self = connection;
                            self.take_read(result, buffer, wanted)?;
                        }
                        Issued::Done(_) => unreachable!("the packet of a read"),
                        Issued::Pending(_) => return Ok(()),
                    }
                }
                transfer::Next::Send(piece) => match self.send(piece, patience)? {
                    Some(connection) => self = connection,
                    None => return Ok(()),
                },
                transfer::Next::SendFile(range) => {
                    let stream = self.stream.clone();
                    let send = stream.send_file(range, Step::SentFile(self))?;
                    stream.expire_after(send, patience);
                    return Ok(());
                }
                transfer::Next::Over => {
                    self.file = None;
                    if !self.transfer.keeps_alive() {
                        return Farewell::begin(self.stream);
                    }
                    self.patience = Patience::new();
                    if !self.answer_next(server) {
                        return self.receive(server);
                    }
                }
            }
            patience = server.idle_timeout;
        }
    }

    /// Begins the answer to the next request, if that is there.
    fn answer_next(&mut self, server: &Server) -> bool {
        // Also while the server ends: a request that is under way is answered, with the word that it was the last.
        if server.port.is_draining() {
            self.session.end();
        }
        match self.session.next() {
            Next::Respond(response) => {
                self.transfer = Transfer::begin(response);
                true
            }
            Next::NeedMore => {
                self.transfer = Transfer::default();
                false
            }
        }
    }

    fn receive(mut self: Box<Self>, server: &Server) -> io::Result<()> {
        let left = self.patience.left(server.idle_timeout, self.session.has_begun());
        let stream = self.stream.clone();
        let receive = stream.recv(Buffer::OnDemand(RECEIVE_BYTES), Step::Received(self))?;
        stream.expire_after(receive, left);
        Ok(())
    }

    fn respond(mut self: Box<Self>, response: Response, server: &Server) -> io::Result<()> {
        self.transfer = Transfer::begin(response);
        self.go_on(server)
    }

    /// The connection, if all has gone out at once.
    fn send(self: Box<Self>, piece: Buffer, patience: Duration) -> io::Result<Option<Box<Self>>> {
        let stream = self.stream.clone();
        match stream.send_direct(piece, Step::Sent(self))? {
            Issued::Done(Packet { payload: Step::Sent(mut connection), .. }) => {
                connection.is_asked = false;
                Ok(Some(connection))
            }
            Issued::Done(_) => unreachable!("the packet of a send"),
            Issued::Pending(send) => {
                stream.expire_after(send, patience);
                Ok(None)
            }
        }
    }
}
