//! Request queues: sends and receives of one socket, whose ends go to completion queues (E23).
//!
//! Requests are operations of the socket like any other (`overlapped`), with a sink in the place of an OVERLAPPED.
//!
//! # Invariants
//! 1. A request is outstanding from its call until its result has been taken; at most as many as were agreed on.
//! 2. A request that was deferred is issued before the next one of its direction that is not, and its failures are results.
#![allow(unsafe_code)] // the program's memory

use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use wharf::Watched;
use wharf_core::status::Status;

use super::buffer::memory;
use super::completion::{self, Completions};
use super::types::*;
use crate::object::{self, Object};
use crate::overlapped::buffers::Buffers;
use crate::overlapped::engine::issue;
use crate::overlapped::operation::{From, Operation, Receive, Send, Work};
use crate::overlapped::request::Request;
use crate::overlapped::{receive, send};
use crate::socket::table::{find, find_generation};
use crate::socket::{Record, started};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::winsock::sockaddr::Address;
use crate::{arg, code, guard};

const KNOWN: u32 = RIO_MSG_DONT_NOTIFY | RIO_MSG_DEFER | RIO_MSG_WAITALL | RIO_MSG_COMMIT_ONLY;
/// sizeof(SOCKADDR_INET).
const ADDRESS_ROOM: usize = 28;

#[derive(Default)]
struct Side {
    limit: u32,
    outstanding: u32,
    deferred: Vec<Deferred>,
}

struct Deferred {
    work: Work,
    tag: Tag,
}

/// What of a request comes back with its result.
struct Tag {
    context: u64,
    told: bool,
    /// Where the length of a sender's address goes, which nobody asks for.
    _length: Option<Box<i32>>,
}

pub(super) struct Requests {
    socket: Watched,
    context: u64,
    /// Receives, sends.
    completions: [Arc<Completions>; 2],
    sides: [Mutex<Side>; 2],
}

impl Object for Requests {
    fn is_private(&self) -> bool {
        true
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        for (side, completions) in self.sides.iter().zip(&self.completions) {
            let limit = side.lock().unwrap_or_else(PoisonError::into_inner).limit;
            let _ = completions.allot(limit, 0); // less than before
        }
    }
}

/// A request's place among those that its queue may have outstanding.
pub(super) struct Slot {
    queue: Weak<Requests>,
    side: usize,
}

impl Slot {
    /// Its result has been taken.
    pub(super) fn give_back(&self) {
        if let Some(queue) = self.queue.upgrade() {
            queue.side(self.side).outstanding -= 1;
        }
    }
}

fn find_queue(queue: RIO_RQ) -> Result<Arc<Requests>, u32> {
    object::get(queue as HANDLE).map_err(|_| code::WSAEINVAL)
}

/// A socket has ended, and its queue with it.
pub(crate) fn end_of_socket(queue: usize) {
    let _ = object::remove(queue as HANDLE); // 0 is none
}

const RECEIVE: usize = 0;
const SEND: usize = 1;

impl Requests {
    fn side(&self, side: usize) -> MutexGuard<'_, Side> {
        self.sides[side].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complete(self: &Arc<Self>, side: usize, tag: Tag, status: u32, bytes: usize) {
        let result = RIORESULT {
            Status: status.cast_signed(),
            BytesTransferred: u32::try_from(bytes).unwrap_or(u32::MAX),
            SocketContext: self.context,
            RequestContext: tag.context,
        };
        let slot = Slot { queue: Arc::downgrade(self), side };
        self.completions[side].push(result, tag.told, slot);
    }

