//! What a pending operation carries, and how it becomes its packet.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::io::Errno;
use wharf_core::operation::Phase;
use wharf_core::timers::TimerKey;

use crate::{Ancillary, Buffer, Packet};

/// What is to be done. Large and rare parts are boxed: there are two of these inline in every socket.
#[derive(Debug)]
pub(crate) enum Work {
    /// Fill the buffer with what a stream has; without room, wait until it has something.
    Receive(Buffer),
    /// Take one datagram, and its sender.
    ReceiveFrom(Buffer),
    /// Send all of it.
    Send(Buffer),
    /// Send one datagram, to this address or to the connected peer.
    SendTo(Buffer, Option<Box<SocketAddr>>),
    /// Take one connection.
    Accept,
    /// Connect to this address; the flag says that the kernel has been asked.
    Connect(Box<SocketAddr>, bool),
    /// Take one connection, and its first data.
    AcceptData(Buffer),
    /// Connect, then go on as a [`Work::Send`].
    ConnectData(Box<ConnectData>),
    /// End the connection, `reuse`: so that the socket may be connected again. `asked`: the end has been sent.
    Disconnect { reuse: bool, asked: bool },
    /// Send a range of a file between two buffers.
    SendFile(Box<FileSend>),
    /// Send one urgent byte.
    SendUrgent(u8),
    /// Take the urgent byte of a stream.
    ReceiveUrgent(Vec<u8>),
    /// Wait until something can be read.
    Readable,
    /// Wait until something can be written.
    Writable,
    /// Take one datagram, its sender and its control data.
    ReceiveMessage(Buffer),
    /// Send one datagram with control data.
    SendMessage(Box<MessageSend>),
}

/// What is known of a connection or a datagram beside its bytes.
#[derive(Debug, Default)]
pub(crate) struct About {
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) ancillary: Option<Box<Ancillary>>,
}

/// What a message carries.
#[derive(Debug)]
pub(crate) struct MessageSend {
    pub(crate) buffer: Buffer,
    pub(crate) to: Option<SocketAddr>,
    pub(crate) ancillary: Ancillary,
}

/// What a connect with data carries.
#[derive(Debug)]
pub(crate) struct ConnectData {
    pub(crate) to: SocketAddr,
    /// The kernel has been asked to connect.
    pub(crate) asked: bool,
    pub(crate) data: Buffer,
}

/// What a send of a file carries, and how far it is.
#[derive(Debug, Default)]
pub(crate) struct FileSend {
    pub(crate) head: Buffer,
    pub(crate) head_sent: usize,
    pub(crate) file: Option<Arc<File>>,
    /// Where the next byte of the file is.
    pub(crate) offset: u64,
    pub(crate) file_sent: u64,
    /// What is still to be sent of it.
    pub(crate) file_left: u64,
    /// The end of the file is the end of the range.
    pub(crate) to_end: bool,
    /// The socket is known to be non-blocking.
    pub(crate) prepared: bool,
    /// The file never waits for a disk; `None` until that was asked.
    pub(crate) immediate: Option<bool>,
    /// So many of the next bytes have been brought to memory for the next try.
    pub(crate) warmed: u64,
    pub(crate) tail: Buffer,
    pub(crate) tail_sent: usize,
}

impl FileSend {
    /// Bytes so far, of all parts.
    pub(crate) fn transferred(&self) -> usize {
        self.head_sent + self.tail_sent + usize::try_from(self.file_sent).unwrap_or(usize::MAX)
    }

    /// Whether nothing follows the head.
    pub(crate) fn ends_with_head(&self) -> bool {
        (self.file.is_none() || self.file_left == 0) && self.tail.is_empty()
    }
}

/// One accepted operation: owner of its buffer and payload until its packet (contract A47, C31).
#[derive(Debug)]
pub(crate) struct Operation<T> {
    pub(crate) payload: T,
    /// Where it stands; the packet that it becomes is its completion.
    phase: Phase,
    pub(crate) work: Work,
    /// Bytes so far.
    pub(crate) transferred: usize,
    /// The deadline that is set for it.
    pub(crate) deadline: Option<TimerKey>,
    /// What an accept has taken, or who sent a datagram.
    pub(crate) about: Option<Box<About>>,
    pub(crate) socket: Option<OwnedFd>,
}

impl<T> Operation<T> {
    pub(crate) fn new(payload: T, work: Work) -> Self {
        Operation {
            payload,
            phase: Phase::Accepted,
            work,
            transferred: 0,
            deadline: None,
            about: None,
            socket: None,
        }
    }

    /// It waits for its turn, or for the peer.
    pub(crate) fn suspend(&mut self) {
        self.phase = self.phase.to(Phase::Pending).expect("an operation is queued once");
    }

    /// The end of the operation.
    pub(crate) fn into_packet(self, key: usize, result: Result<usize, Errno>) -> Packet<T> {
        self.phase.to(Phase::Completed).expect("an operation ends once");
        let cut = self.work.is_input() && result.is_err();
        let mut buffer = self.work.into_buffer();
        if cut {
            buffer.truncate(self.transferred); // what was in it before is no data
        }
        Packet {
            key,
            payload: self.payload,
            transferred: self.transferred,
            buffer,
            socket: self.socket.filter(|_| result.is_ok()),
            about: self.about,
            result: result.map_err(io::Error::from),
        }
    }
}

impl Work {
    pub(crate) fn into_buffer(self) -> Buffer {
        match self {
            Work::Receive(buffer)
            | Work::ReceiveFrom(buffer)
            | Work::Send(buffer)
            | Work::SendTo(buffer, _)
            | Work::AcceptData(buffer)
            | Work::ReceiveMessage(buffer) => buffer,
            Work::SendMessage(parts) => parts.buffer,
            Work::ConnectData(parts) => parts.data,
            Work::SendFile(parts) => parts.head,
            Work::ReceiveUrgent(bytes) => bytes.into(),
            Work::Accept
            | Work::Connect(..)
            | Work::Disconnect { .. }
            | Work::SendUrgent(_)
            | Work::Readable
            | Work::Writable => Buffer::default(),
        }
    }

    /// Which of a socket's two FIFOs it belongs to.
    pub(crate) fn is_input(&self) -> bool {
        match self {
            Work::Receive(_)
            | Work::ReceiveFrom(_)
            | Work::ReceiveMessage(_)
            | Work::Accept
            | Work::AcceptData(_)
            | Work::ReceiveUrgent(_)
            | Work::Readable => true,
            Work::Send(_)
            | Work::SendTo(..)
            | Work::SendMessage(_)
            | Work::SendFile(_)
            | Work::SendUrgent(_)
            | Work::Writable
            | Work::Connect(..)
            | Work::ConnectData(_)
            | Work::Disconnect { .. } => false,
        }
    }

    /// Whether it makes the socket's connection.
    pub(crate) fn is_connect(&self) -> bool {
        matches!(self, Work::Connect(..) | Work::ConnectData(_))
    }

    /// Whether it ends the socket's connection; it needs neither room nor a connection that works.
    pub(crate) fn is_disconnect(&self) -> bool {
        matches!(self, Work::Disconnect { .. })
    }
}
