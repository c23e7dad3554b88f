//! Work: callbacks at the program's word.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;

use super::member::{self, Argument, Callback};
use super::types::{PTP_SIMPLE_CALLBACK, PTP_WORK, PTP_WORK_CALLBACK, TP_CALLBACK_ENVIRON_V3};
use crate::types::{BOOL, FALSE, TRUE};
use crate::{code, guard};

fn is_work(callback: &Callback) -> bool {
    matches!(callback, Callback::Work(_))
}

/// Makes a work object: 0 with ERROR_INVALID_PARAMETER without a callback, or for an environment that is none.
///
/// # Safety
/// The environment is null or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateThreadpoolWork(
    pfnwk: PTP_WORK_CALLBACK,
    pv: *mut c_void,
    pcbe: *const TP_CALLBACK_ENVIRON_V3,
) -> PTP_WORK {
    guard::call(0, || {
        let callback = Callback::Work(pfnwk.ok_or(code::ERROR_INVALID_PARAMETER)?);
        // SAFETY: the caller's.
        unsafe { member::make_named(callback, pv, pcbe) }.map(|(_, name)| name)
    })
}

/// Has the callback of a work object called, once for each submission.
#[unsafe(no_mangle)]
pub extern "C" fn SubmitThreadpoolWork(pwk: PTP_WORK) {
    guard::call((), || member::find(pwk, is_work)?.submit(Argument::Nothing));
}

/// Waits for the callbacks of a work object that are pending or run; `fCancelPendingCallbacks` forgets those that have not
/// begun.
#[unsafe(no_mangle)]
pub extern "C" fn WaitForThreadpoolWorkCallbacks(pwk: PTP_WORK, fCancelPendingCallbacks: BOOL) {
    guard::call((), || {
        let work = member::find(pwk, is_work)?;
        if fCancelPendingCallbacks != FALSE {
            work.cancel();
        }
        work.wait();
        Ok(())
    });
}

/// Takes a work object away. Callbacks that are pending still come.
#[unsafe(no_mangle)]
pub extern "C" fn CloseThreadpoolWork(pwk: PTP_WORK) {
    guard::call((), || {
        member::find(pwk, is_work)?.close();
        Ok(())
    });
}

/// Has a function called once.
///
/// # Safety
/// The environment is null or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TrySubmitThreadpoolCallback(
    pfns: PTP_SIMPLE_CALLBACK,
    pv: *mut c_void,
    pcbe: *const TP_CALLBACK_ENVIRON_V3,
) -> BOOL {
    guard::call(FALSE, || {
        let callback = Callback::Simple(pfns.ok_or(code::ERROR_INVALID_PARAMETER)?);
        // SAFETY: the caller's.
        let member = unsafe { member::make(callback, pv, pcbe) }?;
        let submitted = member.submit(Argument::Nothing);
        if submitted.is_err() {
            member.cancel();
        }
        member.close(); // it goes with its callback
        submitted.map(|()| TRUE)
    })
}
