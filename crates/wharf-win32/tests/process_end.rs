//! How processes end (F13), each in a process of its own: this program runs itself with the name of a case.
#![allow(unsafe_code)] // calls of the C interface

#[path = "waits/support.rs"]
#[allow(dead_code, unused_imports)] // of which this needs some
mod support;

use std::io::Read;
use std::process::{Command, Stdio};

use support::*;

/// Name, what the case does in the process' first thread, and the exit code that the parent sees.
type Case = (&'static str, fn() -> i32, i32);

const CASES: [Case; 6] = [
    ("main returns while another thread sleeps", main_returns, 5),
    ("ExitThread in the first thread leaves the others", first_thread_exits, 7),
    ("ExitProcess while a stream is being read", exit_process, 9),
    ("ExitProcess in another thread", exit_process_elsewhere, 10),
    ("TerminateProcess", terminate_process, 11),
    ("the end of the last thread", last_thread, 0),
];

fn main_returns() -> i32 {
    thread(0, || {
        Sleep(INFINITE);
        0
    });
    5
}

fn first_thread_exits() -> i32 {
    let first = Shared(OpenThread(0, 0, GetCurrentThreadId()) as usize);
    thread(0, move || {
        assert_eq!((wait(first.handle(), LONG), exit_code(first.handle())), (0, 1));
        ExitProcess(7)
    });
    ExitThread(1)
}

fn print(text: &std::ffi::CStr) {
    // SAFETY: the format wants one text, and both end with a zero.
    unsafe { libc::printf(c"%s".as_ptr(), text.as_ptr()) };
}

fn exit_process() -> i32 {
    let reading = Shared::of(event(true, false));
    thread(0, move || {
        SetEvent(reading.handle());
        // SAFETY: takes nothing of the test's; the stream has a lock of its own.
        unsafe { libc::getchar() };
        0
    });
    assert_eq!(wait(reading.handle(), LONG), 0);
    print(c"written out");
    ExitProcess(9)
}

fn exit_process_elsewhere() -> i32 {
    thread(0, || {
        print(c"written out");
        ExitProcess(10)
    });
    Sleep(INFINITE);
    1
}

fn terminate_process() -> i32 {
    print(c"lost");
    TerminateProcess(GetCurrentProcess(), 11);
    1
}

fn last_thread() -> i32 {
    thread(0, || {
        Sleep(1);
        0
    });
    ExitThread(0)
}

fn main() {
    let case = std::env::args().nth(1).unwrap_or_default();
    if let Some(case) = case.strip_prefix("case=") {
        let case: usize = case.parse().unwrap();
        std::process::exit(CASES[case].1());
    }
    for (at, (name, _, code)) in CASES.iter().enumerate() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(format!("case={at}"))
            .stdin(Stdio::piped()) // stays open: nothing comes
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = String::new();
        let _input = child.stdin.take();
        child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(*code), "{name}: {status}");
        let written = matches!(code, 9 | 10);
        assert_eq!(output, if written { "written out" } else { "" }, "{name}");
        println!("ok {name}");
    }
}
