//! A test in a second process, and what the kernel tells about a process.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

use crate::threads::{LIMIT, until};

const AGAIN: &str = "WHARF_CONFORMANCE_AGAIN";

/// The running test program in a second process, with one test only. That test asks [`Again::is_here`]
/// which of the two it is in. The process does not outlive this value.
#[derive(Debug)]
pub struct Again {
    child: Child,
    said: Receiver<String>,
}

impl Again {
    /// Starts it.
    ///
    /// # Panics
    /// If there is no process to be had.
    #[must_use]
    pub fn start(test: &str) -> Again {
        let mut command = Command::new(env::current_exe().expect("the file of this program"));
        command.args([test, "--exact", "--nocapture"]).env(AGAIN, test);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().expect("a process");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, said) = channel();
        thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Again { child, said }
    }

    /// Whether the caller is in the second process.
    #[must_use]
    pub fn is_here() -> bool {
        env::var_os(AGAIN).is_some()
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it says this.
    ///
    /// # Panics
    /// If it does not within [`LIMIT`].
    #[track_caller]
    pub fn expect(&self, words: &str) {
        let end = Instant::now() + LIMIT;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.said.recv_timeout(left) {
                Ok(line) if line.ends_with(words) => return, // behind what the test harness writes
                Ok(_) => {}
                Err(error) => panic!("the second process does not say {words:?}: {error}"),
            }
        }
    }

    /// Closes its input and waits for its end.
    ///
    /// # Panics
    /// If its test has failed, or it does not end within [`LIMIT`].
    #[track_caller]
    pub fn succeed(mut self) {
        drop(self.child.stdin.take());
        let mut status = None;
        until("the second process ends", || {
            status = self.child.try_wait().expect("a child");
            status.is_some()
        });
        assert!(status.is_some_and(|status| status.success()), "in the second process: {status:?}");
    }
}

impl Drop for Again {
    fn drop(&mut self) {
        // Errors: it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The number behind a name in a file of procfs such as `status`.
#[must_use]
pub fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Whether procfs, in a file `stat`, tells of a thread in this state: `S` asleep, `T` stopped.
#[must_use]
pub fn is_in_state(stat: &str, state: char) -> bool {
    // "1235 (name) S ...": the name may contain anything.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(state))
}

/// How much memory this process has of its own, in bytes; `None`, with a message, where a sanitizer has an
/// allocator that keeps what is freed.
///
/// # Panics
/// If there is no procfs.
#[must_use]
pub fn memory() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").expect("procfs");
    let kib = |name| field(&status, name).expect("a field of every process");
    // The shadow of an address sanitizer is 1/8 of the address space.
    if kib("VmSize:") > 1 << 30 {
        println!("skipped: memory is not measured under a sanitizer");
        return None;
    }
    Some(usize::try_from(kib("RssAnon:") * 1024).expect("a size"))
}
