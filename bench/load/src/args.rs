//! The command line of `load`.

use std::fmt::Display;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

pub(crate) const USAGE: &str = "\
usage: load --addr IP:PORT --connections K --size BYTES --seconds S
            [--warmup S]       before the measured interval (0.5)
            [--pause US]       mean wait of a connection between an answer and its next request (0)
            [--sleep-every M]  one connection more, each M-th request of which begins with S; it is not measured
            [--cpu-of PID]...  report the CPU time that these processes used in the measured interval";

/// No run is longer, whatever the command line says: this is a load generator, and somebody may mistype.
const LONGEST: Duration = Duration::from_secs(600);

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) addr: SocketAddr,
    /// Measured connections.
    pub(crate) connections: usize,
    /// Bytes of each request, and so of each answer.
    pub(crate) size: usize,
    /// Length of the measured interval.
    pub(crate) measure: Duration,
    pub(crate) warmup: Duration,
    /// Mean pause of a connection before each request; zero is back to back.
    pub(crate) pause: Duration,
    /// With M: there is one more connection, and each M-th of its requests asks the handler to sleep.
    pub(crate) sleep_every: Option<u64>,
    pub(crate) cpu_of: Vec<i32>,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut addr, mut connections, mut size, mut measure) = (None, None, None, None);
        let (mut sleep_every, mut cpu_of) = (None, Vec::new());
        let mut warmup = Duration::from_millis(500);
        let mut pause = Duration::ZERO;
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
            match name.as_str() {
                "--addr" => addr = Some(number(&name, &value()?)?),
                "--connections" => connections = Some(number(&name, &value()?)?),
                "--size" => size = Some(number(&name, &value()?)?),
                "--seconds" => measure = Some(seconds(&name, &value()?)?),
                "--warmup" => warmup = seconds(&name, &value()?)?,
                "--pause" => pause = Duration::from_micros(number(&name, &value()?)?),
                "--sleep-every" => sleep_every = Some(number(&name, &value()?)?),
                "--cpu-of" => cpu_of.push(number(&name, &value()?)?),
                _ => return Err(format!("unknown argument {name}")),
            }
        }
        let options = Self {
            addr: addr.ok_or("--addr is missing")?,
            connections: connections.ok_or("--connections is missing")?,
            size: size.ok_or("--size is missing")?,
            measure: measure.ok_or("--seconds is missing")?,
            warmup,
            pause,
            sleep_every,
            cpu_of,
        };
        options.check()
    }

    fn check(self) -> Result<Self, String> {
        if !self.addr.ip().is_loopback() {
            return Err(format!("--addr {}: only loopback addresses are loaded", self.addr));
        }
        if self.connections == 0 || self.size == 0 || self.sleep_every == Some(0) {
            return Err("--connections, --size and --sleep-every count from 1".into());
        }
        if self.pause > LONGEST || self.measure + self.warmup > LONGEST {
            return Err(format!("a run is at most {} s", LONGEST.as_secs()));
        }
        Ok(self)
    }
}

fn number<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|e| format!("{name} {text}: {e}"))
}

fn seconds(name: &str, text: &str) -> Result<Duration, String> {
    let value = Duration::try_from_secs_f64(number(name, text)?)
        .map_err(|e| format!("{name} {text}: {e}"))?;
    // Bounded here as well, so that sums of durations cannot overflow.
    if value > LONGEST {
        return Err(format!("{name} {text}: at most {} s", LONGEST.as_secs()));
    }
    Ok(value)
}
