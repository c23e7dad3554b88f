//! RegisterWaitForSingleObject: a callback on a pool thread when an object is signalled, or the time is over.
//!
//! No thread waits: the object's list has a waiter that is none, and the clock an appointment.
//!
//! # Protocol
//! `arm` begins a wait and then its time; whichever comes first ends the wait, which the wait's own outcome decides, once;
//! the outcome brings `fire`, and that the callback; after it comes `arm` again, unless the registration is for once or has
//! ended.
#![allow(unsafe_code)] // calls the program's callback

use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::futex::Moment;
use super::pool;
use super::rundown::Rundown;
use super::timer_queue::WAITORTIMERCALLBACK;
use crate::object::{self, Object};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::wait::clock::{self, Appointment};
use crate::wait::dispatcher::Dispatcher;
use crate::wait::waiter::{Outcome, Registered};
use crate::{arg, code, guard, wait};

const WT_EXECUTEONLYONCE: u32 = 8;

#[derive(Default)]
struct State {
    /// Of how many waits: what an earlier one left does nothing.
    number: u64,
    wait: Option<Arc<Registered>>,
    appointment: Option<Appointment>,
}

struct Registration {
    object: Arc<Dispatcher>,
    callback: unsafe extern "C" fn(*mut c_void, u8),
    context: usize,
    millis: u32,
    once: bool,
    state: Mutex<State>,
    rundown: Rundown,
}

impl Object for Registration {}

impl Registration {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn arm(registration: &Arc<Registration>) {
    let number = {
        let mut state = registration.state();
        state.number += 1;
        state.number
    };
    let own = Arc::clone(registration);
    let fired = move |outcome| fire(&own, number, outcome);
    // Not under the state's lock: the object may be signalled, and `fire` come at once.
    let wait = Arc::new(Registered::begin(&registration.object, Box::new(fired)));
    let mut state = registration.state();
    if state.number != number || registration.rundown.is_ended() {
        drop(state);
        wait.end(None);
        return;
    }
    if let Some(end) = Moment::after_millis(registration.millis) {
        let timed = Arc::clone(&wait);
        let over = move || {
            timed.end(Some(Outcome::TimedOut));
        };
        state.appointment = clock::at(end, over).ok();
    }
    state.wait = Some(wait);
}

/// The wait has ended.
fn fire(registration: &Arc<Registration>, number: u64, outcome: Outcome) {
    let mut state = registration.state();
    if state.number != number {
        return;
    }
    state.number += 1;
    let (wait, appointment) = (state.wait.take(), state.appointment.take());
    drop(state);
    drop(wait);
    appointment.map(clock::cancel);
    let own = Arc::clone(registration);
    let call = move || {
        if own.rundown.begin() {
            let timed_out = u8::from(outcome == Outcome::TimedOut);
            // SAFETY: the program's callback, with its context.
            unsafe { (own.callback)(own.context as *mut c_void, timed_out) };
            own.rundown.leave();
        }
        if !own.once && !own.rundown.is_ended() {
            arm(&own);
        }
    };
    // Without a thread there is no callback, and nobody to tell.
    let _ = pool::submit(call);
}

/// Has a callback run on a pool thread when an object is signalled, or `dwMilliseconds` have passed; and then again, unless
/// the flags have WT_EXECUTEONLYONCE. The other flags choose among kinds of threads of which there is one here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RegisterWaitForSingleObject(
    phNewWaitObject: *mut HANDLE,
    hObject: HANDLE,
    Callback: WAITORTIMERCALLBACK,
    Context: *mut c_void,
    dwMilliseconds: u32,
    dwFlags: u32,
) -> BOOL {
    guard::call(FALSE, || {
        arg::check_room(phNewWaitObject, 1)?;
        let registration = Arc::new(Registration {
            object: wait::waitable(hObject)?,
            callback: Callback.ok_or(code::ERROR_INVALID_PARAMETER)?,
            context: Context as usize,
            millis: dwMilliseconds,
            once: dwFlags & WT_EXECUTEONLYONCE != 0,
            state: Mutex::default(),
            rundown: Rundown::default(),
        });
        let handle = object::insert(Arc::clone(&registration) as Arc<dyn Object>)?;
        // The handle first: the callback may come before this returns, and use it.
        // SAFETY: the caller's.
        unsafe { arg::store(phNewWaitObject, handle) }?;
        arm(&registration);
        Ok(TRUE)
    })
}

/// Takes a registration away, without waiting.
#[unsafe(no_mangle)]
pub extern "C" fn UnregisterWait(WaitHandle: HANDLE) -> BOOL {
    UnregisterWaitEx(WaitHandle, std::ptr::null_mut())
}

/// Takes a registration away. `CompletionEvent` is null, an event that is set when no callback of it runs any more, or
/// INVALID_HANDLE_VALUE: then this waits for that. False with ERROR_IO_PENDING if one still runs.
#[unsafe(no_mangle)]
pub extern "C" fn UnregisterWaitEx(WaitHandle: HANDLE, CompletionEvent: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        let registration = object::get::<Registration>(WaitHandle)?;
        object::close(WaitHandle)?;
        let result = registration.rundown.end(CompletionEvent);
        let mut state = registration.state();
        state.number += 1;
        let (wait, appointment) = (state.wait.take(), state.appointment.take());
        drop(state);
        if let Some(wait) = wait {
            wait.end(None);
        }
        appointment.map(clock::cancel);
        result.map(|()| TRUE)
    })
}
