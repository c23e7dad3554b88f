//! One request head in, one response out.
//!
//! The order of the refusals is that of doubt: first what makes the end of the request unknown,
//! then what makes the request unwelcome, last what it asks for.

use std::mem::MaybeUninit;

use super::answer::answer;
use super::framing;
use super::reply::Reply;
use super::request::{self, FIELD_LINES, Method, Request};
use super::response::{Manner, Response};
use super::site::Site;
use super::status::Status;

/// A body nobody reads is skipped up to this size, to keep the connection; past it, a new
/// connection is cheaper than the rest of the body.
const SKIPPED_BODY_BYTES: u64 = 64 * 1024;

/// How the message around the request allows or ends the connection.
struct Terms {
    body: u64,
    keep_alive: bool,
}

/// The response, and the bytes of body to skip before the next head if the connection goes on; the
/// `last` response ends it in any case.
pub(super) fn respond(site: &Site, head: &[u8], last: bool, now: i64) -> (Response, u64) {
    let head = request::in_a_known_version(head);
    let mut slots = [const { MaybeUninit::uninit() }; FIELD_LINES];
    let request = match Request::parse(&head, &mut slots) {
        Ok(request) => request,
        Err(status) => return (Response::refusal(status, now), 0),
    };
    let (reply, terms) = match terms(&request) {
        Ok(terms) => (reply(site, &request, now), terms),
        Err(status) => (Reply::page(status), Terms { body: 0, keep_alive: false }),
    };
    let Terms { body, keep_alive } = terms;
    // Where descriptors or memory have run out, the connection's own are needed too.
    let keep_alive = keep_alive && !last && reply.status != Status::Unavailable;
    let head_only = request.method == Method::Head;
    let manner = Manner { head_only, minor: request.minor, keep_alive };
    (Response::new(reply, &manner, now), body)
}

fn reply(site: &Site, request: &Request<'_>, now: i64) -> Reply {
    match request.method {
        Method::Refused(status) => Reply::page(status),
        Method::Get | Method::Head => answer(site, request, now),
    }
}

/// The refusals that end the connection.
fn terms(request: &Request<'_>) -> Result<Terms, Status> {
    let body = framing::body_length(request)?;
    let awaits_permission = expectation(request)? && body > 0;
    let too_large = body > SKIPPED_BODY_BYTES;
    // Any other method is refused for what it is, which says more than the size of its body.
    if too_large && !matches!(request.method, Method::Refused(_)) {
        return Err(Status::ContentTooLarge);
    }
    // Who was told the answer instead of "100 Continue" may send the body or not (RFC 9110 section
    // 10.1.1): the next byte could be either, so there must be no next byte.
    let keep_alive = wants_to_stay(request) && !awaits_permission && !too_large;
    Ok(Terms { body, keep_alive })
}

/// Whether the client waits for 100 before it sends the body. No answer here depends on a body, so
/// it gets the answer itself. HTTP/1.0 knows no expectations, and the RFC has us ignore them there.
fn expectation(request: &Request<'_>) -> Result<bool, Status> {
    if request.minor == 0 {
        return Ok(false);
    }
    let mut expected = request.fields.members("expect").peekable();
    let some = expected.peek().is_some();
    let known = expected.all(|member| member.eq_ignore_ascii_case(b"100-continue"));
    if known { Ok(some) } else { Err(Status::ExpectationFailed) }
}

/// RFC 9112 section 9.3: HTTP/1.1 stays unless told otherwise, HTTP/1.0 only if asked to.
fn wants_to_stay(request: &Request<'_>) -> bool {
    let says = |option: &str| {
        let mut options = request.fields.members("connection");
        options.any(|member| member.eq_ignore_ascii_case(option.as_bytes()))
    };
    !says("close") && (request.minor >= 1 || says("keep-alive"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Folder, NOW};

    /// Goal: for each kind of message, the status, whether the connection goes on, and the
    /// Connection field that says so.
    #[test]
    fn terms_of_messages() {
        let folder = Folder::new();
        folder.write("a", b"A", NOW - 1000);
        let host = "Host: a\r\n";
        let table = [
            ("GET /a HTTP/1.1", host, 200, true),
            ("GET /a HTTP/1.2", host, 200, true),
            ("GET /a HTTP/1.9", "", 400, false),
            ("GET /a HTTP/1.1", "Host: a\r\nConnection: close\r\n", 200, false),
            ("GET /a HTTP/1.1", "Host: a\r\nConnection: Upgrade, CLOSE\r\n", 200, false),
            ("GET /a HTTP/1.1", "Host: a\r\nConnection: closed\r\n", 200, true),
            ("GET /a HTTP/1.0", "", 200, false),
            ("GET /a HTTP/1.0", "Connection: Keep-Alive\r\n", 200, true),
            ("GET /a HTTP/1.0", "Connection: keep-alive, close\r\n", 200, false),
            ("GET /a HTTP/1.1", "", 400, false),
            ("GET /a HTTP/1.1", "Host: a\r\nContent-Length: x\r\n", 400, false),
            ("GET /a HTTP/1.1", "Host: a\r\nContent-Length: 65536\r\n", 200, true),
            ("GET /a HTTP/1.1", "Host: a\r\nContent-Length: 65537\r\n", 413, false),
            ("GET /a HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\n", 411, false),
            ("GET /a HTTP/1.1", "Host: a\r\nTransfer-Encoding: br, chunked\r\n", 501, false),
            ("GET /a HTTP/1.1", "Host: a\r\nExpect: 100-Continue\r\n", 200, true),
            (
                "GET /a HTTP/1.1",
                "Host: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n",
                200,
                false,
            ),
            ("GET /a HTTP/1.1", "Host: a\r\nExpect: magic\r\n", 417, false),
            ("GET /a HTTP/1.0", "Expect: magic\r\nConnection: keep-alive\r\n", 200, true),
            ("HEAD /a HTTP/1.1", host, 200, true),
            ("HEAD /none HTTP/1.1", host, 404, true),
            ("HEAD /a HTTP/1.1", "", 400, false),
            ("POST /a HTTP/1.1", "Host: a\r\nContent-Length: 5\r\n", 405, true),
            ("POST /a HTTP/1.1", "Host: a\r\nContent-Length: 65537\r\n", 405, false),
            ("POST /a HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\n", 411, false),
            (
                "PUT /a HTTP/1.1",
                "Host: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n",
                405,
                false,
            ),
            ("OPTIONS * HTTP/1.1", host, 405, true),
            ("CONNECT a:80 HTTP/1.1", host, 405, true),
            ("BREW /a HTTP/1.1", host, 501, true),
            ("PRI * HTTP/2.0", "", 505, false),
            ("GET /a HTTP/3.0", host, 505, false),
        ];
        for (line, fields, status, keep_alive) in table {
            let seen = folder.ask(&format!("{line}\r\n{fields}\r\n"));
            assert_eq!((seen.status, seen.keep_alive), (status, keep_alive), "{line} {fields}");
            assert_eq!(seen.head.contains("Connection: close\r\n"), !keep_alive, "{}", seen.head);
            let kept = keep_alive && line.ends_with("1.0");
            assert_eq!(seen.head.contains("Connection: keep-alive\r\n"), kept, "{}", seen.head);
            assert_eq!(seen.head.contains("Allow: GET, HEAD\r\n"), status == 405);
            assert_eq!(seen.body.is_empty(), line.starts_with("HEAD"), "{line}");
            for field in ["Date: ", "Server: wharf\r\n", "Content-Length: "] {
                assert_eq!(seen.head.matches(field).count(), 1, "{}", seen.head);
            }
        }
    }
}
