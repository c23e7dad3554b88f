//! What a program is linked with: the start-up object, Wharf's library, and what that needs.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::arguments::{Arguments, Item, Language};
use super::compiler::Compiler;
use super::entry;
use super::home::{Home, LIBRARY};

const STARTUP: &str = include_str!("support/startup.c");
const WIDE: &str = include_str!("support/wide.c");
const STREAMS: &str = include_str!("support/streams.cpp");
/// What Rust's standard library uses of the system.
const SYSTEM: &[&str] = &["-lpthread", "-ldl", "-lrt", "-lutil", "-lm"];

/// What the sources of this command say; what is in objects is looked up in those.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needs {
    /// An entry point that is not `main`.
    pub(crate) entry: bool,
    /// `std::wcout` and its kin.
    pub(crate) streams: bool,
    /// `wprintf` and its kin.
    pub(crate) wide: bool,
}

const STREAM_NAMES: &[&str] = &["wcout", "wcerr", "wclog"];
const WIDE_NAMES: &[&str] =
    &["wprintf", "fwprintf", "vwprintf", "vfwprintf", "fputws", "fputwc", "putwc", "putwchar"];
/// What the generic names of `tchar.h` become with UNICODE.
const GENERIC_NAMES: &[&str] = &[
    "_tprintf",
    "_ftprintf",
    "_vtprintf",
    "_vftprintf",
    "_fputts",
    "_puttchar",
    "_puttc",
    "_fputtc",
    "_putts",
    "_putws",
];

/// The arguments that follow the user's.
pub(crate) fn arguments(
    compiler: &Compiler,
    language: Language,
    arguments: &Arguments,
    home: &Home,
    needs: Needs,
    directory: &Path,
) -> io::Result<Vec<OsString>> {
    if arguments.bare {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    if !arguments.shared {
        let needs = needs.with_objects(arguments);
        let define = if needs.entry { "-DWHARF_ENTRY" } else { "-UWHARF_ENTRY" };
        all.push(compile(compiler, directory, "startup.c", STARTUP, "c", &[define])?.into());
        if needs.wide {
            all.push(compile(compiler, directory, "wide.c", WIDE, "c", &["-fno-builtin"])?.into());
        }
        if needs.streams && language == Language::Cpp {
            all.push(
                compile(compiler, directory, "streams.cpp", STREAMS, "c++", &["-std=c++14"])?
                    .into(),
            );
        }
    }
    match (home.static_library(), home.shared_library()) {
        // One copy of Wharf in the process: a shared object takes that of the program that loads it.
        (Some(library), _) if !arguments.shared => {
            all.push(library.into());
            // Of Rust's library, what is not used.
            all.push("-Wl,--gc-sections".into());
            all.extend(SYSTEM.iter().map(OsString::from));
            // The unwinder.
            let whole = arguments.items.contains(&Item::Plain("-static".into()));
            all.push(if whole { "-lgcc_eh" } else { "-lgcc_s" }.into());
        }
        (_, Some(_)) => {
            let directory = home.library.display();
            all.extend(
                [
                    format!("-L{directory}"),
                    format!("-l{LIBRARY}"),
                    format!("-Wl,-rpath,{directory}"),
                ]
                .map(OsString::from),
            );
        }
        (Some(_), None) | (None, None) => {}
    }
    Ok(all)
}

/// Compiles a source of ours.
fn compile(
    compiler: &Compiler,
    directory: &Path,
    name: &str,
    text: &str,
    language: &str,
    more: &[&str],
) -> io::Result<PathBuf> {
    let source = directory.join(name);
    let object = source.with_extension("o");
    fs::write(&source, text)?;
    let status = Command::new(&compiler.path)
        .args(["-x", language, "-O1", "-fPIC", "-c"])
        .args(more)
        .arg(&source)
        .arg("-o")
        .arg(&object)
        .status()?;
    if status.success() {
        Ok(object)
    } else {
        Err(io::Error::other(format!("the start-up object {name} was not compiled")))
    }
}

impl Needs {
    /// Adds what a word of a source says.
    pub(crate) fn add_word(&mut self, word: &str) {
        self.streams |= STREAM_NAMES.contains(&word);
        self.wide |= WIDE_NAMES.contains(&word) || GENERIC_NAMES.contains(&word);
    }

    /// Adds what is named in objects: they may come from an earlier command.
    fn with_objects(mut self, arguments: &Arguments) -> Needs {
        for item in &arguments.items {
            let Item::Plain(path) = item else { continue };
            let path = Path::new(path);
            if !matches!(path.extension().and_then(OsStr::to_str), Some("o" | "obj" | "a")) {
                continue;
            }
            let Ok(bytes) = fs::read(path) else { continue };
            let names = |name: &str| {
                let symbol = [b"\0", name.as_bytes(), b"\0"].concat();
                bytes.windows(symbol.len()).any(|window| window == symbol)
            };
            self.entry |= entry::NAMES.into_iter().any(names);
            self.streams |= STREAM_NAMES.iter().any(|name| names(&format!("_ZSt5{name}")));
            self.wide |= WIDE_NAMES.iter().copied().any(names);
        }
        self
    }
}
