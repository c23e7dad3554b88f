//! A part of a file is brought to memory for a send that must not wait for a disk.
//!
//! It is read as an operation of the engine of files, into memory that is thrown away: what counts is that the kernel keeps
//! it. Whoever sends goes on when it is there, or cannot be had; then the send itself finds out why.
//!
//! # Invariants
//! 1. A warming keeps the file; it names its socket by its token, so it neither keeps it nor meets another.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rustix::io::Errno;
use wharf_core::operation::OpId;
use wharf_core::slots::Token;

use super::call::Call;
use super::flight::Flight;
use super::work::{Progress, Work};
use super::{Files, next_name};
use crate::shared::Shared;

struct Warming<T: Send + 'static> {
    port: Arc<Shared<T>>,
    socket: Token,
    operation: OpId,
    name: u64,
    file: Arc<File>,
    progress: Progress,
}

/// Begins; false if nobody can do it. The end is `Socket::warmed`, on some thread.
pub(crate) fn warm<T: Send + 'static>(
    port: &Arc<Shared<T>>,
    (socket, operation): (Token, OpId),
    file: Arc<File>,
    offset: u64,
    length: usize,
) -> bool {
    let files = Files::of_this_process();
    let work = Work::Read(Vec::with_capacity(length).into(), offset);
    let flight = Warming {
        port: Arc::clone(port),
        socket,
        operation,
        name: next_name(),
        file,
        progress: Progress::new(work, false),
    };
    let kind = files.choose(port.file_engine());
    // What comes back is dropped: its end would come to the socket, whose lock the caller has.
    match files.submit(kind, Box::new(flight), false) {
        Ok(rings) => {
            files.ring(rings);
            true
        }
        Err(_) => false,
    }
}

impl<T: Send + 'static> Flight for Warming<T> {
    fn name(&self) -> u64 {
        self.name
    }

    fn port(&self) -> Option<u64> {
        None // the send that it serves may go on, or be gone
    }

    fn work(&self) -> &Work {
        &self.progress.work
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    fn blocks_submission(&self) -> bool {
        true // not asked; beside a disk that is waited for, the worker of the kernel costs little
    }

    fn call(&mut self) -> Call {
        self.progress.call()
    }

    fn answer(&mut self, answer: Result<usize, Errno>) -> Option<io::Result<usize>> {
        self.progress.answer(answer)
    }

    fn finish(self: Box<Self>, _result: io::Result<usize>, _more: bool) {
        let Warming { port, socket, operation, .. } = *self;
        if let Some(socket) = port.dispatcher.engine.find(socket) {
            port.delivering(|out| socket.warmed(operation, out));
        }
    }
}
