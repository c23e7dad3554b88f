//! Waitable timers (F28).
#![allow(unsafe_code)] // exported under C names; calls the program's routine

use std::ffi::c_void;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::clock::{self, Appointment};
use super::dispatcher::{Dispatcher, Signal};
use super::{apc, event, names, token};
use crate::file::SECURITY_ATTRIBUTES;
use crate::object::{self, Object};
use crate::sync::futex::Moment;
use crate::thread::{self, Thread};
use crate::time::filetime::FILETIME;
use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::{arg, code, guard};

/// Gets the argument and the time when the timer was due.
pub type PTIMERAPCROUTINE =
    Option<unsafe extern "C" fn(argument: *const c_void, low: u32, high: u32)>;

/// A wait does not clear it.
pub const CREATE_WAITABLE_TIMER_MANUAL_RESET: u32 = 1;
/// Every timer here is one.
const CREATE_WAITABLE_TIMER_HIGH_RESOLUTION: u32 = 2;

const NANOS_PER_TICK: u64 = 100;
const NANOS_PER_MILLI: u64 = 1_000_000;

/// Whom a timer tells, beside those who wait.
#[derive(Clone)]
struct Routine {
    thread: Arc<Thread>,
    routine: unsafe extern "C" fn(*const c_void, u32, u32),
    argument: usize,
    /// It is queued and has not run: it is not queued twice.
    queued: Arc<AtomicBool>,
}

#[derive(Default)]
struct Setting {
    /// Of how many; an appointment of an earlier setting does nothing.
    number: u64,
    appointment: Option<Appointment>,
    period_nanos: u64,
    routine: Option<Routine>,
}

struct Timer {
    dispatcher: Arc<Dispatcher>,
    setting: Mutex<Setting>,
}

impl Object for Timer {
    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        Some(Arc::clone(&self.dispatcher))
    }

    fn closed(&self, last: bool) {
        if last {
            names::forget(self);
            self.cancel();
        }
    }
}

impl Timer {
    fn cancel(&self) -> Setting {
        let mut setting = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(appointment) = setting.appointment {
            clock::cancel(appointment);
        }
        let number = setting.number + 1;
        // The old setting, so that its thread's record is not dropped under the lock.
        std::mem::replace(&mut *setting, Setting { number, ..Setting::default() })
    }

    fn arm(self: &Arc<Self>, setting: &mut Setting, due: Moment) -> Result<(), u32> {
        let (timer, number) = (Arc::downgrade(self), setting.number);
        setting.appointment = Some(clock::at(due, move || expire(&timer, number, due))?);
        Ok(())
    }
}

/// The moment has come.
fn expire(timer: &Weak<Timer>, number: u64, due: Moment) {
    let Some(timer) = timer.upgrade() else { return };
    let mut setting = timer.setting.lock().unwrap_or_else(PoisonError::into_inner);
    if setting.number != number {
        return;
    }
    setting.appointment = None;
    if setting.period_nanos > 0 {
        let next = due.plus(setting.period_nanos);
        // Without a next appointment the timer has stopped; there is nobody to tell.
        let _ = timer.arm(&mut setting, next);
    }
    let routine = setting.routine.clone();
    // Under the setting's lock, so that a timer that has been set anew is not signalled by its old setting.
    event::set(&timer.dispatcher, &mut token::lock());
    drop(setting);
    if let Some(Routine { thread, routine, argument, queued }) = routine
        && !queued.swap(true, Relaxed)
    {
        let time = FILETIME::now();
        let call = move || {
            queued.store(false, Relaxed);
            let argument = argument as *const c_void;
            // SAFETY: the program's routine, with its argument.
            unsafe { routine(argument, time.dwLowDateTime, time.dwHighDateTime) }
        };
        // A thread that has ended is told nothing.
        let _ = apc::queue(&thread, Box::new(call));
    }
}

fn create(name: Option<Vec<u8>>, flags: u32) -> Result<HANDLE, u32> {
    let known = CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION;
    if flags & !known != 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let manual = flags & CREATE_WAITABLE_TIMER_MANUAL_RESET != 0;
    let make = || {
        let dispatcher = Dispatcher::new(Signal::Event { manual, set: false });
        Arc::new(Timer { dispatcher, setting: Mutex::default() })
    };
    names::create(name.as_deref(), make)
}

fn flags(manual: BOOL) -> u32 {
    if manual == FALSE { 0 } else { CREATE_WAITABLE_TIMER_MANUAL_RESET }
}

/// Makes a timer, or opens the one of that name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWaitableTimerA(
    lpTimerAttributes: *const SECURITY_ATTRIBUTES,
    bManualReset: BOOL,
    lpTimerName: *const u8,
) -> HANDLE {
    let _ = lpTimerAttributes;
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        create(unsafe { arg::name(lpTimerName) }?, flags(bManualReset))
    })
}

