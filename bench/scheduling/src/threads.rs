//! The threads of this process as the kernel counts them: context switches, CPU time, what each is doing.

use std::fs;
use std::io;

/// What a thread is for; told by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The measurement's own: the main thread, and those named `bench-`.
    Bench,
    /// The port's thread that looks after its workers.
    Steward,
    /// Everything else.
    Worker,
}

impl Role {
    fn of(tid: u32, name: &str) -> Self {
        match name {
            _ if tid == std::process::id() || name.starts_with("bench-") => Self::Bench,
            "wharf-steward" => Self::Steward,
            _ => Self::Worker,
        }
    }
}

/// Sums over threads of one role, since their start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) voluntary: u64,
    pub(crate) involuntary: u64,
    /// None where the kernel keeps no schedstat.
    pub(crate) cpu_ns: Option<u64>,
}

impl Usage {
    fn add(&mut self, other: Usage) {
        self.voluntary += other.voluntary;
        self.involuntary += other.involuntary;
        self.cpu_ns = match (self.cpu_ns, other.cpu_ns) {
            (Some(sum), Some(more)) => Some(sum + more),
            (None, more) => more,
            (sum, None) => sum,
        };
    }

    pub(crate) fn since(self, before: Usage) -> Usage {
        Usage {
            voluntary: self.voluntary - before.voluntary,
            involuntary: self.involuntary - before.involuntary,
            cpu_ns: self.cpu_ns.map(|now| now - before.cpu_ns.unwrap_or(0)),
        }
    }
}

/// The usage of all threads at one moment. No thread may end between two readings that are to be compared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) bench: Usage,
    pub(crate) steward: Usage,
    pub(crate) workers: Usage,
}

impl Reading {
    pub(crate) fn take() -> io::Result<Self> {
        let mut reading = Self::default();
        for tid in tids()? {
            let status = fs::read_to_string(format!("/proc/self/task/{tid}/status"))?;
            let sum = match Role::of(tid, field(&status, "Name:").unwrap_or_default()) {
                Role::Bench => &mut reading.bench,
                Role::Steward => &mut reading.steward,
                Role::Worker => &mut reading.workers,
            };
            let count = |name| field(&status, name).and_then(|n| n.parse().ok()).unwrap_or(0);
            let schedstat = fs::read_to_string(format!("/proc/self/task/{tid}/schedstat"));
            sum.add(Usage {
                voluntary: count("voluntary_ctxt_switches:"),
                involuntary: count("nonvoluntary_ctxt_switches:"),
                cpu_ns: schedstat
                    .ok()
                    .and_then(|text| text.split_whitespace().next()?.parse().ok()),
            });
        }
        Ok(reading)
    }
}

/// The threads that are workers at this moment.
pub(crate) fn workers() -> io::Result<Vec<u32>> {
    let is_worker = |tid: &u32| {
        let name = fs::read_to_string(format!("/proc/self/task/{tid}/comm"));
        name.is_ok_and(|name| Role::of(*tid, name.trim_end()) == Role::Worker)
    };
    Ok(tids()?.into_iter().filter(is_worker).collect())
}

fn tids() -> io::Result<Vec<u32>> {
    let entries = fs::read_dir("/proc/self/task")?;
    Ok(entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}

/// The value of a line `Name:\tvalue`.
fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}
