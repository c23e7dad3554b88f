//! Test of a cancel that meets the hand-over of an operation from the ring to the pool.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;

use super::super::call::Call;
use super::super::flight::Flight;
use super::super::next_name;
use super::super::pool::Pool;
use super::super::work::{Progress, Work};
use super::Ring;

/// Keeps its thread until the sender of `until` is dropped.
struct Read {
    name: u64,
    end: OwnedFd,
    progress: Progress,
    begun: Sender<()>,
    until: Receiver<()>,
    over: Sender<io::Result<usize>>,
}

impl Flight for Read {
    fn name(&self) -> u64 {
        self.name
    }

    fn port(&self) -> Option<u64> {
        None
    }

    fn work(&self) -> &Work {
        &self.progress.work
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }

    fn blocks_submission(&self) -> bool {
        false
    }

    fn call(&mut self) -> Call {
        let _ = self.begun.send(());
        let _ = self.until.recv();
        self.progress.call()
    }

    fn answer(&mut self, answer: Result<usize, Errno>) -> Option<io::Result<usize>> {
        Some(answer.map_err(io::Error::from))
    }

    fn finish(self: Box<Self>, result: io::Result<usize>, _more: bool) {
        let _ = self.over.send(result);
    }
}

/// C33, C35: a cancel that has looked in the pool before an operation comes there, and asks the ring after, ends it all the
/// same. Method: those steps by turns, while all threads of the pool are kept.
#[test]
fn a_cancel_finds_what_is_handed_over() {
    let pool: Arc<Pool> = Arc::default();
    let Ok(ring) = Ring::start(&pool) else {
        eprintln!("skipped: io_uring is refused");
        return;
    };
    let ((begun, begins), (over, ends)) = (channel(), channel());
    let read = || {
        let end = eventfd(1, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).unwrap();
        let progress = Progress::new(Work::Read(Vec::with_capacity(8).into(), 0), false);
        let (keeper, until) = channel::<()>();
        let (begun, over, name) = (begun.clone(), over.clone(), next_name());
        (name, keeper, Box::new(Read { name, end, progress, begun, until, over }))
    };
    let mut kept = Vec::new();
    for _ in 0..8 {
        let (_, keeper, flight) = read();
        assert!(pool.submit(flight).is_ok());
        begins.recv().unwrap();
        kept.push(keeper);
    }
    let (name, _keeper, flight) = read();
    assert!(pool.withdraw(name).is_none());
    assert!(pool.submit(flight).is_ok());
    assert!(ring.cancel(name).is_none());
    let result = ends.recv_timeout(Duration::from_secs(10)).expect("the cancel is not lost");
    assert_eq!(result.unwrap_err().raw_os_error(), Some(Errno::CANCELED.raw_os_error()));
    drop(kept);
}
