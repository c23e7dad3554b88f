//! Overlapped reads and writes of files (contract E1-E8, C16-C21, C33-C39).
//!
//! What the page cache can answer is answered at once, with success. The rest is work for a few threads that wait for
//! disks; their results are packets, events, statuses.
//!
//! # Invariants
//! 1. A request that was begun ends once: at once, by a thread of the pool, or by a cancel that found it in the queue.
//!    One that fails before anything was done is the call's failure and leaves no trace but its pending mark (C2, C18).
//! 2. A job holds its file: the descriptor lives until the last transfer is over, also when the handle is closed. It gives
//!    the file up before its end is told, and so does the call that issues it: who hears of the last end and closes the
//!    last handle closes the descriptor then and there.
//! 3. Nothing of a request's end runs under the queue's lock.
//!
//! # Why not wharf's engine of files
//! That engine owns what the kernel writes to: its work holds a `Buffer` until the packet, and a ring may still write after a
//! cancel was asked for. Here the memory is the program's, named by a pointer that only the kernel checks (E8), and an end is
//! an OVERLAPPED and not a packet of the engine's. To be served by it this room needs two things of it: work that borrows
//! vectors, unsafe to issue, whose caller promises the memory until the end is told; and flights that end in a function,
//! with names by which `cancel` finds them. What it would gain are transfers that wait for a disk, that is, reads of what
//! is not in memory and files opened past the cache or written through it: all others are done at issue in either case.
#![allow(unsafe_code)] // the caller's buffers

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, MutexGuard, PoisonError};

use wharf_core::status::Status;

use super::handle::{File, Kind};
use super::io::{At, Direction, Transfer, synchronous};
use super::scatter::Pages;
use crate::code;
use crate::fork::Lock;
use crate::overlapped::request::{Ended, Request};
use crate::overlapped::{Cancel, ThreadId};

/// Threads that wait for disks.
const MOST_THREADS: usize = 8;

/// A transfer that waits for a thread.
struct Job {
    file: Arc<File>,
    request: Request,
    work: Work,
}

enum Work {
    Plain(Transfer, At),
    Pages(Pages),
}

// SAFETY: the buffer is the program's until the operation's end (C31), wherever that comes.
unsafe impl Send for Job {}

impl Job {
    fn is_meant(&self, file: &File, which: Cancel) -> bool {
        std::ptr::eq(&raw const *self.file, file)
            && self.request.is_meant(which, file.bound.is_bound())
    }
}

/// A job that a thread has begun; it cannot be stopped any more.
#[derive(PartialEq)]
struct Running {
    file: usize,
    name: usize,
    thread: ThreadId,
}

impl Running {
    fn of(job: &Job) -> Self {
        let file = std::ptr::from_ref(&*job.file) as usize;
        Running { file, name: job.request.name() as usize, thread: job.request.thread }
    }
}

pub(crate) struct Pool {
    jobs: VecDeque<Job>,
    running: Vec<Running>,
    threads: usize,
    idle: usize,
}

pub(crate) static POOL: Lock<Pool> = Lock::renewed(NOTHING, |pool| {
    std::mem::forget(std::mem::replace(pool, NOTHING)); // the parent's threads do it
});
const NOTHING: Pool = Pool { jobs: VecDeque::new(), running: Vec::new(), threads: 0, idle: 0 };
static WORK: Condvar = Condvar::new();

fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock()
}

fn submit(job: Job) -> Result<(), u32> {
    let mut pool = pool();
    if pool.idle <= pool.jobs.len() && pool.threads < MOST_THREADS {
        let thread = std::thread::Builder::new().name("wharf-files".into()).stack_size(128 << 10);
        match thread.spawn(serve) {
            Ok(_) => pool.threads += 1,
            Err(_) if pool.threads == 0 => return Err(code::ERROR_NO_SYSTEM_RESOURCES),
            // The others will come to it.
            Err(_) => {}
        }
    }
    pool.jobs.push_back(job);
    drop(pool);
    WORK.notify_one();
    Ok(())
}

/// A terminal or pipe may make its reader wait for ever: its job has a thread of its own.
fn submit_alone(job: Job) -> Result<(), u32> {
    pool().running.push(Running::of(&job));
    let thread = std::thread::Builder::new().name("wharf-file".into()).stack_size(128 << 10);
    let mark = Running::of(&job);
    let started = thread.spawn(move || run(job));
    started.map(drop).map_err(|_| {
        pool().running.retain(|one| *one != mark);
        code::ERROR_NO_SYSTEM_RESOURCES
    })
}

/// A thread of the pool; it sleeps while there is nothing to do.
fn serve() {
    loop {
        let mut pool = pool();
        let job = loop {
            if let Some(job) = pool.jobs.pop_front() {
                break job;
            }
            pool.idle += 1;
            pool = WORK.wait(pool).unwrap_or_else(PoisonError::into_inner);
            pool.idle -= 1;
        };
        pool.running.push(Running::of(&job));
        drop(pool);
        run(job);
    }
}

