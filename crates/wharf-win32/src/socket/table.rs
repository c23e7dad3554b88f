//! From a SOCKET to its record.
//!
//! A SOCKET is a descriptor number, and the table has a slot for every number that a process may have. A slot is
//! there for good, so that a look-up is two loads and the socket's own lock.
//!
//! # Invariants
//! 1. The slot of an open socket has its record; any other slot has none, and calls on it fail with WSAENOTSOCK.
//! 2. A descriptor is closed only after its record has gone, and not before the last [`Pin`] on it: who found a
//!    record uses this socket's descriptor, never one that has the same number later.
//! 3. The generation of a slot changes with every socket in it: readiness that is reported for an earlier one
//!    touches nobody.
//!
//! # Doubles
//! Several SOCKETs of one socket (A7, C42, D12) are several descriptors of it. One slot has the record, the slots of the
//! others its name; the record knows their numbers. A SOCKET whose record is still needed when it is closed is hidden:
//! calls no longer find it, its descriptor stays open, and it goes with the last double.
//!
//! 4. A double names a slot with a record, and that record has the double's number, from before it can be found until its
//!    descriptor is about to be closed.
//! 5. Slots are locked one after the other, never one within another.
#![allow(unsafe_code)] // the chunks of the table are reached by pointers; descriptors are closed by number

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wharf::Watched;
use wharf_core::status::code;

use super::record::Record;
use super::types::SOCKET;
use crate::fork::Held;
use crate::thread::alert;

const SLOTS: usize = 256;
const CHUNKS: usize = 4096;

/// What a descriptor number stands for.
#[derive(Default)]
pub(crate) struct Place {
    generation: u32,
    record: Option<Box<Record>>,
    /// Where the record is, if this number is a further one of its socket.
    double: Option<Watched>,
    /// The number names nothing: it has been closed and the record is still needed, or it has not been given out yet.
    hidden: bool,
    /// It came from DuplicateHandle, and Winsock has never heard of it (C14).
    foreign: bool,
    /// Calls that use the descriptor outside the lock.
    pins: u32,
    /// The record has gone and the descriptor goes with the last pin.
    closing: bool,
}

#[derive(Default)]
pub(crate) struct Slot {
    place: Mutex<Place>,
}

struct Chunk([Slot; SLOTS]);

static TABLE: [AtomicPtr<Chunk>; CHUNKS] = [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS];

/// The slot of a descriptor number, if a socket has ever been near it.
#[inline]
fn slot(index: usize) -> Option<&'static Slot> {
    // Acquire: pairs with the release in `make_slot`; the chunk's contents are visible.
    let chunk = TABLE.get(index / SLOTS)?.load(Acquire);
    // SAFETY: null, or a chunk that is there for good.
    let chunk = unsafe { chunk.as_ref() }?;
    Some(&chunk.0[index % SLOTS])
}

fn make_slot(index: usize) -> Option<&'static Slot> {
    if let Some(slot) = slot(index) {
        return Some(slot);
    }
    let entry = TABLE.get(index / SLOTS)?;
    let chunk = Box::into_raw(Box::new(Chunk(std::array::from_fn(|_| Slot::default()))));
    // AcqRel: publishes the chunk, or makes the other one visible.
    if entry.compare_exchange(ptr::null_mut(), chunk, AcqRel, Acquire).is_err() {
        // SAFETY: made above and given to nobody.
        drop(unsafe { Box::from_raw(chunk) });
    }
    slot(index)
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket's record, locked.
pub(crate) struct Found {
    place: MutexGuard<'static, Place>,
}

impl Deref for Found {
    type Target = Record;

    #[inline]
    fn deref(&self) -> &Record {
        self.place.record.as_ref().expect("found with a record")
    }
}

impl DerefMut for Found {
    #[inline]
    fn deref_mut(&mut self) -> &mut Record {
        self.place.record.as_mut().expect("found with a record")
    }
}

/// The record of a SOCKET, locked; WSAENOTSOCK if it is none.
#[inline]
pub(crate) fn find(socket: SOCKET) -> Result<Found, u32> {
    let slot = slot(socket).ok_or(code::WSAENOTSOCK)?;
    let place = slot.lock();
    if place.record.is_none() || place.hidden {
        return find_double(place);
    }
    Ok(Found { place })
}

