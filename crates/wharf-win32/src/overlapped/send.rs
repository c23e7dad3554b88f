//! WSASend and WSASendTo (C26, C46, C47, D49, D50, D64, D65).
#![allow(unsafe_code)] // exported under C names

use wharf_core::status::{Status, code};

use super::buffers::Buffers;
use super::engine::issue;
use super::operation::{Operation, Send, Work};
use super::request::{Ended, Request, Routine};
use super::synchronous::{succeed, transfer};
use super::thread;
use super::types::{LPWSAOVERLAPPED_COMPLETION_ROUTINE, OVERLAPPED};
use crate::guard;
use crate::socket::Record;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::{SOCKET, SOCKET_ERROR, WSABUF};
use crate::winsock::memory;
use crate::winsock::sockaddr::{Address, SOCKADDR};

/// Flags of a send, Windows' numbers. The first two are the kernel's too.
const MSG_OOB: u32 = 0x1;
const MSG_DONTROUTE: u32 = 0x4;
const MSG_INTERRUPT: u32 = 0x10;
const MSG_PARTIAL: u32 = 0x8000;
const KNOWN: u32 = MSG_OOB | MSG_DONTROUTE | MSG_INTERRUPT | MSG_PARTIAL;

/// What is refused before it is tried.
pub(crate) fn admit(record: &Record, flags: u32, addressed: bool) -> Result<(), u32> {
    if flags & !KNOWN != 0 || (flags & MSG_OOB != 0 && !record.is_stream()) {
        return Err(code::WSAEOPNOTSUPP);
    }
    if record.shut_out {
        return Err(code::WSAESHUTDOWN);
    }
    if let Some(fault) = record.io.broken(false) {
        return Err(fault.winsock());
    }
    // D65: the kernel says so too, but not of an address without a family.
    let _ = addressed;
    Ok(())
}

/// One send as the program passes it.
struct Call {
    buffers: *const WSABUF,
    count: u32,
    bytes: *mut u32,
    flags: u32,
    to: Option<(*const SOCKADDR, i32)>,
    overlapped: *mut OVERLAPPED,
    routine: Option<Routine>,
}

/// # Safety
/// The pointers are as the call's documentation has them.
unsafe fn send(s: SOCKET, call: Call) -> Result<i32, u32> {
    started()?;
    // SAFETY: the caller's promise.
    let buffers = unsafe { Buffers::capture(call.buffers, call.count) };
    let mut found = find(s)?;
    let buffers = buffers?;
    memory::room_or_null(call.bytes)?;
    let to = match call.to {
        // A stream has its peer, whatever address comes with the data.
        Some((name, length)) if !name.is_null() && !found.is_stream() => {
            // SAFETY: the caller's promise.
            Some(Box::new(unsafe { Address::read(name, length) }?))
        }
        _ => None,
    };
    admit(&found, call.flags, to.is_some())?;
    let flags = (call.flags & (MSG_OOB | MSG_DONTROUTE)).cast_signed();
    let work = Work::Send(Send { buffers, flags, to });
    if call.overlapped.is_null() || !found.overlapped {
        drop(found);
        let flags = call.flags;
        let check = move |record: &mut Record| admit(record, flags, true);
        // SAFETY: the caller's promise.
        let bytes = unsafe { complete_in_call(s, work, check, call.overlapped, call.routine) }?;
        if call.bytes.is_null() && call.overlapped.is_null() {
            // C26: the fault is met when the count is stored. The data is on its way, and programs rely on that.
            return Err(code::WSAEFAULT);
        }
        if !call.bytes.is_null() {
            // SAFETY: the caller's promise.
            unsafe { call.bytes.write(u32::try_from(bytes).unwrap_or(u32::MAX)) };
        }
        return Ok(0);
    }
    if call.routine.is_some() && found.io.binding.is_some() {
        return Err(code::WSAEINVAL); // A14
    }
    // SAFETY: valid until the operation's end (C31).
    let request = unsafe { Request::begin_winsock(call.overlapped, call.routine) }?;
    let issued = issue(&mut found, Operation { request, work, transferred: 0, via: None })?;
    drop(found);
    // SAFETY: the caller's promise.
    unsafe { issued.answer(call.bytes) }
}

/// WriteFileEx on a SOCKET: what its routine is told is the file system's.
///
/// # Safety
/// As [`WSASend`].
pub(crate) unsafe fn send_for_file(
    s: SOCKET,
    buffer: *const WSABUF,
    overlapped: *mut OVERLAPPED,
    routine: Routine,
) -> Result<i32, u32> {
    let (bytes, to, routine) = (std::ptr::null_mut(), None, Some(routine));
    let call = Call { buffers: buffer, count: 1, bytes, flags: 0, to, overlapped, routine };
    // SAFETY: the caller's promise.
    unsafe { send(s, call) }
}

/// A call without an OVERLAPPED, or on a socket that is not overlapped, which waits for its end whatever its mode and
/// fills the OVERLAPPED (C30); its routine is queued like any other.
///
/// # Safety
/// `overlapped` is null or valid.
pub(super) unsafe fn complete_in_call(
    s: SOCKET,
    work: Work,
    check: impl Fn(&mut Record) -> Result<(), u32>,
    overlapped: *mut OVERLAPPED,
    routine: Option<Routine>,
) -> Result<usize, u32> {
    if overlapped.is_null() {
        return transfer(s, work, false, check);
    }
    // SAFETY: valid.
    let request = unsafe { Request::begin_winsock(overlapped, routine) }?;
    let bytes = transfer(s, work, true, check)?;
    request.finish(None, 0, Status::SUCCESS, bytes, Ended::AtOnce);
    Ok(bytes)
}

/// Sends several buffers. A stream takes all of it (C47).
///
/// 0 if it is done, and then its packet is queued; else SOCKET_ERROR, with WSA_IO_PENDING if the packet comes later,
/// and no packet comes for any other error.
///
/// # Safety
/// The pointers are null or valid; buffers and OVERLAPPED until the operation's end.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSASend(
    s: SOCKET,
    lpBuffers: *const WSABUF,
    dwBufferCount: u32,
    lpNumberOfBytesSent: *mut u32,
    dwFlags: u32,
    lpOverlapped: *mut OVERLAPPED,
    lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) -> i32 {
    let call = Call {
        buffers: lpBuffers,
        count: dwBufferCount,
        bytes: lpNumberOfBytesSent,
        flags: dwFlags,
        to: None,
        overlapped: lpOverlapped,
        routine: thread::routine(lpCompletionRoutine, lpOverlapped),
    };
    // SAFETY: the caller's promise.
    guard::call(SOCKET_ERROR, || succeed(unsafe { send(s, call) }))
}

/// Sends a datagram to an address.
///
/// # Safety
/// The pointers are null or valid; buffers and OVERLAPPED until the operation's end.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSASendTo(
    s: SOCKET,
    lpBuffers: *const WSABUF,
    dwBufferCount: u32,
    lpNumberOfBytesSent: *mut u32,
    dwFlags: u32,
    lpTo: *const SOCKADDR,
    iTolen: i32,
    lpOverlapped: *mut OVERLAPPED,
    lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) -> i32 {
    let call = Call {
        buffers: lpBuffers,
        count: dwBufferCount,
        bytes: lpNumberOfBytesSent,
        flags: dwFlags,
        to: Some((lpTo, iTolen)),
        overlapped: lpOverlapped,
        routine: thread::routine(lpCompletionRoutine, lpOverlapped),
    };
    // SAFETY: the caller's promise.
    guard::call(SOCKET_ERROR, || succeed(unsafe { send(s, call) }))
}
