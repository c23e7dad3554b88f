//! What is to be done with a file, and how far it has come.
//!
//! # Invariants
//! 1. A read ends when its memory is full or the file ends; a write ends whole or in an error, and then
//!    `done` says how much of it is in the file.
//! 2. An append is one call to the kernel, so that it is whole and in one place (contract E7); only what a full
//!    disk has cut short is tried again, for the error.
//!
//! # References
//! Contract E1, E4-E8.

use std::io;

use rustix::io::Errno;

use super::call::Call;
use super::memory::Parts;
use crate::Buffer;

/// A range of bytes to lock; a length of 0 means all from `start` to whatever will be the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: u64,
    pub(crate) length: u64,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Work {
    Read(Buffer, u64),
    Write(Buffer, u64),
    Append(Buffer),
    Sync {
        data_only: bool,
    },
    SetLen(u64),
    /// `wait`: what is locked is waited for, else it is refused.
    Lock {
        range: Range,
        exclusive: bool,
        wait: bool,
    },
}

impl Work {
    #[inline]
    pub(crate) fn into_buffer(self) -> Buffer {
        match self {
            Work::Read(buffer, _) | Work::Write(buffer, _) | Work::Append(buffer) => buffer,
            Work::Sync { .. } | Work::SetLen(_) | Work::Lock { .. } => Buffer::default(),
        }
    }

    /// Bytes to transfer.
    #[inline]
    fn total(&self) -> usize {
        match self {
            Work::Read(buffer, _) => buffer.capacity(),
            Work::Write(buffer, _) | Work::Append(buffer) => buffer.len(),
            Work::Sync { .. } | Work::SetLen(_) | Work::Lock { .. } => 0,
        }
    }

    /// Whether there is nothing to be asked of the kernel: a transfer of no bytes, which succeeds (E8).
    #[inline]
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Work::Read(..) | Work::Write(..) | Work::Append(_)) && self.total() == 0
    }

    /// What no kernel would accept, or what would mean something else to it than it says.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), Errno> {
        let fits = |start: u64, length: u64| {
            start.checked_add(length).is_some_and(|end| i64::try_from(end).is_ok())
        };
        let fine = match self {
            Work::Read(buffer, offset) => {
                buffer.is_room_for_files() && fits(*offset, buffer.capacity() as u64)
            }
            Work::Write(buffer, offset) => fits(*offset, buffer.len() as u64),
            Work::SetLen(length) => fits(*length, 0),
            Work::Lock { range, .. } => fits(range.start, range.length),
            Work::Append(_) | Work::Sync { .. } => true,
        };
        if fine { Ok(()) } else { Err(Errno::INVAL) }
    }
}

/// Work, and how far it has come.
pub(super) struct Progress {
    pub(super) work: Work,
    /// Bytes so far.
    pub(super) done: usize,
    /// What the last call was given.
    asked: usize,
    total: usize,
    parts: Parts,
    /// The file was opened with O_DIRECT: a short read is the end, and where it stopped is no place to go on from.
    direct: bool,
}

impl Progress {
    #[inline]
    pub(super) fn new(work: Work, direct: bool) -> Self {
        let total = work.total();
        Progress { work, done: 0, asked: 0, total, parts: Parts::default(), direct }
    }

    /// What to ask of the kernel next. Its pointers are good while this value stays where it is.
    #[inline]
    pub(super) fn call(&mut self) -> Call {
        let done = self.done;
        match &mut self.work {
            Work::Read(buffer, offset) => {
                self.asked = self.parts.of_room(buffer, done);
                Call::Read(self.parts.vectors(), *offset + done as u64)
            }
            Work::Write(buffer, offset) => {
                self.asked = self.parts.of_content(buffer, done);
                Call::Write(self.parts.vectors(), *offset + done as u64)
            }
            Work::Append(buffer) => {
                self.asked = self.parts.of_content(buffer, done);
                Call::Append(self.parts.vectors())
            }
            Work::Sync { data_only } => Call::Sync { data_only: *data_only },
            Work::SetLen(length) => Call::SetLen(*length),
            Work::Lock { range, exclusive, .. } => Call::Lock(*range, *exclusive),
        }
    }

    /// The kernel has answered; the result if that was the last call.
    #[inline]
    pub(super) fn answer(&mut self, answer: Result<usize, Errno>) -> Option<io::Result<usize>> {
        let bytes = match answer {
            Ok(bytes) => bytes,
            Err(Errno::INTR) => return None,
            Err(error) => return Some(Err(error.into())),
        };
        self.done += bytes;
        match self.work {
            Work::Read(..) => {
                let over = bytes == 0 || self.done == self.total;
                let over = over || (self.direct && bytes < self.asked.min(most_at_once()));
                if over && self.done == 0 {
                    return Some(Err(io::ErrorKind::UnexpectedEof.into())); // E5
                }
                over.then_some(Ok(self.done)) // E6
            }
            Work::Write(..) | Work::Append(_) if self.done < self.total => {
                // A file system that takes nothing and does not say why would be asked for ever.
                (bytes == 0).then(|| Err(io::ErrorKind::WriteZero.into()))
            }
            Work::Write(..) | Work::Append(_) => Some(Ok(self.done)),
            Work::Sync { .. } | Work::SetLen(_) | Work::Lock { .. } => Some(Ok(0)),
        }
    }

    /// The buffer with what was read in it, as far as it came.
    #[inline]
    pub(super) fn into_buffer(self) -> Buffer {
        let read = matches!(self.work, Work::Read(..));
        let mut buffer = self.work.into_buffer();
        if read {
            super::memory::filled(&mut buffer, self.done);
        }
        buffer
    }
}

/// The kernel moves no more by one call (MAX_RW_COUNT, include/linux/fs.h).
fn most_at_once() -> usize {
    i32::MAX as usize & !(rustix::param::page_size() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: what is short because no call moves more is no end of a file that is read past the cache. Method: answers
    /// alone; the memory is never touched.
    #[test]
    fn a_direct_read_goes_on_where_the_kernel_stops() {
        let length = most_at_once() + 8192;
        let mut memory: Vec<u8> = Vec::new();
        if memory.try_reserve_exact(length).is_err() {
            println!("skipped: no address space for {length} bytes");
            return;
        }
        let mut progress = Progress::new(Work::Read(memory.into(), 0), true);
        progress.call();
        assert!(progress.answer(Ok(most_at_once())).is_none());
        assert!(
            matches!(progress.call(), Call::Read(_, offset) if offset == most_at_once() as u64)
        );
        let result = progress.answer(Ok(4096)).expect("short: the end");
        assert_eq!(result.expect("read"), most_at_once() + 4096);
    }
}
