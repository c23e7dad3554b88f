//! Request queues: how many sends and receives of one socket may be outstanding, which are deferred, and how their ends go
//! to completion queues (E23). What a call asks for is `request`'s business.
//!
//! Requests are operations of the socket like any other (`overlapped`), with a sink in the place of an OVERLAPPED.
//!
//! # Invariants
//! 1. A request is outstanding from its call until its result has been taken; at most as many as were agreed on.
//! 2. A request that was deferred is issued before the next one of its direction that is not, and its failures are results.
#![allow(unsafe_code)] // functions of the interface's type, which follow no pointer

use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use wharf::Watched;
use wharf_core::status::Status;

use super::completion::{self, Completions};
use super::types::*;
use crate::object::{self, Object};
use crate::overlapped::engine::issue;
use crate::overlapped::operation::{Operation, Work};
use crate::overlapped::request::Request;
use crate::overlapped::{receive, send};
use crate::socket::table::{find, find_generation};
use crate::socket::{Record, started};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{code, guard};

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
pub(super) struct Tag {
    pub(super) context: u64,
    pub(super) told: bool,
    /// Where the length of a sender's address goes, which nobody asks for.
    pub(super) _length: Option<Box<i32>>,
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

pub(super) fn find_queue(queue: RIO_RQ) -> Result<Arc<Requests>, u32> {
    object::get(queue as HANDLE).map_err(|_| code::WSAEINVAL)
}

/// A socket has ended, and its queue with it.
pub(crate) fn end_of_socket(queue: usize) {
    let _ = object::remove(queue as HANDLE); // 0 is none
}

pub(super) const RECEIVE: usize = 0;
pub(super) const SEND: usize = 1;

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
    pub(super) fn request(
        self: &Arc<Self>,
        side: usize,
        work: Work,
        tag: Tag,
        flags: u32,
    ) -> Result<(), u32> {
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

    pub(super) fn commit(self: &Arc<Self>, side: usize) {
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
