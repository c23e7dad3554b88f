//! Modes of a pipe's end, and what waits in it.
#![allow(unsafe_code)] // exported under C names

use super::end::End;
use super::transfer;
use crate::object;
use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::{arg, code, guard};

const NOWAIT: u32 = 1;
const READMODE_MESSAGE: u32 = 2;
const TYPE_MESSAGE: u32 = 4;
const SERVER_END: u32 = 1;

/// Sets the read mode and whether calls wait. Collecting (the other two) is for remote clients.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetNamedPipeHandleState(
    pipe: HANDLE,
    mode: *const u32,
    _most: *const u32,
    _time_out: *const u32,
) -> BOOL {
    guard::call(FALSE, || {
        let end = object::get::<End>(pipe)?;
        if mode.is_null() {
            return Ok(TRUE);
        }
        // SAFETY: the caller's variable.
        let mode = unsafe { arg::load(mode) }?;
        let messages = mode & READMODE_MESSAGE != 0;
        if mode & !(NOWAIT | READMODE_MESSAGE) != 0 || (messages && !end.message) {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let mut state = end.state();
        state.reads_messages = messages;
        state.nowait = mode & NOWAIT != 0;
        Ok(TRUE)
    })
}

/// # Safety
/// Null, or writable.
unsafe fn handle_state(pipe: HANDLE, mode: *mut u32, instances: *mut u32) -> Result<BOOL, u32> {
    let end = object::get::<End>(pipe)?;
    let (messages, nowait) = {
        let state = end.state();
        (state.reads_messages, state.nowait)
    };
    let value = if messages { READMODE_MESSAGE } else { 0 } | if nowait { NOWAIT } else { 0 };
    // SAFETY: the caller's variable, or null.
    unsafe { arg::store_optional(mode, value) }?;
    let count = end.name.as_ref().map_or(1, |name| name.instances().len());
    // SAFETY: the caller's variable, or null.
    unsafe { arg::store_optional(instances, u32::try_from(count).unwrap_or(u32::MAX)) }?;
    Ok(TRUE)
}

/// Tells the modes, and how many instances there are. The client's name is not told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNamedPipeHandleStateA(
    pipe: HANDLE,
    mode: *mut u32,
    instances: *mut u32,
    _most: *mut u32,
    _time_out: *mut u32,
    _user: *mut u8,
    _user_size: u32,
) -> BOOL {
    // SAFETY: the caller's variables.
    guard::call(FALSE, || unsafe { handle_state(pipe, mode, instances) })
}

/// Tells the modes, and how many instances there are. The client's name is not told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNamedPipeHandleStateW(
    pipe: HANDLE,
    mode: *mut u32,
    instances: *mut u32,
    _most: *mut u32,
    _time_out: *mut u32,
    _user: *mut WCHAR,
    _user_size: u32,
) -> BOOL {
    // SAFETY: the caller's variables.
    guard::call(FALSE, || unsafe { handle_state(pipe, mode, instances) })
}

/// Tells kind and end, and the most instances. Buffers have the size of a socket's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNamedPipeInfo(
    pipe: HANDLE,
    flags: *mut u32,
    out_size: *mut u32,
    in_size: *mut u32,
    most: *mut u32,
) -> BOOL {
    guard::call(FALSE, || {
        let end = object::get::<End>(pipe)?;
        let kind = if end.message { TYPE_MESSAGE } else { 0 };
        let side = if end.name.is_some() { SERVER_END } else { 0 };
        let limit = end.name.as_ref().map_or(255, |name| name.most.min(255));
        for (to, value) in [(flags, kind | side), (out_size, 0), (in_size, 0), (most, limit)] {
            // SAFETY: the caller's variables, or null.
            unsafe { arg::store_optional(to, value) }?;
        }
        Ok(TRUE)
    })
}

/// Bytes that wait in an end: ERROR_BROKEN_PIPE if there are none and nobody will send any.
pub(crate) fn peek(end: &End) -> Result<usize, u32> {
    let state = end.state();
    let fd = end.connection(&state)?;
    let waiting = transfer::waiting(fd) + state.leftover.len();
    if waiting == 0 && transfer::is_broken(fd, end.message) {
        return Err(code::ERROR_BROKEN_PIPE);
    }
    Ok(waiting)
}
