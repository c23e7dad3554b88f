//! Processes by handle and number, and the own one's end (F13). What is another is in `process::child`.
#![allow(unsafe_code)] // ends the process; exported under C names

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::record::STILL_ACTIVE;
use crate::object::{self, Object};
use crate::process::child::{Child, ExitCode};
use crate::process::{job, told};
use crate::system::process::{CURRENT, own};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::wait::dispatcher::{Dispatcher, Signal};
use crate::{arg, code, guard};

/// How long ExitProcess waits for streams that somebody holds.
const FLUSH_LIMIT: Duration = Duration::from_millis(500);

/// What a real handle to the own process names.
pub(crate) struct Process;

impl Object for Process {
    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        Some(dispatcher())
    }
}

/// What a wait for the own process waits for, in vain.
pub(crate) fn dispatcher() -> Arc<Dispatcher> {
    static NEVER: OnceLock<Arc<Dispatcher>> = OnceLock::new();
    let never = || Dispatcher::new(Signal::Event { manual: true, set: false });
    Arc::clone(NEVER.get_or_init(never))
}

/// The process, in calls of its own.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentProcess() -> HANDLE {
    CURRENT
}

/// The process' number.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentProcessId() -> u32 {
    std::process::id()
}

/// The number of a process.
#[unsafe(no_mangle)]
pub extern "C" fn GetProcessId(hProcess: HANDLE) -> u32 {
    guard::call(0, || match object::get::<Child>(hProcess) {
        Ok(child) => Ok(child.id()),
        Err(_) => own(hProcess).map(|()| std::process::id()),
    })
}

/// A handle to a process by its number; ERROR_INVALID_PARAMETER if there is none. Access is not looked at before it is
/// used.
#[unsafe(no_mangle)]
pub extern "C" fn OpenProcess(access: u32, inherit: BOOL, dwProcessId: u32) -> HANDLE {
    let _ = (access, inherit);
    guard::call(std::ptr::null_mut(), || {
        if dwProcessId == std::process::id() {
            return object::insert(Arc::new(Process));
        }
        object::insert(Child::by_id(dwProcessId)? as Arc<dyn Object>)
    })
}

/// 259 while a process runs, then its code: ERROR_ACCESS_DENIED if it is not one that this process has started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetExitCodeProcess(hProcess: HANDLE, lpExitCode: *mut u32) -> BOOL {
    guard::call(FALSE, || {
        let code = match object::get::<Child>(hProcess) {
            Ok(child) => code_of(&child)?,
            Err(_) => own(hProcess).map(|()| STILL_ACTIVE)?,
        };
        // SAFETY: the caller's.
        unsafe { arg::store(lpExitCode, code) }?;
        Ok(TRUE)
    })
}

/// What is known of another process's end.
pub(super) fn code_of(child: &Child) -> Result<u32, u32> {
    match child.exit_code() {
        ExitCode::Running => Ok(STILL_ACTIVE),
        ExitCode::Ended(code) => Ok(code),
        ExitCode::Unknown => Err(code::ERROR_ACCESS_DENIED),
    }
}

/// Ends a process at once, with a code.
#[unsafe(no_mangle)]
pub extern "C" fn TerminateProcess(hProcess: HANDLE, uExitCode: u32) -> BOOL {
    guard::call(FALSE, || {
        if let Ok(child) = object::get::<Child>(hProcess) {
            child.terminate(uExitCode)?;
            return Ok(TRUE);
        }
        own(hProcess)?;
        vanish(uExitCode)
    })
}

/// The end of this process, without anything of the program's.
pub(crate) fn vanish(code: u32) -> ! {
    job::close_all();
    told::tell(code);
    // SAFETY: ends the process.
    unsafe { libc::_exit(code.cast_signed()) }
}

/// Ends the process: streams are written out, and nothing else of the program's runs, neither destructors of static
/// objects nor other threads that would see them destroyed. A parent that is no program of ours sees the lowest 8 bits of
/// the code.
#[unsafe(no_mangle)]
pub extern "C" fn ExitProcess(uExitCode: u32) -> ! {
    let (done, flushed) = std::sync::mpsc::channel();
    // On a thread of its own: a stream that another thread reads from is locked for as long as it waits.
    let flush = move || {
        // SAFETY: null means all streams.
        unsafe { libc::fflush(std::ptr::null_mut()) };
        let _ = done.send(());
    };
    if std::thread::Builder::new().spawn(flush).is_ok() {
        let _ = flushed.recv_timeout(FLUSH_LIMIT);
    }
    vanish(uExitCode)
}
