//! Job objects (E18): messages in order, members that were there before, limits, and the end of all; exit codes of 32 bits.
//!
//! The processes are `sleep` and `sh`, and this program again, as a child that an argument describes.
#![allow(unsafe_code)] // calls the C ABI

use std::ffi::c_void;
use std::ptr::{null, null_mut, without_provenance_mut};

use wharf_win32::Win32::Foundation::*;
use wharf_win32::Win32::System::IO::*;
use wharf_win32::Win32::System::JobObjects::*;
use wharf_win32::Win32::System::Threading::*;

const SOON: u32 = 20_000;
const ACTIVE_PROCESS_LIMIT: u32 = 3;
const ACTIVE_PROCESS_ZERO: u32 = 4;
const NEW_PROCESS: u32 = 6;
const EXIT_PROCESS: u32 = 7;
const ABNORMAL_EXIT_PROCESS: u32 = 8;
const ASSOCIATE: i32 = 7;
const EXTENDED: i32 = 9;

fn run(line: &str, flags: u32) -> Result<PROCESS_INFORMATION, u32> {
    let mut line = format!("{line}\0").into_bytes();
    // SAFETY: plain numbers and pointers.
    let mut startup: STARTUPINFOA = unsafe { std::mem::zeroed() };
    startup.cb = u32::try_from(size_of::<STARTUPINFOA>()).unwrap();
    // SAFETY: as above.
    let mut child: PROCESS_INFORMATION = unsafe { std::mem::zeroed() };
    let (none, line) = (null(), line.as_mut_ptr());
    // SAFETY: a command line that can be written, and two structures.
    let done = unsafe {
        CreateProcessA(null(), line, null(), null(), 0, flags, none, null(), &startup, &mut child)
    };
    if done == 0 { Err(GetLastError()) } else { Ok(child) }
}

fn sleeper() -> PROCESS_INFORMATION {
    run("sleep 1000", 0).unwrap()
}

fn job() -> HANDLE {
    // SAFETY: no name.
    let job = unsafe { CreateJobObjectA(null(), null()) };
    assert!(!job.is_null());
    job
}

fn set<T>(job: HANDLE, class: i32, value: &T) -> Result<(), u32> {
    let (value, length) =
        (std::ptr::from_ref(value).cast(), u32::try_from(size_of::<T>()).unwrap());
    // SAFETY: a value with its length.
    let done = unsafe { SetInformationJobObject(job, class, value, length) };
    if done == 0 { Err(GetLastError()) } else { Ok(()) }
}

fn associate(job: HANDLE, port: HANDLE) -> Result<(), u32> {
    let key = without_provenance_mut(77);
    set(
        job,
        ASSOCIATE,
        &JOBOBJECT_ASSOCIATE_COMPLETION_PORT { CompletionKey: key, CompletionPort: port },
    )
}

fn limit(job: HANDLE, flags: u32, active: u32) -> Result<(), u32> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = flags;
    limits.BasicLimitInformation.ActiveProcessLimit = active;
    set(job, EXTENDED, &limits)
}

fn query<T>(job: HANDLE, class: i32, value: &mut T) -> Result<u32, u32> {
    let (value, length) =
        (std::ptr::from_mut(value).cast(), u32::try_from(size_of::<T>()).unwrap());
    let mut used = 0;
    // SAFETY: room with its length, and a variable.
    let done = unsafe { QueryInformationJobObject(job, class, value, length, &mut used) };
    if done == 0 { Err(GetLastError()) } else { Ok(used) }
}

fn port() -> HANDLE {
    CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0)
}

/// The next message and its process.
fn message(port: HANDLE, millis: u32) -> Option<(u32, u32)> {
    let (mut bytes, mut key, mut process) = (0, 0, null_mut());
    // SAFETY: three variables.
    let got =
        unsafe { GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut process, millis) };
    assert!(got == 0 || key == 77);
    (got != 0).then_some((bytes, u32::try_from(process as usize).unwrap()))
}

fn code_of(process: HANDLE) -> u32 {
    assert_eq!(WaitForSingleObject(process, SOON), 0);
    let mut code = 0;
    // SAFETY: a variable.
    assert_ne!(unsafe { GetExitCodeProcess(process, &mut code) }, 0);
    code
}

fn is_in(process: HANDLE, job: HANDLE) -> bool {
    let mut is = 7;
    // SAFETY: a variable.
    assert_ne!(unsafe { IsProcessInJob(process, job, &mut is) }, 0);
    is != 0
}

