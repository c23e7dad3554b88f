//! Tries of receives.

use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvFlags, recv, recvfrom, recvmsg};

use super::{Attempt, SLICES_PER_CALL, done, failed};
use crate::engine::control::{self, Control};
use crate::engine::message;
use crate::engine::operation::About;
use crate::{Buffer, Lent};

pub(super) fn receive(fd: BorrowedFd<'_>, bytes: &mut Vec<u8>) -> Attempt {
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

/// Receives into memory that it is lent now, and keeps if something came.
pub(super) fn receive_on_demand(fd: BorrowedFd<'_>, buffer: &mut Buffer) -> Attempt {
    let Some(mut lent) = Lent::with_room(buffer.capacity()) else { return failed(Errno::NOMEM) };
    let attempt = receive(fd, lent.memory());
    if let Attempt::Done { result: Ok(_), .. } = attempt {
        *buffer = Buffer::Lent(lent);
    }
    attempt
}

/// The receive without room: ends when something is there, and takes nothing (D43).
fn wait_for_input(fd: BorrowedFd<'_>) -> Attempt {
    match recv(fd, &mut [0; 1], RecvFlags::DONTWAIT | RecvFlags::PEEK) {
        Ok(_) => done(0, false),
        Err(error) => failed(error),
    }
}

pub(super) fn receive_list(fd: BorrowedFd<'_>, list: &mut [Vec<u8>]) -> Attempt {
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

pub(super) fn receive_from(
    fd: BorrowedFd<'_>,
    bytes: &mut Vec<u8>,
    about: &mut Option<Box<About>>,
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
            *about = from
                .and_then(|from| SocketAddr::try_from(from).ok())
                .map(|peer| Box::new(About { peer: Some(peer), ancillary: None }));
            // One receive, one datagram; what does not fit is lost, and said (D58).
            if length > room { failed(Errno::MSGSIZE) } else { done(length, false) }
        }
        Err(error) => failed(error),
    }
}

/// Takes one datagram with its control data (D67).
pub(super) fn receive_message(
    fd: BorrowedFd<'_>,
    bytes: &mut Vec<u8>,
    about: &mut Option<Box<About>>,
) -> Attempt {
    bytes.clear();
    let room = bytes.capacity();
    let mut control = Control::new();
    // Zeroed only where it is new: recvmsg by libc does not tell a vector what it has filled.
    bytes.resize(room, 0);
    let flags = libc::MSG_DONTWAIT | libc::MSG_TRUNC;
    match message::receive(fd, bytes, &mut control, flags) {
        Ok(received) => {
            bytes.truncate(received.length);
            let mut ancillary = control::decode(&control);
            ancillary.truncated = received.control_truncated;
            let ancillary = Some(Box::new(ancillary));
            *about = Some(Box::new(About { peer: received.from, ancillary }));
            let length = received.length;
            if length > room { failed(Errno::MSGSIZE) } else { done(length, false) }
        }
        Err(error) => {
            bytes.clear();
            failed(error)
        }
    }
}
