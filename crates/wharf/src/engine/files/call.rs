//! One system call of one operation on a file.
#![allow(unsafe_code)] // reads and writes by vectors of memory that the operation owns

use std::os::fd::{BorrowedFd, RawFd};

use rustix::io::Errno;

use super::memory::Vectors;
use super::work::Range;

/// What is asked of the kernel.
#[derive(Clone, Copy)]
pub(super) enum Call {
    Read(Vectors, u64),
    Write(Vectors, u64),
    Append(Vectors),
    Sync { data_only: bool },
    SetLen(u64),
    Lock(Range, bool),
}

/// Makes a call, with `flags` of preadv2(2).
///
/// Blocks unless RWF_NOWAIT is among them; locks never do: they fail with EAGAIN while somebody else holds one.
#[inline]
pub(super) fn perform(fd: BorrowedFd<'_>, call: Call, flags: i32) -> Result<usize, Errno> {
    use std::os::fd::AsRawFd;
    let raw = fd.as_raw_fd();
    match call {
        Call::Read(vectors, offset) => read(raw, vectors, offset.cast_signed(), flags),
        Call::Write(vectors, offset) => write(raw, vectors, offset.cast_signed(), flags),
        Call::Append(vectors) => write(raw, vectors, 0, flags | libc::RWF_APPEND),
        Call::Sync { data_only: true } => rustix::fs::fdatasync(fd).map(|()| 0),
        Call::Sync { data_only: false } => rustix::fs::fsync(fd).map(|()| 0),
        Call::SetLen(length) => rustix::fs::ftruncate(fd, length).map(|()| 0),
        Call::Lock(range, exclusive) => {
            let kind = if exclusive { libc::F_WRLCK } else { libc::F_RDLCK };
            lock(fd, range, kind).map(|()| 0)
        }
    }
}

#[inline]
fn read(fd: RawFd, vectors: Vectors, offset: i64, flags: i32) -> Result<usize, Errno> {
    let count = vectors.count.cast_signed();
    if flags == 0 {
        // SAFETY: the vectors and the memory that they name belong to the operation whose call this is, which is
        // borrowed until the call returns (memory, invariant 1).
        return answered(unsafe { libc::preadv(fd, vectors.first, count, offset) });
    }
    // The system call itself: libc's function is a cancellation point, which costs two locked instructions, and a call that
    // does not wait need be none. The kernel takes the offset in halves; where a register holds all of it, it drops the upper
    // one (fs/read_write.c, pos_from_hilo).
    let (low, high) = (offset as libc::c_long, (offset >> 32) as libc::c_long);
    // SAFETY: as above, with the arguments of preadv2(2) in their order.
    let returned =
        unsafe { libc::syscall(libc::SYS_preadv2, fd, vectors.first, count, low, high, flags) };
    answered(returned as isize)
}

fn write(fd: RawFd, vectors: Vectors, offset: i64, flags: i32) -> Result<usize, Errno> {
    let count = vectors.count.cast_signed();
    // SAFETY: as in `read`; the kernel only reads there.
    answered(unsafe { libc::pwritev2(fd, vectors.first, count, offset, flags) })
}

#[inline]
fn answered(returned: isize) -> Result<usize, Errno> {
    usize::try_from(returned).map_err(|_| last_error())
}

#[cold]
fn last_error() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}

/// Sets or ends a lock that belongs to the open file (F_OFD_SETLK, Linux 3.15), without waiting.
pub(super) fn lock(fd: BorrowedFd<'_>, range: Range, kind: i32) -> Result<(), Errno> {
    use std::os::fd::AsRawFd;
    let request = libc::flock {
        l_type: i16::try_from(kind).map_err(|_| Errno::INVAL)?,
        l_whence: 0, // SEEK_SET
        l_start: i64::try_from(range.start).map_err(|_| Errno::INVAL)?,
        l_len: i64::try_from(range.length).map_err(|_| Errno::INVAL)?,
        l_pid: 0,
    };
    // SAFETY: the descriptor is borrowed and the request lives until the call returns.
    match unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_OFD_SETLK, &raw const request) } {
        0 => Ok(()),
        _ => match last_error() {
            Errno::ACCESS => Err(Errno::AGAIN), // fcntl(2): either may mean a conflict
            error => Err(error),
        },
    }
}
