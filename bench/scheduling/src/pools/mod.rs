//! What runs the handlers: the variants that are compared.

mod channel;
mod port;
mod tokio;

use std::str::FromStr;
use std::sync::Arc;

use crate::Failure;
use crate::sensing::Sensing;
use crate::workload::{Job, Load};

/// A running pool.
pub(crate) trait Pool: Send + Sync {
    /// Queues a job, from outside the pool.
    fn submit(&self, job: Job);
    /// The port's numbers so far, if this is one.
    fn stats(&self) -> Option<wharf::Stats> {
        None
    }
    /// Ends its threads; the load has been stopped.
    fn end(self: Box<Self>);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    Port {
        /// Handlers wrap what blocks in `wharf::blocking`.
        told: bool,
        sensing: Sensing,
    },
    /// As many plain threads as may run.
    ThreadsN,
    /// As many plain threads as the others have workers.
    ThreadsW,
    /// Blocking left in the task.
    Tokio,
    TokioSpawnBlocking,
}

impl FromStr for Variant {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(port) = text.strip_prefix("port-") {
            let told = port.starts_with("told");
            let sensing = port.strip_prefix("told+").unwrap_or(port).parse()?;
            return Ok(Self::Port { told, sensing });
        }
        match text {
            "threads-n" => Ok(Self::ThreadsN),
            "threads-w" => Ok(Self::ThreadsW),
            "tokio" => Ok(Self::Tokio),
            "tokio-spawn-blocking" => Ok(Self::TokioSpawnBlocking),
            _ => Err("not a variant"),
        }
    }
}

/// How many threads a pool has, and how many of them are to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) workers: usize,
    pub(crate) concurrency: usize,
}

impl Variant {
    pub(crate) fn start(self, load: &Arc<Load>, size: Size) -> Result<Box<dyn Pool>, Failure> {
        let load = Arc::clone(load);
        Ok(match self {
            Self::Port { told, sensing } => {
                Box::new(port::PortPool::start(load, size, told, sensing)?)
            }
            Self::ThreadsN => Box::new(channel::ChannelPool::start(load, size.concurrency)?),
            Self::ThreadsW => Box::new(channel::ChannelPool::start(load, size.workers)?),
            Self::Tokio => Box::new(tokio::TokioPool::start(load, size, false)?),
            Self::TokioSpawnBlocking => Box::new(tokio::TokioPool::start(load, size, true)?),
        })
    }
}
