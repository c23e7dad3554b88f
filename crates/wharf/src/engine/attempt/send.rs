//! Tries of sends.

use std::io::IoSlice;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::net::sockopt::socket_domain;
use rustix::net::{AddressFamily, SendAncillaryBuffer, SendFlags, send, sendmsg, sendto};

use super::{Attempt, SLICES_PER_CALL, done, failed};
use crate::Buffer;
use crate::engine::operation::MessageSend;
use crate::engine::{control, message};

pub(super) const SEND: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

/// Goes on with a stream send, which ends only whole or in an error (C47).
#[inline]
pub(super) fn send_rest(
    fd: BorrowedFd<'_>,
    buffer: &Buffer,
    sent: &mut usize,
    flags: SendFlags,
) -> Attempt {
    let total = buffer.len();
    loop {
        let rest = total - *sent;
        let (accepted, offered) = match buffer {
            Buffer::Owned(bytes) => (send(fd, &bytes[*sent..], flags), rest),
            Buffer::Aligned(bytes) => (send(fd, &bytes[*sent..], flags), rest),
            Buffer::Shared(bytes) => (send(fd, &bytes[*sent..], flags), rest),
            Buffer::Static(bytes) => (send(fd, &bytes[*sent..], flags), rest),
            Buffer::List(list) => send_list(fd, list, *sent, flags),
            Buffer::Lent(bytes) => (send(fd, &bytes[*sent..], flags), rest),
            Buffer::OnDemand(_) => (send(fd, &[], flags), 0),
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
fn send_list(
    fd: BorrowedFd<'_>,
    list: &[Vec<u8>],
    sent: usize,
    flags: SendFlags,
) -> (Result<usize, Errno>, usize) {
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
    (sendmsg(fd, &slices[..used], &mut no_control, flags), offered)
}

pub(super) fn send_datagram(
    fd: BorrowedFd<'_>,
    buffer: &Buffer,
    to: Option<&SocketAddr>,
) -> Attempt {
    let bytes = buffer.as_bytes();
    let sent = match to {
        Some(to) => sendto(fd, &bytes, SEND, to),
        None => send(fd, &bytes, SEND),
    };
    sent.map_or_else(failed, |sent| done(sent, false))
}

/// Sends one datagram with control data (D68).
pub(super) fn send_message(fd: BorrowedFd<'_>, parts: &MessageSend) -> Attempt {
    let six = socket_domain(fd).is_ok_and(|domain| domain == AddressFamily::INET6);
    let mut control = control::encode(&parts.ancillary, six);
    let sent = message::send(fd, &parts.buffer.as_bytes(), parts.to, &mut control);
    sent.map_or_else(failed, |sent| done(sent, false))
}
