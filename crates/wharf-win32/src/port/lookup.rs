//! From a HANDLE to its port.
//!
//! A thread that works for a port asks for the same one again and again. It keeps the port that it last used, and
//! believes in it as long as no handle of the process has been closed meanwhile: a load instead of the table's lock
//! and a shared count that all workers would fight for.
//!
//! # Invariants
//! 1. `object::closes` changes with every close, under the table's lock and after the handle has gone from it. The count
//!    is read before the look-up, so an equal one means that the handle is as valid as it was then.
//! 2. What is kept keeps memory alive, never a port open: a port is closed by its last handle (A15).

use std::cell::RefCell;
use std::sync::Arc;

use super::IoPort;
use crate::object;
use crate::types::HANDLE;

struct Kept {
    handle: HANDLE,
    closes: u64,
    port: Arc<IoPort>,
}

thread_local! {
    static LAST: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// Calls with the port that a handle names: ERROR_INVALID_HANDLE for anything else.
#[inline]
pub(super) fn with<R>(
    handle: HANDLE,
    call: impl FnOnce(&Arc<IoPort>) -> Result<R, u32>,
) -> Result<R, u32> {
    let closes = object::closes();
    let mut call = Some(call);
    // The cell stays borrowed during the call, which may wait, and may come back here for another port.
    let known = LAST.try_with(|last| {
        let last = last.try_borrow().ok()?;
        let kept = last.as_ref().filter(|kept| kept.handle == handle && kept.closes == closes)?;
        call.take().map(|call| call(&kept.port))
    });
    match (known, call) {
        (Ok(Some(result)), _) => result,
        (_, Some(call)) => call(&fetch(handle, closes)?),
        (_, None) => unreachable!("taken only to be called"),
    }
}

#[cold]
fn fetch(handle: HANDLE, closes: u64) -> Result<Arc<IoPort>, u32> {
    let port = object::get::<IoPort>(handle)?;
    let fresh = Kept { handle, closes, port: Arc::clone(&port) };
    let old =
        LAST.try_with(|last| last.try_borrow_mut().ok().and_then(|mut last| last.replace(fresh)));
    drop(old); // may be the last of a port
    Ok(port)
}
