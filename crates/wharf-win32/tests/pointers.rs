//! Pointers to what was unmapped, and to what is read-only, in the calls of every transfer: an error code, no fault,
//! nothing done (C18, C26, D44, D61, D67, D68, E8), and the same call succeeds with good pointers after that.
#![allow(unsafe_code)] // calls the C ABI with bad pointers

mod winsock;

use std::ptr::{null, null_mut};

use wharf_win32::Win32::Foundation::*;
use wharf_win32::Win32::Networking::WinSock::*;
use wharf_win32::Win32::Storage::FileSystem::*;
use wharf_win32::Win32::System::IO::*;
use winsock::*;

const ERROR_NOACCESS: u32 = 998;
const WAIT_TIMEOUT: u32 = 258;
const TRUE: BOOL = 1;
const FALSE: BOOL = 0;
const PAGE: usize = 4096;

fn map(protection: i32) -> *mut u8 {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a fresh mapping.
    let memory = unsafe { libc::mmap(null_mut(), PAGE, protection, flags, -1, 0) };
    assert_ne!(memory, libc::MAP_FAILED);
    memory.cast()
}

/// Where nothing can be read, and where nothing can be written. Both stay mapped, so that no other test gets the place.
fn bad() -> [*mut u8; 2] {
    [map(libc::PROT_NONE), map(libc::PROT_READ)]
}

fn overlapped() -> OVERLAPPED {
    // SAFETY: plain numbers and pointers.
    unsafe { std::mem::zeroed() }
}

/// A pair whose first end has a port.
fn bound_pair() -> (SOCKET, SOCKET, HANDLE) {
    let (ours, theirs) = pair();
    let port = CreateIoCompletionPort(ours as HANDLE, null_mut(), 7, 0);
    assert!(!port.is_null());
    (ours, theirs, port)
}

fn is_empty(port: HANDLE) -> bool {
    let (mut bytes, mut key, mut found) = (0, 0, null_mut());
    // SAFETY: three variables.
    let got = unsafe { GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut found, 0) };
    got == FALSE && GetLastError() == WAIT_TIMEOUT
}

#[test]
fn receives() {
    start();
    let (ours, theirs, port) = bound_pair();
    let mut memory = [0_u8; 1];
    let mut good = WSABUF { len: 1, buf: memory.as_mut_ptr().cast() };
    let good = &raw mut good;
    let (mut bytes, mut flags, mut ov) = (0, 0, overlapped());
    let (bytes, flags, ov) = (&raw mut bytes, &raw mut flags, &raw mut ov);
    let receive = |buffers, bytes, flags, ov| {
        // SAFETY: pointers to variables, or ones that the test is about.
        unsafe { WSARecv(ours, buffers, 1, bytes, flags, ov, None) }
    };
    assert_eq!(write(theirs, b"x"), 1);
    let [gone, fixed] = bad();
    for bad in [gone, fixed] {
        for ov in [null_mut(), ov] {
            assert_eq!(failed(receive(good, bad.cast(), flags, ov)), WSAEFAULT);
            assert_eq!(failed(receive(good, bytes, bad.cast(), ov)), WSAEFAULT);
        }
        assert_eq!(failed(receive(good, bytes, flags, bad.cast())), WSAEFAULT);
    }
    assert_eq!(failed(receive(gone.cast(), bytes, flags, ov)), WSAEFAULT);
    let mut nowhere = WSABUF { len: 1, buf: gone.cast() };
    assert_eq!(failed(receive(&raw mut nowhere, bytes, flags, ov)), WSAEFAULT);
    assert!(is_empty(port));
    // A SOCKET that is none is told first.
    // SAFETY: as above.
    let result =
        unsafe { WSARecv(1 << 20, gone.cast(), 1, gone.cast(), gone.cast(), gone.cast(), None) };
    assert_eq!(failed(result), WSAENOTSOCK);
    assert_eq!(receive(good, bytes, flags, ov), 0);
    assert!(!is_empty(port) && memory == *b"x");
}

#[test]
fn sends() {
    start();
    let (ours, theirs, port) = bound_pair();
    let good = WSABUF { len: 1, buf: b"y".as_ptr().cast_mut().cast() };
    let (mut bytes, mut ov) = (0, overlapped());
    let (bytes, ov) = (&raw mut bytes, &raw mut ov);
    let send = |buffers, count, bytes, ov| {
        // SAFETY: pointers to variables, or ones that the test is about.
        unsafe { WSASend(ours, buffers, count, bytes, 0, ov, None) }
    };
    let [gone, fixed] = bad();
    for ov in [null_mut(), ov] {
        assert_eq!(failed(send(gone.cast(), 1, bytes, ov)), WSAEFAULT);
        assert_eq!(
            failed(send(&good, u32::MAX, bytes, ov)),
            WSAEFAULT,
            "an array longer than the stack"
        );
        assert_eq!(failed(send(&good, 1, gone.cast(), ov)), WSAEFAULT);
        assert_eq!(failed(send(&good, 1, fixed.cast(), ov)), WSAEFAULT);
    }
    assert_eq!(failed(send(&good, 1, bytes, gone.cast())), WSAEFAULT);
    assert_eq!(failed(send(&good, 1, bytes, fixed.cast())), WSAEFAULT);
    assert!(is_empty(port));
    assert_eq!(send(&good, 1, bytes, ov), 0);
    assert!(!is_empty(port));
    let mut room = [0; 2];
    assert_eq!((read(theirs, &mut room, 0), room[0]), (1, b'y'), "one byte was sent, once");
    non_blocking(theirs);
    assert_eq!(failed(read(theirs, &mut room, 0)), WSAEWOULDBLOCK);
}

