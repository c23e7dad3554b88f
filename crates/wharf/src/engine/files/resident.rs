//! Whether a part of a file is in memory, asked without waiting for a disk.
//!
//! cachestat(2) (Linux 6.5) counts the pages of a range, in 0.4 us for 2 MiB of large folios and 20 us of single pages. It
//! counts also those that are on their way from the disk; they come in order mostly, so the last one is tried by a
//! read that does not wait. Where that call is refused, as for files that the process might not write, a few bytes
//! are tried instead: what is cached of a file comes and goes in long runs.
//!
//! The answer is a hint. What it misses is waited for by the thread that sends.
#![allow(unsafe_code)] // two system calls that rustix lacks

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::fs::{fcntl_get_seals, fstat, fstatfs, tell};
use rustix::io::Errno;

/// Distance of the bytes that are tried where pages cannot be counted.
const STEP: u64 = 512 * 1024;

/// Number of cachestat(2) on every architecture.
const SYS_CACHESTAT: libc::c_long = 451;

#[repr(C)]
struct Range {
    offset: u64,
    length: u64,
}

/// What the kernel fills.
#[repr(C)]
struct Counts {
    cached: u64,
    dirty: u64,
    writeback: u64,
    evicted: u64,
    recently_evicted: u64,
}

/// Whether a file is nowhere but in memory: tmpfs does not know RWF_NOWAIT, and does not need it. Only its files, and those of
/// hugetlbfs, can be sealed (fcntl(2), F_GET_SEALS), and that is asked in a fifth of the time of statfs(2).
pub(crate) fn is_memory(fd: BorrowedFd<'_>) -> bool {
    fcntl_get_seals(fd).is_ok()
}

/// Whether a program serves the file, or may: it is asked itself, as by open(2), and may not answer that (linux/magic.h).
pub(crate) fn is_served(fd: BorrowedFd<'_>) -> bool {
    const FUSE_SUPER_MAGIC: u64 = 0x6573_5546;
    fstatfs(fd).map_or(true, |system| system.f_type as u64 == FUSE_SUPER_MAGIC)
}

/// Whether a file never waits for a disk, or is none, of which a send has to tell.
pub(crate) fn is_immediate(fd: BorrowedFd<'_>) -> bool {
    is_memory(fd) || tell(fd) == Err(Errno::SPIPE)
}

/// Whether a range of at least one byte can be read without waiting. What lies behind the end of the file counts as there.
pub(crate) fn is_resident(fd: BorrowedFd<'_>, offset: u64, length: u64) -> bool {
    let end = offset.saturating_add(length);
    let page = rustix::param::page_size() as u64;
    let pages = |end: u64| if end > offset { (end - 1) / page - offset / page + 1 } else { 0 };
    match cached_pages(fd, offset, length) {
        // Pages behind the end are there or not as it pleases the file system; the size is asked for if it matters.
        Ok(cached) => {
            let counted = cached >= pages(end)
                || fstat(fd).is_ok_and(|stat| {
                    cached >= pages(end.min(u64::try_from(stat.st_size).unwrap_or(0)))
                });
            counted && is_readable(fd, end - 1)
        }
        Err(_refused) => {
            let steps = (offset..end - 1).step_by(STEP as usize);
            steps.into_iter().all(|at| is_readable(fd, at)) && is_readable(fd, end - 1)
        }
    }
}

fn cached_pages(fd: BorrowedFd<'_>, offset: u64, length: u64) -> Result<u64, Errno> {
    let range = Range { offset, length };
    let mut counts = MaybeUninit::<Counts>::zeroed();
    // SAFETY: the range is ours to be read, the counts are to be filled, both as large as the kernel takes them.
    let answer = unsafe {
        libc::syscall(SYS_CACHESTAT, fd.as_raw_fd(), &raw const range, counts.as_mut_ptr(), 0)
    };
    if answer != 0 {
        return Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO));
    }
    // SAFETY: zeros are valid numbers, and the kernel has put others in their place.
    Ok(unsafe { counts.assume_init() }.cached)
}

/// Whether one byte can be read at once; true also where it cannot be read at all, or the file system cannot tell.
fn is_readable(fd: BorrowedFd<'_>, offset: u64) -> bool {
    let mut byte = MaybeUninit::<u8>::uninit();
    let vector = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
    let offset = offset.cast_signed();
    // SAFETY: one vector, of one byte of ours.
    let read =
        unsafe { libc::preadv2(fd.as_raw_fd(), &raw const vector, 1, offset, libc::RWF_NOWAIT) };
    read >= 0 || std::io::Error::last_os_error().raw_os_error() != Some(libc::EAGAIN)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::time::{Duration, Instant};

    use rustix::fs::{Advice, fadvise, fdatasync};

    use super::*;

    /// Goal: what has been written is there, what has been thrown out is not, by either way of asking; a part is not all.
    #[test]
    fn cold_and_hot() {
        let length = 4 * STEP;
        let mut file = tempfile::tempfile().unwrap();
        if is_memory(file.as_fd()) {
            return; // nothing here is ever cold
        }
        file.write_all(&vec![7; length as usize]).unwrap();
        assert!(is_resident(file.as_fd(), 0, length));
        assert!(is_resident(file.as_fd(), length, 10), "behind the end");
        assert!(is_resident(file.as_fd(), length + 100 * STEP, 10), "far behind the end");
        assert!(is_resident(file.as_fd(), length - 10, 100 * STEP), "across the end");
        fdatasync(&file).unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        let is_cold = || {
            fadvise(&file, 0, None, Advice::DontNeed).unwrap();
            // Somebody else may hold a page for a moment. And the first try makes the kernel read: a quick disk, or a thread that
            // was kept off its processor, and the byte is there before that very call looks again.
            !is_resident(file.as_fd(), 0, length) && !is_readable(file.as_fd(), length - 1)
        };
        while !is_cold() {
            assert!(Instant::now() < deadline, "what was thrown out still counts as there");
        }
        // The probe itself may have made the kernel read ahead, but not the whole.
        let at = 2 * STEP;
        let mut byte = [0];
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut byte, at).unwrap();
        assert!(is_resident(file.as_fd(), at, 1));
        if cached_pages(file.as_fd(), 0, 1).is_ok() {
            assert!(!is_resident(file.as_fd(), 0, length));
        }
    }
}
