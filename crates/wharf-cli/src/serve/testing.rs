//! For the tests beside this file: a folder to serve, a client without a socket, random bytes.

#![cfg_attr(fuzzing, allow(dead_code, reason = "the fuzz target talks, and builds nothing"))]

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::response::{Body, Part, Response};
use super::session::{Next, Session};
use super::site::Site;

/// The time at which every test asks.
pub(super) const NOW: i64 = 1_700_000_000;

pub(super) struct Folder {
    dir: tempfile::TempDir,
    pub(super) site: Arc<Site>,
}

/// A response as a client reads it, its boundary made predictable.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    pub(super) keep_alive: bool,
}

impl Folder {
    pub(super) fn new() -> Self {
        Self::served_by(Site::open)
    }

    #[cfg(test)]
    pub(super) fn walking() -> Self {
        Self::served_by(Site::open_walking)
    }

    fn served_by(open: fn(&Path) -> std::io::Result<Site>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let site = Arc::new(open(dir.path()).unwrap());
        Self { dir, site }
    }

    pub(super) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn write(&self, name: impl AsRef<Path>, bytes: &[u8], modified: i64) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let since_1970 = Duration::from_secs(modified.try_into().unwrap());
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(UNIX_EPOCH + since_1970).unwrap();
    }

    /// The one answer to one request.
    pub(super) fn ask(&self, request: &str) -> Seen {
        let mut seen = self.talk(request.as_bytes());
        assert_eq!(seen.len(), 1, "{request:?}: {seen:?}");
        seen.remove(0)
    }

    pub(super) fn talk(&self, bytes: &[u8]) -> Vec<Seen> {
        self.talk_in(&[bytes])
    }

    pub(super) fn talk_in(&self, pieces: &[&[u8]]) -> Vec<Seen> {
        let mut session = Session::new(Arc::clone(&self.site));
        let mut seen = Vec::new();
        for piece in pieces {
            session.feed(piece);
            while let Next::Respond(response) = session.next_at(NOW) {
                seen.push(Seen::of(response));
            }
        }
        seen
    }
}

impl Seen {
    fn of(response: Response) -> Self {
        let mut head = String::from_utf8(response.head).unwrap();
        let mut body = match response.body {
            Body::Empty => Vec::new(),
            Body::Bytes(bytes) => bytes,
            Body::File { file, parts } => {
                parts.into_iter().flat_map(|part| Self::part(&file, part)).collect()
            }
        };
        let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
        let announced =
            head.split("Content-Length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        if !body.is_empty() {
            assert_eq!(announced.unwrap(), body.len().to_string(), "{head}");
        }
        assert_eq!(announced.is_none(), status == 304, "{head}");
        let boundary = head.split("boundary=").nth(1).and_then(|rest| rest.split("\r\n").next());
        if let Some(boundary) = boundary.map(str::to_owned) {
            let fixed = "b".repeat(boundary.len());
            body = String::from_utf8(body).unwrap().replace(&boundary, &fixed).into_bytes();
            head = head.replace(&boundary, &fixed);
        }
        Self { status, head, body, keep_alive: response.keep_alive }
    }

    fn part(file: &fs::File, part: Part) -> Vec<u8> {
        match part {
            Part::Bytes(bytes) => bytes,
            Part::Range { offset, len } => {
                assert!(len > 0);
                let mut bytes = vec![0; len.try_into().unwrap()];
                file.read_exact_at(&mut bytes, offset).unwrap();
                bytes
            }
        }
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// Xorshift, from a seed that is printed and that `WHARF_SEED` sets.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn seeded() -> Self {
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
        let given = std::env::var("WHARF_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| u64::from(clock()));
        println!("WHARF_SEED={seed}");
        Self(seed | 1 << 40)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }

    fn word(&mut self, alphabet: &[u8]) -> Vec<u8> {
        let len = self.below(30);
        (0..len).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }

    /// A field whose value is made of the right characters in any order.
    fn odd_field(&mut self) -> Vec<u8> {
        let (name, alphabet): (&[u8], &[u8]) = match self.below(6) {
            0 => (b"Range: bytes=", b"0123456789-, "),
            1 => (b"If-None-Match: ", b"W/\"\"*, ax"),
            2 => (b"If-Range: ", b"W/\"a"),
            3 => (b"Connection: ", b"close, keep-alive"),
            4 => (b"Content-Length: ", b"0123456789+ ,"),
            _ => return Vec::new(),
        };
        [name, &self.word(alphabet), b"\r\n"].concat()
    }

    /// Some requests, most of them good, strung together and then sometimes damaged.
    pub(super) fn conversation(&mut self) -> Vec<u8> {
        let lines = [
            "GET /a HTTP/1.1\r\n",
            "GET /a HTTP/1.1\r\n",
            "HEAD /d/ HTTP/1.1\r\n",
            "GET /d HTTP/1.0\r\n",
            "GET /%2e%2e/x?y HTTP/1.1\r\n",
            "POST /a HTTP/1.1\r\n",
            "\r\nGET http://b/d/b.html HTTP/1.1\r\n",
            "PRI * HTTP/2.0\r\n",
        ];
        let fields = [
            "Range: bytes=0-1,5-\r\n",
            "Range: bytes=-3\r\n",
            "Content-Length: 4\r\n\r\nbody",
            "Content-Length: 4\r\n",
            "Transfer-Encoding: chunked\r\n",
            "If-None-Match: \"x\", W/\"y\"\r\n",
            "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n",
            "Connection: keep-alive\r\n",
            "Expect: 100-continue\r\n",
            "X: y\n",
        ];
        let mut bytes = Vec::new();
        for _ in 0..=self.below(4) {
            match self.below(lines.len() + 2) {
                at if at < lines.len() => bytes.extend_from_slice(lines[at].as_bytes()),
                _ => bytes.extend(
                    [b"GET /", self.word(b"/.%25e?#ad\\").as_slice(), b" HTTP/1.1\r\n"].concat(),
                ),
            }
            bytes.extend_from_slice(b"Host: a\r\n");
            bytes.extend_from_slice(&self.odd_field());
            for _ in 0..self.below(3) {
                bytes.extend_from_slice(fields[self.below(fields.len())].as_bytes());
            }
            bytes.extend_from_slice(b"\r\n");
        }
        for _ in 0..self.below(3) * self.below(3) {
            let (at, byte) = (self.below(bytes.len()), self.byte());
            match self.below(3) {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.drain(at..(at + self.below(9)).min(bytes.len()))),
            }
            if bytes.is_empty() {
                bytes.push(byte);
            }
        }
        bytes
    }
}