/// Performs a job that is listed as running. It is off the list before its end is told: who hears of the end finds
/// nothing to cancel.
fn run(job: Job) {
    let mark = Running::of(&job);
    let Job { file, request, work } = job;
    let result = match work {
        Work::Plain(transfer, at) => synchronous(&file, transfer, at),
        Work::Pages(pages) => pages.transfer(&file),
    };
    pool().running.retain(|one| *one != mark);
    let (status, bytes) = match result {
        Ok(bytes) => (Status::SUCCESS, bytes as usize),
        Err(status) => (status, 0),
    };
    file.finish(request, status, bytes, Ended::Later);
}

/// Performs an overlapped transfer: the bytes if it is over, ERROR_IO_PENDING if its end comes later.
pub(super) fn transfer(
    file: Arc<File>,
    request: Request,
    transfer: Transfer,
    at: At,
) -> Result<u32, u32> {
    let at_once = match file.kind {
        Kind::Disk if file.direct => None,
        Kind::Disk => match transfer.direction {
            Direction::Read => cached(&file, transfer, at),
            Direction::Write => Some(synchronous(&file, transfer, at)),
        },
        Kind::Directory => Some(Err(Status::INVALID_DEVICE_REQUEST)),
        Kind::Character | Kind::Pipe => None,
    };
    match at_once {
        Some(Ok(bytes)) => {
            file.finish(request, Status::SUCCESS, bytes as usize, Ended::AtOnce);
            Ok(bytes)
        }
        Some(Err(status)) if fails_at_once(status) => Err(status.win32()),
        Some(Err(status)) => {
            // E5 among others: the failure is a packet.
            file.finish(request, status, 0, Ended::Later);
            Err(code::ERROR_IO_PENDING)
        }
        None => {
            let is_disk = file.kind == Kind::Disk;
            let job = Job { file, request, work: Work::Plain(transfer, at) };
            if is_disk { submit(job) } else { submit_alone(job) }?;
            Err(code::ERROR_IO_PENDING)
        }
    }
}

/// Has a thread of the pool transfer pages.
pub(super) fn submit_pages(file: Arc<File>, request: Request, pages: Pages) -> Result<(), u32> {
    submit(Job { file, request, work: Work::Pages(pages) })
}

/// What is wrong with the call itself, not with the disk.
fn fails_at_once(status: Status) -> bool {
    matches!(
        status,
        Status::ACCESS_VIOLATION
            | Status::INVALID_USER_BUFFER
            | Status::INVALID_PARAMETER
            | Status::INVALID_DEVICE_REQUEST
            | Status::FILE_LOCK_CONFLICT
    )
}

/// A read that the page cache can answer as a whole; none if a disk has to.
fn cached(file: &File, transfer: Transfer, at: At) -> Option<Result<u32, Status>> {
    let At::Offset(offset) = at else { return Some(Err(Status::INVALID_PARAMETER)) };
    let start = i64::try_from(offset).ok()?;
    let part = libc::iovec { iov_base: transfer.buffer, iov_len: transfer.length as usize };
    // A lock in the way is found by the thorough way, and so is everything that is not the plain case.
    if super::lock::any(file) {
        return Some(synchronous(file, transfer, at));
    }
    let (fd, part) = (file.raw(), &raw const part);
    // SAFETY: the vector is ours, and the kernel checks the memory that it names.
    let done = unsafe { libc::preadv2(fd, part, 1, start, libc::RWF_NOWAIT) };
    match u32::try_from(done) {
        Ok(done) if done == transfer.length => Some(Ok(done)),
        // Up to the end of the file, or up to a hole in the cache: the former needs no disk.
        Ok(done) => {
            let end = super::stat::of_descriptor(rustix::fd::AsFd::as_fd(file)).ok()?.size;
            match offset + u64::from(done) >= end {
                true if done == 0 => Some(Err(Status::END_OF_FILE)),
                true => Some(Ok(done)),
                false => None,
            }
        }
        Err(_) => match std::io::Error::last_os_error().raw_os_error() {
            Some(libc::EAGAIN | libc::EINTR) => None,
            // A file system that cannot say whether it would have to wait: most of these keep everything in memory.
            _ => Some(synchronous(file, transfer, at)),
        },
    }
}

/// Cancels what waits, and counts what runs too (C33-C36).
pub(super) fn cancel(file: &File, which: Cancel) -> usize {
    let (withdrawn, running) = {
        let mut pool = pool();
        let (withdrawn, kept): (VecDeque<Job>, VecDeque<Job>) =
            std::mem::take(&mut pool.jobs).into_iter().partition(|job| job.is_meant(file, which));
        pool.jobs = kept;
        let own = std::ptr::from_ref(file) as usize;
        let meant = |one: &&Running| one.file == own && which.means(one.name as *mut _, one.thread);
        (withdrawn, pool.running.iter().filter(meant).count())
    };
    let count = withdrawn.len() + running;
    for job in withdrawn {
        job.file.finish(job.request, Status::CANCELLED, 0, Ended::Later);
    }
    count
}
