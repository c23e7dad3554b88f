//! How a port learns that a worker is blocked: the one place that knows Wharf's options for it.

use std::str::FromStr;

use wharf::Port;

use crate::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sensing {
    /// By `wharf::blocking` only.
    Told,
    /// By perf records.
    Perf,
    /// By `/proc/self/task/TID/syscall`.
    Proc,
}

impl FromStr for Sensing {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "told" | "none" => Ok(Self::Told),
            "perf" => Ok(Self::Perf),
            "proc" => Ok(Self::Proc),
            _ => Err("not a way to learn of blocking"),
        }
    }
}

/// A port with this sensing and no other.
pub(crate) fn open<T: Send + 'static>(
    concurrency: usize,
    sensing: Sensing,
) -> Result<Port<T>, Failure> {
    let wanted = match sensing {
        Sensing::Told => wharf::Sensing::Told,
        Sensing::Perf => wharf::Sensing::Perf,
        Sensing::Proc => wharf::Sensing::Syscall,
    };
    let concurrency = u32::try_from(concurrency)?.into();
    let port = Port::with_options(wharf::Options {
        concurrency,
        sensing: wanted,
        ..wharf::Options::default()
    })?;
    // What the system refuses is replaced by something weaker, which is another variant.
    match port.sensing() {
        chosen if chosen == wanted => Ok(port),
        other => Err(Failure::Unavailable(format!("{wanted} is refused here; {other} works"))),
    }
}
