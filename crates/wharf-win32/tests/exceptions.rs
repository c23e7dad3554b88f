//! The last filter for exceptions: each case is a process of its own (this program again, one test of it).
#![allow(unsafe_code)] // calls of the C interface, and faults
#![allow(clippy::multiple_unsafe_ops_per_block, reason = "the cases fault on purpose")]

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicI32, Ordering};

use wharf_win32::Win32::System::Diagnostics::Debug::*;

const CASE: &str = "WHARF_EXCEPTION_CASE";
static ANSWER: AtomicI32 = AtomicI32::new(0);

unsafe extern "C" fn filter(exception: *const EXCEPTION_POINTERS) -> i32 {
    // SAFETY: the filter is lent both for its call.
    let record = unsafe { *(*exception).ExceptionRecord };
    let parameters = &record.ExceptionInformation[..record.NumberParameters as usize];
    let text = format!("[{:x} {parameters:x?}]\n", record.ExceptionCode);
    // SAFETY: the text's own length.
    unsafe { libc::write(1, text.as_ptr().cast(), text.len()) };
    ANSWER.load(Ordering::Relaxed)
}

fn set(answer: i32) {
    ANSWER.store(answer, Ordering::Relaxed);
    // SAFETY: a function of this file, which stays.
    unsafe { SetUnhandledExceptionFilter(Some(filter)) };
}

#[inline(never)]
fn deep(level: u64) -> u64 {
    let page = std::hint::black_box([level; 512]);
    if level == u64::MAX { 0 } else { deep(level + 1) + page[(level % 512) as usize] }
}

/// The process under test.
#[test]
fn case() {
    let Ok(case) = std::env::var(CASE) else { return };
    let nowhere = std::hint::black_box(0x10_usize) as *mut u8;
    // SAFETY: none, on purpose: the volatile accesses go to an address that is never mapped, and the process that makes them
    // ends by that, which is what the test looks at. The calls are lent an array for their time, or null for none.
    unsafe {
        match case.as_str() {
            "write" => {
                set(1);
                nowhere.write_volatile(1);
            }
            "read" => {
                set(0);
                std::hint::black_box(nowhere.read_volatile());
            }
            "stack" => {
                set(1);
                std::hint::black_box(deep(0));
            }
            "raise" => {
                set(-1);
                RaiseException(0xE000_0001, 0, 2, [7_usize, 8].as_ptr());
                std::process::exit(0);
            }
            "final" => {
                set(-1);
                RaiseException(0xE000_0002, 1, 0, std::ptr::null());
            }
            "sent" => {
                set(1);
                libc::raise(libc::SIGSEGV);
            }
            "none" => {
                set(1);
                assert!(SetUnhandledExceptionFilter(None).is_some());
                nowhere.write_volatile(1);
            }
            other => panic!("{other}"),
        }
    }
    panic!("it went on");
}

fn run(case: &str) -> (ExitStatus, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "case", "--nocapture", "--test-threads=1"]).env(CASE, case);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let seen = text.split_once('[').map_or("", |(_, rest)| rest.split("]\n").next().unwrap_or(""));
    (output.status, seen.to_owned())
}

#[test]
fn the_filter_sees_what_happened_and_decides() {
    let cases = [
        ("write", Ok(5), "c0000005 [1, 10"),
        ("read", Err(libc::SIGSEGV), "c0000005 [0, 10"),
        ("raise", Ok(0), "e0000001 [7, 8"),
        ("final", Err(libc::SIGABRT), "e0000002 "),
        ("sent", Err(libc::SIGSEGV), ""),
        ("none", Err(libc::SIGSEGV), ""),
    ];
    for (case, end, seen) in cases {
        let (status, text) = run(case);
        assert_eq!(status.code().ok_or(status.signal().unwrap_or(0)), end, "{case}: {text}");
        assert!(text.starts_with(seen) && text.is_empty() == seen.is_empty(), "{case}: {text:?}");
    }
}

#[test]
fn a_stack_that_overflows_has_a_filter_too() {
    let (status, text) = run("stack");
    assert_eq!(status.code(), Some(0xFD), "{text}");
    assert!(text.starts_with("c00000fd"), "{text:?}");
}
