//! What the driver sends: the bytes of the head, the body, and whether the connection goes on.

use std::fs::File;

use super::date;
use super::reply::Reply;
use super::status::Status;

/// One answer. `head` ends with its empty line; `body` is sent after it, in order.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) head: Vec<u8>,
    pub(crate) body: Body,
    /// If false, the session has ended: send, shut down the sending side, read what the client
    /// still sends for a moment and drop it, close. Closing at once would reset the connection
    /// under an answer that the client has not read yet (RFC 9112 section 9.6).
    pub(crate) keep_alive: bool,
}

/// The announced Content-Length is the sum of the parts. If the file turns out shorter, because
/// somebody cut it meanwhile, only closing the connection tells the client.
#[derive(Debug)]
pub(crate) enum Body {
    Empty,
    Bytes(Vec<u8>),
    /// `parts` holds at least one range.
    File {
        file: File,
        parts: Vec<Part>,
    },
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Bytes(Vec<u8>),
    /// A piece of the body's file; `len` is at least 1 and may be many GB.
    Range {
        offset: u64,
        len: u64,
    },
}

/// What a reply must know of its request and connection to become a response.
pub(super) struct Manner {
    pub(super) head_only: bool,
    pub(super) minor: u8,
    pub(super) keep_alive: bool,
}

impl Response {
    pub(super) fn new(reply: Reply, manner: &Manner, now: i64) -> Self {
        let (status, length) = (reply.status, reply.body.len());
        let reply = match date::format_now(now) {
            Some(date) => reply.text_field("Date", &date),
            // RFC 9110 section 6.6.1: without a clock that makes sense, no Date.
            None => reply,
        };
        let reply = reply.text_field("Server", "wharf");
        let mut reply = match status {
            // Its length would have to be that of the 200 (section 8.6); the client knows that one.
            Status::NotModified => reply,
            _ => reply.field("Content-Length", length),
        };
        reply = match (manner.keep_alive, manner.minor) {
            (false, _) => reply.text_field("Connection", "close"),
            (true, 0) => reply.text_field("Connection", "keep-alive"),
            (true, _) => reply,
        };
        reply.head.push_str("\r\n");
        Self {
            head: reply.head.into_bytes(),
            body: if manner.head_only { Body::Empty } else { reply.body },
            keep_alive: manner.keep_alive,
        }
    }

    /// The answer to what cannot be read as a request; the end of the connection.
    pub(super) fn refusal(status: Status, now: i64) -> Self {
        let manner = Manner { head_only: false, minor: 1, keep_alive: false };
        Self::new(Reply::page(status), &manner, now)
    }
}

impl Body {
    fn len(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { parts, .. } => parts.iter().map(Part::len).sum(),
        }
    }
}

impl Part {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Range { len, .. } => *len,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(status: Status, body: Body, manner: &Manner, now: i64) -> (String, Body) {
        let response = Response::new(Reply::new(status, body).field("A", "b"), manner, now);
        (String::from_utf8(response.head).unwrap(), response.body)
    }

    /// Goal: the whole head, byte for byte, of each kind of connection; HEAD differs in the body
    /// only.
    #[test]
    fn heads() {
        let date = "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: wharf\r\n";
        let table = [
            (1, true, ""),
            (0, true, "Connection: keep-alive\r\n"),
            (1, false, "Connection: close\r\n"),
            (0, false, "Connection: close\r\n"),
        ];
        for (minor, keep_alive, line) in table {
            let want = format!("HTTP/1.1 200 OK\r\nA: b\r\n{date}Content-Length: 3\r\n{line}\r\n");
            for head_only in [false, true] {
                let manner = Manner { head_only, minor, keep_alive };
                let (head, body) = head_of(Status::Ok, Body::Bytes(b"abc".to_vec()), &manner, 0);
                assert_eq!(head, want);
                assert_eq!(matches!(body, Body::Empty), head_only);
            }
        }
    }

    /// Goal: no length with 304, no date from an impossible clock, the parts of a file summed.
    #[test]
    fn exceptions() {
        let manner = Manner { head_only: false, minor: 1, keep_alive: true };
        let (head, _) = head_of(Status::NotModified, Body::Empty, &manner, -1);
        assert_eq!(head, "HTTP/1.1 304 Not Modified\r\nA: b\r\nServer: wharf\r\n\r\n");
        let file = tempfile::tempfile().unwrap();
        let parts = vec![Part::Bytes(b"ab".to_vec()), Part::Range { offset: 7, len: 1 << 40 }];
        let (head, _) = head_of(Status::Ok, Body::File { file, parts }, &manner, 0);
        assert!(head.contains("Content-Length: 1099511627778\r\n"), "{head}");
        assert!(!Response::refusal(Status::BadRequest, 0).keep_alive);
    }
}
