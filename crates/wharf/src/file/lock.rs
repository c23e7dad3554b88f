//! Locks of ranges of a file (contract E10).

use std::io;
use std::ops::{Bound, RangeBounds};

use rustix::io::Errno;

use super::File;
use crate::engine::files::{Range, Work};
use crate::{Buffer, OperationId, Refused};

/// Who else may hold a lock of the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// Any number of shared ones: for reading.
    Shared,
    /// Nobody: for writing.
    Exclusive,
}

impl<T: Send + 'static> File<T> {
    /// Locks a range of bytes, and waits as long as somebody else has a lock in the way (contract E10).
    ///
    /// Locks belong to the open file: clones of this handle share them, another association of the same path does not. They
    /// hold back other locks only, not reads and writes (fcntl(2), F_OFD_SETLK). They go with
    /// [`unlock`](File::unlock), or with the file. A lock that another process gives up is had within 10 ms.
    /// Relocking a range replaces what this file held there.
    ///
    /// # Errors
    /// `EBADF` for a shared lock of a file that is not open for reading, or an exclusive one of a file that is not open
    /// for writing; see [`File`].
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use wharf::LockKind::Exclusive;
    /// let port = wharf::Port::new(1)?;
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("file");
    /// let mut options = std::fs::OpenOptions::new();
    /// options.read(true).write(true).create(true);
    /// let (one, other) = (port.open(&path, &options, 1)?, port.open(&path, &options, 2)?);
    /// one.lock(Exclusive, 0..10, ())?;
    /// assert_eq!(port.get(None)?.key, 1);
    /// assert_eq!(other.try_lock(Exclusive, 9..20, ()).unwrap_err().error.kind(),
    ///     std::io::ErrorKind::WouldBlock);
    /// other.lock(Exclusive, 9..20, ())?; // waits
    /// one.unlock(0..10)?;
    /// assert_eq!(port.get(None)?.key, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn lock(
        &self,
        kind: LockKind,
        range: impl RangeBounds<u64>,
        payload: T,
    ) -> Result<OperationId, Refused<T>> {
        self.issue_lock(kind, &range, true, payload)
    }

    /// As [`lock`](File::lock), without waiting.
    ///
    /// # Errors
    /// `WouldBlock`, and no packet, if somebody else has a lock in the way.
    pub fn try_lock(
        &self,
        kind: LockKind,
        range: impl RangeBounds<u64>,
        payload: T,
    ) -> Result<OperationId, Refused<T>> {
        self.issue_lock(kind, &range, false, payload)
    }

    fn issue_lock(
        &self,
        kind: LockKind,
        range: &impl RangeBounds<u64>,
        wait: bool,
        payload: T,
    ) -> Result<OperationId, Refused<T>> {
        match extent(range) {
            Ok(range) => {
                let exclusive = kind == LockKind::Exclusive;
                self.issue(payload, Work::Lock { range, exclusive, wait })
            }
            Err(error) => Err(Refused::new(error, payload, Buffer::default())),
        }
    }

    /// Gives up what this file has locked in a range. Queues no packet: it never waits.
    ///
    /// # Errors
    /// `InvalidInput` for an empty range or one that ends beyond 2^63.
    pub fn unlock(&self, range: impl RangeBounds<u64>) -> io::Result<()> {
        if self.is_foreign() {
            return Err(Errno::CANCELED.into());
        }
        Ok(self.file.unlock(extent(&range)?)?)
    }
}

/// A range of Rust's as fcntl(2) takes it, where a length of 0 means no end.
fn extent(range: &impl RangeBounds<u64>) -> Result<Range, Errno> {
    let start = match range.start_bound() {
        Bound::Unbounded => 0,
        Bound::Included(start) => *start,
        Bound::Excluded(before) => before.checked_add(1).ok_or(Errno::INVAL)?,
    };
    let end = match range.end_bound() {
        Bound::Unbounded => return Ok(Range { start, length: 0 }),
        Bound::Included(last) => last.checked_add(1).ok_or(Errno::INVAL)?,
        Bound::Excluded(end) => *end,
    };
    match end.checked_sub(start) {
        None | Some(0) => Err(Errno::INVAL),
        Some(length) if i64::try_from(end).is_ok() => Ok(Range { start, length }),
        Some(_) => Err(Errno::INVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let range = |start, length| Ok(Range { start, length });
        assert_eq!(extent(&(..)), range(0, 0));
        assert_eq!(extent(&(5..)), range(5, 0));
        assert_eq!(extent(&(5..9)), range(5, 4));
        assert_eq!(extent(&(5..=9)), range(5, 5));
        assert_eq!(extent(&(..i64::MAX as u64)), range(0, i64::MAX as u64));
        assert_eq!(extent(&(Bound::Excluded(4), Bound::Unbounded)), range(5, 0));
        for bad in [5..5, 0..(1 << 63)] {
            assert_eq!(extent(&bad), Err(Errno::INVAL), "{bad:?}");
        }
        assert_eq!(extent(&(0..=u64::MAX)), Err(Errno::INVAL));
    }
}
