//! The two ways in which a call on a port has no packet to show for it.

use std::fmt;
use std::io;

use crate::Buffer;

/// An operation that was not accepted: no packet will come, and what was given to it is here.
///
/// Converts into [`io::Error`], so `?` works where buffer and payload are not needed again.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let port = wharf::Port::<u8>::new(1)?;
/// let stream = port.unconnected("127.0.0.1:9".parse().unwrap(), 0)?;
/// let refused = stream.send("too early", 5).unwrap_err();
/// assert_eq!(refused.error.kind(), std::io::ErrorKind::NotConnected);
/// assert_eq!(refused.payload, 5);
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
pub struct Refused<T> {
    /// Why.
    pub error: io::Error,
    /// The payload that the packet would have carried.
    pub payload: T,
    /// The operation's buffer.
    pub buffer: Buffer,
}

impl<T> Refused<T> {
    pub(crate) fn new(error: impl Into<io::Error>, payload: T, buffer: Buffer) -> Self {
        Refused { error: error.into(), payload, buffer }
    }
}

impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "operation refused: {}", self.error)
    }
}

impl<T> std::error::Error for Refused<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl<T> From<Refused<T>> for io::Error {
    fn from(refused: Refused<T>) -> Self {
        refused.error
    }
}

/// Why [`Port::get`](crate::Port::get) returned no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GetError {
    /// The time-out passed.
    TimedOut,
    /// The port was closed; no packet will ever come.
    Closed,
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GetError::TimedOut => "no packet within the time-out",
            GetError::Closed => "the port is closed",
        })
    }
}

impl std::error::Error for GetError {}

impl From<GetError> for io::Error {
    fn from(error: GetError) -> Self {
        let kind = match error {
            GetError::TimedOut => io::ErrorKind::TimedOut,
            GetError::Closed => io::ErrorKind::NotConnected,
        };
        io::Error::new(kind, error)
    }
}

/// A post or a timer that a closed port refused; the payload is in it.
pub struct PostError<T>(pub T);

impl<T> std::fmt::Debug for PostError<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostError(..)")
    }
}

impl<T> std::fmt::Display for PostError<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the port is closed")
    }
}

impl<T> std::error::Error for PostError<T> {}

impl<T> From<PostError<T>> for io::Error {
    fn from(_: PostError<T>) -> Self {
        GetError::Closed.into()
    }
}
