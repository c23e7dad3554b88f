//! Events (F19, F20).
#![allow(unsafe_code)] // exported under C names

use std::sync::Arc;

use super::dispatcher::{Dispatcher, Signal};
use super::names;
use super::token::{self, Locked};
use crate::file::SECURITY_ATTRIBUTES;
use crate::object::{self, Object};
use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::{arg, code, guard};

/// A wait does not clear it.
pub const CREATE_EVENT_MANUAL_RESET: u32 = 1;
/// It is set from the beginning.
pub const CREATE_EVENT_INITIAL_SET: u32 = 2;

struct Event(Arc<Dispatcher>);

impl Object for Event {
    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        Some(Arc::clone(&self.0))
    }

    fn set_event(&self, wanted: bool) -> bool {
        let mut locked = token::lock();
        if wanted {
            set(&self.0, &mut locked);
        } else {
            reset(&self.0, &mut locked);
        }
        true
    }

    fn is_signal(&self) -> bool {
        true
    }

    fn closed(&self, last: bool) {
        if last {
            names::forget(self);
        }
    }
}

/// Sets an event, and satisfies who waits for it.
pub(super) fn set(event: &Arc<Dispatcher>, locked: &mut Locked) {
    if let Signal::Event { set, .. } = event.signal(locked) {
        *set = true;
    }
    event.settle(locked);
}

fn reset(event: &Arc<Dispatcher>, locked: &mut Locked) {
    if let Signal::Event { set, .. } = event.signal(locked) {
        *set = false;
    }
}

fn create(name: Option<Vec<u8>>, flags: u32) -> Result<HANDLE, u32> {
    if flags & !(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET) != 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let manual = flags & CREATE_EVENT_MANUAL_RESET != 0;
    let set = flags & CREATE_EVENT_INITIAL_SET != 0;
    let make = || Arc::new(Event(Dispatcher::new(Signal::Event { manual, set })));
    names::create(name.as_deref(), make)
}

fn flags(manual: BOOL, set: BOOL) -> u32 {
    let flag = |given: BOOL, flag| if given == FALSE { 0 } else { flag };
    flag(manual, CREATE_EVENT_MANUAL_RESET) | flag(set, CREATE_EVENT_INITIAL_SET)
}

/// Makes an event, or opens the one of that name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateEventA(
    lpEventAttributes: *const SECURITY_ATTRIBUTES,
    bManualReset: BOOL,
    bInitialState: BOOL,
    lpName: *const u8,
) -> HANDLE {
    let _ = lpEventAttributes;
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        create(unsafe { arg::name(lpName) }?, flags(bManualReset, bInitialState))
    })
}

/// Makes an event, or opens the one of that name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateEventW(
    lpEventAttributes: *const SECURITY_ATTRIBUTES,
    bManualReset: BOOL,
    bInitialState: BOOL,
    lpName: *const WCHAR,
) -> HANDLE {
    let _ = lpEventAttributes;
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        create(unsafe { arg::name_wide(lpName) }?, flags(bManualReset, bInitialState))
    })
}

/// Makes an event, or opens the one of that name. Access is not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateEventExA(
    lpEventAttributes: *const SECURITY_ATTRIBUTES,
    lpName: *const u8,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> HANDLE {
    let _ = (lpEventAttributes, dwDesiredAccess);
    // SAFETY: the caller's.
    guard::call(std::ptr::null_mut(), || create(unsafe { arg::name(lpName) }?, dwFlags))
}

/// Makes an event, or opens the one of that name. Access is not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateEventExW(
    lpEventAttributes: *const SECURITY_ATTRIBUTES,
    lpName: *const WCHAR,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> HANDLE {
    let _ = (lpEventAttributes, dwDesiredAccess);
    // SAFETY: the caller's.
    guard::call(std::ptr::null_mut(), || create(unsafe { arg::name_wide(lpName) }?, dwFlags))
}

/// Opens an event by its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenEventA(access: u32, inherit: BOOL, lpName: *const u8) -> HANDLE {
    let _ = (access, inherit);
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        names::open::<Event>(unsafe { arg::name(lpName) }?.as_deref())
    })
}

/// Opens an event by its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenEventW(access: u32, inherit: BOOL, lpName: *const WCHAR) -> HANDLE {
    let _ = (access, inherit);
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        names::open::<Event>(unsafe { arg::name_wide(lpName) }?.as_deref())
    })
}

fn with(handle: HANDLE, call: impl FnOnce(&Arc<Dispatcher>, &mut Locked)) -> BOOL {
    guard::call(FALSE, || {
        let event = object::get::<Event>(handle)?;
        call(&event.0, &mut token::lock());
        Ok(TRUE)
    })
}

/// Sets an event.
#[unsafe(no_mangle)]
pub extern "C" fn SetEvent(hEvent: HANDLE) -> BOOL {
    with(hEvent, set)
}

/// Clears an event.
#[unsafe(no_mangle)]
pub extern "C" fn ResetEvent(hEvent: HANDLE) -> BOOL {
    with(hEvent, reset)
}

/// Sets an event, and clears it when those are satisfied who wait now.
#[unsafe(no_mangle)]
pub extern "C" fn PulseEvent(hEvent: HANDLE) -> BOOL {
    with(hEvent, |event, locked| {
        set(event, locked);
        reset(event, locked);
    })
}
