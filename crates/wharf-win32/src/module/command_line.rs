//! The command line as one text, and its parts.
#![allow(unsafe_code)] // exported under C names

use std::sync::OnceLock;

use crate::memory::global;
use crate::text;
use crate::types::WCHAR;
use crate::{arg, code, guard};

/// The arguments, quoted so that [`split`] takes them apart again.
fn whole() -> Vec<u8> {
    let raw = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    let raw = raw.strip_suffix(b"\0").unwrap_or(&raw);
    raw.split(|byte| *byte == 0).map(quote).collect::<Vec<_>>().join(&b' ')
}

/// Before a fork.
pub(crate) fn settle() {
    GetCommandLineA();
    GetCommandLineW();
}

/// An argument as [`split`] takes it apart.
pub(crate) fn quote(argument: &[u8]) -> Vec<u8> {
    let special = |byte: &u8| matches!(byte, b' ' | b'\t' | b'"' | b'\n');
    if !argument.is_empty() && !argument.iter().any(special) {
        return argument.to_vec();
    }
    let mut quoted = vec![b'"'];
    let mut slashes = 0;
    for byte in argument {
        match byte {
            b'\\' => slashes += 1,
            // Back slashes before a quote count double, and one more makes the quote plain.
            b'"' => {
                quoted.extend(std::iter::repeat_n(b'\\', slashes + 1));
                slashes = 0;
            }
            _ => slashes = 0,
        }
        quoted.push(*byte);
    }
    quoted.extend(std::iter::repeat_n(b'\\', slashes));
    quoted.push(b'"');
    quoted
}

/// Takes a command line apart by Windows' rules. The first part is a program's name: quotes only. In the others 2n back
/// slashes before a quote are n and the quote begins or ends a quotation; 2n+1 are n and a plain quote; inside a
/// quotation two quotes are one.
pub(crate) fn split(line: &str) -> Vec<String> {
    let mut rest = line.chars().peekable();
    let mut parts = vec![String::new()];
    let mut quoted = false;
    while let Some(c) = rest.next_if(|c| quoted || !matches!(c, ' ' | '\t')) {
        if c == '"' { quoted = !quoted } else { parts[0].push(c) }
    }
    quoted = false;
    loop {
        while rest.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        if rest.peek().is_none() {
            return parts;
        }
        let mut part = String::new();
        let mut slashes = 0;
        while let Some(c) = rest.next_if(|c| quoted || !matches!(c, ' ' | '\t')) {
            match c {
                '\\' => slashes += 1,
                '"' => {
                    part.extend(std::iter::repeat_n('\\', slashes / 2));
                    if slashes % 2 == 1 || (quoted && rest.next_if_eq(&'"').is_some()) {
                        part.push('"');
                    } else {
                        quoted = !quoted;
                    }
                    slashes = 0;
                }
                other => {
                    part.extend(std::iter::repeat_n('\\', slashes));
                    slashes = 0;
                    part.push(other);
                }
            }
        }
        part.extend(std::iter::repeat_n('\\', slashes));
        parts.push(part);
    }
}

/// The command line. It is the same text each time, and not to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn GetCommandLineA() -> *mut u8 {
    static LINE: OnceLock<Vec<u8>> = OnceLock::new();
    let line = LINE.get_or_init(|| [whole(), vec![0]].concat());
    line.as_ptr().cast_mut()
}

/// The command line. It is the same text each time, and not to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn GetCommandLineW() -> *mut WCHAR {
    static LINE: OnceLock<Vec<WCHAR>> = OnceLock::new();
    let line = LINE.get_or_init(|| [text::wide(&whole()), vec![0]].concat());
    line.as_ptr().cast_mut()
}

/// The parts of a command line, in one block for LocalFree; of an empty one, the program's path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CommandLineToArgvW(
    line: *const WCHAR,
    count: *mut i32,
) -> *mut *mut WCHAR {
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's text.
        let line = unsafe { arg::string(line) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        let line: String = text::characters(&line).collect();
        let parts = if line.is_empty() {
            vec![std::env::current_exe().unwrap_or_default().to_string_lossy().into_owned()]
        } else {
            split(&line)
        };
        let texts: Vec<Vec<WCHAR>> =
            parts.iter().map(|part| part.chars().map(text::unit).chain([0]).collect()).collect();
        let number = i32::try_from(parts.len()).map_err(|_| code::ERROR_NOT_ENOUGH_MEMORY)?;
        let pointers = (parts.len() + 1) * size_of::<*mut WCHAR>();
        let units: usize = texts.iter().map(Vec::len).sum();
        let block = global::allocate(0, pointers + units * size_of::<WCHAR>())?;
        let mut at = block.wrapping_byte_add(pointers).cast::<WCHAR>();
        let mut list = Vec::new();
        for text in &texts {
            // SAFETY: the block has room for all of them.
            unsafe { arg::store_all(at, text) }?;
            list.push(at);
            at = at.wrapping_add(text.len());
        }
        list.push(std::ptr::null_mut());
        // SAFETY: as above.
        unsafe { arg::store_all(block.cast(), &list) }?;
        // SAFETY: the caller's variable.
        unsafe { arg::store(count, number) }.inspect_err(|_| {
            // SAFETY: nobody has it.
            unsafe { global::LocalFree(block) };
        })?;
        Ok(block.cast())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases of the documentation of CommandLineToArgvW and of the C runtime.
    #[test]
    fn parts_of_a_line() {
        let cases: [(&str, &[&str]); 7] = [
            (r#"x "a b c" d e"#, &["x", "a b c", "d", "e"]),
            (r#"x "ab\"c" "\\" d"#, &["x", r#"ab"c"#, r"\", "d"]),
            (r#"x a\\\b d"e f"g h"#, &["x", r"a\\\b", "de fg", "h"]),
            (r#"x a\\\"b c d"#, &["x", r#"a\"b"#, "c", "d"]),
            (r#"x a\\\\"b c" d e"#, &["x", r"a\\b c", "d", "e"]),
            (r#""c:\p q\x.exe" "" y"#, &[r"c:\p q\x.exe", "", "y"]),
            (r#"x "a""b""#, &["x", r#"a"b"#]),
        ];
        for (line, parts) in cases {
            assert_eq!(split(line), parts, "{line}");
        }
    }

    #[test]
    fn quoting_and_splitting_agree() {
        for argument in ["plain", "", "a b", r#"say "hi""#, r"c:\dir\", r"c:\a b\", r#"\\"x"#, "\t"]
        {
            let line = format!("x {}", String::from_utf8(quote(argument.as_bytes())).unwrap());
            assert_eq!(split(&line), ["x", argument]);
        }
    }
}
