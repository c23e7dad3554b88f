//! Waits of a pool: a callback when an object is signalled, or the time is over; once for each setting.
//!
//! No thread waits: the object's list has a waiter that is none, and the clock an appointment.
//!
//! # Invariants
//! 1. A wait or appointment that is not of the setting's number does nothing.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::member::{self, Argument, Callback, Member};
use super::timer::{due, when};
use super::types::{PTP_WAIT, PTP_WAIT_CALLBACK, TP_CALLBACK_ENVIRON_V3};
use crate::time::filetime::FILETIME;
use crate::types::{BOOL, FALSE, HANDLE};
use crate::wait::clock::{self, Appointment};
use crate::wait::dispatcher::Dispatcher;
use crate::wait::waitable;
use crate::wait::waiter::{Outcome, Registered};
use crate::{code, guard};

const WAIT_OBJECT_0: u32 = 0;
const WAIT_ABANDONED: u32 = 0x80;

#[derive(Default)]
pub(super) struct Setting {
    number: u64,
    wait: Option<Arc<Registered>>,
    appointment: Option<Appointment>,
}

fn is_wait(callback: &Callback) -> bool {
    matches!(callback, Callback::Wait(_))
}

fn setting(member: &Member) -> MutexGuard<'_, Setting> {
    member.wait.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the wait that is set; whether there was one.
pub(super) fn stop(member: &Member) -> bool {
    let mut setting = setting(member);
    setting.number += 1;
    let (wait, appointment) = (setting.wait.take(), setting.appointment.take());
    drop(setting);
    appointment.map(clock::cancel);
    wait.is_some_and(|wait| wait.end(None))
}

fn begin(member: &Arc<Member>, object: &Arc<Dispatcher>, due: Option<i64>) {
    let number = {
        let mut setting = setting(member);
        setting.number += 1;
        setting.number
    };
    let own = Arc::clone(member);
    let fired = move |outcome| fire(&own, number, outcome);
    // Not under the setting's lock: the object may be signalled, and `fire` come at once.
    let wait = Arc::new(Registered::begin(object, Box::new(fired)));
    let mut setting = setting(member);
    if setting.number != number {
        drop(setting);
        wait.end(None);
        return;
    }
    if let Some(due) = due {
        let timed = Arc::clone(&wait);
        let over = move || {
            timed.end(Some(Outcome::TimedOut));
        };
        setting.appointment = clock::at(when(due), over).ok();
    }
    setting.wait = Some(wait);
}

/// The wait has ended.
fn fire(member: &Arc<Member>, number: u64, outcome: Outcome) {
    let mut setting = setting(member);
    if setting.number != number {
        return;
    }
    setting.number += 1;
    let (wait, appointment) = (setting.wait.take(), setting.appointment.take());
    let result = match outcome {
        Outcome::TimedOut => code::WAIT_TIMEOUT,
        Outcome::Abandoned(_) => WAIT_ABANDONED,
        _ => WAIT_OBJECT_0,
    };
    // Under the lock: who has ended the wait and cancels then, finds this callback pending. Without a thread there is no
    // callback, and nobody to tell.
    let _ = member.submit(Argument::Wait(result));
    drop(setting);
    drop(wait);
    appointment.map(clock::cancel);
}

/// Sets or ends a wait; whether one that was set was prevented.
///
/// # Safety
/// Null, or readable.
unsafe fn set(wait: PTP_WAIT, handle: HANDLE, time: *const FILETIME) -> Result<bool, u32> {
    let member = member::find(wait, is_wait)?;
    if handle.is_null() {
        return Ok(stop(&member));
    }
    let object = waitable(handle)?;
    // SAFETY: the caller's.
    let due = unsafe { due(time) }?;
    let prevented = stop(&member);
    begin(&member, &object, due);
    Ok(prevented)
}

/// Makes a wait object, which is not set: 0 with ERROR_INVALID_PARAMETER without a callback, or for an environment that
/// is none.
///
/// # Safety
/// The environment is null or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateThreadpoolWait(
    pfnwa: PTP_WAIT_CALLBACK,
    pv: *mut c_void,
    pcbe: *const TP_CALLBACK_ENVIRON_V3,
) -> PTP_WAIT {
    guard::call(0, || {
        let callback = Callback::Wait(pfnwa.ok_or(code::ERROR_INVALID_PARAMETER)?);
        // SAFETY: the caller's.
        unsafe { member::make_named(callback, pv, pcbe) }.map(|(_, name)| name)
    })
}

/// Has the callback called once: when the object is signalled, which its signal is used up by, or at `pftTimeout`, negative
/// from now, 0 for at once, or a time of the calendar; null is never. A null handle ends the wait that is set. A handle
/// that cannot be waited for changes nothing, and is ERROR_INVALID_HANDLE.
///
/// # Safety
/// Null, or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolWait(pwa: PTP_WAIT, h: HANDLE, pftTimeout: *mut FILETIME) {
    // SAFETY: the caller's.
    guard::call((), || unsafe { set(pwa, h, pftTimeout) }.map(drop));
}

/// As [`SetThreadpoolWait`]; whether a wait that was set was prevented. ERROR_INVALID_PARAMETER if `Reserved` is not null.
///
/// # Safety
/// As there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolWaitEx(
    pwa: PTP_WAIT,
    h: HANDLE,
    pftTimeout: *mut FILETIME,
    Reserved: *mut c_void,
) -> BOOL {
    guard::call(FALSE, || {
        if !Reserved.is_null() {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's.
        unsafe { set(pwa, h, pftTimeout) }.map(BOOL::from)
    })
}

/// Waits for the callbacks of a wait object that are pending or run, not for its object; `fCancelPendingCallbacks` forgets
/// those that have not begun.
#[unsafe(no_mangle)]
pub extern "C" fn WaitForThreadpoolWaitCallbacks(pwa: PTP_WAIT, fCancelPendingCallbacks: BOOL) {
    guard::call((), || {
        let wait = member::find(pwa, is_wait)?;
        if fCancelPendingCallbacks != FALSE {
            wait.cancel();
        }
        wait.wait();
        Ok(())
    });
}

/// Takes a wait object away, and ends its wait. Callbacks that are pending still come.
#[unsafe(no_mangle)]
pub extern "C" fn CloseThreadpoolWait(pwa: PTP_WAIT) {
    guard::call((), || {
        member::find(pwa, is_wait)?.close();
        Ok(())
    });
}
