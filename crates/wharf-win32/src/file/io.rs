//! ReadFile, WriteFile, FlushFileBuffers (contract E1-E8).
//!
//! Those on overlapped handles go to `overlapped`, those on sockets to Winsock.
#![allow(unsafe_code)] // the caller's buffers; exported under C names

use std::ffi::c_void;
use std::os::fd::AsFd;

use rustix::io::Errno;
use wharf_core::status::{FileContext, Status};

use super::handle::{self, File, Kind};
use super::named::End;
use super::{code_of, lock};
use crate::overlapped::request::{Request, Routine};
use crate::thread::synchronous as own_call;
use crate::types::{BOOL, FALSE, HANDLE, OVERLAPPED, TRUE};
use crate::{arg, code, guard, object};

/// Which way data go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// A transfer between a file and the caller's memory.
#[derive(Clone, Copy)]
pub(crate) struct Transfer {
    pub(crate) direction: Direction,
    pub(crate) buffer: *mut c_void,
    pub(crate) length: u32,
}

/// Where in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// At the file's own position, which moves.
    Position,
    Offset(u64),
    End,
}

/// Reads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadFile(
    file: HANDLE,
    buffer: *mut c_void,
    length: u32,
    read: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> BOOL {
    let transfer = Transfer { direction: Direction::Read, buffer, length };
    // SAFETY: the caller's arguments.
    guard::call(FALSE, || unsafe { call(file, transfer, read, overlapped, None) })
}

/// Writes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteFile(
    file: HANDLE,
    buffer: *const c_void,
    length: u32,
    written: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> BOOL {
    let buffer = buffer.cast_mut();
    let transfer = Transfer { direction: Direction::Write, buffer, length };
    // SAFETY: the caller's arguments.
    guard::call(FALSE, || unsafe { call(file, transfer, written, overlapped, None) })
}

/// # Safety
/// The buffer is as long as the transfer says or refused by the kernel, the pointers null or valid.
pub(super) unsafe fn call(
    handle: HANDLE,
    transfer: Transfer,
    count: *mut u32,
    overlapped: *mut OVERLAPPED,
    routine: Option<Routine>,
) -> Result<BOOL, u32> {
    if !count.is_null() {
        // SAFETY: the caller's variable (C27).
        unsafe { arg::store(count, 0) }?;
    }
    if !object::is_object(handle) {
        // SAFETY: the caller's arguments.
        return unsafe { super::socket::transfer(handle, transfer, count, overlapped, routine) };
    }
    if let Ok(end) = object::get::<End>(handle) {
        // SAFETY: the caller's arguments.
        return unsafe { through_pipe(&end, transfer, count, overlapped, routine) };
    }
    let file = handle::get(handle)?;
    match transfer.direction {
        Direction::Read => file.must_read()?,
        Direction::Write => file.must_write()?,
    }
    if routine.is_some() && file.bound.is_bound() {
        return Err(code::ERROR_INVALID_PARAMETER); // A14
    }
    if file.overlapped {
        // E2: there is no position to use.
        arg::check(overlapped).map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        // SAFETY: the caller's structure.
        let at = offset(unsafe { arg::load(overlapped) }?);
        // SAFETY: the caller lends it until the operation's end.
        let request = unsafe { Request::begin(overlapped, routine) }?;
        file.bound.begin(&request);
        let bytes = super::overlapped::transfer(file, request, transfer, at)?;
        // SAFETY: the caller's variable.
        unsafe { arg::store_optional(count, bytes) }?;
        return Ok(TRUE);
    }
    let at = if overlapped.is_null() {
        At::Position
    } else {
        arg::check_room(overlapped, 1)?;
        // SAFETY: the caller's structure.
        offset(unsafe { arg::load(overlapped) }?)
    };
    let result = cancellable(&file, transfer, at);
    if !overlapped.is_null() {
        let (status, bytes) = match result {
            Ok(bytes) => (Status::SUCCESS, bytes),
            Err(status) => (status, 0),
        };
        // SAFETY: read above.
        let mut now = unsafe { arg::load(overlapped) }?;
        now.Internal = status.0 as usize;
        now.InternalHigh = bytes as usize;
        // SAFETY: read above.
        unsafe { arg::store(overlapped, now) }?;
    }
    let bytes = match result {
        Ok(bytes) => bytes,
        // With an offset the end of the file is an error also here; without one it is a read of nothing (E5).
        Err(Status::END_OF_FILE) if overlapped.is_null() => 0,
        Err(status) => return Err(status.win32()),
    };
    if let Some(routine) = routine {
        routine(Status::SUCCESS, bytes as usize);
    }
    // SAFETY: the caller's variable.
    unsafe { arg::store_optional(count, bytes) }?;
    Ok(TRUE)
}

