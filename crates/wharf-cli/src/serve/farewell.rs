//! The end of a connection whose last answer has been sent.
//!
//! Closing a socket while the client still sends makes the kernel answer with a reset, and a reset
//! takes away what the client has not read yet (RFC 9112 section 9.6). So only our side is ended at
//! first, and what comes is thrown away until the client has closed too, or has used up its share.

use std::io;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use wharf::{Buffer, Stream};

use super::connection::Step;

/// For a client that has read the answer and stops.
const LINGER: Duration = Duration::from_secs(5);

/// A client that sends more than this without looking for an answer will not look for one later.
const LINGER_BYTES: usize = 16 << 20;

/// What is thrown away at a time.
const PIECE_BYTES: usize = 4 * 1024;

pub(super) struct Farewell {
    stream: Stream<Step>,
    since: Instant,
    discarded: usize,
}

impl Farewell {
    pub(super) fn begin(stream: Stream<Step>) -> io::Result<()> {
        stream.shutdown(Shutdown::Write)?;
        let farewell = Farewell { stream, since: Instant::now(), discarded: 0 };
        Box::new(farewell).receive()
    }

    /// Something has come; the connection ends by the drop of its last handle.
    pub(super) fn received(
        mut self: Box<Self>,
        result: io::Result<usize>,
        buffer: Buffer,
    ) -> io::Result<()> {
        let bytes = result?;
        self.discarded += bytes;
        if bytes == 0 || self.discarded > LINGER_BYTES {
            return Ok(());
        }
        drop(buffer);
        self.receive()
    }

    fn receive(self: Box<Self>) -> io::Result<()> {
        let stream = self.stream.clone();
        let left = LINGER.saturating_sub(self.since.elapsed());
        let receive = stream.recv(Buffer::OnDemand(PIECE_BYTES), Step::Discarded(self))?;
        stream.expire_after(receive, left);
        Ok(())
    }
}
