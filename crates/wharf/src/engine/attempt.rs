//! One try of one operation on a descriptor; never blocks.
//!
//! Every call carries MSG_DONTWAIT, so the descriptor's own blocking mode does not matter (contract C28);
//! accept and connect have no such flag: a listener's association sets O_NONBLOCK, a connect sets it meanwhile. Sends carry
//! MSG_NOSIGNAL: no SIGPIPE from us (D81).
//!
//! # What a short transfer says
//! For streams, fewer bytes than asked for means that the kernel had no more (epoll(7), question 9): the
//! next try would fail with EAGAIN and the next edge is certain to come. The caller need not try again.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;

use rustix::buffer::spare_capacity;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::net::sockopt::{socket_domain, socket_error};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvFlags, SendAncillaryBuffer, SendFlags, SocketFlags,
    acceptfrom_with, connect, getpeername, recv, recvfrom, recvmsg, send, sendmsg, sendto,
};

use super::operation::{Operation, Work};
use crate::Buffer;

/// Vectors that go to the kernel in one call, of the 1024 that it takes.
const SLICES_PER_CALL: usize = 64;

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// The operation is over. `exhausted`: the descriptor has no more for now.
    Done { result: Result<usize, Errno>, exhausted: bool },
    /// Nothing to be had for now; part of a send may be gone.
    Later,
}

fn done(bytes: usize, exhausted: bool) -> Attempt {
    Attempt::Done { result: Ok(bytes), exhausted }
}

fn failed(error: Errno) -> Attempt {
    match error {
        Errno::AGAIN => Attempt::Later,
        error => Attempt::Done { result: Err(error), exhausted: false },
    }
}

/// Tries an operation.
pub(crate) fn attempt<T>(fd: BorrowedFd<'_>, operation: &mut Operation<T>) -> Attempt {
    loop {
        let attempt = match &mut operation.work {
            Work::Receive(Buffer::Owned(bytes)) => receive(fd, bytes),
            Work::Receive(Buffer::List(list)) => receive_list(fd, list),
            Work::ReceiveFrom(Buffer::Owned(bytes)) => receive_from(fd, bytes, &mut operation.peer),
            // Refused at issue: memory that is not the operation's own, datagrams into several vectors.
            Work::Receive(_) | Work::ReceiveFrom(_) => failed(Errno::INVAL),
            Work::Send(buffer) => send_rest(fd, buffer, &mut operation.transferred),
            Work::SendTo(buffer, to) => send_datagram(fd, buffer, to.as_deref()),
            Work::Accept => accept(fd, operation),
            Work::Connect(to, asked) => connect_to(fd, to, asked),
        };
        match attempt {
            // A signal, or a connection that was gone before it was taken: the next one, please (D30).
            Attempt::Done { result: Err(Errno::INTR), .. } => {}
            Attempt::Done { result, .. } => {
                // A datagram that was too long has filled its buffer.
                let filled = || operation.work_len();
                operation.transferred = match result {
                    Ok(bytes) => bytes,
                    Err(Errno::MSGSIZE) => filled(),
                    Err(_) => operation.transferred,
                };
                return attempt;
            }
            Attempt::Later => return attempt,
        }
    }
}

impl<T> Operation<T> {
    fn work_len(&self) -> usize {
        match &self.work {
            Work::ReceiveFrom(buffer) => buffer.len(),
            _ => 0,
        }
    }
}

fn receive(fd: BorrowedFd<'_>, bytes: &mut Vec<u8>) -> Attempt {
    bytes.clear();
    let room = bytes.capacity();
    if room == 0 {
        return wait_for_input(fd);
    }
    match recv(fd, spare_capacity(bytes), RecvFlags::DONTWAIT) {
        Ok((received, _)) => done(received, received < room),
        Err(error) => failed(error),
    }
}

/// The receive without room: ends when something is there, and takes nothing (D43).
fn wait_for_input(fd: BorrowedFd<'_>) -> Attempt {
    match recv(fd, &mut [0; 1], RecvFlags::DONTWAIT | RecvFlags::PEEK) {
        Ok(_) => done(0, false),
        Err(error) => failed(error),
    }
}

fn receive_list(fd: BorrowedFd<'_>, list: &mut [Vec<u8>]) -> Attempt {
    let mut room = 0;
    let mut slices: Vec<IoSliceMut<'_>> = Vec::with_capacity(list.len().min(SLICES_PER_CALL));
    for bytes in list.iter_mut().filter(|bytes| bytes.capacity() > 0).take(SLICES_PER_CALL) {
        // The kernel is given initialised memory; a first try pays for it, a second finds it done.
        bytes.resize(bytes.capacity(), 0);
        room += bytes.len();
        slices.push(IoSliceMut::new(bytes));
    }
    if room == 0 {
        return wait_for_input(fd);
    }
    let mut no_control = RecvAncillaryBuffer::default();
    let received = match recvmsg(fd, &mut slices, &mut no_control, RecvFlags::DONTWAIT) {
        Ok(message) => message.bytes,
        Err(Errno::AGAIN) => return Attempt::Later,
        Err(error) => {
            list.iter_mut().for_each(Vec::clear);
            return failed(error);
        }
    };
    let mut left = received;
    for bytes in list.iter_mut() {
        let share = left.min(bytes.len());
        bytes.truncate(share);
        left -= share;
    }
    done(received, received < room)
}

