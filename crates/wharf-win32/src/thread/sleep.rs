//! Sleep, and routines for threads (F23, F29).
#![allow(unsafe_code)] // exported under C names; calls the program's routine

use std::sync::atomic::AtomicU32;

use super::record;
use crate::sync::futex::{self, Moment};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::wait::apc;
use crate::wait::waiter::Outcome;
use crate::{code, guard};

/// Runs in an alertable wait of its thread.
pub type PAPCFUNC = Option<unsafe extern "C" fn(Parameter: usize)>;

/// Lets time pass; 0 lets others run, and INFINITE is for ever.
#[unsafe(no_mangle)]
pub extern "C" fn Sleep(dwMilliseconds: u32) {
    if dwMilliseconds == 0 {
        std::thread::yield_now();
        return;
    }
    let deadline = Moment::after_millis(dwMilliseconds);
    let nobody = AtomicU32::new(0);
    wharf::blocking(|| while futex::wait(&nobody, 0, deadline) {});
}

/// Lets time pass, or a routine run: then WAIT_IO_COMPLETION, else 0.
#[unsafe(no_mangle)]
pub extern "C" fn SleepEx(dwMilliseconds: u32, bAlertable: BOOL) -> u32 {
    if bAlertable == FALSE {
        Sleep(dwMilliseconds);
        return 0;
    }
    guard::call(0, || match apc::sleep(dwMilliseconds)? {
        Outcome::Alerted => Ok(code::WAIT_IO_COMPLETION),
        _ => {
            if dwMilliseconds == 0 {
                std::thread::yield_now();
            }
            Ok(0)
        }
    })
}

/// Lets others run. The kernel does not say whether there was one.
#[unsafe(no_mangle)]
pub extern "C" fn SwitchToThread() -> BOOL {
    std::thread::yield_now();
    TRUE
}

/// Queues a routine for a thread's next alertable wait, or its beginning; 0 with ERROR_GEN_FAILURE if it has ended.
#[unsafe(no_mangle)]
pub extern "C" fn QueueUserAPC(pfnAPC: PAPCFUNC, hThread: HANDLE, dwData: usize) -> u32 {
    guard::call(0, || {
        let thread = record::of(hThread)?;
        let routine = pfnAPC.ok_or(code::ERROR_INVALID_PARAMETER)?;
        // SAFETY: the program's routine, with its argument.
        apc::queue(&thread, Box::new(move || unsafe { routine(dwData) }))?;
        Ok(1)
    })
}
