//! Control events and the terminal: each case is a process of its own (this program again, one test of it), with pipes
//! or with a pseudo-terminal.
#![allow(unsafe_code)] // calls of the C interface
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one note for a case of calls on the same variables"
)]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::ptr::null_mut;
use std::sync::mpsc;
use std::time::Duration;

use wharf_win32::Win32::Foundation::GetLastError;
use wharf_win32::Win32::System::Console::*;

const CASE: &str = "WHARF_CONSOLE_CASE";

fn output() -> *mut std::ffi::c_void {
    GetStdHandle(-11_i32 as u32)
}

fn input() -> *mut std::ffi::c_void {
    GetStdHandle(-10_i32 as u32)
}

fn say(text: &str) {
    let mut written = 0;
    let length = text.len() as u32;
    let text = text.as_ptr().cast();
    // SAFETY: the text's own length, and a variable for the count.
    assert_eq!(unsafe { WriteConsoleA(output(), text, length, &raw mut written, null_mut()) }, 1);
    assert_eq!(written, length);
}

unsafe extern "C" fn first(event: u32) -> i32 {
    say(&format!("[first {event}]"));
    1
}

unsafe extern "C" fn second(event: u32) -> i32 {
    say(&format!("[second {event}]"));
    0
}

/// SetConsoleCtrlHandler.
fn handler(routine: PHANDLER_ROUTINE, add: i32) -> i32 {
    // SAFETY: functions of this file, which stay.
    unsafe { SetConsoleCtrlHandler(routine, add) }
}

fn interrupt_oneself() {
    // SAFETY: what the signal does is decided by the library's handler or the kernel, not by code of this file.
    unsafe { libc::raise(libc::SIGINT) };
}

/// The process under test: does what its case says.
#[test]
fn case() {
    let Ok(case) = std::env::var(CASE) else { return };
    match case.as_str() {
        "handlers" => {
            assert_eq!(handler(Some(first), 1), 1);
            assert_eq!(handler(Some(second), 1), 1);
            say("[ready]");
            loop {
                std::thread::park();
            }
        }
        "nobody" => {
            assert_eq!(handler(Some(second), 1), 1);
            assert_eq!((handler(Some(first), 0), GetLastError()), (0, 87));
            assert_eq!((GenerateConsoleCtrlEvent(2, 0), GetLastError()), (0, 87));
            assert_eq!(GenerateConsoleCtrlEvent(0, 0), 1);
            loop {
                std::thread::park();
            }
        }
        "ignored" => {
            assert_eq!(handler(None, 1), 1);
            interrupt_oneself();
            say("[alive]");
            assert_eq!(handler(None, 0), 1);
            interrupt_oneself();
            say("[never]");
        }
        "keys" => {
            say("[ready]");
            while _kbhit() == 0 {
                std::thread::yield_now();
            }
            let keys: Vec<i32> = (0..4).map(|_| _getch()).collect();
            say(&format!("[{keys:?}]"));
        }
        "terminal" => terminal(),
        // SAFETY: texts that end with a zero, and one variable.
        "redirected" => unsafe {
            let mut mode = 0;
            assert_eq!((GetConsoleMode(output(), &raw mut mode), GetLastError()), (0, 6));
            assert_eq!((SetConsoleTextAttribute(output(), 4), GetLastError()), (0, 6));
            say("[text]");
            system(c"CLS".as_ptr().cast());
            assert_eq!(system(c"exit 3".as_ptr().cast()), 3);
            system(c"pause".as_ptr().cast());
            let text = c"text".as_ptr().cast();
            assert_eq!(MessageBoxA(null_mut(), text, c"title".as_ptr().cast(), 0x10), 1);
            assert_eq!((MessageBoxA(null_mut(), text, text, 0xF), GetLastError()), (0, 87));
        },
        other => panic!("{other}"),
    }
    std::process::exit(0);
}

