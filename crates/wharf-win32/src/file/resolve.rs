//! Names without case: what is not found as it is written is looked for without regard to case, as programs for Windows
//! expect. The last part of a name that is to be created is taken as it is written.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// The path as it is spelled on disk, as far as it exists.
pub(crate) fn existing(path: &Path) -> PathBuf {
    if rustix::fs::lstat(path).is_ok() {
        return path.to_owned();
    }
    spelled(path).unwrap_or_else(|| path.to_owned())
}

/// [`existing`] for the directory of a path, and the last part as it is written.
pub(crate) fn new(path: &Path) -> PathBuf {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => existing(parent).join(name),
        _ => path.to_owned(),
    }
}

fn spelled(path: &Path) -> Option<PathBuf> {
    let mut found = PathBuf::new();
    for part in path.components() {
        let next = found.join(part);
        match part {
            Component::Normal(name) if rustix::fs::lstat(&next).is_err() => {
                let directory = if found.as_os_str().is_empty() { Path::new(".") } else { &found };
                found = found.join(similar(directory, name)?);
            }
            _ => found = next,
        }
    }
    Some(found)
}

fn similar(directory: &Path, name: &OsStr) -> Option<std::ffi::OsString> {
    let wanted = name.to_string_lossy().to_lowercase();
    let same = |other: &OsStr| {
        other.as_bytes().len() == name.as_bytes().len()
            && other.to_string_lossy().to_lowercase() == wanted
    };
    let entries = std::fs::read_dir(directory).ok()?;
    entries.filter_map(Result::ok).map(|entry| entry.file_name()).find(|other| same(other))
}

/// Why nothing was found: the directory is missing (ERROR_PATH_NOT_FOUND), or only the file in it.
pub(crate) fn missing(path: &Path) -> u32 {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    match parent {
        Some(parent) if !parent.is_dir() => crate::code::ERROR_PATH_NOT_FOUND,
        _ => crate::code::ERROR_FILE_NOT_FOUND,
    }
}

/// The code of a failed call that named this path.
pub(crate) fn error(errno: rustix::io::Errno, path: &Path) -> u32 {
    if errno == rustix::io::Errno::NOENT { missing(path) } else { super::open_error(errno) }
}
