//! CreateProcess.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::sync::Arc;

use super::child::{Child, MainThread};
use super::spawn::{Plan, spawn};
use super::types::{PROCESS_INFORMATION, STARTUPINFOA, STARTUPINFOW, Standard};
use super::{block, job, program, streams, told};
use crate::file::{SECURITY_ATTRIBUTES, path};
use crate::module::{quote, split};
use crate::types::{BOOL, FALSE, TRUE, WCHAR};
use crate::{arg, code, guard, object, system};

const DEBUG_PROCESS: u32 = 0x1;
const DEBUG_ONLY_THIS_PROCESS: u32 = 0x2;
const SUSPENDED: u32 = 0x4;
const DETACHED: u32 = 0x8;
const NEW_CONSOLE: u32 = 0x10;
const NEW_PROCESS_GROUP: u32 = 0x200;
const UNICODE_ENVIRONMENT: u32 = 0x400;
const EXTENDED_STARTUPINFO: u32 = 0x8_0000;
const BREAKAWAY_FROM_JOB: u32 = 0x0100_0000;
const DEFAULT_ERROR_MODE: u32 = 0x0400_0000;
const NO_WINDOW: u32 = 0x0800_0000;
/// IDLE, NORMAL, HIGH, REALTIME, BELOW_NORMAL, ABOVE_NORMAL.
const PRIORITIES: u32 = 0x20 | 0x40 | 0x80 | 0x100 | 0x4000 | 0x8000;
const KNOWN: u32 = SUSPENDED
    | DETACHED
    | NEW_CONSOLE
    | NEW_PROCESS_GROUP
    | UNICODE_ENVIRONMENT
    | BREAKAWAY_FROM_JOB
    | DEFAULT_ERROR_MODE
    | NO_WINDOW
    | PRIORITIES;
/// Another process's memory, and lists of attributes, are not offered.
const REFUSED: u32 = DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS | EXTENDED_STARTUPINFO;
/// The longest command line, in characters.
const LONGEST: usize = 32767;

/// The arguments, with narrow texts.
struct Wish {
    application: Option<Vec<u8>>,
    line: Option<Vec<u8>>,
    inherits: bool,
    flags: u32,
    environment: *const c_void,
    directory: Option<Vec<u8>>,
    standard: Standard,
}

