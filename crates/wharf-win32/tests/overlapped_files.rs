//! Overlapped reads and writes of files on a port (contract A5, A6, C16-C21, C23, C33-C39, E1-E8).
#![allow(unsafe_code)] // calls of the C interface

mod packets;

use std::ffi::{CString, c_void};
use std::path::Path;
use std::ptr::{null, null_mut};

use packets::{get, nothing};
use wharf_win32::Win32::Foundation::{CloseHandle, GetLastError, HANDLE, INVALID_HANDLE_VALUE};
use wharf_win32::Win32::Storage::FileSystem::*;
use wharf_win32::Win32::System::IO::*;

const OVERLAPPED_FLAG: u32 = 0x4000_0000;
const KEY: usize = 0x1234_5678_9ABC;

fn open(path: &Path, flags: u32) -> HANDLE {
    let name = CString::new(path.to_str().unwrap()).unwrap();
    let access = 0xC000_0000;
    // SAFETY: a name that ends with a zero; no attributes.
    let file =
        unsafe { CreateFileA(name.as_ptr().cast(), access, 7, null(), 4, flags, null_mut()) };
    assert_ne!(file, INVALID_HANDLE_VALUE, "{}", GetLastError());
    file
}

fn at(offset: u64) -> Box<OVERLAPPED> {
    let halves = OVERLAPPED_0_0 { Offset: offset as u32, OffsetHigh: (offset >> 32) as u32 };
    Box::new(OVERLAPPED {
        Internal: 0xDEAD,
        InternalHigh: 0xBEEF,
        Anonymous: OVERLAPPED_0 { Anonymous: halves },
        hEvent: null_mut(),
    })
}

fn port(file: HANDLE) -> HANDLE {
    let port = CreateIoCompletionPort(file, null_mut(), KEY, 0);
    assert!(!port.is_null());
    port
}

/// TRUE or 997 (E4); anything else is the code.
fn issued(result: i32) -> Result<(), u32> {
    match result {
        0 if GetLastError() != 997 => Err(GetLastError()),
        _ => Ok(()),
    }
}

// Memory and operation live until the packet, or the failure, of the operation: each test waits for all that it has issued.

fn read(file: HANDLE, to: &mut [u8], overlapped: &mut OVERLAPPED) -> Result<(), u32> {
    read_to(file, to.as_mut_ptr(), to.len() as u32, overlapped)
}

fn read_to(file: HANDLE, to: *mut u8, length: u32, overlapped: &mut OVERLAPPED) -> Result<(), u32> {
    // SAFETY: null, which is refused, or so much room, which lives as said above.
    issued(unsafe { ReadFile(file, to.cast(), length, null_mut(), overlapped) })
}

fn write(file: HANDLE, from: &[u8], overlapped: &mut OVERLAPPED) -> Result<(), u32> {
    let length = from.len() as u32;
    // SAFETY: the slice's own length, and both live as said above.
    issued(unsafe { WriteFile(file, from.as_ptr().cast(), length, null_mut(), overlapped) })
}

#[test]
fn one_packet_each() {
    let directory = tempfile::tempdir().unwrap();
    for flags in [OVERLAPPED_FLAG, OVERLAPPED_FLAG | 0x8000_0000] {
        let file = open(&directory.path().join(format!("f{flags:x}")), flags);
        let port = port(file);
        let mut operation = at(3);
        write(file, b"hello", &mut operation).unwrap();
        assert_eq!(get(port, u32::MAX), (1, 0, 5, KEY, &raw mut *operation));
        assert_eq!((operation.Internal, operation.InternalHigh), (0, 5));
        let mut buffer = [9; 16];
        let mut operation = at(1);
        read(file, &mut buffer, &mut operation).unwrap();
        assert_eq!(get(port, u32::MAX), (1, 0, 7, KEY, &raw mut *operation), "E6: short");
        assert_eq!(&buffer[..8], b"\0\0hello\x09");
        // E5: at the end the failure is a packet.
        let mut operation = at(8);
        let mut count = 55;
        let to = buffer.as_mut_ptr().cast();
        // SAFETY: room for 16, which lives, with the operation, until the packet below.
        let done = unsafe { ReadFile(file, to, 16, &raw mut count, &raw mut *operation) };
        assert_eq!((done, GetLastError(), count), (0, 997, 0));
        assert_eq!(get(port, u32::MAX), (0, 38, 0, KEY, &raw mut *operation));
        nothing(port);
        assert_eq!((CloseHandle(file), CloseHandle(port)), (1, 1));
    }
}

