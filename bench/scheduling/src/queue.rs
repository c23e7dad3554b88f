//! Post and get without any work: the port beside crossbeam's channel, in slices that take turns.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use wharf::Port;

use crate::Failure;
use crate::args::Arguments;
use crate::json::Object;
use crate::sensing::{self, Sensing};

/// Messages of each producer in a slice: some tens of milliseconds.
const MESSAGES: u64 = 200_000;

pub(crate) struct Options {
    measure: Duration,
    /// Producers, and consumers; None is one thread that is both.
    pairs: Option<u32>,
}

/// What is compared.
trait Queue: Sync {
    fn put(&self, message: u64);
    fn take(&self) -> u64;
}

impl Queue for Port<u64> {
    fn put(&self, message: u64) {
        self.post(0, message, 0).expect("an open port");
    }

    fn take(&self) -> u64 {
        self.get(None).expect("an open port").payload
    }
}

struct Channel(crossbeam_channel::Sender<u64>, crossbeam_channel::Receiver<u64>);

impl Queue for Channel {
    fn put(&self, message: u64) {
        self.0.send(message).expect("a connected channel");
    }

    fn take(&self) -> u64 {
        self.1.recv().expect("a connected channel")
    }
}

impl Options {
    pub(crate) fn take(arguments: &mut Arguments) -> Result<Self, Failure> {
        let pairs = match arguments.need("--threads")? {
            1 => None,
            4 => Some(2),
            other => return Err(Failure::CommandLine(format!("--threads {other}: 1 or 4"))),
        };
        let options = Self { measure: arguments.seconds("--seconds", 1.0)?, pairs };
        arguments.finish()?;
        Ok(options)
    }

    pub(crate) fn run(&self) -> Result<Object, Failure> {
        let (mut wharf, mut crossbeam) = (Vec::new(), Vec::new());
        let begun = Instant::now();
        while wharf.is_empty() || begun.elapsed() < self.measure {
            let concurrency = self.pairs.unwrap_or(1) as usize;
            wharf.push(self.slice(&sensing::open::<u64>(concurrency, Sensing::Told)?));
            let (sender, receiver) = crossbeam_channel::unbounded();
            crossbeam.push(self.slice(&Channel(sender, receiver)));
        }
        Ok(Object::default()
            .number("slices", wharf.len() as f64)
            .number("wharf_per_s", median(wharf))
            .number("crossbeam_per_s", median(crossbeam)))
    }

    /// Messages per second.
    fn slice(&self, queue: &impl Queue) -> f64 {
        match self.pairs {
            None => alone(queue),
            Some(pairs) => together(queue, pairs),
        }
    }
}

fn alone(queue: &impl Queue) -> f64 {
    let begun = Instant::now();
    for message in 0..MESSAGES {
        queue.put(message);
        assert_eq!(queue.take(), message, "the only message");
    }
    MESSAGES as f64 / begun.elapsed().as_secs_f64()
}

/// Each consumer takes as many messages as a producer puts, so all end without being told.
fn together(queue: &impl Queue, pairs: u32) -> f64 {
    let start = Barrier::new(2 * pairs as usize + 1);
    let (elapsed, sum) = thread::scope(|scope| {
        let mut consumers = Vec::new();
        for _ in 0..pairs {
            scope.spawn(|| {
                start.wait();
                (0..MESSAGES).for_each(|message| queue.put(message));
            });
            consumers.push(scope.spawn(|| {
                start.wait();
                (0..MESSAGES).map(|_| queue.take()).sum::<u64>()
            }));
        }
        start.wait();
        let begun = Instant::now();
        let sums = consumers.into_iter().map(|thread| thread.join().expect("a consumer panicked"));
        let sum = sums.sum::<u64>();
        (begun.elapsed(), sum)
    });
    let each = MESSAGES * (MESSAGES - 1) / 2;
    assert_eq!(sum, u64::from(pairs) * each, "every message once");
    f64::from(pairs) * MESSAGES as f64 / elapsed.as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
