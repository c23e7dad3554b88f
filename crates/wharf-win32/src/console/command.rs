//! `system`: the commands of Windows' command interpreter that programs use on the console, and otherwise the shell.
#![allow(unsafe_code)] // the C library's system; exported under a C name

use std::ffi::CString;

use rustix::termios::isatty;

use super::{keys, write};
use crate::{arg, guard};

/// Runs a command. `cls`, `pause`, `title` and `chcp` are done here; the shell does not know them.
#[unsafe(export_name = "wharf_system")]
pub unsafe extern "C" fn system(command: *const u8) -> i32 {
    guard::call(-1, || {
        if command.is_null() {
            // Whether there is a command interpreter.
            return Ok(1);
        }
        // SAFETY: the caller's text.
        let command = unsafe { arg::string(command) }?;
        let text = String::from_utf8_lossy(&command);
        let text = text.trim();
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        match (word.to_ascii_lowercase().as_str(), rest.trim()) {
            ("cls", "") => clear(),
            ("pause", _) => pause(rest.contains("nul")),
            ("title", title) => {
                write::set_title(title.as_bytes().to_vec());
                Ok(0)
            }
            ("chcp", _) => Ok(0),
            _ => Ok(shell(&command)),
        }
    })
}

fn clear() -> Result<i32, u32> {
    let stdout = rustix::stdio::stdout();
    if isatty(stdout) {
        // The screen, the lines above it, and the cursor to the first cell.
        write::all(stdout, b"\x1b[2J\x1b[3J\x1b[H")?;
    }
    Ok(0)
}

fn pause(quiet: bool) -> Result<i32, u32> {
    if !quiet {
        write::all(rustix::stdio::stdout(), b"Press any key to continue . . . ")?;
    }
    keys::_getch();
    if !quiet {
        write::all(rustix::stdio::stdout(), b"\n")?;
    }
    Ok(0)
}

/// The exit code as Windows answers it: plain, not in the form of wait(2).
fn shell(command: &[u8]) -> i32 {
    let Ok(command) = CString::new(command) else { return -1 };
    // SAFETY: a string of ours.
    let status = wharf::blocking(|| unsafe { libc::system(command.as_ptr()) });
    if status < 0 {
        return -1;
    }
    if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { status }
}
