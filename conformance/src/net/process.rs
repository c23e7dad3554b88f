//! The counts of this process, and tests that need a process of their own.

use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;
use std::{env, fs, thread};

use rustix::process::{Pid, Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};

use super::limit;

/// Open descriptors of this process.
///
/// # Panics
/// If there is no /proc.
#[must_use]
pub fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("/proc").count() - 1 // its own
}

/// Memory of this process that is in use, in bytes; `None` under a sanitizer, which keeps what is freed.
///
/// # Panics
/// If there is no /proc.
#[must_use]
pub fn resident_memory() -> Option<usize> {
    let pages = fs::read_to_string("/proc/self/statm").expect("/proc");
    let mut pages = pages.split(' ').map(|field| field.parse::<usize>().expect("numbers"));
    let mut next = || pages.next().expect("two fields") * rustix::param::page_size();
    let (mapped, resident) = (next(), next());
    (mapped < 1 << 40).then_some(resident) // no shadow memory
}

/// Processor time that this process has used.
#[must_use]
pub fn processor_time() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(spent).expect("time does not run backwards")
}

/// Raises the number of descriptors that this process may open as far as it may; answers it.
///
/// # Panics
/// If the system refuses what it has announced.
#[must_use]
pub fn raise_descriptor_limit() -> u64 {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limits = getrlimit(Resource::Nofile);
    limits.current = limits.maximum;
    setrlimit(Resource::Nofile, limits).expect("up to the hard limit is allowed");
    limits.current.unwrap_or(u64::MAX)
}

const CHILD: &str = "WHARF_CHILD";

/// Runs the body of test `name` in a process of its own: for what counts or limits things of a process.
///
/// # Panics
/// If that process fails or takes longer than 3 times [`limit`]; what it has printed is passed on.
pub fn alone(name: &str, body: impl FnOnce()) {
    alone_under(&[], name, body);
}

/// As [`alone`], by way of another command that runs ours.
///
/// # Panics
/// As [`alone`].
pub fn alone_under(wrapper: &[&str], name: &str, body: impl FnOnce()) {
    if env::var(CHILD).is_ok_and(|child| child == name) {
        return body();
    }
    let program = env::current_exe().expect("our own path");
    let program = program.to_str().expect("a path of text");
    let ours = [program, name, "--exact", "--nocapture", "--include-ignored"];
    let words: Vec<_> = wrapper.iter().copied().chain(ours).collect();
    let child = Command::new(words[0])
        .args(&words[1..])
        .env(CHILD, name)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let id = Pid::from_child(&child);
    let (end, ended) = channel();
    let waiter = thread::spawn(move || drop(end.send(child.wait_with_output())));
    let outcome = ended.recv_timeout(3 * limit());
    if outcome.is_err() {
        let _ = kill_process(id, Signal::KILL); // it may have ended just now
    }
    waiter.join().expect("a thread that waits");
    let output = outcome.expect("the process ends in time").expect("its output");
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name} in a process of its own: {}", output.status);
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "no test {name}");
}