#[test]
fn messages_in_order() {
    let (job, port) = (job(), port());
    let first = sleeper();
    assert_ne!(AssignProcessToJobObject(job, first.hProcess), 0);
    associate(job, port).unwrap();
    assert_eq!(message(port, 0), Some((NEW_PROCESS, first.dwProcessId)), "it was there before");
    assert_eq!(associate(job, port), Err(87), "a second port");
    let second = sleeper();
    assert_ne!(AssignProcessToJobObject(job, second.hProcess), 0);
    assert_eq!(message(port, 0), Some((NEW_PROCESS, second.dwProcessId)));
    assert_eq!((AssignProcessToJobObject(job, second.hProcess), GetLastError()), (0, 5));
    assert!(is_in(second.hProcess, job) && is_in(second.hProcess, null_mut()));
    let mut counts = JOBOBJECT_BASIC_ACCOUNTING_INFORMATION::default();
    assert_eq!(query(job, 1, &mut counts), Ok(48));
    assert_eq!((counts.TotalProcesses, counts.ActiveProcesses), (2, 2));
    let mut list = [0_usize; 3];
    assert_eq!(query(job, 3, &mut list), Ok(24));
    assert_eq!(list, [2 << 32 | 2, first.dwProcessId as usize, second.dwProcessId as usize]);
    let mut short = [0_usize; 2];
    assert_eq!(query(job, 3, &mut short), Err(234));
    assert_eq!(short, [1 << 32 | 2, first.dwProcessId as usize]);
    assert_ne!(TerminateProcess(first.hProcess, 3), 0);
    assert_eq!(message(port, SOON), Some((EXIT_PROCESS, first.dwProcessId)));
    assert_eq!(message(port, 0), None, "one is active");
    assert_ne!(TerminateProcess(second.hProcess, 0xC000_0005), 0);
    assert_eq!(message(port, SOON), Some((ABNORMAL_EXIT_PROCESS, second.dwProcessId)));
    assert_eq!(message(port, SOON), Some((ACTIVE_PROCESS_ZERO, 0)));
    assert_eq!((AssignProcessToJobObject(job, second.hProcess), GetLastError()), (0, 5), "ended");
    assert!(!is_in(second.hProcess, job));
    associate(job, null_mut()).unwrap();
    let third = sleeper();
    assert_ne!(AssignProcessToJobObject(job, third.hProcess), 0);
    assert_eq!(message(port, 0), None, "no port any more");
    assert_ne!(TerminateJobObject(job, 9), 0);
    assert_eq!(code_of(third.hProcess), 9);
}

#[test]
fn the_end_of_all() {
    let (job, port) = (job(), port());
    associate(job, port).unwrap();
    let children: Vec<_> = (0..3).map(|_| sleeper()).collect();
    for child in &children {
        assert_ne!(AssignProcessToJobObject(job, child.hProcess), 0);
    }
    assert_ne!(TerminateJobObject(job, 0x1234_5678), 0);
    for child in &children {
        assert_eq!(code_of(child.hProcess), 0x1234_5678);
        assert_eq!(message(port, 0), Some((NEW_PROCESS, child.dwProcessId)));
    }
    assert_eq!(message(port, SOON), Some((ACTIVE_PROCESS_ZERO, 0)), "and nothing of each");
}

#[test]
fn kill_on_close() {
    for kills in [false, true] {
        let job = job();
        limit(job, if kills { 0x2000 } else { 0 }, 0).unwrap();
        let child = sleeper();
        assert_ne!(AssignProcessToJobObject(job, child.hProcess), 0);
        assert_ne!(CloseHandle(job), 0);
        if !kills {
            assert_eq!(WaitForSingleObject(child.hProcess, 0), 258);
            assert_ne!(TerminateProcess(child.hProcess, 0), 0);
        }
        assert_eq!(code_of(child.hProcess), 0);
    }
}

#[test]
fn limits() {
    let (job, port) = (job(), port());
    associate(job, port).unwrap();
    assert_eq!(limit(job, 0x8000, 0), Err(87));
    assert_eq!(limit(job, 0x100, 0), Err(50), "memory");
    assert_eq!(set(job, 2, &[0_u8; 64]), Ok(()));
    assert_eq!(set(job, 2, &[0_u8; 63]), Err(24));
    assert_eq!((set(job, 99, &0), set(job, 4, &0)), (Err(87), Err(50)));
    limit(job, 0x8, 1).unwrap();
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    assert_eq!(query(job, EXTENDED, &mut limits), Ok(144));
    assert_eq!(limits.BasicLimitInformation.ActiveProcessLimit, 1);
    let (first, second) = (sleeper(), sleeper());
    assert_ne!(AssignProcessToJobObject(job, first.hProcess), 0);
    assert_eq!((AssignProcessToJobObject(job, second.hProcess), GetLastError()), (0, 1816));
    assert_eq!(code_of(second.hProcess), 1816);
    assert_eq!(message(port, 0), Some((NEW_PROCESS, first.dwProcessId)));
    assert_eq!(message(port, 0), Some((ACTIVE_PROCESS_LIMIT, 0)));
    assert_ne!(TerminateJobObject(job, 0), 0);
    assert_eq!(query(null_mut(), EXTENDED, &mut limits), Err(5), "this process has no job");
}

