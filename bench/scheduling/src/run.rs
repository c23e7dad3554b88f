//! One pool under one workload.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};
use wharf::Stats;

use crate::args::Arguments;
use crate::json::Object;
use crate::pools::{Size, Variant};
use crate::threads::Reading;
use crate::work::Processor;
use crate::workload::{Load, Workload};
use crate::{Failure, arrivals, recorder, sampler};

pub(crate) struct Options {
    variant: Variant,
    workload: Workload,
    size: Size,
    warmup: Duration,
    measure: Duration,
    /// Packets per second of an open loop; None is the closed loop.
    rate: Option<f64>,
    outstanding: usize,
    /// Zero: runnable workers are not counted.
    sample: Duration,
}

impl Options {
    pub(crate) fn take(arguments: &mut Arguments) -> Result<Self, Failure> {
        let processors = thread::available_parallelism()?.get();
        let options = Self {
            variant: arguments.need("--variant")?,
            workload: arguments.need("--workload")?,
            size: Size {
                workers: arguments.take_or("--workers", 64)?,
                concurrency: arguments.take_or("--concurrency", processors)?,
            },
            warmup: arguments.seconds("--warmup", 0.2)?,
            measure: arguments.seconds("--seconds", 1.0)?,
            rate: arguments.take("--rate")?,
            outstanding: arguments.take_or("--outstanding", 256)?,
            sample: Duration::from_millis(arguments.take_or("--sample-ms", 20)?),
        };
        arguments.finish()?;
        let counts = [options.size.workers, options.size.concurrency, options.outstanding];
        let rate = options.rate.unwrap_or(1.0);
        if counts.contains(&0) || !(rate.is_finite() && rate > 0.0) || options.measure.is_zero() {
            return Err(Failure::CommandLine("counts, rates and --seconds are positive".into()));
        }
        Ok(options)
    }

    pub(crate) fn run(&self) -> Result<Object, Failure> {
        let processor = Processor::calibrate();
        let load = Arc::new(Load::new(self.workload, processor, self.rate.is_none()));
        let pool = self.variant.start(&load, self.size)?;
        if self.rate.is_none() {
            for _ in 0..self.outstanding {
                pool.submit(load.job(Instant::now()));
            }
        }
        let (measured, lateness) = thread::scope(|scope| {
            let generator = self.rate.map(|rate| {
                let (load, pool) = (&load, &*pool);
                let generate = move || arrivals::generate(load, pool, rate);
                named("bench-generator").spawn_scoped(scope, generate)
            });
            let generator = generator.transpose()?;
            let measured = self.measure(&load);
            load.stop();
            let lateness = generator.map(|thread| thread.join().expect("the generator panicked"));
            measured.map(|measured| (measured, lateness))
        })?;
        let stats = pool.stats();
        pool.end();
        let per_packet = |count: fn(&Stats) -> u64| {
            stats.as_ref().map(|stats| count(stats) as f64 / stats.taken as f64)
        };
        Ok(self
            .describe(&measured, &load, lateness)
            .number("told_per_packet", per_packet(|stats| stats.released_told))
            .number("sensed_per_packet", per_packet(|stats| stats.released_sensed))
            .number("late_per_packet", per_packet(|stats| stats.released_late))
            .number("needless_per_packet", per_packet(|stats| stats.needless))
            .number("steps_per_us", processor.steps_per_us()))
    }

    fn measure(&self, load: &Load) -> Result<Measured, Failure> {
        thread::sleep(self.warmup);
        let ended = AtomicBool::new(false);
        thread::scope(|scope| {
            let sampler = (!self.sample.is_zero()).then(|| {
                named("bench-sampler").spawn_scoped(scope, || sampler::sample(self.sample, &ended))
            });
            let sampler = sampler.transpose()?;
            let before = Moment::take()?;
            let begun = Instant::now();
            load.recorder.switch(true);
            thread::sleep(self.measure);
            load.recorder.switch(false);
            let elapsed = begun.elapsed();
            let after = Moment::take()?;
            ended.store(true, Relaxed);
            let runnable = sampler.and_then(|thread| thread.join().expect("the sampler panicked"));
            Ok(Measured { elapsed, before, after, runnable })
        })
    }

    fn describe(
        &self,
        measured: &Measured,
        load: &Load,
        lateness: Option<Histogram<u64>>,
    ) -> Object {
        let Measured { elapsed, before, after, runnable } = measured;
        let latency = load.recorder.sum();
        let packets = latency.len() as f64;
        let seconds = elapsed.as_secs_f64();
        let workers = after.threads.workers.since(before.threads.workers);
        let steward = after.threads.steward.since(before.threads.steward);
        let bench = after.threads.bench.since(before.threads.bench);
        let cpu_seconds = |ns: Option<u64>| ns.map(|ns| ns as f64 / 1e9);
        let report = Object::default()
            .number("seconds", seconds)
            .number("packets", packets)
            .number("packets_per_s", packets / seconds);
        recorder::describe(report, &latency)
            .number(
                "voluntary_per_packet",
                (workers.voluntary + steward.voluntary) as f64 / packets,
            )
            .number(
                "involuntary_per_packet",
                (workers.involuntary + steward.involuntary) as f64 / packets,
            )
            .number("cpu_seconds", (after.cpu - before.cpu).as_secs_f64())
            .number("bench_cpu_seconds", cpu_seconds(bench.cpu_ns))
            .number("looking_cpu_seconds", cpu_seconds(steward.cpu_ns))
            .number("runnable", *runnable)
            .number(
                "lateness_p99_us",
                lateness.map(|lateness| lateness.value_at_quantile(0.99) as f64 / 10.0),
            )
    }
}

struct Measured {
    elapsed: Duration,
    before: Moment,
    after: Moment,
    runnable: Option<f64>,
}

/// What is read at both ends of the measured interval.
struct Moment {
    /// CPU time of the process.
    cpu: Duration,
    threads: Reading,
}

impl Moment {
    fn take() -> Result<Self, Failure> {
        let threads = Reading::take()?;
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Ok(Self { cpu: Duration::try_from(cpu)?, threads })
    }
}

fn named(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.into())
}
