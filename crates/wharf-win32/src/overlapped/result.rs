//! GetOverlappedResult, GetOverlappedResultEx, WSAGetOverlappedResult (C10-C15).
//!
//! The result is read from the OVERLAPPED alone. Who waits, waits for its status and not for the event, so that two
//! operations with one event are told apart; an auto-reset event is left to whoever else waits for it.
#![allow(unsafe_code)] // exported under C names; reads the program's OVERLAPPED

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, SeqCst};
use std::time::{Duration, Instant};

use wharf_core::status::{Status, code};

use super::request::{internal, wait_for, wake_waiters};
use super::types::OVERLAPPED;
use crate::arg;
use crate::guard;
use crate::socket::started;
use crate::socket::table::find_native;
use crate::socket::types::SOCKET;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::wait::apc;
use crate::winsock::memory;

const INFINITE: u32 = u32::MAX;

/// How an operation ended; none if it is pending.
///
/// # Safety
/// The memory is valid.
unsafe fn status(overlapped: NonNull<OVERLAPPED>) -> Option<Status> {
    // SAFETY: valid. Acquire: pairs with the release of the end; the bytes are visible (C5).
    let status = unsafe { internal(overlapped) }.load(Acquire);
    #[expect(clippy::cast_possible_truncation, reason = "the upper half is indeterminate (A36)")]
    let status = Status(status as u32);
    (status != Status::PENDING).then_some(status)
}

/// The status and the bytes, waited for up to `millis`: `incomplete` if it is still pending then.
///
/// # Safety
/// `overlapped` is null or valid.
unsafe fn result(
    overlapped: *const OVERLAPPED,
    millis: u32,
    incomplete: u32,
    alertable: bool,
) -> Result<(Status, usize), u32> {
    let overlapped = NonNull::new(overlapped.cast_mut()).ok_or(code::ERROR_INVALID_PARAMETER)?;
    arg::check_read(overlapped.as_ptr(), 1)?;
    let deadline =
        (millis != INFINITE).then(|| Instant::now() + Duration::from_millis(millis.into()));
    // SAFETY: the caller's promise.
    let over = || unsafe { status(overlapped) }.is_some();
    if millis != 0 && alertable && !over() {
        wait_alertably(deadline, over)?;
    } else if millis != 0 {
        wait_for(deadline, over);
    }
    // SAFETY: the caller's promise.
    let status = unsafe { status(overlapped) }.ok_or(incomplete)?;
    // SAFETY: the caller's promise; the operation is over.
    let bytes = unsafe { overlapped.as_ref() }.InternalHigh;
    Ok((status, bytes))
}

/// The same wait, in which the thread's routines run: WAIT_IO_COMPLETION after them (C13).
fn wait_alertably(deadline: Option<Instant>, over: impl Fn() -> bool) -> Result<(), u32> {
    let alerted = Arc::new(AtomicBool::new(false));
    let hook = Arc::clone(&alerted);
    let tell = move || {
        hook.store(true, SeqCst);
        wake_waiters();
    };
    apc::with_hook(Arc::new(tell), || {
        wait_for(deadline, || over() || alerted.load(SeqCst) || apc::is_pending())
    });
    if !over() && apc::run_pending() { Err(code::WAIT_IO_COMPLETION) } else { Ok(()) }
}

/// Tells how an operation ended: FALSE with ERROR_IO_INCOMPLETE if it is pending, with the operation's error if it
/// failed. The handle is not looked at.
///
/// # Safety
/// The pointers are null or valid.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetOverlappedResult(
    hFile: HANDLE,
    lpOverlapped: *const OVERLAPPED,
    lpNumberOfBytesTransferred: *mut u32,
    bWait: BOOL,
) -> BOOL {
    let millis = if bWait == 0 { 0 } else { INFINITE };
    // SAFETY: the caller's promise.
    unsafe { GetOverlappedResultEx(hFile, lpOverlapped, lpNumberOfBytesTransferred, millis, FALSE) }
}

/// The same with a limit for the wait: WAIT_TIMEOUT after it (C13).
///
/// # Safety
/// The pointers are null or valid.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetOverlappedResultEx(
    hFile: HANDLE,
    lpOverlapped: *const OVERLAPPED,
    lpNumberOfBytesTransferred: *mut u32,
    dwMilliseconds: u32,
    bAlertable: BOOL,
) -> BOOL {
    let _ = hFile;
    guard::call(FALSE, || {
        if lpNumberOfBytesTransferred.is_null() {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        arg::check_room(lpNumberOfBytesTransferred, 1)?;
        let incomplete =
            if dwMilliseconds == 0 { code::ERROR_IO_INCOMPLETE } else { code::WAIT_TIMEOUT };
        // SAFETY: the caller's promise.
        let (status, bytes) =
            unsafe { result(lpOverlapped, dwMilliseconds, incomplete, bAlertable != FALSE) }?;
        #[expect(clippy::cast_possible_truncation, reason = "A31")]
        let bytes = bytes as u32;
        // SAFETY: not null.
        unsafe { lpNumberOfBytesTransferred.write(bytes) };
        if status.is_success_or_informational() { Ok(TRUE) } else { Err(status.win32()) }
    })
}

/// Tells how an operation on a socket ended, in Winsock's codes (C14, C15): WSA_IO_INCOMPLETE if it is pending.
///
/// # Safety
/// The pointers are null or valid.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAGetOverlappedResult(
    s: SOCKET,
    lpOverlapped: *const OVERLAPPED,
    lpcbTransfer: *mut u32,
    fWait: BOOL,
    lpdwFlags: *mut u32,
) -> BOOL {
    guard::call(FALSE, || {
        started()?;
        find_native(s)?; // C14
        memory::readable(lpOverlapped, size_of::<OVERLAPPED>())?;
        memory::room(lpcbTransfer)?;
        memory::room(lpdwFlags)?;
        let millis = if fWait == 0 { 0 } else { INFINITE };
        // SAFETY: the caller's promise.
        let (status, bytes) =
            unsafe { result(lpOverlapped, millis, code::WSA_IO_INCOMPLETE, false) }?;
        #[expect(clippy::cast_possible_truncation, reason = "A31")]
        let bytes = bytes as u32;
        // SAFETY: not null.
        unsafe { lpcbTransfer.write(bytes) };
        // SAFETY: not null.
        unsafe { lpdwFlags.write(0) };
        match status.winsock() {
            0 => Ok(TRUE),
            error => Err(error),
        }
    })
}
