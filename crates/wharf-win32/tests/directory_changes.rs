//! ReadDirectoryChangesW on real directories (contract E15-E17).
#![allow(unsafe_code)] // calls of the C interface

mod packets;

use std::ffi::CString;
use std::path::Path;
use std::ptr::{null, null_mut};

use packets::get;
use wharf_win32::Win32::Foundation::{CloseHandle, GetLastError, HANDLE, INVALID_HANDLE_VALUE};
use wharf_win32::Win32::Storage::FileSystem::*;
use wharf_win32::Win32::System::IO::*;

const NAMES: u32 = 3;
const LAST_WRITE: u32 = 0x10;

fn open(path: &Path, overlapped: bool) -> HANDLE {
    let name = CString::new(path.to_str().unwrap()).unwrap();
    let flags = 0x0200_0000 | if overlapped { 0x4000_0000 } else { 0 };
    // SAFETY: a name that ends with a zero; no attributes.
    let directory =
        unsafe { CreateFileA(name.as_ptr().cast(), 1, 7, null(), 3, flags, null_mut()) };
    assert_ne!(directory, INVALID_HANDLE_VALUE);
    directory
}

/// A call's buffer and operation, which live until its packet.
struct Call {
    buffer: Vec<u32>,
    overlapped: Box<OVERLAPPED>,
}

fn call(directory: HANDLE, bytes: usize, subtree: bool, filter: u32) -> Result<Call, u32> {
    let mut buffer = vec![0; bytes / 4];
    let mut overlapped = Box::<OVERLAPPED>::default();
    let (to, subtree, operation) =
        (buffer.as_mut_ptr().cast(), subtree.into(), &raw mut *overlapped);
    let length = bytes as u32;
    // SAFETY: so many bytes of room, which stay in their place, as the operation does, when the `Call` is moved; the caller
    // keeps that until the packet.
    let done = unsafe {
        ReadDirectoryChangesW(directory, to, length, subtree, filter, null_mut(), operation, None)
    };
    if done == 0 { Err(GetLastError()) } else { Ok(Call { buffer, overlapped }) }
}

/// The chain of records.
fn parse(buffer: &[u32], bytes: usize) -> Vec<(u32, String)> {
    let (mut at, mut changes) = (0, Vec::new());
    while at * 4 < bytes {
        let (next, action, length) = (buffer[at], buffer[at + 1], buffer[at + 2] as usize / 4);
        let name = &buffer[at + 3..at + 3 + length];
        changes.push((action, name.iter().map(|unit| char::from_u32(*unit).unwrap()).collect()));
        if next == 0 {
            break;
        }
        at += next as usize / 4;
    }
    changes
}

fn packet(port: HANDLE) -> (i32, u32, usize, *mut OVERLAPPED) {
    let (good, code, bytes, _, done) = get(port, u32::MAX);
    (good, code, bytes as usize, done)
}

fn changes(port: HANDLE, mut call: Call) -> Vec<(u32, String)> {
    let (good, _, bytes, done) = packet(port);
    assert_eq!((good, done), (1, &raw mut *call.overlapped));
    parse(&call.buffer, bytes)
}

fn list(expected: &[(u32, &str)]) -> Vec<(u32, String)> {
    expected.iter().map(|(action, name)| (*action, (*name).to_owned())).collect()
}

#[test]
fn names_come_and_go() {
    let place = tempfile::tempdir().unwrap();
    let directory = open(place.path(), true);
    let port = CreateIoCompletionPort(directory, null_mut(), 1, 0);
    let waiting = call(directory, 4096, false, NAMES | LAST_WRITE).unwrap();
    assert_eq!(waiting.overlapped.Internal, 0x103, "E15: pending");
    std::fs::write(place.path().join("é.txt"), "").unwrap();
    assert_eq!(changes(port, waiting), list(&[(1, "é.txt")]));
    // E17: what happens between calls goes to the next one.
    std::fs::write(place.path().join("é.txt"), "content").unwrap();
    std::fs::rename(place.path().join("é.txt"), place.path().join("b")).unwrap();
    std::fs::create_dir(place.path().join("sub")).unwrap();
    std::fs::write(place.path().join("sub/deep"), "").unwrap();
    std::fs::remove_file(place.path().join("b")).unwrap();
    let next = call(directory, 4096, true, NAMES).unwrap();
    let expected = [(3, "é.txt"), (4, "é.txt"), (5, "b"), (1, "sub"), (2, "b")];
    let seen = changes(port, next);
    assert_eq!(seen, list(&expected), "the subtree is fixed by the first call");
    assert_eq!((CloseHandle(directory), CloseHandle(port)), (1, 1));
}