/// Makes a timer, or opens the one of that name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWaitableTimerW(
    lpTimerAttributes: *const SECURITY_ATTRIBUTES,
    bManualReset: BOOL,
    lpTimerName: *const WCHAR,
) -> HANDLE {
    let _ = lpTimerAttributes;
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        create(unsafe { arg::name_wide(lpTimerName) }?, flags(bManualReset))
    })
}

/// Makes a timer, or opens the one of that name. Access is not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWaitableTimerExA(
    lpTimerAttributes: *const SECURITY_ATTRIBUTES,
    lpTimerName: *const u8,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> HANDLE {
    let _ = (lpTimerAttributes, dwDesiredAccess);
    // SAFETY: the caller's.
    guard::call(std::ptr::null_mut(), || create(unsafe { arg::name(lpTimerName) }?, dwFlags))
}

/// Makes a timer, or opens the one of that name. Access is not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWaitableTimerExW(
    lpTimerAttributes: *const SECURITY_ATTRIBUTES,
    lpTimerName: *const WCHAR,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> HANDLE {
    let _ = (lpTimerAttributes, dwDesiredAccess);
    // SAFETY: the caller's.
    guard::call(std::ptr::null_mut(), || create(unsafe { arg::name_wide(lpTimerName) }?, dwFlags))
}

/// Opens a timer by its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenWaitableTimerA(access: u32, inherit: BOOL, name: *const u8) -> HANDLE {
    let _ = (access, inherit);
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        names::open::<Timer>(unsafe { arg::name(name) }?.as_deref())
    })
}

/// Opens a timer by its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenWaitableTimerW(
    access: u32,
    inherit: BOOL,
    name: *const WCHAR,
) -> HANDLE {
    let _ = (access, inherit);
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        names::open::<Timer>(unsafe { arg::name_wide(name) }?.as_deref())
    })
}

/// When a due time is: negative from now, else a time of the calendar, taken as the clock shows it now.
pub(crate) fn moment(due: i64) -> Moment {
    let ticks = if due < 0 {
        due.unsigned_abs()
    } else {
        due.unsigned_abs().saturating_sub(FILETIME::now().ticks())
    };
    Moment::now().plus(ticks.saturating_mul(NANOS_PER_TICK))
}

fn set(
    handle: HANDLE,
    due: *const i64,
    period: i32,
    routine: PTIMERAPCROUTINE,
    argument: *const c_void,
) -> Result<BOOL, u32> {
    let timer = object::get::<Timer>(handle)?;
    // SAFETY: the caller's.
    let due = moment(unsafe { arg::load(due) }?);
    let period = u64::try_from(period).map_err(|_| code::ERROR_INVALID_PARAMETER)?;
    let routine = routine.map(|routine| Routine {
        thread: thread::current(),
        routine,
        argument: argument as usize,
        queued: Arc::default(),
    });
    drop(timer.cancel());
    let mut setting = timer.setting.lock().unwrap_or_else(PoisonError::into_inner);
    setting.period_nanos = period * NANOS_PER_MILLI;
    setting.routine = routine;
    if let Signal::Event { set, .. } = timer.dispatcher.signal(&mut token::lock()) {
        *set = false;
    }
    timer.arm(&mut setting, due)?;
    Ok(TRUE)
}

/// Sets a timer: it is signalled when due, and then each period of milliseconds; the routine, if there is one, is queued
/// for the calling thread. Waking a sleeping machine is not offered: with `fResume` the last error is
/// ERROR_NOT_SUPPORTED, and the timer is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetWaitableTimer(
    hTimer: HANDLE,
    lpDueTime: *const i64,
    lPeriod: i32,
    pfnCompletionRoutine: PTIMERAPCROUTINE,
    lpArgToCompletionRoutine: *const c_void,
    fResume: BOOL,
) -> BOOL {
    guard::call(FALSE, || {
        let argument = lpArgToCompletionRoutine;
        let done = set(hTimer, lpDueTime, lPeriod, pfnCompletionRoutine, argument)?;
        if fResume != FALSE {
            crate::error::SetLastError(code::ERROR_NOT_SUPPORTED);
        }
        Ok(done)
    })
}

/// The same; a delay may be tolerated, but there is none here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetWaitableTimerEx(
    hTimer: HANDLE,
    lpDueTime: *const i64,
    lPeriod: i32,
    pfnCompletionRoutine: PTIMERAPCROUTINE,
    lpArgToCompletionRoutine: *const c_void,
    WakeContext: *const c_void,
    TolerableDelay: u32,
) -> BOOL {
    let _ = (WakeContext, TolerableDelay);
    guard::call(FALSE, || {
        set(hTimer, lpDueTime, lPeriod, pfnCompletionRoutine, lpArgToCompletionRoutine)
    })
}

/// Stops a timer; whether it is signalled stays as it is.
#[unsafe(no_mangle)]
pub extern "C" fn CancelWaitableTimer(hTimer: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        drop(object::get::<Timer>(hTimer)?.cancel());
        Ok(TRUE)
    })
}
