//! The system's compilers: which there are, and what they are asked.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::arguments::Language;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Gnu,
    Clang,
}

#[derive(Clone, Debug)]
pub(crate) struct Compiler {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
}

/// The compilers to try, in order. WHARF_CC or WHARF_CXX names the only one; otherwise clang, which accepts more of
/// what Microsoft's compiler accepts, then gcc.
pub(crate) fn available(language: Language) -> io::Result<Vec<Compiler>> {
    let (variable, clang, gnu): (_, _, &[&str]) = match language {
        Language::C => ("WHARF_CC", "clang", &["gcc", "cc"]),
        Language::Cpp => ("WHARF_CXX", "clang++", &["g++", "c++"]),
    };
    if let Some(stated) = env::var_os(variable).filter(|stated| !stated.is_empty()) {
        let path = which(&stated)
            .ok_or_else(|| missing(&format!("{variable} names a compiler that is not there")))?;
        let kind = kind(&path)?;
        return Ok(vec![Compiler { path, kind }]);
    }
    // Distributions install versions side by side, and the plain name need not be among them.
    let versions = (14..=30).rev().map(|version| format!("{clang}-{version}"));
    let clang =
        std::iter::once(clang.to_owned()).chain(versions).find_map(|name| which(name.as_ref()));
    let gnu = gnu.iter().find_map(|name| which(name.as_ref()));
    let mut found = Vec::new();
    found.extend(clang.map(|path| Compiler { path, kind: Kind::Clang }));
    if let Some(path) = gnu {
        let kind = kind(&path)?;
        if !found.iter().any(|other| other.kind == kind) {
            found.push(Compiler { path, kind });
        }
    }
    if found.is_empty() {
        return Err(missing(
            "no compiler is installed: neither clang nor gcc (Debian: apt install g++)",
        ));
    }
    Ok(found)
}

impl Compiler {
    /// The directories that the compiler looks for `<...>` in, after all that the command line names.
    pub(crate) fn system_directories(&self, language: Language) -> Vec<PathBuf> {
        let language = match language {
            Language::C => "c",
            Language::Cpp => "c++",
        };
        let output = Command::new(&self.path)
            .args(["-E", "-v", "-x", language, "/dev/null"])
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output();
        let Ok(output) = output else { return Vec::new() };
        let text = String::from_utf8_lossy(&output.stderr);
        let lines = text.lines().skip_while(|line| !line.starts_with("#include <...>")).skip(1);
        let lines = lines.take_while(|line| line.starts_with(' '));
        lines.map(|line| PathBuf::from(line.trim())).collect()
    }

    /// Whether the linker finds a library of this name without further options.
    pub(crate) fn has_library(&self, name: &str) -> bool {
        ["so", "a"].iter().any(|ending| {
            let file = format!("lib{name}.{ending}");
            let output = Command::new(&self.path).arg(format!("-print-file-name={file}")).output();
            output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() != file)
        })
    }
}

fn kind(path: &Path) -> io::Result<Kind> {
    let output = Command::new(path).arg("--version").stdin(Stdio::null()).output()?;
    let clang = String::from_utf8_lossy(&output.stdout).contains("clang");
    Ok(if clang { Kind::Clang } else { Kind::Gnu })
}

/// The first program of this name in PATH; a name with a slash is a path already.
fn which(name: &std::ffi::OsStr) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.components().count() > 1 {
        return path.is_file().then(|| path.to_owned());
    }
    let directories: OsString = env::var_os("PATH")?;
    env::split_paths(&directories).map(|dir| dir.join(path)).find(|path| path.is_file())
}

fn missing(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, text)
}
