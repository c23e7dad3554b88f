//! How operations are cancelled and how their results are asked for.

use std::io::Write;
use std::ptr::null_mut;

use wharf_win32::Win32::Storage::FileSystem::SetFileCompletionNotificationModes;

use crate::support::*;

fn result(ov: &OVERLAPPED, wait: i32) -> (i32, u32, u32) {
    let mut bytes = 0xdead_beef;
    SetLastError(0xdead_beef);
    // SAFETY: an operation that the caller lends, and a variable of this function.
    let ok = unsafe { GetOverlappedResult(null_mut(), ov, &mut bytes, wait) };
    (ok, bytes, GetLastError())
}

fn winsock_result(s: SOCKET, ov: &OVERLAPPED) -> (i32, u32) {
    let (mut bytes, mut flags) = (0, 0);
    SetLastError(0);
    // SAFETY: an operation that the caller lends, and variables of this function.
    let ok = unsafe { WSAGetOverlappedResult(s, ov, &mut bytes, 0, &mut flags) };
    (ok, GetLastError())
}

/// C33, C34, C35: one by its name, all, and what is not there.
#[test]
fn cancelled_operations_end_once() {
    let port = make_port(1);
    let (s, _peer) = associated(port, 4);
    let handle = s as HANDLE;
    assert_eq!((CancelIoEx(handle, null_mut()), GetLastError()), (0, 1168));
    let mut buffers = [[0; 4]; 3];
    let mut ovs: Vec<_> = (0..3).map(|_| overlapped()).collect();
    for (buffer, ov) in buffers.iter_mut().zip(&mut ovs) {
        assert_eq!(recv(s, buffer, ov), Err(997));
    }
    assert_eq!(CancelIoEx(handle, &mut *ovs[1]), 1);
    assert_eq!(get(port, u32::MAX), failure(995, 0, 4, &ovs[1]));
    assert_eq!((CancelIoEx(handle, &mut *ovs[1]), GetLastError()), (0, 1168));
    assert_eq!(CancelIoEx(handle, null_mut()), 1);
    assert_eq!(get(port, u32::MAX), failure(995, 0, 4, &ovs[0]));
    assert_eq!(get(port, u32::MAX), failure(995, 0, 4, &ovs[2]));
    assert_eq!((CancelIo(0x7777_7777 as HANDLE), GetLastError()), (0, 6));
    // C36: another thread has nothing to cancel, and says so with TRUE.
    assert_eq!(recv(s, &mut buffers[0], &mut ovs[0]), Err(997));
    assert_eq!(std::thread::spawn(move || CancelIo(s as HANDLE)).join().unwrap(), 1);
    assert_eq!(get(port, 0), nothing(258));
    assert_eq!(CancelIo(handle), 1);
    assert_eq!(get(port, u32::MAX), failure(995, 0, 4, &ovs[0]));
    assert_eq!(CancelIo(handle), 1);
    assert_eq!(get(port, 0), nothing(258));
    closesocket(s);
    CloseHandle(port);
}

/// C10, C11, C12, C14, C15: from the OVERLAPPED alone, pending, waited for, failed, in both vocabularies.
#[test]
fn results() {
    let mut made = overlapped();
    (made.Internal, made.InternalHigh) = (0, 77);
    assert_eq!(result(&made, 0), (1, 77, 0xdead_beef));
    made.Internal = 0xC000_0120;
    assert_eq!(result(&made, 1), (0, 77, 995));
    made.Internal = PENDING;
    assert_eq!(result(&made, 0), (0, 0xdead_beef, 996));
    for (millis, code) in [(0, 996), (10, 258)] {
        let mut bytes = 5;
        // SAFETY: an operation of this test's, which is nobody's, and a variable.
        let ok = unsafe { GetOverlappedResultEx(null_mut(), &*made, &mut bytes, millis, 0) };
        assert_eq!((ok, GetLastError(), bytes), (0, code, 5));
    }
    // No port at all: served by a thread of the library's.
    let (s, mut peer) = connected();
    let (mut buffer, mut ov) = ([0; 8], overlapped());
    assert_eq!(recv(s, &mut buffer, &mut ov), Err(997));
    assert_eq!(winsock_result(s, &ov), (0, 996));
    assert_eq!(winsock_result(INVALID_SOCKET, &ov), (0, 10038));
    let writer = std::thread::spawn(move || {
        peer.write_all(b"late").unwrap();
        peer
    });
    assert_eq!(result(&ov, 1), (1, 4, 0xdead_beef));
    let peer = writer.join().unwrap();
    assert_eq!(recv(s, &mut buffer, &mut ov), Err(997));
    reset(peer);
    assert_eq!(result(&ov, 1), (0, 0, 64));
    assert_eq!(winsock_result(s, &ov), (0, 10054));
    closesocket(s);
}