/// A transfer on an end of a named pipe.
///
/// # Safety
/// As for [`call`].
unsafe fn through_pipe(
    end: &End,
    transfer: Transfer,
    count: *mut u32,
    overlapped: *mut OVERLAPPED,
    routine: Option<Routine>,
) -> Result<BOOL, u32> {
    if routine.is_some() && end.bound.is_bound() {
        return Err(code::ERROR_INVALID_PARAMETER); // A14
    }
    let allowed = match transfer.direction {
        Direction::Read => end.readable,
        Direction::Write => end.writable,
    };
    if !allowed {
        return Err(code::ERROR_ACCESS_DENIED);
    }
    let bytes = if end.overlapped {
        arg::check(overlapped).map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        // SAFETY: the caller lends it until the operation's end.
        let request = unsafe { Request::begin(overlapped, routine) }?;
        end.bound.begin(&request);
        end.transfer(request, transfer)?
    } else {
        let (status, bytes) = end.synchronous(transfer)?;
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        if !status.is_success_or_informational() {
            // A part of a message is a failure with bytes (E13).
            // SAFETY: the caller's variable.
            unsafe { arg::store_optional(count, bytes) }?;
            return Err(status.win32());
        }
        if let Some(routine) = routine {
            routine(status, bytes as usize);
        }
        bytes
    };
    // SAFETY: the caller's variable.
    unsafe { arg::store_optional(count, bytes) }?;
    Ok(TRUE)
}

/// The place that an OVERLAPPED names; all ones is the end (E7).
pub(crate) fn offset(overlapped: OVERLAPPED) -> At {
    let (low, high) = overlapped.offset();
    if low == u32::MAX && high == u32::MAX {
        return At::End;
    }
    At::Offset(u64::from(high) << 32 | u64::from(low))
}

/// A transfer of the calling thread's own, which CancelSynchronousIo ends where a pipe or a terminal makes it wait (C38).
/// A long write goes out in parts: each has room when it is made. A reader that somebody else's read leaves without the
/// data it was told of waits beyond reach.
fn cancellable(file: &File, transfer: Transfer, at: At) -> Result<u32, Status> {
    if !matches!(file.kind, Kind::Pipe | Kind::Character) || transfer.length == 0 {
        return synchronous(file, transfer, at);
    }
    let (events, most) = match transfer.direction {
        Direction::Read => (libc::POLLIN, u32::MAX),
        Direction::Write => (libc::POLLOUT, SURE_ROOM),
    };
    own_call::cancellable(None, || {
        let mut done = 0;
        loop {
            if !own_call::poll(file.raw(), events) {
                return Err(Status::CANCELLED);
            }
            let buffer = transfer.buffer.wrapping_byte_add(done as usize);
            let part = Transfer { buffer, length: (transfer.length - done).min(most), ..transfer };
            done += synchronous(file, part, at)?;
            if done >= transfer.length || transfer.direction == Direction::Read {
                return Ok(done);
            }
        }
    })
}

/// What a pipe that is ready for writing has room for, at least (pipe(7)).
const SURE_ROOM: u32 = 4096;

/// Performs a transfer and waits for it. The end of the file is END_OF_FILE when nothing was read.
pub(crate) fn synchronous(file: &File, transfer: Transfer, at: At) -> Result<u32, Status> {
    if file.kind == Kind::Disk {
        let start = match at {
            At::Offset(offset) => Some(offset),
            At::Position if lock::any(file) => rustix::fs::tell(file.as_fd()).ok(),
            _ => None,
        };
        if let Some(start) = start {
            lock::admit(file, transfer.direction, start, u64::from(transfer.length))?;
        }
    }
    let at = if file.append && transfer.direction == Direction::Write { At::Position } else { at };
    let done = loop {
        match once(file, transfer, at) {
            Err(Errno::INTR) => {}
            // A standard stream that another program made non-blocking.
            Err(Errno::AGAIN) => wait(file, transfer.direction)?,
            other => break other,
        }
    };
    match (done, transfer.direction) {
        (Ok(0), Direction::Read) if transfer.length > 0 && file.kind == Kind::Pipe => {
            Err(Status::PIPE_BROKEN)
        }
        (Ok(0), Direction::Read) if transfer.length > 0 && file.kind == Kind::Disk => {
            Err(Status::END_OF_FILE)
        }
        (Ok(bytes), Direction::Write) if (bytes as u64) < u64::from(transfer.length) => {
            rest(file, transfer, at, bytes)
        }
        (Ok(bytes), _) => Ok(u32::try_from(bytes).unwrap_or(u32::MAX)),
        (Err(errno), direction) => {
            let context = match direction {
                Direction::Read => FileContext::Read,
                Direction::Write => FileContext::Write,
            };
            Err(Status::from_file_errno(errno.raw_os_error(), context))
        }
    }
}

