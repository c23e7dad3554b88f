//! What goes from a file to a socket.

use std::fs::File;
use std::sync::Arc;

use crate::Buffer;
use crate::engine::FileSend;

/// Bytes to send: a head, a range of a file, a tail, each of which may be missing. See
/// [`Stream::send_file`](crate::Stream::send_file).
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("page");
/// # std::fs::write(&path, "0123456789")?;
/// use std::fs::File;
/// use wharf::FileRange;
/// let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
/// let port = wharf::Port::new(1)?;
/// let stream = port.associate(ours, 0)?;
/// let answer = FileRange::new(File::open(path)?).offset(2).length(5).head("<").tail(">");
/// stream.send_file(answer, "sent")?;
/// assert_eq!(port.get(None)?.result?, 7);
/// drop(stream);
/// assert_eq!(std::io::read_to_string(theirs)?, "<23456>");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct FileRange {
    file: Option<Arc<File>>,
    offset: u64,
    length: Option<u64>,
    head: Buffer,
    tail: Buffer,
}

impl FileRange {
    /// The whole of a file. Many operations may share one: its own position is neither used nor moved.
    pub fn new(file: impl Into<Arc<File>>) -> Self {
        FileRange { file: Some(file.into()), ..FileRange::default() }
    }

    /// No file: head and tail only.
    #[must_use]
    pub fn without_file() -> Self {
        FileRange::default()
    }

    /// Where to begin, in bytes from the file's start (0 unless said).
    #[must_use]
    pub fn offset(self, offset: u64) -> Self {
        FileRange { offset, ..self }
    }

    /// How many bytes of the file to send; unless said, up to its end as it is then.
    #[must_use]
    pub fn length(self, length: u64) -> Self {
        FileRange { length: Some(length), ..self }
    }

    /// What goes before the file's bytes.
    #[must_use]
    pub fn head(self, head: impl Into<Buffer>) -> Self {
        FileRange { head: head.into(), ..self }
    }

    /// What follows the file's bytes.
    #[must_use]
    pub fn tail(self, tail: impl Into<Buffer>) -> Self {
        FileRange { tail: tail.into(), ..self }
    }

    pub(crate) fn into_work(self) -> FileSend {
        FileSend {
            head: self.head,
            file: self.file,
            offset: self.offset,
            file_left: self.length.unwrap_or(u64::MAX),
            to_end: self.length.is_none(),
            tail: self.tail,
            ..FileSend::default()
        }
    }
}
