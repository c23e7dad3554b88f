//! An OVERLAPPED, the memory of its operation, and the check of its end.
//!
//! # Invariants
//! 1. An operation is in the list of free ones, or of the thread that has taken it, until its call has accepted it; from
//!    then on of the library, and from its packet on of the thread that has the packet, which puts it back.
//! 2. While nobody uses it, its memory holds nothing but [`POISON`].
//!
//! They are made at the start and go at the end of a run, so that an end that comes twice, or a write that comes too late,
//! is found here and not by the allocator.

use std::cell::UnsafeCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::mem::zeroed;
use std::ptr::null_mut;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::thread;

use wharf_conformance::races::world::{End, World};
use wharf_win32::Win32::Foundation::{GetLastError, RtlNtStatusToDosError};
use wharf_win32::Win32::Networking::WinSock::{SOCKET, closesocket};
use wharf_win32::Win32::System::IO::{OVERLAPPED, OVERLAPPED_0, OVERLAPPED_0_0};

/// Operations at a time.
pub(crate) const COUNT: usize = 2048;

/// What an operation's memory holds while nobody uses it; no tag.
const POISON: u8 = 0xEE;

/// Bytes that an operation may receive.
pub(crate) const ROOM: usize = 8192;

pub(crate) const PENDING: u32 = 997;
const MORE_DATA: u32 = 234;

/// What an operation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct About {
    /// In words, for output.
    pub(crate) what: &'static str,
    /// Unique in a run: the thread and its round.
    pub(crate) serial: usize,
    pub(crate) key: usize,
    /// What the other side sends.
    pub(crate) tag: u8,
    /// Where in a file.
    pub(crate) offset: u64,
    /// The most that it may receive; `None` if it is no receive.
    pub(crate) room: Option<usize>,
    /// Its memory may have been written to although it failed: by a part that came before.
    pub(crate) spills: bool,
    /// Its handle was told that a success at once needs no packet (C20).
    pub(crate) skips: bool,
}

#[repr(C, align(4096))]
struct Operation {
    space: UnsafeCell<[u8; ROOM]>,
    overlapped: UnsafeCell<OVERLAPPED>,
    about: Mutex<About>,
    pending: AtomicBool,
}

// SAFETY: invariant 1 says who uses the cells.
unsafe impl Sync for Operation {}
// SAFETY: as above.
unsafe impl Send for Operation {}

/// All operations of a run.
pub(crate) struct Operations {
    world: Arc<World>,
    all: Box<[Operation]>,
    free: Mutex<Vec<usize>>,
    /// Accepting sockets, by the serial numbers of their operations: who takes one out closes it.
    acceptors: Mutex<HashMap<usize, SOCKET>>,
    /// How often what ended how.
    ends: Mutex<BTreeMap<(&'static str, &'static str, u32), usize>>,
}

impl Operations {
    pub(crate) fn new(world: &Arc<World>) -> Operations {
        let make = |_| Operation {
            space: UnsafeCell::new([POISON; ROOM]),
            // SAFETY: numbers, of which zero is one.
            overlapped: UnsafeCell::new(unsafe { zeroed() }),
            about: Mutex::default(),
            pending: AtomicBool::new(false),
        };
        Operations {
            world: Arc::clone(world),
            all: (0..COUNT).map(make).collect(),
            free: Mutex::new((0..COUNT).collect()),
            acceptors: Mutex::default(),
            ends: Mutex::default(),
        }
    }

    /// Issues an operation by a call, which is given the OVERLAPPED and the memory and answers whether Windows would say
    /// TRUE; answers the name of an accepted one.
    pub(crate) fn issue(
        &self,
        about: About,
        call: impl FnOnce(*mut OVERLAPPED, *mut u8) -> bool,
    ) -> Option<usize> {
        let index = loop {
            match self.free.lock().expect("no panic under it").pop() {
                Some(index) => break index,
                None if self.world.is_over() => return None,
                None => thread::yield_now(),
            }
        };
        let operation = &self.all[index];
        let space = operation.space.get();
        // SAFETY: this thread's until the call (invariant 1).
        let bytes = unsafe { &*space };
        assert!(
            bytes.iter().all(|byte| *byte == POISON),
            "somebody writes to memory of an operation that has ended, or was refused"
        );
        let halves =
            OVERLAPPED_0_0 { Offset: about.offset as u32, OffsetHigh: (about.offset >> 32) as u32 };
        let overlapped = operation.overlapped.get();
        // SAFETY: this thread's until the call (invariant 1).
        unsafe {
            *overlapped = OVERLAPPED {
                Internal: 0,
                InternalHigh: 0,
                Anonymous: OVERLAPPED_0 { Anonymous: halves },
                hEvent: null_mut(),
            };
        }
        *operation.about.lock().expect("no panic under it") = about;
        assert!(!operation.pending.swap(true, SeqCst), "it was free");
        let at_once = call(overlapped, space.cast());
        let error = if at_once { 0 } else { GetLastError() };
        if at_once && about.skips {
            self.world.accepted();
            self.end(index, None, None);
        } else if at_once || error == PENDING {
            self.world.accepted();
        } else {
            assert!(operation.pending.swap(false, SeqCst), "refused, and ended as well: {about:?}");
            self.note("refused", about.what, error);
            self.world.refused();
            self.drop_acceptor(about.serial);
            self.free.lock().expect("no panic under it").push(index);
            return None;
        }
        Some(overlapped as usize)
    }

