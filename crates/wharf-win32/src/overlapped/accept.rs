//! AcceptEx and GetAcceptExSockaddrs (D16-D25, D29).
//!
//! An accept waits in the listener's FIFO. The connection that it takes is put under the accepting socket's descriptor
//! number; if data are asked for, the operation goes over into that socket's FIFO, as a receive that ends at the
//! listener's port.
//!
//! # Protocol
//! The accepting socket's record names the listener from the call until the connection is there, so that its close
//! ends the operation. Locks are taken in the order listener, accepting socket: what accepts does not listen.
#![allow(unsafe_code)] // exported under C names; accept4, dup3

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use wharf::Watched;
use wharf_core::status::{Status, code};

use super::attempt::Facts;
use super::buffers::Buffers;
use super::engine::issue_pending;
use super::operation::{Attempt, Fault, Operation, Receive, Via, Work};
use super::request::Request;
use super::types::OVERLAPPED;
use crate::fork::Lock;
use crate::guard;
use crate::socket::Record;
use crate::socket::started;
use crate::socket::table::{find, find_generation};
use crate::socket::types::SOCKET;
use crate::socket::waiting::errno;
use crate::types::{BOOL, FALSE};
use crate::winsock::memory;
use crate::winsock::sockaddr::{Address, SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6};

/// What an address area has beyond the address.
const MARGIN: usize = 16;

pub(crate) struct Accept {
    /// The accepting socket.
    pub(crate) acceptor: Watched,
    buffer: *mut u8,
    /// Lengths of the three areas of the buffer, in their order.
    receive: usize,
    local: usize,
    remote: usize,
    /// The connection, from the try to the hand-over.
    connection: Option<(OwnedFd, Address)>,
}

// SAFETY: memory that the program lends to the operation until its end (C31), wherever that comes.
unsafe impl Send for Accept {}

fn address_size(family: i32) -> usize {
    match family {
        libc::AF_INET => size_of::<SOCKADDR_IN>(),
        libc::AF_INET6 => size_of::<SOCKADDR_IN6>(),
        _ => size_of::<libc::sockaddr_un>(),
    }
}

/// Listeners that wait for a descriptor to be closed.
pub(crate) static STARVED: Lock<Vec<Watched>> = Lock::new(Vec::new());
static ANY_STARVED: AtomicBool = AtomicBool::new(false);

/// A descriptor has been closed: listeners that had none for their connections try again.
#[inline]
pub(crate) fn feed() {
    if ANY_STARVED.load(SeqCst) {
        ANY_STARVED.store(false, SeqCst);
        let starved = std::mem::take(&mut *STARVED.lock());
        for listener in starved {
            if let Some(mut record) = find_generation(listener.index, listener.generation) {
                record.drive_again(true);
            }
        }
    }
}

fn starve(listener: Watched) {
    let mut starved = STARVED.lock();
    if !starved.contains(&listener) {
        starved.push(listener);
    }
    ANY_STARVED.store(true, SeqCst);
}

/// Takes one connection.
pub(super) fn try_accept(facts: Facts, accept: &mut Accept) -> Attempt {
    if accept.local != 0 && accept.local < address_size(facts.family) + MARGIN {
        // D20: the connection stays in the backlog, and this fails when it comes.
        let mut entry = libc::pollfd { fd: facts.fd, events: libc::POLLIN, revents: 0 };
        // SAFETY: one entry, alive for the call.
        return if unsafe { libc::poll(&raw mut entry, 1, 0) } > 0 {
            Attempt::Failed(Fault::Status(Status::BUFFER_TOO_SMALL))
        } else {
            Attempt::Later
        };
    }
    loop {
        let mut address = Address::empty();
        let (name, length) = address.for_answer();
        let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        // SAFETY: room for any address.
        let fd = unsafe { libc::accept4(facts.fd, name, length, flags) };
        if fd >= 0 {
            // SAFETY: just made, and nobody else's.
            accept.connection = Some((unsafe { OwnedFd::from_raw_fd(fd) }, address));
            return Attempt::Done { bytes: 0, exhausted: false };
        }
        match errno() {
            libc::EAGAIN => return Attempt::Later,
            libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM => {
                starve(facts.name);
                return Attempt::Later;
            }
            error @ (libc::EINVAL | libc::EBADF | libc::EOPNOTSUPP) => {
                return Attempt::Failed(Fault::errno(error));
            }
            // A signal, or a connection that was gone before it was taken: the next one, please (D30).
            _ => {}
        }
    }
}

