//! Workers on a handler: so many, or as many as it takes.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, Scope};
use std::time::Duration;

use crate::sync::lock;
use crate::{GetError, Packet, Port};

/// How long a worker above the minimum waits for a packet before it ends.
const IDLE: Duration = Duration::from_secs(5);

/// How long to wait after a thread could not be started.
const RETRY: Duration = Duration::from_millis(10);

/// Address space that has to be there before another stack takes of it, so that some is left to work with: a program that
/// gets no memory for its next buffer is ended. More than 32 MiB, since the C library changes its ways after a smaller
/// piece was freed (mallopt(3), M_MMAP_THRESHOLD).
const SPARE: usize = 40 << 20;

/// How many threads [`Port::run`] runs a handler on.
///
/// ```
/// use wharf::Workers;
/// assert_eq!(Workers::from(4), Workers::elastic(4, 4));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workers {
    min: usize,
    max: usize,
}

impl Workers {
    /// From `min` to `max` threads: another one is started when a packet waits, the concurrency value
    /// allows it to be worked on, and every thread runs or is blocked; one that has had nothing to do for
    /// five seconds ends, down to `min`.
    ///
    /// # Panics
    /// If `min` is 0 or greater than `max`.
    #[must_use]
    pub fn elastic(min: usize, max: usize) -> Workers {
        assert!(min > 0, "a port without workers delivers nothing");
        assert!(min <= max, "at least {min} workers and at most {max}");
        Workers { min, max }
    }
}

impl From<usize> for Workers {
    /// Exactly so many.
    fn from(workers: usize) -> Workers {
        Workers::elastic(workers, workers)
    }
}

/// The threads of one `run`.
#[derive(Default)]
struct Pool {
    state: Mutex<PoolState>,
    changed: Condvar,
}

#[derive(Default)]
struct PoolState {
    alive: usize,
    /// The port wants another worker.
    wanted: bool,
    panics: usize,
}

impl<T: Send + 'static> Port<T> {
    /// Runs a handler on threads until the port is closed: by [`close`](Port::close) or
    /// [`drain`](Port::drain) from elsewhere, or from the handler.
    ///
    /// An error that the handler returns ends that packet and nothing else: it is how `?` on a failed
    /// operation drops a connection. A handler that panics ends its packet too; the message is printed by
    /// the panic hook and the worker goes on. Answers how many handlers have panicked.
    ///
    /// `workers` is a number, or [`Workers::elastic`]. More workers than the concurrency value are of use
    /// where handlers block.
    ///
    /// # Panics
    /// If `workers` is 0. With fewer threads than asked for it goes on, and says so in the log; without a single one
    /// the calling thread is the worker.
    pub fn run<F>(&self, workers: impl Into<Workers>, handler: F) -> usize
    where
        F: Fn(Packet<T>) -> io::Result<()> + Sync,
    {
        let workers = workers.into();
        let pool = Arc::new(Pool::default());
        thread::scope(|scope| {
            for started in 0..workers.min {
                if let Err(error) = self.start(scope, &pool, workers, &handler) {
                    log::warn!("{started} workers of {}: {error}", workers.min);
                    if started == 0 {
                        lock(&pool.state).alive = 1;
                        let panics = self.work(&pool, Workers::from(1), &handler);
                        lock(&pool.state).panics += panics;
                    }
                    break;
                }
            }
            self.manage(scope, &pool, workers, &handler);
        });
        self.shared.dispatcher.set_grow(None);
        let state = lock(&pool.state);
        state.panics
    }

    /// Starts workers as the port asks for them, until the last one has ended.
    fn manage<'s, F>(
        &'s self,
        scope: &'s Scope<'s, '_>,
        pool: &Arc<Pool>,
        workers: Workers,
        handler: &'s F,
    ) where
        F: Fn(Packet<T>) -> io::Result<()> + Sync,
    {
        let ask = || -> Arc<dyn Fn() + Send + Sync> {
            let pool = Arc::clone(pool);
            Arc::new(move || {
                lock(&pool.state).wanted = true;
                pool.changed.notify_all();
            })
        };
        let mut asking = false;
        let mut state = lock(&pool.state);
        while state.alive > 0 {
            let can_grow = state.alive < workers.max;
            if can_grow != asking {
                asking = can_grow;
                drop(state);
                self.shared.dispatcher.set_grow(can_grow.then(ask));
                state = lock(&pool.state);
                continue;
            }
            if !std::mem::take(&mut state.wanted) || !can_grow {
                state = pool.changed.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
                continue;
            }
            drop(state);
            if let Err(error) = self.start(scope, pool, workers, handler) {
                log::warn!("no thread for another worker: {error}");
                thread::sleep(RETRY);
                asking = false; // ask anew
            }
            state = lock(&pool.state);
        }
    }

    fn start<'s, F>(
        &'s self,
        scope: &'s Scope<'s, '_>,
        pool: &Arc<Pool>,
        workers: Workers,
        handler: &'s F,
    ) -> io::Result<()>
    where
        F: Fn(Packet<T>) -> io::Result<()> + Sync,
    {
        let mut spare: Vec<u8> = Vec::new();
        let there = spare.try_reserve_exact(SPARE);
        drop(std::hint::black_box(spare)); // never touched
        there.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        lock(&pool.state).alive += 1;
        let own = Arc::clone(pool);
        let started =
            thread::Builder::new().name("wharf-worker".into()).spawn_scoped(scope, move || {
                let panics = self.work(&own, workers, handler);
                lock(&own.state).panics += panics;
                own.changed.notify_all();
            });
        if started.is_err() {
            lock(&pool.state).alive -= 1;
        }
        started.map(drop)
    }

    /// One worker's life; it has signed off when it returns.
    fn work(
        &self,
        pool: &Pool,
        workers: Workers,
        handler: &(impl Fn(Packet<T>) -> io::Result<()> + Sync),
    ) -> usize {
        let mut panics = 0;
        loop {
            let surplus = workers.min < workers.max && lock(&pool.state).alive > workers.min;
            match self.get(surplus.then_some(IDLE)) {
                // What the handler shares with others it guards by itself, as for any panic of any thread.
                Ok(packet) => match catch_unwind(AssertUnwindSafe(|| handler(packet))) {
                    Ok(_ended) => {}
                    Err(_printed) => panics += 1,
                },
                Err(GetError::TimedOut) => {
                    let mut state = lock(&pool.state);
                    if state.alive > workers.min {
                        state.alive -= 1;
                        return panics;
                    }
                }
                Err(GetError::Closed) => {
                    lock(&pool.state).alive -= 1;
                    return panics;
                }
            }
        }
    }
}