/// C18 and E8: what fails at once brings no packet; E2: an overlapped handle needs an OVERLAPPED.
#[test]
fn failures_of_the_call() {
    let directory = tempfile::tempdir().unwrap();
    let file = open(&directory.path().join("f"), OVERLAPPED_FLAG);
    let port = port(file);
    let mut operation = at(0);
    write(file, b"content", &mut operation).unwrap();
    assert_eq!(get(port, u32::MAX).0, 1);
    assert_eq!(read_to(file, null_mut(), 4, &mut operation), Err(998));
    let bad: *const c_void = null();
    // SAFETY: null is refused.
    let written = unsafe { WriteFile(file, bad, 4, null_mut(), &raw mut *operation) };
    assert_eq!(issued(written), Err(1784));
    let mut buffer = [0; 4];
    let to: *mut c_void = buffer.as_mut_ptr().cast();
    let mut count = 0;
    // SAFETY: room for four, for a call that is refused.
    let read_without = unsafe { ReadFile(file, to, 4, &raw mut count, null_mut()) };
    assert_eq!((read_without, GetLastError()), (0, 87));
    operation.hEvent = 0x4444_4444_usize as HANDLE;
    assert_eq!(read(file, &mut buffer, &mut operation), Err(6), "no event");
    nothing(port);
    assert_eq!((CreateIoCompletionPort(file, port, 1, 0), GetLastError()), (null_mut(), 87), "A6");
    assert_eq!((CancelIoEx(file, null_mut()), GetLastError()), (0, 1168));
    assert_eq!((CancelIo(file), CloseHandle(file), CloseHandle(port)), (1, 1, 1));
}

/// A5, C23: a handle that is not overlapped.
#[test]
fn synchronous_handles_have_no_port() {
    let directory = tempfile::tempdir().unwrap();
    let file = open(&directory.path().join("f"), 0);
    assert_eq!((CreateIoCompletionPort(file, null_mut(), 0, 0), GetLastError()), (null_mut(), 87));
    assert_eq!((SetFileCompletionNotificationModes(file, 1), GetLastError()), (0, 87));
    assert_eq!(CloseHandle(file), 1);
}

/// C20, C21.
#[test]
fn success_at_once_can_be_silent() {
    let directory = tempfile::tempdir().unwrap();
    let file = open(&directory.path().join("f"), OVERLAPPED_FLAG);
    let port = port(file);
    assert_eq!(SetFileCompletionNotificationModes(file, 1), 1);
    let mut operation = at(0);
    let length = 4;
    let from = b"data".as_ptr().cast();
    // SAFETY: four bytes that stay for good; the operation lives until the packet, if one comes.
    let done = unsafe { WriteFile(file, from, length, null_mut(), &raw mut *operation) };
    match done {
        1 => nothing(port),
        _ => assert_eq!(get(port, u32::MAX).2, 4),
    }
    let mut buffer = [0; 4];
    let mut end = at(4);
    assert_eq!(read(file, &mut buffer, &mut end), Ok(()));
    assert_eq!(get(port, u32::MAX).1, 38, "what pends has its packet");
    assert_eq!((CloseHandle(file), CloseHandle(port)), (1, 1));
}

