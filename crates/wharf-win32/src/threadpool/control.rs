//! Making a pool, and setting how many threads it has.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::sync::Arc;

use super::pool::{Named, Pool};
use super::types::{PTP_POOL, TP_POOL_STACK_INFORMATION};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{arg, code, guard, object};

fn find(pool: PTP_POOL) -> Result<Arc<Pool>, u32> {
    object::get::<Named>(pool as HANDLE).map(|named| Arc::clone(&named.0))
}

/// Makes a pool: 0 with ERROR_INVALID_PARAMETER if `reserved` is not null, ERROR_NOT_ENOUGH_MEMORY.
#[unsafe(no_mangle)]
pub extern "C" fn CreateThreadpool(reserved: *mut c_void) -> PTP_POOL {
    guard::call(0, || {
        if !reserved.is_null() {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let pool = Arc::new(Pool::new()?);
        Ok(object::insert(Arc::new(Named(pool)))? as isize)
    })
}

/// Starts threads until there are so many, and keeps them: false if they cannot be had.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadpoolThreadMinimum(ptpp: PTP_POOL, cthrdMic: u32) -> BOOL {
    guard::call(FALSE, || {
        find(ptpp)?.set_minimum(cthrdMic)?;
        Ok(TRUE)
    })
}

/// Sets how many threads there are at most; 0 is 1.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadpoolThreadMaximum(ptpp: PTP_POOL, cthrdMost: u32) {
    guard::call((), || {
        find(ptpp)?.set_maximum(cthrdMost);
        Ok(())
    });
}

/// Sets the stacks of threads that are made from now on.
///
/// # Safety
/// Null, or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolStackInformation(
    ptpp: PTP_POOL,
    ptpsi: *mut TP_POOL_STACK_INFORMATION,
) -> BOOL {
    guard::call(FALSE, || {
        let pool = find(ptpp)?;
        // SAFETY: the caller's.
        let stack = unsafe { arg::load(ptpsi) }?;
        if stack.StackReserve > isize::MAX as usize / 2 || stack.StackCommit > stack.StackReserve {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        *pool.stack() = stack;
        Ok(TRUE)
    })
}

/// What was set, or Windows' own sizes.
///
/// # Safety
/// Null, or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryThreadpoolStackInformation(
    ptpp: PTP_POOL,
    ptpsi: *mut TP_POOL_STACK_INFORMATION,
) -> BOOL {
    guard::call(FALSE, || {
        let stack = *find(ptpp)?.stack();
        // SAFETY: the caller's.
        unsafe { arg::store(ptpsi, stack) }?;
        Ok(TRUE)
    })
}

/// Takes a pool away; it lives on as long as objects belong to it.
#[unsafe(no_mangle)]
pub extern "C" fn CloseThreadpool(ptpp: PTP_POOL) {
    guard::call((), || {
        let pool = find(ptpp)?;
        object::remove(ptpp as HANDLE)?;
        pool.close();
        Ok(())
    });
}
