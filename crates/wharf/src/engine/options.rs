//! Options: what a datagram socket reports beside its datagrams, and how a stream is closed.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use libc::{IPPROTO_IP, IPPROTO_IPV6, SOL_SOCKET, SOL_UDP, c_int};
use rustix::io::Errno;
use rustix::net::AddressFamily;
use rustix::net::sockopt::{set_socket_linger, socket_domain};

use super::control::{SO_TIMESTAMPNS, UDP_GRO};
use super::message::set_option;
use super::socket::Socket;
use crate::sync::lock;

/// A kind of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    PacketInfo,
    Timestamps,
    Coalescing,
    HopLimits,
    TrafficClasses,
}

impl Report {
    /// Turns it on or off.
    pub(crate) fn set(self, fd: BorrowedFd<'_>, on: bool) -> Result<(), Errno> {
        let six = socket_domain(fd)? == AddressFamily::INET6;
        let set = |level, option| set_option(fd, level, option, c_int::from(on));
        let by_family = |four, of_six| {
            if six { set(IPPROTO_IPV6, of_six) } else { set(IPPROTO_IP, four) }
        };
        match self {
            Report::PacketInfo => by_family(libc::IP_PKTINFO, libc::IPV6_RECVPKTINFO),
            Report::HopLimits => by_family(libc::IP_RECVTTL, libc::IPV6_RECVHOPLIMIT),
            Report::TrafficClasses => by_family(libc::IP_RECVTOS, libc::IPV6_RECVTCLASS),
            Report::Timestamps => set(SOL_SOCKET, SO_TIMESTAMPNS),
            Report::Coalescing => set(SOL_UDP, UDP_GRO),
        }
    }
}

impl<T: Send + 'static> Socket<T> {
    /// What the close does with data that is still to be sent (D78).
    pub(crate) fn set_linger(&self, time: Option<Duration>) -> Result<(), Errno> {
        let mut state = lock(&self.state);
        let fd = state.fd.as_ref().expect("open while a handle lives");
        set_socket_linger(fd, time)?;
        state.lingers = time.is_some_and(|time| !time.is_zero());
        Ok(())
    }

    /// Whether receives are told that nobody was there (D63).
    pub(crate) fn report_unreachable(&self, wanted: bool) {
        lock(&self.state).refusals.set_wanted(wanted);
    }
}
