//! One try of a read or a write on a pipe's socket.
#![allow(unsafe_code)] // system calls with the program's memory, which the kernel checks

use std::ffi::c_void;
use std::os::fd::{AsRawFd, OwnedFd};

use wharf_core::status::Status;

use super::super::io::Transfer;
use crate::arg;

const FLAGS: i32 = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;

/// The status of a failure; none for "would block".
fn failure(errno: i32, broken: Status, bad_memory: Status) -> Option<Status> {
    match errno {
        libc::EAGAIN => None,
        libc::EFAULT => Some(bad_memory),
        libc::ENOBUFS | libc::ENOMEM | libc::EMSGSIZE => Some(Status::INSUFFICIENT_RESOURCES),
        _ => Some(broken),
    }
}

/// One receive. The kernel tells of a peer that has closed without reading everything (ECONNRESET) before it tells what that
/// peer had sent, and once: what comes after that counts.
fn receive(fd: i32, to: *mut c_void, room: usize, flags: i32) -> Result<usize, i32> {
    let mut told = false;
    loop {
        // SAFETY: the kernel checks the memory.
        let done = unsafe { libc::recv(fd, to, room, FLAGS | flags) };
        match usize::try_from(done).map_err(|_| errno()) {
            Err(libc::EINTR) => {}
            Err(libc::ECONNRESET) if !told => told = true,
            other => return other,
        }
    }
}

/// Has the kernel mark messages, so that [`next`] can tell one of no bytes from the end.
pub(super) fn mark_messages(fd: &OwnedFd) {
    let on = 1_i32;
    let (level, option) = (libc::SOL_SOCKET, libc::SO_TIMESTAMP);
    // SAFETY: one number, alive for the call.
    unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, (&raw const on).cast(), 4) };
}

/// The size of the message that comes next; none at the end.
fn next(fd: i32) -> Result<Option<usize>, i32> {
    match receive(fd, std::ptr::null_mut(), 0, libc::MSG_PEEK | libc::MSG_TRUNC)? {
        0 => Ok(is_message(fd).then_some(0)),
        size => Ok(Some(size)),
    }
}

/// Whether a receive of no bytes was of a message: that has its time with it.
fn is_message(fd: i32) -> bool {
    let mut control = [0_u64; 16];
    // SAFETY: all zeros are a valid msghdr.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(&control);
    // SAFETY: room of ours, with its length.
    let done = unsafe { libc::recvmsg(fd, &raw mut header, FLAGS | libc::MSG_PEEK) };
    done == 0 && header.msg_controllen > 0
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}

/// Reads: the status and the bytes, or nothing if it has to wait. BUFFER_OVERFLOW is a part of a message (E13); a message of
/// no bytes is read as one.
pub(super) fn read(
    fd: i32,
    job: Transfer,
    message: bool,
    by_message: bool,
    leftover: &mut Vec<u8>,
) -> Option<(Status, usize)> {
    if !leftover.is_empty() {
        return Some(from_leftover(job, by_message, leftover));
    }
    let result = if message {
        read_message(fd, job, by_message, leftover)
    } else if job.length == 0 {
        Ok((Status::SUCCESS, 0))
    } else {
        receive(fd, job.buffer, job.length as usize, 0).map(|done| match done {
            0 => (Status::PIPE_BROKEN, 0),
            done => (Status::SUCCESS, done),
        })
    };
    result.map_or_else(
        |errno| failure(errno, Status::PIPE_BROKEN, Status::ACCESS_VIOLATION).map(|one| (one, 0)),
        Some,
    )
}

fn read_message(
    fd: i32,
    job: Transfer,
    by_message: bool,
    leftover: &mut Vec<u8>,
) -> Result<(Status, usize), i32> {
    let Some(size) = next(fd)? else { return Ok((Status::PIPE_BROKEN, 0)) };
    if size <= job.length as usize {
        let done = receive(fd, job.buffer, job.length as usize, 0)?;
        return Ok((Status::SUCCESS, done));
    }
    let mut whole = vec![0_u8; size];
    let done = receive(fd, whole.as_mut_ptr().cast(), size, 0)?;
    whole.truncate(done);
    *leftover = whole;
    Ok(from_leftover(job, by_message, leftover))
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
            Err(_) => match errno() {
                libc::EINTR => continue,
                errno => {
                    return failure(errno, Status::PIPE_CLOSING, Status::INVALID_USER_BUFFER)
                        .map(|status| (status, 0));
                }
            },
        }
        if *done >= length {
            return Some((Status::SUCCESS, length));
        }
    }
}

/// Whether the other end is gone, and all that it has sent.
pub(super) fn is_broken(fd: &OwnedFd, message: bool) -> bool {
    let fd = fd.as_raw_fd();
    if message {
        return matches!(next(fd), Ok(None));
    }
    let mut byte = 0_u8;
    receive(fd, (&raw mut byte).cast(), 1, libc::MSG_PEEK) == Ok(0)
}

/// Bytes that wait to be read.
pub(super) fn waiting(fd: &OwnedFd) -> usize {
    let count = rustix::io::ioctl_fionread(fd).unwrap_or(0);
    usize::try_from(count).unwrap_or(0)
}
