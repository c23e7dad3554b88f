//! Handlers on plain threads that take their jobs from one crossbeam channel.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::Pool;
use crate::workload::{BLOCK, Job, Load};

pub(crate) struct ChannelPool {
    /// None tells one thread to end: the threads hold senders themselves, so the channel never disconnects.
    sender: Sender<Option<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl ChannelPool {
    pub(crate) fn start(load: Arc<Load>, count: usize) -> io::Result<Self> {
        let (sender, receiver) = unbounded();
        let start = |index| {
            let (load, sender, receiver) = (Arc::clone(&load), sender.clone(), receiver.clone());
            let named = thread::Builder::new().name(format!("plain-{index}"));
            named.spawn(move || work(&load, &sender, &receiver))
        };
        let threads = (0..count).map(start).collect::<io::Result<_>>()?;
        Ok(Self { sender, threads })
    }
}

fn work(load: &Load, sender: &Sender<Option<Job>>, receiver: &Receiver<Option<Job>>) {
    while let Ok(Some(job)) = receiver.recv() {
        load.compute();
        if let Some(block) = load.block(job) {
            block.wait(BLOCK);
        }
        if let Some(next) = load.finish(job) {
            let _receivers_exist = sender.send(Some(next));
        }
    }
}

impl Pool for ChannelPool {
    fn submit(&self, job: Job) {
        let _receivers_exist = self.sender.send(Some(job));
    }

    fn end(self: Box<Self>) {
        for _ in &self.threads {
            let _receivers_exist = self.sender.send(None);
        }
        for thread in self.threads {
            thread.join().expect("a worker panicked");
        }
    }
}
