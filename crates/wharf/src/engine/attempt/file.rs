//! Tries of file to socket: head, a range of the file, tail, in this order (contract D69-D71).
//!
//! The file's pages go from the page cache to the socket in the kernel (sendfile(2)); its own position is neither used
//! nor moved.
//!
//! # Files that are not in memory
//! sendfile would wait for the disk, and the worker with it. So the pages of the next [`WINDOW`] are counted before; if some
//! are missing the try ends as [`Attempt::Cold`], and goes on when the engine of files has read [`WARM_BYTES`] of them.
//!
//! # What a short call means
//! sendfile returns less than asked for at the end of the file as well as when the socket is full. Which it was, the socket is
//! asked, by poll(2): if it has no room, an edge will come, since the question arms it (tcp_poll, seen in 6.18). Another
//! sendfile would say so, too, after it had gathered pages in vain.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl, sendfile};
use rustix::io::Errno;
use rustix::net::SendFlags;

use super::send::{SEND, send_rest};
use super::{Attempt, done, failed, sigpipe};
use crate::engine::files::{is_immediate, is_resident};
use crate::engine::operation::FileSend;

/// How far a try looks ahead for pages that are missing, and how much goes out in one call: the chunk of nginx.
const WINDOW: u64 = 2 << 20;

/// How much is read at a time of a file that is not in memory; the kernel reads ahead of that by itself.
pub(in crate::engine) const WARM_BYTES: u64 = 256 << 10;

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
            Ok(Range::Sent) => {}
            Ok(Range::Full) => return Attempt::Later,
            Ok(Range::Cold) => return Attempt::Cold,
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

/// How a try to send the range ended.
enum Range {
    Sent,
    /// The socket has no room.
    Full,
    /// The disk has what is next.
    Cold,
}

fn send_range(fd: BorrowedFd<'_>, work: &mut FileSend) -> Result<Range, Errno> {
    let file = Arc::clone(work.file.as_ref().expect("checked by the caller"));
    if !work.prepared {
        let flags = fcntl_getfl(fd)?;
        if !flags.contains(OFlags::NONBLOCK) {
            fcntl_setfl(fd, flags | OFlags::NONBLOCK)?;
        }
        work.prepared = true;
    }
    let immediate = *work.immediate.get_or_insert_with(|| is_immediate(file.as_fd()));
    // What is known to be in memory. Not for longer than this try: it may be thrown out while the socket is full.
    let mut known = std::mem::take(&mut work.warmed);
    let _quiet = sigpipe::Quiet::begin(); // sendfile has no MSG_NOSIGNAL
    while work.file_left > 0 {
        if known == 0 {
            let window = work.file_left.min(WINDOW);
            if !immediate && !is_resident(file.as_fd(), work.offset, window) {
                return Ok(Range::Cold);
            }
            known = window;
        }
        let count = work.file_left.min(known) as usize;
        let mut offset = work.offset;
        match sendfile(fd, &*file, Some(&mut offset), count) {
            Ok(0) if work.to_end => work.file_left = 0,
            // The peer has been promised more than there is.
            Ok(0) => return Err(Errno::NODATA),
            Ok(bytes) => {
                work.offset += bytes as u64;
                work.file_sent += bytes as u64;
                work.file_left -= bytes as u64;
                known -= bytes as u64;
                if bytes < count && is_full(fd)? {
                    return Ok(Range::Full);
                }
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(Range::Full),
            Err(error) => return Err(error),
        }
    }
    Ok(Range::Sent)
}

/// Whether a socket has no room, and will tell when it has.
fn is_full(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    Ok(poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::OUT)], Some(&now))? == 0)
}
