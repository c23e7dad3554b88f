//! An operation's payload, and the check of its packet.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use rustix::io::Errno;
use wharf::{Packet, Stream};
use wharf_conformance::races::world::{End, World};

/// What an operation is called: its payload, which is counted while it lives.
pub(crate) struct Ticket {
    pub(crate) world: Arc<World>,
    pub(crate) alive: Arc<AtomicUsize>,
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
        self.alive.fetch_sub(1, SeqCst);
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
    let end = match &result {
        Ok(bytes) => {
            assert_eq!(*bytes, transferred);
            End::Done
        }
        Err(_) if cancelled => End::Cancelled,
        Err(error) => {
            let errno = Errno::from_io_error(error);
            let is_known = errno.is_some_and(|errno| KNOWN.contains(&errno));
            assert!(is_known || error.kind() == ErrorKind::UnexpectedEof, "{error}");
            if errno == Some(Errno::TIMEDOUT) { End::Late } else { End::Failed }
        }
    };
    world.ended(ticket.serial, end);
    drop((socket, buffer, ticket));
    world.taken();
}
