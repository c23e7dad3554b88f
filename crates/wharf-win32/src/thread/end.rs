//! How threads end: ExitThread, TerminateThread, exit codes.
//!
//! # The ways to end
//! * Return from the start function, or the end of a foreign thread: see `create` and `record`.
//! * ExitThread leaves the thread from where it is: no destructor of an object on the stack runs, as on Windows, but
//!   those of `thread_local` variables, FLS callbacks and pthread keys do, and the stack is freed.
//! * TerminateThread: nothing of that. The thread gives its slot back, if it is a worker, and is no more. Its stack
//!   stays allocated.
#![allow(unsafe_code)] // leaving a thread

use super::record::{self, STILL_ACTIVE, Thread};
use super::{fls, process, suspend};
use crate::process::child::MainThread;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard, object, overlapped};

/// Calls pthread_exit from a function without unwind information: the forced unwinding that glibc does ends there, and
/// it goes straight to the thread's beginning, across frames of any language.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn leave() -> ! {
    std::arch::naked_asm!(
        "sub rsp, 8",
        "xor edi, edi",
        "call qword ptr [rip + {exit}@GOTPCREL]",
        "ud2",
        exit = sym libc::pthread_exit,
    )
}

/// As above.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
unsafe extern "C" fn leave() -> ! {
    std::arch::naked_asm!(
        "stp x29, x30, [sp, #-16]!",
        "mov x0, #0",
        "bl {exit}",
        "brk #1",
        exit = sym libc::pthread_exit,
    )
}

/// Ends the calling thread without a trace, from a signal's handler too; `tell` is the last that it does.
pub(super) fn vanish(tell: impl FnOnce()) -> ! {
    wharf::blocking(|| {
        tell();
        loop {
            // SAFETY: ends this thread only; nothing of it is used again. What it has on its stack stays there.
            unsafe { libc::syscall(libc::SYS_exit, 0) };
        }
    })
}

/// What precedes the end of a thread that runs: its code, and FLS callbacks.
pub(super) fn prepare(thread: &Thread, code: u32) {
    // A thread may end with 259, and is then taken for one that runs, as on Windows.
    thread.set_exit_code(code);
    fls::run_callbacks(thread);
}

/// Ends the calling thread with a code.
#[unsafe(no_mangle)]
pub extern "C" fn ExitThread(dwExitCode: u32) -> ! {
    record::with_current(|thread| prepare(thread, dwExitCode));
    // SAFETY: the caller does not expect to come back.
    unsafe { leave() }
}

/// Ends a thread from outside; its handle is signalled when this returns. What it holds stays held, except mutexes.
#[unsafe(no_mangle)]
pub extern "C" fn TerminateThread(hThread: HANDLE, dwExitCode: u32) -> BOOL {
    guard::call(FALSE, || {
        let thread = record::of(hThread)?;
        if thread.has_ended() {
            return Err(code::ERROR_ACCESS_DENIED);
        }
        suspend::terminate(&thread);
        if let Some(issuer) = thread.issuer.get() {
            overlapped::end_of_thread(*issuer);
        }
        thread.finish(dwExitCode);
        Ok(TRUE)
    })
}

/// The code that a thread has ended with, or 259.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetExitCodeThread(hThread: HANDLE, lpExitCode: *mut u32) -> BOOL {
    guard::call(FALSE, || {
        let code = match object::get::<MainThread>(hThread) {
            Ok(main) => process::code_of(&main.0)?,
            Err(_) => {
                let thread = record::of(hThread)?;
                if thread.has_ended() { thread.exit_code() } else { STILL_ACTIVE }
            }
        };
        // SAFETY: the caller's.
        unsafe { arg::store(lpExitCode, code) }?;
        Ok(TRUE)
    })
}
