//! OutputDebugString, IsDebuggerPresent, DebugBreak, and the error mode.
#![allow(unsafe_code)] // a trap; exported under C names

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::{arg, guard};

/// SEM_FAILCRITICALERRORS, NOGPFAULTERRORBOX, NOALIGNMENTFAULTEXCEPT, NOOPENFILEERRORBOX.
const MODES: u32 = 0x8007;
static MODE: AtomicU32 = AtomicU32::new(0);

/// Which failures show a box; none does here, and the mode is only remembered. Answers the one before.
#[unsafe(no_mangle)]
pub extern "C" fn SetErrorMode(mode: u32) -> u32 {
    MODE.swap(mode & MODES, Ordering::Relaxed)
}

/// The mode that was set.
#[unsafe(no_mangle)]
pub extern "C" fn GetErrorMode() -> u32 {
    MODE.load(Ordering::Relaxed)
}

/// Writes a text for the debugger: to standard error, as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OutputDebugStringA(text: *const u8) {
    guard::call((), || {
        // SAFETY: the caller's string.
        write(&unsafe { arg::string(text) }?);
        Ok(())
    });
}

/// Writes a text for the debugger: to standard error, as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OutputDebugStringW(text: *const WCHAR) {
    guard::call((), || {
        // SAFETY: the caller's string.
        write(&unsafe { arg::wide(text) }?);
        Ok(())
    });
}

fn write(text: &[u8]) {
    // Where there is no standard error nobody listens.
    let _ = std::io::stderr().write_all(text);
}

fn traced() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|id| id.trim() != "0")
}

/// Whether a debugger traces this process.
#[unsafe(no_mangle)]
pub extern "C" fn IsDebuggerPresent() -> BOOL {
    guard::call(FALSE, || Ok(BOOL::from(traced())))
}

/// Whether a debugger traces a process; this one's handle only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CheckRemoteDebuggerPresent(process: HANDLE, present: *mut BOOL) -> BOOL {
    guard::call(FALSE, || {
        super::process::own(process)?;
        // SAFETY: the caller's variable.
        unsafe { arg::store(present, BOOL::from(traced())) }?;
        Ok(TRUE)
    })
}

/// Stops in the debugger; without one the process ends, as on Windows.
#[unsafe(no_mangle)]
pub extern "C" fn DebugBreak() {
    // SAFETY: the signal goes to the calling thread.
    unsafe { libc::raise(libc::SIGTRAP) };
}
