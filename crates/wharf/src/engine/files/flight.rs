//! An operation on its way through an engine, whatever its payload.

use std::io;
use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustix::io::Errno;

use super::call::{Call, perform};
use super::work::Work;

/// What an engine does with an operation: `call`, `answer`, until there is a result; then `finish`.
pub(super) trait Flight: Send {
    /// Names it among all of the process.
    fn name(&self) -> u64;

    /// The port that is certain to have a packet when it is finished, or to be closed.
    fn port(&self) -> Option<u64>;

    fn work(&self) -> &Work;

    fn fd(&self) -> BorrowedFd<'_>;

    /// It is a read or write that the kernel does within the submission, whatever that waits for: one of a file that can be
    /// polled and cannot say that it would have to wait, as those of FUSE (io_uring/rw.c, `io_file_supports_nowait`; seen on
    /// 6.18).
    fn blocks_submission(&self) -> bool;

    /// What to ask of the kernel next. Good while the box stays alive: an engine never moves what is in it.
    fn call(&mut self) -> Call;

    /// The kernel has answered; the result if that was the last call.
    fn answer(&mut self, answer: Result<usize, Errno>) -> Option<io::Result<usize>>;

    /// It is over: its packet is queued. Called without any lock of an engine. `more`: the caller will finish
    /// another of the same port next, and nobody need be woken before.
    fn finish(self: Box<Self>, result: io::Result<usize>, more: bool);
}

/// An engine that has no thread for a flight gives it back.
pub(super) struct Refusal {
    pub(super) error: io::Error,
    pub(super) flight: Box<dyn Flight>,
}

/// Ends a flight on a thread of the engine's own. What runs then may be the program's: an observer, the drop of a payload
/// that a closed port refuses. Its panic, which the hook has printed, ends here: the thread has other operations.
pub(super) fn finish(flight: Box<dyn Flight>, result: io::Result<usize>, more: bool) {
    let _printed = catch_unwind(AssertUnwindSafe(|| flight.finish(result, more)));
}

/// Goes on with an operation to its end, by calls that may block.
pub(super) fn complete(flight: &mut dyn Flight) -> io::Result<usize> {
    loop {
        let call = flight.call();
        let answer = perform(flight.fd(), call, 0);
        if let Some(result) = flight.answer(answer) {
            return result;
        }
    }
}
