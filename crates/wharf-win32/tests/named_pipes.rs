//! Named pipes (contract E11-E14, C18, C33, C39), with clients in this process and in another.
#![allow(unsafe_code)] // calls of the C interface

mod packets;

use std::ffi::{CStr, CString};
use std::ptr::{null, null_mut};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use packets::{get, nothing};
use wharf_win32::Win32::Foundation::{CloseHandle, GetLastError, HANDLE, INVALID_HANDLE_VALUE};
use wharf_win32::Win32::Storage::FileSystem::*;
use wharf_win32::Win32::System::IO::*;

const OVERLAPPED_FLAG: u32 = 0x4000_0000;
const DUPLEX: u32 = 3;
const MESSAGE: u32 = 6;
const KEY: usize = 42;
const CHILD: &str = "WHARF_PIPE_CHILD";

/// A child that is made has the descriptors of all tests, up to its exec, and an end that it has is not closed: while one is
/// made no other test runs.
static SPAWNING: RwLock<()> = RwLock::new(());

fn no_child() -> RwLockReadGuard<'static, ()> {
    SPAWNING.read().unwrap_or_else(PoisonError::into_inner)
}

/// Each test has names of its own, and so has each run.
fn name(text: &str) -> CString {
    CString::new(format!(r"\\.\pipe\wharf test {} {text}", std::process::id())).unwrap()
}

fn create(name: &CString, open: u32, mode: u32, most: u32) -> Result<HANDLE, u32> {
    let name = name.as_ptr().cast();
    // SAFETY: a name that ends with a zero; no attributes.
    let pipe = unsafe { CreateNamedPipeA(name, open, mode, most, 512, 512, 0, null()) };
    if pipe == INVALID_HANDLE_VALUE { Err(GetLastError()) } else { Ok(pipe) }
}

fn open(name: &CString, access: u32, flags: u32) -> Result<HANDLE, u32> {
    let name = name.as_ptr().cast();
    // SAFETY: a name that ends with a zero; no attributes.
    let pipe = unsafe { CreateFileA(name, access, 0, null(), 3, flags, null_mut()) };
    if pipe == INVALID_HANDLE_VALUE { Err(GetLastError()) } else { Ok(pipe) }
}

const BOTH: u32 = 0xC000_0000;

// What is lent to an overlapped handle lives until the packet: each test waits for all that it has issued. On the others an
// operation is null, and a call uses what it is lent no longer than it takes.

fn connect(pipe: HANDLE, overlapped: *mut OVERLAPPED) -> Result<(), u32> {
    // SAFETY: null, or an operation that lives as said above.
    if unsafe { ConnectNamedPipe(pipe, overlapped) } == 0 { Err(GetLastError()) } else { Ok(()) }
}

fn operation() -> Box<OVERLAPPED> {
    Box::default()
}

fn read(pipe: HANDLE, buffer: &mut [u8], overlapped: *mut OVERLAPPED) -> Result<u32, u32> {
    let (to, mut count) = (buffer.as_mut_ptr().cast(), 0);
    // SAFETY: the slice's own length; it and the operation live as said above.
    let done = unsafe { ReadFile(pipe, to, buffer.len() as u32, &raw mut count, overlapped) };
    if done == 0 { Err(GetLastError()) } else { Ok(count) }
}

fn write(pipe: HANDLE, text: &[u8], overlapped: *mut OVERLAPPED) -> Result<u32, u32> {
    let (from, mut count) = (text.as_ptr().cast(), 0);
    // SAFETY: the slice's own length; it and the operation live as said above.
    let done = unsafe { WriteFile(pipe, from, text.len() as u32, &raw mut count, overlapped) };
    if done == 0 { Err(GetLastError()) } else { Ok(count) }
}

fn close(handles: &[HANDLE]) {
    assert!(handles.iter().all(|handle| CloseHandle(*handle) == 1));
}

