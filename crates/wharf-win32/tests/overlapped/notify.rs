//! Events, routines and alertable waits.

use std::cell::RefCell;
use std::io::Write;
use std::ptr::{null, null_mut};

use wharf_win32::Win32::System::Threading::{
    CreateEventW, GetCurrentThread, QueueUserAPC, SleepEx, WaitForSingleObject,
};

use crate::support::*;

fn event() -> HANDLE {
    // SAFETY: no attributes and no name: nothing is read.
    let event = unsafe { CreateEventW(null(), 1, 1, null()) };
    assert!(!event.is_null());
    event
}

/// C6, C7, C8: the event is cleared, then set; with a packet, and without one by the low bit.
#[test]
fn events() {
    let port = make_port(1);
    let (s, mut peer) = associated(port, 5);
    let event = event();
    let (mut buffer, mut ov) = ([0; 1], overlapped());
    for low in [0, 1] {
        ov.hEvent = (event as usize | low) as HANDLE;
        assert_eq!(WaitForSingleObject(event, 0), 0);
        assert_eq!(recv(s, &mut buffer, &mut ov), Err(997));
        assert_eq!(WaitForSingleObject(event, 0), 258);
        peer.write_all(b"x").unwrap();
        // Nobody waits in the port: it is looked after all the same.
        assert_eq!(WaitForSingleObject(event, u32::MAX), 0);
        assert_eq!((ov.Internal, ov.InternalHigh), (0, 1));
        // The event comes before the packet, on another thread.
        let (expected, millis) =
            if low == 0 { (success(1, 5, &ov), u32::MAX) } else { (nothing(258), 0) };
        assert_eq!(get(port, millis), expected);
    }
    ov.hEvent = 0x4444_4444 as HANDLE;
    assert_eq!(recv(s, &mut buffer, &mut ov), Err(6));
    ov.hEvent = port;
    assert_eq!(recv(s, &mut buffer, &mut ov), Err(6));
    closesocket(s);
    for handle in [port, event] {
        assert_eq!(CloseHandle(handle), 1);
    }
}

thread_local! {
    static CALLS: RefCell<Vec<(u32, u32, usize)>> = const { RefCell::new(Vec::new()) };
}

unsafe extern "system" fn routine(error: u32, bytes: u32, ov: *mut OVERLAPPED, _flags: u32) {
    CALLS.with_borrow_mut(|calls| calls.push((error, bytes, ov as usize)));
}

fn calls() -> Vec<(u32, u32, usize)> {
    CALLS.take()
}

fn recv_with_routine(s: SOCKET, buffer: &mut [u8], ov: &mut OVERLAPPED) -> Result<(), u32> {
    let mut one = wsabuf(buffer);
    let mut flags = 0;
    // SAFETY: buffer and operation live until the routine has run, or the call has failed.
    let result = unsafe { WSARecv(s, &mut one, 1, null_mut(), &mut flags, ov, Some(routine)) };
    if result == 0 { Ok(()) } else { Err(GetLastError()) }
}

/// A13, A14, C15: a routine runs in an alertable wait of its thread, with Winsock's codes; none on an associated socket.
#[test]
fn routines_run_in_alertable_waits() {
    let port = make_port(1);
    let (s, mut peer) = connected();
    let (mut buffer, mut ov) = ([0; 4], overlapped());
    ov.hEvent = 77 as HANDLE; // the program's own with a routine
    assert_eq!(recv_with_routine(s, &mut buffer, &mut ov), Err(997));
    assert_eq!(SleepEx(0, 1), 0);
    peer.write_all(b"data").unwrap();
    assert_eq!(SleepEx(u32::MAX, 1), 192);
    assert_eq!(calls(), [(0, 4, address(&ov))]);
    // One that is pending at the association stays with its routine.
    assert_eq!(recv_with_routine(s, &mut buffer, &mut ov), Err(997));
    associate(s, port, 1);
    assert_eq!(recv_with_routine(s, &mut buffer, &mut overlapped()), Err(10022));
    reset(peer);
    assert_eq!(SleepEx(u32::MAX, 1), 192);
    assert_eq!(calls(), [(10054, 0, address(&ov))]);
    assert_eq!(get(port, 0), nothing(258));
    closesocket(s);
    CloseHandle(port);
}

unsafe extern "C" fn note(value: usize) {
    CALLS.with_borrow_mut(|calls| calls.push((0, 0, value)));
}

fn queue_to_self(value: usize) {
    assert_ne!(QueueUserAPC(Some(note), GetCurrentThread(), value), 0);
}

fn get_ex(port: HANDLE, millis: u32, alertable: i32) -> Result<usize, u32> {
    let (mut entries, mut removed) = ([OVERLAPPED_ENTRY::default(); 4], 9);
    let ok = get_many(port, &mut entries, &mut removed, millis, alertable);
    if ok == 0 { Err(GetLastError()) } else { Ok(removed as usize) }
}

/// A39, A40: routines run where there is no packet; a worker takes its packet first, any other thread runs first.
#[test]
fn alertable_waits_for_packets() {
    let port = make_port(1);
    std::thread::spawn({
        let value = port as usize;
        move || {
            let port = value as HANDLE;
            queue_to_self(1);
            assert_eq!(get_ex(port, 0, 0), Err(258));
            assert_eq!(calls(), []);
            assert_eq!(get_ex(port, u32::MAX, 1), Err(192));
            assert_eq!(calls(), [(0, 0, 1)]);
            assert_eq!(get_ex(port, 0, 1), Err(258));
            PostQueuedCompletionStatus(port, 1, 2, null_mut());
            PostQueuedCompletionStatus(port, 1, 2, null_mut());
            queue_to_self(2);
            assert_eq!(get_ex(port, u32::MAX, 1), Ok(2));
            assert_eq!(calls(), []);
            assert_eq!(get_ex(port, u32::MAX, 1), Err(192));
            assert_eq!(calls(), [(0, 0, 2)]);
        }
    })
    .join()
    .unwrap();
    PostQueuedCompletionStatus(port, 1, 2, null_mut());
    queue_to_self(3);
    assert_eq!(get_ex(port, u32::MAX, 1), Err(192));
    assert_eq!(calls(), [(0, 0, 3)]);
    assert_eq!(get_ex(port, u32::MAX, 1), Ok(1));
    // One that comes while the thread sleeps in the port: the routine of a receive.
    let (s, mut peer) = connected();
    let (mut buffer, mut ov) = ([0; 4], overlapped());
    assert_eq!(recv_with_routine(s, &mut buffer, &mut ov), Err(997));
    let writer = std::thread::spawn(move || peer.write_all(b"data").map(|()| peer));
    assert_eq!(get_ex(port, u32::MAX, 1), Err(192));
    assert_eq!(calls(), [(0, 4, address(&ov))]);
    drop(writer.join().unwrap());
    // C13.
    let (other, _peer) = connected();
    assert_eq!(recv(other, &mut buffer, &mut ov), Err(997));
    queue_to_self(4);
    let mut bytes = 0;
    // SAFETY: the operation that was issued, and a variable of this function.
    assert_eq!(unsafe { GetOverlappedResultEx(null_mut(), &*ov, &mut bytes, u32::MAX, 1) }, 0);
    assert_eq!((GetLastError(), calls()), (192, vec![(0, 0, 4)]));
    for s in [s, other] {
        closesocket(s);
    }
    CloseHandle(port);
}
