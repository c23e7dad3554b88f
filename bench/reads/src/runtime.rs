//! tokio::fs: 32 tasks, each with a file of its own, since it has no reads at an offset.
//!
//! Its files read into memory of their own and copy, so O_DIRECT, whose memory must be aligned, is read by
//! `spawn_blocking`, which is what tokio::fs does inside.

use std::io::SeekFrom;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncSeekExt};
use wharf::Aligned;

use crate::plan::{DEPTH, PAGE_BYTES, Plan, Random};

pub(crate) fn run(plan: &Plan) -> u64 {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(8)
        .build()
        .expect("a runtime");
    let end = plan.end();
    let tasks: Vec<_> = (0..DEPTH as u64)
        .map(|task| {
            let (file, random) = (plan.open(), Random(task));
            if plan.direct {
                runtime.spawn(direct(Arc::new(file), random, end))
            } else {
                runtime.spawn(cached(tokio::fs::File::from_std(file), random, end))
            }
        })
        .collect();
    runtime.block_on(async {
        let mut count = 0;
        for task in tasks {
            count += task.await.expect("no panic");
        }
        count
    })
}

async fn cached(mut file: tokio::fs::File, mut random: Random, end: Instant) -> u64 {
    let mut page = vec![0; PAGE_BYTES];
    let mut count = 0;
    while Instant::now() < end {
        file.seek(SeekFrom::Start(random.offset())).await.expect("a seek");
        file.read_exact(&mut page).await.expect("a read");
        count += 1;
    }
    count
}

async fn direct(file: Arc<std::fs::File>, mut random: Random, end: Instant) -> u64 {
    let mut page = Aligned::with_capacity(PAGE_BYTES);
    page.set_len(PAGE_BYTES);
    let mut count = 0;
    while Instant::now() < end {
        let (file, offset) = (Arc::clone(&file), random.offset());
        let read = tokio::task::spawn_blocking(move || {
            assert_eq!(file.read_at(&mut page, offset).expect("a read"), PAGE_BYTES);
            page
        });
        page = read.await.expect("no panic");
        count += 1;
    }
    count
}
