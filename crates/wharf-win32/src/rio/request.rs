//! Requests: one call of a program's as work for a queue, and the functions of the table that take requests (E23).
#![allow(unsafe_code)] // the program's memory

use std::ffi::c_void;
use std::ptr::null;

use super::buffer::memory;
use super::queue::{RECEIVE, SEND, Tag, find_queue};
use super::types::*;
use crate::overlapped::buffers::Buffers;
use crate::overlapped::operation::{From, Receive, Send, Work};
use crate::socket::started;
use crate::types::{BOOL, FALSE, TRUE};
use crate::winsock::sockaddr::Address;
use crate::{arg, code, guard};

const KNOWN: u32 = RIO_MSG_DONT_NOTIFY | RIO_MSG_DEFER | RIO_MSG_WAITALL | RIO_MSG_COMMIT_ONLY;
/// sizeof(SOCKADDR_INET).
const ADDRESS_ROOM: usize = 28;

/// One call, as the program passes it.
struct Call {
    queue: RIO_RQ,
    data: *const RIO_BUF,
    count: u32,
    local: *const RIO_BUF,
    remote: *const RIO_BUF,
    control: *const RIO_BUF,
    flags_out: *const RIO_BUF,
    flags: u32,
    context: *const c_void,
}

/// A part of a registered buffer that may be left out.
///
/// # Safety
/// Null, or readable.
unsafe fn part(from: *const RIO_BUF) -> Result<Option<(*mut u8, usize)>, u32> {
    if from.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's.
    let part = unsafe { arg::load(from) }.map_err(|_| code::WSAEFAULT)?;
    memory(&part).map(Some)
}

/// # Safety
/// The pointers are null or readable, and what they name is memory until the request's end.
unsafe fn transfer(side: usize, call: &Call) -> Result<(), u32> {
    started()?;
    let queue = find_queue(call.queue)?;
    let commits = call.flags & RIO_MSG_COMMIT_ONLY != 0;
    let wrong = if side == SEND { RIO_MSG_WAITALL } else { 0 };
    if call.flags & (!KNOWN | wrong) != 0 || call.count > 1 {
        return Err(code::WSAEINVAL);
    }
    if commits {
        // Nothing of its own.
        if call.flags != RIO_MSG_COMMIT_ONLY || !call.data.is_null() || call.count != 0 {
            return Err(code::WSAEINVAL);
        }
        queue.commit(side);
        return Ok(());
    }
    if !call.local.is_null() || !call.control.is_null() || !call.flags_out.is_null() {
        return Err(code::WSAEOPNOTSUPP);
    }
    let data = if call.count == 0 { null() } else { call.data };
    if call.count == 1 && data.is_null() {
        return Err(code::WSAEFAULT);
    }
    // SAFETY: the caller's.
    let (base, length) = unsafe { part(data) }?.unwrap_or((std::ptr::dangling_mut(), 0));
    // SAFETY: the caller's.
    let remote = unsafe { part(call.remote) }?;
    let buffers = Buffers::one(base, length);
    let told = call.flags & RIO_MSG_DONT_NOTIFY == 0;
    let mut tag = Tag { context: call.context as u64, told, _length: None };
    let work = if side == SEND {
        let to = match remote {
            None => None,
            Some((name, length)) => {
                let length = i32::try_from(length).map_err(|_| code::WSAEINVAL)?;
                // SAFETY: registered memory of that length.
                Some(Box::new(unsafe { Address::read(name.cast(), length) }?))
            }
        };
        Work::Send(Send { buffers, flags: 0, to })
    } else {
        let from = match remote {
            None => None,
            Some((_, length)) if length < ADDRESS_ROOM => return Err(code::WSAEINVAL),
            Some((name, length)) => {
                let mut room = Box::new(i32::try_from(length).unwrap_or(i32::MAX));
                let length: *mut i32 = &raw mut *room;
                tag._length = Some(room);
                Some(Box::new(From { name: name.cast(), length }))
            }
        };
        let whole = call.flags & RIO_MSG_WAITALL != 0;
        Work::Receive(Receive { buffers, flags: 0, whole, from })
    };
    queue.request(side, work, tag, call.flags)
}

/// Receives into a registered buffer: a result comes, unless this is FALSE. WSAEINVAL for what is no queue or buffer,
/// WSAENOBUFS if too many are outstanding.
pub(super) unsafe extern "C" fn receive(
    queue: RIO_RQ,
    data: *const RIO_BUF,
    count: u32,
    flags: u32,
    context: *const c_void,
) -> BOOL {
    // SAFETY: the caller's; null is none.
    unsafe { receive_ex(queue, data, count, null(), null(), null(), null(), flags, context) }
}

/// Sends a registered buffer, as [`receive()`].
pub(super) unsafe extern "C" fn send(
    queue: RIO_RQ,
    data: *const RIO_BUF,
    count: u32,
    flags: u32,
    context: *const c_void,
) -> BOOL {
    // SAFETY: the caller's; null is none.
    unsafe { send_ex(queue, data, count, null(), null(), null(), null(), flags, context) }
}

/// [`receive()`] with the sender's address, a SOCKADDR_INET in a registered buffer. WSAEOPNOTSUPP for the local address,
/// control data and flags, which cannot be had here.
pub(super) unsafe extern "C" fn receive_ex(
    queue: RIO_RQ,
    data: *const RIO_BUF,
    count: u32,
    local: *const RIO_BUF,
    remote: *const RIO_BUF,
    control: *const RIO_BUF,
    flags_out: *const RIO_BUF,
    flags: u32,
    context: *const c_void,
) -> i32 {
    let call = Call { queue, data, count, local, remote, control, flags_out, flags, context };
    // SAFETY: the caller's.
    guard::call(FALSE, || unsafe { transfer(RECEIVE, &call) }.map(|()| TRUE))
}

/// [`send()`] to an address in a registered buffer; else as [`receive_ex`].
pub(super) unsafe extern "C" fn send_ex(
    queue: RIO_RQ,
    data: *const RIO_BUF,
    count: u32,
    local: *const RIO_BUF,
    remote: *const RIO_BUF,
    control: *const RIO_BUF,
    flags_out: *const RIO_BUF,
    flags: u32,
    context: *const c_void,
) -> BOOL {
    let call = Call { queue, data, count, local, remote, control, flags_out, flags, context };
    // SAFETY: the caller's.
    guard::call(FALSE, || unsafe { transfer(SEND, &call) }.map(|()| TRUE))
}
