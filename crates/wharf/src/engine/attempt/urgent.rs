//! Tries with urgent data: one byte beside a stream (tcp(7), MSG_OOB).

use std::os::fd::BorrowedFd;

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::sockopt::socket_error;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use super::send::SEND;
use super::{Attempt, done, failed, readiness};

pub(super) fn send_urgent(fd: BorrowedFd<'_>, byte: u8) -> Attempt {
    send(fd, &[byte], SEND | SendFlags::OOB).map_or_else(failed, |sent| done(sent, false))
}

/// Takes the urgent byte; without one it waits, unless the stream is over.
pub(super) fn receive_urgent(fd: BorrowedFd<'_>, bytes: &mut Vec<u8>) -> Attempt {
    let mut byte = [0];
    match recv(fd, &mut byte, RecvFlags::OOB | RecvFlags::DONTWAIT) {
        Ok((received, _)) => {
            *bytes = byte[..received].to_vec();
            done(received, false)
        }
        // tcp_recv_urg: there is none, or it has been read.
        Err(Errno::INVAL) => match readiness::now(fd, PollFlags::RDHUP) {
            Ok(events) if events.is_empty() => Attempt::Later,
            Ok(events) if events.contains(PollFlags::ERR) => match socket_error(fd) {
                Ok(Err(error)) | Err(error) => failed(error),
                Ok(Ok(())) => done(0, false), // somebody else has fetched it
            },
            Ok(_) => done(0, false),
            Err(error) => failed(error),
        },
        Err(error) => failed(error),
    }
}
