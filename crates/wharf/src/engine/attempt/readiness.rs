//! Tries of waits for readiness.

use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

use super::{Attempt, done, failed};

/// Whether the descriptor is ready now, or over.
pub(super) fn ready(fd: BorrowedFd<'_>, events: PollFlags) -> Attempt {
    match now(fd, events) {
        Ok(events) if events.is_empty() => Attempt::Later,
        Ok(_) => done(0, false),
        Err(error) => failed(error),
    }
}

/// Which of the events hold now.
pub(super) fn now(fd: BorrowedFd<'_>, events: PollFlags) -> Result<PollFlags, rustix::io::Errno> {
    let mut fds = [PollFd::from_borrowed_fd(fd, events)];
    poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    Ok(fds[0].revents())
}
