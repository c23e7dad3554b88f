//! Handlers on a completion port.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use wharf::{Packet, Port};

use super::{Pool, Size};
use crate::Failure;
use crate::sensing::{self, Sensing};
use crate::workload::{BLOCK, Job, Load};

pub(crate) struct PortPool {
    port: Port<Job>,
    runner: JoinHandle<usize>,
}

impl PortPool {
    pub(crate) fn start(
        load: Arc<Load>,
        size: Size,
        told: bool,
        sensing: Sensing,
    ) -> Result<Self, Failure> {
        let port = sensing::open(size.concurrency, sensing)?;
        let running = Port::clone(&port);
        // A thread that only waits for the workers; its name keeps it out of the counts.
        let runner = thread::Builder::new().name("bench-runner".into()).spawn(move || {
            running.run(size.workers, |packet| {
                handle(&running, &load, told, packet);
                Ok(())
            })
        })?;
        Ok(Self { port, runner })
    }
}

fn handle(port: &Port<Job>, load: &Load, told: bool, packet: Packet<Job>) {
    let job = packet.payload;
    load.compute();
    match load.block(job) {
        Some(block) if told => wharf::blocking(|| block.wait(BLOCK)),
        Some(block) => block.wait(BLOCK),
        None => {}
    }
    if let Some(next) = load.finish(job) {
        let _closed_at_the_end = port.post(0, next, 0);
    }
}

impl Pool for PortPool {
    fn submit(&self, job: Job) {
        let _closed_at_the_end = self.port.post(0, job, 0);
    }

    fn stats(&self) -> Option<wharf::Stats> {
        Some(self.port.stats())
    }

    fn end(self: Box<Self>) {
        self.port.close();
        let panics = self.runner.join().expect("the runner panicked");
        assert_eq!(panics, 0, "handlers panicked");
    }
}
