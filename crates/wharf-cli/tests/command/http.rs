//! A client that shows everything: raw requests out, whole responses in.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use crate::process::{PATIENCE, Server};

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    reader: BufReader<TcpStream>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// A GET request that keeps the connection.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

impl Response {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| {
            line.split_once(": ").is_some_and(|(field, _)| field.eq_ignore_ascii_case(name))
        })?;
        line.split_once(": ").map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn length(&self) -> u64 {
        self.field("Content-Length").expect("a length").parse().unwrap()
    }
}

impl Client {
    pub(crate) fn new(server: &Server) -> Client {
        let stream = TcpStream::connect(server.addr).expect("a connection");
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let reader = BufReader::with_capacity(64 * 1024, stream.try_clone().unwrap());
        Client { stream, reader }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("the server takes what is sent");
    }

    pub(crate) fn finish_sending(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// One whole response to anything but HEAD.
    pub(crate) fn receive(&mut self) -> Response {
        let mut response = self.receive_head();
        if response.status != 304 {
            response.body = vec![0; response.length().try_into().unwrap()];
            self.reader.read_exact(&mut response.body).unwrap_or_else(|error| {
                panic!("the body of {}: {error}", response.head);
            });
        }
        response
    }

    pub(crate) fn ask(&mut self, request: impl AsRef<[u8]>) -> Response {
        self.send(request);
        self.receive()
    }

    pub(crate) fn receive_head(&mut self) -> Response {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let read = self.reader.read_until(b'\n', &mut head).unwrap_or_else(|error| {
                panic!("a response's head: {error}, after {:?}", head.escape_ascii().to_string());
            });
            assert!(read > 0, "the connection ended after {:?}", head.escape_ascii().to_string());
        }
        let head = String::from_utf8(head).expect("a head of text");
        let status = head.strip_prefix("HTTP/1.1 ").unwrap_or_else(|| panic!("a head: {head:?}"));
        let status = status[..3].parse().unwrap();
        Response { status, head, body: Vec::new() }
    }

    pub(crate) fn read(&mut self, memory: &mut [u8]) -> usize {
        loop {
            match self.reader.read(memory) {
                // A wait with a time-out ends like this when the process is stopped and goes on (signal(7)).
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => return read.expect("bytes of the body"),
            }
        }
    }

    /// Reads so many bytes of a body and checks that they are zeros.
    pub(crate) fn skip_zeros(&mut self, len: u64) {
        let mut left = len;
        let (zeros, mut memory) = (vec![0; 1 << 20], vec![0; 1 << 20]);
        while left > 0 {
            let room = memory.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let read = self.read(&mut memory[..room]);
            assert!(read > 0, "the body ended {left} bytes early");
            assert!(memory[..read] == zeros[..read], "a byte that is no zero");
            left -= read as u64;
        }
    }

    /// What comes before the end of the connection, which must be one in order.
    pub(crate) fn read_to_end(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.reader.read_to_end(&mut rest).expect("the connection ends in order");
        rest
    }

    /// That the server has closed, and has sent nothing more.
    pub(crate) fn expect_end(&mut self) {
        let rest = self.read_to_end();
        assert!(rest.is_empty(), "then came {}", rest.escape_ascii());
    }

    /// That the connection is over, in order or not; answers how many bytes came before.
    pub(crate) fn drain(&mut self) -> u64 {
        let mut memory = vec![0; 1 << 20];
        let mut total = 0;
        loop {
            match self.reader.read(&mut memory) {
                Ok(0) => return total,
                Ok(read) => total += read as u64,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return total,
                Err(error) => panic!("the end of the connection: {error}"),
            }
        }
    }
}
