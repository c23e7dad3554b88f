//! The answer for content that is there: whole, in part, or by saying that the client has it.

use std::fs::File;

use rustix::fs::Stat;

use super::conditional::{self, Outcome};
use super::media;
use super::multipart;
use super::range::{self, Selection};
use super::reply::Reply;
use super::request::{Method, Request};
use super::response::{Body, Part};
use super::status::Status;
use super::validators::Validators;

/// `name` decides the content type; the file's own bytes are not looked at.
pub(super) fn of_file(
    request: &Request<'_>,
    (file, stat): (File, Stat),
    name: &[u8],
    now: i64,
) -> Reply {
    let current = Validators::of_file(&stat, now);
    if let Some(reply) = preconditions(request, &current) {
        return reply;
    }
    // A negative size does not exist; the type is the system call's.
    let len = u64::try_from(stat.st_size).unwrap_or(0);
    let content_type = media::content_type(name);
    let reply = match selection(request, &current, len) {
        Selection::Whole => {
            let part = Part::Range { offset: 0, len };
            let body = if len == 0 { Body::Empty } else { Body::File { file, parts: vec![part] } };
            Reply::new(Status::Ok, body).content_type(&content_type)
        }
        Selection::Unsatisfiable => {
            let reply = Reply::page(Status::RangeNotSatisfiable);
            return reply.field("Content-Range", format_args!("bytes */{len}"));
        }
        Selection::Spans(spans) => partial(file, &spans, &content_type, len),
    };
    current.describe(reply).text_field("Accept-Ranges", "bytes")
}

/// A generated page: conditional like a file, but always whole.
pub(super) fn of_page(request: &Request<'_>, page: Vec<u8>) -> Reply {
    let current = Validators::of_page(&page);
    if let Some(reply) = preconditions(request, &current) {
        return reply;
    }
    let reply = Reply::new(Status::Ok, Body::Bytes(page));
    current.describe(reply.content_type("text/html; charset=utf-8"))
}

/// The answer, if it is settled without the content.
fn preconditions(request: &Request<'_>, current: &Validators) -> Option<Reply> {
    match conditional::evaluate(&request.fields, current) {
        Outcome::Proceed => None,
        Outcome::NotModified => {
            Some(current.describe(Reply::new(Status::NotModified, Body::Empty)))
        }
        Outcome::Failed => Some(Reply::page(Status::PreconditionFailed)),
    }
}

/// Ranges are defined for GET alone (RFC 9110 section 14.2), so HEAD describes the whole.
fn selection(request: &Request<'_>, current: &Validators, len: u64) -> Selection {
    match request.fields.only("range") {
        Some(value)
            if request.method == Method::Get
                && conditional::range_applies(&request.fields, current) =>
        {
            range::select(value, len)
        }
        _ => Selection::Whole,
    }
}

