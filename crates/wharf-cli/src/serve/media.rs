//! The content type of a file, guessed from its name alone.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The charset is said for text, since without it browsers fall back to a legacy one. Formats that
/// name their encoding inside, such as XML in SVG, and JSON, which has only one, are left alone.
pub(super) fn content_type(name: &[u8]) -> Cow<'static, str> {
    let guess = mime_guess::from_path(Path::new(OsStr::from_bytes(name))).first_raw();
    let media = guess.unwrap_or("application/octet-stream");
    let text = media.starts_with("text/") || media == "application/javascript";
    if text { format!("{media}; charset=utf-8").into() } else { media.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: what a page needs to work in a browser, and names that say nothing.
    #[test]
    fn types() {
        let table: [(&[u8], &str); 15] = [
            (b"index.html", "text/html; charset=utf-8"),
            (b"INDEX.HTML", "text/html; charset=utf-8"),
            (b"a.css", "text/css; charset=utf-8"),
            (b"a.js", "text/javascript; charset=utf-8"),
            (b"a.mjs", "application/javascript; charset=utf-8"),
            (b"a.txt", "text/plain; charset=utf-8"),
            (b"a.json", "application/json"),
            (b"a.wasm", "application/wasm"),
            (b"a.svg", "image/svg+xml"),
            (b"a.min.png", "image/png"),
            (b"a.html.gz", "application/gzip"),
            (b"README", "application/octet-stream"),
            (b".html", "application/octet-stream"),
            (b"a.no-such-thing", "application/octet-stream"),
            (b"\xff.\xff", "application/octet-stream"),
        ];
        for (name, want) in table {
            assert_eq!(content_type(name), want, "{:?}", String::from_utf8_lossy(name));
        }
    }
}
