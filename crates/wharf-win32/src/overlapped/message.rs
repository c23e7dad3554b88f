//! WSARecvMsg and WSASendMsg (D67, D68).
#![allow(unsafe_code)] // exported under C names; the program's WSAMSG
#![allow(missing_docs, reason = "Windows' own names, explained there")]

use wharf_core::status::{SocketContext, code};

use super::attempt::Facts;
use super::buffers::{Buffers, NO_PIECES};
use super::control;
use super::engine::issue;
use super::operation::{Attempt, Fault, Operation, Work};
use super::request::Request;
use super::send::complete_in_call;
use super::thread;
use super::types::{LPWSAOVERLAPPED_COMPLETION_ROUTINE, OVERLAPPED};
use crate::guard;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::{SOCKET, SOCKET_ERROR, WSABUF};
use crate::socket::waiting::checked;
use crate::winsock::memory;
use crate::winsock::sockaddr::{Address, SOCKADDR};

/// Windows' numbers, in WSAMSG.dwFlags.
const MSG_PEEK: u32 = 0x2;
const MSG_TRUNC: u32 = 0x100;
const MSG_CTRUNC: u32 = 0x200;

/// A message with what goes beside its data.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct WSAMSG {
    pub name: *mut SOCKADDR,
    pub namelen: i32,
    pub lpBuffers: *mut WSABUF,
    pub dwBufferCount: u32,
    pub Control: WSABUF,
    pub dwFlags: u32,
}
const _: () = assert!(size_of::<WSAMSG>() == 56 && std::mem::offset_of!(WSAMSG, dwFlags) == 48);

pub(crate) struct Message {
    /// Where the results go; the program's until the operation's end.
    message: *mut WSAMSG,
    buffers: Buffers,
    flags: i32,
    /// Of a send: the address and the kernel's control data.
    to: Option<Address>,
    control: Vec<u8>,
}

// SAFETY: memory that the program lends to the operation until its end (C31), wherever that comes.
unsafe impl Send for Message {}

fn header(pieces: &mut [libc::iovec], address: &mut Address, control: &mut [u8]) -> libc::msghdr {
    // SAFETY: plain numbers and pointers, for which zero is a value.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    let (name, length) = address.for_answer();
    header.msg_name = name.cast();
    // SAFETY: just made.
    header.msg_namelen = unsafe { length.read() };
    header.msg_iov = pieces.as_mut_ptr();
    header.msg_iovlen = pieces.len() as _;
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = control.len() as _;
    header
}

pub(super) fn try_receive(facts: Facts, message: &Message) -> Attempt {
    // Before the kernel gives the datagram away.
    if memory::room(message.message).is_err() {
        return Attempt::Failed(Fault::errno(libc::EFAULT));
    }
    let mut pieces = NO_PIECES;
    let (used, room) = message.buffers.rest(0, &mut pieces);
    let mut address = Address::empty();
    let mut space = control::Space::default();
    loop {
        let mut header = header(&mut pieces[..used], &mut address, space.bytes());
        // SAFETY: the program's memory until the operation's end (C31), and ours for the call.
        let got = checked(unsafe {
            libc::recvmsg(facts.fd, &raw mut header, message.flags | libc::MSG_DONTWAIT)
        });
        let bytes = match got {
            Ok(bytes) => bytes,
            Err(libc::EINTR) => continue,
            Err(libc::EAGAIN) => return Attempt::Later,
            Err(error) => match super::attempt::datagram_fault(facts, error) {
                Some(fault) => return Attempt::Failed(fault),
                None => continue,
            },
        };
        address.set_length(header.msg_namelen);
        // SAFETY: the program's until the operation's end.
        let to = unsafe { &mut *message.message };
        if !to.name.is_null() {
            // SAFETY: as above. An address that does not fit is left out.
            let _ = unsafe { address.write(to.name, &raw mut to.namelen) };
        }
        let cut = header.msg_flags & libc::MSG_TRUNC != 0;
        // SAFETY: the program's control buffer, of the length that it says.
        let fits = unsafe { control::give(&header, to.Control.buf.cast(), &mut to.Control.len) };
        to.dwFlags = if cut { MSG_TRUNC } else { 0 } | if fits { 0 } else { MSG_CTRUNC };
        let fault = Fault::Errno(libc::EMSGSIZE, SocketContext::Datagram);
        return match (cut, fits) {
            (true, _) => Attempt::FailedLate(fault, room),
            (_, false) => Attempt::FailedLate(fault, bytes),
            _ => Attempt::Done { bytes, exhausted: false },
        };
    }
}