fn check(flags: u32) -> Result<(), u32> {
    if flags & REFUSED != 0 {
        return Err(code::ERROR_NOT_SUPPORTED);
    }
    let consoles = flags & (DETACHED | NEW_CONSOLE);
    if flags & !KNOWN != 0 || consoles == DETACHED | NEW_CONSOLE {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    Ok(())
}

/// # Safety
/// The environment is null or a block of the kind that the flags say; the answer has room.
unsafe fn create(wish: Wish, information: *mut PROCESS_INFORMATION) -> Result<BOOL, u32> {
    arg::check(information).map_err(|_| code::ERROR_INVALID_PARAMETER)?;
    arg::check_room(information, 1)?;
    let Wish { application, line, inherits, flags, environment, directory, standard } = wish;
    check(flags)?;
    let is_wide = flags & UNICODE_ENVIRONMENT != 0;
    // SAFETY: the caller's promise.
    let environment = unsafe { block::read(environment, is_wide) }?;
    let line = line.filter(|line| !line.is_empty());
    let program = match (&application, &line) {
        (Some(name), _) => program::named(name)?,
        (None, Some(line)) => program::of_line(line)?,
        (None, None) => return Err(code::ERROR_INVALID_PARAMETER),
    };
    let line = line.unwrap_or_else(|| quote(&application.unwrap_or_default()));
    if line.len() > LONGEST {
        return Err(code::ERROR_FILENAME_EXCED_RANGE);
    }
    let arguments = split(&String::from_utf8_lossy(&line));
    let pairs = |entries: Vec<Vec<u8>>| {
        let split = |entry: &Vec<u8>| block::split(entry).map(|(a, b)| (a.to_vec(), b.to_vec()));
        entries.iter().filter_map(split).collect()
    };
    let suspended = flags & SUSPENDED != 0;
    let plan = Plan {
        program,
        arguments: arguments.into_iter().map(String::into_bytes).collect(),
        environment: environment.map(pairs),
        directory: directory.map(|name| path::file(&name)).transpose()?,
        streams: streams::of(standard)?,
        inherits,
        suspended,
        detached: flags & (DETACHED | NEW_CONSOLE | NO_WINDOW) != 0,
        leads: flags & NEW_PROCESS_GROUP != 0,
    };
    let job = job::inherited(flags & BREAKAWAY_FROM_JOB != 0)?;
    told::listen();
    let id = wharf::blocking(|| spawn(plan))?;
    system::set_priority_of(id, flags & PRIORITIES);
    let child = Child::started(id, suspended).inspect_err(|_| abandon(id))?;
    if let Some(job) = job {
        match job.take(&child) {
            Ok(()) | Err(code::ERROR_ACCESS_DENIED) => {} // a member, or it has ended already
            Err(error) => return Err(error),
        }
    }
    let process = object::insert(Arc::clone(&child) as Arc<dyn object::Object>)?;
    let thread = object::insert(Arc::new(MainThread(child))).inspect_err(|_| {
        // The call fails as a whole; the handle is new and nobody has it.
        let _ = object::close(process);
    })?;
    let answer =
        PROCESS_INFORMATION { hProcess: process, hThread: thread, dwProcessId: id, dwThreadId: id };
    // SAFETY: the caller's variable.
    unsafe { arg::store(information, answer) }?;
    Ok(TRUE)
}

/// A process that no handle can be had for is not left running.
fn abandon(id: u32) {
    let id = id.cast_signed();
    // SAFETY: a child whose remains nobody has taken away.
    unsafe { libc::kill(id, libc::SIGKILL) };
    // SAFETY: as above; the status is not wanted.
    unsafe { libc::waitpid(id, std::ptr::null_mut(), 0) };
}

/// Starts a program.
///
/// FALSE: ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED for what may not be run, ERROR_BAD_EXE_FORMAT for
/// what is no program, ERROR_DIRECTORY, ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE for a standard handle that is none;
/// ERROR_NOT_SUPPORTED for debugging and lists of attributes. Windows and titles are not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateProcessA(
    lpApplicationName: *const u8,
    lpCommandLine: *mut u8,
    lpProcessAttributes: *const SECURITY_ATTRIBUTES,
    lpThreadAttributes: *const SECURITY_ATTRIBUTES,
    bInheritHandles: BOOL,
    dwCreationFlags: u32,
    lpEnvironment: *const c_void,
    lpCurrentDirectory: *const u8,
    lpStartupInfo: *const STARTUPINFOA,
    lpProcessInformation: *mut PROCESS_INFORMATION,
) -> BOOL {
    let _ = (lpProcessAttributes, lpThreadAttributes);
    guard::call(FALSE, || {
        // SAFETY: the caller's.
        let startup = unsafe { arg::load(lpStartupInfo) };
        let wish = Wish {
            // SAFETY: the caller's.
            application: unsafe { arg::name(lpApplicationName) }?,
            // SAFETY: the caller's.
            line: unsafe { arg::name(lpCommandLine) }?,
            inherits: bInheritHandles != FALSE,
            flags: dwCreationFlags,
            environment: lpEnvironment,
            // SAFETY: the caller's.
            directory: unsafe { arg::name(lpCurrentDirectory) }?,
            standard: startup.map_err(|_| code::ERROR_INVALID_PARAMETER)?.standard(),
        };
        // SAFETY: the caller's.
        unsafe { create(wish, lpProcessInformation) }
    })
}

/// Starts a program.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateProcessW(
    lpApplicationName: *const WCHAR,
    lpCommandLine: *mut WCHAR,
    lpProcessAttributes: *const SECURITY_ATTRIBUTES,
    lpThreadAttributes: *const SECURITY_ATTRIBUTES,
    bInheritHandles: BOOL,
    dwCreationFlags: u32,
    lpEnvironment: *const c_void,
    lpCurrentDirectory: *const WCHAR,
    lpStartupInfo: *const STARTUPINFOW,
    lpProcessInformation: *mut PROCESS_INFORMATION,
) -> BOOL {
    let _ = (lpProcessAttributes, lpThreadAttributes);
    guard::call(FALSE, || {
        // SAFETY: the caller's.
        let startup = unsafe { arg::load(lpStartupInfo) };
        let wish = Wish {
            // SAFETY: the caller's.
            application: unsafe { arg::name_wide(lpApplicationName) }?,
            // SAFETY: the caller's.
            line: unsafe { arg::name_wide(lpCommandLine) }?,
            inherits: bInheritHandles != FALSE,
            flags: dwCreationFlags,
            environment: lpEnvironment,
            // SAFETY: the caller's.
            directory: unsafe { arg::name_wide(lpCurrentDirectory) }?,
            standard: startup.map_err(|_| code::ERROR_INVALID_PARAMETER)?.standard(),
        };
        // SAFETY: the caller's.
        unsafe { create(wish, lpProcessInformation) }
    })
}
