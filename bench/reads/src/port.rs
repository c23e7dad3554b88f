//! Wharf: one worker, whose handler of each read issues the next.

use std::time::Instant;

use wharf::{Aligned, FileEngine, Options, Port};

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
    for _ in 0..DEPTH {
        file.read_at(Aligned::with_capacity(PAGE_BYTES), random.offset(), ()).expect("accepted");
    }
    let (end, mut count) = (plan.end(), 0);
    while count % 64 != 0 || Instant::now() < end {
        let packet = port.get(None).expect("a packet");
        assert_eq!(packet.result.expect("a read"), PAGE_BYTES);
        count += 1;
        file.read_at(packet.buffer, random.offset(), ()).expect("accepted");
    }
    for _ in 0..DEPTH {
        port.get(None).expect("a packet").result.expect("a read");
    }
    count + DEPTH as u64
}
