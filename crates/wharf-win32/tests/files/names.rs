//! What is done by name: spellings, attributes, copies and moves, directories, temporary names.

use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};

use crate::support::*;

#[test]
fn names_of_windows() {
    let (directory, path) = place("Data.txt");
    std::fs::write(&path, "x").unwrap();
    let spelled = format!(r"C:{}\dATA.TXT", directory.path().display()).replace('/', r"\");
    let handle = open(Path::new(&spelled), READ, OPEN_EXISTING).unwrap();
    assert_eq!(read(handle, 9).unwrap(), b"x");
    assert_eq!(CloseHandle(handle), 1);
    let nul = open(Path::new("NUL"), READ | WRITE, OPEN_EXISTING).unwrap();
    assert_eq!((write(nul, b"gone"), read(nul, 4), GetFileType(nul)), (Ok(4), Ok(vec![]), 2));
    assert_eq!(CloseHandle(nul), 1);
}

#[test]
fn attributes_times_and_identity() {
    let (directory, path) = place("f");
    std::fs::write(&path, "12345").unwrap();
    let attributes = |path: &Path| with(GetFileAttributesA, path);
    assert_eq!((attributes(&path), attributes(directory.path())), (0x20, 0x10));
    assert_eq!((attributes(Path::new("/no/such")), GetLastError()), (u32::MAX, 3));
    let set = |attributes| {
        let path = name(&path);
        // SAFETY: a name that ends with a zero.
        unsafe { SetFileAttributesA(path.as_ptr().cast(), attributes) }
    };
    assert_eq!((set(1), attributes(&path)), (1, 0x21));
    assert_eq!(open(&path, WRITE, OPEN_EXISTING), Err(5), "read-only, also for root");
    assert_eq!((with(DeleteFileA, &path), GetLastError()), (0, 5));
    assert_eq!(set(0x80), 1);
    let file = open(&path, READ | WRITE, OPEN_EXISTING).unwrap();
    // 1 January 2000.
    let time = FILETIME { dwLowDateTime: 0, dwHighDateTime: 0x01BF_53EB };
    // SAFETY: one time, and nulls for those that stay.
    assert_eq!(unsafe { SetFileTime(file, null(), null(), &raw const time) }, 1);
    let mut written = FILETIME::default();
    // SAFETY: room for one time, and nulls for those that are not wanted.
    assert_eq!(unsafe { GetFileTime(file, null_mut(), null_mut(), &raw mut written) }, 1);
    assert_eq!(written, time);
    let mut info = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: room for the answer.
    assert_eq!(unsafe { GetFileInformationByHandle(file, &raw mut info) }, 1);
    assert_eq!((info.nFileSizeLow, info.nNumberOfLinks, info.dwFileAttributes), (5, 1, 0x20));
    let mut standard = FILE_STANDARD_INFO::default();
    let mut ask = |class, length| {
        // SAFETY: room for 24 bytes, which no length exceeds.
        unsafe { GetFileInformationByHandleEx(file, class, (&raw mut standard).cast(), length) }
    };
    assert_eq!(ask(1, 24), 1);
    assert_eq!((ask(1, 23), GetLastError()), (0, 24));
    assert_eq!((ask(99, 24), GetLastError()), (0, 87));
    assert_eq!((standard.EndOfFile, standard.Directory), (5, 0));
    assert_eq!(CloseHandle(file), 1);
}

#[test]
fn moving_and_copying() {
    let (directory, from) = place("from");
    std::fs::write(&from, "content").unwrap();
    let to = directory.path().join("to");
    let copy = |fail_if_there| {
        let (from, to) = (name(&from), name(&to));
        // SAFETY: names that end with a zero.
        unsafe { CopyFileA(from.as_ptr().cast(), to.as_ptr().cast(), fail_if_there) }
    };
    let move_with = |from: &Path, to: Option<&Path>, flags| {
        let (from, to) = (name(from), to.map(name));
        let to = to.as_ref().map_or(null(), |to| to.as_ptr().cast());
        // SAFETY: names that end with a zero, or null for none.
        unsafe { MoveFileExA(from.as_ptr().cast(), to, flags) }
    };
    assert_eq!(copy(1), 1);
    assert_eq!((copy(1), GetLastError()), (0, 80));
    assert_eq!(copy(0), 1);
    assert_eq!((with_both(MoveFileA, &from, &to), GetLastError()), (0, 183));
    assert_eq!(move_with(&from, Some(&to), 1), 1);
    assert!(!from.exists() && std::fs::read(&to).unwrap() == b"content");
    assert_eq!((with_both(MoveFileA, &from, &to), GetLastError()), (0, 2));
    assert_eq!((move_with(&to, None, 0), GetLastError()), (0, 87));
    let no_such = directory.path().join("no/such");
    assert_eq!((with_both(MoveFileA, &to, &no_such), GetLastError()), (0, 3));
}

#[test]
fn directories_and_searches() {
    let directory = tempfile::tempdir().unwrap();
    let inner = directory.path().join("inner");
    let make = || {
        let inner = name(&inner);
        // SAFETY: a name that ends with a zero; no attributes.
        (unsafe { CreateDirectoryA(inner.as_ptr().cast(), null()) }, GetLastError())
    };
    assert_eq!(make().0, 1);
    assert_eq!(make(), (0, 183));
    assert_eq!(with(PathIsDirectoryA, &inner), 0x10);
    for file in ["b.TXT", "a.txt", "c.log"] {
        std::fs::write(directory.path().join(file), file).unwrap();
    }
    let search = |pattern: &str| -> Result<Vec<String>, u32> {
        let pattern = name(&directory.path().join(pattern));
        // SAFETY: numbers only: zeros are a value.
        let mut data: WIN32_FIND_DATAA = unsafe { std::mem::zeroed() };
        // SAFETY: a name that ends with a zero, and room for what is found.
        let handle = unsafe { FindFirstFileA(pattern.as_ptr().cast(), &raw mut data) };
        if handle == INVALID_HANDLE_VALUE {
            return Err(GetLastError());
        }
        let mut found = Vec::new();
        loop {
            let end = data.cFileName.iter().position(|byte| *byte == 0).unwrap();
            found.push(String::from_utf8(data.cFileName[..end].to_vec()).unwrap());
            // SAFETY: room for what is found.
            if unsafe { FindNextFileA(handle, &raw mut data) } == 0 {
                break;
            }
        }
        assert_eq!(GetLastError(), 18);
        assert_eq!((FindClose(handle), FindClose(handle), GetLastError()), (1, 0, 6));
        Ok(found)
    };
    assert_eq!(search("*.txt").unwrap(), ["a.txt", "b.TXT"]);
    assert_eq!(search("*.*").unwrap(), [".", "..", "a.txt", "b.TXT", "c.log", "inner"]);
    assert_eq!(search("C.LOG").unwrap(), ["c.log"]);
    assert_eq!((search("*.x"), search("no/*"), search("inner/")), (Err(2), Err(3), Err(2)));
    assert_eq!((with(RemoveDirectoryA, directory.path()), GetLastError()), (0, 145));
    assert_eq!(with(RemoveDirectoryA, &inner), 1);
}

#[test]
fn temporary_names() {
    let directory = tempfile::tempdir().unwrap();
    let at = name(directory.path());
    let mut buffer = [0; 260];
    let (at, prefix, to) = (at.as_ptr().cast(), c"abcd".as_ptr().cast(), buffer.as_mut_ptr());
    // SAFETY: names that end with a zero, and room for a path of the greatest length.
    let number = unsafe { GetTempFileNameA(at, prefix, 0, to) };
    let end = buffer.iter().position(|byte| *byte == 0).unwrap();
    let path = PathBuf::from(String::from_utf8(buffer[..end].to_vec()).unwrap());
    assert!(path.is_file() && number > 0);
    assert_eq!(path.file_name().unwrap().to_str().unwrap(), format!("abc{number:X}.tmp"));
    let (name, mut part): (*const u8, _) = (c"/a/./b/../c.txt".as_ptr().cast(), null_mut());
    // SAFETY: a name that ends with a zero, room of that length, and a variable for where the last part is.
    let length = unsafe { GetFullPathNameA(name, 260, buffer.as_mut_ptr(), &raw mut part) };
    assert_eq!(&buffer[..length as usize], b"/a/c.txt");
    assert_eq!(part, buffer.as_mut_ptr().wrapping_add(3));
    let mut temporary = |room| {
        // SAFETY: so much room is there.
        unsafe { GetTempPathA(room, buffer.as_mut_ptr()) }
    };
    assert!(temporary(260) > 0);
    assert_eq!(temporary(1), temporary(260) + 1);
}
