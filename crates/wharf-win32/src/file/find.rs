//! FindFirstFile: the entries of a directory whose names match a pattern.
//!
//! `*` stands for any characters, `?` for one; `*.*` is everything, with a dot or without; case does not count. The
//! directory is read when the search begins, sorted by name as NTFS does, and `.` and `..` come first.
#![allow(unsafe_code)] // exported under C names

use std::collections::VecDeque;
use std::ffi::c_void;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::stat::{self, Facts};
use super::{path, resolve};
use crate::object::{self, Object};
use crate::text;
use crate::time::filetime::FILETIME;
use crate::types::{BOOL, FALSE, HANDLE, INVALID_HANDLE_VALUE, TRUE, WCHAR};
use crate::{arg, code, guard};

/// FindExSearchLimitToDirectories is a hint, and is ignored on Windows too.
const SEARCH_OPS: u32 = 2;
/// FIND_FIRST_EX_CASE_SENSITIVE, LARGE_FETCH, ON_DISK_ENTRIES_ONLY.
const FLAGS: u32 = 7;

/// WIN32_FIND_DATA, for either kind of characters.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FindData<T> {
    /// FILE_ATTRIBUTE_*.
    pub dwFileAttributes: u32,
    /// Its birth.
    pub ftCreationTime: FILETIME,
    /// The last read.
    pub ftLastAccessTime: FILETIME,
    /// The last write.
    pub ftLastWriteTime: FILETIME,
    /// Upper half of the size.
    pub nFileSizeHigh: u32,
    /// Lower half of the size.
    pub nFileSizeLow: u32,
    /// The tag of a reparse point.
    pub dwReserved0: u32,
    /// Nothing.
    pub dwReserved1: u32,
    /// The name.
    pub cFileName: [T; 260],
    /// The name of 8 and 3 characters; there is none.
    pub cAlternateFileName: [T; 14],
}

/// With narrow names.
pub type WIN32_FIND_DATAA = FindData<u8>;
/// With wide names.
pub type WIN32_FIND_DATAW = FindData<WCHAR>;

const _: () = assert!(size_of::<WIN32_FIND_DATAA>() == 320);

/// A search.
struct Search {
    directory: PathBuf,
    /// Names that match and were not reported yet.
    names: Mutex<VecDeque<Vec<u8>>>,
}

impl Object for Search {}

impl Search {
    /// The next entry that still exists.
    fn next(&self) -> Option<(Vec<u8>, Facts)> {
        loop {
            let name = self.names.lock().unwrap_or_else(PoisonError::into_inner).pop_front()?;
            let path = self.directory.join(Path::new(std::ffi::OsStr::from_bytes(&name)));
            if let Ok(facts) = stat::of_path(&path) {
                return Some((name, facts));
            }
        }
    }
}

use std::os::unix::ffi::OsStrExt;

/// Whether a name fits a pattern of Windows.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    if pattern == "*.*" {
        return true;
    }
    let fold = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (pattern, name) = (fold(pattern), fold(name));
    // The last star, and how much of the name it has taken: on a mismatch it takes one more.
    let (mut at, mut here, mut star) = (0, 0, None);
    while here < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, here));
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[here] => {
                at += 1;
                here += 1;
            }
            _ => match star {
                Some((begin, taken)) => {
                    star = Some((begin, taken + 1));
                    at = begin + 1;
                    here = taken + 1;
                }
                None => return false,
            },
        }
    }
    // What is left may stand for nothing: stars, and a dot before an extension that is only a star.
    let rest: String = pattern[at..].iter().collect();
    rest.chars().all(|c| c == '*') || rest == ".*"
}

fn begin(name: &[u8]) -> Result<(Search, Vec<u8>, Facts), u32> {
    let name: Vec<u8> = name.iter().map(|b| if *b == b'\\' { b'/' } else { *b }).collect();
    let split = name.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    let (directory, pattern) = name.split_at(split);
    let (directory, pattern) = match pattern {
        [letter, b':', rest @ ..] if directory.is_empty() && letter.is_ascii_alphabetic() => {
            (&pattern[..2], rest)
        }
        _ => (directory, pattern),
    };
    if pattern.is_empty() {
        return Err(code::ERROR_FILE_NOT_FOUND);
    }
    let directory = if directory.is_empty() { PathBuf::from(".") } else { path::file(directory)? };
    let directory = resolve::existing(&directory);
    let pattern = String::from_utf8_lossy(pattern).into_owned();
    let names = list(&directory, &pattern)?;
    let search = Search { directory, names: Mutex::new(names) };
    let (first, facts) = search.next().ok_or(code::ERROR_FILE_NOT_FOUND)?;
    Ok((search, first, facts))
}

fn list(directory: &Path, pattern: &str) -> Result<VecDeque<Vec<u8>>, u32> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => code::ERROR_PATH_NOT_FOUND,
        std::io::ErrorKind::NotADirectory => code::ERROR_DIRECTORY,
        _ => {
            let errno = rustix::io::Errno::from_io_error(&error).unwrap_or(rustix::io::Errno::IO);
            super::open_error(errno)
        }
    };
    let wildcard = pattern.contains(['*', '?']);
    if !wildcard && directory.join(pattern).symlink_metadata().is_ok() {
        return Ok(VecDeque::from([pattern.as_bytes().to_vec()]));
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if matches(pattern, &name.to_string_lossy()) {
            names.push(name.as_bytes().to_vec());
        }
    }
    names.sort_unstable_by_key(|name| name.to_ascii_uppercase());
    let dots = [".", ".."].iter().filter(|dot| wildcard && matches(pattern, dot));
    Ok(dots.map(|dot| dot.as_bytes().to_vec()).chain(names).collect())
}

