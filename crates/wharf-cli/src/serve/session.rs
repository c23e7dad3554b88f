//! One connection's side of the conversation: bytes in, responses out, one after the other.
//!
//! *Protocol*: the driver calls `next` until it says `NeedMore`, then receives, `feed`s what it
//! got and begins again. It sends each response whole before it asks for the next; so a client
//! that does not read its answers is not read either. After a response without `keep_alive` the
//! session is deaf.
//!
//! *Invariants*
//! 1. `input[start..]` begins at the first byte of a head, or of `skip` bytes of body before it.
//! 2. If the driver feeds after `NeedMore` only, `input` holds less than a head and one piece.

use std::sync::Arc;

use super::date;
use super::exchange;
use super::head::{HeadScan, Scan};
use super::response::Response;
use super::site::Site;
use super::status::Status;

/// What an idle connection may keep: enough for the next request of a browser.
const IDLE_BYTES: usize = 4 * 1024;

#[derive(Debug)]
pub(crate) enum Next {
    /// Nothing to send until more bytes come.
    NeedMore,
    Respond(Response),
}

pub(crate) struct Session {
    site: Arc<Site>,
    input: Vec<u8>,
    /// Bytes of `input` that are done with; cut off at the next `feed`, not at each request, which
    /// would move the rest of a pipeline once per request.
    start: usize,
    scan: HeadScan,
    /// Bytes of the last request's body still to come.
    skip: u64,
    closed: bool,
    /// The next answer is to be the last.
    ending: bool,
}

impl Session {
    pub(crate) fn new(site: Arc<Site>) -> Self {
        let (input, scan) = (Vec::new(), HeadScan::default());
        Self { site, input, start: 0, scan, skip: 0, closed: false, ending: false }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        if self.closed {
            return;
        }
        self.input.drain(..self.start);
        self.start = 0;
        self.input.extend_from_slice(bytes);
    }

    pub(crate) fn next(&mut self) -> Next {
        self.next_at(date::now())
    }

    /// The next answer will say that it is the last: the server is about to end.
    pub(crate) fn end(&mut self) {
        self.ending = true;
    }

    /// Whether part of a request is there, after `NeedMore`.
    pub(crate) fn has_begun(&self) -> bool {
        self.scan.begun()
    }

    /// The answer to a client that has been silent for too long; `None`, close without a word, if
    /// it owes no part of a request: a 408 between two requests could be taken for the answer to
    /// the one that is just on its way.
    pub(crate) fn timed_out(&mut self) -> Option<Response> {
        let owes = self.scan.begun() && !self.closed;
        self.closed = true;
        owes.then(|| Response::refusal(Status::RequestTimeout, date::now()))
    }

    /// `next` at a given time, for which the tests ask.
    pub(super) fn next_at(&mut self, now: i64) -> Next {
        if self.closed {
            return Next::NeedMore;
        }
        self.skip_body();
        let pending = &self.input[self.start..];
        let response = match self.scan.advance(pending) {
            Scan::Partial => {
                self.rest();
                return Next::NeedMore;
            }
            Scan::Refused(status) => Response::refusal(status, now),
            Scan::Complete(len) => {
                let (response, body) =
                    exchange::respond(&self.site, &pending[..len], self.ending, now);
                self.start += len;
                self.scan = HeadScan::default();
                self.skip = body;
                response
            }
        };
        self.closed = !response.keep_alive;
        Next::Respond(response)
    }

    /// A connection may now be silent for long, and there may be many.
    fn rest(&mut self) {
        if self.start == self.input.len() {
            self.input.clear();
            self.input.shrink_to(IDLE_BYTES);
            self.start = 0;
        }
    }

    fn skip_body(&mut self) {
        let pending = self.input.len() - self.start;
        let there = usize::try_from(self.skip).map_or(pending, |skip| skip.min(pending));
        self.start += there;
        self.skip -= there as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Folder, NOW, Random, Seen};
    use super::*;

    const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

    fn folder() -> Folder {
        let folder = Folder::new();
        folder.write("a", b"0123456789", NOW - 1000);
        folder.write("d/b.html", b"<p>", NOW);
        folder
    }

    fn statuses(seen: &[Seen]) -> Vec<u16> {
        seen.iter().map(|seen| seen.status).collect()
    }

