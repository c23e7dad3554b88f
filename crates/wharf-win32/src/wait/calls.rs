//! WaitForSingleObject, WaitForMultipleObjects, SignalObjectAndWait (F15-F18, F23).
#![allow(unsafe_code)] // exported under C names

use std::sync::Arc;

use super::dispatcher::{Dispatcher, Signal};
use super::token::Locked;
use super::waiter::{Outcome, wait};
use super::{event, mutex, semaphore};
use crate::socket::table;
use crate::types::{BOOL, FALSE, HANDLE};
use crate::{arg, code, guard, object, system, thread};

const WAIT_ABANDONED: u32 = 0x80;
const WAIT_FAILED: u32 = u32::MAX;
/// MAXIMUM_WAIT_OBJECTS.
const MAXIMUM: u32 = 64;

fn encode(outcome: Outcome) -> u32 {
    let index = |at: usize| u32::try_from(at).unwrap_or(MAXIMUM);
    match outcome {
        Outcome::Object(at) => index(at),
        Outcome::Abandoned(at) => WAIT_ABANDONED + index(at),
        Outcome::TimedOut => code::WAIT_TIMEOUT,
        Outcome::Alerted | Outcome::Interrupted => code::WAIT_IO_COMPLETION,
    }
}

/// What a handle of a table entry, or a SOCKET (C9), waits for.
fn table_entry(handle: HANDLE) -> Result<Arc<Dispatcher>, u32> {
    if !object::is_object(handle) {
        let record = table::find(handle as usize).map_err(|_| code::ERROR_INVALID_HANDLE);
        return record.map(|mut record| record.io.signal.waitable());
    }
    object::find(handle)?.waitable().ok_or(code::ERROR_INVALID_HANDLE)
}

/// The same, and pseudo handles too.
pub(crate) fn waitable(handle: HANDLE) -> Result<Arc<Dispatcher>, u32> {
    if handle == system::process::CURRENT {
        return Ok(thread::process::dispatcher());
    }
    if handle == thread::CURRENT_THREAD {
        return Ok(Arc::clone(&thread::current().dispatcher));
    }
    table_entry(handle)
}

/// Waits until an object is signalled.
#[unsafe(no_mangle)]
pub extern "C" fn WaitForSingleObject(hHandle: HANDLE, dwMilliseconds: u32) -> u32 {
    WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE)
}

/// Waits until an object is signalled, or a routine has run.
#[unsafe(no_mangle)]
pub extern "C" fn WaitForSingleObjectEx(
    hHandle: HANDLE,
    dwMilliseconds: u32,
    bAlertable: BOOL,
) -> u32 {
    guard::call(WAIT_FAILED, || {
        let objects = vec![waitable(hHandle)?];
        wait(objects, false, dwMilliseconds, bAlertable != FALSE, |_| Ok(())).map(encode)
    })
}

/// Waits until one or all of up to 64 objects are signalled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitForMultipleObjects(
    nCount: u32,
    lpHandles: *const HANDLE,
    bWaitAll: BOOL,
    dwMilliseconds: u32,
) -> u32 {
    // SAFETY: the caller's.
    unsafe { WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE) }
}

/// Waits until one or all of up to 64 objects are signalled, or a routine has run. The same object twice is
/// ERROR_INVALID_PARAMETER in a wait for all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitForMultipleObjectsEx(
    nCount: u32,
    lpHandles: *const HANDLE,
    bWaitAll: BOOL,
    dwMilliseconds: u32,
    bAlertable: BOOL,
) -> u32 {
    guard::call(WAIT_FAILED, || {
        if nCount == 0 || nCount > MAXIMUM {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's.
        let handles = unsafe { arg::load_all(lpHandles, nCount as usize) }?;
        let objects: Vec<_> = handles.into_iter().map(table_entry).collect::<Result<_, _>>()?;
        let all = bWaitAll != FALSE;
        let twice = |at: usize| objects[..at].iter().any(|other| Arc::ptr_eq(other, &objects[at]));
        if all && (0..objects.len()).any(twice) {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        wait(objects, all, dwMilliseconds, bAlertable != FALSE, |_| Ok(())).map(encode)
    })
}

/// Signals an object as its own call would: sets an event, releases a mutex, releases a semaphore by one.
fn signal(object: &Arc<Dispatcher>, locked: &mut Locked) -> Result<(), u32> {
    match object.signal(locked) {
        Signal::Event { .. } => event::set(object, locked),
        Signal::Semaphore { .. } => semaphore::release(object, locked, 1).map(|_| ())?,
        Signal::Mutex { .. } => mutex::release(object, locked)?,
        Signal::Live(_) => return Err(code::ERROR_INVALID_HANDLE),
    }
    Ok(())
}

/// Signals one object and waits for another. Nobody else's wait for the second comes between.
#[unsafe(no_mangle)]
pub extern "C" fn SignalObjectAndWait(
    hObjectToSignal: HANDLE,
    hObjectToWaitOn: HANDLE,
    dwMilliseconds: u32,
    bAlertable: BOOL,
) -> u32 {
    guard::call(WAIT_FAILED, || {
        let object = object::find(hObjectToSignal)?;
        if !object.is_signal() {
            return Err(code::ERROR_INVALID_HANDLE);
        }
        let first = object.waitable().ok_or(code::ERROR_INVALID_HANDLE)?;
        let second = vec![waitable(hObjectToWaitOn)?];
        let alertable = bAlertable != FALSE;
        wait(second, false, dwMilliseconds, alertable, |locked| signal(&first, locked)).map(encode)
    })
}
