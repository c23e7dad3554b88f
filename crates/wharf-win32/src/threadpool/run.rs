//! One callback: what is set up around it, and what it can ask for meanwhile.
//!
//! # Order
//! The callback; the environment's finalization callback; what was to be done when the callback returns: critical section,
//! mutex, semaphore, event, library; and at last whoever waits for the object.
#![allow(unsafe_code)] // calls the program's functions; exported under C names

use std::cell::Cell;
use std::ptr;
use std::sync::Arc;

use super::member::{Argument, Callback, Member};
use super::pool::{self, Pool};
use super::types::PTP_CALLBACK_INSTANCE;
use crate::module::FreeLibrary;
use crate::sync::{CRITICAL_SECTION, LeaveCriticalSection};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::wait::{ReleaseMutex, ReleaseSemaphore, SetEvent};
use crate::{code, guard};

/// A callback that runs, on the stack of its thread.
struct Instance {
    pool: Arc<Pool>,
    /// It may run for long, and its thread has ceased to count.
    aside: Cell<bool>,
    section: Cell<*mut CRITICAL_SECTION>,
    mutex: Cell<HANDLE>,
    semaphore: Cell<(HANDLE, u32)>,
    event: Cell<HANDLE>,
    library: Cell<HANDLE>,
}

thread_local! {
    /// What the thread runs; null outside callbacks.
    static CURRENT: Cell<*const Instance> = const { Cell::new(ptr::null()) };
}