/// Puts the connection that was taken under the accepting socket's number. What is left to do: an operation to be
/// finished, with its status; none if it goes on as a receive.
pub(super) fn hand_over(
    listener: &mut Record,
    mut operation: Operation,
) -> Option<(Operation, Status)> {
    let Work::Accept(accept) = &mut operation.work else {
        return Some((operation, Status::SUCCESS));
    };
    let Some((connection, peer)) = accept.connection.take() else {
        return Some((operation, Status::SUCCESS));
    };
    let Some(mut acceptor) = find_generation(accept.acceptor.index, accept.acceptor.generation)
    else {
        return Some((operation, Status::CANCELLED)); // D23: closed while the connection was being taken
    };
    let acceptor = &mut *acceptor;
    acceptor.accepting = None;
    let mut local = Address::empty();
    let (name, length) = local.for_answer();
    // SAFETY: room for any address.
    unsafe { libc::getsockname(connection.as_raw_fd(), name, length) };
    if let Err(error) = acceptor.replace(connection, &listener.notes.own_options) {
        return Some((operation, Fault::errno(error).status()));
    }
    (acceptor.connected, acceptor.bound) = (true, true);
    acceptor.notes.connected(peer.socket_addr());
    let areas = accept.buffer.wrapping_add(accept.receive);
    // SAFETY: the areas are the program's until the operation's end, and were found large enough.
    unsafe { store(&local, areas, accept.local) };
    // SAFETY: as above.
    unsafe { store(&peer, areas.wrapping_add(accept.local), accept.remote) };
    if accept.receive == 0 {
        return Some((operation, Status::SUCCESS));
    }
    let buffers = Buffers::one(accept.buffer, accept.receive);
    let via = Via {
        listener: listener.name(),
        binding: listener.io.binding.clone(),
        modes: listener.io.modes,
        signal: Arc::clone(listener.io.signal.shared()),
    };
    let operation = Operation {
        work: Work::Receive(Receive { buffers, flags: 0, whole: false, from: None }),
        via: Some(Box::new(via)),
        ..operation
    };
    // Whatever becomes of it is told by the completion.
    let _ = issue_pending(acceptor, operation);
    None
}

/// # Safety
/// `to` points to `room` writable bytes.
unsafe fn store(address: &Address, to: *mut u8, room: usize) {
    let (bytes, used) = address.windows();
    let used = used.min(room);
    // SAFETY: no more than the room.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, used) };
}