#[test]
fn synchronous_ends_in_two_processes() {
    if let Ok(name) = std::env::var(CHILD) {
        let pipe = open(&CString::new(name).unwrap(), BOTH, 0).unwrap();
        assert_eq!(write(pipe, b"from the child", null_mut()), Ok(14));
        let mut buffer = [0; 64];
        assert_eq!(read(pipe, &mut buffer, null_mut()), Ok(6));
        assert_eq!(&buffer[..6], b"answer");
        assert_eq!(read(pipe, &mut buffer, null_mut()), Err(109));
        std::process::exit(0);
    }
    let name = name("processes");
    let pipe = create(&name, DUPLEX, 0, 1).unwrap();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "synchronous_ends_in_two_processes", "--nocapture"]);
    let mut child = {
        let _alone = SPAWNING.write().unwrap_or_else(PoisonError::into_inner);
        child.env(CHILD, name.to_str().unwrap()).spawn().unwrap()
    };
    assert!(matches!(connect(pipe, null_mut()), Ok(()) | Err(535)));
    let (mut buffer, mut id) = ([0; 64], 0);
    assert_eq!(read(pipe, &mut buffer, null_mut()), Ok(14));
    assert_eq!(&buffer[..14], b"from the child");
    // SAFETY: a variable for the answer.
    assert_eq!(unsafe { GetNamedPipeClientProcessId(pipe, &raw mut id) }, 1);
    assert_eq!(id, child.id());
    assert_eq!(write(pipe, b"answer", null_mut()), Ok(6));
    assert_eq!(FlushFileBuffers(pipe), 1);
    close(&[pipe]);
    assert!(child.wait().unwrap().success());
}

/// E11: both orders.
#[test]
fn connecting() {
    let _no_child = no_child();
    let name = name("connecting");
    assert_eq!(open(&name, BOTH, 0), Err(2), "nobody has made it");
    let pipe = create(&name, DUPLEX | OVERLAPPED_FLAG, 0, 2).unwrap();
    let port = CreateIoCompletionPort(pipe, null_mut(), KEY, 0);
    let mut wait = operation();
    assert_eq!(connect(pipe, &raw mut *wait), Err(997));
    nothing(port);
    let client = open(&name, BOTH, 0).unwrap();
    assert_eq!(get(port, u32::MAX), (1, 0, 0, KEY, &raw mut *wait));
    assert_eq!(connect(pipe, &raw mut *wait), Err(535));
    assert_eq!(open(&name, BOTH, 0), Err(231), "all instances are busy");
    let second = create(&name, DUPLEX | OVERLAPPED_FLAG, 0, 2).unwrap();
    assert_eq!(create(&name, DUPLEX, 0, 2), Err(231), "no more instances");
    assert_eq!(create(&name, DUPLEX | 0x8_0000, 0, 2), Err(5), "not the first");
    let early = open(&name, BOTH, 0).unwrap();
    assert_eq!(connect(second, &raw mut *wait), Err(535), "the client was there before");
    nothing(port);
    close(&[client]);
    assert_eq!(connect(pipe, &raw mut *wait), Err(232), "it was, and has gone");
    assert_eq!((DisconnectNamedPipe(pipe), DisconnectNamedPipe(pipe), GetLastError()), (1, 0, 233));
    assert_eq!(open(&name, BOTH, 0), Err(231), "not offered again yet");
    assert_eq!(connect(pipe, &raw mut *wait), Err(997));
    assert_eq!(CancelIoEx(pipe, &raw mut *wait), 1);
    assert_eq!(get(port, u32::MAX), (0, 995, 0, KEY, &raw mut *wait));
    assert_eq!((CancelIoEx(pipe, null_mut()), GetLastError()), (0, 1168));
    close(&[pipe, second, early, port]);
    assert_eq!(open(&name, BOTH, 0), Err(2));
}

/// E12, E14, C18, C39.
#[test]
fn transfers_on_a_port() {
    let _no_child = no_child();
    let name = name("transfers");
    let pipe = create(&name, DUPLEX | OVERLAPPED_FLAG, 0, 255).unwrap();
    let port = CreateIoCompletionPort(pipe, null_mut(), KEY, 0);
    let mut first = operation();
    let mut buffer = [0; 16];
    assert_eq!(read(pipe, &mut buffer, &raw mut *first), Err(536), "nobody is there");
    let client = open(&name, BOTH, 0).unwrap();
    assert_eq!(connect(pipe, null_mut()), Err(535));
    assert_eq!(read(pipe, &mut buffer, &raw mut *first), Err(997));
    let (mut more, mut second) = ([0; 16], operation());
    assert_eq!(read(pipe, &mut more, &raw mut *second), Err(997));
    assert_eq!(write(client, b"hello", null_mut()), Ok(5));
    assert_eq!(get(port, u32::MAX), (1, 0, 5, KEY, &raw mut *first));
    assert_eq!(&buffer[..5], b"hello");
    close(&[client]);
    assert_eq!(get(port, u32::MAX), (0, 109, 0, KEY, &raw mut *second), "the pipe breaks");
    assert_eq!(read(pipe, &mut buffer, &raw mut *first), Err(109));
    assert_eq!(write(pipe, b"x", &raw mut *first), Err(232));
    nothing(port);
    // A close ends what waits, with a packet each.
    assert_eq!((DisconnectNamedPipe(pipe), connect(pipe, &raw mut *first)), (1, Err(997)));
    let client = open(&name, BOTH, 0).unwrap();
    assert_eq!(get(port, u32::MAX).4, &raw mut *first);
    assert_eq!(read(pipe, &mut buffer, &raw mut *first), Err(997));
    assert_eq!(read(pipe, &mut more, &raw mut *second), Err(997));
    close(&[pipe]);
    for operation in [&raw mut *first, &raw mut *second] {
        assert_eq!(get(port, u32::MAX), (0, 995, 0, KEY, operation));
    }
    close(&[client, port]);
}

