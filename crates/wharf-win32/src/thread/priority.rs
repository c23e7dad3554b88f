//! Thread priorities (F14): kept and read back.
//!
//! The kernel is not told. Its `nice` can be lowered by anybody and raised again only with a privilege, so a thread that
//! once went to the background could not come back; and Windows' strict order of priorities has no counterpart among
//! Linux' fair classes.
#![allow(unsafe_code)] // exported under C names

use std::sync::atomic::Ordering::Relaxed;

use super::record;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard};

const IDLE: i32 = -15;
const TIME_CRITICAL: i32 = 15;
/// THREAD_PRIORITY_ERROR_RETURN.
const FAILED: i32 = i32::MAX;
const MODE_BACKGROUND_BEGIN: i32 = 0x1_0000;
const MODE_BACKGROUND_END: i32 = 0x2_0000;

/// Sets a priority: -2 to 2, -15, 15; or begins or ends the background mode of the calling thread.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadPriority(hThread: HANDLE, nPriority: i32) -> BOOL {
    guard::call(FALSE, || {
        let thread = record::of(hThread)?;
        match nPriority {
            -2..=2 | IDLE | TIME_CRITICAL => thread.priority.store(nPriority, Relaxed),
            MODE_BACKGROUND_BEGIN | MODE_BACKGROUND_END if thread.tid() == record::current_id() => {
            }
            _ => return Err(code::ERROR_INVALID_PARAMETER),
        }
        Ok(TRUE)
    })
}

/// The priority.
#[unsafe(no_mangle)]
pub extern "C" fn GetThreadPriority(hThread: HANDLE) -> i32 {
    guard::call(FAILED, || Ok(record::of(hThread)?.priority.load(Relaxed)))
}

/// Linux has no boost to switch off; the wish is accepted.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadPriorityBoost(hThread: HANDLE, bDisablePriorityBoost: BOOL) -> BOOL {
    let _ = bDisablePriorityBoost;
    guard::call(FALSE, || record::of(hThread).map(|_| TRUE))
}

/// There is no boost: it is disabled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadPriorityBoost(
    hThread: HANDLE,
    pDisablePriorityBoost: *mut BOOL,
) -> BOOL {
    guard::call(FALSE, || {
        record::of(hThread)?;
        // SAFETY: the caller's.
        unsafe { arg::store(pDisablePriorityBoost, TRUE) }?;
        Ok(TRUE)
    })
}
