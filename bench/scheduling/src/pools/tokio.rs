//! Handlers as tasks on tokio's multi-thread runtime, as its users write them: nothing is tuned.
//!
//! With `spawn_blocking` the runtime has as many threads in all as the other pools, those for blocking included. The
//! default limit of 512 would have every one of the outstanding jobs block at once.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::{Pool, Size};
use crate::workload::{BLOCK, Job, Load};

/// How long blocked threads are waited for at the end.
const END: Duration = Duration::from_secs(5);

pub(crate) struct TokioPool {
    runtime: Runtime,
    load: Arc<Load>,
    spawn_blocking: bool,
}

impl TokioPool {
    pub(crate) fn start(load: Arc<Load>, size: Size, spawn_blocking: bool) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(size.concurrency)
            .max_blocking_threads(size.workers.saturating_sub(size.concurrency).max(1))
            .build()?;
        Ok(Self { runtime, load, spawn_blocking })
    }
}

async fn handle(load: Arc<Load>, job: Job, spawn_blocking: bool) {
    load.compute();
    match load.block(job) {
        Some(block) if spawn_blocking => {
            let blocked = tokio::task::spawn_blocking(move || block.wait(BLOCK));
            if blocked.await.is_err() {
                return; // the runtime is ending
            }
        }
        Some(block) => block.wait(BLOCK),
        None => {}
    }
    if let Some(next) = load.finish(job) {
        follow(load, next, spawn_blocking);
    }
}

/// Not in `handle` itself, whose type would then contain itself.
fn follow(load: Arc<Load>, job: Job, spawn_blocking: bool) {
    tokio::spawn(handle(load, job, spawn_blocking));
}

impl Pool for TokioPool {
    fn submit(&self, job: Job) {
        self.runtime.spawn(handle(Arc::clone(&self.load), job, self.spawn_blocking));
    }

    fn end(self: Box<Self>) {
        self.runtime.shutdown_timeout(END);
    }
}
