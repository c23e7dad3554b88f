//! The new process, up to its program.
//!
//! The standard library forks, sets streams and directory, and tells why a program could not be started. Signals are as
//! at a program's beginning: nothing blocked, SIGPIPE not ignored. What is here runs in the new process before its
//! program, where only system calls are allowed (signal-safety(7)).
//!
//! A process that begins suspended asks to be traced: the kernel stops it with the program in place and nothing of it run,
//! and lets go of it with a stop signal pending. So a program that cannot be started is told at once here too.
#![allow(unsafe_code)] // what runs between fork and exec

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::code;

/// All that a new process is made of.
pub(super) struct Plan {
    pub(super) program: PathBuf,
    /// The first is the program's name for itself.
    pub(super) arguments: Vec<Vec<u8>>,
    /// None is this process's own.
    pub(super) environment: Option<Vec<(Vec<u8>, Vec<u8>)>>,
    pub(super) directory: Option<PathBuf>,
    pub(super) streams: [Stdio; 3],
    /// Descriptors that are marked stay open in it.
    pub(super) inherits: bool,
    pub(super) suspended: bool,
    /// It has no terminal.
    pub(super) detached: bool,
    /// It leads a process group.
    pub(super) leads: bool,
}

/// The lowest descriptor that is not a standard stream.
const FIRST: u32 = 3;
/// Where kernels before 5.11 end: higher ones are those of programs that raised their limit far.
const SEARCHED: i32 = 1 << 16;

/// Closes with the program's start what is not a standard stream. The pipe that tells the parent of a failure needs its
/// descriptor until then.
fn close_others() {
    const CLOSE_RANGE_CLOEXEC: libc::c_uint = 4;
    // SAFETY: plain numbers.
    let done =
        unsafe { libc::syscall(libc::SYS_close_range, FIRST, u32::MAX, CLOSE_RANGE_CLOEXEC) };
    if done == 0 {
        return;
    }
    for fd in FIRST.cast_signed()..SEARCHED {
        // SAFETY: a number; what is not open is refused.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

fn check(result: impl Into<i64>) -> io::Result<()> {
    if result.into() < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Starts it; answers its number.
pub(super) fn spawn(plan: Plan) -> Result<u32, u32> {
    let Plan { inherits, suspended, detached, leads, .. } = plan;
    let [input, output, error] = plan.streams;
    let mut arguments = plan.arguments.iter().map(|argument| OsStr::from_bytes(argument));
    let mut command = Command::new(&plan.program);
    command.arg0(arguments.next().unwrap_or(plan.program.as_os_str())).args(arguments);
    command.stdin(input).stdout(output).stderr(error);
    if let Some(environment) = &plan.environment {
        let pairs = environment.iter();
        let pairs = pairs.map(|(name, value)| (OsStr::from_bytes(name), OsStr::from_bytes(value)));
        command.env_clear().envs(pairs);
    }
    if let Some(directory) = &plan.directory {
        if !directory.is_dir() {
            return Err(code::ERROR_DIRECTORY);
        }
        command.current_dir(directory);
    }
    let prepare = move || {
        if detached {
            // SAFETY: no arguments.
            check(unsafe { libc::setsid() })?;
        } else if leads {
            // SAFETY: plain numbers.
            check(unsafe { libc::setpgid(0, 0) })?;
        }
        if !inherits {
            close_others();
        }
        if suspended {
            let null = std::ptr::null_mut::<libc::c_void>();
            // SAFETY: the arguments are not looked at.
            check(unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, null, null) })?;
        }
        Ok(())
    };
    // SAFETY: system calls only.
    unsafe { command.pre_exec(prepare) };
    let id = command.spawn().map_err(|error| failure(&error))?.id();
    if suspended {
        let_go(id)?;
    }
    Ok(id)
}

/// Leaves a process that this thread traces stopped at its program's first instruction.
fn let_go(id: u32) -> Result<(), u32> {
    let id = id.cast_signed();
    let mut status = 0;
    loop {
        // SAFETY: a variable.
        let seen = unsafe { libc::waitpid(id, &raw mut status, libc::__WALL) };
        if seen == id && libc::WIFSTOPPED(status) {
            break;
        }
        if seen == id || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return Err(code::ERROR_PROCESS_ABORTED); // it was killed meanwhile
        }
    }
    let (null, stop) = (std::ptr::null_mut::<libc::c_void>(), libc::SIGSTOP as usize);
    // SAFETY: ends the tracing of this thread's own; the signal is passed by value.
    let done = unsafe {
        libc::ptrace(
            libc::PTRACE_DETACH,
            id,
            null,
            std::ptr::without_provenance_mut::<libc::c_void>(stop),
        )
    };
    if done < 0 { Err(code::ERROR_PROCESS_ABORTED) } else { Ok(()) }
}

fn failure(error: &io::Error) -> u32 {
    match error.raw_os_error() {
        Some(libc::ENOENT) => code::ERROR_FILE_NOT_FOUND,
        Some(libc::ENOTDIR) => code::ERROR_PATH_NOT_FOUND,
        Some(libc::ENOEXEC | libc::ELIBBAD) => code::ERROR_BAD_EXE_FORMAT,
        Some(libc::E2BIG | libc::ENAMETOOLONG) => code::ERROR_FILENAME_EXCED_RANGE,
        Some(libc::ENOMEM) => code::ERROR_NOT_ENOUGH_MEMORY,
        Some(libc::EAGAIN) => code::ERROR_NO_SYSTEM_RESOURCES,
        Some(libc::EMFILE | libc::ENFILE) => code::ERROR_TOO_MANY_OPEN_FILES,
        // A null character inside of a text.
        None => code::ERROR_INVALID_PARAMETER,
        Some(_) => code::ERROR_ACCESS_DENIED,
    }
}
