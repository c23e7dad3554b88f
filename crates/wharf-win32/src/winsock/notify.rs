//! ProcessSocketNotifications: what can be done with a socket, as packets of a port (E24).
//!
//! # A notification
//! A registration has one packet in its port's queue at most. What the packet says is looked up when a thread takes it
//! ([`tell`]): the events that hold then, of those that are asked for. One that has nothing to say any more is passed over.
//!
//! | trigger | a packet is queued | it says |
//! |---|---|---|
//! | level | when something asked for holds, and again after it was taken, unless once | what holds |
//! | edge | when something begins to hold | what has begun |
//!
//! The kernel tells that something may have happened, and not that it ceased before; so a receive makes room for an edge
//! whether or not it took everything, and an edge may be told where data was left. It is never missing.
//!
//! # Invariants
//! 1. All of a registration is under its record's lock. A packet is queued under it too, so that the packet of a removal is
//!    behind every other of its registration.
//! 2. While there is a registration the socket is watched.
//! 3. A packet names socket, generation and registration: one that outlives its registration says nothing.
//!
//! What Windows leaves open: a registration that is refused says WSAENOTSOCK, ERROR_INVALID_PARAMETER, or ERROR_NOT_FOUND
//! where there is nothing to disable or to remove.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

use wharf_core::status::Status;

use super::connect::settle;
use super::{kernel, memory};
use crate::guard;
use crate::overlapped::types::OVERLAPPED_ENTRY;
use crate::port::{Entry, GetQueuedCompletionStatusEx, IoPort, Mark};
use crate::socket::record::Record;
use crate::socket::started;
use crate::socket::table::{find, find_generation};
use crate::socket::types::SOCKET;
use crate::types::{FALSE, HANDLE};
use crate::{code, error, object};

const IN: u16 = 1;
const OUT: u16 = 2;
const HANGUP: u16 = 4;
/// Not to be asked for, and always told.
const ERR: u16 = 0x40;
const REMOVE: usize = 0x80;

const ENABLE: u8 = 1;
const DISABLE: u8 = 2;
const REMOVAL: u8 = 4;

const ONESHOT: u8 = 1;
const PERSISTENT: u8 = 2;
const LEVEL: u8 = 4;
const EDGE: u8 = 8;

/// What is to be done about one socket.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SOCK_NOTIFY_REGISTRATION {
    /// The socket.
    pub socket: SOCKET,
    /// The key of its packets.
    pub completionKey: *mut c_void,
    /// SOCK_NOTIFY_REGISTER_EVENT_*.
    pub eventFilter: u16,
    /// One of SOCK_NOTIFY_OP_*.
    pub operation: u8,
    /// SOCK_NOTIFY_TRIGGER_*.
    pub triggerFlags: u8,
    /// How it went.
    pub registrationResult: u32,
}
const _: () = assert!(size_of::<SOCK_NOTIFY_REGISTRATION>() == 24);

/// What is to be told of one socket.
pub(crate) struct Registration {
    port: Arc<IoPort>,
    key: usize,
    /// Tells it from earlier ones of the socket.
    serial: u16,
    filter: u16,
    once: bool,
    edge: bool,
    enabled: bool,
    /// Its packet is in the queue.
    queued: bool,
    /// What held at the last look.
    held: u16,
    /// Edges that have not been told.
    edges: u16,
}

/// Bits of a serial number in a packet's name, above the socket's 20 bits of index and 31 of generation.
const SERIALS: u16 = (1 << 13) - 1;

impl Registration {
    fn news(&self) -> u16 {
        let wanted = self.filter | ERR;
        if self.edge { self.edges & wanted } else { self.held & wanted }
    }
}

impl Record {
    /// What holds at this moment. A stream without a peer and a datagram socket without an address have nothing.
    fn holds(&mut self) -> u16 {
        if self.notes.connecting && settle(self).is_none() {
            return 0;
        }
        if self.notes.connect_error != 0 {
            return HANGUP | ERR;
        }
        let listening = self.is_listening();
        if self.is_stream() && !self.is_connected() && !listening
            || !self.is_stream() && !self.is_bound()
        {
            return 0;
        }
        let all = libc::POLLIN | libc::POLLOUT | libc::POLLRDHUP;
        let ready = kernel::ready(self.fd, all);
        let is = |bits: i16| ready & bits != 0;
        let mut holds = 0;
        if is(libc::POLLIN | libc::POLLRDHUP) || !self.notes.deferred.is_empty() {
            holds |= IN;
        }
        if listening {
            return holds;
        }
        if is(libc::POLLOUT) && !self.shut_out && !self.io.owes() {
            holds |= OUT;
        }
        if self.is_stream() && is(libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR) {
            holds |= HANGUP;
        }
        if is(libc::POLLERR) {
            holds |= ERR;
        }
        holds
    }

