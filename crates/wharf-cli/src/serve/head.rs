//! The search for the end of a request head, one byte at a time.
//!
//! Everything that can be refused by looking at single bytes is refused here, at the first byte
//! that proves it: a TLS greeting or a line that ends in a bare LF gets its 400 at once instead of
//! waiting for an end that never comes. Since no byte is looked at twice, a client that sends its
//! head byte by byte costs no more than one that sends it whole; what the head *says* is
//! `request`'s business, once, when it is complete.
//!
//! *Invariants*
//! 1. The verdict on a byte depends on the bytes before it only, never on those that came with it.
//! 2. In a complete head every CR is followed by LF and every LF preceded by CR, no other control
//!    byte but TAB occurs, and the only empty lines are the last and at most one before the first.
//!    `httparse` reads a bare LF as a line end; front ends that do not are why we must never let
//!    it.

use super::status::Status;

/// The whole head, request line included: where Node.js draws the line too, so clients stay below.
const HEAD_BYTES: usize = 16 * 1024;

/// RFC 9112 section 3 asks recipients for at least 8000.
const REQUEST_LINE_BYTES: usize = 8 * 1024;

/// How far the search has come in the pending bytes. A new head needs a new one.
#[derive(Default)]
pub(super) struct HeadScan {
    examined: usize,
    /// Finished lines, not counting an empty one before the request line.
    lines: usize,
    /// Bytes of the unfinished line.
    line_len: usize,
    after_cr: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scan {
    Partial,
    /// The head is the first so many bytes.
    Complete(usize),
    /// No continuation can make these bytes a request.
    Refused(Status),
}

impl HeadScan {
    /// Looks at the bytes not seen yet. `pending` starts at the same byte on every call.
    pub(super) fn advance(&mut self, pending: &[u8]) -> Scan {
        assert!(self.examined <= pending.len(), "pending bytes were taken away from the scan");
        for &byte in &pending[self.examined..] {
            match self.step(byte) {
                Ok(false) => {}
                Ok(true) => return Scan::Complete(self.examined),
                Err(status) => return Scan::Refused(status),
            }
        }
        Scan::Partial
    }

    /// Whether a request has been started; a lone CRLF is only the tail of the one before.
    pub(super) fn begun(&self) -> bool {
        self.lines > 0 || self.line_len > 0
    }

    /// True at the byte that ends the head.
    fn step(&mut self, byte: u8) -> Result<bool, Status> {
        self.examined += 1;
        if self.examined > HEAD_BYTES {
            return Err(Status::FieldsTooLarge);
        }
        match (byte, self.after_cr) {
            (b'\n', true) => return self.end_line(),
            (_, true) => return Err(Status::BadRequest),
            (b'\r', false) => self.after_cr = true,
            (b'\t', false) => self.line_len += 1,
            // A bare LF is among these.
            (_, false) if byte.is_ascii_control() => return Err(Status::BadRequest),
            (_, false) => self.line_len += 1,
        }
        if self.lines == 0 && self.line_len > REQUEST_LINE_BYTES {
            return Err(Status::UriTooLong);
        }
        Ok(false)
    }

    fn end_line(&mut self) -> Result<bool, Status> {
        self.after_cr = false;
        if self.line_len > 0 {
            self.lines += 1;
            self.line_len = 0;
            return Ok(false);
        }
        // RFC 9112 section 2.2: one empty line before a request is forgiven, because old clients
        // send it after a body. A stream of them is not.
        let leading = self.lines == 0;
        if leading && self.examined > 2 {
            return Err(Status::BadRequest);
        }
        Ok(!leading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(bytes: &[u8]) -> Scan {
        HeadScan::default().advance(bytes)
    }

    /// Goal: the end of a head is where RFC 9112 puts it, and nothing else ends or spoils one.
    /// Method: a table of whole inputs.
    #[test]
    fn verdicts() {
        let bad = || Scan::Refused(Status::BadRequest);
        let table: &[(&[u8], Scan)] = &[
            (b"", Scan::Partial),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r", Scan::Partial),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", Scan::Complete(27)),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET", Scan::Complete(27)),
            (b"\r\nGET / HTTP/1.0\r\n\r\n", Scan::Complete(20)),
            (b"\r\n", Scan::Partial),
            (b"\r\n\r\n", bad()),
            (b"\n", bad()),
            (b"GET / HTTP/1.1\n", bad()),
            (b"GET / HTTP/1.1\r\nA: b\n\r\n", bad()),
            (b"GET / HTTP/1.1\r\nA: b\r\r\n", bad()),
            (b"GET / HTTP/1.1\rHost", bad()),
            (b"GET / HTTP/1.1\r\nA:\tb\r\n\r\n", Scan::Complete(24)),
            (b"GET / HTTP/1.1\r\nA: \0", bad()),
            (b"GET / HTTP/1.1\r\nA: \x7f", bad()),
            (b"\x16\x03\x01\x02", bad()),
        ];
        for (bytes, want) in table {
            assert_eq!(scan(bytes), *want, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    /// Goal: each limit lets its last byte pass and refuses the next.
    #[test]
    fn limits() {
        let line = |n| [b"GET /".to_vec(), vec![b'a'; n]].concat();
        assert_eq!(scan(&line(REQUEST_LINE_BYTES - 5)), Scan::Partial);
        assert_eq!(scan(&line(REQUEST_LINE_BYTES - 4)), Scan::Refused(Status::UriTooLong));

        let start: &[u8] = b"GET / HTTP/1.1\r\nA: ";
        let head = |n| [start, &vec![b'a'; n - start.len() - 4], b"\r\n\r\n"].concat();
        assert_eq!(scan(&head(HEAD_BYTES)), Scan::Complete(HEAD_BYTES));
        assert_eq!(scan(&head(HEAD_BYTES + 1)), Scan::Refused(Status::FieldsTooLarge));
    }

    /// Goal: invariant 1. Method: the same head whole and byte by byte.
    #[test]
    fn pieces_change_nothing() {
        let bytes = b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut scan = HeadScan::default();
        for end in 0..bytes.len() {
            assert_eq!(scan.advance(&bytes[..end]), Scan::Partial, "{end}");
            assert_eq!(scan.begun(), end > 2, "{end}");
        }
        assert_eq!(scan.advance(bytes), Scan::Complete(bytes.len()));
    }
}