/// A write larger than the socket's buffer goes out whole, in order, while the other end reads.
#[test]
fn large_writes() {
    let _no_child = no_child();
    const LENGTH: usize = 4 << 20;
    let name = name("large");
    let pipe = create(&name, DUPLEX | OVERLAPPED_FLAG, 0, 1).unwrap();
    let port = CreateIoCompletionPort(pipe, null_mut(), KEY, 0);
    let client = open(&name, BOTH, 0).unwrap() as usize;
    let content: Vec<u8> = (0..LENGTH).map(|at| (at % 251) as u8).collect();
    let (mut one, mut other) = (operation(), operation());
    assert_eq!(write(pipe, &content, &raw mut *one), Err(997));
    assert_eq!(write(pipe, b"end", &raw mut *other), Err(997));
    let reader = std::thread::spawn(move || {
        let (mut all, mut buffer) = (Vec::new(), vec![0; 100_000]);
        while all.len() < LENGTH + 3 {
            let count = read(client as HANDLE, &mut buffer, null_mut()).unwrap();
            all.extend_from_slice(&buffer[..count as usize]);
        }
        all
    });
    assert_eq!(get(port, u32::MAX), (1, 0, LENGTH as u32, KEY, &raw mut *one));
    assert_eq!(get(port, u32::MAX), (1, 0, 3, KEY, &raw mut *other));
    let all = reader.join().unwrap();
    assert!(all[..LENGTH] == content && &all[LENGTH..] == b"end");
    close(&[pipe, client as HANDLE, port]);
}

/// E13: a message that is longer than the buffer comes in parts, and every part but the last is a warning.
#[test]
fn messages() {
    let _no_child = no_child();
    let name = name("messages");
    let pipe = create(&name, DUPLEX | OVERLAPPED_FLAG, MESSAGE, 1).unwrap();
    let port = CreateIoCompletionPort(pipe, null_mut(), KEY, 0);
    let client = open(&name, BOTH, 0).unwrap();
    for message in [b"123456789".as_slice(), b"abc"] {
        assert_eq!(write(client, message, null_mut()), Ok(message.len() as u32));
    }
    let (mut buffer, mut operation) = ([0; 4], operation());
    for (good, code, text) in [(0, 234, "1234"), (0, 234, "5678"), (1, 0, "9"), (1, 0, "abc")] {
        let result = read(pipe, &mut buffer, &raw mut *operation);
        assert!(matches!(result, Err(997) | Ok(_)));
        let length = text.len() as u32;
        assert_eq!(get(port, u32::MAX), (good, code, length, KEY, &raw mut *operation));
        assert_eq!(&buffer[..text.len()], text.as_bytes());
    }
    // The client reads bytes until it says otherwise.
    assert!(matches!(write(pipe, b"answer", &raw mut *operation), Ok(6)));
    let (mode, none) = (2, null_mut());
    let mut available = 0;
    // SAFETY: a variable for the count, and nulls for what is not wanted.
    let done = unsafe { PeekNamedPipe(client, null_mut(), 0, none, &raw mut available, none) };
    assert!(done == 1 && available > 0);
    // SAFETY: a mode, and nulls for what stays.
    assert_eq!(unsafe { SetNamedPipeHandleState(client, &raw const mode, null(), null()) }, 1);
    assert_eq!(read(client, &mut buffer, null_mut()), Err(234));
    assert_eq!(read(client, &mut buffer, null_mut()), Ok(2));
    close(&[pipe, client, port]);
}

