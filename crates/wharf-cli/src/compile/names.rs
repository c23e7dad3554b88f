//! Which names are Windows', and which of those Wharf has.
//!
//! What Windows has is in two lists in the command, `support/functions.txt` and `support/types.txt`. What Wharf has is read from its headers, as
//! they lie there: a name that they do not declare is one that no program can use.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use super::definitions;
use super::lexer::{self, Kind};
use super::tree::Tree;

const FUNCTIONS: &str = include_str!("support/functions.txt");
const TYPES: &str = include_str!("support/types.txt");
/// Names that begin like this are constants of Windows, or types.
const CONSTANTS: &[&str] = &["ERROR_", "WSAE", "STATUS_", "WSAID_", "RIO_"];
/// What stands in place of the library of a type or a constant.
pub(crate) const NO_FUNCTION: &str = "type or constant";

/// Headers of Microsoft's libraries that are no part of Win32, by the beginnings of their names.
const FOREIGN: &[(&str, &str)] = &[
    ("afx", "MFC"),
    ("atl", "ATL"),
    ("comdef", "COM"),
    ("comutil", "COM"),
    ("concurrent_", "the Parallel Patterns Library"),
    ("ppl", "the Parallel Patterns Library"),
    ("sql", "ODBC; on Debian unixodbc-dev has it"),
    ("http.h", "the HTTP Server API"),
    ("msxml", "COM"),
    ("d3d", "Direct3D"),
];

pub(crate) struct Names {
    /// Functions of Windows by name, with the library that has them.
    windows: HashMap<String, &'static str>,
    types: &'static HashSet<&'static str>,
    wharf: HashSet<String>,
    /// Wharf's headers, in lower case.
    headers: HashSet<String>,
}

/// A name that a program uses and Wharf lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lacking {
    pub(crate) name: String,
    pub(crate) library: &'static str,
    pub(crate) place: String,
}

impl Names {
    pub(crate) fn read(include: &Path) -> Names {
        let mut names = Names {
            windows: functions(),
            types: types(),
            wharf: HashSet::new(),
            headers: HashSet::new(),
        };
        names.collect(include, "");
        names
    }

    /// The library of Windows that has a function of this name.
    pub(crate) fn library(&self, name: &str) -> Option<&'static str> {
        self.windows.get(name).copied()
    }

    /// The library of a function, or [`NO_FUNCTION`] for a type or constant of Windows.
    pub(crate) fn kind(&self, name: &str) -> Option<&'static str> {
        let constant = || {
            CONSTANTS
                .iter()
                .any(|beginning| name.len() > beginning.len() && name.starts_with(beginning))
        };
        let shape = || {
            name.bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        };
        let other =
            || (self.types.contains(name) || (constant() && shape())).then_some(NO_FUNCTION);
        self.library(name).or_else(other)
    }

    /// Whether Wharf has a header of this name, in any case.
    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers.contains(&name.to_ascii_lowercase().replace('\\', "/"))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.wharf.contains(name)
    }

    /// Takes the words of all headers below a directory, comments left out.
    fn collect(&mut self, directory: &Path, beginning: &str) {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            let name =
                format!("{beginning}{}", entry.file_name().to_string_lossy().to_ascii_lowercase());
            if path.is_dir() {
                self.collect(&path, &format!("{name}/"));
            } else if let Ok(text) = fs::read_to_string(&path) {
                let tokens = lexer::tokens(&text);
                let tokens = tokens.iter().filter(|token| token.kind == Kind::Word);
                self.wharf.extend(tokens.map(|token| text[token.range()].to_owned()));
                self.headers.insert(name);
            }
        }
    }

    /// Every name of Windows in a program that is not in Wharf and not the program's own: at its first use.
    pub(crate) fn lacking(&self, tree: &Tree) -> Vec<Lacking> {
        let mut seen = definitions::defined(tree);
        let mut all = Vec::new();
        for file in &tree.files {
            for at in 0..file.tokens.len() {
                let Some(name) = file.name(at) else { continue };
                let Some(library) = self.kind(name) else { continue };
                if self.has(name) || file.is_member(at) || !seen.insert(name) {
                    continue;
                }
                all.push(Lacking {
                    name: name.to_owned(),
                    library,
                    place: file.place(file.tokens[at].line),
                });
            }
        }
        all
    }
}

/// What a header belongs to that neither Wharf nor the system has, if it is one of Microsoft's.
pub(crate) fn foreign(header: &str) -> Option<&'static str> {
    let header = header.to_ascii_lowercase();
    FOREIGN.iter().find(|(beginning, _)| header.starts_with(beginning)).map(|(_, what)| *what)
}

/// The names of types, read once.
pub(crate) fn types() -> &'static HashSet<&'static str> {
    static ALL: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let lines = TYPES.lines().filter(|line| !line.starts_with('#'));
        lines.flat_map(str::split_whitespace).collect()
    });
    &ALL
}

fn functions() -> HashMap<String, &'static str> {
    let mut all = HashMap::new();
    let mut library = "";
    for line in FUNCTIONS.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_suffix(':') {
            Some(name) => library = name,
            None => {
                for name in line.split_whitespace() {
                    match name.strip_suffix('*') {
                        Some(name) => all.extend(
                            ["", "A", "W"].map(|ending| (format!("{name}{ending}"), library)),
                        ),
                        None => {
                            all.insert(name.to_owned(), library);
                        }
                    }
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_by_library() {
        let functions = functions();
        for (name, library) in [
            ("CreateIoCompletionPort", "kernel32"),
            ("CreateFileW", "kernel32"),
            ("CreateFile", "kernel32"),
            ("WSASend", "ws2_32"),
            ("AcceptEx", "mswsock"),
            ("MessageBoxA", "user32"),
            ("_kbhit", "msvcrt"),
            ("sprintf_s", "msvcrt"),
        ] {
            assert_eq!(functions.get(name), Some(&library), "{name}");
        }
        assert!(!functions.contains_key("send") && !functions.contains_key("printf"));
    }
}