/// A single range goes without the multipart wrapping (section 15.3.7.2 requires it).
fn partial(file: File, spans: &[range::Span], content_type: &str, len: u64) -> Reply {
    if let [span] = spans {
        let parts = vec![Part::Range { offset: span.first, len: span.len() }];
        return Reply::new(Status::PartialContent, Body::File { file, parts })
            .content_type(content_type)
            .field("Content-Range", format_args!("bytes {}-{}/{len}", span.first, span.last));
    }
    let (content_type, parts) = multipart::compose(spans, content_type, len);
    Reply::new(Status::PartialContent, Body::File { file, parts }).content_type(&content_type)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Folder, NOW};

    const GET: &str = "GET /ten.txt HTTP/1.1\r\nHost: a\r\n";

    /// Goal: each outcome of the range rules is answered with its status, body and fields.
    #[test]
    fn ranges() {
        let folder = Folder::new();
        folder.write("ten.txt", b"0123456789", NOW - 1000);
        let table = [
            ("", 200, "0123456789", ""),
            ("Range: bytes=2-4\r\n", 206, "234", "Content-Range: bytes 2-4/10\r\n"),
            ("Range: bytes=-3\r\n", 206, "789", "Content-Range: bytes 7-9/10\r\n"),
            ("Range: bytes=1-2,10-\r\n", 206, "12", "Content-Range: bytes 1-2/10\r\n"),
            ("Range: bytes=0-,0-\r\n", 200, "0123456789", ""),
            ("Range: bytes=0-1\r\nRange: bytes=0-1\r\n", 200, "0123456789", ""),
            ("Range: bytes=0-1\r\nIf-Range: \"x\"\r\n", 200, "0123456789", ""),
        ];
        for (lines, status, body, field) in table {
            let seen = folder.ask(&format!("{GET}{lines}\r\n"));
            assert_eq!((seen.status, seen.text().as_str()), (status, body), "{lines}");
            assert!(seen.head.contains("Content-Type: text/plain; charset=utf-8\r\n"));
            assert!(seen.head.contains("Accept-Ranges: bytes\r\nDate"), "{}", seen.head);
            assert!(seen.head.contains("ETag: \"") && seen.head.contains("Last-Modified: "));
            assert_eq!(seen.head.contains("Content-Range"), !field.is_empty());
            assert!(seen.head.contains(field), "{}", seen.head);
        }
        let seen = folder.ask(&format!("{GET}Range: bytes=10-\r\n\r\n"));
        assert_eq!(seen.status, 416);
        assert!(seen.head.contains("Content-Range: bytes */10\r\n"), "{}", seen.head);
    }

    /// Goal: several ranges are one multipart body of the announced length.
    #[test]
    fn several_ranges() {
        let folder = Folder::new();
        folder.write("ten.txt", b"0123456789", NOW - 1000);
        let seen = folder.ask(&format!("{GET}Range: bytes=7-8,0-0\r\n\r\n"));
        let (_, boundary) = seen.head.split_once("multipart/byteranges; boundary=").unwrap();
        let boundary = boundary.split("\r\n").next().unwrap();
        let part = |range, bytes| {
            let media = "Content-Type: text/plain; charset=utf-8";
            format!("--{boundary}\r\n{media}\r\nContent-Range: bytes {range}/10\r\n\r\n{bytes}\r\n")
        };
        let want = format!("{}{}--{boundary}--\r\n", part("7-8", "78"), part("0-0", "0"));
        assert_eq!((seen.status, seen.text()), (206, want));
        assert_eq!(seen.head.matches("Content-Range").count(), 0);
    }

    /// Goal: HEAD ignores ranges, keeps preconditions, and an empty file has no body to open.
    #[test]
    fn head_and_empty() {
        let folder = Folder::new();
        folder.write("ten.txt", b"0123456789", NOW - 1000);
        folder.write("none", b"", NOW - 1000);
        let get = folder.ask(&format!("{GET}\r\n"));
        let range = "HEAD /ten.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n";
        let head = folder.ask(range);
        assert_eq!((head.status, head.head, head.body.len()), (200, get.head, 0));
        let none = folder.ask("GET /none HTTP/1.1\r\nHost: a\r\nRange: bytes=0-\r\n\r\n");
        assert_eq!(none.status, 200);
        assert!(none.head.contains("Content-Length: 0\r\n"));
    }

    /// Goal: 304 names the content and has no body; 412 is a page; a listing is conditional too.
    #[test]
    fn conditions() {
        let folder = Folder::new();
        folder.write("ten.txt", b"0123456789", NOW - 1000);
        let tag_of = |head: &str| {
            head.split("ETag: ").nth(1).unwrap().split("\r\n").next().unwrap().to_owned()
        };
        for path in ["/ten.txt", "/"] {
            let get = format!("GET {path} HTTP/1.1\r\nHost: a\r\n");
            let tag = tag_of(&folder.ask(&format!("{get}\r\n")).head);
            let same =
                folder.ask(&format!("{get}If-None-Match: {tag}\r\nRange: bytes=0-1\r\n\r\n"));
            assert_eq!((same.status, same.body.len()), (304, 0), "{path}");
            assert_eq!(tag_of(&same.head), tag);
            assert!(!same.head.contains("Content-"), "{}", same.head);
            assert!(same.keep_alive);
            let other = folder.ask(&format!("{get}If-Match: \"x\"\r\n\r\n"));
            assert_eq!(other.status, 412);
        }
    }
}