    /// Something may have happened: queues what is to be told.
    pub(super) fn notify(&mut self) {
        let Some(mut registration) = self.notes.registration.take() else { return };
        let holds = self.holds();
        registration.edges |= holds & !registration.held;
        registration.held = holds;
        self.tell_of(&mut registration);
        self.notes.registration = Some(registration);
    }

    /// A call has taken what was there, or has met the end of it: it may begin to hold again.
    pub(super) fn make_room(&mut self, events: u16) {
        if let Some(registration) = &mut self.notes.registration {
            registration.held &= !events;
            self.notify();
        }
    }

    /// The same of a transfer; a send only if it would have blocked.
    pub(crate) fn make_room_after(&mut self, input: bool, would_block: bool) {
        if input {
            self.make_room(IN);
        } else if would_block {
            self.make_room(OUT);
        }
    }

    fn tell_of(&self, registration: &mut Registration) {
        if !registration.enabled {
            registration.edges = 0; // nothing is kept while it is disabled
        } else if !registration.queued && registration.news() != 0 {
            let name = self.name();
            let name = u64::from(name.index)
                | u64::from(name.generation) << 20
                | u64::from(registration.serial) << 51;
            let entry =
                Entry { overlapped: name as usize, status: Status::SUCCESS, mark: Mark::Notice };
            // A port that was closed tells nobody.
            registration.queued =
                registration.port.port.complete(registration.key, entry, 0).is_ok();
        }
    }

    fn process(&mut self, port: &Arc<IoPort>, wish: SOCK_NOTIFY_REGISTRATION) -> Result<(), u32> {
        match wish.operation {
            ENABLE => self.enable(port, wish),
            DISABLE => {
                let registration = self.notes.registration.as_mut().ok_or(code::ERROR_NOT_FOUND)?;
                registration.enabled = false;
                Ok(())
            }
            REMOVAL => {
                let registration = self.notes.registration.take().ok_or(code::ERROR_NOT_FOUND)?;
                let entry = Entry { overlapped: 0, status: Status::SUCCESS, mark: Mark::Plain };
                let _ = registration.port.port.complete(registration.key, entry, REMOVE);
                Ok(())
            }
            0 => Ok(()),
            _ => Err(code::ERROR_INVALID_PARAMETER),
        }
    }

