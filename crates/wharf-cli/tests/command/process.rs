//! A server as a child process: its first line, its signals, its end, and what /proc tells of it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

/// How long anything may take that should happen at once; far more than a busy machine needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The command, its streams to be read by the test.
pub(crate) fn wharf<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Something that `serve` has to serve.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a temporary directory"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A file of zeros that takes no room, but for what is written at its end.
    pub(crate) fn sparse(&self, name: &str, len: u64, end: &[u8]) -> PathBuf {
        use std::os::unix::fs::FileExt;
        let path = self.path().join(name);
        let file = fs::File::create(&path).unwrap();
        file.set_len(len).unwrap();
        file.write_all_at(end, len - end.len() as u64).unwrap();
        path
    }

    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    pub(crate) fn serve_with(&self, options: &[&str]) -> Server {
        let dir = self.path().to_str().unwrap();
        Server::start(&[&["serve", dir], options].concat())
    }
}

/// A server that runs; it does not survive the test.
pub(crate) struct Server {
    child: Child,
    stderr: BufReader<ChildStderr>,
    pub(crate) first_line: String,
    pub(crate) addr: SocketAddr,
}

impl Server {
    /// Starts one on a free port and waits until it says where it listens.
    pub(crate) fn start(args: &[&str]) -> Server {
        Server::spawn(wharf(args))
    }

    /// The same with a command that ends in the arguments of a server.
    pub(crate) fn spawn(mut command: Command) -> Server {
        let mut child = command.args(["--addr", "127.0.0.1:0"]).spawn().expect("the command");
        let stdout = child.stdout.take().unwrap();
        await_input(&stdout, "the first line of output");
        let mut first_line = String::new();
        // Only this line is ever written, and in one piece. The pipe is closed afterwards, which a
        // server has to bear.
        BufReader::new(stdout).read_line(&mut first_line).unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let addr = first_line.trim_end().rsplit(' ').next().and_then(|addr| addr.parse().ok());
        let Some(addr) = addr else {
            let mut server = Server { child, stderr, first_line, addr: ([0; 4], 0).into() };
            panic!("first line {:?}, then {:?}", server.first_line.clone(), server.end());
        };
        Server { child, stderr, first_line, addr }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a signal to a child");
    }

    /// The next line of standard error.
    pub(crate) fn report(&mut self) -> String {
        if self.stderr.buffer().is_empty() {
            await_input(self.stderr.get_ref(), "a line of standard error");
        }
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        line
    }

    /// Nobody reads standard error any more.
    pub(crate) fn close_stderr(&mut self) {
        let mut other = wharf(["--version"]).spawn().unwrap();
        self.stderr = BufReader::new(other.stderr.take().unwrap());
        other.wait().unwrap();
    }

    /// Waits for the end; answers the status and what remained of standard error.
    pub(crate) fn end(&mut self) -> (ExitStatus, String) {
        let pidfd = pidfd_open(self.pid(), PidfdFlags::empty()).expect("a descriptor of a child");
        await_input(&pidfd, "the end of the process");
        let status = self.child.wait().unwrap();
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        (status, rest)
    }

    /// Open sockets and files; what a port has for its own use is left out.
    pub(crate) fn descriptors(&self) -> usize {
        let is_ours = |link: &PathBuf| {
            let link = link.to_str().unwrap();
            link.starts_with("socket:") || (link.starts_with('/') && !link.starts_with("/proc/"))
        };
        self.links().values().filter(|link| is_ours(link)).count()
    }

    /// The lowest number that no descriptor has.
    pub(crate) fn lowest_free(&self) -> u64 {
        let links = self.links();
        (0..).find(|number| !links.contains_key(number)).unwrap()
    }

    fn links(&self) -> HashMap<u64, PathBuf> {
        let entries = fs::read_dir(self.proc("fd")).unwrap();
        // One may be closed between the two calls.
        let link = |entry: fs::DirEntry| {
            let number = entry.file_name().to_str().unwrap().parse().unwrap();
            Some((number, fs::read_link(entry.path()).ok()?))
        };
        entries.filter_map(|entry| link(entry.unwrap())).collect()
    }

    /// A number of KiB from /proc/PID/status.
    pub(crate) fn kib(&self, field: &str) -> u64 {
        let status = fs::read_to_string(self.proc("status")).unwrap();
        let line = status.lines().find(|line| line.starts_with(&format!("{field}:"))).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Processor time, of all threads.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(self.proc("stat")).unwrap();
        let (_name, numbers) = stat.rsplit_once(')').unwrap();
        let numbers: Vec<&str> = numbers.split_whitespace().collect();
        let ticks: u64 = [11, 12].iter().map(|&at| numbers[at].parse::<u64>().unwrap()).sum();
        Duration::from_secs(ticks) / rustix::param::clock_ticks_per_second() as u32
    }

    fn proc(&self, name: &str) -> PathBuf {
        format!("/proc/{}/{name}", self.pid().as_raw_nonzero()).into()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something holds of which no event tells.
pub(crate) fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn await_input(fd: &impl AsFd, what: &str) {
    let timeout = Timespec { tv_sec: PATIENCE.as_secs() as i64, tv_nsec: 0 };
    let ready = poll(&mut [PollFd::new(fd, PollFlags::IN)], Some(&timeout)).unwrap();
    assert!(ready == 1, "{what} has not come within {PATIENCE:?}");
}