/// The instance that a callback names: its own, on its own thread. ERROR_INVALID_PARAMETER for anything else.
fn with<R>(
    name: PTP_CALLBACK_INSTANCE,
    call: impl FnOnce(&Instance) -> Result<R, u32>,
) -> Result<R, u32> {
    let current = CURRENT.get();
    if current.is_null() || current as isize != name {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    // SAFETY: it is below on this thread's stack; `run` clears the cell before it goes.
    call(unsafe { &*current })
}

/// Calls a member's callback, which counts as running.
pub(super) fn run(pool: &Arc<Pool>, member: Arc<Member>, argument: Argument) {
    let instance = Instance {
        pool: Arc::clone(pool),
        aside: Cell::new(false),
        section: Cell::new(ptr::null_mut()),
        mutex: Cell::new(ptr::null_mut()),
        semaphore: Cell::new((ptr::null_mut(), 0)),
        event: Cell::new(ptr::null_mut()),
        library: Cell::new(ptr::null_mut()),
    };
    let environment = &member.environment;
    pool::occupy(&member, environment.persistent);
    if environment.long {
        instance.step_aside();
    }
    CURRENT.set(&raw const instance);
    let name = &raw const instance as isize;
    let (context, own) = (member.context(), member.name());
    match (member.callback, argument) {
        // SAFETY: the program's function, with its context; so are those below.
        (Callback::Simple(call), _) => unsafe { call(name, context) },
        // SAFETY: as above.
        (Callback::Work(call) | Callback::Timer(call), _) => unsafe { call(name, context, own) },
        (Callback::Wait(call), Argument::Wait(result)) => {
            // SAFETY: as above.
            unsafe { call(name, context, own, result) };
        }
        (Callback::Io(call), Argument::Io { overlapped, error, bytes }) => {
            let overlapped = overlapped as *mut std::ffi::c_void;
            // SAFETY: as above. The OVERLAPPED is the program's again.
            unsafe { call(name, context, overlapped, error, bytes, own) };
        }
        (Callback::Wait(_) | Callback::Io(_), _) => {
            unreachable!("a callback is submitted with its kind of argument")
        }
    }
    if let Some(finalization) = environment.finalization {
        // SAFETY: as above.
        unsafe { finalization(name, context) };
    }
    CURRENT.set(ptr::null());
    instance.finish();
    if let Some(member) = pool::vacate() {
        member.leave();
    }
}

impl Instance {
    fn step_aside(&self) {
        if !self.aside.replace(true) {
            pool::step_aside();
        }
    }

    /// What was to be done when the callback returns.
    fn finish(&self) {
        let section = self.section.get();
        if !section.is_null() {
            // SAFETY: the program's promise.
            unsafe { LeaveCriticalSection(section) };
        }
        if !self.mutex.get().is_null() {
            ReleaseMutex(self.mutex.get());
        }
        let (semaphore, count) = self.semaphore.get();
        if !semaphore.is_null() {
            // SAFETY: without a previous count there is no pointer.
            unsafe { ReleaseSemaphore(semaphore, count.cast_signed(), ptr::null_mut()) };
        }
        if !self.event.get().is_null() {
            SetEvent(self.event.get());
        }
        if !self.library.get().is_null() {
            FreeLibrary(self.library.get());
        }
    }
}

/// Keeps the first handle that is given.
fn keep(cell: &Cell<HANDLE>, handle: HANDLE) -> Result<(), u32> {
    if cell.get().is_null() {
        cell.set(handle);
    }
    Ok(())
}

/// Says that this callback may run for long: another thread of the pool takes its turn. False if there is none, and none
/// can be made; the callback may run for long all the same.
#[unsafe(no_mangle)]
pub extern "C" fn CallbackMayRunLong(pci: PTP_CALLBACK_INSTANCE) -> BOOL {
    guard::call(FALSE, || {
        with(pci, |instance| {
            if instance.aside.get() {
                return Ok(TRUE);
            }
            if !instance.pool.spare() {
                return Err(code::ERROR_MAX_THRDS_REACHED);
            }
            instance.step_aside();
            Ok(TRUE)
        })
    })
}

/// Says that nobody is to wait for this callback any more.
#[unsafe(no_mangle)]
pub extern "C" fn DisassociateCurrentThreadFromCallback(pci: PTP_CALLBACK_INSTANCE) {
    guard::call((), || {
        with(pci, |_| {
            if let Some(member) = pool::vacate() {
                member.leave();
            }
            Ok(())
        })
    });
}

/// Sets an event when this callback has returned. Of several calls the first counts, here and below.
#[unsafe(no_mangle)]
pub extern "C" fn SetEventWhenCallbackReturns(pci: PTP_CALLBACK_INSTANCE, evt: HANDLE) {
    guard::call((), || with(pci, |instance| keep(&instance.event, evt)));
}

/// Releases a semaphore when this callback has returned.
#[unsafe(no_mangle)]
pub extern "C" fn ReleaseSemaphoreWhenCallbackReturns(
    pci: PTP_CALLBACK_INSTANCE,
    sem: HANDLE,
    crel: u32,
) {
    guard::call((), || {
        with(pci, |instance| {
            if instance.semaphore.get().0.is_null() {
                instance.semaphore.set((sem, crel));
            }
            Ok(())
        })
    });
}

/// Releases a mutex, which this callback has taken, when it has returned.
#[unsafe(no_mangle)]
pub extern "C" fn ReleaseMutexWhenCallbackReturns(pci: PTP_CALLBACK_INSTANCE, mutex: HANDLE) {
    guard::call((), || with(pci, |instance| keep(&instance.mutex, mutex)));
}

/// Leaves a critical section, which this callback has entered, when it has returned.
#[unsafe(no_mangle)]
pub extern "C" fn LeaveCriticalSectionWhenCallbackReturns(
    pci: PTP_CALLBACK_INSTANCE,
    pcs: *mut CRITICAL_SECTION,
) {
    guard::call((), || {
        with(pci, |instance| {
            if instance.section.get().is_null() {
                instance.section.set(pcs);
            }
            Ok(())
        })
    });
}

/// Frees a module when this callback has returned.
#[unsafe(no_mangle)]
pub extern "C" fn FreeLibraryWhenCallbackReturns(pci: PTP_CALLBACK_INSTANCE, module: HANDLE) {
    guard::call((), || with(pci, |instance| keep(&instance.library, module)));
}
