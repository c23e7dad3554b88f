//! What is known of one socket.
//!
//! Its descriptor is non-blocking for good: blocking is how a call waits, and a property of the record.

#![allow(unsafe_code)] // getsockname

use std::os::fd::RawFd;

use wharf::Watched;

use crate::overlapped::Io;
use crate::winsock::Notes;
use crate::winsock::sockaddr::Address;

/// One socket. Everything is read and written under its slot's lock.
pub(crate) struct Record {
    pub(crate) fd: RawFd,
    /// Further descriptors of it, by which it has further SOCKETs.
    pub(crate) doubles: Vec<RawFd>,
    /// Tells it from earlier sockets with this descriptor.
    pub(crate) generation: u32,
    /// The kernel's numbers.
    pub(crate) family: i32,
    pub(crate) kind: i32,
    pub(crate) protocol: i32,
    /// Made with WSA_FLAG_OVERLAPPED (D5).
    pub(crate) overlapped: bool,
    /// Made with WSA_FLAG_REGISTERED_IO: the name of its request queue, or 0 as long as it has none.
    pub(crate) registered: Option<usize>,
    /// Synchronous calls wait; false after FIONBIO. Overlapped calls never look (C28).
    pub(crate) blocking: bool,
    /// SO_RCVTIMEO and SO_SNDTIMEO, in milliseconds; 0 is without end. Overlapped calls never look (C28).
    pub(crate) receive_timeout: u32,
    pub(crate) send_timeout: u32,
    /// A stream has a peer, or had one. Set by whatever call connects it.
    pub(crate) connected: bool,
    /// By a connect of its own, and not by an accept.
    pub(crate) active: bool,
    /// An AcceptEx of this listener is to put its connection here (D22, D23).
    pub(crate) accepting: Option<Watched>,
    /// Not inherited by programs that this one starts (D9).
    pub(crate) private: bool,
    /// Another process has it too, or has been offered it: a close of this one's leaves the connection alone (D12).
    pub(crate) shared: bool,
    /// It comes from another process, which had associated it with a port of its own (A6, A7).
    pub(crate) bound_elsewhere: bool,
    /// Known to have a local address, which it keeps.
    pub(crate) bound: bool,
    /// `listen` has been called.
    pub(crate) listening: bool,
    /// The program has shut a direction down (D50). The kernel is not told of the receiving one (D51).
    pub(crate) shut_in: bool,
    pub(crate) shut_out: bool,
    /// The peer's end of stream has been received.
    pub(crate) finished: bool,
    /// SIO_UDP_CONNRESET: a datagram that found no receiver is told of by a later receive (D62, D63).
    pub(crate) reports: bool,
    /// The overlapped operations.
    pub(crate) io: Io,
    /// What the synchronous calls remember.
    pub(crate) notes: Notes,
}

impl Record {
    pub(crate) fn new(fd: RawFd, generation: u32, family: i32, kind: i32, protocol: i32) -> Self {
        Record {
            fd,
            doubles: Vec::new(),
            generation,
            family,
            kind,
            protocol,
            overlapped: true,
            registered: None,
            blocking: true,
            receive_timeout: 0,
            send_timeout: 0,
            connected: false,
            active: false,
            accepting: None,
            private: false,
            shared: false,
            bound_elsewhere: false,
            bound: false,
            listening: false,
            shut_in: false,
            shut_out: false,
            finished: false,
            reports: true,
            io: Io::default(),
            notes: Notes::default(),
        }
    }

    /// Whether a stream has, or had, a peer, by whomever it was connected.
    pub(crate) fn is_connected(&mut self) -> bool {
        if !self.connected {
            let mut address = Address::empty();
            let (name, length) = address.for_answer();
            // SAFETY: room for any address.
            self.connected = unsafe { libc::getpeername(self.fd, name, length) } == 0;
        }
        self.connected
    }

    /// Whether `listen` has been called, by whomever.
    pub(crate) fn is_listening(&mut self) -> bool {
        if !self.listening && self.is_stream() {
            let (mut listens, mut length) = (0_i32, 4);
            let (level, name) = (libc::SOL_SOCKET, libc::SO_ACCEPTCONN);
            let value = (&raw mut listens).cast();
            // SAFETY: room for a number.
            unsafe { libc::getsockopt(self.fd, level, name, value, &raw mut length) };
            self.listening = listens != 0;
        }
        self.listening
    }

    /// Whether a datagram could be received: the socket has a port, by bind or by a send (D65).
    pub(crate) fn is_bound(&mut self) -> bool {
        if self.bound || self.family == libc::AF_UNIX || self.kind == libc::SOCK_RAW {
            return true;
        }
        let mut address = Address::empty();
        let (name, length) = address.for_answer();
        // SAFETY: room for any address.
        let known = unsafe { libc::getsockname(self.fd, name, length) } == 0;
        self.bound = known && address.port() != Some(0);
        self.bound
    }

    #[inline]
    pub(crate) fn is_stream(&self) -> bool {
        self.kind == libc::SOCK_STREAM
    }
}
