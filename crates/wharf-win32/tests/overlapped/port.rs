//! The port itself.

use std::ptr::null_mut;
use std::sync::mpsc;

use crate::support::*;

/// A1, A24, A31, A42, A44: posts come back verbatim and in order, the OVERLAPPED unread.
#[test]
fn posts_come_back_verbatim() {
    let port = CreateIoCompletionPort(INVALID, null_mut(), 999, 0);
    let posts = [(0, 0, 0), (u32::MAX, usize::MAX, 1234), (7, 9, usize::MAX), (1, 2, 0)];
    for (bytes, key, ov) in posts {
        assert_eq!(PostQueuedCompletionStatus(port, bytes, key, ov as *mut OVERLAPPED), 1);
    }
    for (bytes, key, ov) in posts {
        assert_eq!(get(port, 0), Got { ok: true, bytes, key, ov, error: 0xdead_beef });
    }
    assert_eq!(get(port, 0), nothing(258));
    assert_eq!(get(port, 20), nothing(258));
    assert_eq!(CloseHandle(port), 1);
}

/// A4, A9, A16, A37, and null pointers.
#[test]
fn wrong_arguments() {
    let port = make_port(1);
    let null = null_mut();
    let refused = |result: HANDLE, error| {
        assert!(result.is_null());
        assert_eq!(GetLastError(), error);
    };
    refused(CreateIoCompletionPort(INVALID, port, 0, 0), 87);
    refused(CreateIoCompletionPort(null, port, 0, 0), 6);
    refused(CreateIoCompletionPort(port, port, 0, 0), 6);
    refused(CreateIoCompletionPort(0x1234_5678 as HANDLE, null, 0, 0), 6);
    let s = stream_socket();
    refused(CreateIoCompletionPort(s as HANDLE, s as HANDLE, 0, 0), 6);
    let (mut bytes, mut key, mut ov) = (0, 0, null_mut());
    for at in 0..3 {
        let bytes = if at == 0 { null_mut() } else { &raw mut bytes };
        let key = if at == 1 { null_mut() } else { &raw mut key };
        let ov = if at == 2 { null_mut() } else { &raw mut ov };
        // SAFETY: variables of this function, but for the null, which is refused.
        let result = unsafe { GetQueuedCompletionStatus(port, bytes, key, ov, 0) };
        assert_eq!((result, GetLastError()), (0, 87));
    }
    let mut removed = 77;
    // SAFETY: null is refused.
    let result = unsafe { GetQueuedCompletionStatusEx(port, null_mut(), 1, &mut removed, 0, 0) };
    assert_eq!((result, GetLastError(), removed), (0, 87, 77));
    let result = get_many(port, &mut [], &mut removed, 0, 0);
    assert_eq!((result, GetLastError(), removed), (0, 87, 77));
    assert_eq!(CloseHandle(port), 1);
    assert_eq!(get(port, 0), nothing(6));
    assert_eq!(PostQueuedCompletionStatus(port, 0, 0, null_mut()), 0);
    assert_eq!(GetLastError(), 6);
    assert_eq!((CloseHandle(port), GetLastError()), (0, 6));
    assert_eq!(closesocket(s), 0);
}

/// A5, A6: not overlapped, and twice.
#[test]
fn an_association_is_for_good() {
    let (port, other) = (make_port(1), make_port(1));
    let plain = make_socket(1, 0);
    assert!(CreateIoCompletionPort(plain as HANDLE, port, 0, 0).is_null());
    assert_eq!(GetLastError(), 87);
    assert!(CreateIoCompletionPort(plain as HANDLE, null_mut(), 0, 0).is_null());
    let s = stream_socket();
    associate(s, port, 5);
    for again in [port, other] {
        assert!(CreateIoCompletionPort(s as HANDLE, again, 6, 0).is_null());
        assert_eq!(GetLastError(), 87);
    }
    for handle in [port, other] {
        assert_eq!(CloseHandle(handle), 1);
    }
    // A8: the association outlives the port.
    let third = make_port(1);
    assert!(CreateIoCompletionPort(s as HANDLE, third, 6, 0).is_null());
    assert_eq!((GetLastError(), CloseHandle(third)), (87, 1));
    for socket in [plain, s] {
        assert_eq!(closesocket(socket), 0);
    }
}

/// A15: every waiter returns. A socket's own handle to the port does not keep it open (A17).
#[test]
fn the_close_of_a_port_abandons_its_waiters() {
    let port = make_port(4);
    let s = stream_socket();
    associate(s, port, 1);
    let (tell, told) = mpsc::channel();
    let value = port as usize;
    let waiters: Vec<_> = (0..4)
        .map(|_| {
            let tell = tell.clone();
            std::thread::spawn(move || {
                assert_eq!(get(value as HANDLE, 0), nothing(258));
                tell.send(()).unwrap();
                get(value as HANDLE, u32::MAX)
            })
        })
        .collect();
    for _ in 0..4 {
        told.recv().unwrap();
    }
    assert_eq!(CloseHandle(port), 1);
    for waiter in waiters {
        // One that had not come back to its wait by then finds the handle closed.
        let got = waiter.join().unwrap();
        assert!(got == nothing(735) || got == nothing(6), "{got:?}");
    }
    closesocket(s);
}

/// A33, A34, A36: a batch in order, no more than asked for.
#[test]
fn a_batch_takes_what_is_there() {
    let port = make_port(1);
    for key in 1..=3 {
        PostQueuedCompletionStatus(port, 10, key, null_mut());
    }
    let mut entries = [OVERLAPPED_ENTRY::default(); 2];
    let mut removed = 9;
    for expected in [&[1, 2][..], &[3]] {
        let result = get_many(port, &mut entries, &mut removed, u32::MAX, 0);
        assert_eq!((result, removed as usize), (1, expected.len()));
        let keys: Vec<_> =
            entries[..expected.len()].iter().map(|entry| entry.lpCompletionKey).collect();
        assert_eq!(keys, expected);
        assert_eq!((entries[0].Internal, entries[0].dwNumberOfBytesTransferred), (0, 10));
    }
    let result = get_many(port, &mut entries, &mut removed, 0, 0);
    assert_eq!((result, GetLastError(), removed), (0, 258, 0));
    CloseHandle(port);
}
