//! The own process: its handles, its end (F13). Other processes are not reached.
#![allow(unsafe_code)] // ends the process; exported under C names

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::record::STILL_ACTIVE;
use crate::object::{self, Object};
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

/// The number of a process: of the own one.
#[unsafe(no_mangle)]
pub extern "C" fn GetProcessId(hProcess: HANDLE) -> u32 {
    guard::call(0, || own(hProcess).map(|()| std::process::id()))
}

/// A handle to the own process by its number; ERROR_INVALID_PARAMETER for any other.
#[unsafe(no_mangle)]
pub extern "C" fn OpenProcess(access: u32, inherit: BOOL, dwProcessId: u32) -> HANDLE {
    let _ = (access, inherit);
    guard::call(std::ptr::null_mut(), || {
        if dwProcessId != std::process::id() {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        object::insert(Arc::new(Process))
    })
}

/// 259: it runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetExitCodeProcess(hProcess: HANDLE, lpExitCode: *mut u32) -> BOOL {
    guard::call(FALSE, || {
        own(hProcess)?;
        // SAFETY: the caller's.
        unsafe { arg::store(lpExitCode, STILL_ACTIVE) }?;
        Ok(TRUE)
    })
}

/// Ends the process at once.
#[unsafe(no_mangle)]
pub extern "C" fn TerminateProcess(hProcess: HANDLE, uExitCode: u32) -> BOOL {
    guard::call(FALSE, || {
        own(hProcess)?;
        // SAFETY: ends the process.
        unsafe { libc::_exit(uExitCode.cast_signed()) }
    })
}

/// Ends the process: streams are written out, and nothing else of the program's runs, neither destructors of static
/// objects nor other threads that would see them destroyed. The parent sees the lowest 8 bits of the code.
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
    // SAFETY: ends the process.
    unsafe { libc::_exit(uExitCode.cast_signed()) }
}
