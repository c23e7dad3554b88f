//! Completion ports: the four calls, and what binds a handle to a port.
//!
//! | file | subject |
//! |---|---|
//! | `create` | CreateIoCompletionPort |
//! | `get` | GetQueuedCompletionStatus, GetQueuedCompletionStatusEx |
//! | `bound` | what a file remembers about ports |
//! | `post` | PostQueuedCompletionStatus |
//! | `wait_packet` | NtCreateWaitCompletionPacket and its kin |
//! | `waitable` | waiting for a port itself |
//! | `lookup` | from a HANDLE to its port, without a lock |
//! | `system` | GetSystemInfo: how many processors there are |
//!
//! # References
//! Contract A1-A47.

mod bound;
mod create;
mod get;
mod lookup;
mod post;
mod system;
pub(crate) mod wait_packet;
mod waitable;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use wharf::{Concurrency, Options, Packet, Port};
use wharf_core::status::Status;

use crate::object::Object;
use crate::overlapped;
use crate::wait::dispatcher::Dispatcher;
use crate::winsock::notify;

pub(crate) use bound::Bound;
pub use create::CreateIoCompletionPort;
pub(crate) use create::associate;
pub use get::{GetQueuedCompletionStatus, GetQueuedCompletionStatusEx};
pub use post::PostQueuedCompletionStatus;
pub(crate) use system::processors;
pub use system::{GetNativeSystemInfo, GetSystemInfo, SYSTEM_INFO, SYSTEM_INFO_0, SYSTEM_INFO_0_0};
pub use wait_packet::{
    NtAssociateWaitCompletionPacket, NtCancelWaitCompletionPacket, NtCreateWaitCompletionPacket,
};
use waitable::Waitable;

/// What a packet carries beside key and bytes. The OVERLAPPED is a number here: one that was posted by hand is
/// never looked into (A42).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) overlapped: usize,
    pub(crate) status: Status,
    /// What `overlapped` is.
    pub(crate) mark: Mark,
}

/// What the number in an [`Entry`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The OVERLAPPED's address, or what the program calls so.
    Plain,
    /// The name of a notification of a socket, which is asked what it says when it is taken.
    Notice,
    /// The number of a wait completion packet, which may be withdrawn as long as it is not taken.
    Waited,
}

/// A packet as it is told to who takes it; none if there is nothing to tell any more.
#[inline]
fn told(packet: Packet<Entry>) -> Option<Packet<Entry>> {
    if packet.payload.mark == Mark::Plain { Some(packet) } else { told_late(packet) }
}

#[cold]
fn told_late(mut packet: Packet<Entry>) -> Option<Packet<Entry>> {
    let name = packet.payload.overlapped;
    if packet.payload.mark == Mark::Notice {
        packet.transferred = notify::tell(name)?;
        packet.payload.overlapped = 0;
    } else {
        packet.payload = wait_packet::take(name)?;
    }
    Some(packet)
}
// Packets are copied: the mark is in what would be padding.
const _: () = assert!(size_of::<Entry>() == 16);

/// A port, as handles and sockets hold it.
pub(crate) struct IoPort {
    pub(crate) port: Port<Entry>,
    /// Nobody takes its packets any more. SeqCst and set before the sockets are visited: a socket that is not watched
    /// yet then sees it, under its lock.
    closed: Arc<AtomicBool>,
    waitable: Waitable,
}

impl IoPort {
    /// 0 is the number of processors (A10).
    pub(crate) fn new(concurrency: u32) -> std::io::Result<IoPort> {
        let concurrency = match concurrency {
            0 => Concurrency::PerProcessor,
            number => Concurrency::from(number),
        };
        let options = Options { concurrency, ..Options::default() };
        let port = Port::watching(options, overlapped::on_readiness)?;
        Ok(IoPort { port, closed: Arc::default(), waitable: Waitable::default() })
    }

    /// Whether its last handle has been closed.
    pub(crate) fn is_closed(&self) -> bool {
        IoPort::has_closed(&self.closed)
    }

    fn has_closed(closed: &AtomicBool) -> bool {
        closed.load(SeqCst)
    }
}

impl Object for IoPort {
    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        Some(self.dispatcher())
    }

    fn closed(&self, last: bool) {
        if last {
            self.closed.store(true, SeqCst);
            self.port.close();
            self.release_waits();
            overlapped::orphan(self);
        }
    }
}

/// To which port an open file belongs, and by what key (A6-A8, A11).
#[derive(Clone)]
pub(crate) struct Binding {
    pub(crate) port: Arc<IoPort>,
    pub(crate) key: usize,
}