fn terminal() {
    // SAFETY: texts that end with a zero, variables of this function, and room for 16 bytes with the lengths that it has.
    unsafe {
        let mut mode = 0;
        assert_eq!(GetConsoleMode(input(), &raw mut mode), 1);
        assert_eq!(mode & 7, 7);
        assert_eq!((SetConsoleMode(input(), 4), GetLastError()), (0, 87), "echo alone");
        assert_eq!(SetConsoleMode(input(), mode & !4), 1);
        assert_eq!(GetConsoleMode(output(), &raw mut mode), 1);
        assert_eq!(mode & 1, 1);
        let mut info = CONSOLE_SCREEN_BUFFER_INFO::default();
        assert_eq!(GetConsoleScreenBufferInfo(output(), &raw mut info), 1);
        assert_eq!((info.dwSize, info.srWindow.Right), (COORD { X: 90, Y: 30 }, 89));
        assert_eq!(info.dwCursorPosition, COORD { X: 6, Y: 4 });
        assert_eq!(SetConsoleTextAttribute(output(), 12), 1);
        assert_eq!(SetConsoleCursorPosition(output(), COORD { X: 1, Y: 2 }), 1);
        assert_eq!(SetConsoleTitleA(c"name".as_ptr().cast()), 1);
        say("[ready]");
        let (mut buffer, mut read) = ([0; 16], 0);
        let to = buffer.as_mut_ptr();
        assert_eq!(ReadConsoleA(input(), to.cast(), 4, &raw mut read, null_mut()), 1);
        assert_eq!(&buffer[..read as usize], b"line");
        assert_eq!(ReadConsoleA(input(), to.cast(), 16, &raw mut read, null_mut()), 1);
        assert_eq!(&buffer[..read as usize], b"s\r\n");
        assert!(GetConsoleTitleA(to, 16) == 4 && &buffer[..4] == b"name");
        assert_eq!((SetConsoleOutputCP(949), GetConsoleOutputCP()), (1, 949));
        assert_eq!((SetConsoleCP(1), SetConsoleCP(12345), GetLastError()), (1, 0, 87));
        say("[done]");
    }
}

fn command(case: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "case", "--nocapture", "--test-threads=1"]).env(CASE, case);
    command
}

/// Reads until a text has come; what has come so far is the answer.
fn until(from: &mut impl Read, expected: &str) -> String {
    let mut seen = String::new();
    let mut byte = [0];
    while !seen.contains(expected) {
        match from.read(&mut byte) {
            Ok(1) => seen.push(char::from(byte[0])),
            other => panic!("{other:?} before {expected:?}: {seen:?}"),
        }
    }
    seen
}

fn finish(mut child: Child) -> ExitStatus {
    let id = child.id().cast_signed();
    let (done, finished) = mpsc::channel::<()>();
    // A child that hangs is a failure, not a test without end.
    let watch = std::thread::spawn(move || {
        if finished.recv_timeout(Duration::from_secs(60)).is_err() {
            // SAFETY: a child that has not been waited for to its end, or the wait would have been told.
            unsafe { libc::kill(id, libc::SIGKILL) };
        }
    });
    let status = child.wait().unwrap();
    let _ = done.send(());
    watch.join().unwrap();
    status
}

