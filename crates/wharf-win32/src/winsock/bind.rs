//! bind and listen.
//!
//! # Who may have an address (D79)
//! Windows refuses a second socket on an address in use, and lets a server rebind over connections that linger. Linux
//! needs SO_REUSEADDR for the second, which then also allows what the first forbids: two sockets that are bound and
//! do not listen. So the option is the program's only in name:
//!
//! | kernel's option | set |
//! |---|---|
//! | SO_REUSEADDR of a stream | for the second try of a bind, and from `listen` on: connections inherit it, so what is left of them lets the address go |
//! | SO_REUSEPORT | of streams, while the program has SO_REUSEADDR on: both sockets need it, and both may listen; and of two sockets of one process whose addresses `claims` has found to differ |
//! | SO_REUSEADDR of a datagram socket | while the program has it on |
//!
//! A stream that is bound and does not listen never has the kernel's SO_REUSEADDR, so a second try meets a conflict with it, and with
//! any listener; only connections let it pass.
//!
//! Among the sockets of one process `claims` decides by Windows' rules before the kernel is asked, also where an IPv4
//! wildcard meets a specific address; between processes the kernel does.
#![allow(unsafe_code)] // exported under C names; listen of the kernel

use wharf_core::status::code;

use super::claims::{self, Claim};
use super::kernel::{self, done};
use super::sockaddr::{Address, SOCKADDR};
use crate::guard;
use crate::socket::record::Record;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::{SOCKET, SOCKET_ERROR};

/// Gives a socket its own address.
///
/// WSAEFAULT for a bad pointer or length, WSAEAFNOSUPPORT for an address of another family, WSAEINVAL if it has one
/// already, WSAEADDRNOTAVAIL, WSAEADDRINUSE, WSAEACCES.
///
/// # Safety
/// A plausible `name` is one to `length` bytes.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_bind")]
pub unsafe extern "C" fn bind(s: SOCKET, name: *const SOCKADDR, length: i32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        find(s)?;
        // SAFETY: the caller's promise.
        let address = unsafe { Address::read(name, length) }?;
        bind_to(s, &address).map(|()| 0)
    })
}

fn bind_to(s: SOCKET, address: &Address) -> Result<(), u32> {
    let _turn = claims::one_at_a_time();
    let (name, claim) = {
        let found = find(s)?;
        if address.kernel_family() != found.family {
            return Err(code::WSAEAFNOSUPPORT);
        }
        if kernel::is_bound(found.fd) {
            return Err(code::WSAEINVAL);
        }
        let (shares, exclusive) = (found.notes.reuse, found.notes.exclusive);
        let claim = |address| Claim { address, kind: found.kind, shares, exclusive };
        (found.name(), address.socket_addr().map(claim))
    };
    // No lock is held: others are asked, whose locks come first for somebody else.
    let beside = match &claim {
        Some(claim) if claim.address.port() != 0 => claims::ask(name, claim)?,
        _ => Vec::new(),
    };
    claims::admit_beside(&beside);
    let mut found = find(s)?;
    bind_record(&found, address, !beside.is_empty())?;
    found.notes.any_port = claim.is_some_and(|claim| claim.address.port() == 0);
    Ok(())
}

/// Asks the kernel. `beside`: others have the port with an address that Windows tells apart.
fn bind_record(record: &Record, address: &Address, beside: bool) -> Result<(), u32> {
    let fd = record.fd;
    let option = |name, on: bool| kernel::set(fd, libc::SOL_SOCKET, name, on.into());
    let inet = matches!(record.family, libc::AF_INET | libc::AF_INET6);
    let result = if !inet {
        kernel::bind(fd, address)
    } else if record.is_stream() {
        option(libc::SO_REUSEPORT, record.notes.reuse || beside).map_err(kernel::code)?;
        kernel::bind(fd, address).or_else(|error| {
            if error != libc::EADDRINUSE || record.notes.exclusive {
                return Err(error);
            }
            option(libc::SO_REUSEADDR, true)?;
            let again = kernel::bind(fd, address);
            option(libc::SO_REUSEADDR, false)?;
            again
        })
    } else {
        option(libc::SO_REUSEADDR, record.notes.reuse).map_err(kernel::code)?;
        option(libc::SO_REUSEPORT, beside).map_err(kernel::code)?;
        kernel::bind(fd, address)
    };
    result.map_err(|error| match error {
        // It asked to share, and the other one did not.
        libc::EADDRINUSE if record.notes.reuse => code::WSAEACCES,
        error => kernel::code(error),
    })
}

/// Begins to take connections: WSAEINVAL before a bind, WSAEISCONN on a connection, WSAEOPNOTSUPP for datagrams
/// (D13). Again is allowed, and changes the backlog.
///
/// The backlog is limited by the system; a negative one is SOMAXCONN_HINT.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_listen")]
pub extern "C" fn listen(s: SOCKET, backlog: i32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        let mut found = find(s)?;
        if !matches!(found.kind, libc::SOCK_STREAM | libc::SOCK_SEQPACKET) {
            return Err(code::WSAEOPNOTSUPP);
        }
        if found.connected || found.notes.connecting {
            return Err(code::WSAEISCONN);
        }
        if !kernel::is_bound(found.fd) || found.accepting.is_some() {
            return Err(code::WSAEINVAL);
        }
        let inet = matches!(found.family, libc::AF_INET | libc::AF_INET6);
        if inet && !found.notes.exclusive {
            let set = kernel::set(found.fd, libc::SOL_SOCKET, libc::SO_REUSEADDR, 1);
            set.map_err(kernel::code)?;
        }
        let backlog = backlog.checked_abs().unwrap_or(i32::MAX);
        // SAFETY: plain numbers.
        done(unsafe { libc::listen(found.fd, backlog) }).map_err(kernel::code)?;
        found.listening = true;
        Ok(0)
    })
}
