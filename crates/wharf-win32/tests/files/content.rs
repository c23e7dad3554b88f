//! What a handle of a file does: how it is opened, reads, writes, positions, locks, anonymous pipes (E1-E8, E10).

use std::ptr::{null, null_mut};
use std::sync::mpsc::channel;
use std::thread::JoinHandle;

use crate::support::*;

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
    // SAFETY: null is refused.
    let null_name = unsafe { CreateFileA(null(), READ, 0, null(), 3, 0, null_mut()) };
    assert_eq!((null_name, GetLastError()), (INVALID_HANDLE_VALUE, 3));
}

#[test]
fn sharing() {
    let (_directory, path) = place("shared");
    let first = open_with(&path, READ | WRITE, 1, CREATE_NEW, 0).unwrap();
    assert_eq!(open(&path, WRITE, OPEN_EXISTING), Err(32), "writing is not shared");
    assert_eq!(open_with(&path, READ, 1, OPEN_EXISTING, 0), Err(32), "the first one writes");
    let reader = open_with(&path, READ, 3, OPEN_EXISTING, 0).unwrap();
    assert_eq!((with(DeleteFileA, &path), GetLastError()), (0, 32));
    assert_eq!((CloseHandle(first), CloseHandle(reader)), (1, 1));
    assert_eq!(with(DeleteFileA, &path), 1);
    assert_eq!((with(DeleteFileA, &path), GetLastError()), (0, 2));
}

/// SetFilePointer with a distance of 32 bits.
fn seek(file: HANDLE, distance: i32, from: u32) -> u32 {
    // SAFETY: without an upper half nothing is read or stored.
    unsafe { SetFilePointer(file, distance, null_mut(), from) }
}

#[test]
fn positions_and_sizes() {
    let (_directory, path) = place("f");
    let file = open(&path, READ | WRITE, CREATE_NEW).unwrap();
    assert_eq!(write(file, b"hello world"), Ok(11));
    assert_eq!(read(file, 5), Ok(vec![]), "the end: success with nothing (E5)");
    let size = || {
        let (mut size, mut high) = (0, 7);
        // SAFETY: a variable for the upper half.
        let low = unsafe { GetFileSize(file, &raw mut high) };
        // SAFETY: a variable for the whole.
        assert_eq!(unsafe { GetFileSizeEx(file, &raw mut size) }, 1);
        assert_eq!(size, i64::from(high) << 32 | i64::from(low));
        size
    };
    assert_eq!(seek(file, 6, 0), 6);
    assert_eq!(read(file, 99).unwrap(), b"world", "E6");
    assert_eq!(seek(file, -5, 2), 6);
    assert_eq!((seek(file, -7, 1), GetLastError()), (u32::MAX, 131));
    assert_eq!((seek(file, 0, 3), GetLastError()), (u32::MAX, 87));
    assert_eq!((SetEndOfFile(file), size()), (1, 6));
    let mut place = 0;
    // SAFETY: a variable for the new position.
    assert_eq!(unsafe { SetFilePointerEx(file, 0x1_0000_0001, &raw mut place, 0) }, 1);
    assert_eq!(place, 0x1_0000_0001);
    SetLastError(77);
    assert_eq!((SetEndOfFile(file), size()), (1, 0x1_0000_0001));
    // SAFETY: null is refused.
    assert_eq!((unsafe { GetFileSizeEx(file, null_mut()) }, GetLastError()), (0, 998));
    assert_eq!(FlushFileBuffers(file), 1);
    assert_eq!((SetFileValidData(file, 1), GetLastError()), (0, 1314));
    assert_eq!(CloseHandle(file), 1);
    assert_eq!((write(file, b"x"), GetFileType(file)), (Err(6), 0));
}

