//! Which means works here: tried, not guessed.
//!
//! A trial makes a thread do what the means must tell apart, and looks. It may take 14 ms (the first perf
//! event in the system switches on code in the kernel), so it is made once per process, and never by a worker.
//!
//! # Invariants
//! 1. What is chosen has told a blocked thread from a running one in this process.
//! 2. A seccomp filter never meets a call by us that the program did not ask for by name: the filter's
//!    answer may be to kill.

use std::env;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::thread::{Pid, SecureComputingMode, gettid, secure_computing_mode};

use super::perf::Ring;
use super::proc::{Kind, ThreadFile};
use super::{Seen, Sensing};
use crate::per_process::PerProcess;

/// Overrides `Auto`.
const VARIABLE: &str = "WHARF_SENSING";
/// How long a helper may take to be seen blocked, and then running: a machine that is overloaded is no
/// reason to call a means broken. Usually some 100 us.
const TRIAL_MAX: Duration = Duration::from_secs(1);
/// Sleeps that perf must record; the first may be over before it has begun.
const NAPS: [Duration; 4] = [
    Duration::from_micros(1),
    Duration::from_micros(10),
    Duration::from_micros(100),
    Duration::from_millis(1),
];

/// Why a means is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    /// The system said so.
    Error(i32),
    /// Not tried (invariant 2).
    Filter,
    /// Before Linux 4.17.
    OldKernel,
    /// The trial was made and lost.
    Untrue,
}

impl From<Errno> for Refusal {
    fn from(error: Errno) -> Self {
        Refusal::Error(error.raw_os_error())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Refusal::Error(error) => write!(f, "{}", Errno::from_raw_os_error(error)),
            Refusal::Filter => f.write_str("not tried under a seccomp filter"),
            Refusal::OldKernel => f.write_str("needs Linux 4.17"),
            Refusal::Untrue => f.write_str("did not tell a blocked thread from a running one"),
        }
    }
}

/// The strongest means that works, from the one that is wanted downwards; never `Auto`.
///
/// The first call for each `wanted` makes the trials and writes the line in the log.
pub(crate) fn choose(wanted: Sensing) -> Sensing {
    static CHOSEN: PerProcess<[OnceLock<Sensing>; 5]> = PerProcess::new();
    *CHOSEN.get()[wanted as usize].get_or_init(|| decide(wanted))
}

#[cold]
fn decide(wanted: Sensing) -> Sensing {
    let named = if wanted == Sensing::Auto { by_environment() } else { wanted };
    let mut source = if named == Sensing::Auto { Sensing::Auto.next() } else { named };
    let mut refusals = String::new();
    while let Err(refusal) = verify(source, named) {
        refusals += &format!("; {source}: {refusal}");
        source = source.next();
    }
    let is_fine = source == named || named == Sensing::Auto && source != Sensing::Told;
    if is_fine {
        log::info!("blocked workers are noticed by {source}{refusals}");
    } else {
        log::warn!("blocked workers are noticed by {source} instead of {named}{refusals}");
    }
    source
}

fn by_environment() -> Sensing {
    let Some(name) = env::var_os(VARIABLE).filter(|name| !name.is_empty()) else {
        return Sensing::Auto;
    };
    match name.to_string_lossy().parse() {
        Ok(sensing) => sensing,
        Err(error) => {
            log::warn!("{VARIABLE} is {name:?}, {error}");
            Sensing::Auto
        }
    }
}

fn verify(source: Sensing, named: Sensing) -> Result<(), Refusal> {
    match source {
        Sensing::Perf if named == Sensing::Auto && is_filtered() => Err(Refusal::Filter),
        Sensing::Perf => verify_perf(),
        Sensing::Syscall => verify_file(Kind::Syscall),
        Sensing::Stat => verify_file(Kind::Stat),
        Sensing::Told | Sensing::Auto => Ok(()),
    }
}

fn is_filtered() -> bool {
    // A failure means that the kernel has no seccomp.
    secure_computing_mode().is_ok_and(|mode| mode != SecureComputingMode::Disabled)
}

/// Opens a ring on this thread, sleeps, and looks for the sleep.
fn verify_perf() -> Result<(), Refusal> {
    if !has_preempt_flag(&rustix::system::uname().release().to_string_lossy()) {
        return Err(Refusal::OldKernel);
    }
    let ring = Ring::open(gettid())?;
    let slept = NAPS.into_iter().any(|nap| {
        thread::sleep(nap);
        ring.has_sleep() && ring.look() == Some(Seen::Running)
    });
    if slept { Ok(()) } else { Err(Refusal::Untrue) }
}

/// Whether a release of Linux, such as `6.18.44-amd64`, tells pre-empted threads from blocked ones.
fn has_preempt_flag(release: &str) -> bool {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else { return false };
    (major, minor) >= (4, 17)
}

/// A file of /proc; see [`verify_on_helper`].
fn verify_file(kind: Kind) -> Result<(), Refusal> {
    verify_on_helper(|tid| {
        let file = ThreadFile::open(tid, kind)?;
        Ok(move || file.look())
    })
}

/// Looks at a helper that sleeps, then at the same one in a loop.
fn verify_on_helper<L: Fn() -> Seen>(
    open: impl Fn(Pid) -> Result<L, Errno>,
) -> Result<(), Refusal> {
    let is_over = &AtomicBool::new(false);
    let (tell_tid, tid) = mpsc::channel();
    let (wake, woken) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let helper =
            thread::Builder::new().name("wharf-trial".into()).spawn_scoped(scope, move || {
                let _ = tell_tid.send(gettid());
                let _ = woken.recv(); // blocked until told to run, or until the trial is over
                while !is_over.load(Relaxed) {
                    std::hint::spin_loop();
                }
            });
        let trial = |tid| {
            let look = open(tid)?;
            let slept = is_seen(Seen::Blocked, &look);
            let _ = wake.send(());
            if slept && is_seen(Seen::Running, &look) { Ok(()) } else { Err(Refusal::Untrue) }
        };
        let result = match helper {
            Ok(_) => tid.recv().map_err(|_| Refusal::Untrue).and_then(trial),
            // No thread to be had just now, which says nothing about the means: that it opens must do.
            Err(_) => open(gettid()).map(drop).map_err(Refusal::from),
        };
        is_over.store(true, Relaxed);
        drop(wake);
        result
    })
}

/// Looks until a thread is seen in a state.
fn is_seen(state: Seen, look: impl Fn() -> Seen) -> bool {
    let end = Instant::now() + TRIAL_MAX;
    loop {
        match look() {
            seen if seen == state => return true,
            Seen::Unknown => return false,
            _ if Instant::now() > end => return false,
            _ => thread::sleep(NAPS[1]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_linux() {
        for new in ["4.17", "4.17.0-rc1", "4.100.1", "5.0", "6.18.44-amd64", "10.0"] {
            assert!(has_preempt_flag(new), "{new}");
        }
        for old in ["4.16.18", "3.10.0-1160.el7", "4", "", "x.y"] {
            assert!(!has_preempt_flag(old), "{old}");
        }
    }

    /// Goal: a means that always says the same loses its trial, however it opens (invariant 1).
    #[test]
    fn a_means_that_tells_nothing() {
        for seen in [Seen::Running, Seen::Blocked, Seen::Unknown] {
            assert_eq!(verify_on_helper(|_| Ok(move || seen)), Err(Refusal::Untrue), "{seen:?}");
        }
        let refused = verify_on_helper(|_| Err::<fn() -> Seen, _>(Errno::ACCESS));
        assert_eq!(refused, Err(Refusal::from(Errno::ACCESS)));
    }
}