#[cold]
fn find_double(place: MutexGuard<'static, Place>) -> Result<Found, u32> {
    let name = place.double.filter(|_| !place.hidden).ok_or(code::WSAENOTSOCK)?;
    drop(place);
    find_generation(name.index, name.generation).ok_or(code::WSAENOTSOCK)
}

/// As [`find`], for calls that know only what Winsock has made (C14).
pub(crate) fn find_native(socket: SOCKET) -> Result<Found, u32> {
    match slot(socket) {
        Some(slot) if slot.lock().foreign => Err(code::WSAENOTSOCK),
        _ => find(socket),
    }
}

/// The same socket that had this generation, if it still lives, by whatever SOCKET.
#[inline]
pub(crate) fn find_generation(index: u32, generation: u32) -> Option<Found> {
    let place = slot(index as usize)?.lock();
    if place.record.is_none() || place.generation != generation {
        return None;
    }
    Some(Found { place })
}

/// Enters a socket in the table, which owns the descriptor from now on. It must not block.
pub(crate) fn open(fd: OwnedFd, make: impl FnOnce(RawFd, u32) -> Record) -> Result<SOCKET, u32> {
    let raw = fd.as_raw_fd();
    let (index, stale) = enter(fd, |place| {
        place.record = Some(Box::new(make(raw, place.generation)));
    })?;
    drop(stale);
    Ok(index)
}

/// Enters a descriptor, after which it is the table's; what was left in its slot is to be dropped.
fn enter(fd: OwnedFd, fill: impl FnOnce(&mut Place)) -> Result<(SOCKET, Place), u32> {
    let index = usize::try_from(fd.as_raw_fd()).expect("descriptors are not negative");
    let slot = make_slot(index).ok_or(code::WSAEMFILE)?;
    let mut place = slot.lock();
    let generation = (place.generation + 1) & 0x7FFF_FFFF;
    // Invariant 2: a number that the kernel gives out has been closed before. A record that is still there is
    // of a socket that somebody closed behind our back.
    let stale = std::mem::replace(&mut *place, Place { generation, ..Place::default() });
    fill(&mut place);
    std::mem::forget(fd);
    drop(place);
    if let Some(name) = stale.double {
        forget_double(index, name);
    }
    Ok((index, stale))
}

/// A further SOCKET of the same socket. It is hidden until [`show`].
pub(crate) fn double(mut found: Found, private: bool, foreign: bool) -> Result<SOCKET, u32> {
    // SAFETY: the descriptor of a record that is in the table and locked.
    let own = unsafe { BorrowedFd::borrow_raw(found.fd) };
    let fd = if private { rustix::io::fcntl_dupfd_cloexec(own, 0) } else { rustix::io::dup(own) };
    let fd = fd.map_err(|_| code::WSAEMFILE)?;
    // Before it can be found (invariant 4). The lock goes before the other slot's (invariant 5).
    found.doubles.push(fd.as_raw_fd());
    let name = found.name();
    drop(found);
    let (index, stale) = enter(fd, |place| {
        (place.double, place.hidden, place.foreign) = (Some(name), true, foreign);
    })?;
    drop(stale);
    Ok(index)
}

/// From now on a SOCKET that [`double`] made can be found.
pub(crate) fn show(socket: SOCKET) {
    if let Some(slot) = slot(socket) {
        slot.lock().hidden = false;
    }
}

/// Takes a double's number from its record; answers what is left to be done if that was the last SOCKET of it.
fn forget_double(socket: SOCKET, name: Watched) -> Option<Taken> {
    let mut place = find_generation(name.index, name.generation)?.place;
    let record = place.record.as_mut()?;
    record.doubles.retain(|number| usize::try_from(*number) != Ok(socket));
    let last = record.doubles.is_empty() && place.hidden;
    if last { take_last(place) } else { None }
}

/// What is left to be done when a SOCKET has been taken out of the table.
pub(crate) enum Taken {
    /// Nothing: others name the same socket. Perhaps a descriptor is to be closed.
    Shared(Option<OwnedFd>),
    /// It was the last one, and the socket has data to send that it said it had taken: `linger`, and it is reaped later.
    Owing(Watched),
    /// It was the last one: the socket ends. A descriptor is to be closed, unless a call uses it still, which has been
    /// woken and closes it.
    Last(Box<Record>, Option<OwnedFd>),
}