fn piped(case: &str) -> Child {
    let pipe = Stdio::piped;
    let mut command = command(case);
    command.stdin(pipe()).stdout(pipe()).stderr(pipe());
    // A shell starts what runs in the background with these ignored, and a child inherits that.
    let heard = || {
        for signal in [libc::SIGINT, libc::SIGQUIT] {
            // SAFETY: in the child before its program: no handler runs any more.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        Ok(())
    };
    // SAFETY: between fork and exec `heard` calls only what is safe in a signal handler.
    unsafe { command.pre_exec(heard) };
    command.spawn().unwrap()
}

fn send(child: &Child, signal: i32) {
    // SAFETY: a child that has not been waited for.
    assert_eq!(unsafe { libc::kill(child.id().cast_signed(), signal) }, 0);
}

#[test]
fn handlers_run_newest_first_and_a_close_ends_the_process() {
    let mut child = piped("handlers");
    let mut stdout = child.stdout.take().unwrap();
    until(&mut stdout, "[ready]");
    send(&child, libc::SIGINT);
    assert_eq!(until(&mut stdout, "[first 0]"), "[second 0][first 0]");
    send(&child, libc::SIGQUIT);
    assert_eq!(until(&mut stdout, "[first 1]"), "[second 1][first 1]");
    send(&child, libc::SIGTERM);
    assert_eq!(until(&mut stdout, "[first 2]"), "[second 2][first 2]");
    assert_eq!(finish(child).signal(), Some(libc::SIGTERM));
}

#[test]
fn an_event_that_nobody_takes_ends_the_process() {
    let mut child = piped("nobody");
    let mut stdout = child.stdout.take().unwrap();
    until(&mut stdout, "[second 0]");
    assert_eq!(finish(child).signal(), Some(libc::SIGINT));
}

#[test]
fn ctrl_c_can_be_ignored() {
    let mut child = piped("ignored");
    let mut stdout = child.stdout.take().unwrap();
    until(&mut stdout, "[alive]");
    assert_eq!(finish(child).signal(), Some(libc::SIGINT));
}

#[test]
fn redirected_output_is_no_terminal() {
    let mut child = piped("redirected");
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(out.contains("[text]Press any key to continue . . . \n"), "{out:?} {err:?}");
    assert_eq!(err, "title: text\n");
    assert!(finish(child).success());
}

/// The program on a terminal of 90 columns and 30 rows; answers the terminal's other side.
fn on_terminal(case: &str) -> (Child, File) {
    let (mut master, mut slave) = (0, 0);
    let mut size = libc::winsize { ws_col: 90, ws_row: 30, ws_xpixel: 0, ws_ypixel: 0 };
    let none = null_mut();
    // SAFETY: variables for two descriptors, no name and no modes, and a size.
    let opened =
        unsafe { libc::openpty(&raw mut master, &raw mut slave, null_mut(), none, &raw mut size) };
    assert_eq!(opened, 0);
    // SAFETY: a flag of a descriptor that was just opened.
    unsafe { libc::fcntl(master, libc::F_SETFD, libc::FD_CLOEXEC) };
    // SAFETY: just opened, and nobody else's.
    let [master, slave] = [master, slave].map(|end| unsafe { File::from_raw_fd(end) });
    let mut command = command(case);
    let number = slave.as_raw_fd();
    command.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap());
    command.stderr(Stdio::inherit());
    // SAFETY: between fork and exec only what is safe in a signal handler, on a descriptor that the child has.
    unsafe {
        command.pre_exec(move || {
            libc::setsid();
            libc::ioctl(number, libc::TIOCSCTTY, 0);
            Ok(())
        });
    }
    (command.spawn().unwrap(), master)
}

#[test]
fn keys_without_enter() {
    let (child, mut terminal) = on_terminal("keys");
    until(&mut terminal, "[ready]");
    terminal.write_all(b"x\x1b[A\r").unwrap();
    let seen = until(&mut terminal, "]");
    assert!(seen.contains("[[120, 224, 72, 13]"), "{seen:?}");
    assert!(finish(child).success());
}

#[test]
fn modes_and_sequences() {
    let (child, mut terminal) = on_terminal("terminal");
    until(&mut terminal, "\x1b[6n");
    terminal.write_all(b"\x1b[5;7R").unwrap();
    let seen = until(&mut terminal, "[ready]");
    assert!(seen.contains("\x1b[0;91m\x1b[3;2H\x1b]0;name\x07[ready]"), "{seen:?}");
    terminal.write_all(b"lines\n").unwrap();
    let seen = until(&mut terminal, "[done]");
    assert!(!seen.contains("lines"), "echo is off: {seen:?}");
    assert!(finish(child).success());
}
