//! What is counted, and the check of a packet.

use std::fmt;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize};

use rustix::io::Errno;
use wharf::{Packet, Stream};

/// What an operation is called: its payload, which is counted while it lives.
pub(crate) struct Ticket {
    pub(crate) world: Arc<World>,
    /// Unique in a run: the thread and its round.
    pub(crate) serial: usize,
    pub(crate) key: usize,
    /// What the peer of this handle sends.
    pub(crate) tag: u8,
    /// The most that it may receive; `None` if it is no receive.
    pub(crate) room: Option<usize>,
    /// Sometimes the operation owns a handle, as it does in real servers.
    pub(crate) _owned: Option<Stream<Ticket>>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.world.alive.fetch_sub(1, SeqCst);
    }
}

/// The counts of a run.
pub(crate) struct World {
    /// Packets per serial number.
    packets: Vec<AtomicU8>,
    pub(crate) accepted: AtomicUsize,
    pub(crate) refused: AtomicUsize,
    pub(crate) alive: AtomicUsize,
    taken: AtomicUsize,
    done: AtomicUsize,
    cancelled: AtomicUsize,
    late: AtomicUsize,
    over: AtomicBool,
}

impl World {
    pub(crate) fn new(rounds: usize) -> World {
        World {
            packets: (0..rounds).map(|_| AtomicU8::new(0)).collect(),
            accepted: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            alive: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            cancelled: AtomicUsize::new(0),
            late: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        }
    }

    /// Operations that have no packet yet. Fewer than none for a moment: a packet may be taken before its operation is
    /// counted.
    pub(crate) fn pending(&self) -> isize {
        self.accepted.load(SeqCst).cast_signed() - self.taken.load(SeqCst).cast_signed()
    }

    /// To be asked when nobody issues any more.
    pub(crate) fn is_settled(&self) -> bool {
        self.pending() == 0
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    pub(crate) fn end(&self) {
        self.over.store(true, SeqCst);
    }

    /// A failed check ends the run for all threads.
    pub(crate) fn stop_others_if_it_fails(&self, call: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
            self.end();
            resume_unwind(panic);
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = |count: &AtomicUsize| count.load(SeqCst);
        let (taken, done) = (read(&self.taken), read(&self.done));
        let (cancelled, late) = (read(&self.cancelled), read(&self.late));
        write!(
            f,
            "{} operations accepted, {} refused; {taken} packets: {done} done, {cancelled} cancelled, {late} out of \
             time, {} failed",
            read(&self.accepted),
            read(&self.refused),
            taken - done - cancelled - late,
        )
    }
}

/// Errors that an operation may end with here.
const KNOWN: [Errno; 13] = [
    Errno::CANCELED,
    Errno::CONNABORTED,
    Errno::CONNRESET,
    Errno::CONNREFUSED,
    Errno::MSGSIZE,
    Errno::PIPE,
    Errno::TIMEDOUT,
    Errno::NOTCONN,
    Errno::SHUTDOWN,
    Errno::NODATA,
    Errno::ADDRNOTAVAIL,
    Errno::NOBUFS,
    Errno::AGAIN, // a lock that somebody else has
];

/// One packet: it must be the only one, and about what it says.
pub(crate) fn check(packet: Packet<Ticket>) {
    let cancelled = packet.was_cancelled();
    let Packet { key, payload: ticket, result, transferred, buffer, socket, .. } = packet;
    let world = Arc::clone(&ticket.world);
    let before = world.packets[ticket.serial].fetch_add(1, SeqCst);
    assert_eq!(before, 0, "a second packet for {}", ticket.serial);
    assert_eq!(key, ticket.key, "the key of the handle");
    if let Some(room) = ticket.room {
        let bytes = buffer.to_vec();
        assert!(
            bytes.iter().all(|byte| *byte == ticket.tag),
            "bytes of another connection, or of none"
        );
        assert!(bytes.len() <= room, "no more than there is room");
        assert!(bytes.len() == transferred || result.is_err());
    }
    match &result {
        Ok(bytes) => {
            assert_eq!(*bytes, transferred);
            world.done.fetch_add(1, SeqCst);
        }
        Err(_) if cancelled => drop(world.cancelled.fetch_add(1, SeqCst)),
        Err(error) => {
            let errno = Errno::from_io_error(error);
            let is_known = errno.is_some_and(|errno| KNOWN.contains(&errno));
            assert!(is_known || error.kind() == ErrorKind::UnexpectedEof, "{error}");
            if errno == Some(Errno::TIMEDOUT) {
                world.late.fetch_add(1, SeqCst);
            }
        }
    }
    drop((socket, buffer, ticket));
    world.taken.fetch_add(1, SeqCst);
}
