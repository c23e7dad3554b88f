//! Datagram sockets.

use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use crate::engine::{MessageSend, Report, Socket, Work};
use crate::{Ancillary, Buffer, Handle, OperationId, Refused};

/// A datagram socket on a port: UDP, or Unix.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use std::net::UdpSocket;
/// let port = wharf::Port::new(1)?;
/// let a = port.associate(UdpSocket::bind("127.0.0.1:0")?, 1)?;
/// let b = UdpSocket::bind("127.0.0.1:0")?;
/// a.send_to("ping", b.local_addr()?, "sent")?;
/// assert_eq!(port.get(None)?.payload, "sent");
/// a.recv_from(Vec::with_capacity(64), "received")?;
/// b.send_to(b"pong", a.local_addr()?)?;
/// let packet = port.get(None)?;
/// assert_eq!(packet.peer(), Some(b.local_addr()?));
/// assert_eq!(packet.buffer.into_vec(), b"pong");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Datagram<T: Send + 'static> {
    handle: Handle<T>,
}

impl<T: Send + 'static> Datagram<T> {
    pub(crate) fn new(socket: Arc<Socket<T>>) -> Self {
        Datagram { handle: Handle::new(socket) }
    }

    /// Receives one datagram into one vector; its sender is [`Packet::peer`](crate::Packet::peer).
    ///
    /// A datagram that is longer than the vector's capacity fills it, the rest is lost, and the packet says
    /// `EMSGSIZE` (contract D58). A datagram of 0 bytes is a success with 0 (D60).
    ///
    /// # Errors
    /// No packet comes, and buffer and payload are in the error: `InvalidInput` for a buffer of another kind;
    /// `ECANCELED` if the port is closed; `ConnectionRefused` if an earlier send has met nobody, see
    /// [`report_unreachable`](Datagram::report_unreachable).
    #[inline]
    pub fn recv_from(&self, buffer: Vec<u8>, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue_into(buffer.into(), payload, Work::ReceiveFrom)
    }

    /// Sends one datagram to an address.
    ///
    /// # Errors
    /// No packet comes: `EMSGSIZE` if it is too long, the errors of sendto(2).
    #[inline]
    pub fn send_to(
        &self,
        buffer: impl Into<Buffer>,
        to: SocketAddr,
        payload: T,
    ) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::SendTo(buffer.into(), Some(Box::new(to))))
    }

    /// Sends one datagram to the connected peer.
    ///
    /// # Errors
    /// As [`send_to`](Datagram::send_to); `EDESTADDRREQ` if there is no peer.
    pub fn send(&self, buffer: impl Into<Buffer>, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue(payload, Work::SendTo(buffer.into(), None))
    }

    /// Receives one datagram with its control data: [`Packet::ancillary`](crate::Packet::ancillary) has what the socket
    /// was told to report, by the setters below (contract D67).
    ///
    /// # Errors
    /// As [`recv_from`](Datagram::recv_from).
    pub fn recv_msg(&self, buffer: Vec<u8>, payload: T) -> Result<OperationId, Refused<T>> {
        self.handle.issue_into(buffer.into(), payload, Work::ReceiveMessage)
    }

    /// Sends one datagram, or with [`segment`](Ancillary::segment) several of one length, to an address or, for `None`,
    /// to the connected peer, with control data (contract D68).
    ///
    /// # Errors
    /// As [`send_to`](Datagram::send_to); `InvalidInput` for control data of the other family, or more segments than the
    /// kernel takes (128).
    pub fn send_msg(
        &self,
        buffer: impl Into<Buffer>,
        to: Option<SocketAddr>,
        ancillary: Ancillary,
        payload: T,
    ) -> Result<OperationId, Refused<T>> {
        let parts = MessageSend { buffer: buffer.into(), to, ancillary };
        self.handle.issue(payload, Work::SendMessage(Box::new(parts)))
    }

    /// Whether [`recv_msg`](Datagram::recv_msg) tells the address that a datagram was sent to, and the interface
    /// (ip(7), IP_PKTINFO; ipv6(7), IPV6_RECVPKTINFO).
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_packet_info(&self, on: bool) -> io::Result<()> {
        self.report(Report::PacketInfo, on)
    }

    /// Whether [`recv_msg`](Datagram::recv_msg) tells when a datagram came, to the nanosecond (socket(7), SO_TIMESTAMPNS).
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_timestamps(&self, on: bool) -> io::Result<()> {
        self.report(Report::Timestamps, on)
    }

    /// Whether one receive may take several datagrams of one sender and length (udp(7), UDP_GRO):
    /// [`Ancillary::segment`] says their length. Give receives room for 64 KiB then.
    ///
    /// # Errors
    /// Those of setsockopt(2); it needs Linux 5.0.
    pub fn set_coalescing(&self, on: bool) -> io::Result<()> {
        self.report(Report::Coalescing, on)
    }

    /// Whether [`recv_msg`](Datagram::recv_msg) tells how many routers a datagram might still have passed.
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_hop_limits(&self, on: bool) -> io::Result<()> {
        self.report(Report::HopLimits, on)
    }

    /// Whether [`recv_msg`](Datagram::recv_msg) tells the traffic class.
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_traffic_classes(&self, on: bool) -> io::Result<()> {
        self.report(Report::TrafficClasses, on)
    }

    fn report(&self, report: Report, on: bool) -> io::Result<()> {
        Ok(self.with_fd(|fd| report.set(fd, on))?)
    }

    /// Whether receives fail with `ConnectionRefused` once for each earlier send whose receiver's host answered that
    /// nobody is there (contract D62, D63). They do unless told otherwise; sends never fail for it (D64).
    pub fn report_unreachable(&self, on: bool) {
        self.handle.socket().report_unreachable(on);
    }

    /// Sets the peer: sends go there, and only its datagrams are received (contract D66). At once, without
    /// a packet.
    ///
    /// # Errors
    /// Those of connect(2).
    pub fn connect(&self, to: SocketAddr) -> io::Result<()> {
        Ok(self.with_fd(|fd| rustix::net::connect(fd, &to))?)
    }
}

impl<T: Send + 'static> Clone for Datagram<T> {
    fn clone(&self) -> Self {
        Datagram { handle: self.handle.clone() }
    }
}

impl<T: Send + 'static> Deref for Datagram<T> {
    type Target = Handle<T>;

    fn deref(&self) -> &Handle<T> {
        &self.handle
    }
}