/// What is left after a write that was cut short: by a pipe, by the limit of one call, or by a full disk, which the next
/// write tells.
fn rest(file: &File, transfer: Transfer, at: At, done: usize) -> Result<u32, Status> {
    let next = Transfer {
        buffer: transfer.buffer.wrapping_byte_add(done),
        length: transfer.length - u32::try_from(done).unwrap_or(transfer.length),
        ..transfer
    };
    let at = match at {
        At::Offset(offset) => At::Offset(offset + done as u64),
        other => other,
    };
    if done == 0 {
        return Err(Status::DISK_FULL);
    }
    let more = synchronous(file, next, at)?;
    Ok(u32::try_from(done).unwrap_or(u32::MAX).saturating_add(more))
}

/// One system call. Its memory is checked by the kernel, so that a bad pointer is EFAULT (E8).
fn once(file: &File, transfer: Transfer, at: At) -> Result<usize, Errno> {
    let Transfer { direction, buffer, length } = transfer;
    let (fd, length) = (file.raw(), length as usize);
    let place = |offset: u64| i64::try_from(offset).map_err(|_| Errno::INVAL);
    let done = match (direction, at) {
        (Direction::Read, At::Offset(offset)) => {
            let offset = place(offset)?;
            // SAFETY: the kernel checks the memory.
            wharf::blocking(|| unsafe { libc::pread64(fd, buffer, length, offset) })
        }
        // SAFETY: as above.
        (Direction::Read, _) => wharf::blocking(|| unsafe { libc::read(fd, buffer, length) }),
        (Direction::Write, At::Offset(offset)) => {
            let offset = place(offset)?;
            // SAFETY: as above.
            wharf::blocking(|| unsafe { libc::pwrite64(fd, buffer, length, offset) })
        }
        (Direction::Write, At::End) => return append(file, transfer),
        (Direction::Write, At::Position) => {
            // SAFETY: as above.
            wharf::blocking(|| unsafe { libc::write(fd, buffer, length) })
        }
    };
    if done < 0 {
        return Err(last_errno());
    }
    let done = done.cast_unsigned();
    // E3: the position follows.
    if let At::Offset(offset) = at
        && !file.overlapped
        && file.kind == Kind::Disk
    {
        rustix::fs::seek(file.as_fd(), rustix::fs::SeekFrom::Start(offset + done as u64))?;
    }
    Ok(done)
}

/// An atomic write at the end (E7): the kernel's own, by a flag of the call.
fn append(file: &File, transfer: Transfer) -> Result<usize, Errno> {
    let part = libc::iovec { iov_base: transfer.buffer, iov_len: transfer.length as usize };
    let (fd, part) = (file.raw(), &raw const part);
    // SAFETY: the vector is ours, and the kernel checks the memory that it names.
    let done = wharf::blocking(|| unsafe { libc::pwritev2(fd, part, 1, 0, libc::RWF_APPEND) });
    if done < 0 { Err(last_errno()) } else { Ok(done.cast_unsigned()) }
}

pub(super) fn last_errno() -> Errno {
    Errno::from_raw_os_error(std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
}

fn wait(file: &File, direction: Direction) -> Result<(), Status> {
    use rustix::event::{PollFd, PollFlags, poll};
    let events = match direction {
        Direction::Read => PollFlags::IN,
        Direction::Write => PollFlags::OUT,
    };
    let polled = wharf::blocking(|| poll(&mut [PollFd::new(file, events)], None));
    match polled {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(errno) => Err(Status::from_file_errno(errno.raw_os_error(), FileContext::Read)),
    }
}

/// Writes what is in the caches to the disk.
#[unsafe(no_mangle)]
pub extern "C" fn FlushFileBuffers(file: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        // What was written to a named pipe is with the other end already.
        if object::get::<End>(file).is_ok() {
            return Ok(TRUE);
        }
        let file = handle::get(file)?;
        file.must_write()?;
        match wharf::blocking(|| rustix::fs::fsync(&*file)) {
            // A terminal or a pipe has nothing to flush to.
            Ok(()) | Err(Errno::INVAL | Errno::ROFS) => Ok(TRUE),
            Err(errno) => Err(code_of(errno, FileContext::Write)),
        }
    })
}

/// FILE_TYPE_DISK, CHAR or PIPE; a socket is a pipe.
#[unsafe(no_mangle)]
pub extern "C" fn GetFileType(file: HANDLE) -> u32 {
    guard::call(0, || {
        if !object::is_object(file) {
            let number = i32::try_from(file as usize).map_err(|_| code::ERROR_INVALID_HANDLE)?;
            // SAFETY: it looks at any number.
            let known = unsafe { libc::fcntl(number, libc::F_GETFD) } >= 0 && number > 2;
            return if known { Ok(3) } else { Err(code::ERROR_INVALID_HANDLE) };
        }
        crate::error::SetLastError(code::ERROR_SUCCESS);
        if object::get::<End>(file).is_ok() {
            return Ok(3);
        }
        Ok(match handle::get(file)?.kind {
            Kind::Disk | Kind::Directory => 1,
            Kind::Character => 2,
            Kind::Pipe => 3,
        })
    })
}
