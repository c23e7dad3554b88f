//! io_uring for files: one ring per process, and the thread that owns it.
//!
//! # Invariants
//! 1. Only the owner touches the ring: it made it, submits, harvests, and never ends. So nothing is cancelled because
//!    a thread of the program ends, and no other thread is interrupted on the ring's behalf.
//! 2. A flight is in the inbox, in `air`, or finished. In `air` from before its submission until its completion was
//!    harvested: the kernel never uses memory of an operation that is not in there.
//! 3. What is left in the inbox is looked after: see `inbox`.
//!
//! # Batches
//! A worker takes a packet, issues the next read, takes the next packet: ringing for each would cost two thread
//! switches per read. What it issues beside other reads and writes in the air is kept back until [`BATCH`] have come
//! together, or it has nothing left to do and there are a quarter as many as in the air. The owner comes back
//! with the next completion in any case, and that is near while much is in the air; what is little then it leaves once more.
//!
//! In the other direction, the packets of completions that are harvested together are queued together and a worker is woken
//! after the last, so that it does not contend for the locks under which the owner queues them.
//!
//! # References
//! io_uring_setup(2): IORING_SETUP_SINGLE_ISSUER, DEFER_TASKRUN (6.1); io_uring_enter(2), on what an application must
//! leave alone after submission (IORING_FEAT_SUBMIT_STABLE, 5.5: the vectors, but not the memory they name).
#![allow(unsafe_code)] // gives the kernel the memory of operations

use std::collections::{HashMap, HashSet};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::channel;

use io_uring::squeue::{Entry, Flags};
use io_uring::types::{Fd, FsyncFlags};
use io_uring::{IoUring, Probe, opcode};
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;

use super::call::Call;
use super::flight::{Flight, Refusal, finish};
use super::inbox::{BATCH, Found, Inbox, Letter};
use super::pool::Pool;
use super::work::Work;

#[cfg(all(test, not(loom)))]
mod hand_over;

/// Entries of the submission queue, and flights in the air at most; further ones wait in the inbox, where a
/// cancellation finds them.
const ENTRIES: u32 = 256;
const MOST_IN_AIR: usize = ENTRIES as usize;

/// So many packets are queued at most before a worker is woken for them.
const MOST_UNTOLD: usize = 64;

/// Names of what is not a flight; those count from 1.
const BELL: u64 = 0;
const CANCELLATION: u64 = u64::MAX;

/// The ring as others know it.
pub(super) struct Ring {
    inbox: Inbox<Box<dyn Flight>>,
    bell: OwnedFd,
    /// The kernel has the operation code for changing a file's size (6.9).
    sets_length: bool,
    pool: Arc<Pool>,
}

impl Letter for Box<dyn Flight> {
    fn name(&self) -> u64 {
        Flight::name(&**self)
    }

    /// A sync may take long.
    fn is_transfer(&self) -> bool {
        matches!(self.work(), Work::Read(..) | Work::Write(..))
    }
}

impl Ring {
    /// Makes the ring and its thread; an error where the kernel, or a filter, does not allow it.
    pub(super) fn start(pool: &Arc<Pool>) -> io::Result<Arc<Ring>> {
        // Blocking: a ring does not wait for what says that it does not want to be waited for.
        let bell = eventfd(0, EventfdFlags::CLOEXEC)?;
        let (tell, told) = channel();
        let pool = Arc::clone(pool);
        let thread = std::thread::Builder::new().name("wharf-ring".into()).stack_size(256 << 10);
        thread.spawn(move || match Owner::new() {
            Ok((owner, sets_length)) => {
                let ring = Ring { inbox: Inbox::default(), bell, sets_length, pool };
                let ring = Arc::new(ring);
                let _ = tell.send(Ok(Arc::clone(&ring)));
                owner.run(&ring);
            }
            Err(error) => {
                let _ = tell.send(Err(error));
            }
        })?;
        told.recv().map_err(io::Error::other)?
    }

    /// What it can do, for the log.
    pub(super) fn operations(&self) -> &'static str {
        if self.sets_length {
            "read, write, sync, size"
        } else {
            "read, write, sync; size by threads"
        }
    }

    pub(super) fn performs(&self, work: &Work) -> bool {
        match work {
            Work::Read(..) | Work::Write(..) | Work::Append(_) | Work::Sync { .. } => true,
            Work::SetLen(_) => self.sets_length,
            Work::Lock { .. } => false,
        }
    }

    /// Takes a flight. `soon`: the caller is a worker, and will come to [`Ring::flush`].
    #[must_use]
    pub(super) fn submit(&self, flight: Box<dyn Flight>, soon: bool) -> bool {
        self.inbox.submit(flight, soon)
    }

    /// Submits what was kept back, if it is worth while.
    #[inline]
    pub(super) fn flush(&self) {
        if self.inbox.flush() {
            self.ring();
        }
    }

    /// Submits what was kept back.
    pub(super) fn urge(&self) {
        if self.inbox.urge() {
            self.ring();
        }
    }

    /// Asks for the end of a flight; it comes back if it is not in the air yet.
    pub(super) fn cancel(&self, name: u64) -> Option<Box<dyn Flight>> {
        match self.inbox.cancel(name) {
            Found::Here(flight) => return Some(flight),
            Found::Asked(true) => self.ring(),
            Found::Asked(false) => {}
        }
        None
    }

    pub(super) fn ring(&self) {
        let rung = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
        debug_assert!(rung.is_ok(), "a counter that the owner empties: {rung:?}");
    }
}

