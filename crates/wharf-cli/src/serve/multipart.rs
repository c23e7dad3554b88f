//! Several ranges in one answer: `multipart/byteranges` (RFC 9110 section 14.6).

use std::hash::{BuildHasher, Hasher, RandomState};

use super::range::Span;
use super::response::Part;

/// The answer's content type, and its body: a head before each range, a closing line after the
/// last.
pub(super) fn compose(spans: &[Span], content_type: &str, len: u64) -> (String, Vec<Part>) {
    let boundary = boundary();
    let mut parts = Vec::with_capacity(2 * spans.len() + 1);
    for (at, span) in spans.iter().enumerate() {
        let before = if at == 0 { "" } else { "\r\n" };
        let Span { first, last } = span;
        let head = format!(
            "{before}--{boundary}\r\nContent-Type: {content_type}\r\n\
             Content-Range: bytes {first}-{last}/{len}\r\n\r\n"
        );
        parts.push(Part::Bytes(head.into_bytes()));
        parts.push(Part::Range { offset: *first, len: span.len() });
    }
    parts.push(Part::Bytes(format!("\r\n--{boundary}--\r\n").into_bytes()));
    (format!("multipart/byteranges; boundary={boundary}"), parts)
}

/// New for every answer, from the standard library's keyed hash: who wrote the file could not know
/// it, so the file cannot contain it and pretend to be more parts than it is.
fn boundary() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the body is what the RFC's example shows, and no two answers share a boundary.
    #[test]
    fn parts() {
        let spans = [Span { first: 500, last: 999 }, Span { first: 0, last: 0 }];
        let (content_type, parts) = compose(&spans, "text/plain", 8000);
        let boundary = content_type.strip_prefix("multipart/byteranges; boundary=").unwrap();
        assert_eq!(boundary.len(), 32);
        let text = |bytes: &str| Part::Bytes(bytes.replace("B", boundary).into_bytes());
        let plain = "Content-Type: text/plain\r\nContent-Range:";
        let plain = plain.replace("B", boundary);
        let want = [
            text(&format!("--B\r\n{plain} bytes 500-999/8000\r\n\r\n")),
            Part::Range { offset: 500, len: 500 },
            text(&format!("\r\n--B\r\n{plain} bytes 0-0/8000\r\n\r\n")),
            Part::Range { offset: 0, len: 1 },
            text("\r\n--B--\r\n"),
        ];
        assert_eq!(parts, want);
        assert_ne!(compose(&spans, "text/plain", 8000).0, content_type);
    }
}
