//! The loop: connects, keeps every connection busy through three phases, and hands the figures to the report.
//!
//! Phases, each entered once: *warm-up* (nothing counted), *measuring* (answers that arrive in it are counted,
//! whenever they were asked for), *draining* (nothing is asked any more; an answer still owed after
//! [`DRAIN`] is an error). Draining is what finds a lost wake-up: in a closed loop a connection that the server forgot
//! would otherwise only make the others look faster.
//!
//! Invariant: `connections[i]` is registered with event data i until it fails; a failed one is None and stays so.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

use crate::args::Options;
use crate::connection::Connection;
use crate::cpu::CpuClock;
use crate::pacer::Pacer;
use crate::payload::Payload;
use crate::report::Report;

/// How long owed answers are waited for at the end.
const DRAIN: Duration = Duration::from_secs(2);

/// Events taken from the kernel at once.
const BATCH: usize = 512;

const SCRATCH_BYTES: usize = 64 * 1024;

/// Failures told on stderr; the rest are only counted.
const FAILURES_TOLD: u64 = 5;

pub(crate) struct Generator {
    epoll: OwnedFd,
    connections: Vec<Option<Connection>>,
    /// None: requests go back to back.
    pacer: Option<Pacer>,
    payload: Payload,
    scratch: Vec<u8>,
    cpu: Vec<CpuClock>,
    warmup: Duration,
    measure: Duration,
    phase: Phase,
    report: Report,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Warmup,
    Measuring,
    Draining,
}

impl Generator {
    /// Opens every connection; the sleeper, if there is one, comes last.
    pub(crate) fn connect(options: &Options) -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let sleeper = options.sleep_every.map(|every| (options.connections, Some(every)));
        let mut connections = Vec::with_capacity(options.connections + 1);
        for (index, sleep_every) in (0..options.connections).map(|i| (i, None)).chain(sleeper) {
            let connection = Connection::open(options.addr, index, sleep_every)?;
            let interest = EventFlags::IN | EventFlags::OUT | EventFlags::ET;
            epoll::add(&epoll, connection.stream(), EventData::new_u64(index as u64), interest)?;
            connections.push(Some(connection));
        }
        Ok(Self {
            epoll,
            connections,
            pacer: (!options.pause.is_zero()).then(|| Pacer::new(options.pause)),
            payload: Payload::new(options.size),
            scratch: vec![0; SCRATCH_BYTES],
            cpu: options.cpu_of.iter().copied().map(CpuClock::of).collect::<io::Result<_>>()?,
            warmup: options.warmup,
            measure: options.measure,
            phase: Phase::Warmup,
            report: Report::new(),
        })
    }

    /// Runs all phases. An error is one of the generator's own; those of connections are counted in the report.
    pub(crate) fn run(mut self) -> io::Result<Report> {
        for index in 0..self.connections.len() {
            self.next_request(index);
        }
        self.run_until(Instant::now() + self.warmup)?;

        let start = Instant::now();
        let cpu_before = self.server_cpu()?;
        self.phase = Phase::Measuring;
        self.run_until(start + self.measure)?;
        self.report.elapsed = start.elapsed();
        if let (Some(after), Some(before)) = (self.server_cpu()?, cpu_before) {
            self.report.server_cpu = Some(after - before);
        }

        self.phase = Phase::Draining;
        self.run_until(Instant::now() + DRAIN)?;
        let owed = self.connections.iter().flatten().filter(|c| c.is_waiting()).count();
        if owed > 0 {
            eprintln!("load: {owed} requests were not answered");
            self.report.errors += owed as u64;
        }
        Ok(self.report)
    }

    /// CPU time that the server has used; `None` if nobody said who it is.
    fn server_cpu(&self) -> io::Result<Option<Duration>> {
        let used: io::Result<Duration> = self.cpu.iter().map(|clock| clock.read()).sum();
        used.map(|used| (!self.cpu.is_empty()).then_some(used))
    }

    fn run_until(&mut self, end: Instant) -> io::Result<()> {
        let mut events = Vec::with_capacity(BATCH);
        loop {
            let now = Instant::now();
            if now >= end || self.is_idle() {
                return Ok(());
            }
            let until = self.pacer.as_ref().and_then(Pacer::next).map_or(end, |at| at.min(end));
            events.clear();
            wait(&self.epoll, &mut events, until.saturating_duration_since(now))?;
            for event in &events {
                self.on_event(usize::try_from(event.data.u64()).expect("an index"));
            }
            self.end_pauses();
        }
    }

    /// Nothing will happen any more: all have failed, or all are answered and nothing more is asked.
    fn is_idle(&self) -> bool {
        match self.phase {
            Phase::Draining => !self.connections.iter().flatten().any(Connection::is_waiting),
            Phase::Warmup | Phase::Measuring => self.report.errors >= self.connections.len() as u64,
        }
    }

    fn on_event(&mut self, index: usize) {
        let Some(connection) = &mut self.connections[index] else { return };
        let sleeper = connection.is_sleeper();
        match connection.advance(&self.payload, &mut self.scratch) {
            Ok(None) => {}
            Ok(Some(answer)) => {
                if self.phase == Phase::Measuring {
                    if sleeper {
                        self.report.sleeps += u64::from(answer.slept);
                    } else {
                        self.report.record(answer.latency);
                    }
                }
                match &mut self.pacer {
                    // The sleeper never pauses: a handler is to be asleep at about any time.
                    Some(pacer) if !sleeper => pacer.pause(index, Instant::now()),
                    _ => self.next_request(index),
                }
            }
            Err(e) => self.fail(index, &e),
        }
    }

    fn end_pauses(&mut self) {
        let now = Instant::now();
        while let Some(index) = self.pacer.as_mut().and_then(|pacer| pacer.take(now)) {
            self.next_request(index);
        }
    }

    fn next_request(&mut self, index: usize) {
        if self.phase == Phase::Draining {
            return;
        }
        let Some(connection) = &mut self.connections[index] else { return };
        if let Err(e) = connection.begin(&self.payload) {
            self.fail(index, &e);
        }
    }

    fn fail(&mut self, index: usize, error: &io::Error) {
        self.connections[index] = None;
        self.report.errors += 1;
        if self.report.errors <= FAILURES_TOLD {
            eprintln!("load: connection {index}: {error}");
        }
    }
}

fn wait(epoll: &OwnedFd, events: &mut Vec<epoll::Event>, timeout: Duration) -> io::Result<()> {
    let timeout = Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).expect("a run is short"),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    match epoll::wait(epoll, spare_capacity(events), Some(&timeout)) {
        Ok(_) => Ok(()),
        Err(rustix::io::Errno::INTR) => Ok(()),
        Err(e) => Err(e.into()),
    }
}