    fn enable(&mut self, port: &Arc<IoPort>, wish: SOCK_NOTIFY_REGISTRATION) -> Result<(), u32> {
        static SERIAL: AtomicU16 = AtomicU16::new(0);
        let SOCK_NOTIFY_REGISTRATION { eventFilter: filter, triggerFlags: trigger, .. } = wish;
        let one_of = |a: u8, b: u8| (trigger & a != 0) != (trigger & b != 0);
        if filter & !(IN | OUT | HANGUP) != 0
            || trigger & !(ONESHOT | PERSISTENT | LEVEL | EDGE) != 0
            || !one_of(LEVEL, EDGE)
            || trigger & (ONESHOT | PERSISTENT) == ONESHOT | PERSISTENT
        {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        self.watch(Some(port)).map_err(|_| code::ERROR_NO_SYSTEM_RESOURCES)?;
        let old = self.notes.registration.take().filter(|old| Arc::ptr_eq(&old.port, port));
        let mut registration = old.unwrap_or_else(|| {
            Box::new(Registration {
                port: Arc::clone(port),
                key: wish.completionKey as usize,
                serial: SERIAL.fetch_add(1, Relaxed) & SERIALS,
                filter: 0,
                once: false,
                edge: false,
                enabled: false,
                queued: false,
                held: 0,
                edges: 0,
            })
        });
        registration.filter = filter;
        registration.once = trigger & ONESHOT != 0;
        registration.edge = trigger & EDGE != 0;
        registration.enabled = true;
        registration.held = self.holds();
        registration.edges = 0;
        self.tell_of(&mut registration);
        self.notes.registration = Some(registration);
        Ok(())
    }
}

/// What a notification that a thread has taken says; none if there is nothing to say any more.
pub(crate) fn tell(name: usize) -> Option<usize> {
    let (index, generation) = (name & 0xF_FFFF, name >> 20 & 0x7FFF_FFFF);
    let serial = u16::try_from(name >> 51).ok()?;
    let mut record = find_generation(u32::try_from(index).ok()?, u32::try_from(generation).ok()?)?;
    let mut registration = record.notes.registration.take_if(|one| one.serial == serial)?;
    registration.queued = false;
    if !registration.edge {
        registration.held = record.holds();
    }
    let news = if registration.enabled { registration.news() } else { 0 };
    registration.edges = 0;
    if news != 0 {
        registration.enabled = !registration.once;
        if !registration.edge {
            record.tell_of(&mut registration); // it holds still, as far as anybody knows
        }
    }
    record.notes.registration = Some(registration);
    (news != 0).then_some(news.into())
}

/// Registers sockets for notifications, which come as packets of the port, and takes packets of it, of whatever kind.
///
/// ERROR_SUCCESS, or WAIT_TIMEOUT where packets are wanted and none came: then how each registration went is in it. Any
/// other code, and nothing has been done: WSAEINVAL for counts, pointers and a time-out that do not go together, WSAEFAULT,
/// WSA_INVALID_HANDLE.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ProcessSocketNotifications(
    completionPort: HANDLE,
    registrationCount: u32,
    registrationInfos: *mut SOCK_NOTIFY_REGISTRATION,
    timeoutMs: u32,
    completionCount: u32,
    completionPortEntries: *mut OVERLAPPED_ENTRY,
    receivedEntryCount: *mut u32,
) -> u32 {
    let last = error::GetLastError();
    let mut answer = code::ERROR_SUCCESS;
    let body = || -> Result<(), u32> {
        started()?;
        let (count, room) = (registrationCount as usize, completionCount as usize);
        if (count == 0) != registrationInfos.is_null()
            || (room == 0) != completionPortEntries.is_null()
            || (room == 0) != receivedEntryCount.is_null()
            || room == 0 && (count == 0 || timeoutMs != 0)
        {
            return Err(code::WSAEINVAL);
        }
        let size = |count: usize, one: usize| count.saturating_mul(one);
        if count > 0 {
            memory::writable(
                registrationInfos,
                size(count, size_of::<SOCK_NOTIFY_REGISTRATION>()),
            )?;
        }
        if room > 0 {
            memory::writable(completionPortEntries, size(room, size_of::<OVERLAPPED_ENTRY>()))?;
            memory::room(receivedEntryCount)?;
        }
        let port = object::get::<IoPort>(completionPort)?;
        for at in 0..count {
            let place = registrationInfos.wrapping_add(at);
            // SAFETY: the caller's promise.
            let mut wish = unsafe { memory::read(place) }?;
            let done = match wish.operation {
                0 => Ok(()),
                _ => find(wish.socket).and_then(|mut found| found.process(&port, wish)),
            };
            wish.registrationResult = done.err().unwrap_or(code::ERROR_SUCCESS);
            // SAFETY: the caller's promise.
            unsafe { memory::write(place, wish) }?;
        }
        Ok(())
    };
    let failed = guard::call(u32::MAX, || {
        answer = body().err().unwrap_or(code::ERROR_SUCCESS);
        Ok(answer)
    });
    if failed == u32::MAX {
        return error::GetLastError();
    }
    if answer != code::ERROR_SUCCESS || completionCount == 0 {
        return answer;
    }
    // SAFETY: the caller's promise.
    let got = unsafe {
        GetQueuedCompletionStatusEx(
            completionPort,
            completionPortEntries,
            completionCount,
            receivedEntryCount,
            timeoutMs,
            FALSE,
        )
    };
    if got != FALSE {
        return code::ERROR_SUCCESS;
    }
    let why = error::GetLastError();
    error::SetLastError(last); // the answer tells it
    why
}
