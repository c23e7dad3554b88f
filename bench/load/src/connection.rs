//! One connection: at most one request under way, its bytes compared as they come back.
//!
//! The generator decides when a request begins and what is done with its latency; a connection knows neither epoll
//! nor the phase of the run.
//!
//! Invariants:
//! 1. `sent <= size` and `received <= sent`: bytes that come back unasked are an error.
//! 2. The socket is registered edge triggered for both directions; `advance` returns without an answer only after
//!    EAGAIN or after a short read, so an edge follows (epoll(7), question 9). A peer that closes is seen one step
//!    later, when the next request fails, or as an answer that never came.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::payload::{Content, Payload};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) struct Connection {
    stream: TcpStream,
    request: Option<Request>,
    /// Requests begun, ever.
    turns: u64,
    index: usize,
    /// With M: each M-th request asks the handler to sleep.
    sleep_every: Option<u64>,
}

struct Request {
    content: Content,
    begun: Instant,
    sent: usize,
    received: usize,
}

/// A request that came back whole and unchanged.
pub(crate) struct Answer {
    pub(crate) latency: Duration,
    /// The handler was asked to sleep.
    pub(crate) slept: bool,
}

impl Connection {
    pub(crate) fn open(
        addr: SocketAddr,
        index: usize,
        sleep_every: Option<u64>,
    ) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&addr, CONNECT_TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, request: None, turns: 0, index, sleep_every })
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.request.is_some()
    }

    /// Whether this is the connection that puts handlers to sleep, and so is not measured.
    pub(crate) fn is_sleeper(&self) -> bool {
        self.sleep_every.is_some()
    }

    /// Begins the next request.
    pub(crate) fn begin(&mut self, payload: &Payload) -> io::Result<()> {
        assert!(self.request.is_none(), "one request at a time");
        let content = match self.sleep_every {
            Some(every) if self.turns.is_multiple_of(every) => Content::Sleep,
            _ => Payload::window(self.index, self.turns),
        };
        self.turns += 1;
        let request = Request { content, begun: Instant::now(), sent: 0, received: 0 };
        self.request.insert(request).send(&self.stream, payload)
    }

    /// Goes on after an event: sends what is left, reads what is there. Any error is final.
    pub(crate) fn advance(
        &mut self,
        payload: &Payload,
        scratch: &mut [u8],
    ) -> io::Result<Option<Answer>> {
        if let Some(request) = &mut self.request {
            request.send(&self.stream, payload)?;
        }
        loop {
            let count = match (&self.stream).read(scratch) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            let Some(request) = &mut self.request else {
                return Err(io::Error::other("bytes without a request"));
            };
            request.check(&scratch[..count], payload)?;
            if request.received == payload.size() {
                let slept = matches!(request.content, Content::Sleep);
                let answer = Answer { latency: request.begun.elapsed(), slept };
                self.request = None;
                return Ok(Some(answer));
            }
            if count < scratch.len() {
                return Ok(None);
            }
        }
    }
}

impl Request {
    fn send(&mut self, mut stream: &TcpStream, payload: &Payload) -> io::Result<()> {
        let bytes = payload.bytes(self.content);
        while self.sent < bytes.len() {
            match stream.write(&bytes[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    fn check(&mut self, bytes: &[u8], payload: &Payload) -> io::Result<()> {
        let end = self.received + bytes.len();
        if end > self.sent {
            return Err(io::Error::other("more bytes came back than were sent"));
        }
        if bytes != &payload.bytes(self.content)[self.received..end] {
            return Err(io::Error::other("other bytes came back than were sent"));
        }
        self.received = end;
        Ok(())
    }
}
