//! An answer before it is fitted to its connection: status, fields, body.

use std::fmt::{Display, Write};

use super::response::Body;
use super::status::Status;

/// A usual head, and the body of a small file behind it.
const HEAD_BYTES: usize = 2 * 1024;

pub(super) struct Reply {
    pub(super) status: Status,
    /// The status line and finished header lines, each with its CRLF.
    pub(super) head: String,
    pub(super) body: Body,
}

impl Reply {
    pub(super) fn new(status: Status, body: Body) -> Self {
        let mut head = String::with_capacity(HEAD_BYTES);
        for part in ["HTTP/1.1 ", status.line(), "\r\n"] {
            head.push_str(part);
        }
        Self { status, head, body }
    }

    /// The status as a small page, for a person to read.
    pub(super) fn page(status: Status) -> Self {
        let (line, explanation) = (status.line(), status.explanation());
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{line}</title>\n\
             <h1>{line}</h1>\n<p>{explanation}</p>\n</html>\n"
        );
        let reply = Self::new(status, Body::Bytes(page.into_bytes()));
        let reply = reply.content_type("text/html; charset=utf-8");
        match status {
            Status::MethodNotAllowed => reply.text_field("Allow", "GET, HEAD"),
            _ => reply,
        }
    }

    /// Browsers that guess past a declared type turn an uploaded picture into a script.
    pub(super) fn content_type(self, value: &str) -> Self {
        self.text_field("Content-Type", value).text_field("X-Content-Type-Options", "nosniff")
    }

    pub(super) fn field(mut self, name: &str, value: impl Display) -> Self {
        let start = self.begin_line(name);
        // Writing to a String cannot fail.
        let _ = write!(self.head, "{value}");
        self.end_line(start)
    }

    /// As [`Reply::field`], without the machinery of formatting.
    pub(super) fn text_field(mut self, name: &str, value: &str) -> Self {
        let start = self.begin_line(name);
        self.head.push_str(value);
        self.end_line(start)
    }

    fn begin_line(&mut self, name: &str) -> usize {
        let start = self.head.len();
        self.head.push_str(name);
        self.head.push_str(": ");
        start
    }

    fn end_line(mut self, start: usize) -> Self {
        let line = &self.head.as_bytes()[start..];
        // Without a branch for each byte.
        let bad = line.iter().fold(false, |bad, byte| bad | byte.is_ascii_control());
        assert!(!bad, "a header line of several");
        self.head.push_str("\r\n");
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: each page says its status twice, is HTML, and 405 alone says what is allowed.
    #[test]
    fn pages() {
        for status in [Status::NotFound, Status::MethodNotAllowed, Status::MovedPermanently] {
            let reply = Reply::page(status);
            let Body::Bytes(page) = reply.body else { panic!("a page of a file") };
            let page = String::from_utf8(page).unwrap();
            assert_eq!(page.matches(status.line()).count(), 2, "{page}");
            assert!(page.contains(status.explanation()));
            assert!(reply.head.contains("Content-Type: text/html; charset=utf-8\r\n"));
            assert!(reply.head.contains("X-Content-Type-Options: nosniff\r\n"));
            let allow = reply.head.contains("Allow: GET, HEAD\r\n");
            assert_eq!(allow, status == Status::MethodNotAllowed);
        }
    }

    /// Goal: a value can never open a header line of its own, whatever mistake is made elsewhere.
    #[test]
    #[should_panic = "a header line of several"]
    fn no_injection() {
        let _ = Reply::new(Status::Ok, Body::Empty).field("Location", "/\r\nSet-Cookie: a");
    }
}