/// The ring as its thread knows it.
struct Owner {
    ring: IoUring,
    air: HashMap<u64, Box<dyn Flight>>,
    /// How many of them are reads and writes.
    transfers: usize,
    /// Those whose end was asked for.
    ending: HashSet<u64>,
    /// What the bell's read goes to; boxed, since the kernel has its address.
    rung: Box<u64>,
    /// The bell's read is submitted.
    listening: bool,
}

impl Owner {
    /// Makes a ring that works; and whether it changes the size of files.
    fn new() -> io::Result<(Owner, bool)> {
        let modern = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .dontfork()
            .build(ENTRIES);
        let mut ring = match modern {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
                IoUring::builder().dontfork().build(ENTRIES)?
            }
            ring => ring?,
        };
        let mut probe = Probe::new();
        ring.submitter().register_probe(&mut probe)?;
        let needed = [
            opcode::Read::CODE,
            opcode::Readv::CODE,
            opcode::Writev::CODE,
            opcode::Fsync::CODE,
            opcode::AsyncCancel::CODE,
        ];
        if !needed.iter().all(|code| probe.is_supported(*code))
            || !ring.params().is_feature_nodrop()
            || !ring.params().is_feature_submit_stable()
        {
            return Err(io::ErrorKind::Unsupported.into());
        }
        // A filter may allow the ring and refuse its use.
        let nothing = opcode::Nop::new().build().user_data(CANCELLATION);
        // SAFETY: an entry without memory.
        let pushed = unsafe { ring.submission().push(&nothing) };
        pushed.map_err(io::Error::other)?;
        ring.submit_and_wait(1)?;
        ring.completion().for_each(drop);
        let owner = Owner {
            ring,
            air: HashMap::new(),
            transfers: 0,
            ending: HashSet::new(),
            rung: Box::default(),
            listening: false,
        };
        Ok((owner, probe.is_supported(opcode::Ftruncate::CODE)))
    }

    fn run(mut self, shared: &Ring) {
        let mut fresh: Vec<Box<dyn Flight>> = Vec::new();
        let mut cancellations = Vec::new();
        let mut results = Vec::new();
        let mut over: Vec<(Box<dyn Flight>, io::Result<usize>)> = Vec::new();
        loop {
            let room = MOST_IN_AIR.saturating_sub(self.air.len() + fresh.len());
            let (transfers, idle) = (self.transfers, self.air.is_empty());
            if shared.inbox.collect(&mut fresh, &mut cancellations, room, transfers, idle) {
                // A burst is over: its room is given back.
                self.air.shrink_to(BATCH);
                self.ending.shrink_to(BATCH);
                fresh.shrink_to(BATCH);
                cancellations.shrink_to(BATCH);
                results.shrink_to(BATCH);
                over.shrink_to(BATCH);
            }
            for flight in fresh.drain(..) {
                self.launch(flight);
            }
            for name in cancellations.drain(..) {
                // Not for one that has ended meanwhile.
                if self.air.contains_key(&name) {
                    self.ending.insert(name);
                    let entry = opcode::AsyncCancel::new(name).build().user_data(CANCELLATION);
                    // SAFETY: an entry without memory.
                    unsafe { self.push(&entry) };
                } else if let Some(flight) = shared.pool.withdraw(name) {
                    // Handed over since whoever cancels looked there.
                    finish(flight, Err(Errno::CANCELED.into()), false);
                }
            }
            self.listen(shared);
            self.enter(1);
            shared.inbox.woke();
            self.harvest(&mut results);
            for (name, answer) in results.drain(..) {
                let Some(mut flight) = self.air.remove(&name) else { continue };
                self.transfers -= usize::from(flight.is_transfer());
                let ends = self.ending.remove(&name);
                match next(&mut *flight, answer, ends) {
                    Next::Over(result) => over.push((flight, result)),
                    Next::Again => fresh.push(flight),
                    Next::ByThread => {
                        if let Err(Refusal { error, flight }) = shared.pool.submit(flight) {
                            finish(flight, Err(error), false);
                        }
                    }
                }
            }
            let mut over = over.drain(..).peekable();
            while let Some((flight, result)) = over.next() {
                let port = flight.port();
                let follows = over.peek().is_some_and(|(next, _)| next.port() == port);
                let untold = !over.len().is_multiple_of(MOST_UNTOLD);
                finish(flight, result, port.is_some() && follows && untold);
            }
        }
    }

    /// Gives a flight's next call to the kernel with the next entry.
    fn launch(&mut self, mut flight: Box<dyn Flight>) {
        let call = flight.call();
        let mut entry = entry(call, Fd(flight.fd().as_raw_fd())).user_data(flight.name());
        if flight.blocks_submission() {
            // By a worker of the kernel, which may wait as long as it likes; this thread has the others to look after.
            entry = entry.flags(Flags::ASYNC);
        }
        self.transfers += usize::from(flight.is_transfer());
        self.air.insert(flight.name(), flight);
        // SAFETY: the entry's vectors and memory belong to the flight, which is in `air` until its completion
        // (invariant 2). Moving its box into the map does not move what is in it.
        unsafe { self.push(&entry) };
    }

    /// Listens for the bell with the next entry, if that is not so already.
    fn listen(&mut self, shared: &Ring) {
        if !self.listening {
            let place: *mut u8 = (&raw mut *self.rung).cast();
            let entry = opcode::Read::new(Fd(shared.bell.as_raw_fd()), place, 8).build();
            // SAFETY: the box lives as long as the owner, that is, as the process; nobody looks into it.
            unsafe { self.push(&entry.user_data(BELL)) };
            self.listening = true;
        }
    }

    /// # Safety
    /// What the entry names must stay until its completion was harvested.
    unsafe fn push(&mut self, entry: &Entry) {
        loop {
            // SAFETY: as the caller has promised.
            if unsafe { self.ring.submission().push(entry) }.is_ok() {
                return;
            }
            self.enter(0);
        }
    }

    /// Submits, and waits until there are `want` completions.
    fn enter(&mut self, want: usize) {
        loop {
            match self.ring.submit_and_wait(want) {
                Ok(_) => return,
                // Completions have to be taken first, for want of room for them.
                Err(error) if error.raw_os_error() == Some(libc::EBUSY) => return,
                Err(error) if error.raw_os_error() == Some(libc::EINTR) => {}
                Err(error) => {
                    // For want of memory mostly. What is in the air cannot be given up.
                    log::error!("files: io_uring_enter: {error}");
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
            }
        }
    }

    fn harvest(&mut self, results: &mut Vec<(u64, Result<usize, Errno>)>) {
        for completion in self.ring.completion() {
            match completion.user_data() {
                BELL => self.listening = false,
                CANCELLATION => {}
                name => {
                    let answer = usize::try_from(completion.result())
                        .map_err(|_| Errno::from_raw_os_error(-completion.result()));
                    results.push((name, answer));
                }
            }
        }
    }
}