/// E7: many threads append; no record is torn or lost, and each has its packet.
#[test]
fn appends_are_atomic() {
    const THREADS: u8 = 4;
    const RECORDS: usize = 200;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let file = open(&path, OVERLAPPED_FLAG);
    let port = port(file) as usize;
    let shared = file as usize;
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            std::thread::spawn(move || {
                let record = [b'a' + number; 37];
                for _ in 0..RECORDS {
                    // It has to live until its packet; the test's end is late enough.
                    let operation = Box::leak(at(u64::MAX));
                    write(shared as HANDLE, &record, operation).unwrap();
                }
            })
        })
        .collect();
    for _ in 0..usize::from(THREADS) * RECORDS {
        let (good, _, bytes, key, _) = get(port as HANDLE, u32::MAX);
        assert_eq!((good, bytes, key), (1, 37, KEY));
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let content = std::fs::read(&path).unwrap();
    assert_eq!(content.len(), usize::from(THREADS) * RECORDS * 37);
    assert!(content.chunks(37).all(|record| record.iter().all(|byte| *byte == record[0])));
    assert_eq!((CloseHandle(file), CloseHandle(port as HANDLE)), (1, 1));
}

/// C39: a handle is closed with reads under way; each has one packet.
#[test]
fn closing_ends_everything() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("f");
    std::fs::write(&path, vec![7; 1 << 20]).unwrap();
    // Unbuffered, so that the reads wait for threads.
    let file = open(&path, OVERLAPPED_FLAG | 0x2000_0000);
    let port = port(file);
    let layout = std::alloc::Layout::from_size_align(1 << 16, 4096).unwrap();
    // SAFETY: a size that is not nothing.
    let buffer = unsafe { std::alloc::alloc_zeroed(layout) };
    let mut operations: Vec<_> = (0..16).map(|step| at(step << 16)).collect();
    for operation in &mut operations {
        read_to(file, buffer, 1 << 16, operation).unwrap();
    }
    assert_eq!(CloseHandle(file), 1);
    for _ in 0..16 {
        let (good, code, bytes, key, _) = get(port, u32::MAX);
        let fine = (good, code, bytes) == (1, 0, 1 << 16) || (good, code, bytes) == (0, 995, 0);
        assert!(fine && key == KEY, "{good} {code} {bytes}");
    }
    nothing(port);
    assert_eq!(CloseHandle(port), 1);
    // SAFETY: all reads into it have ended; it was made by this layout.
    unsafe { std::alloc::dealloc(buffer, layout) };
}

/// C39: who has the last packet and closes the last handle closes the descriptor then and there, while the thread that has
/// issued or done the operation is in it still. Method: reads past the cache, which the pool does, writes, and locks that are
/// waited for, issued by another thread; packets taken as early as can be.
#[test]
fn closed_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("f");
    std::fs::write(&path, vec![7; 4096]).unwrap();
    for (what, flags) in [
        ("read", OVERLAPPED_FLAG | 0x2000_0000),
        ("write", OVERLAPPED_FLAG),
        ("lock", OVERLAPPED_FLAG),
    ] {
        let (tell, told) = std::sync::mpsc::sync_channel::<(usize, usize)>(0);
        let issuer = std::thread::spawn(move || {
            let layout = std::alloc::Layout::from_size_align(4096, 4096).unwrap();
            // SAFETY: a size that is not nothing.
            let buffer = unsafe { std::alloc::alloc_zeroed(layout) };
            for (file, operation) in told {
                let (file, operation) = (file as HANDLE, operation as *mut OVERLAPPED);
                // The buffer is longer than all reads and writes; it stays until the last packet was taken, as the operation.
                let result = match what {
                    // SAFETY: as said.
                    "read" => unsafe { ReadFile(file, buffer.cast(), 4096, null_mut(), operation) },
                    // SAFETY: as said.
                    "write" => unsafe { WriteFile(file, buffer.cast(), 1, null_mut(), operation) },
                    // SAFETY: as said.
                    _ => unsafe { LockFileEx(file, 2, 0, 1, 0, operation) },
                };
                issued(result).unwrap();
            }
            // SAFETY: made by this layout, and not used any more.
            unsafe { std::alloc::dealloc(buffer, layout) };
        });
        for round in 0..600 {
            let file = open(&path, flags);
            let holder = (what == "lock").then(|| open(&path, flags));
            if let Some(holder) = holder {
                assert_eq!(LockFile(holder, 0, 0, 1, 0), 1);
            }
            let (port, mut operation) = (port(file), at(0));
            tell.send((file as usize, (&raw mut *operation) as usize)).unwrap();
            if let Some(holder) = holder {
                assert_eq!(CloseHandle(holder), 1);
            }
            while get(port, 0).0 == 0 {}
            assert_eq!(CloseHandle(file), 1);
            let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
            let mut open = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
            assert!(!open.any(|file| file == path), "{what}: round {round}");
            assert_eq!(CloseHandle(port), 1);
        }
        drop(tell);
        issuer.join().unwrap();
    }
}

