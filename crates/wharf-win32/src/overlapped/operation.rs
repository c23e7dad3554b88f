//! What an operation carries, and how its tries end.

#![allow(unsafe_code)] // carries and writes through pointers of the program's

use std::sync::Arc;

use wharf::Watched;
use wharf_core::status::{SocketContext, Status, code, winsock_from_errno};

use super::accept::Accept;
use super::buffers::Buffers;
use super::connect::Connect;
use super::disconnect::Disconnect;
use super::message::Message;
use super::request::Request;
use super::transmit::Transmit;
use crate::file::signal::Signal;
use crate::port::Binding;
use crate::winsock::sockaddr::{Address, SOCKADDR};

/// One operation on a socket.
pub(crate) struct Operation {
    pub(crate) request: Request,
    pub(crate) work: Work,
    /// Bytes so far.
    pub(crate) transferred: usize,
    /// Where an accept that waits for data ends.
    pub(crate) via: Option<Box<Via>>,
}

/// The listener of an accept, as it was when the connection came.
pub(crate) struct Via {
    pub(crate) listener: Watched,
    pub(crate) binding: Option<Binding>,
    pub(crate) modes: u8,
    pub(crate) signal: Arc<Signal>,
}

/// What is to be done. Large and rare parts are boxed: there are two of these inline in every record.
pub(crate) enum Work {
    /// Take what a stream has, or one datagram.
    Receive(Receive),
    /// Send all of it, or one datagram.
    Send(Send),
    Accept(Box<Accept>),
    Connect(Box<Connect>),
    Disconnect(Disconnect),
    Transmit(Box<Transmit>),
    ReceiveMessage(Box<Message>),
    SendMessage(Box<Message>),
}

pub(crate) struct Receive {
    pub(crate) buffers: Buffers,
    /// The kernel's: MSG_PEEK, MSG_OOB.
    pub(crate) flags: i32,
    /// MSG_WAITALL (D46).
    pub(crate) whole: bool,
    /// Where the sender's address goes.
    pub(crate) from: Option<Box<From>>,
}

pub(crate) struct From {
    pub(crate) name: *mut SOCKADDR,
    pub(crate) length: *mut i32,
}

// SAFETY: memory that the program lends to the operation until its end (D61), wherever that comes.
unsafe impl std::marker::Send for From {}

pub(crate) struct Send {
    pub(crate) buffers: Buffers,
    /// The kernel's: MSG_OOB, MSG_DONTROUTE.
    pub(crate) flags: i32,
    pub(crate) to: Option<Box<Address>>,
}

impl Operation {
    /// Whether a success without bytes is the end of the stream (D42).
    pub(crate) fn is_at_end(&self) -> bool {
        self.work.has_room()
    }
}

impl Work {
    /// Whether it waits for the peer's end of stream.
    pub(crate) fn is_ending(&self) -> bool {
        match self {
            Work::Disconnect(_) => true,
            Work::Transmit(transmit) => transmit.is_ending(),
            _ => false,
        }
    }

    /// Whether its success leaves a socket that can be connected again (D40, D73).
    pub(crate) fn reuses(&self) -> bool {
        match self {
            Work::Disconnect(disconnect) => disconnect.reuse,
            Work::Transmit(transmit) => transmit.reuses(),
            _ => false,
        }
    }

    /// Whether it is a receive that could take something: then 0 bytes are the end of a stream.
    pub(crate) fn has_room(&self) -> bool {
        matches!(self, Work::Receive(receive) if receive.buffers.len() > 0)
    }

    /// Which of a socket's two FIFOs it belongs to.
    pub(crate) fn is_input(&self) -> bool {
        matches!(self, Work::Receive(_) | Work::Accept(_) | Work::ReceiveMessage(_))
    }
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Errno(i32, SocketContext),
    Status(Status),
}

impl Fault {
    pub(crate) fn errno(errno: i32) -> Fault {
        Fault::Errno(errno, SocketContext::Plain)
    }

    /// For a call that fails at once.
    pub(crate) fn winsock(self) -> u32 {
        match self {
            Fault::Errno(errno, context) => winsock_from_errno(errno, context),
            Fault::Status(status) => status.winsock(),
        }
    }

    /// For an operation that ends later.
    pub(crate) fn status(self) -> Status {
        match self {
            Fault::Errno(errno, context) => Status::from_socket_errno(errno, context),
            Fault::Status(status) => status,
        }
    }
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// Over. `exhausted`: the descriptor has no more for now.
    Done { bytes: usize, exhausted: bool },
    /// Over, in failure: the call's own if this is its first try.
    Failed(Fault),
    /// Over, in failure that is told by the completion even if this is the first try (C25).
    FailedLate(Fault, usize),
    /// Nothing to be had for now; part of a transfer may be done.
    Later,
}

/// What a call answers for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Issued {
    /// It is over, with so many bytes; its packet is queued if one is wanted.
    Done(usize),
    /// WSA_IO_PENDING.
    Pending,
}

impl Issued {
    /// The answer of a Winsock call, which stores the bytes of what is done (C16, C17, C26).
    ///
    /// # Safety
    /// `bytes` is null or valid for writes.
    pub(crate) unsafe fn answer(self, bytes: *mut u32) -> Result<i32, u32> {
        match self {
            Issued::Done(count) => {
                if !bytes.is_null() {
                    // SAFETY: valid.
                    unsafe { bytes.write(u32::try_from(count).unwrap_or(u32::MAX)) };
                }
                Ok(0)
            }
            Issued::Pending => Err(code::WSA_IO_PENDING),
        }
    }
}