impl Drop for Owner {
    /// Only a broken invariant gets here, since [`Owner::run`] does not return. Nobody would end what is in the air, and its
    /// memory must not be freed while the kernel may write to it.
    fn drop(&mut self) {
        std::process::abort();
    }
}

/// What becomes of a flight.
enum Next {
    Over(io::Result<usize>),
    Again,
    /// Its descriptor says that it does not wait (O_NONBLOCK): a thread can.
    ByThread,
}

/// The kernel has answered a call of a flight; `ends`: its end was asked for.
///
/// A request to cancel reaches one call. One that a worker of the kernel is in is interrupted, and answers EINTR, or with what
/// it has moved so far (a sync of a file whose server does not answer does so, seen on 6.18). Then nothing more is asked of
/// the kernel: nobody would cancel the next call.
fn next(flight: &mut dyn Flight, answer: Result<usize, Errno>, ends: bool) -> Next {
    let waits = answer == Err(Errno::AGAIN);
    match if waits { None } else { flight.answer(answer) } {
        Some(result) => Next::Over(result),
        None if ends => Next::Over(Err(Errno::CANCELED.into())),
        None if waits => Next::ByThread,
        None => Next::Again,
    }
}

/// A call as a submission.
fn entry(call: Call, fd: Fd) -> Entry {
    match call {
        Call::Read(vectors, offset) => {
            match vectors.single() {
                // The kernel need not copy the vector.
                Some((start, length)) => {
                    opcode::Read::new(fd, start, length).offset(offset).build()
                }
                None => opcode::Readv::new(fd, vectors.first, vectors.count).offset(offset).build(),
            }
        }
        Call::Write(vectors, offset) => {
            opcode::Writev::new(fd, vectors.first, vectors.count).offset(offset).build()
        }
        // By a worker of the kernel at once: a try that does not wait might write a part, and the rest behind
        // somebody else's record.
        Call::Append(vectors) => opcode::Writev::new(fd, vectors.first, vectors.count)
            .rw_flags(libc::RWF_APPEND)
            .build()
            .flags(Flags::ASYNC),
        Call::Sync { data_only } => {
            let flags = if data_only { FsyncFlags::DATASYNC } else { FsyncFlags::empty() };
            opcode::Fsync::new(fd).flags(flags).build()
        }
        Call::SetLen(length) => opcode::Ftruncate::new(fd, length).build(),
        Call::Lock(..) => unreachable!("performs() says no"),
    }
}