#[test]
fn names() {
    let name = c"a job of this test".as_ptr().cast();
    // SAFETY: strings that end in a zero.
    let first = unsafe { CreateJobObjectA(null(), name) };
    // SAFETY: as above.
    let missing = unsafe { OpenJobObjectA(0, 0, c"x".as_ptr().cast()) };
    assert!(!first.is_null() && missing.is_null());
    assert_eq!(GetLastError(), 2);
    // SAFETY: as above.
    let second = unsafe { OpenJobObjectA(0, 0, name) };
    let child = sleeper();
    assert_ne!(AssignProcessToJobObject(first, child.hProcess), 0);
    assert!(is_in(child.hProcess, second));
    assert_ne!(TerminateJobObject(second, 0), 0);
}

/// This program, started for a test alone.
fn again(kind: &str) -> PROCESS_INFORMATION {
    let own = std::env::current_exe().unwrap();
    let line = format!("env WHARF_ROLE={kind} \"{}\" --exact {kind} --nocapture", own.display());
    run(&line, 0).unwrap()
}

fn is_child(kind: &str) -> bool {
    std::env::var("WHARF_ROLE").as_deref() == Ok(kind)
}

/// What a member starts is a member where that member is the process that has the job; and ends with it.
#[test]
fn own_process() {
    if is_child("own_process") {
        let job = job();
        limit(job, 0x2000, 0).unwrap();
        assert_ne!(AssignProcessToJobObject(job, GetCurrentProcess()), 0);
        let child = sleeper();
        assert!(is_in(child.hProcess, job));
        const BREAKAWAY: u32 = 0x0100_0000;
        assert_eq!(run("sleep 1000", BREAKAWAY).err(), Some(5));
        limit(job, 0x2000 | 0x800, 0).unwrap();
        let free = run("sleep 1000", BREAKAWAY).unwrap();
        assert!(!is_in(free.hProcess, null_mut()));
        assert_ne!(TerminateProcess(free.hProcess, 0), 0);
        // The end of this process closes the job.
        let grandchild = i32::try_from(child.dwProcessId).unwrap();
        println!("child {grandchild}");
        ExitProcess(0x7777_0000 + child.dwProcessId);
    }
    let child = again("own_process");
    let code = code_of(child.hProcess);
    let grandchild = i32::try_from(code.wrapping_sub(0x7777_0000)).unwrap();
    assert!(grandchild > 1, "{code:#x}");
    // It was killed, and somebody takes its remains away by and by.
    // SAFETY: signal 0 only asks.
    let is_there = || unsafe { libc::kill(grandchild, 0) } == 0;
    let is_dead = || {
        let status = std::fs::read_to_string(format!("/proc/{grandchild}/stat"));
        status.map_or(true, |status| status.contains(") Z "))
    };
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while is_there() && !is_dead() && std::time::Instant::now() < end {
        std::thread::yield_now();
    }
    assert!(!is_there() || is_dead());
}

/// A code of 32 bits comes through, whichever way the program ends; of another program, the lowest 8 bits.
#[test]
fn codes() {
    for (line, code) in [("sh -c \"exit 7\"", 7), ("sh -c \"exit 300\"", 44)] {
        assert_eq!(code_of(run(line, 0).unwrap().hProcess), code);
    }
    for (kind, code) in [
        ("exits", 0xC0DE_0001),
        ("terminates", 0xFFFF_FFFE),
        ("returns", 0x1234_5600),
        ("small", 0xFF),
    ] {
        assert_eq!(code_of(again(kind).hProcess), code, "{kind}");
    }
    // Many at once: nobody's code is lost or another's.
    let children: Vec<_> = (0..24).map(|_| again("by_number")).collect();
    for child in children {
        assert_eq!(code_of(child.hProcess), 0xAB00_0000 + child.dwProcessId);
    }
}

#[test]
fn exits() {
    if is_child("exits") {
        ExitProcess(0xC0DE_0001);
    }
}

#[test]
fn terminates() {
    if is_child("terminates") {
        TerminateProcess(GetCurrentProcess(), 0xFFFF_FFFE);
    }
}

#[test]
fn returns() {
    if is_child("returns") {
        std::process::exit(0x1234_5600);
    }
}

#[test]
fn small() {
    if is_child("small") {
        ExitProcess(0xFF);
    }
}

#[test]
fn by_number() {
    if is_child("by_number") {
        ExitProcess(0xAB00_0000 + std::process::id());
    }
}

/// Bad input.
#[test]
fn refusals() {
    let (job, port) = (job(), port());
    assert_eq!((AssignProcessToJobObject(port, job), GetLastError()), (0, 6));
    assert_eq!((AssignProcessToJobObject(job, port), GetLastError()), (0, 6));
    assert_eq!((TerminateJobObject(null_mut(), 0), GetLastError()), (0, 6));
    assert_eq!(associate(job, job), Err(6));
    let nowhere: *mut c_void = without_provenance_mut(0x1_0000);
    // SAFETY: refused.
    let done = unsafe { SetInformationJobObject(job, ASSOCIATE, nowhere, 16) };
    assert_eq!((done, GetLastError()), (0, 998));
    let mut small = 0_u32;
    assert_eq!(query(job, EXTENDED, &mut small), Err(24));
    assert_eq!(query(job, 99, &mut small), Err(87));
}
