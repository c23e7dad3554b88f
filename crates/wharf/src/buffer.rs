//! The memory of an operation: owned by it from the call until its packet.

use std::borrow::Cow;
use std::sync::Arc;

use crate::{Aligned, Lent};

/// What an operation receives into or sends from.
///
/// The buffer moves into the operation and comes back in the packet, so nobody can free or change
/// memory that an operation uses. Receives need memory of their own ([`Owned`](Buffer::Owned),
/// [`List`](Buffer::List), [`OnDemand`](Buffer::OnDemand), or [`Aligned`](Buffer::Aligned) for files); sends take any kind,
/// shared ones without a copy.
///
/// # How a receive fills it
/// From the start, up to the *capacity*; what was in it is overwritten, and its length becomes the
/// number of bytes received. `Vec::with_capacity(4096)` receives up to 4096 bytes, and the same vector
/// can be sent on and received into again without being cleared or grown. Several vectors are filled in
/// order without gaps.
///
/// # Many connections, little memory
/// A receive that waits holds its memory all the while. [`OnDemand`](Buffer::OnDemand) memory is allocated when there is
/// something to receive, and comes in the packet as [`Lent`](Buffer::Lent); dropped, it serves the next receive. Silent
/// connections cost none, and busy ones share what the processor has in its cache.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use std::io::Write;
/// use wharf::{Buffer, Port};
/// let port = Port::new(1)?;
/// let (ours, mut theirs) = std::os::unix::net::UnixStream::pair()?;
/// let stream = port.associate(ours, 0)?;
/// stream.recv(Buffer::OnDemand(4096), ())?; // no memory yet
/// theirs.write_all(b"hello")?;
/// assert_eq!(*port.get(None)?.buffer.as_bytes(), *b"hello");
/// # Ok(())
/// # }
/// ```
///
/// ```
/// use wharf::Buffer;
/// let buffer = Buffer::from(Vec::with_capacity(64));
/// assert_eq!((buffer.len(), buffer.capacity()), (0, 64));
/// assert_eq!(Buffer::from("static").to_vec(), b"static");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Buffer {
    /// One vector.
    Owned(Vec<u8>),
    /// Several vectors: filled, or sent, in order.
    List(Vec<Vec<u8>>),
    /// Aligned memory, for files opened with O_DIRECT; sockets send from it, and do not receive into it.
    Aligned(Aligned),
    /// So many bytes, allocated by the receive when data has come; for streams. Where there is no memory
    /// for it the operation ends with `ENOMEM`, and nothing is taken from the stream.
    OnDemand(usize),
    /// What a receive on demand has brought.
    Lent(Lent),
    /// Shared memory, for sending the same bytes on many connections.
    Shared(Arc<[u8]>),
    /// Constant memory, for sending.
    Static(&'static [u8]),
}

impl Buffer {
    /// Bytes that would be sent.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Buffer::Owned(bytes) => bytes.len(),
            Buffer::List(list) => list.iter().map(Vec::len).sum(),
            Buffer::Aligned(bytes) => bytes.len(),
            Buffer::Shared(bytes) => bytes.len(),
            Buffer::Static(bytes) => bytes.len(),
            Buffer::Lent(bytes) => bytes.len(),
            Buffer::OnDemand(_) => 0,
        }
    }

    /// Whether nothing would be sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that a receive would accept; 0 for memory that is not the operation's own.
    #[must_use]
    #[inline]
    pub fn capacity(&self) -> usize {
        match self {
            Buffer::Owned(bytes) => bytes.capacity(),
            Buffer::List(list) => list.iter().map(Vec::capacity).sum(),
            Buffer::Aligned(bytes) => bytes.capacity(),
            Buffer::OnDemand(capacity) => *capacity,
            Buffer::Lent(_) | Buffer::Shared(_) | Buffer::Static(_) => 0,
        }
    }

    /// The contents in one piece, without a copy for all kinds but [`List`](Buffer::List).
    #[must_use]
    pub fn as_bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Buffer::Owned(bytes) => bytes.into(),
            Buffer::List(list) => list.concat().into(),
            Buffer::Aligned(bytes) => (&**bytes).into(),
            Buffer::OnDemand(_) => [].as_slice().into(),
            Buffer::Lent(bytes) => (&**bytes).into(),
            Buffer::Shared(bytes) => (&**bytes).into(),
            Buffer::Static(bytes) => (*bytes).into(),
        }
    }

    /// The contents as one vector; [`Owned`](Buffer::Owned) and [`Lent`](Buffer::Lent) ones are given as they are, with their
    /// capacity.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        match self {
            Buffer::Owned(bytes) => bytes,
            Buffer::Lent(bytes) => bytes.into_vec(),
            other => other.to_vec(),
        }
    }

    /// A copy of the contents.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.as_bytes().into_owned()
    }

    /// The vectors; any other kind becomes a list of one.
    #[must_use]
    pub fn into_list(self) -> Vec<Vec<u8>> {
        match self {
            Buffer::List(list) => list,
            other => vec![other.into_vec()],
        }
    }

    /// Shortens what is in the operation's own memory.
    pub(crate) fn truncate(&mut self, mut length: usize) {
        match self {
            Buffer::Owned(bytes) => bytes.truncate(length),
            Buffer::List(list) => {
                for bytes in list {
                    bytes.truncate(length);
                    length -= bytes.len();
                }
            }
            Buffer::Aligned(bytes) => bytes.set_len(length.min(bytes.len())),
            Buffer::Shared(_) | Buffer::Static(_) | Buffer::OnDemand(_) | Buffer::Lent(_) => {}
        }
    }

    /// Whether a file may be read into it.
    #[inline]
    pub(crate) fn is_room_for_files(&self) -> bool {
        matches!(self, Buffer::Owned(_) | Buffer::List(_) | Buffer::Aligned(_))
    }

    /// Whether a socket may receive into it.
    pub(crate) fn is_writable(&self) -> bool {
        matches!(self, Buffer::Owned(_) | Buffer::List(_) | Buffer::OnDemand(_))
    }
}

impl Default for Buffer {
    /// An empty vector: no memory.
    fn default() -> Self {
        Buffer::Owned(Vec::new())
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Buffer::Owned(bytes)
    }
}

impl From<Aligned> for Buffer {
    fn from(bytes: Aligned) -> Self {
        Buffer::Aligned(bytes)
    }
}

impl From<Arc<[u8]>> for Buffer {
    fn from(bytes: Arc<[u8]>) -> Self {
        Buffer::Shared(bytes)
    }
}

impl From<&'static [u8]> for Buffer {
    fn from(bytes: &'static [u8]) -> Self {
        Buffer::Static(bytes)
    }
}

impl<const N: usize> From<&'static [u8; N]> for Buffer {
    fn from(bytes: &'static [u8; N]) -> Self {
        Buffer::Static(bytes)
    }
}

impl From<&'static str> for Buffer {
    fn from(text: &'static str) -> Self {
        Buffer::Static(text.as_bytes())
    }
}
