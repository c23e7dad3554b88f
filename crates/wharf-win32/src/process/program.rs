//! Which file CreateProcess starts.
//!
//! An application's name is a file's, seen from the current directory. In a command line the program is the first part;
//! without quotes and with spaces in it, the first beginning that names a file. A name without a directory is looked
//! for beside this program, in the current directory, and in the directories of PATH. Programs have no ending here:
//! where Windows appends `.exe`, both are tried, with and without, the name as it was given first.

use std::ffi::OsString;
use std::fs::Metadata;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::code;
use crate::file::path;

const ENDING: &[u8] = b".exe";

/// The names to try for one.
fn spellings(path: &Path) -> Vec<PathBuf> {
    let name = path.as_os_str().as_bytes();
    let plain = name
        .len()
        .checked_sub(ENDING.len())
        .filter(|at| *at > 0 && name[*at..].eq_ignore_ascii_case(ENDING) && name[*at - 1] != b'/');
    let other = match plain {
        Some(at) => name[..at].to_vec(),
        None if path.extension().is_none() => [name, ENDING].concat(),
        None => return vec![path.to_owned()],
    };
    vec![path.to_owned(), PathBuf::from(OsString::from_vec(other))]
}

/// What is there under a name: an absolute path, or why it cannot be started.
fn at(path: &Path) -> Result<PathBuf, u32> {
    let absolute = std::path::absolute(path).map_err(|_| code::ERROR_PATH_NOT_FOUND)?;
    let is_program = |facts: &Metadata| facts.is_file();
    for candidate in spellings(&absolute) {
        match std::fs::metadata(&candidate) {
            Ok(facts) if is_program(&facts) => {
                let may = facts.permissions().mode() & 0o111 != 0;
                return if may { Ok(candidate) } else { Err(code::ERROR_ACCESS_DENIED) };
            }
            Ok(_) => return Err(code::ERROR_ACCESS_DENIED),
            Err(_) => {}
        }
    }
    let directory = absolute.parent().is_some_and(Path::is_dir);
    Err(if directory { code::ERROR_FILE_NOT_FOUND } else { code::ERROR_PATH_NOT_FOUND })
}

/// The program of an application's name.
pub(super) fn named(name: &[u8]) -> Result<PathBuf, u32> {
    at(&path::file(name)?)
}

/// A name of a command line, looked for where Windows does.
fn searched(name: &[u8]) -> Result<PathBuf, u32> {
    let path = path::file(name)?;
    if path.as_os_str().as_bytes().contains(&b'/') {
        return at(&path);
    }
    let own = std::env::current_exe().ok();
    let own = own.as_deref().and_then(Path::parent).map(Path::to_owned);
    let variable = std::env::var_os("PATH").unwrap_or_default();
    let places = own.into_iter().chain([PathBuf::from(".")]);
    let mut denied = false;
    for place in places.chain(std::env::split_paths(&variable)) {
        match at(&place.join(&path)) {
            Ok(found) => return Ok(found),
            Err(error) => denied |= error == code::ERROR_ACCESS_DENIED && place != Path::new("."),
        }
    }
    Err(if denied { code::ERROR_ACCESS_DENIED } else { code::ERROR_FILE_NOT_FOUND })
}

/// The program that a command line begins with.
pub(super) fn of_line(line: &[u8]) -> Result<PathBuf, u32> {
    if let Some(quoted) = line.strip_prefix(b"\"") {
        let end = quoted.iter().position(|byte| *byte == b'"').unwrap_or(quoted.len());
        return searched(&quoted[..end]);
    }
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let mut ends = line.iter().enumerate().filter(|(_, byte)| is_space(byte)).map(|found| found.0);
    let mut first = None;
    loop {
        let end = ends.next();
        let tried = searched(&line[..end.unwrap_or(line.len())]);
        match (tried, end) {
            (Ok(found), _) => return Ok(found),
            (Err(error), None) => return Err(first.unwrap_or(error)),
            (Err(error), Some(_)) => first = first.or(Some(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name() {
        let of = |name: &str| spellings(Path::new(name));
        let both = |first: &str, second: &str| vec![PathBuf::from(first), PathBuf::from(second)];
        assert_eq!(of("/x/server.exe"), both("/x/server.exe", "/x/server"));
        assert_eq!(of("/x/server"), both("/x/server", "/x/server.exe"));
        assert_eq!(of("/x/server.sh"), [PathBuf::from("/x/server.sh")]);
        assert_eq!(of("/x/.exe"), both("/x/.exe", "/x/.exe.exe"));
    }

    /// Goal: quotes, spaces and the search. Method: files of its own, and `sh`, which is in PATH everywhere.
    #[test]
    fn programs_of_command_lines() {
        let folder = tempfile::tempdir().unwrap();
        let spaced = folder.path().join("two words");
        std::fs::write(&spaced, "#!/bin/sh\n").unwrap();
        let line =
            |text: &str| of_line(text.replace('@', folder.path().to_str().unwrap()).as_bytes());
        assert_eq!(line(r#""@/two words" x"#), Err(code::ERROR_ACCESS_DENIED));
        std::fs::set_permissions(&spaced, PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(line(r#""@/two words" x"#), Ok(spaced.clone()));
        assert_eq!(line("@/two words x"), Ok(spaced.clone()));
        assert_eq!(line("@\\two words.exe x"), Ok(spaced));
        assert_eq!(line("@/two"), Err(code::ERROR_FILE_NOT_FOUND));
        assert_eq!(line("@/no/where x"), Err(code::ERROR_PATH_NOT_FOUND));
        assert_eq!(line("@"), Err(code::ERROR_ACCESS_DENIED));
        assert!(line("sh -c true").is_ok_and(|path| path.ends_with("sh")));
        assert_eq!(line("no-such-program-anywhere a"), Err(code::ERROR_FILE_NOT_FOUND));
    }
}
