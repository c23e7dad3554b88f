//! All changes to the sources of a command, and the copies that hold them.
//!
//! A file is compiled where it lies unless something in it has to change, or it includes one that has. Copies lie in
//! a temporary directory of their own; a `#line` makes messages, debuggers and `__FILE__` name the original.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::arguments::Language;
use super::edit::{Edits, Refusal};
use super::lookup::Found;
use super::tree::{File, Tree};
use super::{
    definitions, each, entry, jumps, keys, locale, names, references, seh, sizes, throws, typenames,
};

/// Headers that a project's wizard makes, and that may be left out when a source is published.
const PRECOMPILED: &[&str] = &["stdafx.h", "pch.h", "targetver.h", "framework.h"];
/// Those of them that the others are included by.
const FIRST: &[&str] = &["stdafx.h", "pch.h"];
/// What programs include for Windows' names.
const WINDOWS: &[&str] =
    &["windows.h", "winsock2.h", "winsock.h", "ws2tcpip.h", "mswsock.h", "winbase.h", "afxwin.h"];
/// What every wizard puts into the header that comes first, ...
const STAND_IN: &str = "#if __has_include(<tchar.h>)
#include <stdio.h>
#include <tchar.h>
#endif
";
/// ... and what most programs add to it, for one that includes nothing else that has Windows' names.
const STAND_IN_OF_WINDOWS: &str = "#include <windows.h>
#if __has_include(<tchar.h>)
#include <stdio.h>
#include <tchar.h>
#include <process.h>
#include <conio.h>
#endif
";

/// The copies, and what was found in the sources on the way.
pub(crate) struct Rewritten {
    pub(crate) directory: TempDir,
    /// By index into the tree.
    pub(crate) copies: HashMap<usize, PathBuf>,
    /// One of the sources has `wmain` or a `main` of type void.
    pub(crate) entry: bool,
    pub(crate) key: bool,
    /// Something throws `std::runtime_error` in place of `std::exception`.
    pub(crate) throws: bool,
    pub(crate) seh: seh::Used,
    /// Where a header is included that is not there, and that windows.h stands in for.
    pub(crate) stands_in: Option<String>,
    lacks_windows: bool,
}

/// Makes the copies that are needed. `Ok(Err(..))` lists what is refused.
pub(crate) fn rewrite(
    tree: &Tree,
    language: Language,
) -> io::Result<Result<Rewritten, Vec<String>>> {
    let directory = tempfile::Builder::new().prefix("wharf-").tempdir()?;
    let mut result = Rewritten {
        directory,
        copies: HashMap::new(),
        entry: false,
        key: false,
        throws: false,
        seh: seh::Used::default(),
        stands_in: None,
        lacks_windows: lacks_windows(tree),
    };
    let mut refused = Vec::new();
    let mut all: Vec<Edits> = Vec::with_capacity(tree.files.len());
    let own = definitions::defined(tree);
    for file in &tree.files {
        match result.edits(file, &own, language) {
            Ok(edits) => all.push(edits),
            Err(refusal) => {
                refused.push(format!("{}: {}", file.place(refusal.line), refusal.why));
                all.push(Edits::default());
            }
        }
    }
    if !refused.is_empty() {
        return Ok(Err(refused));
    }
    result.place_copies(tree, &all)?;
    for (&index, path) in &result.copies {
        write_copy(tree, index, path, std::mem::take(&mut all[index]), &result.copies)?;
    }
    Ok(Ok(result))
}

impl Rewritten {
    /// The headers that are included in place of those that are not there.
    pub(crate) fn stand_in_paths(&self) -> [PathBuf; 2] {
        ["empty.h", "stand-in.h"].map(|name| self.directory.path().join(name))
    }

