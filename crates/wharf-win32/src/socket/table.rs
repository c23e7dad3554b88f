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
#![allow(unsafe_code)] // the chunks of the table are reached by pointers; descriptors are closed by number

use std::ops::{Deref, DerefMut};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wharf_core::status::code;

use super::record::Record;
use super::types::SOCKET;

const SLOTS: usize = 256;
const CHUNKS: usize = 4096;

/// What a descriptor number stands for.
#[derive(Default)]
pub(crate) struct Place {
    generation: u32,
    record: Option<Box<Record>>,
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
    if place.record.is_none() {
        return Err(code::WSAENOTSOCK);
    }
    Ok(Found { place })
}

/// The same socket that had this generation, if it is still open.
#[inline]
pub(crate) fn find_generation(index: u32, generation: u32) -> Option<Found> {
    find(index as usize).ok().filter(|found| found.place.generation == generation)
}

/// Enters a socket in the table, which owns the descriptor from now on. It must not block.
pub(crate) fn open(fd: OwnedFd, make: impl FnOnce(RawFd, u32) -> Record) -> Result<SOCKET, u32> {
    let raw = fd.as_raw_fd();
    let index = usize::try_from(raw).expect("descriptors are not negative");
    let slot = make_slot(index).ok_or(code::WSAEMFILE)?;
    let mut place = slot.lock();
    // Invariant 2: a number that the kernel gives out has been closed before. A record that is still there is
    // of a socket that somebody closed behind our back.
    let stale = place.record.take();
    (place.pins, place.closing) = (0, false);
    place.generation = (place.generation + 1) & 0x7FFF_FFFF;
    place.record = Some(Box::new(make(raw, place.generation)));
    std::mem::forget(fd);
    drop(place);
    drop(stale);
    Ok(index)
}

/// Takes a socket out of the table. Its descriptor is closed by the drop of what is answered, or by the last call
/// that uses it still, which is woken.
pub(crate) fn take(socket: SOCKET) -> Result<(Box<Record>, Option<OwnedFd>), u32> {
    let slot = slot(socket).ok_or(code::WSAENOTSOCK)?;
    let mut place = slot.lock();
    let mut record = place.record.take().ok_or(code::WSAENOTSOCK)?;
    record.unwatch(); // a duplicate of the descriptor would keep the registration alive
    if place.pins > 0 {
        place.closing = true;
        // SAFETY: plain system call on a descriptor that the pins keep open. Wakes who sleeps on it (D56), also
        // on sockets that have no connection to shut down.
        unsafe { libc::shutdown(record.fd, libc::SHUT_RDWR) };
        return Ok((record, None));
    }
    // SAFETY: the table owned it, and the record that gave it away has been taken.
    let fd = unsafe { OwnedFd::from_raw_fd(record.fd) };
    Ok((record, Some(fd)))
}

/// Every SOCKET of this moment.
pub(crate) fn all() -> Vec<SOCKET> {
    let open = |index: &usize| slot(*index).is_some_and(|slot| slot.lock().record.is_some());
    (0..CHUNKS * SLOTS)
        .step_by(SLOTS)
        .filter(|first| slot(*first).is_some())
        .flat_map(|first| first..first + SLOTS)
        .filter(open)
        .collect()
}

/// Keeps a socket's descriptor open while a call uses it outside the lock.
pub(crate) struct Pin {
    slot: &'static Slot,
    generation: u32,
    fd: RawFd,
}

impl Found {
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
        place.closing || place.generation != self.generation
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
