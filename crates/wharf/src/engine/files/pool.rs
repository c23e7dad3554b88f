//! Threads that wait for disks: the engine where io_uring is refused, and for what a ring cannot do.
//!
//! # Invariants
//! 1. A flight is in the queue, in the hands of one thread, or finished.
//! 2. While flights wait there is a thread that will come for them: one more starts, up to eight, when more
//!    flights wait than threads are idle. An idle one ends after [`IDLE`].
//! 3. Flights finish outside the lock.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::flight::{Flight, Refusal, complete, finish};
use crate::sync::lock;

/// Eight are enough for what a disk does at a time on behalf of threads that block (measured: the eighth adds 3 %).
const MOST_THREADS: usize = 8;

/// A thread without work ends after this long.
const IDLE: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Pool {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Box<dyn Flight>>,
    threads: usize,
    idle: usize,
}

impl Pool {
    /// Takes a flight; it comes back where not one thread is to be had.
    pub(super) fn submit(self: &Arc<Self>, flight: Box<dyn Flight>) -> Result<(), Refusal> {
        let mut state = lock(&self.state);
        state.queue.push_back(flight);
        let wanted = state.queue.len() > state.idle && state.threads < MOST_THREADS;
        let started = if wanted { self.start() } else { Ok(()) };
        match started {
            Ok(()) => state.threads += usize::from(wanted),
            Err(error) if state.threads == 0 => {
                let flight = state.queue.pop_back().expect("just queued, under this lock");
                return Err(Refusal { error, flight });
            }
            Err(_) => {} // the others will come to it
        }
        drop(state);
        self.work.notify_one();
        Ok(())
    }

    fn start(self: &Arc<Self>) -> std::io::Result<()> {
        let pool = Arc::clone(self);
        let thread = std::thread::Builder::new().name("wharf-files".into()).stack_size(256 << 10);
        thread.spawn(move || pool.serve()).map(drop)
    }

    fn serve(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(mut flight) = state.queue.pop_front() {
                drop(state);
                let result = complete(&mut *flight);
                finish(flight, result, false);
                state = lock(&self.state);
                continue;
            }
            state.queue.shrink_to(MOST_THREADS); // a burst is over
            state.idle += 1;
            let waited =
                self.work.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
            state.idle -= 1;
            if waited.1.timed_out() && state.queue.is_empty() {
                state.threads -= 1;
                return;
            }
        }
    }

    /// Takes out a flight that no thread has begun.
    pub(super) fn withdraw(&self, name: u64) -> Option<Box<dyn Flight>> {
        let mut state = lock(&self.state);
        let at = state.queue.iter().position(|flight| flight.name() == name)?;
        state.queue.remove(at)
    }
}
