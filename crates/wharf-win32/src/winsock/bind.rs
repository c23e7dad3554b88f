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
//! | SO_REUSEPORT of a stream | while the program has SO_REUSEADDR on: both sockets need it, and both may listen |
//! | SO_REUSEADDR of a datagram socket | while the program has it on |
//!
//! A stream that is bound and does not listen never has the kernel's SO_REUSEADDR, so a second try meets a conflict with it, and with
//! any listener; only connections let it pass.
//!
//! # Known difference
//! On Windows a wildcard and a specific address with the same port do not collide unless one is exclusive; on Linux
//! they do: WSAEADDRINUSE.
#![allow(unsafe_code)] // exported under C names; listen of the kernel

use wharf_core::status::code;

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
        let found = find(s)?;
        // SAFETY: the caller's promise.
        let address = unsafe { Address::read(name, length) }?;
        bind_record(&found, &address).map(|()| 0)
    })
}

fn bind_record(record: &Record, address: &Address) -> Result<(), u32> {
    if address.kernel_family() != record.family {
        return Err(code::WSAEAFNOSUPPORT);
    }
    let fd = record.fd;
    let option = |name, on: bool| kernel::set(fd, libc::SOL_SOCKET, name, on.into());
    let inet = matches!(record.family, libc::AF_INET | libc::AF_INET6);
    let result = if !inet {
        kernel::bind(fd, address)
    } else if record.is_stream() {
        option(libc::SO_REUSEPORT, record.notes.reuse).map_err(kernel::code)?;
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
        if !kernel::is_bound(found.fd) {
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
