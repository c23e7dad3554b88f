//! New operations of a file: refused, over at once, or given to an engine; and their end there.
//!
//! # Invariants
//! Those of `open_file`.
//!
//! # References
//! Contract A47, C16-C20, E1, E4-E8, E10.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use rustix::io::Errno;
use wharf_core::operation::OpId;
use wharf_core::scheduler::Urgency;

use super::call::{Call, perform};
use super::flight::{Flight, Refusal};
use super::in_flight::InFlight;
use super::next_name;
use super::open_file::{Descriptor, OpenFile};
use super::resident::is_memory;
use super::work::{Progress, Work};
use crate::worker::{self, Inside};
use crate::{Buffer, Issued, Packet};

/// A file of a file system without a disk has been read, which is asked about at once from then on. Relaxed: only a hint.
static MEMORY_SEEN: AtomicBool = AtomicBool::new(false);

/// An operation that was not accepted: why, and what it was given.
pub(crate) type Unaccepted<T> = (Errno, T, Buffer);

impl<T: Send + 'static> OpenFile<T> {
    /// Accepts an operation, or gives it back with the reason. An accepted one ends in one packet: the port's, or, if it is
    /// over at once and that is asked for, the answer's (C20).
    ///
    /// Inlined, as what it calls on the way to a read that is over at once: moved from call to call, freshly written in pieces,
    /// operation and packet cost more than all else here (5 % of a read from the page cache).
    #[inline]
    pub(crate) fn issue(
        self: &Arc<Self>,
        payload: T,
        work: Work,
        direct: bool,
    ) -> Result<Issued<T>, Unaccepted<T>> {
        if let Err(error) = self.admit(&work) {
            return Err((error, payload, work.into_buffer()));
        }
        let mut progress = Progress::new(work, self.direct);
        let attempted = self.attempt(&mut progress);
        if let (Work::Lock { wait: false, .. }, Attempted::Later) = (&progress.work, &attempted) {
            return Err((Errno::AGAIN, payload, Buffer::default()));
        }
        match attempted {
            Attempted::Done(result) => {
                let packet = packet(self.key, payload, progress, result);
                if direct {
                    return Ok(Issued::Done(packet));
                }
                self.port.delivering(move |out| out(packet));
                Ok(Issued::Pending(self.next_id()))
            }
            Attempted::Later => self.hand_over(payload, progress).map(Issued::Pending),
        }
    }

    fn next_id(&self) -> OpId {
        OpId(self.issued.fetch_add(1, Relaxed) + 1)
    }

    /// What is refused before it is tried (C18).
    #[inline]
    fn admit(&self, work: &Work) -> Result<(), Errno> {
        if self.port.is_closed() {
            return Err(Errno::CANCELED);
        }
        let allowed = match work {
            Work::Read(..) | Work::Lock { exclusive: false, .. } => self.readable,
            Work::Write(..) | Work::Append(_) | Work::SetLen(_) => self.writable,
            Work::Lock { exclusive: true, .. } => self.writable,
            Work::Sync { .. } => true,
        };
        if allowed { work.check() } else { Err(Errno::BADF) }
    }

    /// Does what can be done without waiting.
    #[inline]
    fn attempt(&self, progress: &mut Progress) -> Attempted {
        if progress.work.is_nothing() {
            return Attempted::Done(Ok(0));
        }
        let tries = match progress.work {
            Work::Read(..) if !self.direct => &self.tries_reads,
            Work::Write(..) if !self.direct => &self.tries_writes,
            Work::Lock { .. } => return self.attempt_lock(progress),
            _ => return Attempted::Later,
        };
        if !tries.load(Relaxed) {
            return Attempted::Later;
        }
        let reads = matches!(progress.work, Work::Read(..));
        let mut flags = if reads && MEMORY_SEEN.load(Relaxed) && is_memory(self.fd()) {
            0
        } else {
            libc::RWF_NOWAIT
        };
        loop {
            let call = progress.call();
            let answer = match perform(self.fd(), call, flags) {
                Err(Errno::AGAIN) => return Attempted::Later,
                Err(Errno::OPNOTSUPP) if reads && flags != 0 && is_memory(self.fd()) => {
                    MEMORY_SEEN.store(true, Relaxed);
                    flags = 0;
                    continue;
                }
                // Not by this file system, or not by this kernel.
                Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
                    tries.store(false, Relaxed);
                    return Attempted::Later;
                }
                answer => answer,
            };
            if let Some(result) = progress.answer(answer) {
                return Attempted::Done(result);
            }
        }
    }

    /// As [`Flight::blocks_submission`]: as far as a try has shown, which those of O_DIRECT have not had.
    fn blocks_submission(&self, work: &Work) -> bool {
        let tries = match work {
            Work::Read(..) => &self.tries_reads,
            Work::Write(..) => &self.tries_writes,
            _ => return false,
        };
        self.direct_served || (!tries.load(Relaxed) && !is_memory(self.fd()))
    }

    fn attempt_lock(&self, progress: &mut Progress) -> Attempted {
        self.descriptor.locks.taken.store(true, Relaxed);
        loop {
            let call = progress.call();
            match perform(self.fd(), call, 0) {
                Err(Errno::AGAIN) => return Attempted::Later,
                answer => {
                    if let Some(result) = progress.answer(answer) {
                        return Attempted::Done(result);
                    }
                }
            }
        }
    }

    /// Gives an operation to an engine.
    #[inline(never)]
    fn hand_over(self: &Arc<Self>, payload: T, progress: Progress) -> Result<OpId, Unaccepted<T>> {
        let _inside = Inside::begin();
        let (id, name) = (self.next_id(), next_name());
        let waits = matches!(progress.work, Work::Lock { .. });
        let blocks = self.blocks_submission(&progress.work);
        let soon = worker::urgency(self.port.id()) == Urgency::Lazy;
        let (descriptor, in_flight) = (Arc::clone(&self.descriptor), Arc::clone(&self.in_flight));
        let key = self.key;
        let flight =
            Box::new(Operation { descriptor, in_flight, key, blocks, id, name, payload, progress });
        let begun = self.in_flight.begin((id, name), waits, flight, |flight| {
            if waits { self.files.wait(flight) } else { self.files.submit(self.kind, flight, soon) }
        });
        match begun {
            Ok(Ok(rings)) => self.files.ring(rings),
            Ok(Err(Refusal { error, flight })) => flight.finish(Err(error), false),
            Err(flight) => {
                let Operation { payload, progress, .. } = *flight;
                return Err((Errno::CANCELED, payload, progress.into_buffer()));
            }
        }
        Ok(id)
    }
}

