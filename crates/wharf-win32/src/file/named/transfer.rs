//! One try of a read or a write on a pipe's socket.
#![allow(unsafe_code)] // system calls with the program's memory, which the kernel checks

use std::os::fd::{AsRawFd, OwnedFd};

use wharf_core::status::Status;

use super::super::io::Transfer;
use crate::arg;

const FLAGS: i32 = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;

/// The status of a failure; none for "would block".
fn failure(broken: Status, bad_memory: Status) -> Option<Status> {
    match std::io::Error::last_os_error().raw_os_error() {
        Some(libc::EAGAIN | libc::EINTR) => None,
        Some(libc::EFAULT) => Some(bad_memory),
        Some(libc::ENOBUFS | libc::ENOMEM | libc::EMSGSIZE) => Some(Status::INSUFFICIENT_RESOURCES),
        _ => Some(broken),
    }
}

/// Reads: the status and the bytes, or nothing if it has to wait. BUFFER_OVERFLOW is a part of a message (E13).
pub(super) fn read(
    fd: i32,
    job: Transfer,
    message: bool,
    by_message: bool,
    leftover: &mut Vec<u8>,
) -> Option<(Status, usize)> {
    let length = job.length as usize;
    if !leftover.is_empty() {
        return Some(from_leftover(job, by_message, leftover));
    }
    let failed =
        || failure(Status::PIPE_BROKEN, Status::ACCESS_VIOLATION).map(|status| (status, 0));
    if !message {
        if length == 0 {
            return Some((Status::SUCCESS, 0));
        }
        // SAFETY: the kernel checks the memory.
        let done = unsafe { libc::recv(fd, job.buffer, length, FLAGS) };
        return match usize::try_from(done) {
            Ok(0) => Some((Status::PIPE_BROKEN, 0)),
            Ok(done) => Some((Status::SUCCESS, done)),
            Err(_) => failed(),
        };
    }
    let look = FLAGS | libc::MSG_PEEK | libc::MSG_TRUNC;
    // SAFETY: no memory is written.
    let size = unsafe { libc::recv(fd, std::ptr::null_mut(), 0, look) };
    let Ok(size) = usize::try_from(size) else { return failed() };
    if size == 0 {
        return Some((Status::PIPE_BROKEN, 0));
    }
    if size <= length {
        // SAFETY: the kernel checks the memory.
        let done = unsafe { libc::recv(fd, job.buffer, length, FLAGS) };
        return usize::try_from(done)
            .ok()
            .map_or_else(failed, |done| Some((Status::SUCCESS, done)));
    }
    let mut whole = vec![0_u8; size];
    // SAFETY: the buffer is ours.
    let done = unsafe { libc::recv(fd, whole.as_mut_ptr().cast(), size, FLAGS) };
    let Ok(done) = usize::try_from(done) else { return failed() };
    whole.truncate(done);
    *leftover = whole;
    Some(from_leftover(job, by_message, leftover))
}

fn from_leftover(job: Transfer, by_message: bool, leftover: &mut Vec<u8>) -> (Status, usize) {
    let fits = leftover.len().min(job.length as usize);
    // SAFETY: the program's buffer has that length.
    if unsafe { arg::store_all(job.buffer.cast(), &leftover[..fits]) }.is_err() {
        return (Status::ACCESS_VIOLATION, 0);
    }
    leftover.drain(..fits);
    let more = by_message && !leftover.is_empty();
    (if more { Status::BUFFER_OVERFLOW } else { Status::SUCCESS }, fits)
}

/// Writes: nothing if it has to wait for room; `done` counts what has gone out of a stream's write.
pub(super) fn write(
    fd: i32,
    job: Transfer,
    message: bool,
    done: &mut usize,
) -> Option<(Status, usize)> {
    let length = job.length as usize;
    if length == 0 && !message {
        return Some((Status::SUCCESS, 0));
    }
    loop {
        let from = job.buffer.wrapping_byte_add(*done);
        // SAFETY: the kernel checks the memory.
        let sent = unsafe { libc::send(fd, from, length - *done, FLAGS) };
        match usize::try_from(sent) {
            Ok(sent) => *done += sent,
            Err(_) => {
                return failure(Status::PIPE_CLOSING, Status::INVALID_USER_BUFFER)
                    .map(|status| (status, 0));
            }
        }
        if *done >= length {
            return Some((Status::SUCCESS, length));
        }
    }
}

/// Whether the other end is gone.
pub(super) fn is_broken(fd: &OwnedFd) -> bool {
    let mut byte = 0_u8;
    let look = FLAGS | libc::MSG_PEEK;
    // SAFETY: a byte of ours.
    unsafe { libc::recv(fd.as_raw_fd(), (&raw mut byte).cast(), 1, look) == 0 }
}

/// Bytes that wait to be read.
pub(super) fn waiting(fd: &OwnedFd) -> usize {
    let count = rustix::io::ioctl_fionread(fd).unwrap_or(0);
    usize::try_from(count).unwrap_or(0)
}
