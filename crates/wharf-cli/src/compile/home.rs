//! Where Wharf's headers and libraries are.
//!
//! In order: the directory that WHARF_HOME names, with `include/wharf` and `lib`; the installation that the
//! command belongs to, `../include/wharf` and `../lib` seen from it; for one that cargo has built, its target
//! directory and the source tree.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The library is called this, with the usual beginning and endings.
pub(crate) const LIBRARY: &str = "wharf_win32";
const STATIC: &str = "libwharf_win32.a";
const SHARED: &str = "libwharf_win32.so";
/// A header that no installation lacks.
const HEADER: &str = "windows.h";
/// The headers where the command was built.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../wharf-win32/include");

/// Where things are.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    pub(crate) include: PathBuf,
    /// The directory of both libraries.
    pub(crate) library: PathBuf,
}

impl Home {
    /// Looks for both; says where it looked, if one is missing.
    pub(crate) fn find() -> io::Result<Home> {
        let places = Places::here()?;
        let include = places.headers()?;
        let library = first("library", &places.library, |dir| {
            dir.join(STATIC).is_file() || dir.join(SHARED).is_file()
        })?;
        Ok(Home { include, library })
    }

    pub(crate) fn static_library(&self) -> Option<PathBuf> {
        Some(self.library.join(STATIC)).filter(|path| path.is_file())
    }

    pub(crate) fn shared_library(&self) -> Option<PathBuf> {
        Some(self.library.join(SHARED)).filter(|path| path.is_file())
    }
}

/// The directories that are looked at, in order.
struct Places {
    include: Vec<PathBuf>,
    library: Vec<PathBuf>,
}

/// The headers alone, for who compiles nothing.
pub(crate) fn headers() -> io::Result<PathBuf> {
    Places::here()?.headers()
}

impl Places {
    fn here() -> io::Result<Places> {
        let command = env::current_exe()?;
        let command = command.canonicalize().unwrap_or(command);
        let stated = env::var_os("WHARF_HOME").filter(|home| !home.is_empty());
        Ok(Places::new(&command, stated))
    }

    fn headers(&self) -> io::Result<PathBuf> {
        first("headers", &self.include, |dir| dir.join(HEADER).is_file())
    }

    fn new(command: &Path, stated: Option<OsString>) -> Places {
        if let Some(home) = stated {
            let home = PathBuf::from(home);
            return Places {
                include: vec![home.join("include/wharf")],
                library: vec![home.join("lib")],
            };
        }
        let beside = command.parent().unwrap_or(Path::new("."));
        let prefix = beside.parent().unwrap_or(Path::new("."));
        Places {
            include: vec![prefix.join("include/wharf"), PathBuf::from(SOURCES)],
            library: vec![prefix.join("lib"), beside.to_owned(), beside.join("deps")],
        }
    }
}

fn first(what: &str, places: &[PathBuf], is_there: impl Fn(&Path) -> bool) -> io::Result<PathBuf> {
    let found = places.iter().find(|place| is_there(place));
    found.map(|place| place.canonicalize().unwrap_or_else(|_| place.clone())).ok_or_else(|| {
        let places: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
        let text = format!(
            "Wharf's {what} is not in {}; WHARF_HOME can name the directory that has include/wharf and lib",
            places.join(", nor in ")
        );
        io::Error::new(io::ErrorKind::NotFound, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_home_is_the_only_one() {
        let places = Places::new(Path::new("/usr/bin/wharf"), Some("/opt/wharf".into()));
        assert_eq!(places.include, [Path::new("/opt/wharf/include/wharf")]);
        assert_eq!(places.library, [Path::new("/opt/wharf/lib")]);
    }

    #[test]
    fn an_installation_comes_before_the_source_tree() {
        let places = Places::new(Path::new("/usr/bin/wharf"), None);
        assert_eq!(places.include[0], Path::new("/usr/include/wharf"));
        assert_eq!(places.library[0], Path::new("/usr/lib"));
        assert_eq!(places.library[2], Path::new("/usr/bin/deps"));
    }
}
