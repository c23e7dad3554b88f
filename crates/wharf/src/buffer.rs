//! The memory of an operation: owned by it from the call until its packet.

use std::sync::Arc;

use crate::Aligned;

/// What an operation receives into or sends from.
///
/// The buffer moves into the operation and comes back in the packet, so nobody can free or change
/// memory that an operation uses. Receives need memory of their own ([`Owned`](Buffer::Owned),
/// [`List`](Buffer::List), or [`Aligned`](Buffer::Aligned) for files); sends take any kind, shared ones without a copy.
///
/// # How a receive fills it
/// From the start, up to the *capacity*; what was in it is overwritten, and its length becomes the
/// number of bytes received. `Vec::with_capacity(4096)` receives up to 4096 bytes, and the same vector
/// can be sent on and received into again without being cleared or grown. Several vectors are filled in
/// order without gaps.
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
        }
    }

    /// Whether nothing would be sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that a receive would accept; 0 for memory that is not the operation's own.
    #[must_use]
    pub fn capacity(&self) -> usize {
        match self {
            Buffer::Owned(bytes) => bytes.capacity(),
            Buffer::List(list) => list.iter().map(Vec::capacity).sum(),
            Buffer::Aligned(bytes) => bytes.capacity(),
            Buffer::Shared(_) | Buffer::Static(_) => 0,
        }
    }

    /// The contents as one vector; an [`Owned`](Buffer::Owned) one is given back as it is, with its capacity.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        match self {
            Buffer::Owned(bytes) => bytes,
            other => other.to_vec(),
        }
    }

    /// A copy of the contents.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        match self {
            Buffer::Owned(bytes) => bytes.clone(),
            Buffer::List(list) => list.concat(),
            Buffer::Aligned(bytes) => bytes.to_vec(),
            Buffer::Shared(bytes) => bytes.to_vec(),
            Buffer::Static(bytes) => bytes.to_vec(),
        }
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
            Buffer::Shared(_) | Buffer::Static(_) => {}
        }
    }

    /// Whether a file may be read into it.
    pub(crate) fn is_room_for_files(&self) -> bool {
        self.is_writable() || matches!(self, Buffer::Aligned(_))
    }

    /// Whether a socket may receive into it.
    pub(crate) fn is_writable(&self) -> bool {
        matches!(self, Buffer::Owned(_) | Buffer::List(_))
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
