//! Timers of a pool.
//!
//! # Invariants
//! 1. An appointment that is not of the setting's number does nothing.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::sync::{Arc, MutexGuard, PoisonError, Weak};

use super::member::{self, Argument, Callback, Member};
use super::types::{PTP_TIMER, PTP_TIMER_CALLBACK, TP_CALLBACK_ENVIRON_V3};
use crate::sync::futex::Moment;
use crate::time::filetime::FILETIME;
use crate::types::{BOOL, FALSE, TRUE};
use crate::wait::clock::{self, Appointment};
use crate::wait::moment;
use crate::{arg, code, guard};

const NANOS_PER_MILLI: u64 = 1_000_000;

#[derive(Default)]
pub(super) struct Setting {
    number: u64,
    appointment: Option<Appointment>,
    period: u32,
    /// The last call had a time.
    set: bool,
}

fn is_timer(callback: &Callback) -> bool {
    matches!(callback, Callback::Timer(_))
}

fn setting(member: &Member) -> MutexGuard<'_, Setting> {
    member.timer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets the time that is set; whether there was one.
pub(super) fn stop(member: &Member) -> bool {
    let mut setting = setting(member);
    setting.number += 1;
    let appointment = setting.appointment.take();
    drop(setting);
    appointment.is_some_and(clock::cancel)
}

/// The moment of a due time: 0 is at once.
pub(super) fn when(due: i64) -> Moment {
    if due == 0 { Moment::now() } else { moment(due) }
}

/// A due time of the program's; none for null.
///
/// # Safety
/// Null, or readable.
pub(super) unsafe fn due(time: *const FILETIME) -> Result<Option<i64>, u32> {
    if time.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's.
    let time = unsafe { arg::load(time) }?;
    Ok(Some(time.ticks().cast_signed()))
}

fn arm(member: &Arc<Member>, setting: &mut Setting, due: Moment) -> Result<(), u32> {
    let (timer, number) = (Arc::downgrade(member), setting.number);
    setting.appointment = Some(clock::at(due, move || expire(&timer, number, due))?);
    Ok(())
}

/// The time has come.
fn expire(timer: &Weak<Member>, number: u64, due: Moment) {
    let Some(member) = timer.upgrade() else { return };
    let mut setting = setting(&member);
    if setting.number != number {
        return;
    }
    setting.appointment = None;
    if setting.period > 0 {
        let next = due.plus(u64::from(setting.period) * NANOS_PER_MILLI);
        // Without a next appointment the timer has stopped; there is nobody to tell.
        let _ = arm(&member, &mut setting, next);
    }
    // Under the lock: who has stopped the timer and cancels then, finds this callback pending.
    let _ = member.submit(Argument::Nothing); // nobody to tell either
}

/// Sets or stops a timer; whether a callback that was to come was prevented.
///
/// # Safety
/// Null, or readable.
unsafe fn set(timer: PTP_TIMER, time: *const FILETIME, period: u32) -> Result<bool, u32> {
    let member = member::find(timer, is_timer)?;
    // SAFETY: the caller's.
    let due = unsafe { due(time) }?;
    let prevented = stop(&member);
    let mut setting = setting(&member);
    setting.set = due.is_some();
    setting.period = period;
    if let Some(due) = due {
        arm(&member, &mut setting, when(due))?;
    }
    Ok(prevented)
}

/// Makes a timer object, which is not set: 0 with ERROR_INVALID_PARAMETER without a callback, or for an environment that
/// is none.
///
/// # Safety
/// The environment is null or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateThreadpoolTimer(
    pfnti: PTP_TIMER_CALLBACK,
    pv: *mut c_void,
    pcbe: *const TP_CALLBACK_ENVIRON_V3,
) -> PTP_TIMER {
    guard::call(0, || {
        let callback = Callback::Timer(pfnti.ok_or(code::ERROR_INVALID_PARAMETER)?);
        // SAFETY: the caller's.
        unsafe { member::make_named(callback, pv, pcbe) }.map(|(_, name)| name)
    })
}

/// Sets a timer anew: `pftDueTime` is negative from now, 0 for at once, or a time of the calendar; null stops it. After
/// that it is due each `msPeriod` milliseconds, if that is not 0. It is never late on purpose, whatever
/// `msWindowLength` allows.
///
/// # Safety
/// Null, or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolTimer(
    pti: PTP_TIMER,
    pftDueTime: *mut FILETIME,
    msPeriod: u32,
    msWindowLength: u32,
) {
    let _ = msWindowLength;
    // SAFETY: the caller's.
    guard::call((), || unsafe { set(pti, pftDueTime, msPeriod) }.map(drop));
}

/// As [`SetThreadpoolTimer`]; whether a callback that was to come was prevented.
///
/// # Safety
/// As there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolTimerEx(
    pti: PTP_TIMER,
    pftDueTime: *mut FILETIME,
    msPeriod: u32,
    msWindowLength: u32,
) -> BOOL {
    let _ = msWindowLength;
    // SAFETY: the caller's.
    guard::call(FALSE, || unsafe { set(pti, pftDueTime, msPeriod) }.map(BOOL::from))
}

/// Whether the last call that set the timer gave it a time; also when that time has come.
#[unsafe(no_mangle)]
pub extern "C" fn IsThreadpoolTimerSet(pti: PTP_TIMER) -> BOOL {
    guard::call(FALSE, || {
        let member = member::find(pti, is_timer)?;
        let set = setting(&member).set;
        Ok(if set { TRUE } else { FALSE })
    })
}

/// Waits for the callbacks of a timer that are pending or run, not for a time that has not come; `fCancelPendingCallbacks`
/// forgets those that have not begun.
#[unsafe(no_mangle)]
pub extern "C" fn WaitForThreadpoolTimerCallbacks(pti: PTP_TIMER, fCancelPendingCallbacks: BOOL) {
    guard::call((), || {
        let timer = member::find(pti, is_timer)?;
        if fCancelPendingCallbacks != FALSE {
            timer.cancel();
        }
        timer.wait();
        Ok(())
    });
}

/// Takes a timer object away, and stops it. Callbacks that are pending still come.
#[unsafe(no_mangle)]
pub extern "C" fn CloseThreadpoolTimer(pti: PTP_TIMER) {
    guard::call((), || {
        member::find(pti, is_timer)?.close();
        Ok(())
    });
}