/// Takes a SOCKET out of the table.
pub(crate) fn take(socket: SOCKET) -> Result<Taken, u32> {
    let slot = slot(socket).ok_or(code::WSAENOTSOCK)?;
    let mut place = slot.lock();
    if place.hidden {
        return Err(code::WSAENOTSOCK);
    }
    if let Some(name) = place.double.take() {
        drop(place);
        let last = forget_double(socket, name);
        // SAFETY: the table owned it, and the slot that gave it away is empty.
        let fd = unsafe { OwnedFd::from_raw_fd(i32::try_from(socket).expect("a descriptor")) };
        return Ok(match last {
            None => Taken::Shared(Some(fd)),
            // Another descriptor is the socket's last.
            Some(taken) => taken,
        });
    }
    let record = place.record.as_ref().ok_or(code::WSAENOTSOCK)?;
    if !record.doubles.is_empty() {
        place.hidden = true;
        return Ok(Taken::Shared(None));
    }
    take_last(place).ok_or(code::WSAENOTSOCK)
}

/// Takes a socket out of the table whose last SOCKET is closed, unless it owes data (D53) and is not to be aborted.
fn take_last(mut place: MutexGuard<'static, Place>) -> Option<Taken> {
    let record = place.record.as_ref()?;
    if record.io.owes() && !is_abortive(record.fd) {
        let (fd, name, shared) = (record.fd, record.name(), record.shared);
        place.hidden = true;
        if !shared {
            // SAFETY: plain system call on the record's own descriptor. Wakes who sleeps on it, who finds the SOCKET gone.
            unsafe { libc::shutdown(fd, libc::SHUT_RD) };
        }
        return Some(Taken::Owing(name));
    }
    take_record(place).map(|(record, fd)| Taken::Last(record, fd))
}

/// Whether a close is to reset the connection (D78).
fn is_abortive(fd: RawFd) -> bool {
    // SAFETY: the descriptor of a record that is in the table and locked.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    let linger = rustix::net::sockopt::socket_linger(fd);
    linger.is_ok_and(|linger| linger.is_some_and(|time| time.is_zero()))
}

/// The end of a socket that has sent what it owed.
pub(crate) fn reap(name: Watched) {
    let Some(found) = find_generation(name.index, name.generation) else { return };
    let fd = found.fd;
    let mut nothing = [0_u8; 0];
    let flags = libc::MSG_DONTWAIT | libc::MSG_TRUNC;
    // SAFETY: TCP takes no notice of the memory with MSG_TRUNC (tcp(7)).
    let mut discard = || unsafe { libc::recv(fd, nothing.as_mut_ptr().cast(), 1 << 20, flags) };
    // With unread data the kernel would reset the connection, and what is under way would be lost. Where another
    // process has the socket, the data are that one's.
    while !found.shared && discard() > 0 {}
    drop(take_record(found.place));
}

/// Takes a record out of its slot. Its descriptor is closed by the drop of what is answered, or by the last call
/// that uses it still, which is woken.
fn take_record(mut place: MutexGuard<'static, Place>) -> Option<(Box<Record>, Option<OwnedFd>)> {
    let mut record = place.record.take()?;
    place.hidden = false;
    record.unwatch(); // a duplicate of the descriptor would keep the registration alive
    if place.pins > 0 {
        place.closing = true;
        if record.shared {
            drop(place);
            alert::wake_all();
        } else {
            // SAFETY: plain system call on a descriptor that the pins keep open. Wakes who sleeps on it (D56), also
            // on sockets that have no connection to shut down.
            unsafe { libc::shutdown(record.fd, libc::SHUT_RDWR) };
        }
        return Some((record, None));
    }
    // SAFETY: the table owned it, and the record that gave it away has been taken.
    let fd = unsafe { OwnedFd::from_raw_fd(record.fd) };
    Some((record, Some(fd)))
}

