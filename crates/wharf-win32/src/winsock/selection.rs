//! WSAEventSelect: network events recorded for a socket, and the event object they set.
//!
//! # The rule of re-enabling
//! An event is recorded once, and then only again after the program has called what re-enables it: a receive for
//! FD_READ and FD_OOB, an accept for FD_ACCEPT, a send that would have blocked for FD_WRITE, a connect for FD_CONNECT.
//! If the reason is still there after that call, the event is recorded at once. FD_CLOSE is recorded once.
//!
//! # Invariants
//! 1. `armed` and `recorded` are under the record's lock; what is armed and ready is recorded by whoever notices: the
//!    watcher at an edge, or the call that armed it.
//! 2. While a selection is there the socket is watched, so that no edge is missed.
//! 3. The socket is non-blocking while it has a selection.
#![allow(unsafe_code)] // exported under C names

use std::sync::Arc;

use wharf_core::status::code;

use super::connect::settle;
use super::{kernel, memory};
use crate::guard;
use crate::object::{self, Object};
use crate::overlapped::Fault;
use crate::socket::record::Record;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::{SOCKET, SOCKET_ERROR};
use crate::types::HANDLE;

const FD_READ_BIT: usize = 0;
const FD_WRITE_BIT: usize = 1;
const FD_OOB_BIT: usize = 2;
const FD_ACCEPT_BIT: usize = 3;
const FD_CONNECT_BIT: usize = 4;
const FD_CLOSE_BIT: usize = 5;
const FD_MAX_EVENTS: usize = 10;

pub(crate) const FD_READ: i32 = 1 << FD_READ_BIT;
pub(crate) const FD_WRITE: i32 = 1 << FD_WRITE_BIT;
pub(crate) const FD_OOB: i32 = 1 << FD_OOB_BIT;
pub(crate) const FD_ACCEPT: i32 = 1 << FD_ACCEPT_BIT;
pub(crate) const FD_CONNECT: i32 = 1 << FD_CONNECT_BIT;
pub(crate) const FD_CLOSE: i32 = 1 << FD_CLOSE_BIT;

/// What WSAEnumNetworkEvents answers.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WSANETWORKEVENTS {
    /// FD_* that have been recorded.
    pub lNetworkEvents: i32,
    /// A code for each, by the number of its bit.
    pub iErrorCode: [i32; FD_MAX_EVENTS],
}
const _: () = assert!(size_of::<WSANETWORKEVENTS>() == 44);

/// What a program has selected for one socket.
pub(crate) struct Selection {
    event: Arc<dyn Object>,
    mask: i32,
    armed: i32,
    recorded: i32,
    errors: [i32; FD_MAX_EVENTS],
}

impl Selection {
    fn record(&mut self, bit: usize, error: u32) -> bool {
        let event = 1 << bit;
        if self.armed & self.mask & event == 0 {
            return false;
        }
        self.armed &= !event;
        self.recorded |= event;
        self.errors[bit] = error.cast_signed();
        true
    }
}

impl Record {
    /// Re-enables events, and records at once those whose reason is there. Nothing without a selection.
    #[inline]
    pub(crate) fn rearm(&mut self, events: i32) {
        if self.notes.selection.is_some() {
            self.rearm_slow(events);
        }
    }

    /// A transfer re-enables the events of its direction; a send only if it would have blocked.
    #[inline]
    pub(crate) fn rearm_after(&mut self, input: bool, would_block: bool) {
        self.make_room_after(input, would_block);
        if input {
            self.rearm(FD_READ | FD_OOB);
        } else if would_block {
            self.rearm(FD_WRITE);
        }
    }

    #[cold]
    fn rearm_slow(&mut self, events: i32) {
        if let Some(selection) = &mut self.notes.selection {
            selection.armed |= events;
        }
        self.observe();
    }

    /// Looks at the kernel and records what is armed and ready.
    pub(crate) fn observe(&mut self) {
        self.notify();
        let Some(mut selection) = self.notes.selection.take() else { return };
        if self.look(&mut selection) {
            selection.event.set_event(true);
        }
        self.notes.selection = Some(selection);
    }

