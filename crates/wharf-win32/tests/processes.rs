//! Processes as the kernel sees them: nothing is left of those that nobody waits for, and others than our own can be
//! waited for. Method: `sleep` and `true` of the system; what is left is counted in /proc.
#![allow(unsafe_code)] // calls the C ABI

use std::process::{Command, Stdio};
use std::ptr::{null, null_mut};
use std::time::{Duration, Instant};

use wharf_win32::Win32::Foundation::{CloseHandle, GetLastError, HANDLE};
use wharf_win32::Win32::System::Threading::{
    CreateProcessA, GetExitCodeProcess, GetProcessId, OpenProcess, PROCESS_INFORMATION,
    STARTUPINFOA, TerminateProcess, WaitForSingleObject,
};

const LONG: u32 = 20_000;

fn start(line: &str, flags: u32) -> PROCESS_INFORMATION {
    let mut line = format!("{line}\0").into_bytes();
    // SAFETY: all zeros are a value.
    let mut startup: STARTUPINFOA = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    let mut child: PROCESS_INFORMATION = unsafe { std::mem::zeroed() };
    startup.cb = 104;
    // SAFETY: texts and structures that live for the call.
    let started = unsafe {
        CreateProcessA(
            null(),
            line.as_mut_ptr(),
            null(),
            null(),
            0,
            flags,
            null(),
            null(),
            &raw const startup,
            &raw mut child,
        )
    };
    assert_eq!(started, 1, "error {}", GetLastError());
    child
}

fn exit_code(process: HANDLE) -> Result<u32, u32> {
    let mut code = 0xdead_beef;
    // SAFETY: a variable.
    match unsafe { GetExitCodeProcess(process, &raw mut code) } {
        0 => Err(GetLastError()),
        _ => Ok(code),
    }
}

/// Descriptors of processes.
fn descriptors() -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let names = links.filter_map(|link| std::fs::read_link(link.path()).ok());
    names.filter(|name| name.to_string_lossy().contains("pidfd")).count()
}

fn children() -> usize {
    let own = std::process::id();
    let lists = std::fs::read_dir("/proc/self/task").unwrap().filter_map(|task| {
        std::fs::read_to_string(format!(
            "/proc/{own}/task/{}/children",
            task.ok()?.file_name().to_str()?
        ))
        .ok()
    });
    lists.map(|list| list.split_whitespace().count()).sum()
}

/// Waits until nothing is left: ends come when they come, and are let go by another thread.
fn settle() {
    let end = Instant::now() + Duration::from_millis(LONG.into());
    while descriptors() > 0 || children() > 0 {
        assert!(Instant::now() < end, "{} descriptors, {} children", descriptors(), children());
        std::thread::yield_now();
    }
}

/// In one test, because it counts what the whole process has.
#[test]
fn nothing_is_left_and_others_can_be_waited_for() {
    let first = start("true", 0);
    assert_eq!(WaitForSingleObject(first.hProcess, LONG), 0);
    assert_eq!(exit_code(first.hProcess), Ok(0));
    CloseHandle(first.hProcess);
    CloseHandle(first.hThread);
    let last = (0..50).map(|_| start("true", 0)).inspect(|child| {
        CloseHandle(child.hThread);
        CloseHandle(child.hProcess);
    });
    assert_eq!(last.count(), 50);
    settle();

    // One that a signal ends, one that this process did not start by CreateProcess, one that is not there.
    let asleep = start("sleep 60", 0);
    // SAFETY: a process of ours.
    unsafe { libc::kill(asleep.dwProcessId.cast_signed(), libc::SIGSEGV) };
    assert_eq!(WaitForSingleObject(asleep.hProcess, LONG), 0);
    assert_eq!(exit_code(asleep.hProcess), Ok(0xC000_0005));
    CloseHandle(asleep.hProcess);
    CloseHandle(asleep.hThread);

    let mut foreign = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
    let handle = OpenProcess(0, 0, foreign.id());
    assert_eq!(GetProcessId(handle), foreign.id());
    assert_eq!(exit_code(handle), Ok(259));
    assert_eq!(WaitForSingleObject(handle, 10), 258);
    assert_eq!(TerminateProcess(handle, 3), 1);
    assert_eq!(WaitForSingleObject(handle, LONG), 0);
    assert_eq!(exit_code(handle), Err(5));
    foreign.wait().unwrap();
    assert_eq!(CloseHandle(handle), 1);
    assert_eq!(OpenProcess(0, 0, foreign.id()), null_mut());
    assert_eq!(GetLastError(), 87);
    settle();
}
