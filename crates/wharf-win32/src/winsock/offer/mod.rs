//! A socket that this process offers to another one (D12).
//!
//! | file | subject |
//! |---|---|
//! | `serve` | the side of the process that has the socket |
//! | `claim` | the side of the process that is to have it |
//! | `state` | what goes along with the descriptor |
//!
//! # Protocol
//! An offer is a local socket that listens under an abstract name, which the ticket makes (unix(7)). Anybody can read such
//! names: what counts is what the kernel says of who connects.
//!
//! | who claims | who offers |
//! |---|---|
//! | connects; looks whose the other end is | accepts; looks which process connects |
//! | receives the descriptor, enters it in the table | sends descriptor and state (SCM_RIGHTS) |
//! | sends one byte | gives the offer up |
//!
//! Whoever is not the process that was named gets the end of the connection, and so does whoever comes second. A claim that
//! ends without its byte has failed: the offer stands.
//!
//! # Invariants
//! 1. An offer has its descriptor of the socket until a claim has succeeded or the process that was named has ended. So
//!    the socket outlives its SOCKETs, but not this process.
//! 2. One claim is served at a time, and none after one that has succeeded.
//! 3. No descriptor here goes to programs that this process starts. A child made by fork serves no offer and ends none.
#![allow(unsafe_code)] // SO_PEERCRED

mod claim;
pub(crate) mod serve;
mod state;

use std::mem::zeroed;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::net::SocketAddrUnix;
use wharf_core::status::code;

use super::duplicate::Ticket;

pub(super) use claim::claim;
pub(super) use serve::{make, target};

/// The most that goes along with a descriptor, in bytes.
const ROOM: usize = 8192;

fn address(ticket: Ticket) -> Result<SocketAddrUnix, u32> {
    let name = format!("wharf-socket-{}", ticket.text());
    SocketAddrUnix::new_abstract_name(name.as_bytes()).map_err(|_| code::WSAENOBUFS)
}

/// Process and user at the other end, as this process sees them: the process is 0 if it cannot.
fn peer(link: &OwnedFd) -> Option<(u32, u32)> {
    // SAFETY: all zeros are a value.
    let mut peer: libc::ucred = unsafe { zeroed() };
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    let (level, name, fd) = (libc::SOL_SOCKET, libc::SO_PEERCRED, link.as_raw_fd());
    // SAFETY: room of that length.
    let done =
        unsafe { libc::getsockopt(fd, level, name, (&raw mut peer).cast(), &raw mut length) };
    (done == 0).then_some((peer.pid.cast_unsigned(), peer.uid))
}

/// This process's user.
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}
