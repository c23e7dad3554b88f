//! One try of one operation on a descriptor; never blocks.
//!
//! Every call carries MSG_DONTWAIT, so the descriptor's own blocking mode does not matter (contract C28);
//! accept, connect and sendfile have no such flag: a listener's association sets O_NONBLOCK, and so does the first file;
//! a connect sets it meanwhile. Sends carry MSG_NOSIGNAL: no SIGPIPE from us (D81).
//!
//! # What a short transfer says
//! For streams, fewer bytes than asked for means that the kernel had no more (epoll(7), question 9): the
//! next try would fail with EAGAIN and the next edge is certain to come. The caller need not try again.
//!
//! | file | subject |
//! |---|---|
//! | `receive`, `send` | streams and datagrams |
//! | `connection` | accept, connect, disconnect |
//! | `file` | file to socket |
//! | `urgent` | the byte beside a stream |
//! | `readiness` | descriptors of any kind |

mod connection;
pub(super) mod file;
mod readiness;
mod receive;
mod send;
mod sigpipe;
mod urgent;

use std::os::fd::BorrowedFd;

use rustix::event::PollFlags;
use rustix::io::Errno;

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
    /// The connection stands; what is left is to send.
    Connected,
    /// A connection was taken, which waits for its first data.
    Arrived,
    /// What is to be sent is on a disk.
    Cold,
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
            Work::Receive(Buffer::Owned(bytes)) => receive::receive(fd, bytes),
            Work::Receive(buffer @ Buffer::OnDemand(_)) => receive::receive_on_demand(fd, buffer),
            Work::Receive(Buffer::List(list)) => receive::receive_list(fd, list),
            Work::ReceiveFrom(Buffer::Owned(bytes)) => {
                receive::receive_from(fd, bytes, &mut operation.about)
            }
            Work::ReceiveMessage(Buffer::Owned(bytes)) => {
                receive::receive_message(fd, bytes, &mut operation.about)
            }
            // Refused at issue: memory that is not the operation's own, datagrams into several vectors.
            Work::Receive(_) | Work::ReceiveFrom(_) | Work::ReceiveMessage(_) => {
                failed(Errno::INVAL)
            }
            Work::Send(buffer) => {
                send::send_rest(fd, buffer, &mut operation.transferred, send::SEND)
            }
            Work::SendTo(buffer, to) => send::send_datagram(fd, buffer, to.as_deref()),
            Work::SendMessage(parts) => send::send_message(fd, parts),
            Work::Readable => readiness::ready(fd, PollFlags::IN),
            Work::Writable => readiness::ready(fd, PollFlags::OUT),
            Work::SendUrgent(byte) => urgent::send_urgent(fd, *byte),
            Work::ReceiveUrgent(bytes) => urgent::receive_urgent(fd, bytes),
            Work::Accept => connection::accept(fd, operation),
            Work::Connect(to, asked) => connection::connect_to(fd, to, asked),
            Work::AcceptData(_) => connection::accept_data(fd, operation),
            Work::ConnectData(_) => connection::connect_data(fd, &mut operation.work),
            Work::Disconnect { reuse, asked } => connection::disconnect(fd, *reuse, asked),
            Work::SendFile(file) => file::send_file(fd, file, &mut operation.transferred),
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
            Attempt::Later | Attempt::Connected | Attempt::Arrived | Attempt::Cold => {
                return attempt;
            }
        }
    }
}

/// Tries to receive the first data of a connection that was accepted.
pub(super) fn attempt_first_data<T>(operation: &mut Operation<T>) -> Attempt {
    connection::first_data(operation)
}

impl<T> Operation<T> {
    fn work_len(&self) -> usize {
        match &self.work {
            Work::ReceiveFrom(buffer) | Work::ReceiveMessage(buffer) => buffer.len(),
            _ => 0,
        }
    }
}
