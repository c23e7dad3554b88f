//! accept and WSAAccept.
//!
//! Linux has accepted a connection before the program is asked: WSAAccept's condition function decides about one that
//! is there already. One that it refuses is reset; one that it puts off waits in the listener's record for the next
//! call.
#![allow(unsafe_code)] // exported under C names; accept4 of the kernel

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

use wharf_core::status::code;

use super::kernel;
use super::resolve::WSATRY_AGAIN;
use super::sockaddr::{Address, SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6};
use super::{memory, selection};
use crate::guard;
use crate::socket::record::Record;
use crate::socket::started;
use crate::socket::table::{self, find};
use crate::socket::types::{INVALID_SOCKET, SOCKET, WSABUF};
use crate::socket::waiting::{Wanted, errno, wait};

const CF_ACCEPT: i32 = 0;
const CF_DEFER: i32 = 2;

/// Decides about a connection: the caller's address, no data, no quality of service, the own address, no data, the
/// group, the program's word.
pub type LPCONDITIONPROC = Option<
    unsafe extern "C" fn(
        *mut WSABUF,
        *mut WSABUF,
        *mut std::ffi::c_void,
        *mut std::ffi::c_void,
        *mut WSABUF,
        *mut WSABUF,
        *mut u32,
        usize,
    ) -> i32,
>;

/// Takes the next connection, and waits for one if the listener is blocking.
///
/// # Safety
/// Null, or plausible pointers to a number, and to so much room.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_accept")]
pub unsafe extern "C" fn accept(s: SOCKET, name: *mut SOCKADDR, length: *mut i32) -> SOCKET {
    // SAFETY: the caller's promise.
    guard::call(INVALID_SOCKET, || unsafe { take(s, name, length, |_, _| CF_ACCEPT) })
}

/// As [`accept`], if the condition function agrees: WSAECONNREFUSED if it rejects the connection, WSATRY_AGAIN if it
/// puts it off.
///
/// # Safety
/// As [`accept`]; the function is called on this thread.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAAccept(
    s: SOCKET,
    name: *mut SOCKADDR,
    length: *mut i32,
    condition: LPCONDITIONPROC,
    word: usize,
) -> SOCKET {
    guard::call(INVALID_SOCKET, || {
        let decide = |caller: &Address, callee: &Address| match condition {
            None => CF_ACCEPT,
            // SAFETY: the program's function, with pointers that live for the call.
            Some(condition) => unsafe { ask(condition, caller, callee, word) },
        };
        // SAFETY: the caller's promise.
        unsafe { take(s, name, length, decide) }
    })
}

/// # Safety
/// The program's function.
unsafe fn ask(
    condition: unsafe extern "C" fn(
        *mut WSABUF,
        *mut WSABUF,
        *mut std::ffi::c_void,
        *mut std::ffi::c_void,
        *mut WSABUF,
        *mut WSABUF,
        *mut u32,
        usize,
    ) -> i32,
    caller: &Address,
    callee: &Address,
    word: usize,
) -> i32 {
    let ((mut caller, caller_length), (mut callee, callee_length)) =
        (caller.windows(), callee.windows());
    let buffer = |bytes: &mut [u8; 128], length: usize| WSABUF {
        len: u32::try_from(length).unwrap_or(0),
        buf: bytes.as_mut_ptr().cast(),
    };
    let mut caller = buffer(&mut caller, caller_length);
    let mut callee = buffer(&mut callee, callee_length);
    let mut none = WSABUF { len: 0, buf: ptr::null_mut() };
    let mut room = none;
    let mut group = 0;
    let null = ptr::null_mut();
    // SAFETY: the program's function, with pointers that live for the call. Nothing of ours is locked.
    unsafe {
        condition(&mut caller, &mut none, null, null, &mut callee, &mut room, &mut group, word)
    }
}

