//! Headers by names in any case, and with either kind of slash: as the file systems of Windows find them.
//!
//! Directories are gone through in the compiler's order, and in each one a name that is spelled exactly comes
//! before one that is not. What the system's own headers include among each other is left to the compiler.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::arguments::{Arguments, Language};
use super::compiler::Compiler;

/// What an `#include` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A file of the program; `directly` if the compiler finds it by the name as written.
    Program { path: PathBuf, directly: bool },
    /// A header of Wharf or of the system under its true name, if that is not the one written.
    Renamed(String),
    /// A header of Wharf or of the system, named as written; or nothing that is known.
    Left,
    /// No file has this name.
    Nothing,
}

pub(crate) struct Search<'a> {
    quoted: Vec<PathBuf>,
    angled: Vec<PathBuf>,
    wharf: PathBuf,
    after: Vec<PathBuf>,
    compiler: &'a Compiler,
    language: Language,
    system: OnceCell<Vec<PathBuf>>,
    listings: RefCell<HashMap<PathBuf, Listing>>,
}

/// Names of a directory: in lower case, with all their spellings.
type Listing = HashMap<String, Vec<String>>;

impl<'a> Search<'a> {
    pub(crate) fn new(
        arguments: &Arguments,
        wharf: &Path,
        compiler: &'a Compiler,
        language: Language,
    ) -> Search<'a> {
        Search {
            quoted: arguments.quoted.clone(),
            angled: arguments.angled.clone(),
            wharf: wharf.to_owned(),
            after: arguments.after.clone(),
            compiler,
            language,
            system: OnceCell::new(),
            listings: RefCell::default(),
        }
    }

    /// Looks for what `"name"` or `<name>` means in a file. `chain` are the directories of that file, of the one
    /// that includes it, and so on: Microsoft's compiler looks into all of them for a quoted name.
    pub(crate) fn find(&self, name: &str, quoted: bool, chain: &[PathBuf]) -> Found {
        let written = name;
        let name = &name.replace('\\', "/");
        let found = self.find_slashed(name, quoted, chain);
        match found {
            // The compiler takes a backslash for a letter of the name.
            Found::Left if written != name && !name.starts_with('/') => {
                Found::Renamed(name.clone())
            }
            Found::Program { path, directly } => {
                Found::Program { path, directly: directly && written == name }
            }
            _ => found,
        }
    }

    fn find_slashed(&self, name: &str, quoted: bool, chain: &[PathBuf]) -> Found {
        if name.starts_with('/') {
            return if Path::new(name).is_file() { Found::Left } else { Found::Nothing };
        }
        if quoted {
            for (depth, directory) in chain.iter().enumerate() {
                if let Some(found) = self.below(directory, name) {
                    return program(directory, name, found, depth == 0);
                }
            }
        }
        let stated = self.quoted.iter().filter(|_| quoted).chain(&self.angled);
        for directory in stated {
            if let Some(found) = self.below(directory, name) {
                return program(directory, name, found, true);
            }
        }
        if let Some(found) = self.below(&self.wharf, name) {
            return renamed(name, found);
        }
        for directory in &self.after {
            if let Some(found) = self.below(directory, name) {
                return program(directory, name, found, true);
            }
        }
        let system = self.system.get_or_init(|| self.compiler.system_directories(self.language));
        if system.iter().any(|directory| directory.join(name).is_file()) {
            return Found::Left;
        }
        let found = system.iter().find_map(|directory| self.below(directory, name));
        found.map_or(Found::Nothing, |found| renamed(name, found))
    }

    /// The true name, below a directory, of a file that is called `name` in some spelling.
    fn below(&self, directory: &Path, name: &str) -> Option<String> {
        if directory.join(name).is_file() {
            return Some(name.to_owned());
        }
        let mut at = directory.to_owned();
        let mut spelled = Vec::new();
        for part in name.split('/').filter(|part| !part.is_empty() && *part != ".") {
            let part = if part == ".." { part.to_owned() } else { self.entry(&at, part)? };
            at.push(&part);
            spelled.push(part);
        }
        at.is_file().then(|| spelled.join("/"))
    }

    fn entry(&self, directory: &Path, name: &str) -> Option<String> {
        let mut listings = self.listings.borrow_mut();
        let listing = listings.entry(directory.to_owned()).or_insert_with(|| list(directory));
        let spellings = listing.get(&name.to_lowercase())?;
        let exact = spellings.iter().find(|spelling| *spelling == name);
        exact.or(spellings.first()).cloned()
    }
}

fn program(directory: &Path, name: &str, found: String, reached: bool) -> Found {
    Found::Program { directly: reached && found == name, path: directory.join(found) }
}

fn renamed(name: &str, found: String) -> Found {
    if found == name { Found::Left } else { Found::Renamed(found) }
}

fn list(directory: &Path) -> Listing {
    // An empty name is the current directory.
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let mut listing = Listing::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        listing.entry(name.to_lowercase()).or_default().push(name);
    }
    for spellings in listing.values_mut() {
        spellings.sort();
    }
    listing
}

#[cfg(test)]
mod tests {
    use super::super::compiler::Kind;
    use super::*;

    #[test]
    fn case_slashes_and_the_chain() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in [
            "src/Net/a.h",
            "Common/Packet.h",
            "wharf/winsock2.h",
            "wharf/sys/types.h",
            "src/b.h",
            "src/B.h",
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let arguments = Arguments::parse(&[]).unwrap();
        let compiler = Compiler { path: "/nonexistent".into(), kind: Kind::Gnu };
        let search = Search::new(&arguments, &root.join("wharf"), &compiler, Language::Cpp);
        let chain = [root.join("src/Net"), root.join("src")];
        let at = |path: &str, directly| Found::Program { path: root.join(path), directly };
        assert_eq!(search.find("a.h", true, &chain), at("src/Net/a.h", true));
        assert_eq!(search.find("A.H", true, &chain), at("src/Net/a.h", false));
        assert_eq!(
            search.find("..\\..\\common\\packet.h", true, &chain),
            at("src/Net/../../Common/Packet.h", false)
        );
        assert_eq!(search.find("b.h", true, &chain), at("src/b.h", false));
        assert_eq!(search.find("B.h", true, &chain), at("src/B.h", false));
        assert_eq!(search.find("WinSock2.h", false, &chain), Found::Renamed("winsock2.h".into()));
        assert_eq!(
            search.find("sys\\types.h", false, &chain),
            Found::Renamed("sys/types.h".into())
        );
        assert_eq!(search.find("winsock2.h", true, &chain), Found::Left);
        assert_eq!(search.find("afxwin.h", true, &chain), Found::Nothing);
    }
}
