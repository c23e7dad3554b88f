//! What a complete request head says, read by `httparse` and narrowed to what the rules ask.
//!
//! A later version of HTTP/1 than ours is read as HTTP/1.1 ([`in_a_known_version`]).
//! `httparse` already refuses white space before a colon, folded lines and names that are not
//! tokens; `head` has refused line ends it would forgive. What is left here is the version, the
//! method's standing and the count of lines.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use httparse::{Error, Header};

use super::status::Status;

/// Lines of the header. Browsers send about twenty; behind two proxies, forty.
pub(super) const FIELD_LINES: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    /// 405 for a method that HTTP defines (RFC 9110 section 9, and PATCH), since we know it and do
    /// not allow it on any file; 501 for any other token, since we do not know it (section 9.1).
    Refused(Status),
}

/// Borrowed from the head; `fields` from the slots that the caller lent to `parse`.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) method: Method,
    pub(super) target: &'a str,
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    pub(super) minor: u8,
    pub(super) fields: Fields<'a>,
}

/// The header lines in the order they came.
#[derive(Debug)]
pub(super) struct Fields<'a>(&'a [Header<'a>]);

impl<'a> Request<'a> {
    /// `head` is what `HeadScan` called complete.
    pub(super) fn parse(
        head: &'a [u8],
        slots: &'a mut [MaybeUninit<Header<'a>>; FIELD_LINES],
    ) -> Result<Self, Status> {
        let mut parsed = httparse::Request::new(&mut []);
        let end = parsed.parse_with_uninit_headers(head, slots).map_err(|error| match error {
            Error::TooManyHeaders => Status::FieldsTooLarge,
            Error::Version => version_refusal(head),
            _ => Status::BadRequest,
        })?;
        // Two parsers that disagree about the end of a head are how requests are smuggled.
        if end != httparse::Status::Complete(head.len()) {
            return Err(Status::BadRequest);
        }
        match (parsed.method, parsed.path, parsed.version) {
            (Some(method), Some(target), Some(minor)) => Ok(Self {
                method: Method::of(method),
                target,
                minor,
                fields: Fields(parsed.headers),
            }),
            _ => Err(Status::BadRequest),
        }
    }
}

impl Method {
    fn of(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" | "PUT" | "DELETE" | "CONNECT" | "OPTIONS" | "TRACE" | "PATCH" => {
                Self::Refused(Status::MethodNotAllowed)
            }
            _ => Self::Refused(Status::NotImplemented),
        }
    }
}

impl<'a> Fields<'a> {
    /// The values of every line with this name, without surrounding white space.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.0.iter().filter(move |line| line.name.eq_ignore_ascii_case(name));
        named.map(|line| line.value.trim_ascii())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The value of a field that may come once. Twice is as good as never: an optional field that
    /// contradicts itself is ignored, and where it may not be, `framing` counts the lines itself.
    pub(super) fn only(&self, name: &str) -> Option<&'a [u8]> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// The members of a comma-separated field, over all its lines (RFC 9110 section 5.6.1).
    pub(super) fn members(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let pieces = self.all(name).flat_map(|value| value.split(|&byte| byte == b','));
        pieces.map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
    }
}

/// The head of a request of HTTP/1.2 or later as one of HTTP/1.1: whoever speaks it has to understand the answer (RFC 9110
/// section 2.5), and `httparse` does not read it.
pub(super) fn in_a_known_version(head: &[u8]) -> Cow<'_, [u8]> {
    let start = if head.starts_with(b"\r\n") { 2 } else { 0 };
    let end = head[start..].iter().position(|&byte| byte == b'\r').map_or(0, |len| start + len);
    match &head[start.min(end)..end] {
        [.., b' ', b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'2'..=b'9'] => {
            let mut known = head.to_vec();
            known[end - 1] = b'1';
            known.into()
        }
        _ => head.into(),
    }
}