/// C20, C22, C23: no packet for what succeeds at once; one for what was pending.
#[test]
fn modes() {
    let port = make_port(1);
    let (s, mut peer) = associated(port, 0);
    let handle = s as HANDLE;
    assert_eq!((SetFileCompletionNotificationModes(handle, 4), GetLastError()), (0, 87));
    let plain = make_socket(1, 0);
    let refused = SetFileCompletionNotificationModes(plain as HANDLE, 1);
    assert_eq!((refused, GetLastError()), (0, 87));
    assert_eq!(SetFileCompletionNotificationModes(handle, 1), 1);
    assert_eq!(SetFileCompletionNotificationModes(handle, 0), 1);
    let (mut buffer, mut ov) = ([0; 4], overlapped());
    assert_eq!(send(s, b"x", &mut ov), Ok(1));
    assert_eq!((ov.Internal, ov.InternalHigh), (0, 1));
    assert_eq!(get(port, 0), nothing(258));
    assert_eq!(recv(s, &mut buffer, &mut ov), Err(997));
    peer.write_all(b"y").unwrap();
    assert_eq!(get(port, u32::MAX), success(1, 0, &ov));
    assert_eq!(recv(s, &mut buffer, &mut ov), Err(997));
    reset(peer);
    assert_eq!(get(port, u32::MAX), failure(64, 0, 0, &ov));
    for s in [s, plain] {
        closesocket(s);
    }
    CloseHandle(port);
}

/// A47: receives that race with cancels and closes end once each, and no byte is lost to a success that was not told.
#[test]
fn every_operation_ends_once() {
    const ROUNDS: usize = 300;
    let port = make_port(2);
    let mut issued = 0;
    for round in 0..ROUNDS {
        let (s, mut peer) = connected();
        associate(s, port, round);
        let mut buffers = [[0; 4]; 4];
        let mut ovs: Vec<_> = (0..4).map(|_| overlapped()).collect();
        let mut pending = 0;
        for (buffer, ov) in buffers.iter_mut().zip(&mut ovs) {
            pending += usize::from(recv(s, buffer, ov) == Err(997));
        }
        issued += pending;
        let writer = std::thread::spawn(move || {
            let _ = peer.write_all(b"12345678");
            peer
        });
        match round % 3 {
            0 => drop(CancelIoEx(s as HANDLE, null_mut())),
            1 => drop(CancelIoEx(s as HANDLE, &mut *ovs[2])),
            _ => {}
        }
        assert_eq!(closesocket(s), 0);
        for _ in 0..pending {
            let got = get(port, u32::MAX);
            assert!(got.key == round && ovs.iter().any(|ov| address(ov) == got.ov), "{got:?}");
            issued -= 1;
        }
        drop(writer.join().unwrap());
    }
    assert_eq!((issued, get(port, 0)), (0, nothing(258)));
    CloseHandle(port);
}

/// C43: what a thread has issued ends with it, but for what only a packet tells of.
#[test]
fn the_end_of_a_thread() {
    let port = make_port(1);
    let (bound, mut peer) = connected();
    let (free, _other) = connected();
    associate(bound, port, 1);
    let issue = |s: SOCKET| {
        std::thread::spawn(move || {
            let (buffer, ov) = (Box::leak(Box::new([0; 4])), Box::leak(overlapped()));
            assert_eq!(recv(s, buffer, ov), Err(997));
            address(ov)
        })
    };
    let kept = issue(bound).join().unwrap();
    assert_eq!(get(port, 0), nothing(258));
    peer.write_all(b"data").unwrap();
    let got = get(port, u32::MAX);
    assert_eq!(got, Got { ok: true, bytes: 4, key: 1, ov: kept, error: 0xdead_beef });
    let ended = issue(free).join().unwrap() as *const OVERLAPPED;
    // SAFETY: leaked by `issue`, and written no more: the end of its thread has ended it.
    assert_eq!(result(unsafe { &*ended }, 0), (0, 0, 995));
    for s in [bound, free] {
        closesocket(s);
    }
    CloseHandle(port);
}