#[test]
fn datagrams_and_their_addresses() {
    start();
    let (ours, theirs) = (socket(2, 2, 17), socket(2, 2, 17));
    for one in [ours, theirs] {
        bind_local(one, 0).unwrap();
    }
    let to = name_of(ours).unwrap();
    let mut memory = [0_u8; 4];
    let mut buffer = WSABUF { len: 4, buf: memory.as_mut_ptr().cast() };
    let buffer = &raw mut buffer;
    let (mut bytes, mut flags, mut ov) = (0, 0, overlapped());
    let (mut from, mut length) = (SOCKADDR_IN::default(), 16);
    let (bytes, flags, ov) = (&raw mut bytes, &raw mut flags, &raw mut ov);
    let (from, length): (*mut SOCKADDR, _) = ((&raw mut from).cast(), &raw mut length);
    let send = |to, ov| {
        // SAFETY: pointers to variables, or ones that the test is about.
        unsafe { WSASendTo(theirs, buffer, 1, bytes, 0, to, 16, ov, None) }
    };
    let receive = |from, length, ov| {
        // SAFETY: as above.
        unsafe { WSARecvFrom(ours, buffer, 1, bytes, flags, from, length, ov, None) }
    };
    let [gone, fixed] = bad();
    assert_eq!(failed(send(gone.cast(), null_mut())), WSAEFAULT);
    assert_eq!(failed(send(gone.cast(), ov)), WSAEFAULT);
    assert_eq!(send((&raw const to).cast(), null_mut()), 0);
    for bad in [gone, fixed] {
        for ov in [null_mut(), ov] {
            assert_eq!(failed(receive(bad.cast(), length, ov)), WSAEFAULT);
            assert_eq!(failed(receive(from, bad.cast(), ov)), WSAEFAULT);
        }
    }
    // D61: the datagram is still there.
    assert_eq!(receive(from, length, null_mut()), 0);
    assert_eq!(
        (failed(send(null(), null_mut())), failed(send(null(), ov))),
        (WSAENOTCONN, WSAENOTCONN)
    );
}

#[test]
fn messages() {
    start();
    let (ours, theirs) = (socket(2, 2, 17), socket(2, 2, 17));
    for one in [ours, theirs] {
        bind_local(one, 0).unwrap();
    }
    let mut to = name_of(ours).unwrap();
    let mut memory = [0_u8; 4];
    let mut buffer = WSABUF { len: 4, buf: memory.as_mut_ptr().cast() };
    let [gone, fixed] = bad();
    let nothing = WSABUF { len: 0, buf: null_mut() };
    let mut bytes = 0;
    let message = |name: *mut u8, buffers: *mut u8, control: WSABUF, bytes: *mut u32, read_only| {
        let mut message = WSAMSG {
            name: name.cast(),
            namelen: 16,
            lpBuffers: buffers.cast(),
            dwBufferCount: 1,
            Control: control,
            dwFlags: 0,
        };
        let at = if read_only { gone.cast() } else { &raw mut message };
        // SAFETY: pointers to variables, or ones that the test is about.
        failed(unsafe { WSASendMsg(theirs, at, 0, bytes, null_mut(), None) })
    };
    let name = (&raw mut to).cast();
    let good = (&raw mut buffer).cast();
    let room = &raw mut bytes;
    assert_eq!(message(name, good, nothing, room, true), WSAEFAULT);
    assert_eq!(message(gone, good, nothing, room, false), WSAEFAULT);
    assert_eq!(message(name, gone, nothing, room, false), WSAEFAULT);
    assert_eq!(message(name, good, WSABUF { len: 24, buf: gone.cast() }, room, false), WSAEFAULT);
    assert_eq!(message(name, good, nothing, gone.cast(), false), WSAEFAULT);
    assert_eq!(message(name, good, nothing, fixed.cast(), false), WSAEFAULT);
}