pub(super) fn try_send(facts: Facts, message: &mut Message) -> Attempt {
    let mut pieces = NO_PIECES;
    let (used, _) = message.buffers.rest(0, &mut pieces);
    let mut nowhere = Address::empty();
    let mut header = header(&mut pieces[..used], &mut nowhere, &mut message.control);
    (header.msg_name, header.msg_namelen) = match &message.to {
        Some(to) => {
            let (name, length) = to.for_kernel();
            (name.cast_mut().cast(), length)
        }
        None => (std::ptr::null_mut(), 0),
    };
    let flags = message.flags | libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    for _ in 0..8 {
        // SAFETY: the program's memory until the operation's end (C31), and ours for the call.
        match checked(unsafe { libc::sendmsg(facts.fd, &raw const header, flags) }) {
            Ok(bytes) => return Attempt::Done { bytes, exhausted: false },
            Err(libc::EINTR | libc::ECONNREFUSED) => {} // D64
            Err(libc::EAGAIN) => return Attempt::Later,
            Err(error) => return Attempt::Failed(Fault::errno(error)),
        }
    }
    Attempt::Failed(Fault::errno(libc::ENOBUFS))
}

/// # Safety
/// The pointers are as the calls' documentation has them.
unsafe fn call(
    s: SOCKET,
    message: *mut WSAMSG,
    flags: u32,
    receives: bool,
    bytes: *mut u32,
    overlapped: *mut OVERLAPPED,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) -> Result<i32, u32> {
    started()?;
    let mut found = find(s)?;
    if message.is_null() || (bytes.is_null() && overlapped.is_null()) {
        return Err(code::WSAEFAULT);
    }
    if found.is_stream() {
        return Err(if receives { code::WSAEOPNOTSUPP } else { code::WSAEINVAL });
    }
    memory::room_or_null(bytes)?;
    // SAFETY: the caller's promise.
    let now = unsafe { memory::read(message) }?;
    if receives {
        memory::room(message)?;
        for (room, length) in [
            (now.name.cast(), usize::try_from(now.namelen).unwrap_or(0)),
            (now.Control.buf.cast::<u8>(), now.Control.len as usize),
        ] {
            if !room.is_null() && length > 0 {
                memory::writable(room, length)?;
            }
        }
    }
    // SAFETY: the caller's promise.
    let buffers = unsafe { Buffers::capture(now.lpBuffers, now.dwBufferCount) }?;
    let work = if receives {
        if found.shut_in {
            return Err(code::WSAESHUTDOWN);
        }
        if !found.is_bound() {
            return Err(code::WSAEINVAL);
        }
        let flags = (now.dwFlags & MSG_PEEK).cast_signed();
        Work::ReceiveMessage(Box::new(Message {
            message,
            buffers,
            flags,
            to: None,
            control: vec![],
        }))
    } else {
        if found.shut_out {
            return Err(code::WSAESHUTDOWN);
        }
        let to = if now.name.is_null() {
            None
        } else {
            // SAFETY: the caller's promise.
            Some(unsafe { Address::read(now.name, now.namelen) }?)
        };
        // SAFETY: the caller's promise.
        let control = unsafe { control::take(now.Control.buf.cast(), now.Control.len) }?;
        let flags = (flags & 0x4).cast_signed();
        Work::SendMessage(Box::new(Message { message, buffers, flags, to, control }))
    };
    let routine = thread::routine(routine, overlapped);
    if overlapped.is_null() || !found.overlapped {
        drop(found);
        // SAFETY: the caller's promise.
        let count = unsafe { complete_in_call(s, work, |_| Ok(()), overlapped, routine) }?;
        if !bytes.is_null() {
            // SAFETY: the caller's promise.
            unsafe { bytes.write(u32::try_from(count).unwrap_or(u32::MAX)) };
        }
        return Ok(0);
    }
    if routine.is_some() && found.io.binding.is_some() {
        return Err(code::WSAEINVAL); // A14
    }
    // SAFETY: valid until the operation's end (C31).
    let request = unsafe { Request::begin_winsock(overlapped, routine) }?;
    let issued = issue(&mut found, Operation { request, work, transferred: 0, via: None })?;
    drop(found);
    // SAFETY: the caller's promise.
    unsafe { issued.answer(bytes) }
}

/// Receives a datagram with its control data.
///
/// # Safety
/// The pointers are null or valid; message, buffers and OVERLAPPED until the operation's end.
pub(super) unsafe extern "C" fn recv_msg(
    s: SOCKET,
    lpMsg: *mut WSAMSG,
    lpdwNumberOfBytesRecvd: *mut u32,
    lpOverlapped: *mut OVERLAPPED,
    lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) -> i32 {
    let (bytes, routine) = (lpdwNumberOfBytesRecvd, lpCompletionRoutine);
    // SAFETY: the caller's promise.
    guard::call(SOCKET_ERROR, || unsafe { call(s, lpMsg, 0, true, bytes, lpOverlapped, routine) })
}

/// Sends a datagram with control data.
///
/// # Safety
/// The pointers are null or valid; message, buffers and OVERLAPPED until the operation's end.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSASendMsg(
    s: SOCKET,
    lpMsg: *mut WSAMSG,
    dwFlags: u32,
    lpNumberOfBytesSent: *mut u32,
    lpOverlapped: *mut OVERLAPPED,
    lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) -> i32 {
    let (bytes, routine) = (lpNumberOfBytesSent, lpCompletionRoutine);
    guard::call(SOCKET_ERROR, || {
        // SAFETY: the caller's promise.
        unsafe { call(s, lpMsg, dwFlags, false, bytes, lpOverlapped, routine) }
    })
}
