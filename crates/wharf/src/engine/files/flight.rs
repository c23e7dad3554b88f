//! An operation on its way through an engine, whatever its payload.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use super::call::{Call, perform};
use super::work::Work;

/// What an engine does with an operation: `call`, `answer`, until there is a result; then `finish`.
pub(super) trait Flight: Send {
    /// Names it among all of the process.
    fn name(&self) -> u64;

    fn work(&self) -> &Work;

    fn fd(&self) -> BorrowedFd<'_>;

    /// What to ask of the kernel next. Good while the box stays alive: an engine never moves what is in it.
    fn call(&mut self) -> Call;

    /// The kernel has answered; the result if that was the last call.
    fn answer(&mut self, answer: Result<usize, Errno>) -> Option<io::Result<usize>>;

    /// It is over: its packet is queued. Called without any lock of an engine.
    fn finish(self: Box<Self>, result: io::Result<usize>);
}

/// An engine that has no thread for a flight gives it back.
pub(super) struct Refusal {
    pub(super) error: io::Error,
    pub(super) flight: Box<dyn Flight>,
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
