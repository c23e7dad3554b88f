//! An example that was built, and one that runs.

use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tempfile::TempDir;

/// How long anything may take that should happen at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn example(name: &str) -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/win32");
    examples.join(name).with_extension("cpp")
}

/// Builds an example with each compiler: in each directory is a program of its name.
pub(crate) fn builds(name: &str) -> Vec<TempDir> {
    let versions = (14..=30).rev().map(|version| format!("clang++-{version}"));
    let clang =
        std::iter::once("clang++".to_owned()).chain(versions).find(|name| is_installed(name));
    let compilers = ["g++".to_owned()].into_iter().filter(|name| is_installed(name)).chain(clang);
    let built: Vec<TempDir> = compilers.map(|compiler| build(name, &compiler)).collect();
    assert!(!built.is_empty(), "neither g++ nor clang++ is installed");
    built
}

fn build(name: &str, compiler: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
    command
        .arg("c++")
        .args(["-Wall", "-Wextra", "-O1"])
        .arg(example(name))
        .arg("-o")
        .arg(folder.path().join(name));
    let output = command.env("WHARF_CXX", compiler).env_remove("WHARF_HOME").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{compiler}: {said}");
    assert!(said.is_empty(), "{compiler}: {said}");
    // The test finds the program by the folder.
    std::fs::write(folder.path().join("name"), name).unwrap();
    folder
}

fn is_installed(name: &str) -> bool {
    Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// A server that runs; it does not survive the test.
pub(crate) struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) port: u16,
}

impl Program {
    /// Starts what was built, and waits until it tells its port.
    pub(crate) fn start(folder: &TempDir, arguments: &[&str]) -> Program {
        let name = std::fs::read_to_string(folder.path().join("name")).unwrap();
        let mut command = Command::new(folder.path().join(name));
        let mut child =
            command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        await_input(stdout.get_ref(), "the first line of output");
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let port =
            line.trim_end().strip_prefix("listening on port ").and_then(|port| port.parse().ok());
        let mut program = Program { child, stdout, port: 0 };
        program.port =
            port.unwrap_or_else(|| panic!("first line {line:?}, then {:?}", program.end()));
        program
    }

    /// Waits for the end; answers the status and what remained of the output.
    pub(crate) fn end(&mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn await_input(fd: &impl AsFd, what: &str) {
    let timeout = Timespec { tv_sec: PATIENCE.as_secs() as i64, tv_nsec: 0 };
    let ready = poll(&mut [PollFd::new(fd, PollFlags::IN)], Some(&timeout)).unwrap();
    assert!(ready == 1, "{what} has not come within {PATIENCE:?}");
}
