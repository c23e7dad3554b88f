//! WSARecv and WSARecvFrom (C26, C28-C31, D42-D51, D58-D66).
#![allow(unsafe_code)] // exported under C names

use wharf_core::status::code;

use super::buffers::Buffers;
use super::engine::issue;
use super::operation::{From, Operation, Receive, Work};
use super::request::{Request, Routine};
use super::synchronous::succeed;
use super::thread;
use super::types::{LPWSAOVERLAPPED_COMPLETION_ROUTINE, OVERLAPPED};
use crate::guard;
use crate::socket::Record;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::{SOCKET, SOCKET_ERROR, WSABUF};
use crate::winsock::memory;
use crate::winsock::sockaddr::{SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6};

/// Flags of a receive, Windows' numbers. The first three are the kernel's too.
const MSG_OOB: u32 = 0x1;
const MSG_PEEK: u32 = 0x2;
const MSG_DONTROUTE: u32 = 0x4;
const MSG_WAITALL: u32 = 0x8;
const MSG_INTERRUPT: u32 = 0x10;
const MSG_PUSH_IMMEDIATE: u32 = 0x20;
const MSG_PARTIAL: u32 = 0x8000;
const KNOWN: u32 = MSG_OOB
    | MSG_PEEK
    | MSG_DONTROUTE
    | MSG_WAITALL
    | MSG_INTERRUPT
    | MSG_PUSH_IMMEDIATE
    | MSG_PARTIAL;

/// What is refused before it is tried, in Windows' order.
pub(crate) fn admit(record: &mut Record, flags: u32, overlapped: bool) -> Result<(), u32> {
    if flags & !KNOWN != 0 {
        return Err(code::WSAEOPNOTSUPP);
    }
    let waits = flags & MSG_WAITALL != 0;
    let oob = flags & MSG_OOB != 0;
    if record.is_stream() {
        // D46
        let alone = flags & (MSG_OOB | MSG_PEEK | MSG_PARTIAL) == 0;
        if waits && (!alone || (!record.blocking && !overlapped)) {
            return Err(code::WSAEOPNOTSUPP);
        }
    } else if waits || oob {
        return Err(code::WSAEOPNOTSUPP);
    }
    if record.shut_in {
        return Err(code::WSAESHUTDOWN);
    }
    if !record.is_stream() && !record.is_bound() {
        return Err(code::WSAEINVAL); // D65
    }
    Ok(())
}

fn kernel_flags(flags: u32) -> i32 {
    (flags & (MSG_OOB | MSG_PEEK)).cast_signed()
}

/// One receive as the program passes it.
struct Call {
    buffers: *mut WSABUF,
    count: u32,
    bytes: *mut u32,
    flags: *mut u32,
    from: Option<(*mut SOCKADDR, *mut i32)>,
    overlapped: *mut OVERLAPPED,
    routine: Option<Routine>,
}

/// # Safety
/// The pointers are as the call's documentation has them.
unsafe fn receive(s: SOCKET, call: Call) -> Result<i32, u32> {
    started()?;
    if call.flags.is_null() || (call.bytes.is_null() && call.overlapped.is_null()) {
        find(s)?; // a SOCKET that is none is the first that is found
        return Err(code::WSAEFAULT);
    }
    let room = memory::room(call.flags).and_then(|()| memory::room_or_null(call.bytes));
    // SAFETY: what can be written can be read, on every processor that we know.
    let flags = room.map(|()| unsafe { call.flags.read_unaligned() });
    // SAFETY: the caller's promise.
    let buffers = unsafe { Buffers::capture(call.buffers, call.count) };
    let from = match call.from {
        Some((name, length)) if !name.is_null() => Some(Box::new(From { name, length })),
        _ => None,
    };
    let mut found = find(s)?;
    let (flags, buffers) = (flags?, buffers?);
    if let Some(from) = &from {
        // SAFETY: the caller's promise.
        unsafe { check_room(&found, from) }?;
    }
    admit(&mut found, flags, !call.overlapped.is_null())?;
    let whole = flags & MSG_WAITALL != 0;
    let work = Work::Receive(Receive { buffers, flags: kernel_flags(flags), whole, from });
    if call.overlapped.is_null() || !found.overlapped {
        drop(found);
        let check = move |record: &mut Record| admit(record, flags, false);
        // SAFETY: the caller's promise.
        let bytes = unsafe {
            super::send::complete_in_call(s, work, check, call.overlapped, call.routine)
        }?;
        if !call.bytes.is_null() {
            // SAFETY: the caller's promise.
            unsafe { call.bytes.write(u32::try_from(bytes).unwrap_or(u32::MAX)) };
        }
        // SAFETY: not null.
        unsafe { call.flags.write(0) };
        return Ok(0);
    }
    if call.routine.is_some() && found.io.binding.is_some() {
        return Err(code::WSAEINVAL); // A14
    }
    // SAFETY: valid until the operation's end (C31).
    let request = unsafe { Request::begin_winsock(call.overlapped, call.routine) }?;
    let issued = issue(&mut found, Operation { request, work, transferred: 0, via: None })?;
    if let super::operation::Issued::Done(_) = issued {
        // SAFETY: not null.
        unsafe { call.flags.write(0) };
    }
    drop(found);
    // SAFETY: the caller's promise.
    unsafe { issued.answer(call.bytes) }
}

