//! Mutexes (F20, F21).
#![allow(unsafe_code)] // exported under C names

use std::sync::Arc;

use super::dispatcher::{Dispatcher, Signal};
use super::names;
use super::token::{self, Locked};
use crate::file::SECURITY_ATTRIBUTES;
use crate::object::{self, Object};
use crate::thread;
use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::{arg, code, guard};

/// The calling thread owns it from the beginning.
pub const CREATE_MUTEX_INITIAL_OWNER: u32 = 1;

struct Mutex(Arc<Dispatcher>);

impl Object for Mutex {
    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        Some(Arc::clone(&self.0))
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

/// Releases a mutex once; ERROR_NOT_OWNER.
pub(super) fn release(mutex: &Arc<Dispatcher>, locked: &mut Locked) -> Result<(), u32> {
    let thread = thread::current();
    let Signal::Mutex { owner, depth, .. } = mutex.signal(locked) else {
        return Err(code::ERROR_INVALID_HANDLE);
    };
    if !owner.as_ref().is_some_and(|owner| Arc::ptr_eq(owner, &thread)) {
        return Err(code::ERROR_NOT_OWNER);
    }
    *depth -= 1;
    if *depth == 0 {
        *owner = None;
        thread.state(locked).owned.retain(|other| !Arc::ptr_eq(other, mutex));
        mutex.settle(locked);
    }
    Ok(())
}

fn create(name: Option<Vec<u8>>, flags: u32) -> Result<HANDLE, u32> {
    if flags & !CREATE_MUTEX_INITIAL_OWNER != 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let make = || {
        let free = Signal::Mutex { owner: None, depth: 0, abandoned: false };
        let mutex = Dispatcher::new(free);
        if flags & CREATE_MUTEX_INITIAL_OWNER != 0 {
            let thread = thread::current();
            let mut locked = token::lock();
            *mutex.signal(&mut locked) =
                Signal::Mutex { owner: Some(Arc::clone(&thread)), depth: 1, abandoned: false };
            thread.state(&mut locked).owned.push(Arc::clone(&mutex));
        }
        Arc::new(Mutex(mutex))
    };
    names::create(name.as_deref(), make)
}

fn flags(owner: BOOL) -> u32 {
    if owner == FALSE { 0 } else { CREATE_MUTEX_INITIAL_OWNER }
}

/// Makes a mutex, or opens the one of that name, which then gets no owner by this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateMutexA(
    lpMutexAttributes: *const SECURITY_ATTRIBUTES,
    bInitialOwner: BOOL,
    lpName: *const u8,
) -> HANDLE {
    let _ = lpMutexAttributes;
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        create(unsafe { arg::name(lpName) }?, flags(bInitialOwner))
    })
}

/// Makes a mutex, or opens the one of that name, which then gets no owner by this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateMutexW(
    lpMutexAttributes: *const SECURITY_ATTRIBUTES,
    bInitialOwner: BOOL,
    lpName: *const WCHAR,
) -> HANDLE {
    let _ = lpMutexAttributes;
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        create(unsafe { arg::name_wide(lpName) }?, flags(bInitialOwner))
    })
}

/// Makes a mutex, or opens the one of that name. Access is not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateMutexExA(
    lpMutexAttributes: *const SECURITY_ATTRIBUTES,
    lpName: *const u8,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> HANDLE {
    let _ = (lpMutexAttributes, dwDesiredAccess);
    // SAFETY: the caller's.
    guard::call(std::ptr::null_mut(), || create(unsafe { arg::name(lpName) }?, dwFlags))
}

/// Makes a mutex, or opens the one of that name. Access is not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateMutexExW(
    lpMutexAttributes: *const SECURITY_ATTRIBUTES,
    lpName: *const WCHAR,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> HANDLE {
    let _ = (lpMutexAttributes, dwDesiredAccess);
    // SAFETY: the caller's.
    guard::call(std::ptr::null_mut(), || create(unsafe { arg::name_wide(lpName) }?, dwFlags))
}

/// Opens a mutex by its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenMutexA(access: u32, inherit: BOOL, lpName: *const u8) -> HANDLE {
    let _ = (access, inherit);
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        names::open::<Mutex>(unsafe { arg::name(lpName) }?.as_deref())
    })
}

/// Opens a mutex by its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenMutexW(access: u32, inherit: BOOL, lpName: *const WCHAR) -> HANDLE {
    let _ = (access, inherit);
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's.
        names::open::<Mutex>(unsafe { arg::name_wide(lpName) }?.as_deref())
    })
}

/// Releases a mutex that the calling thread owns, once for each time it was taken.
#[unsafe(no_mangle)]
pub extern "C" fn ReleaseMutex(hMutex: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        let mutex = object::get::<Mutex>(hMutex)?;
        release(&mutex.0, &mut token::lock())?;
        Ok(TRUE)
    })
}