/// E3 and E7.
#[test]
fn offsets_on_a_synchronous_handle() {
    let (_directory, path) = place("f");
    let file = open(&path, READ | WRITE, CREATE_NEW).unwrap();
    assert_eq!(write(file, b"0123456789"), Ok(10));
    let mut overlapped = at(4);
    assert_eq!(read_at(file, 3, &raw mut overlapped).unwrap(), b"456");
    assert_eq!(overlapped.InternalHigh, 3);
    assert_eq!(seek(file, 0, 1), 7, "the position follows");
    overlapped = at(10);
    assert_eq!(read_at(file, 3, &raw mut overlapped), Err((38, 0)));
    assert_eq!(overlapped.Internal, 0xC000_0011);
    assert_eq!(write_at(file, b"end", &mut at(u64::MAX)), Ok(3));
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
    let read_nowhere = |file| {
        // SAFETY: null is no room, which is refused.
        let done = unsafe { ReadFile(file, null_mut(), 1, &mut 0, null_mut()) };
        (done, GetLastError())
    };
    let write_nothing = |length| {
        // SAFETY: null has no bytes, which is refused but for a length of none.
        unsafe { WriteFile(writer, null(), length, &mut 0, null_mut()) }
    };
    assert_eq!(read_nowhere(reader), (0, 998));
    assert_eq!((write_nothing(1), GetLastError()), (0, 1784));
    assert_eq!(write_nothing(0), 1, "nothing");
    assert_eq!(read_nowhere(null_mut()), (0, 6), "the handle is looked at first");
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
    // SAFETY: an information of one byte.
    assert_eq!(unsafe { SetFileInformationByHandle(file, 4, info, 1) }, 1);
    assert_eq!(CloseHandle(file), 1);
    assert!(!path.exists());
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
    // SAFETY: the place is read during the call, which does not wait.
    assert_eq!(unsafe { LockFileEx(other, 1, 0, 3, 0, &raw mut overlapped) }, 0);
    assert_eq!(GetLastError(), 33);
    assert_eq!((read(other, 10), read(other, 2)), (Err(33), Ok(b"01".to_vec())));
    assert_eq!((UnlockFile(one, 2, 0, 3, 0), GetLastError()), (0, 158));
    assert_eq!((UnlockFile(other, 2, 0, 4, 0), GetLastError()), (0, 158));
    // A waiter gets the range when the first handle is closed.
    let waiter = waits_for_a_lock(other);
    assert_eq!(CloseHandle(one), 1);
    assert_eq!(waiter.join().unwrap().0, 1);
    assert_eq!(UnlockFile(other, 0, 0, 10, 0), 1);
    assert_eq!(CloseHandle(other), 1);
}

/// A thread that sleeps in a lock of ten bytes; what the call says, and the error.
fn waits_for_a_lock(file: HANDLE) -> JoinHandle<(i32, u32)> {
    let (address, (tell, told)) = (file as usize, channel());
    let waiter = std::thread::spawn(move || {
        let mut overlapped = at(0);
        // SAFETY: no arguments.
        tell.send(unsafe { libc::gettid() }).unwrap();
        // SAFETY: the handle is not overlapped, so the call uses the place no longer than it waits.
        let done = unsafe { LockFileEx(address as HANDLE, 2, 0, 10, 0, &raw mut overlapped) };
        (done, GetLastError())
    });
    let place = format!("/proc/self/task/{}/syscall", told.recv().unwrap());
    let asleep = format!("{} ", libc::SYS_futex);
    while !std::fs::read_to_string(&place).unwrap_or_default().starts_with(&asleep) {
        assert!(!waiter.is_finished(), "it does not wait");
        std::thread::yield_now();
    }
    waiter
}

/// E10, C39: the close of its own handle ends the wait for a lock, which is not taken later.
#[test]
fn a_close_ends_the_wait_for_a_lock() {
    let (_directory, path) = place("f");
    let holder = open(&path, READ | WRITE, CREATE_NEW).unwrap();
    let other = open(&path, READ | WRITE, OPEN_EXISTING).unwrap();
    assert_eq!(LockFile(holder, 0, 0, 10, 0), 1);
    let waiter = waits_for_a_lock(other);
    assert_eq!(CloseHandle(other), 1);
    assert_eq!(waiter.join().unwrap(), (0, 995));
    assert_eq!(UnlockFile(holder, 0, 0, 10, 0), 1);
    assert_eq!((LockFile(holder, 0, 0, 10, 0), CloseHandle(holder)), (1, 1));
}

/// An anonymous pipe: the end to read and the end to write.
fn pipe() -> (HANDLE, HANDLE) {
    let (mut reader, mut writer) = (null_mut(), null_mut());
    // SAFETY: variables for two handles; no attributes.
    assert_eq!(unsafe { CreatePipe(&raw mut reader, &raw mut writer, null(), 0) }, 1);
    (reader, writer)
}

#[test]
fn anonymous_pipes() {
    let (reader, writer) = pipe();
    assert_eq!(write(writer, b"through"), Ok(7));
    let peek = || {
        let (mut available, none) = (0, null_mut());
        // SAFETY: a variable for the count, and nulls for what is not wanted.
        let done = unsafe { PeekNamedPipe(reader, null_mut(), 0, none, &raw mut available, none) };
        (done, available)
    };
    assert_eq!((peek(), GetFileType(reader)), ((1, 7), 3));
    assert_eq!(read(reader, 100).unwrap(), b"through");
    assert_eq!(CloseHandle(writer), 1);
    assert_eq!(read(reader, 1), Err(109));
    assert_eq!((peek().0, GetLastError()), (0, 109));
    assert_eq!(CloseHandle(reader), 1);
    let (reader, writer) = pipe();
    assert_eq!(CloseHandle(reader), 1);
    assert_eq!(write(writer, b"x"), Err(232), "and the process lives");
    assert_eq!(CloseHandle(writer), 1);
}
