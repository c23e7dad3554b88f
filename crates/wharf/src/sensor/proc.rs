//! Asking /proc whether a thread is blocked: one `pread` of a file that stays open.
//!
//! Two files tell it. `syscall` answers "running", also for a thread that is only waiting for a processor,
//! or the number of the system call that the thread sleeps in, or -1 for a sleep outside of one (a page
//! fault). `stat` has a letter for the state and costs more, but is readable in every process
//! (fs/proc/base.c of Linux 6.18, `proc_pid_syscall`: mode 0400, and `ptrace_may_access` at each read).
//!
//! # Invariants
//! 1. Nobody looks at its own thread: it would find itself in `pread`, blocked for ever.
//! 2. A look never fails: what can't be read is [`Seen::Unknown`]. A thread that has ended answers ESRCH.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use rustix::io::Errno;
use rustix::thread::{Pid, gettid};

use super::Seen;
use super::fork::Birth;

/// Bytes read: `syscall` tells with the first one; in `stat` the id, the name (15 bytes; kernels have
/// had 63 for their own threads) and the state fit.
const READ_BYTES: usize = 96;

/// Which of a thread's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Syscall,
    Stat,
}

/// A file about one thread.
#[derive(Debug)]
pub(super) struct ThreadFile {
    file: File,
    kind: Kind,
    tid: Pid,
    /// In a child the file would tell about the parent's thread.
    birth: Birth,
}

impl ThreadFile {
    /// Opens a thread's file.
    ///
    /// # Errors
    /// ENOENT: no such thread, or no /proc. EACCES: `syscall` of a process that is not dumpable, without
    /// CAP_SYS_PTRACE. EMFILE, ENFILE.
    pub(super) fn open(tid: Pid, kind: Kind) -> Result<ThreadFile, Errno> {
        let name = match kind {
            Kind::Syscall => "syscall",
            Kind::Stat => "stat",
        };
        let file = File::open(format!("/proc/self/task/{}/{name}", tid.as_raw_nonzero()));
        let file = file.map_err(|error| errno(&error))?;
        Ok(ThreadFile { file, kind, tid, birth: Birth::here() })
    }

    /// What the thread does.
    pub(super) fn look(&self) -> Seen {
        if self.birth.is_over() {
            return Seen::Unknown;
        }
        debug_assert_ne!(gettid(), self.tid, "invariant 1: a thread looks at itself");
        let mut bytes = [0; READ_BYTES];
        match self.file.read_at(&mut bytes, 0) {
            Ok(length) => parse(self.kind, &bytes[..length]),
            Err(_) => Seen::Unknown, // ESRCH: it has ended
        }
    }
}

fn parse(kind: Kind, text: &[u8]) -> Seen {
    match kind {
        Kind::Syscall => parse_syscall(text),
        Kind::Stat => parse_stat(text),
    }
}

/// `running`, `NUMBER args.. sp pc`, or `-1 sp pc`.
fn parse_syscall(text: &[u8]) -> Seen {
    match text.first() {
        Some(b'r') => Seen::Running,
        Some(b'0'..=b'9' | b'-') => Seen::Blocked,
        _ => Seen::Unknown,
    }
}

/// `TID (name) STATE ..`; the name may contain anything, parentheses too, and nothing after it does.
fn parse_stat(text: &[u8]) -> Seen {
    let Some(end) = text.iter().rposition(|&byte| byte == b')') else { return Seen::Unknown };
    match text[end..] {
        // W: waking, Linux before 3.14.
        [_, b' ', b'R' | b'W', ..] => Seen::Running,
        // T and t: stopped by a signal or a debugger; P: parked by the kernel.
        [_, b' ', b'S' | b'D' | b'T' | b't' | b'P', ..] => Seen::Blocked,
        _ => Seen::Unknown, // Z, X: it has ended
    }
}

/// The error number of a failed call of std.
pub(super) fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_syscall_says() {
        let cases: [(&[u8], Seen); 6] = [
            (b"running\n", Seen::Running),
            (b"202 0x7f 0x80 0x2 0x0 0x0 0x0 0x7ffd 0x7f12\n", Seen::Blocked),
            (b"0 0x3 0x7f 0x1 0x0 0x0 0x0 0x7ffd 0x7f12\n", Seen::Blocked),
            (b"-1 0x7ffd 0x7f12\n", Seen::Blocked),
            (b"", Seen::Unknown),
            (b"\0", Seen::Unknown),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_syscall(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_stat_says() {
        let cases: [(&[u8], Seen); 12] = [
            (b"71 (worker) R 1 71 71 0", Seen::Running),
            (b"71 (worker) S 1 71 71 0", Seen::Blocked),
            (b"71 (worker) D 1 71 71 0", Seen::Blocked),
            (b"71 (worker) T 1 71 71 0", Seen::Blocked),
            (b"71 (worker) t 1 71 71 0", Seen::Blocked),
            (b"71 (worker) Z 1 71 71 0", Seen::Unknown),
            (b"71 (worker) X 1 71 71 0", Seen::Unknown),
            (b"71 (a) S (b) R 1 71 71 0", Seen::Running),
            (b"71 () R) S 1 71 71 0", Seen::Blocked),
            (b"71 (worker)", Seen::Unknown),
            (b"71 (worker) ", Seen::Unknown),
            (b"71 wor", Seen::Unknown),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_stat(text), expected, "{text:?}");
        }
    }
}