#[test]
fn a_tree() {
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("old")).unwrap();
    let directory = open(place.path(), true);
    let port = CreateIoCompletionPort(directory, null_mut(), 1, 0);
    let first = call(directory, 4096, true, NAMES).unwrap();
    std::fs::write(place.path().join("old/file"), "").unwrap();
    assert_eq!(changes(port, first), list(&[(1, "old/file")]));
    std::fs::create_dir_all(place.path().join("new/er")).unwrap();
    std::fs::write(place.path().join("new/er/file"), "").unwrap();
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let next = call(directory, 4096, true, NAMES).unwrap();
        seen.extend(changes(port, next));
    }
    seen.sort();
    assert_eq!(seen, list(&[(1, "new"), (1, "new/er"), (1, "new/er/file")]));
    assert_eq!((CloseHandle(directory), CloseHandle(port)), (1, 1));
}

/// E16.
#[test]
fn buffers_that_are_too_small() {
    let place = tempfile::tempdir().unwrap();
    let directory = open(place.path(), true);
    let port = CreateIoCompletionPort(directory, null_mut(), 1, 0);
    let mut waiting = call(directory, 16, false, NAMES).unwrap();
    std::fs::write(place.path().join("a-long-name"), "").unwrap();
    assert_eq!(packet(port), (1, 0, 0, &raw mut *waiting.overlapped));
    assert_eq!(waiting.overlapped.Internal, 0x10C);
    assert_eq!(call(directory, 64, false, 0).err(), Some(87));
    assert_eq!(call(directory, 64, false, 0x200).err(), Some(87));
    let mut aligned = [0_u64; 8];
    let odd = aligned.as_mut_ptr().wrapping_byte_add(1).cast();
    let mut operation = OVERLAPPED::default();
    // SAFETY: room that is not aligned, which is refused.
    let done = unsafe {
        ReadDirectoryChangesW(directory, odd, 8, 0, 1, null_mut(), &raw mut operation, None)
    };
    assert_eq!((done, GetLastError()), (0, 998));
    // A cancel, and a close, end what waits.
    let mut one = call(directory, 64, false, NAMES).unwrap();
    assert_eq!(CancelIoEx(directory, &raw mut *one.overlapped), 1);
    assert_eq!(packet(port), (0, 995, 0, &raw mut *one.overlapped));
    let mut other = call(directory, 64, false, NAMES).unwrap();
    assert_eq!(CloseHandle(directory), 1);
    let (_, _, bytes, done) = packet(port);
    assert_eq!((bytes, done), (0, &raw mut *other.overlapped));
    assert_eq!(CloseHandle(port), 1);
}

#[test]
fn a_synchronous_call_waits() {
    let place = tempfile::tempdir().unwrap();
    let directory = open(place.path(), false) as usize;
    let waiter = std::thread::spawn(move || {
        let (mut buffer, mut bytes) = (vec![0; 256], 0);
        let to = buffer.as_mut_ptr().cast();
        let directory = directory as HANDLE;
        // SAFETY: 1024 bytes of room and a variable for the count, for a call that waits.
        let done = unsafe {
            ReadDirectoryChangesW(directory, to, 1024, 0, 1, &raw mut bytes, null_mut(), None)
        };
        assert_eq!(done, 1);
        parse(&buffer, bytes as usize)
    });
    // The watch may begin at any time; files come until it has seen one.
    let mut number = 0;
    while !waiter.is_finished() {
        std::fs::write(place.path().join(format!("file{number}")), "").unwrap();
        number += 1;
        std::thread::yield_now();
    }
    let seen = waiter.join().unwrap();
    assert!(seen.iter().all(|(action, name)| *action == 1 && name.starts_with("file")));
    assert_eq!(CloseHandle(directory as HANDLE), 1);
}