#[test]
fn what_is_refused() {
    let _no_child = no_child();
    let name = name("refused");
    let bad = CString::new("no pipe").unwrap();
    assert_eq!(create(&bad, DUPLEX, 0, 1), Err(123));
    assert_eq!(create(&name, 0, 0, 1), Err(87));
    assert_eq!(create(&name, DUPLEX, 0, 0), Err(87));
    assert_eq!(create(&name, DUPLEX, 2, 1), Err(87), "messages of a byte pipe");
    let pipe = create(&name, 1, 0, 1).unwrap();
    assert_eq!(open(&name, 0x8000_0000, 0), Err(5), "the client may only write");
    let wait = |name: &CStr, millis| {
        // SAFETY: a name that ends with a zero.
        (unsafe { WaitNamedPipeA(name.as_ptr().cast(), millis) }, GetLastError())
    };
    assert_eq!(DisconnectNamedPipe(pipe), 1);
    assert_eq!(wait(&name, 1), (0, 121));
    assert_eq!(wait(c"x", 1), (0, 123));
    let waiter = std::thread::spawn({
        let pipe = pipe as usize;
        move || connect(pipe as HANDLE, null_mut())
    });
    assert_eq!(wait(&name, u32::MAX).0, 1);
    let client = open(&name, WRITE, 0).unwrap();
    assert_eq!(waiter.join().unwrap(), Ok(()));
    assert_eq!((connect(client, null_mut()), read(client, &mut [0], null_mut())), (Err(1), Err(5)));
    assert_eq!(write(pipe, b"x", null_mut()), Err(5));
    close(&[pipe, client]);
    assert_eq!(wait(&name, 1), (0, 2));
}

const WRITE: u32 = 0x4000_0000;

/// Two ends of a message pipe: the server's, which is overlapped, and the client's.
fn message_ends(text: &str) -> (HANDLE, HANDLE) {
    let name = name(text);
    let pipe = create(&name, DUPLEX | OVERLAPPED_FLAG, MESSAGE, 1).unwrap();
    let client = open(&name, BOTH, 0).unwrap();
    assert_eq!(connect(pipe, null_mut()), Err(535));
    (pipe, client)
}

/// E12, E13: a message of no bytes is a message, and the pipe goes on.
#[test]
fn a_message_of_no_bytes() {
    let _no_child = no_child();
    let (pipe, client) = message_ends("nothing");
    let port = CreateIoCompletionPort(pipe, null_mut(), KEY, 0);
    let (mut buffer, mut wait) = ([0; 8], operation());
    assert_eq!(write(client, b"", null_mut()), Ok(0));
    assert_eq!(read(pipe, &mut buffer, &raw mut *wait), Ok(0));
    assert_eq!(get(port, u32::MAX), (1, 0, 0, KEY, &raw mut *wait));
    assert_eq!(read(pipe, &mut buffer, &raw mut *wait), Err(997), "the other end is there");
    assert_eq!(write(client, b"", null_mut()), Ok(0));
    assert_eq!(get(port, u32::MAX), (1, 0, 0, KEY, &raw mut *wait));
    assert_eq!(write(client, b"", null_mut()), Ok(0));
    close(&[client]);
    assert_eq!(read(pipe, &mut buffer, &raw mut *wait), Ok(0), "sent before the end");
    assert_eq!(get(port, u32::MAX), (1, 0, 0, KEY, &raw mut *wait));
    assert_eq!(read(pipe, &mut buffer, &raw mut *wait), Err(109));
    close(&[pipe, port]);
}

/// E12: what a client has sent is read although that client has gone without reading what it was sent.
#[test]
fn messages_of_a_client_that_does_not_read() {
    let _no_child = no_child();
    let (pipe, client) = message_ends("unread");
    let port = CreateIoCompletionPort(pipe, null_mut(), KEY, 0);
    let (mut buffer, mut wait) = ([0; 8], operation());
    assert_eq!(write(pipe, b"question", &raw mut *wait), Ok(8));
    assert_eq!(get(port, u32::MAX), (1, 0, 8, KEY, &raw mut *wait));
    assert_eq!(write(client, b"one", null_mut()), Ok(3));
    assert_eq!(write(client, b"two", null_mut()), Ok(3));
    close(&[client]);
    for text in [b"one", b"two"] {
        assert_eq!(read(pipe, &mut buffer, &raw mut *wait), Ok(3));
        assert_eq!(&buffer[..3], text);
        assert_eq!(get(port, u32::MAX), (1, 0, 3, KEY, &raw mut *wait));
    }
    assert_eq!(read(pipe, &mut buffer, &raw mut *wait), Err(109));
    close(&[pipe, port]);
}
