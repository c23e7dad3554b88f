//! Wharf: one worker, whose handler of each read issues the next.

use std::collections::VecDeque;
use std::time::Instant;

use wharf::{Aligned, Buffer, FileEngine, Issued, Options, Packet, Port};

use crate::plan::{DEPTH, PAGE_BYTES, Plan, Random};

pub(crate) fn run(plan: &Plan) -> u64 {
    reads(plan, FileEngine::Auto)
}

pub(crate) fn run_threads(plan: &Plan) -> u64 {
    reads(plan, FileEngine::Threads)
}

fn reads(plan: &Plan, file_engine: FileEngine) -> u64 {
    let options = Options { concurrency: 1.into(), file_engine, ..Options::default() };
    let port = Port::with_options(options).expect("a port");
    let file = port.associate(plan.open(), 0).expect("a file");
    let mut random = Random(1);
    // Reads that were over at once, whose packets need not go through the port.
    let mut done = VecDeque::with_capacity(DEPTH);
    let mut issue = |buffer: Buffer, done: &mut VecDeque<Packet<()>>| match file
        .read_at_direct(buffer, random.offset(), ())
        .expect("accepted")
    {
        Issued::Done(packet) => done.push_back(packet),
        Issued::Pending(_) => {}
    };
    for _ in 0..DEPTH {
        issue(Aligned::with_capacity(PAGE_BYTES).into(), &mut done);
    }
    let next = |done: &mut VecDeque<Packet<()>>| match done.pop_front() {
        Some(packet) => packet,
        None => port.get(None).expect("a packet"),
    };
    let (end, mut count) = (plan.end(), 0);
    while count % 64 != 0 || Instant::now() < end {
        let packet = next(&mut done);
        assert_eq!(packet.result.expect("a read"), PAGE_BYTES);
        count += 1;
        issue(packet.buffer, &mut done);
    }
    for _ in 0..DEPTH {
        next(&mut done).result.expect("a read");
    }
    count + DEPTH as u64
}
