//! Nothing unwinds into C.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wharf_core::status::code;

use crate::error::SetLastError;
use crate::thread::deferral::Deferral;

/// Runs the body of an exported function. An error becomes the last error and the function's failure value;
/// a panic, which is a fault of ours, becomes ERROR_INTERNAL_ERROR. A thread that is to be suspended or terminated
/// meanwhile is so when the body has ended.
#[inline]
pub(crate) fn call<R>(failure: R, body: impl FnOnce() -> Result<R, u32>) -> R {
    let _deferral = Deferral::begin();
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(code)) => {
            SetLastError(code);
            failure
        }
        Err(_) => {
            SetLastError(code::ERROR_INTERNAL_ERROR);
            failure
        }
    }
}