fn receive_from(
    fd: BorrowedFd<'_>,
    bytes: &mut Vec<u8>,
    peer: &mut Option<Box<SocketAddr>>,
) -> Attempt {
    bytes.clear();
    let flags = RecvFlags::DONTWAIT | RecvFlags::TRUNC;
    let room = bytes.capacity();
    let received = if room == 0 {
        let nothing: &mut [MaybeUninit<u8>] = &mut [];
        recvfrom(fd, nothing, flags).map(|(_, length, from)| (length, from))
    } else {
        recvfrom(fd, spare_capacity(bytes), flags).map(|(_, length, from)| (length, from))
    };
    match received {
        Ok((length, from)) => {
            *peer = from.and_then(|from| SocketAddr::try_from(from).ok()).map(Box::new);
            // One receive, one datagram; what does not fit is lost, and said (D58).
            if length > room { failed(Errno::MSGSIZE) } else { done(length, false) }
        }
        Err(error) => failed(error),
    }
}

const SEND: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

/// Goes on with a stream send, which ends only whole or in an error (C47).
fn send_rest(fd: BorrowedFd<'_>, buffer: &Buffer, sent: &mut usize) -> Attempt {
    let total = buffer.len();
    loop {
        let rest = total - *sent;
        let (accepted, offered) = match buffer {
            Buffer::Owned(bytes) => (send(fd, &bytes[*sent..], SEND), rest),
            Buffer::Shared(bytes) => (send(fd, &bytes[*sent..], SEND), rest),
            Buffer::Static(bytes) => (send(fd, &bytes[*sent..], SEND), rest),
            Buffer::List(list) => send_list(fd, list, *sent),
        };
        match accepted {
            Ok(bytes) => *sent += bytes,
            Err(Errno::INTR) => continue,
            Err(error) => return failed(error),
        }
        if *sent == total {
            return done(total, false);
        }
        if accepted.is_ok_and(|bytes| bytes < offered) {
            return Attempt::Later; // the socket's buffer is full; its edge will come
        }
    }
}

/// Offers the kernel what follows the first `sent` bytes, in one call; answers how much was offered.
fn send_list(fd: BorrowedFd<'_>, list: &[Vec<u8>], sent: usize) -> (Result<usize, Errno>, usize) {
    let mut skip = sent;
    let mut slices = [IoSlice::new(&[]); SLICES_PER_CALL];
    let (mut used, mut offered) = (0, 0);
    for bytes in list {
        let skipped = skip.min(bytes.len());
        skip -= skipped;
        if skipped < bytes.len() && used < SLICES_PER_CALL {
            slices[used] = IoSlice::new(&bytes[skipped..]);
            offered += slices[used].len();
            used += 1;
        }
    }
    let mut no_control = SendAncillaryBuffer::default();
    (sendmsg(fd, &slices[..used], &mut no_control, SEND), offered)
}

fn send_datagram(fd: BorrowedFd<'_>, buffer: &Buffer, to: Option<&SocketAddr>) -> Attempt {
    let gathered;
    let bytes: &[u8] = match buffer {
        Buffer::Owned(bytes) => bytes,
        Buffer::Shared(bytes) => bytes,
        Buffer::Static(bytes) => bytes,
        Buffer::List(list) => {
            gathered = list.concat();
            &gathered
        }
    };
    let sent = match to {
        Some(to) => sendto(fd, bytes, SEND, to),
        None => send(fd, bytes, SEND),
    };
    sent.map_or_else(failed, |sent| done(sent, false))
}

fn accept<T>(fd: BorrowedFd<'_>, operation: &mut Operation<T>) -> Attempt {
    match acceptfrom_with(fd, SocketFlags::CLOEXEC) {
        Ok((socket, peer)) => {
            operation.socket = Some(socket);
            operation.peer = peer.and_then(|peer| SocketAddr::try_from(peer).ok()).map(Box::new);
            done(0, false)
        }
        // accept(2): errors of the connection that was to be taken, not of the listener.
        Err(
            Errno::CONNABORTED
            | Errno::PROTO
            | Errno::NETDOWN
            | Errno::NOPROTOOPT
            | Errno::HOSTDOWN
            | Errno::NONET
            | Errno::HOSTUNREACH
            | Errno::NETUNREACH
            | Errno::TIMEDOUT,
        ) => failed(Errno::INTR),
        Err(error) => failed(error),
    }
}

/// Makes a call that has no flag for "do not wait". Descriptors of somebody else's making may be blocking.
fn without_blocking<R>(fd: BorrowedFd<'_>, call: impl FnOnce() -> R) -> R {
    let flags = fcntl_getfl(fd).unwrap_or(OFlags::NONBLOCK);
    if flags.contains(OFlags::NONBLOCK) {
        return call();
    }
    let set = fcntl_setfl(fd, flags | OFlags::NONBLOCK);
    debug_assert!(set.is_ok(), "an open descriptor: {set:?}");
    let result = call();
    let _ = fcntl_setfl(fd, flags);
    result
}

fn connect_to(fd: BorrowedFd<'_>, to: &SocketAddr, asked: &mut bool) -> Attempt {
    if !*asked {
        if socket_domain(fd)
            != Ok(if to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 })
        {
            return failed(Errno::AFNOSUPPORT);
        }
        *asked = true;
        return match without_blocking(fd, || connect(fd, to)) {
            Ok(()) => done(0, false),
            Err(Errno::INPROGRESS | Errno::INTR) => Attempt::Later,
            Err(error) => failed(error),
        };
    }
    match socket_error(fd) {
        Ok(Ok(())) => match getpeername(fd) {
            Ok(_) => done(0, false),
            Err(Errno::NOTCONN) => Attempt::Later, // an edge that was not the answer
            Err(error) => failed(error),
        },
        Ok(Err(error)) | Err(error) => failed(error),
    }
}
