//! "Nobody is there": answers to datagrams, which are told to receives and never to sends (contract D62-D64).
//!
//! The kernel keeps the answers (ICMP port unreachable) in the socket's error queue if it is asked to (IP_RECVERR), also
//! for sockets without a peer; without that it forgets all but one. The oldest fails whatever call comes next, be it a
//! send: so a call that fails is followed by a look into the queue, which empties it and takes the failure back
//! (net/core/skbuff.c, sock_dequeue_err_skb), and a send is tried again.
//!
//! # Invariant
//! One refusal for each answer in the queue; whatever else is there (a path's packet size, a host that was not reached) is
//! nothing that Windows tells, and is dropped.

use std::os::fd::BorrowedFd;

use libc::{IPPROTO_IP, IPPROTO_IPV6};
use rustix::io::Errno;

use super::control::{Control, word};
use super::message;

/// Answers that receives have still to be told of.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    owed: u32,
    /// The program does not want to know (D63).
    unwanted: bool,
}

impl Refusals {
    /// Asks the kernel to keep the answers of a datagram socket of an internet family.
    pub(super) fn ask_for(fd: BorrowedFd<'_>, six: bool) -> Result<(), Errno> {
        if six {
            message::set_option(fd, IPPROTO_IPV6, libc::IPV6_RECVERR, 1)?;
        }
        message::set_option(fd, IPPROTO_IP, libc::IP_RECVERR, 1) // of a socket for both, too
    }

    pub(super) fn is_owing(&self) -> bool {
        self.owed > 0
    }

    /// One that a receive is told of now.
    pub(super) fn take(&mut self) -> bool {
        let owing = self.owed > 0;
        self.owed -= u32::from(owing);
        owing
    }

    pub(super) fn set_wanted(&mut self, wanted: bool) {
        self.unwanted = !wanted;
        if !wanted {
            self.owed = 0;
        }
    }

    /// Notes one that has failed a call without being in the queue.
    pub(super) fn note(&mut self) {
        self.owed = self.owed.saturating_add(u32::from(!self.unwanted));
    }

    /// Empties the queue; answers whether there was anything.
    #[cold]
    pub(super) fn collect(&mut self, fd: BorrowedFd<'_>) -> bool {
        let mut found = false;
        loop {
            let mut control = Control::new();
            let flags = libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT;
            match message::receive(fd, &mut [], &mut control, flags) {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(_) => return found, // EAGAIN: it is empty
            }
            found = true;
            let refused = control.messages().any(|(level, kind, data)| {
                let kinds = [(IPPROTO_IP, libc::IP_RECVERR), (IPPROTO_IPV6, libc::IPV6_RECVERR)];
                // sock_extended_err begins with the error number.
                kinds.contains(&(level, kind))
                    && word(data) == Some(Errno::CONNREFUSED.raw_os_error().cast_unsigned())
            });
            if refused {
                self.note();
            }
        }
    }
}
