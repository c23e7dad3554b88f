//! `wharf check DIR`: what a source tree uses of Windows, and what to look at before it runs here.

mod traps;
mod wide;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::definitions;
use super::home;
use super::lookup::Found;
use super::names::{self, Names};
use super::tree::{File, Tree};

/// Something to look at.
pub(super) struct Trap {
    pub(super) line: u32,
    /// The statement of the contract that it is about, or what else decides.
    pub(super) rule: &'static str,
    pub(super) text: String,
}

/// How a name is used in a tree.
struct Use {
    count: usize,
    first: String,
    library: &'static str,
}

/// Reads the sources below `path`, or one, and writes the report. Fails if something is used that Wharf lacks.
pub(crate) fn check(path: &Path) -> io::Result<ExitCode> {
    let names = Names::read(&home::headers()?);
    let mut paths = Vec::new();
    collect(path, &mut paths)?;
    let mut tree = Tree::default();
    for path in &paths {
        tree.load(path, None, None)?;
    }
    let report = Report { tree: &tree, names: &names, uses: uses(&tree, &names) };
    let mut out = io::stdout().lock();
    let written = report.write(&mut out).and_then(|()| out.flush());
    match written {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    Ok(if report.lacking().next().is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// All of a file's, in its order.
pub(super) fn traps_of(file: &File) -> Vec<Trap> {
    let mut traps = traps::find(file);
    traps.extend(wide::find(file));
    traps.sort_by_key(|trap| trap.line);
    traps
}

struct Report<'a> {
    tree: &'a Tree,
    names: &'a Names,
    uses: BTreeMap<&'a str, Use>,
}

impl Report<'_> {
    fn lacking(&self) -> impl Iterator<Item = (&&str, &Use)> {
        self.uses.iter().filter(|(name, _)| !self.names.has(name))
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let lacking = self.lacking().count();
        let supported = self.uses.len() - lacking;
        writeln!(
            out,
            "{} files, {} names of Windows, {supported} supported, {lacking} not",
            self.tree.files.len(),
            self.uses.len()
        )?;
        self.table(out, "Not supported", false)?;
        self.headers(out)?;
        self.traps(out)?;
        self.table(out, "Supported", true)
    }

    fn table(&self, out: &mut dyn Write, title: &str, supported: bool) -> io::Result<()> {
        let rows: Vec<_> =
            self.uses.iter().filter(|(name, _)| self.names.has(name) == supported).collect();
        if rows.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{title}:")?;
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, used) in rows {
            let times =
                if used.count == 1 { "once".to_owned() } else { format!("{} times", used.count) };
            writeln!(
                out,
                "  {name:width$}  {:16}  {times}, first at {}",
                used.library, used.first
            )?;
        }
        Ok(())
    }

    fn headers(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut first = true;
        for file in &self.tree.files {
            for (name, line) in includes(file) {
                let Some(what) = names::foreign(&name).filter(|_| !self.names.has_header(&name))
                else {
                    continue;
                };
                if std::mem::take(&mut first) {
                    writeln!(out, "\nHeaders that Wharf does not have:")?;
                }
                writeln!(out, "  {}: {name} ({what})", file.place(line))?;
            }
        }
        Ok(())
    }

    fn traps(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut first = true;
        for file in &self.tree.files {
            for trap in traps_of(file) {
                if std::mem::take(&mut first) {
                    writeln!(out, "\nTo look at:")?;
                }
                writeln!(out, "  {}: {} [{}]", file.place(trap.line), trap.text, trap.rule)?;
            }
        }
        Ok(())
    }
}

/// Every name of Windows that is used, and not defined by the tree itself.
fn uses<'a>(tree: &'a Tree, names: &Names) -> BTreeMap<&'a str, Use> {
    let own = definitions::defined(tree);
    let mut uses: BTreeMap<&str, Use> = BTreeMap::new();
    for file in &tree.files {
        for (at, token) in file.tokens.iter().enumerate() {
            let name = file.word(token);
            let Some(library) = names.kind(name) else { continue };
            if file.is_member(at) || own.contains(name) {
                continue;
            }
            let place = || Use { count: 0, first: file.place(token.line), library };
            uses.entry(name).or_insert_with(place).count += 1;
        }
    }
    uses
}

/// The headers that a file names, and their lines.
fn includes(file: &File) -> impl Iterator<Item = (String, u32)> {
    debug_assert!(file.includes.iter().all(|include| include.found == Found::Nothing));
    let headers = file.tokens.iter().filter(|token| token.kind == super::lexer::Kind::Header);
    headers.map(|token| {
        let written = file.word(token);
        (written[1..written.len() - 1].to_owned(), token.line)
    })
}

/// The sources and headers below a directory, in order; links are not followed.
fn collect(path: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    let told =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    if !fs::metadata(path).map_err(told)?.is_dir() {
        paths.push(path.to_owned());
        return Ok(());
    }
    let mut entries = fs::read_dir(path).map_err(told)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if kind.is_dir() && !hidden {
            collect(&entry.path(), paths)?;
        } else if kind.is_file() && is_source(&entry.path()) {
            paths.push(entry.path());
        }
    }
    Ok(())
}

fn is_source(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    matches!(
        ending.as_str(),
        "c" | "cc" | "cpp" | "cxx" | "c++" | "h" | "hh" | "hpp" | "hxx" | "inl" | "ipp"
    )
}