/// # Safety
/// Null, or plausible pointers to a number, and to so much room.
unsafe fn take(
    s: SOCKET,
    name: *mut SOCKADDR,
    length: *mut i32,
    decide: impl Fn(&Address, &Address) -> i32,
) -> Result<SOCKET, u32> {
    started()?;
    {
        let found = find(s)?;
        // SAFETY: the caller's promise.
        unsafe { check_room(&found, name, length) }?;
    }
    let connection = next(s)?;
    let fd = connection.as_raw_fd();
    // A client that has gone already leaves no address; it is a connection all the same.
    let caller = kernel::peer_address(fd).unwrap_or_else(|_| Address::empty());
    let callee = kernel::own_address(fd).unwrap_or_else(|_| Address::empty());
    match decide(&caller, &callee) {
        CF_ACCEPT => {}
        CF_DEFER => {
            find(s)?.notes.deferred.push_back(connection);
            return Err(WSATRY_AGAIN);
        }
        // CF_REJECT.
        _ => {
            let reset = libc::linger { l_onoff: 1, l_linger: 0 };
            kernel::set_value(fd, libc::SOL_SOCKET, libc::SO_LINGER, &reset)
                .map_err(kernel::code)?;
            return Err(code::WSAECONNREFUSED);
        }
    }
    let accepted = enter(s, connection, &caller)?;
    if !name.is_null() && !caller.is_empty() {
        // SAFETY: the caller's promise; the room was looked at.
        unsafe { caller.write(name, length) }?;
    }
    Ok(accepted)
}

/// Makes a SOCKET of a connection of the listener's: of its kind and mode, with what it bequeaths (D27).
pub(crate) fn enter(listener: SOCKET, connection: OwnedFd, peer: &Address) -> Result<SOCKET, u32> {
    let found = find(listener)?;
    let (family, kind, protocol) = (found.family, found.kind, found.protocol);
    let (overlapped, blocking) = (found.overlapped, found.blocking);
    let limits = (found.receive_timeout, found.send_timeout);
    let mut notes = found.notes.inherited();
    let selection = found.selected();
    // The next socket's slot has a lock of its own.
    drop(found);
    notes.connected(peer.socket_addr());
    let accepted = table::open(connection, |fd, generation| {
        let mut record = Record::new(fd, generation, family, kind, protocol);
        (record.overlapped, record.blocking) = (overlapped, blocking);
        (record.receive_timeout, record.send_timeout) = limits;
        record.connected = true;
        record.notes = notes;
        record
    })?;
    if let Some((event, mask)) = selection {
        selection::inherit(accepted, event, mask)?;
    }
    Ok(accepted)
}

/// The next connection of a listener, from those that were put off or from the kernel.
fn next(s: SOCKET) -> Result<OwnedFd, u32> {
    let mut waited = false;
    loop {
        let mut found = find(s).map_err(|error| if waited { code::WSAEINTR } else { error })?;
        if !matches!(found.kind, libc::SOCK_STREAM | libc::SOCK_SEQPACKET) {
            return Err(code::WSAEOPNOTSUPP);
        }
        if !found.listening {
            return Err(code::WSAEINVAL);
        }
        if let Some(deferred) = found.notes.deferred.pop_front() {
            return Ok(deferred);
        }
        // SAFETY: no address is wanted.
        let fd = unsafe {
            libc::accept4(found.fd, ptr::null_mut(), ptr::null_mut(), libc::SOCK_NONBLOCK)
        };
        if fd >= 0 {
            found.rearm(selection::FD_ACCEPT);
            found.make_room_after(true, false);
            // SAFETY: just made, and nobody else's.
            return Ok(unsafe { OwnedFd::from_raw_fd(fd) });
        }
        match errno() {
            // The client has gone, or its network has (accept(2)): the next one.
            libc::EINTR
            | libc::ECONNABORTED
            | libc::EPROTO
            | libc::ENETDOWN
            | libc::ENETUNREACH
            | libc::EHOSTUNREACH => {}
            libc::EAGAIN if found.blocking => {
                wait(&found.pin(), Wanted::Input, None)?;
                waited = true;
            }
            libc::EAGAIN => {
                found.rearm(selection::FD_ACCEPT);
                found.make_room_after(true, false);
                found.make_room_after(true, false);
                return Err(code::WSAEWOULDBLOCK);
            }
            error => return Err(kernel::code(error)),
        }
    }
}

/// An address that is wanted must fit, or the connection stays where it is.
///
/// # Safety
/// Null, or plausible pointers to a number, and to so much room.
unsafe fn check_room(record: &Record, name: *mut SOCKADDR, length: *mut i32) -> Result<(), u32> {
    if name.is_null() {
        return Ok(());
    }
    let needed = match record.family {
        libc::AF_INET => size_of::<SOCKADDR_IN>(),
        libc::AF_INET6 => size_of::<SOCKADDR_IN6>(),
        _ => 2,
    };
    // SAFETY: the caller's promise.
    let room = usize::try_from(unsafe { memory::read(length) }?).map_err(|_| code::WSAEFAULT)?;
    memory::writable(name, needed)?;
    if room < needed { Err(code::WSAEFAULT) } else { Ok(()) }
}
