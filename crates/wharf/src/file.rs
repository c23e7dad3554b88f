//! Files.

mod lock;

use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::engine::files::{OpenFile, Work};
use crate::{Buffer, Issued, OperationId, Port, Refused, clock};

pub use lock::LockKind;

/// A file, or block device, on a port.
///
/// Made by [`Port::associate`] from a [`std::fs::File`], or by [`Port::open`]. A handle is cloned like an
/// [`Arc`]. When the last clone is dropped what is pending ends, with one packet each; who has the last of these finds the
/// file closed.
///
/// # Operations
/// They carry their offset, in bytes from the start; the descriptor's own position is neither used nor moved.
/// Operations are independent of each other: those that are pending at the same time take effect in any order, and where
/// a write meets a read of the same bytes the read may see a part of it.
///
/// What the page cache can serve is done within the call; the rest by io_uring or by threads, see
/// [`FileEngine`](crate::FileEngine). There is one packet in either case.
///
/// # Errors
/// What fails in the file system or the device is reported by the packet, and only what is wrong with the call itself is
/// refused. Errors of every operation, as [`io::Error`]s with the system's number:
/// * refused: `InvalidInput` for a read into memory that is not the operation's own, or a range that ends beyond 2^63;
///   `EBADF` if the file is not open for that; `ECANCELED` if the port is closed;
/// * by the packet: `EIO`, `ENOSPC`, `EDQUOT`, `EFBIG` and what else read(2), write(2), fsync(2) and
///   ftruncate(2) list; `ECANCELED` if it was cancelled; `TimedOut` after [`expire_after`](File::expire_after).
///
/// A write beyond the limit RLIMIT_FSIZE raises SIGXFSZ, as write(2) does; it fails with `EFBIG` where the program
/// ignores that signal.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let port = wharf::Port::new(1)?;
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("file");
/// let mut options = std::fs::OpenOptions::new();
/// let file = port.open(&path, options.read(true).write(true).create(true), 7)?;
/// file.write_at("hello, disk", 0, "written")?;
/// assert_eq!(port.get(None)?.result?, 11);
/// file.read_at(Vec::with_capacity(64), 7, "read")?;
/// let packet = port.get(None)?;
/// assert_eq!((packet.key, packet.payload, packet.result?), (7, "read", 4));
/// assert_eq!(packet.buffer.into_vec(), b"disk");
/// # Ok(())
/// # }
/// ```
pub struct File<T: Send + 'static> {
    file: Arc<OpenFile<T>>,
}

