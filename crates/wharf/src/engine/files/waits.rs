//! Locks that somebody else holds, and who waits for them.
//!
//! A thread that waits in F_OFD_SETLKW can be freed by a signal only, and signals are the program's. So waiting locks
//! are tried again: at once when a lock of this process is given up, and else every [`RETRY`], by one thread that
//! exists only while somebody waits. A lock that another process gives up is had that much later.
//!
//! # Invariants
//! 1. A flight is in the list, or with the thread that tries the list, or finished.
//! 2. Whoever waited longest is tried first.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rustix::io::Errno;

use super::call::perform;
use super::flight::{Flight, Refusal, finish};
use crate::sync::lock;

const RETRY: Duration = Duration::from_millis(10);

#[derive(Default)]
pub(super) struct Waits {
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<Box<dyn Flight>>,
    /// Locks were given up since the list was tried last.
    releases: bool,
    running: bool,
}

impl Waits {
    /// Takes a flight; it comes back where no thread is to be had.
    pub(super) fn submit(self: &Arc<Self>, flight: Box<dyn Flight>) -> Result<(), Refusal> {
        let mut state = lock(&self.state);
        state.waiting.push(flight);
        if state.running {
            return Ok(());
        }
        let waits = Arc::clone(self);
        let thread = std::thread::Builder::new().name("wharf-locks".into()).stack_size(256 << 10);
        match thread.spawn(move || waits.serve()) {
            Ok(_) => {
                state.running = true;
                Ok(())
            }
            Err(error) => {
                let flight = state.waiting.pop().expect("just queued, under this lock");
                Err(Refusal { error, flight })
            }
        }
    }

    /// A lock of this process has been given up.
    pub(super) fn retry(&self) {
        let mut state = lock(&self.state);
        if state.running {
            state.releases = true;
            drop(state);
            self.released.notify_one();
        }
    }

    fn serve(&self) {
        let mut state = lock(&self.state);
        loop {
            state.releases = false;
            let mut over = Vec::new();
            // Under the lock: fcntl does not wait here, and a cancel finds every flight in the list.
            let waiting = std::mem::take(&mut state.waiting);
            for mut flight in waiting {
                let call = flight.call();
                match perform(flight.fd(), call, 0) {
                    Err(Errno::AGAIN | Errno::INTR) => state.waiting.push(flight),
                    answer => over.push((flight, answer)),
                }
            }
            if !over.is_empty() {
                drop(state);
                for (mut flight, answer) in over {
                    if let Some(result) = flight.answer(answer) {
                        finish(flight, result, false);
                    }
                }
                state = lock(&self.state);
                continue;
            }
            if state.waiting.is_empty() {
                state.running = false;
                return;
            }
            if !state.releases {
                let waited = self.released.wait_timeout(state, RETRY);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    /// Takes out a flight that still waits.
    pub(super) fn withdraw(&self, name: u64) -> Option<Box<dyn Flight>> {
        let mut state = lock(&self.state);
        let at = state.waiting.iter().position(|flight| flight.name() == name)?;
        let flight = state.waiting.remove(at);
        drop(state);
        self.released.notify_one(); // the thread may have nothing left to do
        Some(flight)
    }
}
