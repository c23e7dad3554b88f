//! A bare io_uring loop: one thread, which submits what a batch of completions makes possible.
#![allow(unsafe_code)] // gives the ring memory

use std::os::fd::AsRawFd;
use std::time::Instant;

use io_uring::{IoUring, opcode, types::Fd};
use wharf::Aligned;

use crate::plan::{DEPTH, PAGE_BYTES, Plan, Random};

pub(crate) fn run(plan: &Plan) -> u64 {
    let mut ring: IoUring = IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .build(DEPTH as u32)
        .expect("a ring");
    let file = plan.open();
    let mut random = Random(1);
    let mut memory: Vec<Aligned> = (0..DEPTH)
        .map(|_| {
            let mut page = Aligned::with_capacity(PAGE_BYTES);
            page.set_len(PAGE_BYTES);
            page
        })
        .collect();
    let (end, mut count) = (plan.end(), 0);
    let mut free: Vec<usize> = (0..DEPTH).collect();
    loop {
        if Instant::now() < end {
            for slot in free.drain(..) {
                let place = memory[slot].as_mut_ptr();
                let read = opcode::Read::new(Fd(file.as_raw_fd()), place, PAGE_BYTES as u32);
                let read = read.offset(random.offset()).build().user_data(slot as u64);
                // SAFETY: the page of a slot is not touched before its completion, and lives until all have come.
                unsafe { ring.submission().push(&read) }.expect("as many entries as slots");
            }
        } else if free.len() == DEPTH {
            return count;
        }
        ring.submit_and_wait(1).expect("completions");
        for completion in ring.completion() {
            assert_eq!(completion.result(), PAGE_BYTES as i32);
            free.push(completion.user_data() as usize);
            count += 1;
        }
    }
}