/// GetOverlappedResult waits for an operation without an event.
#[test]
fn results_without_a_port() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("f");
    std::fs::write(&path, "0123456789").unwrap();
    let file = open(&path, OVERLAPPED_FLAG);
    let (mut buffer, mut bytes, mut operation) = ([0; 4], 0, at(6));
    read(file, &mut buffer, &mut operation).unwrap();
    // SAFETY: the operation that was issued, and a variable for the bytes.
    let done = unsafe { GetOverlappedResult(file, &raw const *operation, &raw mut bytes, 1) };
    assert_eq!((done, bytes, &buffer), (1, 4, b"6789"));
    assert_eq!(CloseHandle(file), 1);
}

/// C9 and A22: without an event the handle tells, with one only that.
#[test]
fn a_handle_is_signalled_by_its_operations() {
    use wharf_win32::Win32::System::Threading::{CreateEventA, WaitForSingleObject};
    let name = CString::new(format!(r"\\.\pipe\wharf signal {}", std::process::id())).unwrap();
    let name: *const u8 = name.as_ptr().cast();
    // SAFETY: a name that ends with a zero; no attributes.
    let pipe = unsafe { CreateNamedPipeA(name, 3 | OVERLAPPED_FLAG, 0, 1, 0, 0, 0, null()) };
    // SAFETY: likewise.
    let client = unsafe { CreateFileA(name, 0xC000_0000, 0, null(), 3, 0, null_mut()) };
    let port = port(pipe);
    assert_eq!(WaitForSingleObject(pipe, 0), 0, "A22");
    let (mut buffer, mut operation) = ([0; 4], at(0));
    read(pipe, &mut buffer, &mut operation).unwrap();
    assert_eq!(WaitForSingleObject(pipe, 0), 258, "pending");
    let mut count = 0;
    // SAFETY: four bytes, for a call that waits, and a variable for the count.
    let done = unsafe { WriteFile(client, b"text".as_ptr().cast(), 4, &raw mut count, null_mut()) };
    assert_eq!(done, 1);
    assert_eq!(WaitForSingleObject(pipe, u32::MAX), 0);
    assert_eq!(get(port, u32::MAX).2, 4);
    read(pipe, &mut buffer, &mut operation).unwrap();
    let mut with_event = at(0);
    // SAFETY: no attributes and no name: nothing is read.
    with_event.hEvent = unsafe { CreateEventA(null(), 1, 0, null()) };
    write(pipe, b"text", &mut with_event).unwrap();
    assert_eq!(WaitForSingleObject(with_event.hEvent, u32::MAX), 0);
    assert_eq!(WaitForSingleObject(pipe, 0), 258, "the event tells, not the handle");
    assert_eq!((CloseHandle(pipe), CloseHandle(client)), (1, 1));
    assert_eq!((CloseHandle(port), CloseHandle(with_event.hEvent)), (1, 1));
}
