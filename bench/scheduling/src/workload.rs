//! The packets of a run: which handlers compute, which block, and what follows a packet.
//!
//! A pool calls, for each job: [`Load::compute`], [`Load::block`] (and waits as it says), [`Load::finish`], and
//! submits what that returns. All of it in any thread.

use std::str::FromStr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};

use crate::recorder::Recorder;
use crate::work::{Block, Processor, spin};

/// CPU time of a handler.
const COMPUTE: Duration = Duration::from_micros(20);
/// How long a handler blocks, if it does.
pub(crate) const BLOCK: Duration = Duration::from_micros(500);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Each handler computes.
    Cpu,
    /// Each computes, and every tenth also blocks.
    Mixed,
    /// Each blocks and none computes.
    Block,
}

impl FromStr for Workload {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "cpu" => Ok(Self::Cpu),
            "mixed" => Ok(Self::Mixed),
            "block" => Ok(Self::Block),
            _ => Err("not a workload"),
        }
    }
}

/// One packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    /// When it was queued; in an open loop, when it was due.
    queued: Instant,
    number: u64,
}

pub(crate) struct Load {
    workload: Workload,
    /// Length of the computation in steps.
    steps: u64,
    /// Whether the end of a job is the beginning of the next.
    closed: bool,
    numbers: AtomicU64,
    stopped: AtomicBool,
    pub(crate) recorder: Recorder,
}

impl Load {
    pub(crate) fn new(workload: Workload, processor: Processor, closed: bool) -> Self {
        Self {
            workload,
            steps: processor.steps(COMPUTE),
            closed,
            numbers: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            recorder: Recorder::default(),
        }
    }

    pub(crate) fn job(&self, queued: Instant) -> Job {
        Job { queued, number: self.numbers.fetch_add(1, Relaxed) }
    }

    /// From now on jobs do nothing and have no successors.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    pub(crate) fn compute(&self) {
        if self.workload != Workload::Block && !self.is_stopped() {
            spin(self.steps);
        }
    }

    /// How this job blocks, for [`BLOCK`]: by turns in one of two ways.
    pub(crate) fn block(&self, job: Job) -> Option<Block> {
        let turn = match self.workload {
            _ if self.is_stopped() => return None,
            Workload::Cpu => return None,
            Workload::Mixed if job.number % 10 != 9 => return None,
            Workload::Mixed => job.number / 10,
            Workload::Block => job.number,
        };
        Some(if turn % 2 == 0 { Block::Sleep } else { Block::TimerRead })
    }

    /// The end of the handler; answers the job to submit next.
    pub(crate) fn finish(&self, job: Job) -> Option<Job> {
        if self.is_stopped() {
            return None;
        }
        let now = Instant::now();
        self.recorder.record(now - job.queued);
        self.closed.then(|| self.job(now))
    }
}
