//! What became of an operation that need not go through the port.

use crate::{OperationId, Packet};

/// The answer of a call like [`Stream::send_direct`](crate::Stream::send_direct): one packet, from here or from the port.
#[derive(Debug)]
#[must_use = "a packet may be in it"]
pub enum Issued<T> {
    /// The operation is over, and this is its packet.
    Done(Packet<T>),
    /// Its packet will come from the port.
    Pending(OperationId),
}
