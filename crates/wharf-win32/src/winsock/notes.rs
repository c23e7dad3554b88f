//! What the synchronous calls remember of a socket: one part of its record.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Instant;

use super::kernel;
use super::notify::Registration;
use super::options::Name;
use super::selection::Selection;
use crate::socket::record::Record;

/// One socket's. Read and written under its slot's lock.
#[derive(Default)]
pub(crate) struct Notes {
    /// When it was connected, for SO_CONNECT_TIME (D28).
    pub(crate) connected_at: Option<Instant>,
    /// Who it was connected to: the kernel forgets the peer with the connection.
    pub(crate) peer: Option<SocketAddr>,
    /// A connect is under way that nobody waits for: a synchronous one of a non-blocking socket.
    pub(crate) connecting: bool,
    /// Why such a connect failed, until SO_ERROR, WSAEnumNetworkEvents or the next connect.
    pub(crate) connect_error: u32,
    /// The stream is to be ended when what is pending has been sent (D50).
    pub(crate) end_due: bool,
    /// SO_REUSEADDR and SO_EXCLUSIVEADDRUSE, as the program has set them (D79).
    pub(crate) reuse: bool,
    pub(crate) exclusive: bool,
    /// It was bound to whatever port is free: the kernel takes that back when a connection is reset.
    pub(crate) any_port: bool,
    /// SO_SNDBUF and SO_RCVBUF as the program has set them; the kernel answers other numbers.
    pub(crate) send_buffer: Option<u32>,
    pub(crate) receive_buffer: Option<u32>,
    /// Options that change nothing here, but are read back as they were set.
    pub(crate) plain_options: Vec<(i32, i32, u32)>,
    /// Options that the program has set and the kernel keeps: see `options::carry`.
    pub(crate) own_options: Vec<Name>,
    /// Connections that WSAAccept's condition function put off (CF_DEFER).
    pub(crate) deferred: VecDeque<OwnedFd>,
    /// What WSAEventSelect asked for.
    pub(crate) selection: Option<Box<Selection>>,
    /// What ProcessSocketNotifications asked for.
    pub(crate) registration: Option<Box<Registration>>,
}

impl Notes {
    /// It has been connected just now.
    pub(crate) fn connected(&mut self, peer: Option<SocketAddr>) {
        self.connected_at = Some(Instant::now());
        self.peer = peer;
        self.connecting = false;
        self.connect_error = 0;
    }

    /// What a connection has of its listener's (D27). Most is the kernel's to inherit.
    pub(crate) fn inherited(&self) -> Self {
        Self {
            reuse: self.reuse,
            send_buffer: self.send_buffer,
            receive_buffer: self.receive_buffer,
            plain_options: self.plain_options.clone(),
            own_options: self.own_options.clone(),
            ..Self::default()
        }
    }
}

impl Record {
    /// A connect has ended well.
    pub(crate) fn note_connected(&mut self) {
        (self.connected, self.active) = (true, true);
        let peer = kernel::peer(self.fd);
        self.notes.connected(peer);
    }
}
