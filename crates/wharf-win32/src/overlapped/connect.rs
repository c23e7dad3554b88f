//! ConnectEx (D31-D37).
//!
//! While a connection is being made only the connect may ask the kernel: a receive would take the error that is the
//! connect's answer. One that fails is dissolved, because the kernel would answer the next with what became of it.
#![allow(unsafe_code)] // called by C; connect, getsockopt

use std::ffi::c_void;

use wharf_core::status::code;

use super::attempt::{Facts, has_peer};
use super::engine::issue_pending;
use super::operation::{Attempt, Fault, Operation, Work};
use super::request::Request;
use super::types::OVERLAPPED;
use crate::guard;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::SOCKET;
use crate::socket::waiting::{checked, errno};
use crate::types::{BOOL, FALSE};
use crate::winsock::memory;
use crate::winsock::sockaddr::{Address, SOCKADDR};

pub(crate) struct Connect {
    to: Address,
    /// The kernel has been asked.
    asked: bool,
    /// The kernel has answered well.
    stands: bool,
    /// What is to be sent first: a copy, the program's may go after the call (D33).
    data: Vec<u8>,
}

pub(super) fn try_connect(facts: Facts, connect: &mut Connect, sent: &mut usize) -> Attempt {
    if !connect.asked {
        connect.asked = true;
        let (name, length) = connect.to.for_kernel();
        // SAFETY: an address of that length.
        if unsafe { libc::connect(facts.fd, name, length) } != 0 {
            return match errno() {
                libc::EINPROGRESS | libc::EINTR => Attempt::Later,
                error => Attempt::Failed(Fault::errno(error)),
            };
        }
        connect.stands = true;
    }
    if !connect.stands {
        match take_error(facts.fd) {
            0 if has_peer(facts.fd) => connect.stands = true,
            0 => return Attempt::Later, // an edge that was not the answer
            error => return Attempt::Failed(Fault::errno(error)),
        }
    }
    while *sent < connect.data.len() {
        let rest = &connect.data[*sent..];
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        // SAFETY: our own memory.
        match checked(unsafe { libc::send(facts.fd, rest.as_ptr().cast(), rest.len(), flags) }) {
            Ok(bytes) => *sent += bytes,
            Err(libc::EINTR) => {}
            Err(libc::EAGAIN) => return Attempt::Later,
            Err(error) => return Attempt::Failed(Fault::errno(error)),
        }
    }
    Attempt::Done { bytes: *sent, exhausted: false }
}

/// Takes the error that is kept for a socket; 0 for none.
pub(crate) fn take_error(fd: i32) -> i32 {
    let mut error = 0_i32;
    let mut length = 4;
    // SAFETY: room for a number.
    let taken = unsafe {
        libc::getsockopt(
            fd,
            libc::SOL_SOCKET,
            libc::SO_ERROR,
            (&raw mut error).cast(),
            &raw mut length,
        )
    };
    if taken == 0 { error } else { errno() }
}

/// Takes back a connection that failed or was given up, so that the socket can be connected again (D35).
pub(crate) fn dissolve(fd: i32) {
    // SAFETY: plain numbers, for which zero is a value; the family is AF_UNSPEC.
    let nobody: libc::sockaddr = unsafe { std::mem::zeroed() };
    // SAFETY: an address of that length. It may fail only where there was nothing to take back.
    unsafe { libc::connect(fd, &raw const nobody, 16) };
    take_error(fd); // of the end that has just been made: for nobody
}

/// Connects a bound socket, and sends its first data.
///
/// FALSE with ERROR_IO_PENDING, and then a packet; none for any other error.
///
/// # Safety
/// The pointers are null or valid; the OVERLAPPED until the operation's end.
pub(super) unsafe extern "C" fn connect_ex(
    s: SOCKET,
    name: *const SOCKADDR,
    namelen: i32,
    lpSendBuffer: *const c_void,
    dwSendDataLength: u32,
    lpdwBytesSent: *mut u32,
    lpOverlapped: *mut OVERLAPPED,
) -> BOOL {
    let _ = lpdwBytesSent; // written on synchronous success only, and ours always pends (C21)
    guard::call(FALSE, || {
        started()?;
        let mut record = find(s)?;
        if lpOverlapped.is_null() {
            return Err(code::WSA_INVALID_PARAMETER);
        }
        // SAFETY: the caller's promise.
        let to = unsafe { Address::read(name, namelen) }?;
        // SAFETY: valid until the operation's end (C31). Pending from here on, even if it is refused (C2).
        let request = unsafe { Request::begin_winsock(lpOverlapped, None) }?;
        if record.io.connecting || record.accepting.is_some() {
            return Err(code::WSAEINVAL);
        }
        if record.connected {
            return Err(code::WSAEISCONN);
        }
        if !record.is_stream() {
            return Err(code::WSAEOPNOTSUPP);
        }
        if record.is_listening() || !record.is_bound() {
            return Err(code::WSAEINVAL);
        }
        if crate::winsock::family::to_linux(to.family()) != Some(record.family) {
            return Err(code::WSAEAFNOSUPPORT);
        }
        if to.socket_addr().is_some_and(|to| to.ip().is_unspecified() || to.port() == 0) {
            return Err(code::WSAEADDRNOTAVAIL);
        }
        let data = if lpSendBuffer.is_null() {
            Vec::new()
        } else {
            // SAFETY: the caller's promise.
            unsafe { memory::bytes(lpSendBuffer.cast(), dwSendDataLength as usize) }?.to_vec()
        };
        record.io.connecting = true;
        let connect = Connect { to, asked: false, stands: false, data };
        let work = Work::Connect(Box::new(connect));
        issue_pending(&mut record, Operation { request, work, transferred: 0, via: None })?;
        Err(code::ERROR_IO_PENDING)
    })
}