fn data<T: Copy + Default>(facts: &Facts, name: &[T]) -> FindData<T> {
    let mut file_name = [T::default(); 260];
    let fits = name.len().min(259);
    file_name[..fits].copy_from_slice(&name[..fits]);
    // IO_REPARSE_TAG_SYMLINK.
    let tag = if facts.attributes & stat::REPARSE_POINT != 0 { 0xA000_000C } else { 0 };
    FindData {
        dwFileAttributes: facts.attributes,
        ftCreationTime: facts.created,
        ftLastAccessTime: facts.accessed,
        ftLastWriteTime: facts.written,
        nFileSizeHigh: (facts.size >> 32) as u32,
        nFileSizeLow: facts.size as u32,
        dwReserved0: tag,
        dwReserved1: 0,
        cFileName: file_name,
        cAlternateFileName: [T::default(); 14],
    }
}

/// # Safety
/// `to` is null or writable.
unsafe fn first<T: Copy + Default>(
    name: Result<Vec<u8>, u32>,
    to: *mut FindData<T>,
    convert: impl Fn(&[u8]) -> Vec<T>,
) -> HANDLE {
    guard::call(INVALID_HANDLE_VALUE, || {
        let name = name.map_err(|_| code::ERROR_PATH_NOT_FOUND)?;
        arg::check_room(to, 1)?;
        let (search, name, facts) = begin(&name)?;
        // SAFETY: the caller's structure.
        unsafe { arg::store(to, data(&facts, &convert(&name))) }?;
        object::insert(Arc::new(search))
    })
}

/// # Safety
/// `to` is null or writable.
unsafe fn next<T: Copy + Default>(
    search: HANDLE,
    to: *mut FindData<T>,
    convert: impl Fn(&[u8]) -> Vec<T>,
) -> BOOL {
    guard::call(FALSE, || {
        let search = object::get::<Search>(search)?;
        arg::check_room(to, 1)?;
        let (name, facts) = search.next().ok_or(code::ERROR_NO_MORE_FILES)?;
        // SAFETY: the caller's structure.
        unsafe { arg::store(to, data(&facts, &convert(&name))) }?;
        Ok(TRUE)
    })
}

/// Begins a search, and stores the first entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFileA(name: *const u8, to: *mut WIN32_FIND_DATAA) -> HANDLE {
    // SAFETY: the caller's name.
    let name = unsafe { arg::string(name) };
    // SAFETY: the caller's structure.
    unsafe { first(name, to, <[u8]>::to_vec) }
}

/// Begins a search, and stores the first entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFileW(name: *const WCHAR, to: *mut WIN32_FIND_DATAW) -> HANDLE {
    // SAFETY: the caller's name.
    let name = unsafe { arg::wide(name) };
    // SAFETY: the caller's structure.
    unsafe { first(name, to, text::wide) }
}

fn check_extended(level: u32, op: u32, filter: *const c_void, flags: u32) -> Result<(), u32> {
    let sane = level < 2 && op < SEARCH_OPS && filter.is_null() && flags & !FLAGS == 0;
    if sane { Ok(()) } else { Err(code::ERROR_INVALID_PARAMETER) }
}

/// Begins a search, with hints.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFileExA(
    name: *const u8,
    level: u32,
    to: *mut c_void,
    op: u32,
    filter: *const c_void,
    flags: u32,
) -> HANDLE {
    if let Err(code) = check_extended(level, op, filter, flags) {
        return guard::call(INVALID_HANDLE_VALUE, || Err(code));
    }
    // SAFETY: the caller's arguments.
    unsafe { FindFirstFileA(name, to.cast()) }
}

/// Begins a search, with hints.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFileExW(
    name: *const WCHAR,
    level: u32,
    to: *mut c_void,
    op: u32,
    filter: *const c_void,
    flags: u32,
) -> HANDLE {
    if let Err(code) = check_extended(level, op, filter, flags) {
        return guard::call(INVALID_HANDLE_VALUE, || Err(code));
    }
    // SAFETY: the caller's arguments.
    unsafe { FindFirstFileW(name, to.cast()) }
}

/// The next entry; ERROR_NO_MORE_FILES after the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindNextFileA(search: HANDLE, to: *mut WIN32_FIND_DATAA) -> BOOL {
    // SAFETY: the caller's structure.
    unsafe { next(search, to, <[u8]>::to_vec) }
}

/// The next entry; ERROR_NO_MORE_FILES after the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindNextFileW(search: HANDLE, to: *mut WIN32_FIND_DATAW) -> BOOL {
    // SAFETY: the caller's structure.
    unsafe { next(search, to, text::wide) }
}

/// Ends a search.
#[unsafe(no_mangle)]
pub extern "C" fn FindClose(search: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        object::get::<Search>(search)?;
        object::close(search).map(|()| TRUE)
    })
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        let cases = [
            ("*", "a", true),
            ("*.*", "makefile", true),
            ("*.txt", "A.TXT", true),
            ("*.txt", "a.txt.bak", false),
            ("a?c*", "abcdef", true),
            ("a?c", "ac", false),
            ("*b*d", "abcbd", true),
            ("name.*", "name", true),
            ("name", "name.txt", false),
            ("*é.dat", "É.dat", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
