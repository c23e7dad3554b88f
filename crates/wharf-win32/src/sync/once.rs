//! One-time initialisation: 8 bytes, zero from the beginning.
//!
//! The two lowest bits are the state, the rest the context, whose two lowest bits are clear: 0 not begun, 1 begun by one
//! thread for which the others wait, 2 done, 3 begun by as many as want, of which the first to complete wins.
#![allow(unsafe_code)] // memory of the program's; calls its function

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::sync::atomic::{AtomicU32, AtomicUsize};

use super::futex;
use crate::types::{BOOL, FALSE, TRUE};
use crate::{arg, code, error};

/// Something to be initialised once.
#[repr(C)]
#[derive(Clone, Copy)]
pub union INIT_ONCE {
    /// Zero at the beginning.
    pub Ptr: *mut c_void,
}

impl Default for INIT_ONCE {
    fn default() -> Self {
        INIT_ONCE { Ptr: null_mut() }
    }
}

const _: () = assert!(size_of::<INIT_ONCE>() == 8);

/// Initialises: gets the object, the parameter, and where to put the context.
pub type PINIT_ONCE_FN = Option<
    unsafe extern "C" fn(
        InitOnce: *mut INIT_ONCE,
        Parameter: *mut c_void,
        Context: *mut *mut c_void,
    ) -> BOOL,
>;

/// Only ask.
pub const INIT_ONCE_CHECK_ONLY: u32 = 1;
/// Several may initialise at a time.
pub const INIT_ONCE_ASYNC: u32 = 2;
/// Initialisation has failed.
pub const INIT_ONCE_INIT_FAILED: u32 = 4;

const STATE: usize = 3;
const FRESH: usize = 0;
const BEGUN: usize = 1;
const DONE: usize = 2;
const BEGUN_BY_MANY: usize = 3;

/// What a begin says.
enum Turn {
    /// It is done, with this context.
    Done(usize),
    /// The caller's turn.
    Yours,
}

/// # Safety
/// An object that is there as long as the reference is used.
unsafe fn word<'a>(once: *mut INIT_ONCE) -> &'a AtomicUsize {
    // SAFETY: the caller's; accessed as an atomic by everybody.
    unsafe { AtomicUsize::from_ptr(once.cast()) }
}

/// The lower half, which has the state.
fn half(word: &AtomicUsize) -> &AtomicU32 {
    // SAFETY: within the word; only for futex(2), which compares it and sleeps.
    unsafe { AtomicU32::from_ptr(word.as_ptr().cast()) }
}

fn begin(word: &AtomicUsize, flags: u32) -> Result<Turn, u32> {
    let (check, many) = (flags & INIT_ONCE_CHECK_ONLY != 0, flags & INIT_ONCE_ASYNC != 0);
    if flags & !(INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC) != 0 || check && many {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let own = if many { BEGUN_BY_MANY } else { BEGUN };
    loop {
        let now = word.load(Acquire); // pairs with `end`: what was initialised is seen
        match now & STATE {
            DONE => return Ok(Turn::Done(now & !STATE)),
            _ if check => return Err(code::ERROR_GEN_FAILURE),
            FRESH => {
                if word.compare_exchange(FRESH, own, AcqRel, Acquire).is_ok() {
                    return Ok(Turn::Yours);
                }
            }
            BEGUN_BY_MANY if many => return Ok(Turn::Yours),
            BEGUN if !many => {
                wharf::blocking(|| futex::wait(half(word), BEGUN as u32, None));
            }
            _ => return Err(code::ERROR_INVALID_PARAMETER), // the two ways do not mix
        }
    }
}

fn end(word: &AtomicUsize, from: usize, to: usize) -> Result<(), u32> {
    if word.compare_exchange(from, to, AcqRel, Acquire).is_err() {
        return Err(code::ERROR_GEN_FAILURE);
    }
    futex::wake(half(word), futex::EVERYBODY);
    Ok(())
}

fn answer(result: Result<(), u32>) -> BOOL {
    match result {
        Ok(()) => TRUE,
        Err(code) => {
            error::SetLastError(code);
            FALSE
        }
    }
}

/// Makes the object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceInitialize(InitOnce: *mut INIT_ONCE) {
    // SAFETY: the caller's memory.
    unsafe { InitOnce.write(INIT_ONCE { Ptr: null_mut() }) };
}

/// Runs a function once; threads that come meanwhile wait. False, as the function answered, lets the next one try.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceExecuteOnce(
    InitOnce: *mut INIT_ONCE,
    InitFn: PINIT_ONCE_FN,
    Parameter: *mut c_void,
    Context: *mut *mut c_void,
) -> BOOL {
    // SAFETY: the caller's.
    let word = unsafe { word(InitOnce) };
    let run = || {
        let function = InitFn.ok_or(code::ERROR_INVALID_PARAMETER)?;
        let context = match begin(word, 0)? {
            Turn::Done(context) => context,
            Turn::Yours => {
                let mut context = null_mut();
                // SAFETY: the program's function, called as it asked to be.
                if unsafe { function(InitOnce, Parameter, &raw mut context) } == FALSE {
                    end(word, BEGUN, FRESH)?;
                    return Err(error::GetLastError());
                }
                let context = context as usize;
                if context & STATE != 0 {
                    end(word, BEGUN, FRESH)?;
                    return Err(code::ERROR_INVALID_PARAMETER);
                }
                end(word, BEGUN, context | DONE)?;
                context
            }
        };
        // SAFETY: the caller's.
        unsafe { arg::store_optional(Context, context as *mut c_void) }
    };
    answer(run())
}

/// Asks whether it is the caller's turn to initialise; waits for another's unless flags say otherwise.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceBeginInitialize(
    lpInitOnce: *mut INIT_ONCE,
    dwFlags: u32,
    fPending: *mut BOOL,
    lpContext: *mut *mut c_void,
) -> BOOL {
    // SAFETY: the caller's.
    let word = unsafe { word(lpInitOnce) };
    let ask = || {
        let pending = match begin(word, dwFlags)? {
            Turn::Yours => TRUE,
            Turn::Done(context) => {
                // SAFETY: the caller's.
                unsafe { arg::store_optional(lpContext, context as *mut c_void) }?;
                FALSE
            }
        };
        // SAFETY: the caller's.
        unsafe { arg::store(fPending, pending) }
    };
    answer(ask())
}

/// Ends what InitOnceBeginInitialize began.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceComplete(
    lpInitOnce: *mut INIT_ONCE,
    dwFlags: u32,
    lpContext: *mut c_void,
) -> BOOL {
    // SAFETY: the caller's.
    let word = unsafe { word(lpInitOnce) };
    let (many, failed) = (dwFlags & INIT_ONCE_ASYNC != 0, dwFlags & INIT_ONCE_INIT_FAILED != 0);
    let context = lpContext as usize;
    let known = dwFlags & !(INIT_ONCE_ASYNC | INIT_ONCE_INIT_FAILED) == 0;
    if !known || many && failed || context & STATE != 0 || failed && context != 0 {
        return answer(Err(code::ERROR_INVALID_PARAMETER));
    }
    let from = if many { BEGUN_BY_MANY } else { BEGUN };
    answer(end(word, from, if failed { FRESH } else { context | DONE }))
}
