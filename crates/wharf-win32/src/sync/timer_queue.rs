//! Timer queues (F28): callbacks at times, on threads of the pool.
//!
//! # Invariants
//! 1. A timer's callback begins only while the timer is not deleted; a deletion that waits returns when the last one has
//!    ended.
#![allow(unsafe_code)] // calls the program's callback

use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use super::futex::Moment;
use super::pool;
use super::rundown::Rundown;
use crate::fork::Lock;
use crate::object::{self, Object};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::wait::clock::{self, Appointment};
use crate::{arg, code, guard};

/// Gets the parameter, and whether it is about time.
pub type WAITORTIMERCALLBACK =
    Option<unsafe extern "C" fn(lpParameter: *mut c_void, TimerOrWaitFired: u8)>;

const WT_EXECUTEONLYONCE: u32 = 8;
const NANOS_PER_MILLI: u64 = 1_000_000;

#[derive(Default)]
struct Queue {
    timers: Mutex<Vec<(usize, Weak<Timer>)>>,
}

impl Object for Queue {}

/// Held around every queue's own lock: the queue of timers that name none is a child's too, which finds it free.
pub(crate) static GATE: Lock<()> = Lock::new(());

impl Queue {
    fn with_timers<R>(&self, act: impl FnOnce(&mut Vec<(usize, Weak<Timer>)>) -> R) -> R {
        let _gate = GATE.lock();
        act(&mut self.timers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Setting {
    number: u64,
    appointment: Option<Appointment>,
    period: u32,
    /// It was to run once, and has.
    over: bool,
}

struct Timer {
    callback: unsafe extern "C" fn(*mut c_void, u8),
    parameter: usize,
    once: bool,
    setting: Mutex<Setting>,
    rundown: Rundown,
    queue: Arc<Queue>,
}

impl Object for Timer {}

impl Timer {
    fn setting(&self) -> MutexGuard<'_, Setting> {
        self.setting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arm(self: &Arc<Self>, setting: &mut Setting, due: Moment) -> Result<(), u32> {
        let (timer, number) = (Arc::clone(self), setting.number);
        setting.appointment = Some(clock::at(due, move || expire(&timer, number, due))?);
        Ok(())
    }

    /// Forgets the time that is set.
    fn disarm(&self, setting: &mut Setting) {
        setting.number += 1;
        setting.appointment.take().map(clock::cancel);
    }

    fn delete(&self, completion: HANDLE) -> Result<(), u32> {
        self.disarm(&mut self.setting());
        self.rundown.end(completion)
    }
}

/// The time has come.
fn expire(timer: &Arc<Timer>, number: u64, due: Moment) {
    let mut setting = timer.setting();
    if setting.number != number {
        return;
    }
    setting.appointment = None;
    if setting.period > 0 && !timer.once {
        let next = due.plus(u64::from(setting.period) * NANOS_PER_MILLI);
        // Without a next appointment the timer has stopped; there is nobody to tell.
        let _ = timer.arm(&mut setting, next);
    } else {
        setting.over = true;
    }
    drop(setting);
    let own = Arc::clone(timer);
    let call = move || {
        if own.rundown.begin() {
            // SAFETY: the program's callback, with its parameter.
            unsafe { (own.callback)(own.parameter as *mut c_void, 1) };
            own.rundown.leave();
        }
    };
    // As above.
    let _ = pool::submit(call);
}

/// The queue of timers that name none.
fn default_queue() -> Arc<Queue> {
    static DEFAULT: OnceLock<Arc<Queue>> = OnceLock::new();
    Arc::clone(DEFAULT.get_or_init(Arc::default))
}

/// Before a fork.
pub(crate) fn settle() {
    default_queue();
}

fn queue(handle: HANDLE) -> Result<Arc<Queue>, u32> {
    if handle.is_null() { Ok(default_queue()) } else { object::get::<Queue>(handle) }
}

/// A timer, of this queue.
fn timer(queue: HANDLE, handle: HANDLE) -> Result<Arc<Timer>, u32> {
    let (queue, timer) = (self::queue(queue)?, object::get::<Timer>(handle)?);
    if Arc::ptr_eq(&timer.queue, &queue) { Ok(timer) } else { Err(code::ERROR_INVALID_HANDLE) }
}

/// Makes a timer queue.
#[unsafe(no_mangle)]
pub extern "C" fn CreateTimerQueue() -> HANDLE {
    guard::call(std::ptr::null_mut(), || object::insert(Arc::new(Queue::default())))
}

/// Makes a timer: its callback runs after `DueTime` milliseconds, and then each `Period`, on a pool thread. Of the flags,
/// WT_EXECUTEONLYONCE counts; the others choose among kinds of threads of which there is one here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateTimerQueueTimer(
    phNewTimer: *mut HANDLE,
    TimerQueue: HANDLE,
    Callback: WAITORTIMERCALLBACK,
    Parameter: *mut c_void,
    DueTime: u32,
    Period: u32,
    Flags: u32,
) -> BOOL {
    guard::call(FALSE, || {
        arg::check_room(phNewTimer, 1)?;
        let queue = queue(TimerQueue)?;
        let timer = Arc::new(Timer {
            callback: Callback.ok_or(code::ERROR_INVALID_PARAMETER)?,
            parameter: Parameter as usize,
            once: Flags & WT_EXECUTEONLYONCE != 0,
            setting: Mutex::new(Setting {
                number: 0,
                appointment: None,
                period: Period,
                over: false,
            }),
            rundown: Rundown::default(),
            queue: Arc::clone(&queue),
        });
        let handle = object::insert(Arc::clone(&timer) as Arc<dyn Object>)?;
        queue.with_timers(|timers| {
            timers.retain(|(_, timer)| timer.strong_count() > 0);
            timers.push((handle as usize, Arc::downgrade(&timer)));
        });
        // The handle first: the callback may come before this returns, and delete its timer.
        // SAFETY: the caller's.
        unsafe { arg::store(phNewTimer, handle) }?;
        if let Some(due) = Moment::after_millis(DueTime) {
            timer.arm(&mut timer.setting(), due)?;
        }
        Ok(TRUE)
    })
}

/// Sets a timer's times anew. One that was to run once and has run is left as it is.
#[unsafe(no_mangle)]
pub extern "C" fn ChangeTimerQueueTimer(
    TimerQueue: HANDLE,
    Timer: HANDLE,
    DueTime: u32,
    Period: u32,
) -> BOOL {
    guard::call(FALSE, || {
        let timer = timer(TimerQueue, Timer)?;
        let mut setting = timer.setting();
        if timer.rundown.is_ended() || setting.over {
            return Ok(TRUE);
        }
        timer.disarm(&mut setting);
        setting.period = Period;
        if let Some(due) = Moment::after_millis(DueTime) {
            timer.arm(&mut setting, due)?;
        }
        Ok(TRUE)
    })
}

/// Takes a timer away. `CompletionEvent` is null, an event that is set when no callback of it runs any more, or
/// INVALID_HANDLE_VALUE: then this waits for that. False with ERROR_IO_PENDING if one still runs.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteTimerQueueTimer(
    TimerQueue: HANDLE,
    Timer: HANDLE,
    CompletionEvent: HANDLE,
) -> BOOL {
    guard::call(FALSE, || {
        let timer = timer(TimerQueue, Timer)?;
        object::close(Timer)?;
        timer.delete(CompletionEvent)?;
        Ok(TRUE)
    })
}

/// Takes a queue and its timers away, without waiting.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteTimerQueue(TimerQueue: HANDLE) -> BOOL {
    DeleteTimerQueueEx(TimerQueue, std::ptr::null_mut())
}

/// Takes a queue and its timers away; `CompletionEvent` as for a timer.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteTimerQueueEx(TimerQueue: HANDLE, CompletionEvent: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        let queue = object::get::<Queue>(TimerQueue)?;
        object::close(TimerQueue)?;
        let timers = queue.with_timers(std::mem::take);
        let timers: Vec<_> = timers
            .into_iter()
            .filter_map(|(handle, timer)| Some((handle as HANDLE, timer.upgrade()?)))
            .collect();
        // All are stopped before one is waited for, and the queue's event counts them all.
        let whole = Arc::new(Rundown::default());
        for (handle, timer) in &timers {
            let _ = object::close(*handle); // deleted by another thread at the same time
            timer.disarm(&mut timer.setting());
            if timer.rundown.end(std::ptr::null_mut()).is_err() && whole.begin() {
                let own = Arc::clone(&whole);
                timer.rundown.then(move || own.leave());
            }
        }
        whole.end(CompletionEvent)?;
        Ok(TRUE)
    })
}
