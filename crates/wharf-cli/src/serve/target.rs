//! From the request-target to names under DIR, and back to an address.
//!
//! The path is cut at its slashes first and each piece decoded once after, so that an encoded slash
//! can never become a separator and an encoded percent sign never a second escape.
//!
//! *Invariant* (what `lookup` relies on): between the slashes of a path no name is empty, `.` or `..`, and none contains
//! NUL. A backslash is an ordinary byte of a name, as everywhere on Linux.

use std::fmt::Write;

use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode,
};

use super::status::Status;

/// All but the unreserved characters of RFC 3986, so that a name in a link is never read as a
/// scheme, a query or an entity.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug)]
pub(super) struct Target<'a> {
    /// Names from DIR downwards with slashes between; empty for DIR itself.
    pub(super) path: Vec<u8>,
    /// Whether the path ends as that of a directory does: in a slash.
    pub(super) directory: bool,
    /// As it came, without its question mark.
    query: Option<&'a str>,
}

impl<'a> Target<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Status> {
        let origin = origin_form(text).ok_or(Status::BadRequest)?;
        // A fragment is never sent (RFC 9110 section 4.2.5), so this is not what it seems to be.
        if origin.contains('#') {
            return Err(Status::BadRequest);
        }
        let (path, query) = match origin.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (origin, None),
        };
        let mut target = Self { path: Vec::with_capacity(path.len()), directory: true, query };
        for piece in path.split('/').skip(1) {
            target.descend(piece)?;
        }
        Ok(target)
    }

    /// Clients resolve `..` before they send (RFC 3986 section 5.2.4). One that arrives is an
    /// attempt to escape, or names a different directory than it seems to where links are
    /// involved.
    fn descend(&mut self, piece: &str) -> Result<(), Status> {
        let before = self.path.len();
        if before > 0 {
            self.path.push(b'/');
        }
        let start = self.path.len();
        decode(piece, &mut self.path)?;
        let name = &self.path[start..];
        if name == b".." || name.contains(&0) {
            return Err(Status::BadRequest);
        }
        if name.contains(&b'/') {
            return Err(Status::NotFound);
        }
        self.directory = matches!(name, b"" | b".");
        if self.directory {
            self.path.truncate(before);
        }
        Ok(())
    }

    /// The last name; none for DIR itself.
    pub(super) fn name(&self) -> &[u8] {
        names(&self.path).last().unwrap_or_default()
    }

    /// The path of what is called `name` in this directory.
    pub(super) fn child(&self, name: &[u8]) -> Vec<u8> {
        child(&self.path, name)
    }

    /// The address of this target as a directory. It begins with one slash only, whatever the
    /// client sent: `//host/` would lead to another server.
    pub(super) fn slash_form(&self) -> String {
        let mut address = names(&self.path).fold(String::new(), |mut address, name| {
            // Writing to a String cannot fail.
            let _ = write!(address, "/{}", encode(name));
            address
        });
        address.push('/');
        if let Some(query) = self.query {
            let _ = write!(address, "?{}", utf8_percent_encode(query, CONTROLS));
        }
        address
    }
}

/// The names of a path, which are not empty.
pub(super) fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
}

/// The path of what is called `name` in the directory that `path` leads to.
pub(super) fn child(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() }
}

/// A name as it stands in a link.
pub(super) fn encode(name: &[u8]) -> impl std::fmt::Display {
    percent_encode(name, NAME)
}

/// Path and query of the origin form, or of the absolute form that every server has to accept and
/// proxies send (RFC 9112 section 3.2.2). Whose name stands in it does not matter to one site.
fn origin_form(text: &str) -> Option<&str> {
    if text.starts_with('/') {
        return Some(text);
    }
    let (scheme, rest) = text.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    (end > 0).then(|| &rest[end..])
}

/// The crate that decodes lets malformed escapes stand; two readers would read two names.
fn decode(piece: &str, to: &mut Vec<u8>) -> Result<(), Status> {
    if !piece.as_bytes().contains(&b'%') {
        to.extend_from_slice(piece.as_bytes());
        return Ok(());
    }
    let escapes = piece.split('%').skip(1);
    let valid = |escape: &str| escape.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if escapes.into_iter().all(valid) {
        to.extend(percent_decode_str(piece));
        Ok(())
    } else {
        Err(Status::BadRequest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        match Target::parse(text) {
            Err(status) => status.line()[..3].to_owned(),
            Ok(target) => {
                let names = names(&target.path).map(|name| name.escape_ascii().to_string());
                let end = if target.directory { "/" } else { "" };
                names.collect::<Vec<_>>().join("|") + end
            }
        }
    }

    /// Goal: every way to write a path, and every way to climb out of one.
    #[test]
    fn paths() {
        let table = [
            ("/", "/"),
            ("/a", "a"),
            ("/a/b.html", "a|b.html"),
            ("/a/", "a/"),
            ("/a?b/../c", "a"),
            ("/?", "/"),
            ("//a//b//", "a|b/"),
            ("/./a/.", "a/"),
            ("/%2e/a", "a"),
            ("/a%20b", "a b"),
            ("/a+b", "a+b"),
            ("/%C3%A9", "\\xc3\\xa9"),
            ("/é", "\\xc3\\xa9"),
            ("/%ff", "\\xff"),
            ("/...", "..."),
            ("/..a", "..a"),
            ("/%252e%252e/a", "%2e%2e|a"),
            ("/a\\b", "a\\\\b"),
            ("/..\\..\\a", "..\\\\..\\\\a"),
            ("/C:/a", "C:|a"),
            ("/..", "400"),
            ("/../a", "400"),
            ("/a/../b", "400"),
            ("/a/..", "400"),
            ("/%2e%2e/a", "400"),
            ("/.%2E/a", "400"),
            ("/%2e./a", "400"),
            ("/..%2fa", "404"),
            ("/%2fetc%2fpasswd", "404"),
            ("/a%2f..%2fb", "404"),
            ("/a%00", "400"),
            ("/%00/../a", "400"),
            ("/%", "400"),
            ("/%2", "400"),
            ("/%zz", "400"),
            ("/%2%65", "400"),
            ("/%u0041", "400"),
            ("/%é", "400"),
            ("/a#b", "400"),
            ("", "400"),
            ("a", "400"),
            ("*", "400"),
            ("a:80", "400"),
            ("http://a", "/"),
            ("http://a?b", "/"),
            ("HTTPS://a:80/b/c", "b|c"),
            ("http://a/../b", "400"),
            ("http://", "400"),
            ("http:///a", "400"),
            ("ftp://a/b", "400"),
            ("file:///etc/passwd", "400"),
        ];
        for (text, want) in table {
            assert_eq!(show(text), want, "{text}");
        }
    }

    /// Goal: the redirect stays on this server, keeps the query and is plain ASCII without quotes.
    #[test]
    fn slash_forms() {
        let table = [
            ("/a", "/a/"),
            ("//evil.example/a", "/evil.example/a/"),
            ("/.//evil.example", "/evil.example/"),
            ("http://a/b", "/b/"),
            ("/a?x=1&y=%20?", "/a/?x=1&y=%20?"),
            ("/a?", "/a/?"),
            ("/a?é", "/a/?%C3%A9"),
            ("/%ff%22%0d%0aA:b", "/%FF%22%0D%0AA%3Ab/"),
            ("/\\evil", "/%5Cevil/"),
        ];
        for (text, want) in table {
            assert_eq!(Target::parse(text).unwrap().slash_form(), want, "{text}");
        }
    }
}
