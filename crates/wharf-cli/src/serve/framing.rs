//! Where a request ends: the length of its body, and the claims about it that are not believed.
//!
//! A server that guesses here lets one client's body become another client's request when a proxy
//! in front guessed otherwise. So every claim that two readers could take differently is refused,
//! and `exchange` closes the connection after each refusal.
//!
//! *References*: RFC 9112 sections 3.2 (Host), 6.1 and 6.3 (Transfer-Encoding, Content-Length).

use super::request::{Fields, Request};
use super::status::Status;

/// The bytes of body that follow the head, or why that cannot be known.
pub(super) fn body_length(request: &Request<'_>) -> Result<u64, Status> {
    check_host(request)?;
    if request.fields.has("transfer-encoding") {
        return Err(transfer_refusal(request));
    }
    content_length(&request.fields)
}

/// No file needs a request with a body, so no decoder is kept for one: chunked, which we must know
/// and may refuse, gets 411 (RFC 9112 section 6.3); a coding on top of it, 501 (section 6.1).
/// Beside a Content-Length, in HTTP/1.0, or with chunked not last and once, the framing is faulty:
/// 400.
fn transfer_refusal(request: &Request<'_>) -> Status {
    let chunked = |member: &&[u8]| member.eq_ignore_ascii_case(b"chunked");
    let codings: Vec<&[u8]> = request.fields.members("transfer-encoding").collect();
    let framed = codings.last().is_some_and(chunked)
        && codings.iter().filter(|member| chunked(member)).count() == 1;
    if request.minor == 0 || request.fields.has("content-length") || !framed {
        Status::BadRequest
    } else if codings.len() == 1 {
        Status::LengthRequired
    } else {
        Status::NotImplemented
    }
}

/// A repeated length is refused even if it repeats the same number: RFC 9110 section 8.6 allows
/// that, no client sends it, and a reader less strict than us may be in front.
fn content_length(fields: &Fields<'_>) -> Result<u64, Status> {
    if !fields.has("content-length") {
        return Ok(0);
    }
    let value = fields.only("content-length").ok_or(Status::BadRequest)?;
    // `u64::from_str` takes a plus sign; HTTP takes digits.
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Status::BadRequest);
    }
    let digits = str::from_utf8(value).map_err(|_| Status::BadRequest)?;
    digits.parse().map_err(|_| Status::BadRequest)
}

fn check_host(request: &Request<'_>) -> Result<(), Status> {
    let required = request.minor >= 1;
    match request.fields.only("host") {
        Some(host) if is_host(host) => Ok(()),
        None if !required && !request.fields.has("host") => Ok(()),
        _ => Err(Status::BadRequest),
    }
}

/// `uri-host [ ":" port ]`; empty is valid, for a target without authority.
fn is_host(value: &[u8]) -> bool {
    let name_end = match value.first() {
        Some(b'[') => value.iter().position(|&byte| byte == b']').map(|at| at + 1),
        _ => value.iter().position(|&byte| byte == b':').or(Some(value.len())),
    };
    let Some((name, port)) = name_end.map(|at| value.split_at(at)) else { return false };
    let name = name.strip_prefix(b"[").and_then(|name| name.strip_suffix(b"]")).unwrap_or(name);
    let literal = name.len() + port.len() < value.len();
    let in_name = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || b"-._~%!$&'()*+,;=".contains(byte)
            || (literal && *byte == b':')
    };
    let port_is_number = match port {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    name.iter().all(in_name) && port_is_number
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::super::request::FIELD_LINES;
    use super::*;

    fn length_of(minor: u8, fields: &str) -> Result<u64, Status> {
        let head = format!("GET / HTTP/1.{minor}\r\n{fields}\r\n\r\n");
        let mut slots = [const { MaybeUninit::uninit() }; FIELD_LINES];
        body_length(&Request::parse(head.as_bytes(), &mut slots)?)
    }

    /// Goal: a body has a length that nobody can read differently, or the request is refused.
    #[test]
    fn lengths() {
        let bad = Err(Status::BadRequest);
        let table = [
            ("X: y", Ok(0)),
            ("Content-Length: 0", Ok(0)),
            ("Content-Length: 007", Ok(7)),
            ("Content-Length: 18446744073709551615", Ok(u64::MAX)),
            ("Content-Length: 18446744073709551616", bad),
            ("Content-Length:", bad),
            ("Content-Length: +1", bad),
            ("Content-Length: -1", bad),
            ("Content-Length: 0x1", bad),
            ("Content-Length: 1 1", bad),
            ("Content-Length: 5, 5", bad),
            ("Content-Length: 5\r\nContent-Length: 5", bad),
            ("Content-Length: 5\r\ncontent-length: 6", bad),
            ("Content-Length: \u{0661}", bad),
            ("Transfer-Encoding: chunked", Err(Status::LengthRequired)),
            ("transfer-encoding: CHUNKED", Err(Status::LengthRequired)),
            ("Transfer-Encoding: gzip, chunked", Err(Status::NotImplemented)),
            ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", Err(Status::NotImplemented)),
            ("Transfer-Encoding: chunked, chunked", bad),
            ("Transfer-Encoding: chunked, gzip", bad),
            ("Transfer-Encoding: identity", bad),
            ("Transfer-Encoding: xchunked", bad),
            ("Transfer-Encoding: chunked;q=1", bad),
            ("Transfer-Encoding:", bad),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5", bad),
            ("Content-Length: 5\r\nTransfer-Encoding: chunked", bad),
        ];
        for (fields, want) in table {
            assert_eq!(length_of(1, &format!("Host: a\r\n{fields}")), want, "{fields:?}");
        }
        assert_eq!(length_of(0, "Content-Length: 3"), Ok(3));
        assert_eq!(length_of(0, "Transfer-Encoding: chunked"), bad);
    }

    /// Goal: one Host, well-formed, required from HTTP/1.1 only.
    #[test]
    fn hosts() {
        let good = ["", "a", "a:80", "a:", "127.0.0.1:8000", "[::1]", "[::1]:80", "x-y.z_%41"];
        for host in good {
            assert_eq!(length_of(1, &format!("Host: {host}")), Ok(0), "{host:?}");
        }
        for host in ["a b", "a/b", "a:b", "a:80:80", "[::1", "[::1]x", "::1", "u@a", "a?b", "é"] {
            assert_eq!(length_of(1, &format!("Host: {host}")), Err(Status::BadRequest), "{host:?}");
        }
        assert_eq!(length_of(1, "X: y"), Err(Status::BadRequest));
        assert_eq!(length_of(1, "Host: a\r\nHost: a"), Err(Status::BadRequest));
        assert_eq!(length_of(0, "X: y"), Ok(0));
        assert_eq!(length_of(0, "Host: a\r\nHost: b"), Err(Status::BadRequest));
    }
}
