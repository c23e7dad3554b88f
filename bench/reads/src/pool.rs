//! A pool of eight threads that pread, and one thread that gives them work and takes their results, as a port's program
//! would: the queue is a mutex and a condition in each direction.

use std::collections::VecDeque;
use std::os::unix::fs::FileExt;
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Instant;

use wharf::Aligned;

use crate::plan::{DEPTH, PAGE_BYTES, Plan, Random};

const THREADS: usize = 8;

/// A queue that is waited for; `None` ends a thread.
struct Queue<V> {
    values: Mutex<VecDeque<V>>,
    filled: Condvar,
}

impl<V> Queue<V> {
    fn new() -> Self {
        Queue { values: Mutex::default(), filled: Condvar::new() }
    }

    fn push(&self, value: V) {
        self.values.lock().expect("no panic").push_back(value);
        self.filled.notify_one();
    }

    fn pop(&self) -> V {
        let mut values = self.values.lock().expect("no panic");
        loop {
            match values.pop_front() {
                Some(value) => return value,
                None => values = self.filled.wait(values).expect("no panic"),
            }
        }
    }
}

pub(crate) fn run(plan: &Plan) -> u64 {
    let file = plan.open();
    let (work, results) = (Queue::<Option<(Aligned, u64)>>::new(), Queue::<Aligned>::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((mut page, offset)) = work.pop() {
                    assert_eq!(file.read_at(&mut page, offset).expect("a read"), PAGE_BYTES);
                    results.push(page);
                }
            });
        }
        let mut random = Random(1);
        for _ in 0..DEPTH {
            let mut page = Aligned::with_capacity(PAGE_BYTES);
            page.set_len(PAGE_BYTES);
            work.push(Some((page, random.offset())));
        }
        let (end, mut count) = (plan.end(), 0);
        while count % 64 != 0 || Instant::now() < end {
            let page = results.pop();
            count += 1;
            work.push(Some((page, random.offset())));
        }
        for _ in 0..DEPTH {
            results.pop();
        }
        for _ in 0..THREADS {
            work.push(None);
        }
        count + DEPTH as u64
    })
}