#[inline]
fn packet<T>(key: usize, payload: T, progress: Progress, result: io::Result<usize>) -> Packet<T> {
    let transferred = progress.done;
    let buffer = progress.into_buffer();
    Packet { key, payload, result, transferred, buffer, socket: None, about: None }
}

/// How far an operation came without waiting.
enum Attempted {
    Done(io::Result<usize>),
    Later,
}

/// An operation that an engine has: owner of its buffer and payload until its packet (A47, C31).
struct Operation<T: Send + 'static> {
    descriptor: Arc<Descriptor>,
    in_flight: Arc<InFlight<T>>,
    key: usize,
    blocks: bool,
    id: OpId,
    name: u64,
    payload: T,
    progress: Progress,
}

impl<T: Send + 'static> Flight for Operation<T> {
    fn name(&self) -> u64 {
        self.name
    }

    fn port(&self) -> Option<u64> {
        Some(self.in_flight.port.id())
    }

    fn work(&self) -> &Work {
        &self.progress.work
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    fn blocks_submission(&self) -> bool {
        self.blocks
    }

    fn call(&mut self) -> Call {
        self.progress.call()
    }

    fn answer(&mut self, answer: Result<usize, Errno>) -> Option<io::Result<usize>> {
        self.progress.answer(answer)
    }

    fn finish(self: Box<Self>, result: io::Result<usize>, more: bool) {
        let Operation { descriptor, in_flight, key, id, payload, progress, .. } = *self;
        drop(descriptor); // before the packet
        let cancelled =
            |error: &io::Error| error.raw_os_error() == Some(Errno::CANCELED.raw_os_error());
        in_flight.port.delivering_from_engine(more, |out| {
            in_flight.end(id, |asked| {
                let result = match (result, asked) {
                    (Err(error), Some(reason)) if cancelled(&error) => Err(reason.into()),
                    (result, _) => result,
                };
                out(packet(key, payload, progress, result));
            });
        });
    }
}