/// ReadFileEx on a SOCKET: what its routine is told is the file system's.
///
/// # Safety
/// As [`WSARecv`].
pub(crate) unsafe fn receive_for_file(
    s: SOCKET,
    buffer: *mut WSABUF,
    overlapped: *mut OVERLAPPED,
    routine: Routine,
) -> Result<i32, u32> {
    let (bytes, mut flags) = (std::ptr::null_mut(), 0);
    let flags = &raw mut flags;
    let routine = Some(routine);
    let call = Call { buffers: buffer, count: 1, bytes, flags, from: None, overlapped, routine };
    // SAFETY: the caller's promise; the flags are written before the return only.
    unsafe { receive(s, call) }
}

/// D61: an address that would not fit fails the call, and the datagram stays.
///
/// # Safety
/// A plausible length is one to a number.
unsafe fn check_room(record: &Record, from: &From) -> Result<(), u32> {
    memory::room(from.length)?;
    // SAFETY: there is something.
    let room =
        usize::try_from(unsafe { memory::read(from.length) }?).map_err(|_| code::WSAEFAULT)?;
    let needed = match record.family {
        libc::AF_INET => size_of::<SOCKADDR_IN>(),
        libc::AF_INET6 => size_of::<SOCKADDR_IN6>(),
        _ => 2,
    };
    if room < needed { Err(code::WSAEFAULT) } else { memory::writable(from.name, needed) }
}

/// Receives into several buffers.
///
/// 0 if it is done, and then its packet is queued; else SOCKET_ERROR, with WSA_IO_PENDING if the packet comes later,
/// and no packet comes for any other error.
///
/// # Safety
/// The pointers are null or valid; buffers and OVERLAPPED until the operation's end.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSARecv(
    s: SOCKET,
    lpBuffers: *mut WSABUF,
    dwBufferCount: u32,
    lpNumberOfBytesRecvd: *mut u32,
    lpFlags: *mut u32,
    lpOverlapped: *mut OVERLAPPED,
    lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) -> i32 {
    let call = Call {
        buffers: lpBuffers,
        count: dwBufferCount,
        bytes: lpNumberOfBytesRecvd,
        flags: lpFlags,
        from: None,
        overlapped: lpOverlapped,
        routine: thread::routine(lpCompletionRoutine, lpOverlapped),
    };
    // SAFETY: the caller's promise.
    guard::call(SOCKET_ERROR, || succeed(unsafe { receive(s, call) }))
}

/// Receives a datagram and its sender.
///
/// # Safety
/// The pointers are null or valid; buffers, address and OVERLAPPED until the operation's end.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSARecvFrom(
    s: SOCKET,
    lpBuffers: *mut WSABUF,
    dwBufferCount: u32,
    lpNumberOfBytesRecvd: *mut u32,
    lpFlags: *mut u32,
    lpFrom: *mut SOCKADDR,
    lpFromlen: *mut i32,
    lpOverlapped: *mut OVERLAPPED,
    lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) -> i32 {
    let call = Call {
        buffers: lpBuffers,
        count: dwBufferCount,
        bytes: lpNumberOfBytesRecvd,
        flags: lpFlags,
        from: Some((lpFrom, lpFromlen)),
        overlapped: lpOverlapped,
        routine: thread::routine(lpCompletionRoutine, lpOverlapped),
    };
    // SAFETY: the caller's promise.
    guard::call(SOCKET_ERROR, || succeed(unsafe { receive(s, call) }))
}