/// A well-formed version that is not ours, such as that of the HTTP/2 preface, deserves to be told
/// so; anything else in its place is not HTTP.
fn version_refusal(head: &[u8]) -> Status {
    let line = head.trim_ascii_start().split(|&byte| byte == b'\r').next().unwrap_or_default();
    let version = line.split(|&byte| byte == b' ').nth(2).unwrap_or_default();
    match version.strip_prefix(b"HTTP/") {
        Some([major, b'.', minor]) if major.is_ascii_digit() && minor.is_ascii_digit() => {
            Status::VersionNotSupported
        }
        _ => Status::BadRequest,
    }
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::*;

    fn parse(head: &str) -> Result<(Method, u8), Status> {
        let mut slots = [const { MaybeUninit::uninit() }; FIELD_LINES];
        Request::parse(head.as_bytes(), &mut slots).map(|request| (request.method, request.minor))
    }

    /// Goal: every way a head can be wrong has the status that names it.
    #[test]
    fn heads() {
        let method = |status| Ok((Method::Refused(status), 1));
        let table = [
            ("GET / HTTP/1.1\r\n\r\n", Ok((Method::Get, 1))),
            ("\r\nHEAD / HTTP/1.0\r\n\r\n", Ok((Method::Head, 0))),
            ("OPTIONS * HTTP/1.1\r\n\r\n", method(Status::MethodNotAllowed)),
            ("POST / HTTP/1.1\r\n\r\n", method(Status::MethodNotAllowed)),
            ("get / HTTP/1.1\r\n\r\n", method(Status::NotImplemented)),
            ("PROPFIND / HTTP/1.1\r\n\r\n", method(Status::NotImplemented)),
            ("PRI * HTTP/2.0\r\n\r\n", Err(Status::VersionNotSupported)),
            ("GET / HTTP/1.2\r\n\r\n", Err(Status::VersionNotSupported)),
            ("\r\nGET / HTTP/0.9\r\n\r\n", Err(Status::VersionNotSupported)),
            ("GET /\r\n\r\n", Err(Status::BadRequest)),
            ("GET / \r\n\r\n", Err(Status::BadRequest)),
            ("GET / FTP/1.1\r\n\r\n", Err(Status::BadRequest)),
            ("GET / HTTP/1.1 \r\n\r\n", Err(Status::BadRequest)),
            ("GET / HTTP/1.10\r\n\r\n", Err(Status::BadRequest)),
            ("GET  / HTTP/1.1\r\n\r\n", Err(Status::BadRequest)),
            ("GET / x HTTP/1.1\r\n\r\n", Err(Status::BadRequest)),
            ("GET\t/\tHTTP/1.1\r\n\r\n", Err(Status::BadRequest)),
            (" GET / HTTP/1.1\r\n\r\n", Err(Status::BadRequest)),
            ("G(T / HTTP/1.1\r\n\r\n", Err(Status::BadRequest)),
            ("GET / HTTP/1.1\r\nA : b\r\n\r\n", Err(Status::BadRequest)),
            ("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", Err(Status::BadRequest)),
            ("GET / HTTP/1.1\r\n A: b\r\n\r\n", Err(Status::BadRequest)),
            ("GET / HTTP/1.1\r\nA\r\n\r\n", Err(Status::BadRequest)),
            ("GET / HTTP/1.1\r\n: b\r\n\r\n", Err(Status::BadRequest)),
            ("GET / HTTP/1.1\r\nA b: c\r\n\r\n", Err(Status::BadRequest)),
        ];
        for (head, want) in table {
            assert_eq!(parse(head), want, "{head:?}");
        }
    }

    /// Goal: the last digit of a later version of HTTP/1 is the only byte that changes.
    #[test]
    fn later_versions() {
        let table = [
            ("GET / HTTP/1.2\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"),
            (
                "\r\nGET / HTTP/1.9\r\nA: HTTP/1.9\r\n\r\n",
                "\r\nGET / HTTP/1.1\r\nA: HTTP/1.9\r\n\r\n",
            ),
        ];
        for (head, want) in table {
            assert_eq!(&*in_a_known_version(head.as_bytes()), want.as_bytes());
        }
        let same = [
            "",
            "\r\n",
            "G",
            "GET / HTTP/1.0\r\n\r\n",
            "GET / HTTP/2.2\r\n",
            "GET / HTTP/1.12\r\n",
        ];
        for head in same {
            assert!(matches!(in_a_known_version(head.as_bytes()), Cow::Borrowed(_)), "{head:?}");
        }
    }

    /// Goal: the hundredth line passes, the next does not.
    #[test]
    fn line_count() {
        let head = |n| format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(n));
        assert_eq!(parse(&head(FIELD_LINES)), Ok((Method::Get, 1)));
        assert_eq!(parse(&head(FIELD_LINES + 1)), Err(Status::FieldsTooLarge));
    }

    /// Goal: names are compared without case, lists run over lines, a doubled single is none.
    #[test]
    fn fields() {
        let head = b"GET / HTTP/1.1\r\nlist: a ,, b\r\nLIST:c\r\nOne:  x y\t\r\nNil:\r\n\r\n";
        let mut slots = [const { MaybeUninit::uninit() }; FIELD_LINES];
        let fields = Request::parse(head, &mut slots).unwrap().fields;
        let list: Vec<&[u8]> = fields.members("List").collect();
        assert_eq!(list, [b"a", b"b", b"c"]);
        assert_eq!(fields.only("list"), None);
        assert_eq!(fields.only("one"), Some(&b"x y"[..]));
        assert_eq!(fields.only("nil"), Some(&b""[..]));
        assert!(fields.has("NIL") && !fields.has("other"));
    }
}
