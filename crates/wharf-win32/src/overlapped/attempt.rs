//! One try of one transfer; never blocks.
//!
//! # What a short transfer says
//! For streams, fewer bytes than asked for means that the kernel has no more (epoll(7), question 9): the next try would
//! fail with EAGAIN, and the next edge is certain to come.
//!
//! # References
//! Contract C25, C28, C47, D42-D50, D57-D66, D81.
#![allow(unsafe_code)] // system calls on the program's memory

use std::ffi::c_void;

use wharf::Watched;
use wharf_core::status::SocketContext;

use super::accept::try_accept;
use super::buffers::{Buffers, NO_PIECES};
use super::connect::try_connect;
use super::disconnect::try_disconnect;
use super::message;
use super::operation::{Attempt, Fault, Operation, Receive, Send, Work};
use super::transmit::try_transmit;
use crate::socket::Record;
use crate::socket::waiting::{checked, errno};
use crate::winsock::sockaddr::Address;

/// What a try has to know of its socket.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) fd: i32,
    pub(crate) name: Watched,
    pub(crate) family: i32,
    pub(crate) stream: bool,
    /// The stream has, or had, a peer.
    pub(crate) connected: bool,
    pub(crate) shut_out: bool,
    /// The peer has sent its end of stream.
    pub(crate) finished: bool,
    /// ICMP reports about datagrams are told (D63).
    pub(crate) reports: bool,
}

impl Record {
    #[inline]
    pub(crate) fn facts(&self) -> Facts {
        Facts {
            fd: self.fd,
            name: self.name(),
            family: self.family,
            stream: self.is_stream(),
            connected: self.connected,
            shut_out: self.shut_out,
            finished: self.finished,
            reports: self.reports,
        }
    }
}

/// Tries an operation.
#[inline]
pub(crate) fn attempt(facts: Facts, operation: &mut Operation) -> Attempt {
    attempt_work(facts, &mut operation.work, &mut operation.transferred)
}

pub(crate) fn attempt_work(facts: Facts, work: &mut Work, transferred: &mut usize) -> Attempt {
    match work {
        Work::Receive(receive) if facts.stream => receive_stream(facts, receive, transferred),
        Work::Receive(receive) => receive_datagram(facts, receive),
        Work::Send(send) if facts.stream => send_stream(facts, send, transferred),
        Work::Send(send) => send_datagram(facts, send),
        Work::Accept(accept) => try_accept(facts, accept),
        Work::Connect(connect) => try_connect(facts, connect, transferred),
        Work::Disconnect(disconnect) => try_disconnect(facts, disconnect),
        Work::Transmit(transmit) => try_transmit(facts, transmit, transferred),
        Work::ReceiveMessage(message) => message::try_receive(facts, message),
        Work::SendMessage(message) => message::try_send(facts, message),
    }
}

fn receive_stream(facts: Facts, receive: &Receive, transferred: &mut usize) -> Attempt {
    let total = receive.buffers.len();
    if total == 0 {
        return wait_for_input(facts);
    }
    loop {
        let flags = receive.flags | libc::MSG_DONTWAIT;
        let (got, asked) = match receive.buffers.pieces() {
            [one] => {
                let (base, len) = after(one, *transferred);
                // SAFETY: the program's memory until the operation's end (C31). A bad address is EFAULT.
                (checked(unsafe { libc::recv(facts.fd, base, len, flags) }), len)
            }
            _ => receive_pieces(facts.fd, &receive.buffers, *transferred, flags),
        };
        match got {
            Ok(bytes) => {
                *transferred += bytes;
                let short = bytes < asked;
                if receive.whole && bytes > 0 && *transferred < total {
                    if short {
                        return Attempt::Later;
                    }
                    continue;
                }
                return Attempt::Done { bytes: *transferred, exhausted: short && bytes > 0 };
            }
            Err(libc::EINTR) => {}
            Err(libc::EAGAIN) => return Attempt::Later,
            // D57: what came before the error is a success; the error is for the next one.
            Err(_) if *transferred > 0 => {
                return Attempt::Done { bytes: *transferred, exhausted: false };
            }
            // unix_stream_read says EINVAL where tcp_recvmsg says ENOTCONN.
            Err(libc::EINVAL | libc::ENOTCONN)
                if !facts.connected && receive.flags & libc::MSG_OOB == 0 =>
            {
                return Attempt::Failed(Fault::errno(libc::ENOTCONN));
            }
            Err(error) => return Attempt::Failed(Fault::Errno(error, context(facts))),
        }
    }
}