/// Nothing is taken for a caller that could not be told. Windows faults in the caller for the count.
#[test]
fn packets() {
    start();
    // SAFETY: no file, no port.
    let port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0);
    assert_eq!(PostQueuedCompletionStatus(port, 5, 6, null_mut()), TRUE);
    let (mut bytes, mut key, mut found) = (0, 0, null_mut());
    let (bytes, key, found) = (&raw mut bytes, &raw mut key, &raw mut found);
    let get = |bytes, key, found| {
        // SAFETY: pointers to variables, or ones that the test is about.
        unsafe { GetQueuedCompletionStatus(port, bytes, key, found, 0) }
    };
    // SAFETY: plain numbers and pointers.
    let mut entries: [OVERLAPPED_ENTRY; 2] = unsafe { std::mem::zeroed() };
    let (entries, mut removed) = (entries.as_mut_ptr(), 0);
    let removed = &raw mut removed;
    let get_all = |entries, count, removed| {
        // SAFETY: as above.
        unsafe { GetQueuedCompletionStatusEx(port, entries, count, removed, 0, FALSE) }
    };
    for bad in bad() {
        let results = [
            get(bad.cast(), key, found),
            get(bytes, bad.cast(), found),
            get(bytes, key, bad.cast()),
            get_all(bad.cast(), 1, removed),
            get_all(entries, 1, bad.cast()),
        ];
        assert_eq!((results, GetLastError()), ([FALSE; 5], ERROR_NOACCESS));
    }
    assert_eq!((get_all(entries, u32::MAX, removed), GetLastError()), (FALSE, ERROR_NOACCESS));
    assert_eq!(get(bytes, key, found), TRUE);
    // SAFETY: a variable that was filled.
    assert_eq!((unsafe { bytes.read() }, unsafe { key.read() }), (5, 6));
}

#[test]
fn results_and_files() {
    start();
    let path = tempfile::NamedTempFile::new().unwrap();
    let name = format!("{}\0", path.path().display());
    // SAFETY: a string that ends in a zero.
    let file =
        unsafe { CreateFileA(name.as_ptr(), 0xC000_0000, 0, null(), 3, 0x4000_0000, null_mut()) };
    assert_ne!(file, INVALID_HANDLE_VALUE);
    let (mut bytes, mut byte, mut ov) = (0, 0_u8, overlapped());
    let byte = &raw mut byte;
    let ov = &raw mut ov;
    let read = |count, ov| {
        // SAFETY: pointers to variables, or ones that the test is about.
        unsafe { ReadFile(file, byte.cast(), 1, count, ov) }
    };
    let write = |count, ov| {
        // SAFETY: as above.
        unsafe { WriteFile(file, byte.cast(), 1, count, ov) }
    };
    let result = |ov, count| {
        // SAFETY: as above.
        unsafe { GetOverlappedResult(file, ov, count, FALSE) }
    };
    for bad in bad() {
        let bad_count: *mut u32 = bad.cast();
        let results = [
            read(null_mut(), bad.cast()),
            write(null_mut(), bad.cast()),
            read(bad_count, ov),
            write(bad_count, ov),
            result(ov, bad_count),
        ];
        assert_eq!((results, GetLastError()), ([FALSE; 5], ERROR_NOACCESS));
    }
    let [gone, _] = bad();
    assert_eq!((result(gone.cast(), &mut bytes), GetLastError()), (FALSE, ERROR_NOACCESS));
    assert_eq!(path.path().metadata().unwrap().len(), 0, "nothing was written");
    CloseHandle(file);
}

/// A fault that is nobody's is what it was: the process ends by SIGSEGV, and a handler of the program's is asked.
#[test]
fn faults_of_the_program_stay_its_own() {
    use std::os::unix::process::ExitStatusExt;
    if let Ok(kind) = std::env::var("WHARF_FAULT") {
        extern "C" fn handler(_signal: i32) {
            // SAFETY: it ends the process.
            unsafe { libc::_exit(77) };
        }
        if kind == "handled" {
            // SAFETY: a handler that does what handlers may.
            unsafe { libc::signal(libc::SIGSEGV, handler as extern "C" fn(i32) as usize) };
        }
        receives();
        if kind == "sent" {
            // SAFETY: a signal to this thread.
            unsafe { libc::raise(libc::SIGSEGV) };
        }
        let [gone, _] = bad();
        // SAFETY: it ends the process.
        unsafe { gone.write_volatile(1) };
        unreachable!();
    }
    for (kind, signal, code) in [
        ("plain", Some(libc::SIGSEGV), None),
        ("sent", Some(libc::SIGSEGV), None),
        ("handled", None, Some(77)),
    ] {
        let own = std::env::current_exe().unwrap();
        let mut child = std::process::Command::new(own);
        child.args(["--exact", "faults_of_the_program_stay_its_own"]).env("WHARF_FAULT", kind);
        let status = child.output().unwrap().status;
        assert_eq!((status.signal(), status.code()), (signal, code), "{kind}");
    }
}