    /// Whether anything was recorded.
    fn look(&mut self, selection: &mut Selection) -> bool {
        let mut news = false;
        if self.notes.connecting {
            match settle(self) {
                None => return false,
                Some(error) => news |= selection.record(FD_CONNECT_BIT, error),
            }
        }
        if self.is_stream() && !self.connected && !self.listening {
            return news;
        }
        let all = libc::POLLIN | libc::POLLPRI | libc::POLLOUT | libc::POLLRDHUP;
        let ready = kernel::ready(self.fd, all);
        let is = |bits: i16| ready & bits != 0;
        if self.listening {
            if is(libc::POLLIN) || !self.notes.deferred.is_empty() {
                news |= selection.record(FD_ACCEPT_BIT, 0);
            }
            return news;
        }
        if is(libc::POLLIN) && (!self.is_stream() || kernel::available(self.fd) > 0) {
            news |= selection.record(FD_READ_BIT, 0);
        }
        if is(libc::POLLPRI) {
            news |= selection.record(FD_OOB_BIT, 0);
        }
        if self.is_stream() && is(libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR) {
            let mut error = 0;
            if selection.armed & FD_CLOSE != 0 && is(libc::POLLERR | libc::POLLHUP) {
                let errno = kernel::take_error(self.fd);
                if errno != 0 {
                    // Taken from the kernel, so it is kept for the calls that follow (D48).
                    error = self.note_failure(true, Fault::errno(errno)).winsock();
                }
            }
            news |= selection.record(FD_CLOSE_BIT, error);
        }
        let open = !self.shut_out && !self.io.owes();
        if is(libc::POLLOUT) && !is(libc::POLLERR | libc::POLLHUP) && open {
            news |= selection.record(FD_WRITE_BIT, 0);
        }
        news
    }

    /// Selects events, or none with an empty mask.
    fn select(&mut self, event: Option<Arc<dyn Object>>, mask: i32) -> Result<(), u32> {
        self.notes.selection = None;
        self.blocking &= mask == 0;
        let (Some(event), 1..) = (event, mask) else { return Ok(()) };
        let armed = if self.connected { !FD_CONNECT } else { !0 };
        let selection = Selection { event, mask, armed, recorded: 0, errors: [0; FD_MAX_EVENTS] };
        self.notes.selection = Some(Box::new(selection));
        self.watch(None).map_err(|_| code::WSAENOBUFS)?;
        self.observe();
        Ok(())
    }

    /// What a listener bequeaths to its connections.
    pub(super) fn selected(&self) -> Option<(Arc<dyn Object>, i32)> {
        let selection = self.notes.selection.as_ref()?;
        Some((Arc::clone(&selection.event), selection.mask))
    }
}

/// Gives a new connection its listener's selection.
pub(super) fn inherit(s: SOCKET, event: Arc<dyn Object>, mask: i32) -> Result<(), u32> {
    find(s)?.select(Some(event), mask)
}

/// Selects the events that set an event object; none ends it. The socket becomes non-blocking. WSAEINVAL for what is
/// no handle, or a mask of other bits.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn WSAEventSelect(s: SOCKET, event: HANDLE, mask: i32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        let mut found = find(s)?;
        if mask & !((1 << FD_MAX_EVENTS) - 1) != 0 {
            return Err(code::WSAEINVAL);
        }
        let event = match mask {
            0 => None,
            _ => {
                let event = object::find(event).map_err(|_| code::WSAEINVAL)?;
                Some(event).filter(|event| event.is_signal()).ok_or(code::WSAEINVAL).map(Some)?
            }
        };
        found.select(event, mask).map(|()| 0)
    })
}

/// What has been recorded since the last call. The event object, if one is given, is cleared at the same moment.
///
/// # Safety
/// A plausible pointer is one to room for the answer.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAEnumNetworkEvents(
    s: SOCKET,
    event: HANDLE,
    events: *mut WSANETWORKEVENTS,
) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        let mut found = find(s)?;
        memory::writable(events, size_of::<WSANETWORKEVENTS>())?;
        if !event.is_null() {
            let event = object::find(event).map_err(|_| code::WSAEINVAL)?;
            event.set_event(false);
        }
        let mut answer = WSANETWORKEVENTS { lNetworkEvents: 0, iErrorCode: [0; FD_MAX_EVENTS] };
        if let Some(selection) = &mut found.notes.selection {
            answer.lNetworkEvents = std::mem::take(&mut selection.recorded);
            answer.iErrorCode = std::mem::take(&mut selection.errors);
        }
        if answer.lNetworkEvents & FD_CONNECT != 0 {
            found.notes.connect_error = 0; // told
        }
        // SAFETY: the caller's promise.
        unsafe { memory::write(events, answer) }.map(|()| 0)
    })
}
