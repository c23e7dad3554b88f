//! What the Visual Studio project beside a source says of it: UNICODE, and the level of C++.
//!
//! Most projects define UNICODE there and not in a source, and a source that is written for it does not compile
//! without. Only a project that lists the source is asked; macros and conditions in it are not evaluated: a setting
//! that one of its configurations has is taken.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::text;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    pub(crate) path: PathBuf,
    pub(crate) unicode: bool,
    pub(crate) level: Option<&'static str>,
}

/// The project of a source: in its directory, or in the one above.
pub(crate) fn find(source: &Path) -> Option<Project> {
    let name = source.file_name()?.to_str()?;
    let directory = source.parent()?;
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    [directory.to_owned(), directory.join("..")].iter().find_map(|directory| {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(directory).ok()?.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        paths.into_iter().filter(|path| is_project(path)).find_map(|path| read(path, name))
    })
}

fn is_project(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    ending.eq_ignore_ascii_case("vcxproj") || ending.eq_ignore_ascii_case("vcproj")
}

/// A project, if it lists the source.
fn read(path: PathBuf, source: &str) -> Option<Project> {
    let text = text::decode(&fs::read(&path).ok()?, None).text.to_lowercase();
    let source = source.to_lowercase();
    let lists = ["include=\"", "relativepath=\""].iter().any(|attribute| {
        text.split(attribute).skip(1).any(|rest| {
            let listed = rest.split('"').next().unwrap_or_default();
            listed.rsplit(['\\', '/']).next() == Some(source.as_str())
        })
    });
    if !lists {
        return None;
    }
    // The older format numbers the character sets: 1 is Unicode.
    let unicode = text.contains("<characterset>unicode<")
        || text.contains("characterset=\"1\"")
        || text.contains(";_unicode");
    let level = [("stdcpplatest", "gnu++20"), ("stdcpp20", "gnu++20"), ("stdcpp17", "gnu++17")];
    let level = level
        .iter()
        .find(|(said, _)| text.contains(&format!("<languagestandard>{said}<")))
        .map(|(_, level)| *level);
    Some(Project { path, unicode, level })
}
