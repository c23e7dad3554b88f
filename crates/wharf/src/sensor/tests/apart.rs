//! Tests that spoil their process run in one of their own; tests that can't run say so.

use std::env;
use std::fmt;
use std::io::{self, Write as _};
use std::process::{Command, ExitCode, Termination};
use std::sync::Mutex;
use std::thread;

use crate::sync::lock;

/// How a test ended that did not fail.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Passed,
    /// Why it could not run here.
    Skipped(String),
}

impl Outcome {
    pub(super) fn skipped(reason: impl fmt::Display) -> Outcome {
        Outcome::Skipped(reason.to_string())
    }
}

/// libtest knows only passed and failed. A skip is written past its capture of output, so that it's read.
impl Termination for Outcome {
    fn report(self) -> ExitCode {
        if let Outcome::Skipped(reason) = self {
            let thread = thread::current();
            let name = thread.name().unwrap_or("a test");
            let _ = writeln!(io::stderr(), "SKIPPED {name}: {reason}");
        }
        ExitCode::SUCCESS
    }
}

/// Names the test in whose process this is.
const VARIABLE: &str = "WHARF_TEST_APART";
const PASSED: &str = "apart: passed";
const SKIPPED: &str = "apart: skipped, ";

/// Runs the test `name`, a path below `sensor::tests`, in a process of its own with these variables.
///
/// Its success is the line that it writes at the end of `body`, and not its exit status: a leak checker
/// at exit may be among what the test has taken away.
pub(super) fn apart(
    name: &str,
    variables: &[(&str, &str)],
    body: impl FnOnce() -> Outcome,
) -> Outcome {
    let path = format!("sensor::tests::{name}");
    if env::var(VARIABLE).as_ref() == Ok(&path) {
        match body() {
            // On a line of its own: libtest has begun one.
            Outcome::Passed => println!("\n{PASSED}"),
            Outcome::Skipped(reason) => println!("\n{SKIPPED}{reason}"),
        }
        return Outcome::Passed;
    }
    let mut command = Command::new(env::current_exe().expect("the test's own path"));
    command.args([&path, "--exact", "--nocapture", "--test-threads=1"]);
    command.env_remove("WHARF_SENSING").env(VARIABLE, &path).envs(variables.iter().copied());
    let output = command.output().expect("a process of its own");
    let text = String::from_utf8_lossy(&output.stdout);
    if text.lines().any(|line| line == PASSED) {
        return Outcome::Passed;
    }
    if let Some(reason) = text.lines().find_map(|line| line.strip_prefix(SKIPPED)) {
        return Outcome::skipped(reason);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    panic!("{path} apart: {}\n{text}\n{errors}", output.status);
}

/// Keeps what is logged, for tests that run apart.
struct Lines(Mutex<Vec<String>>);

static LINES: Lines = Lines(Mutex::new(Vec::new()));

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        lock(&self.0).push(format!("{} {}", record.level(), record.args()));
    }

    fn flush(&self) {}
}

/// Keeps lines from here on.
pub(super) fn keep_lines() {
    log::set_logger(&LINES).expect("the only logger of a process of its own");
    log::set_max_level(log::LevelFilter::Trace);
}

/// What was logged since the last call.
pub(super) fn take_lines() -> Vec<String> {
    std::mem::take(&mut lock(&LINES.0))
}