/// The locks of all slots, for a fork.
pub(crate) struct Slots(UnsafeCell<Vec<(SOCKET, MutexGuard<'static, Place>)>>);

// SAFETY: touched while the slots are held, by who holds them (invariant 3 of `fork`).
unsafe impl Sync for Slots {}

pub(crate) static ALL: Slots = Slots(UnsafeCell::new(Vec::new()));

impl Held for Slots {
    fn hold(&'static self) {
        let mut held = Vec::new();
        held.extend(slots().map(|(index, slot)| (index, slot.lock())));
        // SAFETY: the slots are held.
        unsafe { *self.0.get() = held };
    }

    /// The calls that use descriptors are the parent's, and so are the connections: they are shared from now on.
    fn renew(&'static self) {
        // SAFETY: as above.
        for (index, place) in unsafe { &mut *self.0.get() } {
            place.pins = 0;
            if std::mem::take(&mut place.closing) {
                let fd = i32::try_from(*index).expect("a descriptor");
                // SAFETY: it was left to the last pin, of which there is none.
                drop(unsafe { OwnedFd::from_raw_fd(fd) });
            }
            if let Some(record) = &mut place.record {
                record.shared = true;
            }
        }
    }

    fn release(&'static self) {
        // SAFETY: as above; the guards are out of the cell before a slot is free.
        drop(std::mem::take(unsafe { &mut *self.0.get() }));
    }
}

fn slots() -> impl Iterator<Item = (usize, &'static Slot)> {
    (0..CHUNKS * SLOTS)
        .step_by(SLOTS)
        .filter(|first| slot(*first).is_some())
        .flat_map(|first| first..first + SLOTS)
        .filter_map(|index| Some((index, slot(index)?)))
}

/// The names of all sockets of this moment.
pub(crate) fn all() -> Vec<Watched> {
    let name = |(index, slot): (usize, &Slot)| {
        let place = slot.lock();
        let index = u32::try_from(index).expect("below 2^20");
        place.record.is_some().then_some(Watched { index, generation: place.generation })
    };
    slots().filter_map(name).collect()
}

/// The records of all sockets of this moment, each locked when its turn comes.
pub(crate) fn records() -> impl Iterator<Item = Found> {
    all().into_iter().filter_map(|name| find_generation(name.index, name.generation))
}

/// Every SOCKET of this moment: several of one socket, if it has them, and those that have not been given out.
pub(crate) fn numbers() -> Vec<SOCKET> {
    let open = |slot: &Slot| {
        let mut place = slot.lock();
        if place.double.is_some() {
            place.hidden = false;
        }
        (place.record.is_some() || place.double.is_some()) && !place.hidden
    };
    slots().filter(|(_, slot)| open(slot)).map(|(index, _)| index).collect()
}

/// Keeps a socket's descriptor open while a call uses it outside the lock.
pub(crate) struct Pin {
    slot: &'static Slot,
    generation: u32,
    fd: RawFd,
}

impl Found {
    /// Another descriptor of the socket, which no other program inherits.
    pub(crate) fn copy_descriptor(&self) -> Result<OwnedFd, u32> {
        // SAFETY: the descriptor of a record that is in the table and locked.
        let own = unsafe { BorrowedFd::borrow_raw(self.fd) };
        rustix::io::fcntl_dupfd_cloexec(own, 0).map_err(|_| code::WSAEMFILE)
    }

    /// Gives up the lock, and keeps the descriptor.
    pub(crate) fn pin(mut self) -> Pin {
        let fd = self.fd;
        self.place.pins += 1;
        let generation = self.place.generation;
        drop(self);
        let slot = slot(usize::try_from(fd).expect("a descriptor")).expect("found in it");
        Pin { slot, generation, fd }
    }
}

impl Pin {
    /// The descriptor; it never blocks.
    pub(crate) fn fd(&self) -> RawFd {
        self.fd
    }

    /// Whether the socket has been closed meanwhile.
    pub(crate) fn is_closed(&self) -> bool {
        let place = self.slot.lock();
        let lingers = place.record.as_ref().is_some_and(|record| record.io.lingers());
        place.closing || place.generation != self.generation || lingers
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut place = self.slot.lock();
        if place.generation != self.generation {
            return;
        }
        place.pins -= 1;
        if place.pins == 0 && std::mem::take(&mut place.closing) {
            drop(place);
            // SAFETY: `take` left the descriptor to the last pin, which this is.
            drop(unsafe { OwnedFd::from_raw_fd(self.fd) });
        }
    }
}