/// Accepts a connection on another socket, and receives its first data if asked to.
///
/// FALSE with ERROR_IO_PENDING: the packet comes to the listener's port, with the listener's key (D16). No packet for
/// any other error.
///
/// # Safety
/// The pointers are null or valid; buffer and OVERLAPPED until the operation's end.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AcceptEx(
    sListenSocket: SOCKET,
    sAcceptSocket: SOCKET,
    lpOutputBuffer: *mut std::ffi::c_void,
    dwReceiveDataLength: u32,
    dwLocalAddressLength: u32,
    dwRemoteAddressLength: u32,
    lpdwBytesReceived: *mut u32,
    lpOverlapped: *mut OVERLAPPED,
) -> BOOL {
    let _ = lpdwBytesReceived; // written on synchronous success only, and ours always pends (D16)
    guard::call(FALSE, || {
        started()?;
        if lpOverlapped.is_null() {
            return Err(code::WSA_INVALID_PARAMETER);
        }
        let listener = find(sListenSocket)?.name();
        let (index, generation) = {
            let name = find(sAcceptSocket)?.name();
            (name.index, name.generation)
        };
        let room = u64::from(dwReceiveDataLength)
            + u64::from(dwLocalAddressLength)
            + u64::from(dwRemoteAddressLength);
        memory::writable(lpOutputBuffer, usize::try_from(room).map_err(|_| code::WSAEFAULT)?)?;
        // SAFETY: valid until the operation's end (C31). Pending from here on, even if it is refused (C2).
        let request = unsafe { Request::begin_winsock(lpOverlapped, None) }?;
        if dwRemoteAddressLength == 0 {
            return Err(code::WSAEFAULT); // D20
        }
        {
            let mut record =
                find_generation(listener.index, listener.generation).ok_or(code::WSAENOTSOCK)?;
            if !record.is_listening() || listener == (Watched { index, generation }) {
                return Err(code::WSAEINVAL);
            }
        }
        let kind = {
            let mut acceptor = find_generation(index, generation).ok_or(code::WSAENOTSOCK)?;
            if acceptor.accepting.is_some()
                || acceptor.connected
                || acceptor.io.connecting
                || !acceptor.is_stream()
                || acceptor.is_listening()
                || acceptor.is_bound()
            {
                return Err(code::WSAEINVAL); // D21
            }
            acceptor.accepting = Some(listener);
            acceptor.family
        };
        let accept = Accept {
            acceptor: Watched { index, generation },
            buffer: lpOutputBuffer.cast(),
            receive: dwReceiveDataLength as usize,
            local: dwLocalAddressLength as usize,
            remote: dwRemoteAddressLength as usize,
            connection: None,
        };
        let work = Work::Accept(Box::new(accept));
        let operation = Operation { request, work, transferred: 0, via: None };
        let issued = match find_generation(listener.index, listener.generation) {
            Some(mut record) if record.family == kind => issue_pending(&mut record, operation),
            Some(_) => Err(code::WSAEINVAL),
            None => Err(code::WSAENOTSOCK),
        };
        if issued.is_err()
            && let Some(mut acceptor) = find_generation(index, generation)
        {
            acceptor.accepting = None;
        }
        issued?;
        if find_generation(index, generation).is_none() {
            // Closed between the two: its close did not find the operation.
            withdraw(listener, Watched { index, generation });
        }
        Err(code::ERROR_IO_PENDING)
    })
}

/// Ends the accepts of a listener that wait for an accepting socket which has been closed (D23).
pub(super) fn withdraw(listener: Watched, acceptor: Watched) {
    if let Some(mut record) = find_generation(listener.index, listener.generation) {
        record.cancel(|operation| {
            matches!(&operation.work, Work::Accept(accept) if accept.acceptor == acceptor)
        });
    }
}

/// Finds the addresses in the buffer of an accept that has ended well.
///
/// # Safety
/// The buffer and the lengths are those of the AcceptEx; the other pointers are null or valid for writes.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetAcceptExSockaddrs(
    lpOutputBuffer: *mut std::ffi::c_void,
    dwReceiveDataLength: u32,
    dwLocalAddressLength: u32,
    dwRemoteAddressLength: u32,
    LocalSockaddr: *mut *mut SOCKADDR,
    LocalSockaddrLength: *mut i32,
    RemoteSockaddr: *mut *mut SOCKADDR,
    RemoteSockaddrLength: *mut i32,
) {
    if lpOutputBuffer.is_null() {
        return;
    }
    let local = lpOutputBuffer.cast::<u8>().wrapping_add(dwReceiveDataLength as usize);
    let remote = local.wrapping_add(dwLocalAddressLength as usize);
    for (area, room, name, length) in [
        (local, dwLocalAddressLength, LocalSockaddr, LocalSockaddrLength),
        (remote, dwRemoteAddressLength, RemoteSockaddr, RemoteSockaddrLength),
    ] {
        if room < 2 || name.is_null() || length.is_null() {
            continue; // D29: without an area the outputs are left alone
        }
        // SAFETY: within the program's buffer.
        let family = unsafe { area.cast::<u16>().read_unaligned() };
        let size = match i32::from(family) {
            crate::winsock::AF_INET => size_of::<SOCKADDR_IN>(),
            crate::winsock::AF_INET6 => size_of::<SOCKADDR_IN6>(),
            _ => size_of::<libc::sockaddr_un>(),
        };
        // SAFETY: not null.
        unsafe { name.write(area.cast()) };
        // SAFETY: not null.
        unsafe { length.write(i32::try_from(size.min(room as usize)).unwrap_or(0)) };
    }
}