    /// Issues one request. What is refused is the call's, or the result's if the call has gone.
    fn issue(self: &Arc<Self>, side: usize, work: Work, tag: Tag, gone: bool) -> Result<(), u32> {
        // The sink has the tag; if it is never called, this has.
        let cell = Arc::new(Mutex::new(Some(tag)));
        let take =
            |cell: &Mutex<Option<Tag>>| cell.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (own, inner) = (Arc::clone(self), Arc::clone(&cell));
        let sink = move |status: Status, bytes: usize| {
            if let Some(tag) = take(&inner) {
                own.complete(side, tag, status.winsock(), bytes);
            }
        };
        let request = Request::registered(Box::new(sink));
        let issued = find_generation(self.socket.index, self.socket.generation)
            .ok_or(code::WSAENOTSOCK)
            .and_then(|mut record| {
                admit(&mut record, side, &work)?;
                issue(&mut record, Operation { request, work, transferred: 0, via: None })
            });
        let Err(error) = issued else { return Ok(()) };
        match take(&cell) {
            Some(tag) if gone => self.complete(side, tag, error, 0),
            _ => {
                self.side(side).outstanding -= 1;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Takes a request of a call, or defers it.
    fn request(self: &Arc<Self>, side: usize, work: Work, tag: Tag, flags: u32) -> Result<(), u32> {
        {
            let mut own = self.side(side);
            if own.outstanding >= own.limit {
                return Err(code::WSAENOBUFS);
            }
            own.outstanding += 1;
            if flags & RIO_MSG_DEFER != 0 {
                own.deferred.push(Deferred { work, tag });
                return Ok(());
            }
        }
        self.commit(side);
        self.issue(side, work, tag, false)
    }

    fn commit(self: &Arc<Self>, side: usize) {
        let deferred = std::mem::take(&mut self.side(side).deferred);
        for Deferred { work, tag } in deferred {
            let _ = self.issue(side, work, tag, true); // told by a result
        }
    }
}

/// What is refused before it is tried, as by WSARecv and WSASend.
fn admit(record: &mut Record, side: usize, work: &Work) -> Result<(), u32> {
    match (side, work) {
        (RECEIVE, Work::Receive(receive)) => {
            let whole = if receive.whole { 0x8 } else { 0 };
            receive::admit(record, whole, true)
        }
        (_, Work::Send(send)) => send::admit(record, 0, send.to.is_some()),
        _ => Ok(()),
    }
}

/// Makes the request queue of a socket: RIO_INVALID_RQ with WSAENOTSOCK, WSAEOPNOTSUPP for a socket without
/// WSA_FLAG_REGISTERED_IO, WSAEINVAL for one that has a queue, for several buffers in a request, no requests at all, or what
/// is no completion queue; WSAENOBUFS if those have no room for so many.
pub(super) unsafe extern "C" fn create(
    socket: usize,
    max_receives: u32,
    max_receive_buffers: u32,
    max_sends: u32,
    max_send_buffers: u32,
    receives: RIO_CQ,
    sends: RIO_CQ,
    context: *const c_void,
) -> RIO_RQ {
    guard::call(RIO_INVALID_RQ, || {
        started()?;
        let socket_name = {
            let found = find(socket)?;
            match found.registered {
                None => return Err(code::WSAEOPNOTSUPP),
                Some(0) => found.name(),
                Some(_) => return Err(code::WSAEINVAL),
            }
        };
        if max_receive_buffers > 1 || max_send_buffers > 1 || (max_receives | max_sends) == 0 {
            return Err(code::WSAEINVAL);
        }
        let completions = [completion::find(receives)?, completion::find(sends)?];
        completions[RECEIVE].allot(0, max_receives)?;
        if let Err(error) = completions[SEND].allot(0, max_sends) {
            completions[RECEIVE].allot(max_receives, 0)?;
            return Err(error);
        }
        let side = |limit| Mutex::new(Side { limit, ..Side::default() });
        let queue = Arc::new(Requests {
            socket: socket_name,
            context: context as u64,
            completions,
            sides: [side(max_receives), side(max_sends)],
        });
        let handle = object::insert(queue).map_err(|_| code::WSAENOBUFS)? as usize;
        let entered = match find_generation(socket_name.index, socket_name.generation) {
            Some(mut record) if record.registered == Some(0) => {
                record.registered = Some(handle);
                true
            }
            _ => false,
        };
        if entered {
            return Ok(handle as isize);
        }
        end_of_socket(handle); // closed, or given another queue, meanwhile
        Err(code::WSAEINVAL)
    })
}

/// Changes how many requests may be outstanding: WSAENOBUFS if the completion queues have no room, WSAEINVAL for fewer than
/// there are.
pub(super) unsafe extern "C" fn resize(queue: RIO_RQ, receives: u32, sends: u32) -> BOOL {
    guard::call(FALSE, || {
        let queue = find_queue(queue)?;
        for (side, limit) in [(RECEIVE, receives), (SEND, sends)] {
            let mut own = queue.side(side);
            if limit < own.outstanding {
                return Err(code::WSAEINVAL);
            }
            queue.completions[side].allot(own.limit, limit)?;
            own.limit = limit;
        }
        Ok(TRUE)
    })
}

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
    let data = if call.count == 0 { std::ptr::null() } else { call.data };
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
    let null = std::ptr::null();
    let (local, remote, control, flags_out) = (null, null, null, null);
    let call = Call { queue, data, count, local, remote, control, flags_out, flags, context };
    // SAFETY: the caller's.
    guard::call(FALSE, || unsafe { transfer(RECEIVE, &call) }.map(|()| TRUE))
}

/// Sends a registered buffer, as [`receive()`].
pub(super) unsafe extern "C" fn send(
    queue: RIO_RQ,
    data: *const RIO_BUF,
    count: u32,
    flags: u32,
    context: *const c_void,
) -> BOOL {
    let null = std::ptr::null();
    let (local, remote, control, flags_out) = (null, null, null, null);
    let call = Call { queue, data, count, local, remote, control, flags_out, flags, context };
    // SAFETY: the caller's.
    guard::call(FALSE, || unsafe { transfer(SEND, &call) }.map(|()| TRUE))
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
