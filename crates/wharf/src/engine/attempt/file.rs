//! Tries of file to socket: head, a range of the file, tail, in this order (contract D69-D71).
//!
//! The file's pages go from the page cache to the socket in the kernel (sendfile(2)); its own position is neither used
//! nor moved. A page that is not in memory is read from the device meanwhile: the calling thread waits for that.
//!
//! sendfile returns less than asked for at the end of the file as well as when the socket is full, so it is called again
//! until it says which: 0, or EAGAIN and an edge that will come.

use std::os::fd::BorrowedFd;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl, sendfile};
use rustix::io::Errno;
use rustix::net::SendFlags;

use super::send::{SEND, send_rest};
use super::{Attempt, done, failed, sigpipe};
use crate::engine::operation::FileSend;

/// The most that Linux moves in one call (MAX_RW_COUNT).
const BYTES_PER_CALL: u64 = 0x7FFF_F000;

/// Goes on with a file's send, which ends only whole or in an error.
pub(super) fn send_file(fd: BorrowedFd<'_>, work: &mut FileSend, sent: &mut usize) -> Attempt {
    let ended = send_parts(fd, work);
    *sent = work.transferred();
    ended
}

fn send_parts(fd: BorrowedFd<'_>, work: &mut FileSend) -> Attempt {
    if work.head_sent < work.head.len() {
        let more = if work.ends_with_head() { SendFlags::empty() } else { SendFlags::MORE };
        match send_rest(fd, &work.head, &mut work.head_sent, SEND | more) {
            Attempt::Done { result: Ok(_), .. } => {}
            other => return other,
        }
    }
    if work.file_left > 0 && work.file.is_some() {
        match send_range(fd, work) {
            Ok(true) => {}
            Ok(false) => return Attempt::Later,
            Err(error) => return failed(error),
        }
    }
    if work.tail_sent < work.tail.len() {
        match send_rest(fd, &work.tail, &mut work.tail_sent, SEND) {
            Attempt::Done { result: Ok(_), .. } => {}
            other => return other,
        }
    }
    done(work.transferred(), false)
}

/// False if the socket is full.
fn send_range(fd: BorrowedFd<'_>, work: &mut FileSend) -> Result<bool, Errno> {
    let file = work.file.as_ref().expect("checked by the caller");
    if !work.prepared {
        let flags = fcntl_getfl(fd)?;
        if !flags.contains(OFlags::NONBLOCK) {
            fcntl_setfl(fd, flags | OFlags::NONBLOCK)?;
        }
        work.prepared = true;
    }
    let _quiet = sigpipe::Quiet::begin(); // sendfile has no MSG_NOSIGNAL
    while work.file_left > 0 {
        let count = work.file_left.min(BYTES_PER_CALL) as usize;
        let mut offset = work.offset;
        match sendfile(fd, &**file, Some(&mut offset), count) {
            Ok(0) if work.to_end => work.file_left = 0,
            // The peer has been promised more than there is.
            Ok(0) => return Err(Errno::NODATA),
            Ok(bytes) => {
                work.offset += bytes as u64;
                work.file_sent += bytes as u64;
                work.file_left -= bytes as u64;
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}