/// What follows the first `skip` bytes of a piece.
#[inline]
fn after(piece: &libc::iovec, skip: usize) -> (*mut c_void, usize) {
    (piece.iov_base.wrapping_byte_add(skip), piece.iov_len - skip)
}

/// The same into several pieces; answers also how much was asked for.
#[inline(never)]
fn receive_pieces(
    fd: i32,
    buffers: &Buffers,
    skip: usize,
    flags: i32,
) -> (Result<usize, i32>, usize) {
    let mut pieces = NO_PIECES;
    let (used, asked) = buffers.rest(skip, &mut pieces);
    let mut message = header(&mut pieces[..used]);
    // SAFETY: the program's memory until the operation's end (C31), and an array that lives for the call.
    (checked(unsafe { libc::recvmsg(fd, &raw mut message, flags) }), asked)
}

#[inline(never)]
fn send_pieces(fd: i32, buffers: &Buffers, skip: usize, flags: i32) -> (Result<usize, i32>, usize) {
    let mut pieces = NO_PIECES;
    let (used, offered) = buffers.rest(skip, &mut pieces);
    let message = header(&mut pieces[..used]);
    // SAFETY: the program's memory until the operation's end (C31), and an array that lives for the call.
    (checked(unsafe { libc::sendmsg(fd, &raw const message, flags) }), offered)
}

/// D52: the answer to data that were sent to a peer that had closed is an abort, and not the peer's reset.
pub(super) fn context(facts: Facts) -> SocketContext {
    if facts.finished { SocketContext::PeerClosed } else { SocketContext::Plain }
}

/// The receive without room: ends when something is there, and takes nothing (D43).
fn wait_for_input(facts: Facts) -> Attempt {
    let mut one = [0_u8; 1];
    let flags = libc::MSG_DONTWAIT | libc::MSG_PEEK;
    // SAFETY: one byte.
    let got = checked(unsafe { libc::recv(facts.fd, one.as_mut_ptr().cast(), 1, flags) });
    match got {
        Ok(_) => Attempt::Done { bytes: 0, exhausted: false },
        Err(libc::EAGAIN | libc::EINTR) => Attempt::Later,
        Err(error) => Attempt::Failed(Fault::Errno(error, context(facts))),
    }
}

fn header(pieces: &mut [libc::iovec]) -> libc::msghdr {
    // SAFETY: plain numbers and pointers, for which zero is a value.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = pieces.as_mut_ptr();
    message.msg_iovlen = pieces.len() as _;
    message
}

fn receive_datagram(facts: Facts, receive: &Receive) -> Attempt {
    let mut pieces = NO_PIECES;
    let (used, room) = receive.buffers.rest(0, &mut pieces);
    let mut address = Address::empty();
    let mut message = header(&mut pieces[..used]);
    loop {
        if receive.from.is_some() {
            let (name, length) = address.for_answer();
            message.msg_name = name.cast();
            // SAFETY: just made.
            message.msg_namelen = unsafe { length.read() };
        }
        // SAFETY: the program's memory until the operation's end (C31), and arrays that live for the call.
        let got = checked(unsafe {
            libc::recvmsg(facts.fd, &raw mut message, receive.flags | libc::MSG_DONTWAIT)
        });
        match got {
            Ok(bytes) => {
                if let Some(from) = &receive.from {
                    address.set_length(message.msg_namelen);
                    // SAFETY: the program's memory until the operation's end (D61). The room was looked at in the call.
                    let _ = unsafe { address.write(from.name, from.length) };
                }
                // One receive, one datagram; what does not fit is lost, and said (D58).
                return if message.msg_flags & libc::MSG_TRUNC != 0 {
                    let fault = Fault::Errno(libc::EMSGSIZE, SocketContext::Datagram);
                    Attempt::FailedLate(fault, room)
                } else {
                    Attempt::Done { bytes, exhausted: false }
                };
            }
            Err(libc::EINTR) => {}
            Err(libc::EAGAIN) => return Attempt::Later,
            Err(error) => {
                if let Some(fault) = datagram_fault(facts, error) {
                    return Attempt::Failed(fault);
                }
            }
        }
    }
}

