//! What a file name of Windows means here.
//!
//! Back slashes separate like slashes, a drive (`C:`) is left out: `C:\data\x` is `/data/x`, `C:x` is `x`. Of the
//! device names NUL, CON, CONIN$ and CONOUT$ have a meaning. Names of Linux stay what they are.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use crate::code;

/// What a name names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    File(PathBuf),
    /// `\\.\pipe\NAME`; such names have no case.
    Pipe(String),
    /// CONIN$ or CONOUT$, or CON, which is the one that the access asks for.
    Console,
}

/// Reads a name.
pub(crate) fn locate(name: &[u8]) -> Result<Place, u32> {
    let name: Vec<u8> = name.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect();
    let mut rest = name.as_slice();
    let device = strip(&mut rest, b"//./");
    if device || strip(&mut rest, b"//?/") {
        if let Some(pipe) = rest.get(..5).filter(|start| start.eq_ignore_ascii_case(b"pipe/")) {
            let name = &rest[pipe.len()..];
            return pipe_name(name).ok_or(code::ERROR_INVALID_NAME).map(Place::Pipe);
        }
        if rest.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"unc/")) {
            return Err(code::ERROR_BAD_NETPATH);
        }
    } else if rest.starts_with(b"//") && rest.get(2).is_some_and(|byte| *byte != b'/') {
        // Another machine's share.
        return Err(code::ERROR_BAD_NETPATH);
    }
    let last = rest.rsplit(|byte| *byte == b'/').next().unwrap_or(rest);
    let is = |device: &[u8]| last.eq_ignore_ascii_case(device);
    if is(b"nul") || is(b"nul:") {
        return Ok(Place::File(PathBuf::from("/dev/null")));
    }
    if is(b"con") || is(b"conin$") || is(b"conout$") {
        return Ok(Place::Console);
    }
    if let [letter, b':', ..] = rest
        && letter.is_ascii_alphabetic()
    {
        rest = &rest[2..];
        if rest.is_empty() {
            rest = b".";
        }
    }
    if rest.is_empty() {
        return Err(code::ERROR_PATH_NOT_FOUND);
    }
    if rest.iter().any(|byte| matches!(byte, b'<' | b'>' | b'"' | b'|' | b'?' | b'*' | 0)) {
        return Err(code::ERROR_INVALID_NAME);
    }
    Ok(Place::File(PathBuf::from(OsString::from_vec(rest.to_vec()))))
}

/// A name that can only be a file's.
pub(crate) fn file(name: &[u8]) -> Result<PathBuf, u32> {
    match locate(name)? {
        Place::File(path) => Ok(path),
        Place::Pipe(_) | Place::Console => Err(code::ERROR_ACCESS_DENIED),
    }
}

fn strip(rest: &mut &[u8], prefix: &[u8]) -> bool {
    match rest.strip_prefix(prefix) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

fn pipe_name(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    (!name.is_empty()).then(|| name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let file = |path: &str| Ok(Place::File(PathBuf::from(path)));
        let cases: [(&str, Result<Place, u32>); 16] = [
            (r"C:\data\log.txt", file("/data/log.txt")),
            ("C:log.txt", file("log.txt")),
            ("D:", file(".")),
            (r"\\?\C:\a b", file("/a b")),
            (r"..\x/y", file("../x/y")),
            ("/srv/x", file("/srv/x")),
            ("NUL", file("/dev/null")),
            (r"C:\x\nul", file("/dev/null")),
            ("CONOUT$", Ok(Place::Console)),
            (r"\\.\pipe\Hello", Ok(Place::Pipe("hello".to_owned()))),
            (r"\\.\PIPE\a\b", Ok(Place::Pipe("a/b".to_owned()))),
            (r"\\server\share\x", Err(code::ERROR_BAD_NETPATH)),
            ("a*b", Err(code::ERROR_INVALID_NAME)),
            (r"\\.\pipe\", Err(code::ERROR_INVALID_NAME)),
            ("", Err(code::ERROR_PATH_NOT_FOUND)),
            ("//tmp//x", Err(code::ERROR_BAD_NETPATH)),
        ];
        for (name, expected) in cases {
            assert_eq!(locate(name.as_bytes()), expected, "{name}");
        }
    }
}
