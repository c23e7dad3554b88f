//! The names of the ways to learn that a worker is blocked.

use std::fmt;
use std::str::FromStr;

/// How a port learns that one of its workers is blocked.
///
/// A worker that says so itself, inside [`blocking`](crate::blocking), is always believed; this is about
/// the others: a handler in a mutex of the program, in a database client, in a page fault. They are looked
/// at only while packets wait for a worker and every slot is taken.
///
/// The strongest means that works here is found out once per process, so [`Auto`](Sensing::Auto) is right
/// for nearly everybody. One that is asked for by name and refused by the system is replaced by the next
/// weaker one, with a line in the log.
///
/// ```
/// use wharf::Sensing;
/// assert_eq!("syscall".parse(), Ok(Sensing::Syscall));
/// assert_eq!(Sensing::Perf.to_string(), "perf");
/// assert_eq!(Sensing::default(), Sensing::Auto);
/// assert!("psychic".parse::<Sensing>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sensing {
    /// The first of [`Perf`](Sensing::Perf), [`Syscall`](Sensing::Syscall), [`Stat`](Sensing::Stat) and
    /// [`Told`](Sensing::Told) that proves itself in a trial. The environment variable `WHARF_SENSING`, with
    /// one of the names below, decides instead: for support, when the program can't be changed.
    ///
    /// Under a seccomp filter `Perf` is not tried: the usual filters refuse it (Docker), and one that kills
    /// for it (systemd's `SystemCallFilter=` without `SystemCallErrorNumber=`) would kill the program.
    #[default]
    Auto,
    /// By nothing but [`blocking`](crate::blocking) and the port's own calls: no worker is looked at.
    Told,
    /// By the kernel's record of context switches: one software event of `perf_event_open(2)` for each
    /// worker, mapped read-only, so that looking is two loads from memory and no system call.
    ///
    /// A worker that the record calls blocked may have been woken since, so /proc is asked as well, at the
    /// cost of `Syscall`, where there is a /proc to ask.
    ///
    /// A worker costs 8 KiB of locked memory, 1.7 us more for each of its sleeps (measured), and a
    /// descriptor from when it is first seen blocked. Linux 4.17 or later; an ordinary user needs
    /// `kernel.perf_event_paranoid` at 2 or lower, which Debian and Ubuntu raise.
    Perf,
    /// By reading `/proc/self/task/TID/syscall` (proc_pid_syscall(5)): 1 to 3 us a look (measured) and a
    /// descriptor for each worker. Needs /proc, and a process that is dumpable or root's.
    Syscall,
    /// By reading the state in `/proc/self/task/TID/stat` (proc_pid_stat(5)): 3 to 4 us a look (measured) and
    /// a descriptor for each worker. Needs /proc.
    Stat,
}

impl Sensing {
    /// Every means by its name, strongest first.
    const NAMES: [(Sensing, &'static str); 5] = [
        (Sensing::Auto, "auto"),
        (Sensing::Perf, "perf"),
        (Sensing::Syscall, "syscall"),
        (Sensing::Stat, "stat"),
        (Sensing::Told, "told"),
    ];

    /// What takes over where this is refused; for `Auto`, what is tried first.
    pub(super) fn next(self) -> Sensing {
        match self {
            Sensing::Auto => Sensing::Perf,
            Sensing::Perf => Sensing::Syscall,
            Sensing::Syscall => Sensing::Stat,
            Sensing::Stat | Sensing::Told => Sensing::Told,
        }
    }

    fn name(self) -> &'static str {
        let named = Self::NAMES.into_iter().find(|(sensing, _)| *sensing == self);
        named.expect("the table is complete").1
    }
}

/// The name that [`FromStr`] takes: `auto`, `perf`, `syscall`, `stat` or `told`.
impl fmt::Display for Sensing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Takes what [`Display`](fmt::Display) writes; `proc` is another name for `syscall`.
impl FromStr for Sensing {
    type Err = ParseSensingError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name == "proc" {
            return Ok(Sensing::Syscall);
        }
        let named = Self::NAMES.into_iter().find(|(_, known)| *known == name);
        named.map(|(sensing, _)| sensing).ok_or(ParseSensingError(()))
    }
}

/// A text that names no [`Sensing`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseSensingError(());

impl fmt::Display for ParseSensingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected auto, perf, syscall, stat or told")
    }
}

impl std::error::Error for ParseSensingError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every name leads back to what it names, and every means to `Told` in the end.
    #[test]
    fn names_and_order() {
        for (sensing, name) in Sensing::NAMES {
            assert_eq!(sensing.to_string(), name);
            assert_eq!(name.parse(), Ok(sensing));
            let weakest = std::iter::successors(Some(sensing), |means| Some(means.next())).nth(4);
            assert_eq!(weakest, Some(Sensing::Told));
        }
        assert_eq!("proc".parse(), Ok(Sensing::Syscall));
        for wrong in ["", "Auto", " perf", "perf ", "none"] {
            assert_eq!(wrong.parse::<Sensing>(), Err(ParseSensingError(())), "{wrong:?}");
        }
        assert_eq!(format!("{:>5}", Sensing::Told), " told");
    }
}