/// What a failed receive of a datagram is called; none if it is nothing to this socket, and the next one is to be taken.
#[cold]
pub(super) fn datagram_fault(facts: Facts, error: i32) -> Option<Fault> {
    forget_reports(facts.fd);
    match error {
        // Told if asked for (D62, D63). What else ICMP reports Windows does not tell.
        libc::ECONNREFUSED if !facts.reports => None,
        libc::EHOSTUNREACH | libc::ENETUNREACH | libc::EPROTO | libc::ENOPROTOOPT => None,
        error => Some(Fault::Errno(error, SocketContext::Datagram)),
    }
}

/// Empties the queue in which the kernel keeps the reports behind an error (IP_RECVERR).
fn forget_reports(fd: i32) {
    let flags = libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT;
    loop {
        let mut message = header(&mut []);
        // SAFETY: a message without memory, alive for the call.
        if unsafe { libc::recvmsg(fd, &raw mut message, flags) } < 0 && errno() != libc::EINTR {
            return;
        }
    }
}

/// Goes on with a stream send, which ends only whole or in an error (C47).
fn send_stream(facts: Facts, send: &Send, sent: &mut usize) -> Attempt {
    let total = send.buffers.len();
    loop {
        let flags = send.flags | libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        let (accepted, offered) = match send.buffers.pieces() {
            [one] => {
                let (base, len) = after(one, *sent);
                // SAFETY: the program's memory until the operation's end (C31). A bad address is EFAULT.
                (checked(unsafe { libc::send(facts.fd, base, len, flags) }), len)
            }
            _ => send_pieces(facts.fd, &send.buffers, *sent, flags),
        };
        match accepted {
            Ok(bytes) => {
                *sent += bytes;
                if *sent >= total {
                    return Attempt::Done { bytes: *sent, exhausted: false };
                }
                if bytes < offered {
                    return Attempt::Later; // the socket's buffer is full; its edge will come
                }
            }
            Err(libc::EINTR) => {}
            Err(libc::EAGAIN) => return Attempt::Later,
            // tcp_sendmsg says EPIPE also where there never was a peer (D49).
            Err(libc::EPIPE | libc::ENOTCONN) if !facts.connected && !has_peer(facts.fd) => {
                return Attempt::Failed(Fault::errno(libc::ENOTCONN));
            }
            Err(libc::EPIPE) if facts.shut_out => {
                return Attempt::Failed(Fault::Errno(libc::EPIPE, SocketContext::SendShutdown));
            }
            Err(error) => return Attempt::Failed(Fault::Errno(error, context(facts))),
        }
    }
}

/// Whether a stream has a peer at this moment.
#[cold]
pub(crate) fn has_peer(fd: i32) -> bool {
    let mut address = Address::empty();
    let (name, length) = address.for_answer();
    // SAFETY: room for any address.
    unsafe { libc::getpeername(fd, name, length) == 0 }
}

fn send_datagram(facts: Facts, send: &Send) -> Attempt {
    let mut pieces = NO_PIECES;
    let (used, _) = send.buffers.rest(0, &mut pieces);
    let mut message = header(&mut pieces[..used]);
    if let Some(to) = &send.to {
        let (name, length) = to.for_kernel();
        message.msg_name = name.cast_mut().cast();
        message.msg_namelen = length;
    }
    let flags = send.flags | libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // An error may be the answer to an earlier datagram, which a receive is to tell and a send never (D64). Each try
    // takes one away.
    for _ in 0..8 {
        // SAFETY: the program's memory until the operation's end (C31), and arrays that live for the call.
        match checked(unsafe { libc::sendmsg(facts.fd, &raw const message, flags) }) {
            Ok(bytes) => return Attempt::Done { bytes, exhausted: false },
            Err(libc::EINTR | libc::ECONNREFUSED) => {}
            Err(libc::EAGAIN) => return Attempt::Later,
            // sendto to port 0 goes nowhere, and is no error (D65).
            Err(libc::EINVAL) if send.to.as_ref().is_some_and(|to| to.port() == Some(0)) => {
                return Attempt::Done { bytes: send.buffers.len(), exhausted: false };
            }
            Err(error) => return Attempt::Failed(Fault::errno(error)),
        }
    }
    Attempt::Failed(Fault::errno(libc::ENOBUFS))
}