impl<T: Send + 'static> File<T> {
    /// Takes over the one handle that a new file counts.
    pub(crate) fn new(file: Arc<OpenFile<T>>) -> Self {
        File { file }
    }

    fn issue(&self, payload: T, work: Work) -> Result<OperationId, Refused<T>> {
        match self.try_issue(payload, work, false)? {
            Issued::Pending(id) => Ok(id),
            Issued::Done(_) => unreachable!("its packet was to go through the port"),
        }
    }

    #[inline]
    fn try_issue(&self, payload: T, work: Work, direct: bool) -> Result<Issued<T>, Refused<T>> {
        let issued = self.file.issue(payload, work, direct);
        issued.map_err(|(error, payload, buffer)| Refused::new(error, payload, buffer))
    }

    /// Whether this is a child of the process that made the port.
    fn is_foreign(&self) -> bool {
        self.file.port.is_foreign()
    }

    /// Reads from `offset` into a buffer of the operation's own, up to its capacity: see [`Buffer`]. Several vectors
    /// ([`Buffer::List`]) are filled in order.
    ///
    /// Fewer bytes than that mean that the file has ended (contract E6). At or behind the end the packet has the error
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) and 0 bytes (E5); a buffer without room succeeds with 0.
    ///
    /// A file opened with O_DIRECT needs an [`Aligned`](crate::Aligned) buffer and an offset that is a multiple of the
    /// device's block, at most 4096 bytes; else `EINVAL`, by the packet.
    ///
    /// # Errors
    /// See [`File`].
    pub fn read_at(
        &self,
        buffer: impl Into<Buffer>,
        offset: u64,
        payload: T,
    ) -> Result<OperationId, Refused<T>> {
        self.issue(payload, Work::Read(buffer.into(), offset))
    }

    /// As [`read_at`](File::read_at), but if it is over at once, well or not, the packet is the answer and spares the way
    /// through the port (Windows: FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, contract C20).
    ///
    /// # Errors
    /// See [`File`].
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use wharf::{Issued, Port};
    /// let port = Port::new(1)?;
    /// let file = port.open("/proc/self/exe", std::fs::OpenOptions::new().read(true), 0)?;
    /// let packet = match file.read_at_direct(Vec::with_capacity(4), 0, ())? {
    ///     Issued::Done(packet) => packet,
    ///     Issued::Pending(_) => port.get(None)?,
    /// };
    /// assert_eq!(packet.buffer.into_vec(), b"\x7fELF");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn read_at_direct(
        &self,
        buffer: impl Into<Buffer>,
        offset: u64,
        payload: T,
    ) -> Result<Issued<T>, Refused<T>> {
        self.try_issue(payload, Work::Read(buffer.into(), offset), true)
    }

    /// Writes all of a buffer, of any kind, at `offset`; a gap behind the former end reads as zeros.
    ///
    /// The packet comes when the bytes are with the kernel; on the disk they are after a [`sync_data`](File::sync_data)
    /// that was issued later. A write that fails half way, on a full disk, ends with the error, and
    /// [`Packet::transferred`](crate::Packet::transferred) says how much of it is in the file.
    ///
    /// # Errors
    /// See [`File`].
    pub fn write_at(
        &self,
        buffer: impl Into<Buffer>,
        offset: u64,
        payload: T,
    ) -> Result<OperationId, Refused<T>> {
        self.issue(payload, Work::Write(buffer.into(), offset))
    }

    /// Writes all of a buffer at the end of the file, whole and in one place whoever else appends (contract E7); at
    /// most 1024 vectors and 2 GiB.
    ///
    /// # Errors
    /// See [`File`].
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let port = wharf::Port::new(1)?;
    /// let file = port.associate(tempfile::tempfile()?, 0)?;
    /// for record in ["one\n", "two\n"] {
    ///     file.append(record, ())?;
    ///     assert_eq!(port.get(None)?.result?, 4);
    /// }
    /// assert_eq!(file.len()?, 8);
    /// # Ok(())
    /// # }
    /// ```
    pub fn append(&self, buffer: impl Into<Buffer>, payload: T) -> Result<OperationId, Refused<T>> {
        self.issue(payload, Work::Append(buffer.into()))
    }

    /// Brings to the disk what was written by operations that have ended, and what is needed to find it: fdatasync(2).
    ///
    /// # Errors
    /// See [`File`].
    pub fn sync_data(&self, payload: T) -> Result<OperationId, Refused<T>> {
        self.issue(payload, Work::Sync { data_only: true })
    }

    /// As [`sync_data`](File::sync_data), with times and the like: fsync(2).
    ///
    /// # Errors
    /// See [`File`].
    pub fn sync_all(&self, payload: T) -> Result<OperationId, Refused<T>> {
        self.issue(payload, Work::Sync { data_only: false })
    }

    /// Makes the file this many bytes long: cut off, or filled up with zeros.
    ///
    /// # Errors
    /// See [`File`].
    pub fn set_len(&self, length: u64, payload: T) -> Result<OperationId, Refused<T>> {
        self.issue(payload, Work::SetLen(length))
    }

    /// The file's length in bytes at this moment.
    ///
    /// # Errors
    /// Those of fstat(2).
    #[expect(clippy::len_without_is_empty, reason = "a question to the system, not a collection")]
    pub fn len(&self) -> io::Result<u64> {
        Ok(rustix::fs::fstat(self.file.fd())?.st_size.cast_unsigned())
    }

    /// The completion key that was given at association.
    #[must_use]
    pub fn key(&self) -> usize {
        self.file.key
    }

    /// Asks for the end of a pending operation: its packet comes, with the error `ECANCELED`, or with what the operation
    /// has achieved if the kernel could not stop it any more (contract C35). False if it is not pending: its packet has
    /// been queued already, its end was asked for before, or this handle never had it (C33).
    pub fn cancel(&self, operation: OperationId) -> bool {
        !self.is_foreign() && self.file.in_flight().cancel(operation, Errno::CANCELED)
    }

    /// Asks for the end of every pending operation of this file; answers how many.
    pub fn cancel_all(&self) -> usize {
        if self.is_foreign() { 0 } else { self.file.in_flight().cancel_all(Errno::CANCELED) }
    }

    /// Sets a deadline for a pending operation, or replaces it: if it is still pending `after` from now, its end is asked for
    /// as by [`cancel`](File::cancel), with [`TimedOut`](io::ErrorKind::TimedOut). False if it is not pending any more.
    pub fn expire_after(&self, operation: OperationId, after: Duration) -> bool {
        !self.is_foreign()
            && self.file.in_flight().set_deadline(operation, clock::deadline(Some(after)))
    }

    /// Calls with the file's descriptor: for what the crate has no method for.
    pub fn with_fd<R>(&self, call: impl FnOnce(BorrowedFd<'_>) -> R) -> R {
        call(self.file.fd())
    }

    /// Who waits for disks on this file's behalf: `io_uring` or `threads`.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        self.file.engine().name()
    }
}

impl<T: Send + 'static> Port<T> {
    /// Opens a file and associates it with the port. The call may wait for the disk, as open(2) does: see
    /// [`blocking`](crate::blocking).
    ///
    /// For O_DIRECT, see [`OpenOptionsExt`](std::os::unix::fs::OpenOptionsExt) and [`Aligned`](crate::Aligned).
    ///
    /// # Errors
    /// Those of open(2), and of [`associate`](Port::associate).
    pub fn open(
        &self,
        path: impl AsRef<Path>,
        options: &std::fs::OpenOptions,
        key: usize,
    ) -> io::Result<File<T>> {
        self.associate(options.open(path)?, key)
    }

    /// As [`associate`](Port::associate), for a regular file that the caller has just opened for reading, without
    /// O_DIRECT: the kernel is not asked again what it is, which would be two of the five system calls of a server that
    /// sends a small file, nor whether a duplicate has a port. Operations on anything else fail, by their packets.
    ///
    /// # Errors
    /// `NotConnected` if the port is closed.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let port = wharf::Port::new(1)?;
    /// let file = std::fs::File::open("/proc/self/exe")?;
    /// assert!(file.metadata()?.is_file()); // a server asks this anyway, for the length
    /// let file = port.associate_for_reading(file, 0)?;
    /// file.read_at(Vec::with_capacity(4), 0, ())?;
    /// assert_eq!(port.get(None)?.buffer.into_vec(), b"\x7fELF");
    /// # Ok(())
    /// # }
    /// ```
    pub fn associate_for_reading(&self, file: std::fs::File, key: usize) -> io::Result<File<T>> {
        self.enter_file(file.into(), Some(OFlags::RDONLY), key).map(File::new)
    }
}

impl<T: Send + 'static> Clone for File<T> {
    fn clone(&self) -> Self {
        File { file: Arc::clone(&self.file) }
    }
}

impl<T: Send + 'static> std::fmt::Debug for File<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").field("key", &self.file.key).finish_non_exhaustive()
    }
}
