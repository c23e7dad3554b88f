//! Nothing unwinds into C.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wharf_core::status::code;

use crate::error::SetLastError;

/// Runs the body of an exported function. An error becomes the last error and the function's failure value;
/// a panic, which is a fault of ours, becomes ERROR_INTERNAL_ERROR.
#[inline]
pub(crate) fn call<R>(failure: R, body: impl FnOnce() -> Result<R, u32>) -> R {
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