    /// What has to change in a file, whatever other files are copied.
    fn edits(
        &mut self,
        file: &File,
        own: &HashSet<&str>,
        language: Language,
    ) -> Result<Edits, Refusal> {
        let mut edits = Edits::default();
        for include in &file.includes {
            let range = file.tokens[include.token].range();
            match &include.found {
                Found::Renamed(name) => edits.replace(range, format!("<{name}>")),
                Found::Program { path, directly: false } => edits.replace(range, quoted(path)),
                Found::Nothing if is_precompiled(&include.name) => {
                    let first = is_one_of(&include.name, FIRST);
                    let [empty, stand_in] = self.stand_in_paths();
                    let (path, text) = match (first, self.lacks_windows) {
                        (false, _) => (empty, ""),
                        (true, false) => (stand_in, STAND_IN),
                        (true, true) => (stand_in, STAND_IN_OF_WINDOWS),
                    };
                    // Writing it twice does no harm; if it cannot be written, the compiler says so.
                    let _ = fs::write(&path, text);
                    edits.replace(range, quoted(&path));
                    if first && self.lacks_windows {
                        let place = file.place(file.tokens[include.token].line);
                        self.stands_in.get_or_insert(format!("{place}: note: {}", include.name));
                    }
                }
                _ => {}
            }
        }
        let lines = |line: u32| format!("\n#line {line} {}\n", quoted(&file.path));
        self.entry |= entry::rewrite(file, language, &lines, &mut edits);
        self.key |= keys::rewrite(file, language, &mut edits);
        sizes::rewrite(file, own, &mut edits);
        if language == Language::Cpp {
            each::rewrite(file, &mut edits);
            references::rewrite(file, &mut edits);
            typenames::rewrite(file, &mut edits);
            locale::rewrite(file, &mut edits);
            jumps::rewrite(file, &mut edits);
            self.throws |= throws::rewrite(file, &mut edits);
        }
        let used = seh::used(file);
        self.seh.any |= used.any;
        self.seh.except |= used.except;
        match (used.any, language) {
            (true, Language::Cpp) => seh::rewrite(file, &lines, &mut edits)?,
            (true, Language::C) => {
                if let Some(line) = seh::first_line(file) {
                    let why = "structured exceptions need C++ here: say -x c++ before the file, or end its name in .cpp";
                    return Err(Refusal { line, why: why.into() });
                }
            }
            (false, _) => {}
        }
        Ok(edits)
    }

    /// Decides which files are copied, and where to.
    fn place_copies(&mut self, tree: &Tree, edits: &[Edits]) -> io::Result<()> {
        let mut dirty: Vec<bool> = tree
            .files
            .iter()
            .zip(edits)
            .map(|(file, edits)| !edits.is_empty() || file.source.converted)
            .collect();
        loop {
            let reaches = |file: &File| {
                file.includes.iter().any(|include| include.file.is_some_and(|file| dirty[file]))
            };
            let next: Vec<bool> = tree
                .files
                .iter()
                .zip(&dirty)
                .map(|(file, &already)| already || reaches(file))
                .collect();
            if next == dirty {
                break;
            }
            dirty = next;
        }
        for (index, file) in tree.files.iter().enumerate().filter(|(index, _)| dirty[*index]) {
            // One directory each: the base name decides what an object is called, and two may have the same.
            let directory = self.directory.path().join(index.to_string());
            fs::create_dir(&directory)?;
            let name = file.path.file_name().unwrap_or("source".as_ref());
            self.copies.insert(index, directory.join(name));
        }
        Ok(())
    }
}

fn write_copy(
    tree: &Tree,
    index: usize,
    path: &Path,
    mut edits: Edits,
    copies: &HashMap<usize, PathBuf>,
) -> io::Result<()> {
    let file = &tree.files[index];
    for include in &file.includes {
        if let Some(other) = include.file {
            // From the copy's directory, no name of a neighbour would be found.
            let target = copies.get(&other).unwrap_or(&tree.files[other].path);
            let target = std::path::absolute(target)?;
            edits.override_with(file.tokens[include.token].range(), quoted(&target));
        }
    }
    let text = edits.apply(file.text(), 0..file.text().len());
    fs::write(path, format!("#line 1 {}\n{text}", quoted(&file.path)))
}

/// A path as a string of C.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn is_precompiled(name: &str) -> bool {
    is_one_of(name, PRECOMPILED)
}

fn is_one_of(name: &str, list: &[&str]) -> bool {
    let name = name.to_ascii_lowercase().replace('\\', "/");
    list.contains(&name.rsplit('/').next().unwrap_or_default())
}

/// Whether a program uses types of Windows, and includes nothing that has them.
fn lacks_windows(tree: &Tree) -> bool {
    let mut includes = tree.files.iter().flat_map(|file| &file.includes);
    if includes.any(|include| is_one_of(&include.name, WINDOWS)) {
        return false;
    }
    let windows = names::types();
    let uses = |file: &File| {
        (0..file.tokens.len()).any(|at| file.name(at).is_some_and(|name| windows.contains(name)))
    };
    tree.files.iter().any(uses)
}