    /// A packet has come: with a code of GetQueuedCompletionStatus, or without.
    pub(crate) fn packet(
        &self,
        key: usize,
        overlapped: *mut OVERLAPPED,
        bytes: u32,
        error: Option<u32>,
    ) {
        let first = self.all[0].overlapped.get() as usize;
        let distance = (overlapped as usize).wrapping_sub(first);
        let index = distance / size_of::<Operation>();
        let known = distance.is_multiple_of(size_of::<Operation>()) && index < COUNT;
        assert!(known, "an OVERLAPPED that nobody has issued: {overlapped:?}");
        let about = *self.all[index].about.lock().expect("no panic under it");
        assert_eq!(key, about.key, "the key of the handle: {about:?}");
        self.end(index, Some(bytes), error);
    }

    /// An operation has ended.
    fn end(&self, index: usize, bytes: Option<u32>, error: Option<u32>) {
        let operation = &self.all[index];
        let about = *operation.about.lock().expect("no panic under it");
        let pending = operation.pending.swap(false, SeqCst);
        assert!(pending, "an end of an operation that is not pending: {about:?}");
        // SAFETY: this thread's again (invariant 1).
        let overlapped = unsafe { *operation.overlapped.get() };
        let transferred = overlapped.InternalHigh;
        let code = RtlNtStatusToDosError(overlapped.Internal as i32);
        assert!(bytes.is_none_or(|bytes| bytes as usize == transferred), "{about:?}");
        assert!(error.is_none_or(|error| error == code), "{error:?}, {code}: {about:?}");
        // SAFETY: this thread's again (invariant 1).
        let space = unsafe { &mut *operation.space.get() };
        if let Some(room) = about.room {
            let got = if code == 0 || code == MORE_DATA { transferred } else { 0 };
            assert!(got <= room, "more than there is room: {about:?}");
            let own = space[..got].iter().all(|byte| *byte == about.tag);
            assert!(own, "bytes of another handle, or of none: {about:?}");
            if !about.spills {
                let rest = space[got..].iter().all(|byte| *byte == POISON);
                assert!(rest, "bytes behind what was received, {got}: {about:?}");
            }
        }
        space.fill(POISON);
        self.drop_acceptor(about.serial);
        self.note("ended", about.what, code);
        let end = match code {
            0 | MORE_DATA => End::Done,
            995 | 1236 | 233 => End::Cancelled,
            _ => End::Failed,
        };
        self.world.ended(about.serial, end);
        self.free.lock().expect("no panic under it").push(index);
        self.world.taken();
    }

    fn note(&self, how: &'static str, what: &'static str, code: u32) {
        let mut ends = self.ends.lock().expect("no panic under it");
        *ends.entry((how, what, code)).or_default() += 1;
    }

    /// An accept is about to be issued with this socket.
    pub(crate) fn keep_acceptor(&self, serial: usize, socket: SOCKET) {
        self.acceptors.lock().expect("no panic under it").insert(serial, socket);
    }

    /// Closes an operation's accepting socket, if that has not been done.
    pub(crate) fn drop_acceptor(&self, serial: usize) {
        let acceptor = self.acceptors.lock().expect("no panic under it").remove(&serial);
        if let Some(socket) = acceptor {
            assert_eq!(closesocket(socket), 0);
        }
    }
}

/// How often what ended with which code.
impl fmt::Display for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = ("", "");
        for ((how, what, code), count) in &*self.ends.lock().expect("no panic under it") {
            if before != (how, what) {
                let line = if before.0.is_empty() { "" } else { "\n" };
                write!(f, "{line}{what}, {how}:")?;
                before = (how, what);
            }
            write!(f, " {code} x {count}")?;
        }
        Ok(())
    }
}