    /// Goal: pipelined requests are answered in order, bodies are no requests, and nothing behind a
    /// closing answer is heard.
    #[test]
    fn pipelines() {
        let folder = folder();
        let bad: &[u8] = b"GET /a HTTP/1.1\r\n\r\n";
        let none: &[u8] = b"\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\n";
        let post =
            [b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 29\r\n\r\n", GET, b"!"].concat();
        let table: [(&[&[u8]], &[u16]); 6] = [
            (&[], &[]),
            (&[GET, none, GET], &[200, 404, 200]),
            (&[GET, &GET[..20]], &[200]),
            (&[&post, none], &[405, 404]),
            (&[GET, bad, GET, GET], &[200, 400]),
            (&[GET, b"\r\n\r\n", GET], &[200, 400]),
        ];
        for (pieces, want) in table {
            assert_eq!(statuses(&folder.talk(&pieces.concat())), want);
        }
    }

    /// Goal: what each attempt to smuggle a request yields: one refusal, then silence.
    #[test]
    fn smuggling() {
        let folder = folder();
        let hidden = String::from_utf8(GET.to_vec()).unwrap();
        let table = [
            ("Content-Length: 29\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("Content-Length: 0\r\nContent-Length: 29\r\n\r\n", 400),
            ("Content-Length: 0, 29\r\n\r\n", 400),
            ("Content-Length : 29\r\n\r\n", 400),
            ("X: y\r\n Content-Length: 29\r\n\r\n", 400),
            ("X: y\nContent-Length: 29\r\n\r\n", 400),
            ("X: y\rContent-Length: 29\r\n\r\n", 400),
            ("X: y\r\n\n", 400),
            ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
            ("Transfer-Encoding:\x0bchunked\r\n\r\n", 400),
            ("Content-Length: \x0029\r\n\r\n", 400),
        ];
        for (fields, want) in table {
            let bytes = format!("GET /a HTTP/1.1\r\nHost: a\r\n{fields}{hidden}");
            assert_eq!(statuses(&folder.talk(bytes.as_bytes())), [want], "{fields:?}");
        }
    }

    /// Goal: 408 exactly while part of a head is there; then the session is over.
    #[test]
    fn time_outs() {
        let folder = folder();
        let body = b"GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234";
        let table: [(&[u8], bool); 8] = [
            (b"", false),
            (b"\r\n", false),
            (b"G", true),
            (b"\r\nGET / HTTP/1.1\r\n", true),
            (GET, false),
            (body, false),
            (b"GET / HTTP/1.1\r\n\r\n", false),
            (b"GET /\n", false),
        ];
        for (bytes, told) in table {
            let mut session = Session::new(Arc::clone(&folder.site));
            session.feed(bytes);
            while let Next::Respond(_) = session.next() {}
            let response = session.timed_out();
            assert_eq!(response.is_some(), told, "{:?}", String::from_utf8_lossy(bytes));
            if let Some(response) = response {
                assert!(response.head.starts_with(b"HTTP/1.1 408 ") && !response.keep_alive);
            }
            session.feed(GET);
            assert!(matches!(session.next(), Next::NeedMore));
        }
    }

    /// Goal: once told to end, the session answers one more request and says that it was the last.
    #[test]
    fn ending() {
        let folder = folder();
        let mut session = Session::new(Arc::clone(&folder.site));
        session.feed(&GET.repeat(3));
        let Next::Respond(first) = session.next() else { panic!("no answer") };
        assert!(first.keep_alive && !session.has_begun());
        session.end();
        let Next::Respond(last) = session.next() else { panic!("no answer") };
        assert!(!last.keep_alive && last.head.ends_with(b"Connection: close\r\n\r\n"));
        assert!(matches!(session.next(), Next::NeedMore));
    }

    /// Goal: what is answered is not kept, and neither is a large buffer when nothing is pending.
    #[test]
    fn memory() {
        let folder = folder();
        let mut session = Session::new(Arc::clone(&folder.site));
        session.feed(&GET.repeat(1000));
        while let Next::Respond(_) = session.next() {}
        assert!(session.input.is_empty() && session.input.capacity() <= IDLE_BYTES);
        session.feed(GET);
        assert!(matches!(session.next(), Next::Respond(_)));
        session.feed(b"G");
        assert_eq!(session.input, b"G");
        session.feed(&vec![b'G'; 1 << 20]);
        assert!(matches!(session.next(), Next::Respond(_)));
        session.feed(&vec![b'G'; 1 << 20]);
        assert!(session.input.len() <= (1 << 20) + 1, "deaf");
    }

    /// Goal: no input panics, and how it is cut changes no answer. Method: valid and hostile
    /// pieces, strung together, mutated, and fed whole, byte by byte and cut at random.
    #[test]
    fn cuts_change_nothing() {
        let folder = folder();
        let mut random = Random::seeded();
        for _ in 0..3000 {
            let bytes = random.conversation();
            let whole = folder.talk(&bytes);
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(folder.talk_in(&single), whole, "{}", bytes.escape_ascii());
            let mut cut = Vec::new();
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let (piece, tail) = rest.split_at(random.below(rest.len().min(60)) + 1);
                cut.push(piece);
                rest = tail;
            }
            assert_eq!(folder.talk_in(&cut), whole, "{}", bytes.escape_ascii());
        }
    }
}
