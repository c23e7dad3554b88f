//! ReadFileScatter and WriteFileGather: one transfer between a file and pages that lie apart (contract E9).
//!
//! For handles that are overlapped and unbuffered. The kernel does it (preadv, pwritev), on a thread of the pool, so the end
//! always comes later, also under FILE_SKIP_COMPLETION_PORT_ON_SUCCESS.
#![allow(unsafe_code)] // the caller's pages; exported under C names

use std::ffi::c_void;

use rustix::io::Errno;
use wharf_core::status::{FileContext, Status};

use super::handle::{self, File, Kind};
use super::io::{At, Direction, last_errno, offset};
use super::{lock, overlapped as transfers};
use crate::overlapped::request::Request;
use crate::types::{BOOL, FALSE, HANDLE, OVERLAPPED};
use crate::{arg, code, guard};

/// One page of the caller's; what follows the last one is not looked at.
#[repr(C)]
#[derive(Clone, Copy)]
pub union FILE_SEGMENT_ELEMENT {
    /// Where it begins; a multiple of the size of a page.
    pub Buffer: *mut c_void,
    /// The same, as a number.
    pub Alignment: u64,
}

/// Vectors that the kernel takes in one call (IOV_MAX).
const MOST_PAGES: usize = 1024;

/// A transfer of pages.
pub(super) struct Pages {
    direction: Direction,
    parts: Vec<libc::iovec>,
    length: u32,
    start: u64,
}

impl Pages {
    /// Performs it and waits for it.
    pub(super) fn transfer(&self, file: &File) -> Result<u32, Status> {
        lock::admit(file, self.direction, self.start, u64::from(self.length))?;
        let mut done = 0;
        for parts in self.parts.chunks(MOST_PAGES) {
            let wanted: usize = parts.iter().map(|part| part.iov_len).sum();
            let moved = self.once(file, parts, self.start + done as u64).map_err(|errno| {
                let context = match self.direction {
                    Direction::Read => FileContext::Read,
                    Direction::Write => FileContext::Write,
                };
                Status::from_file_errno(errno.raw_os_error(), context)
            })?;
            done += moved;
            if moved < wanted {
                break; // the end of the file, or of the disk
            }
        }
        match self.direction {
            Direction::Read if done == 0 && self.length > 0 => Err(Status::END_OF_FILE),
            Direction::Write if done < self.length as usize => Err(Status::DISK_FULL),
            _ => Ok(u32::try_from(done).unwrap_or(u32::MAX)),
        }
    }

    fn once(&self, file: &File, parts: &[libc::iovec], at: u64) -> Result<usize, Errno> {
        let (fd, count) = (file.raw(), i32::try_from(parts.len()).map_err(|_| Errno::INVAL)?);
        let at = i64::try_from(at).map_err(|_| Errno::INVAL)?;
        loop {
            let done = wharf::blocking(|| match self.direction {
                // SAFETY: the vectors are ours, and the kernel checks the memory that they name.
                Direction::Read => unsafe { libc::preadv64(fd, parts.as_ptr(), count, at) },
                // SAFETY: as above.
                Direction::Write => unsafe { libc::pwritev64(fd, parts.as_ptr(), count, at) },
            });
            match usize::try_from(done).map_err(|_| last_errno()) {
                Err(Errno::INTR) => {}
                other => return other,
            }
        }
    }
}

/// # Safety
/// The segments are as many as the length needs, the OVERLAPPED is null or lent until the operation's end.
unsafe fn begin(
    handle: HANDLE,
    direction: Direction,
    segments: *const FILE_SEGMENT_ELEMENT,
    length: u32,
    reserved: *const u32,
    overlapped: *mut OVERLAPPED,
) -> Result<BOOL, u32> {
    let file = handle::get(handle)?;
    match direction {
        Direction::Read => file.must_read()?,
        Direction::Write => file.must_write()?,
    }
    if !file.overlapped || !file.unbuffered || file.kind != Kind::Disk || !reserved.is_null() {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    arg::check(overlapped).map_err(|_| code::ERROR_INVALID_PARAMETER)?;
    // SAFETY: the caller's structure.
    let At::Offset(start) = offset(unsafe { arg::load(overlapped) }?) else {
        return Err(code::ERROR_INVALID_PARAMETER);
    };
    let page = rustix::param::page_size();
    let count = (length as usize).div_ceil(page);
    // SAFETY: the caller's array.
    let segments = unsafe { arg::load_all(segments, count) }?;
    let mut parts = Vec::with_capacity(count);
    for (at, segment) in segments.into_iter().enumerate() {
        // SAFETY: both fields are 64 bits of which any value is one.
        let address = unsafe { segment.Buffer };
        if !(address as usize).is_multiple_of(page) {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let iov_len = page.min(length as usize - at * page);
        parts.push(libc::iovec { iov_base: address, iov_len });
    }
    // SAFETY: the caller lends it until the operation's end.
    let request = unsafe { Request::begin(overlapped, None) }?;
    file.bound.begin(&request);
    transfers::submit_pages(file, request, Pages { direction, parts, length, start })?;
    Err(code::ERROR_IO_PENDING)
}

/// Reads into pages. The end always comes later: FALSE with ERROR_IO_PENDING, or the reason why nothing has begun.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadFileScatter(
    hFile: HANDLE,
    aSegmentArray: *const FILE_SEGMENT_ELEMENT,
    nNumberOfBytesToRead: u32,
    lpReserved: *const u32,
    lpOverlapped: *mut OVERLAPPED,
) -> BOOL {
    let (segments, length) = (aSegmentArray, nNumberOfBytesToRead);
    // SAFETY: the caller's arguments.
    guard::call(FALSE, || unsafe {
        begin(hFile, Direction::Read, segments, length, lpReserved, lpOverlapped)
    })
}

/// Writes pages, as [`ReadFileScatter`] reads them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteFileGather(
    hFile: HANDLE,
    aSegmentArray: *const FILE_SEGMENT_ELEMENT,
    nNumberOfBytesToWrite: u32,
    lpReserved: *const u32,
    lpOverlapped: *mut OVERLAPPED,
) -> BOOL {
    let (segments, length) = (aSegmentArray, nNumberOfBytesToWrite);
    // SAFETY: the caller's arguments.
    guard::call(FALSE, || unsafe {
        begin(hFile, Direction::Write, segments, length, lpReserved, lpOverlapped)
    })
}
