//! Files and sockets whose packets a pool's threads take: CreateThreadpoolIo (E21, E22) and BindIoCompletionCallback (E20).
//!
//! # What a packet's key says
//! The number of an I/O object; or, with the highest bit set, the address of a bound function. The objects are found by
//! number as long as something may still end for them, also when their names have been closed.
//!
//! # Invariants
//! 1. A callback comes for each operation that StartThreadpoolIo has announced and that has neither been withdrawn nor
//!    cancelled. Without an announcement there is none.
#![allow(unsafe_code)] // exported under C names; calls the program's functions

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::{Arc, MutexGuard};

use wharf::Packet;

use super::member::{self, Argument, Callback, Member};
use super::pool::{self, Pool};
use super::run;
use super::types::{PTP_IO, PTP_WIN32_IO_CALLBACK, TP_CALLBACK_ENVIRON_V3};
use crate::fork::Lock;
use crate::overlapped::types::{LPOVERLAPPED_COMPLETION_ROUTINE, OVERLAPPED};
use crate::port::{self, Binding, Entry};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{code, guard};

/// Addresses of programs do not have it.
const BOUND: usize = 1 << (usize::BITS - 1);

pub(crate) static OBJECTS: Lock<BTreeMap<u64, Arc<Member>>> = Lock::new(BTreeMap::new());

fn objects() -> MutexGuard<'static, BTreeMap<u64, Arc<Member>>> {
    OBJECTS.lock()
}

/// Nothing will end for an object any more.
pub(super) fn forget(number: u64) {
    let object = objects().remove(&number);
    drop(object); // after the lock
}

fn is_io(callback: &Callback) -> bool {
    matches!(callback, Callback::Io(_))
}

/// A pool's thread has taken the packet of an operation.
pub(super) fn arrive(pool: &Arc<Pool>, packet: &Packet<Entry>) {
    let Entry { overlapped, status, .. } = packet.payload;
    // Success and information have no code (A30).
    let error = if status.is_success_or_informational() { 0 } else { status.win32() };
    if packet.key & BOUND != 0 {
        let function = (packet.key & !BOUND) as *const c_void;
        // SAFETY: `BindIoCompletionCallback` made the key of a function of this type.
        let function: Bound = unsafe { std::mem::transmute(function) };
        let bytes = u32::try_from(packet.transferred).unwrap_or(u32::MAX);
        // SAFETY: the program's function.
        return unsafe { function(error, bytes, overlapped as *mut OVERLAPPED) };
    }
    let Some(member) = objects().get(&(packet.key as u64)).cloned() else { return };
    let mut state = member.state();
    if state.skipped > 0 {
        state.skipped -= 1;
        return member.settle(state);
    }
    if state.started == 0 {
        return;
    }
    state.started -= 1;
    state.running += 1;
    drop(state);
    run::run(pool, member, Argument::Io { overlapped, error, bytes: packet.transferred });
}

/// Binds a file or socket to a pool: 0 with ERROR_INVALID_PARAMETER without a callback, for an environment that is none,
/// and for a file that is not overlapped or has a port; ERROR_INVALID_HANDLE.
///
/// # Safety
/// The environment is null or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateThreadpoolIo(
    fl: HANDLE,
    pfnio: PTP_WIN32_IO_CALLBACK,
    pv: *mut c_void,
    pcbe: *const TP_CALLBACK_ENVIRON_V3,
) -> PTP_IO {
    guard::call(0, || {
        let callback = Callback::Io(pfnio.ok_or(code::ERROR_INVALID_PARAMETER)?);
        // SAFETY: the caller's.
        let (member, name) = unsafe { member::make_named(callback, pv, pcbe) }?;
        let pool = Arc::clone(member.environment.pool.pool());
        let number = member.number;
        objects().insert(number, Arc::clone(&member));
        let key = usize::try_from(number).map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        let bound = port::associate(fl, Binding { port: Arc::clone(&pool.port), key });
        if let Err(error) = bound {
            member.close();
            return Err(error);
        }
        pool.spare(); // somebody has to wait for packets
        Ok(name)
    })
}

/// Announces one operation on the object's file: before each.
#[unsafe(no_mangle)]
pub extern "C" fn StartThreadpoolIo(pio: PTP_IO) {
    guard::call((), || {
        member::find(pio, is_io)?.state().started += 1;
        Ok(())
    });
}

/// Takes an announcement back: the operation has failed at once, or has succeeded at once and there is no packet.
#[unsafe(no_mangle)]
pub extern "C" fn CancelThreadpoolIo(pio: PTP_IO) {
    guard::call((), || {
        let member = member::find(pio, is_io)?;
        let mut state = member.state();
        if state.started > 0 {
            state.started -= 1;
        } else {
            state.skipped = state.skipped.saturating_sub(1); // the wait that cancels came in between
        }
        member.settle(state);
        Ok(())
    });
}

/// Waits for all operations that were announced, and their callbacks; `fCancelPendingCallbacks` forgets the callbacks that
/// have not begun, and not the operations.
#[unsafe(no_mangle)]
pub extern "C" fn WaitForThreadpoolIoCallbacks(pio: PTP_IO, fCancelPendingCallbacks: BOOL) {
    guard::call((), || {
        let member = member::find(pio, is_io)?;
        if fCancelPendingCallbacks != FALSE {
            member.cancel();
        }
        member.wait();
        Ok(())
    });
}

/// Takes an I/O object away. Its file stays bound to the pool; what was announced still has its callbacks.
#[unsafe(no_mangle)]
pub extern "C" fn CloseThreadpoolIo(pio: PTP_IO) {
    guard::call((), || {
        member::find(pio, is_io)?.close();
        Ok(())
    });
}

type Bound = unsafe extern "system" fn(u32, u32, *mut OVERLAPPED);

/// Has a function called on a thread of the default pool for each operation of a file or socket that ends: with its Win32
/// code, bytes and OVERLAPPED. False with ERROR_INVALID_PARAMETER without a function, with flags, for a file that is not
/// overlapped or has a port; ERROR_INVALID_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn BindIoCompletionCallback(
    FileHandle: HANDLE,
    Function: LPOVERLAPPED_COMPLETION_ROUTINE,
    Flags: u32,
) -> BOOL {
    guard::call(FALSE, || {
        let function: Bound = Function.ok_or(code::ERROR_INVALID_PARAMETER)?;
        if Flags != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let pool = pool::default()?;
        let binding = Binding { port: Arc::clone(&pool.port), key: function as usize | BOUND };
        port::associate(FileHandle, binding)?;
        pool.spare();
        Ok(TRUE)
    })
}
