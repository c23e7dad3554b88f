//! One port for an open file, whichever descriptor names it (contract A6, A7).
//!
//! Unlike a socket a file may be open several times, and each has an association of its own: device and inode only say
//! where to look. Among the descriptors of one inode the kernel is asked which are of one open file, by
//! fcntl(F_DUPFD_QUERY) (Linux 6.10) or kcmp(2). Where both are refused, as by the seccomp filters of some containers, two
//! duplicates cannot be told from two openings, and both are taken.
//!
//! # Invariants
//! 1. A descriptor that is listed is open: its entry goes, under the lock, before it is closed.
#![allow(unsafe_code)] // two system calls on numbers, which rustix lacks

use std::collections::HashMap;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Mutex;

use rustix::fs::Stat;
use rustix::io::Errno;

use crate::per_process::PerProcess;
use crate::sync::lock;

/// Device and number of an inode.
type Inode = (u64, u64);

type Table = Mutex<HashMap<Inode, Vec<RawFd>>>;

static TABLE: PerProcess<Table> = PerProcess::new();

/// The entry of one associated file; its drop ends the association, but for the drop in a child made by fork, which has a
/// table of its own.
#[derive(Debug)]
pub(super) struct Identity {
    inode: Inode,
    fd: RawFd,
    table: &'static Table,
}

impl Identity {
    /// Enters a file; EEXIST if it has a port already.
    pub(super) fn claim(fd: impl AsFd, stat: &Stat) -> Result<Identity, Errno> {
        let fd = fd.as_fd();
        let inode = (stat.st_dev, stat.st_ino);
        let table = TABLE.get();
        let mut files = lock(table);
        let same = files.entry(inode).or_default();
        if same.iter().any(|other| is_duplicate(fd, *other)) {
            return Err(Errno::EXIST);
        }
        same.push(fd.as_raw_fd());
        Ok(Identity { inode, fd: fd.as_raw_fd(), table })
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        if !std::ptr::eq(self.table, TABLE.get()) {
            return;
        }
        let mut files = lock(self.table);
        if let Some(same) = files.get_mut(&self.inode) {
            same.retain(|fd| *fd != self.fd);
            if same.is_empty() {
                files.remove(&self.inode);
                if files.is_empty() {
                    files.shrink_to_fit(); // many may have been open at once
                }
            }
        }
    }
}

/// Whether two descriptors are of one open file; false where that cannot be found out.
fn is_duplicate(fd: BorrowedFd<'_>, other: RawFd) -> bool {
    const F_DUPFD_QUERY: i32 = 1027;
    // SAFETY: numbers.
    match unsafe { libc::fcntl(fd.as_raw_fd(), F_DUPFD_QUERY, other) } {
        answer @ 0..=1 => answer == 1,
        _ => is_duplicate_by_kcmp(fd.as_raw_fd(), other),
    }
}

fn is_duplicate_by_kcmp(fd: RawFd, other: RawFd) -> bool {
    const KCMP_FILE: i32 = 0;
    let process = std::process::id();
    // SAFETY: numbers.
    unsafe { libc::syscall(libc::SYS_kcmp, process, process, KCMP_FILE, fd, other) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: both ways of asking agree, and tell a duplicate from a second opening.
    #[test]
    fn a_duplicate_is_told_from_a_second_opening() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let twin = file.as_file().try_clone().unwrap();
        let second = file.reopen().unwrap();
        for ask in [
            |a: BorrowedFd<'_>, b| is_duplicate(a, b),
            |a: BorrowedFd<'_>, b| is_duplicate_by_kcmp(a.as_raw_fd(), b),
        ] {
            assert!(ask(file.as_file().as_fd(), twin.as_raw_fd()));
            assert!(!ask(file.as_file().as_fd(), second.as_raw_fd()));
        }
    }
}
