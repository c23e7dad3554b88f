//! Files by handle and by name, through the exported functions, on a real directory (contract E1-E10).
#![allow(unsafe_code)] // calls of the C interface
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "each passes live buffers of the test"
)]

use std::ffi::{CString, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};

use wharf_win32::Win32::Foundation::{
    CloseHandle, FILETIME, GetLastError, HANDLE, INVALID_HANDLE_VALUE, SetLastError,
};
use wharf_win32::Win32::Storage::FileSystem::*;
use wharf_win32::Win32::System::IO::{OVERLAPPED, OVERLAPPED_0, OVERLAPPED_0_0};

const READ: u32 = 0x8000_0000;
const WRITE: u32 = 0x4000_0000;
const SHARE_ALL: u32 = 7;
const CREATE_NEW: u32 = 1;
const CREATE_ALWAYS: u32 = 2;
const OPEN_EXISTING: u32 = 3;
const OPEN_ALWAYS: u32 = 4;
const TRUNCATE_EXISTING: u32 = 5;

fn name(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

fn open_with(
    path: &Path,
    access: u32,
    share: u32,
    disposition: u32,
    flags: u32,
) -> Result<HANDLE, u32> {
    let path = name(path);
    let handle = unsafe {
        CreateFileA(path.as_ptr().cast(), access, share, null(), disposition, flags, null_mut())
    };
    if handle == INVALID_HANDLE_VALUE { Err(GetLastError()) } else { Ok(handle) }
}

fn open(path: &Path, access: u32, disposition: u32) -> Result<HANDLE, u32> {
    open_with(path, access, SHARE_ALL, disposition, 0)
}

fn at(offset: u64) -> OVERLAPPED {
    let halves = OVERLAPPED_0_0 { Offset: offset as u32, OffsetHigh: (offset >> 32) as u32 };
    OVERLAPPED {
        Internal: 0,
        InternalHigh: 0,
        Anonymous: OVERLAPPED_0 { Anonymous: halves },
        hEvent: null_mut(),
    }
}

fn write(file: HANDLE, text: &[u8]) -> Result<u32, u32> {
    let mut count = u32::MAX;
    let length = text.len() as u32;
    let done = unsafe { WriteFile(file, text.as_ptr().cast(), length, &raw mut count, null_mut()) };
    if done == 0 { Err(GetLastError()) } else { Ok(count) }
}

fn read(file: HANDLE, length: u32) -> Result<Vec<u8>, u32> {
    let (mut buffer, mut count) = (vec![0; length as usize], u32::MAX);
    let to = buffer.as_mut_ptr().cast();
    let done = unsafe { ReadFile(file, to, length, &raw mut count, null_mut()) };
    buffer.truncate(count as usize);
    if done == 0 { Err(GetLastError()) } else { Ok(buffer) }
}

fn place(name: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    (directory, path)
}

#[test]
fn dispositions() {
    let (directory, path) = place("a.txt");
    let last = |handle: Result<HANDLE, u32>| {
        let code = GetLastError();
        let result = handle.map(|handle| {
            assert_eq!(CloseHandle(handle), 1);
            code
        });
        result.map_err(i64::from)
    };
    SetLastError(77);
    assert_eq!(last(open(&path, READ, OPEN_EXISTING)), Err(2));
    assert_eq!(last(open(&path, READ | WRITE, TRUNCATE_EXISTING)), Err(2));
    assert_eq!(last(open(&path, WRITE, CREATE_ALWAYS)), Ok(0));
    assert_eq!(last(open(&path, WRITE, CREATE_ALWAYS)), Ok(183));
    assert_eq!(last(open(&path, WRITE, CREATE_NEW)), Err(80));
    assert_eq!(last(open(&path, WRITE, OPEN_ALWAYS)), Ok(183));
    std::fs::write(&path, "content").unwrap();
    assert_eq!(last(open(&path, READ, TRUNCATE_EXISTING)), Err(87), "needs write access");
    assert_eq!(last(open(&path, WRITE, TRUNCATE_EXISTING)), Ok(0));
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    assert_eq!(last(open(&path, READ, 6)), Err(87));
    assert_eq!(last(open(&path.join("x"), READ, OPEN_EXISTING)), Err(3), "a file in a file");
    let deep = directory.path().join("no/such");
    assert_eq!(last(open(&deep, READ, OPEN_EXISTING)), Err(3));
    assert_eq!(last(open(&deep, WRITE, CREATE_ALWAYS)), Err(3));
    assert_eq!(last(open(directory.path(), READ, OPEN_EXISTING)), Err(5), "a directory");
    let backup = open_with(directory.path(), READ, SHARE_ALL, OPEN_EXISTING, 0x0200_0000);
    assert_eq!(CloseHandle(backup.unwrap()), 1);
    assert_eq!(last(open(&directory.path().join("a*"), READ, OPEN_EXISTING)), Err(123));
    let null_name = unsafe { CreateFileA(null(), READ, 0, null(), 3, 0, null_mut()) };
    assert_eq!((null_name, GetLastError()), (INVALID_HANDLE_VALUE, 3));
}

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
fn sharing() {
    let (_directory, path) = place("shared");
    let first = open_with(&path, READ | WRITE, 1, CREATE_NEW, 0).unwrap();
    assert_eq!(open(&path, WRITE, OPEN_EXISTING), Err(32), "writing is not shared");
    assert_eq!(open_with(&path, READ, 1, OPEN_EXISTING, 0), Err(32), "the first one writes");
    let reader = open_with(&path, READ, 3, OPEN_EXISTING, 0).unwrap();
    let path_name = name(&path);
    assert_eq!(unsafe { DeleteFileA(path_name.as_ptr().cast()) }, 0);
    assert_eq!(GetLastError(), 32);
    assert_eq!((CloseHandle(first), CloseHandle(reader)), (1, 1));
    assert_eq!(unsafe { DeleteFileA(path_name.as_ptr().cast()) }, 1);
    assert_eq!((unsafe { DeleteFileA(path_name.as_ptr().cast()) }, GetLastError()), (0, 2));
}

#[test]
fn positions_and_sizes() {
    let (_directory, path) = place("f");
    let file = open(&path, READ | WRITE, CREATE_NEW).unwrap();
    assert_eq!(write(file, b"hello world"), Ok(11));
    assert_eq!(read(file, 5), Ok(vec![]), "the end: success with nothing (E5)");
    let (mut size, mut high) = (0, 7);
    unsafe {
        assert_eq!(SetFilePointer(file, 6, null_mut(), 0), 6);
        assert_eq!(read(file, 99).unwrap(), b"world", "E6");
        assert_eq!(SetFilePointer(file, -5, null_mut(), 2), 6);
        assert_eq!((SetFilePointer(file, -7, null_mut(), 1), GetLastError()), (u32::MAX, 131));
        assert_eq!((SetFilePointer(file, 0, null_mut(), 3), GetLastError()), (u32::MAX, 87));
        assert_eq!(SetEndOfFile(file), 1);
        assert_eq!((GetFileSize(file, &raw mut high), high), (6, 0));
        let mut place = 0;
        assert_eq!(SetFilePointerEx(file, 0x1_0000_0001, &raw mut place, 0), 1);
        assert_eq!(place, 0x1_0000_0001);
        high = 0;
        SetLastError(77);
        assert_eq!(SetEndOfFile(file), 1);
        assert_eq!((GetFileSize(file, &raw mut high), high), (1, 1));
        assert_eq!((GetFileSizeEx(file, &raw mut size), size), (1, 0x1_0000_0001));
        assert_eq!((GetFileSizeEx(file, null_mut()), GetLastError()), (0, 998));
        assert_eq!(FlushFileBuffers(file), 1);
        assert_eq!((SetFileValidData(file, 1), GetLastError()), (0, 1314));
    }
    assert_eq!(CloseHandle(file), 1);
    assert_eq!((write(file, b"x"), GetFileType(file)), (Err(6), 0));
}

/// E3 and E7.
#[test]
fn offsets_on_a_synchronous_handle() {
    let (_directory, path) = place("f");
    let file = open(&path, READ | WRITE, CREATE_NEW).unwrap();
    assert_eq!(write(file, b"0123456789"), Ok(10));
    let (mut buffer, mut count, mut overlapped) = ([0; 3], 0, at(4));
    unsafe {
        let to = buffer.as_mut_ptr().cast();
        assert_eq!(ReadFile(file, to, 3, &raw mut count, &raw mut overlapped), 1);
        assert_eq!((&buffer, count, overlapped.InternalHigh), (b"456", 3, 3));
        assert_eq!(SetFilePointer(file, 0, null_mut(), 1), 7, "the position follows");
        overlapped = at(10);
        assert_eq!(ReadFile(file, to, 3, &raw mut count, &raw mut overlapped), 0);
        assert_eq!((GetLastError(), count, overlapped.Internal), (38, 0, 0xC000_0011));
        overlapped = at(u64::MAX);
        let end = b"end".as_ptr().cast();
        assert_eq!(WriteFile(file, end, 3, &raw mut count, &raw mut overlapped), 1);
    }
    assert_eq!(CloseHandle(file), 1);
    assert_eq!(std::fs::read(&path).unwrap(), b"0123456789end");
}

/// E8.
#[test]
fn bad_buffers_and_rights() {
    let (_directory, path) = place("f");
    let writer = open(&path, WRITE, CREATE_NEW).unwrap();
    let reader = open(&path, READ, OPEN_EXISTING).unwrap();
    assert_eq!(write(writer, b"x"), Ok(1));
    assert_eq!((read(writer, 1), write(reader, b"x")), (Err(5), Err(5)));
    let mut count = 0;
    let nowhere = null_mut::<c_void>();
    unsafe {
        assert_eq!(ReadFile(reader, nowhere, 1, &raw mut count, null_mut()), 0);
        assert_eq!(GetLastError(), 998);
        assert_eq!(WriteFile(writer, nowhere, 1, &raw mut count, null_mut()), 0);
        assert_eq!(GetLastError(), 1784);
        assert_eq!(WriteFile(writer, nowhere, 0, &raw mut count, null_mut()), 1, "nothing");
        assert_eq!(ReadFile(null_mut(), nowhere, 1, &raw mut count, null_mut()), 0);
        assert_eq!(GetLastError(), 6, "the handle is looked at first");
    }
    assert_eq!((CloseHandle(reader), CloseHandle(writer)), (1, 1));
}

#[test]
fn delete_on_close_and_by_handle() {
    let (_directory, path) = place("gone");
    let file = open_with(&path, WRITE, SHARE_ALL, CREATE_NEW, 0x0400_0000).unwrap();
    assert!(path.exists());
    assert_eq!(CloseHandle(file), 1);
    assert!(!path.exists());
    let file = open(&path, WRITE | 0x1_0000, CREATE_NEW).unwrap();
    let delete = 1_u8;
    let info = (&raw const delete).cast();
    assert_eq!(unsafe { SetFileInformationByHandle(file, 4, info, 1) }, 1);
    assert_eq!(CloseHandle(file), 1);
    assert!(!path.exists());
}

#[test]
fn attributes_times_and_identity() {
    let (directory, path) = place("f");
    std::fs::write(&path, "12345").unwrap();
    let (file_name, directory_name) = (name(&path), name(directory.path()));
    let at = |name: &CString| unsafe { GetFileAttributesA(name.as_ptr().cast()) };
    assert_eq!((at(&file_name), at(&directory_name)), (0x20, 0x10));
    assert_eq!((at(&CString::new("/no/such").unwrap()), GetLastError()), (u32::MAX, 3));
    unsafe {
        assert_eq!(SetFileAttributesA(file_name.as_ptr().cast(), 1), 1);
        assert_eq!(at(&file_name), 0x21);
        assert_eq!(open(&path, WRITE, OPEN_EXISTING), Err(5), "read-only, also for root");
        assert_eq!((DeleteFileA(file_name.as_ptr().cast()), GetLastError()), (0, 5));
        assert_eq!(SetFileAttributesA(file_name.as_ptr().cast(), 0x80), 1);
        let file = open(&path, READ | WRITE, OPEN_EXISTING).unwrap();
        // 1 January 2000.
        let (low, high) = (0, 0x01BF_53EB);
        let time = FILETIME { dwLowDateTime: low, dwHighDateTime: high };
        assert_eq!(SetFileTime(file, null(), null(), &raw const time), 1);
        let mut written = FILETIME::default();
        assert_eq!(GetFileTime(file, null_mut(), null_mut(), &raw mut written), 1);
        assert_eq!(written, time);
        let mut info: BY_HANDLE_FILE_INFORMATION = std::mem::zeroed();
        assert_eq!(GetFileInformationByHandle(file, &raw mut info), 1);
        assert_eq!((info.nFileSizeLow, info.nNumberOfLinks, info.dwFileAttributes), (5, 1, 0x20));
        let mut standard = FILE_STANDARD_INFO::default();
        let to = (&raw mut standard).cast();
        assert_eq!(GetFileInformationByHandleEx(file, 1, to, 24), 1);
        assert_eq!((standard.EndOfFile, standard.Directory), (5, 0));
        assert_eq!((GetFileInformationByHandleEx(file, 1, to, 23), GetLastError()), (0, 24));
        assert_eq!((GetFileInformationByHandleEx(file, 99, to, 24), GetLastError()), (0, 87));
        assert_eq!(CloseHandle(file), 1);
    }
}

#[test]
fn moving_and_copying() {
    let (directory, from) = place("from");
    std::fs::write(&from, "content").unwrap();
    let to = directory.path().join("to");
    let (from_name, to_name) = (name(&from), name(&to));
    let (one, other) = (from_name.as_ptr().cast(), to_name.as_ptr().cast());
    unsafe {
        assert_eq!(CopyFileA(one, other, 1), 1);
        assert_eq!((CopyFileA(one, other, 1), GetLastError()), (0, 80));
        assert_eq!(CopyFileA(one, other, 0), 1);
        assert_eq!((MoveFileA(one, other), GetLastError()), (0, 183));
        assert_eq!(MoveFileExA(one, other, 1), 1);
        assert!(!from.exists() && std::fs::read(&to).unwrap() == b"content");
        assert_eq!((MoveFileA(one, other), GetLastError()), (0, 2));
        assert_eq!((MoveFileExA(other, null(), 0), GetLastError()), (0, 87));
        let no_such = name(&directory.path().join("no/such"));
        assert_eq!((MoveFileA(other, no_such.as_ptr().cast()), GetLastError()), (0, 3));
    }
}

#[test]
fn directories_and_searches() {
    let directory = tempfile::tempdir().unwrap();
    let inner = name(&directory.path().join("inner"));
    unsafe {
        assert_eq!(CreateDirectoryA(inner.as_ptr().cast(), null()), 1);
        assert_eq!((CreateDirectoryA(inner.as_ptr().cast(), null()), GetLastError()), (0, 183));
        assert_eq!(PathIsDirectoryA(inner.as_ptr().cast()), 0x10);
    }
    for file in ["b.TXT", "a.txt", "c.log"] {
        std::fs::write(directory.path().join(file), file).unwrap();
    }
    let search = |pattern: &str| -> Result<Vec<String>, u32> {
        let pattern = name(&directory.path().join(pattern));
        let mut data: WIN32_FIND_DATAA = unsafe { std::mem::zeroed() };
        let handle = unsafe { FindFirstFileA(pattern.as_ptr().cast(), &raw mut data) };
        if handle == INVALID_HANDLE_VALUE {
            return Err(GetLastError());
        }
        let mut found = Vec::new();
        loop {
            let end = data.cFileName.iter().position(|byte| *byte == 0).unwrap();
            found.push(String::from_utf8(data.cFileName[..end].to_vec()).unwrap());
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
    unsafe {
        let outer = name(directory.path());
        assert_eq!((RemoveDirectoryA(outer.as_ptr().cast()), GetLastError()), (0, 145));
        assert_eq!(RemoveDirectoryA(inner.as_ptr().cast()), 1);
    }
}

/// E10: locks belong to a handle, bind readers and writers, and are given back exactly as they were taken.
#[test]
fn locks() {
    let (_directory, path) = place("f");
    let one = open(&path, READ | WRITE, CREATE_NEW).unwrap();
    let other = open(&path, READ | WRITE, OPEN_EXISTING).unwrap();
    assert_eq!(write(one, b"0123456789"), Ok(10));
    assert_eq!(LockFile(one, 2, 0, 4, 0), 1);
    let mut overlapped = at(5);
    unsafe {
        assert_eq!(LockFileEx(other, 1, 0, 3, 0, &raw mut overlapped), 0);
        assert_eq!(GetLastError(), 33);
    }
    assert_eq!((read(other, 10), read(other, 2)), (Err(33), Ok(b"01".to_vec())));
    assert_eq!((UnlockFile(one, 2, 0, 3, 0), GetLastError()), (0, 158));
    assert_eq!((UnlockFile(other, 2, 0, 4, 0), GetLastError()), (0, 158));
    // A waiter gets the range when the first handle is closed.
    let address = other as usize;
    let waiter = std::thread::spawn(move || {
        let mut overlapped = at(0);
        unsafe { LockFileEx(address as HANDLE, 2, 0, 10, 0, &raw mut overlapped) }
    });
    assert_eq!(CloseHandle(one), 1);
    assert_eq!(waiter.join().unwrap(), 1);
    assert_eq!(UnlockFile(other, 0, 0, 10, 0), 1);
    assert_eq!(CloseHandle(other), 1);
}

#[test]
fn anonymous_pipes() {
    let (mut reader, mut writer) = (null_mut(), null_mut());
    assert_eq!(unsafe { CreatePipe(&raw mut reader, &raw mut writer, null(), 0) }, 1);
    assert_eq!(write(writer, b"through"), Ok(7));
    let mut available = 0;
    let peek = |available: &mut u32| unsafe {
        PeekNamedPipe(reader, null_mut(), 0, null_mut(), available, null_mut())
    };
    assert_eq!((peek(&mut available), available, GetFileType(reader)), (1, 7, 3));
    assert_eq!(read(reader, 100).unwrap(), b"through");
    assert_eq!(CloseHandle(writer), 1);
    assert_eq!(read(reader, 1), Err(109));
    assert_eq!((peek(&mut available), GetLastError()), (0, 109));
    assert_eq!(CloseHandle(reader), 1);
    assert_eq!(unsafe { CreatePipe(&raw mut reader, &raw mut writer, null(), 0) }, 1);
    assert_eq!(CloseHandle(reader), 1);
    assert_eq!(write(writer, b"x"), Err(232), "and the process lives");
    assert_eq!(CloseHandle(writer), 1);
}

#[test]
fn temporary_names() {
    let directory = tempfile::tempdir().unwrap();
    let at = name(directory.path());
    let mut buffer = [0; 260];
    let to = buffer.as_mut_ptr();
    let number = unsafe { GetTempFileNameA(at.as_ptr().cast(), c"abcd".as_ptr().cast(), 0, to) };
    let end = buffer.iter().position(|byte| *byte == 0).unwrap();
    let path = PathBuf::from(String::from_utf8(buffer[..end].to_vec()).unwrap());
    assert!(path.is_file() && number > 0);
    assert_eq!(path.file_name().unwrap().to_str().unwrap(), format!("abc{number:X}.tmp"));
    let mut part = null_mut();
    unsafe {
        let length = GetFullPathNameA(c"/a/./b/../c.txt".as_ptr().cast(), 260, to, &raw mut part);
        assert_eq!(&buffer[..length as usize], b"/a/c.txt");
        assert_eq!(part, to.add(3));
        assert!(GetTempPathA(260, to) > 0);
        assert_eq!(GetTempPathA(1, to), GetTempPathA(260, to) + 1);
    }
}
