//! From FILETIME to dates and back, between UTC and the local zone, to Automation's dates.
#![allow(unsafe_code)] // exported under C names

use super::calendar::{self, SYSTEMTIME};
use super::filetime::FILETIME;
use super::zone;
use crate::types::{BOOL, FALSE, TRUE};
use crate::{arg, code, guard};

/// # Safety
/// Null, or valid.
unsafe fn convert<A: Copy, B>(
    from: *const A,
    to: *mut B,
    rule: impl FnOnce(A) -> Option<B>,
) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's.
        let value = unsafe { arg::load(from) }?;
        let value = rule(value).ok_or(code::ERROR_INVALID_PARAMETER)?;
        // SAFETY: the caller's.
        unsafe { arg::store(to, value) }?;
        Ok(TRUE)
    })
}

/// The date of a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FileTimeToSystemTime(from: *const FILETIME, to: *mut SYSTEMTIME) -> BOOL {
    // SAFETY: the caller's.
    unsafe { convert(from, to, |time| calendar::date(time.ticks())) }
}

/// The time of a date.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SystemTimeToFileTime(from: *const SYSTEMTIME, to: *mut FILETIME) -> BOOL {
    // SAFETY: the caller's.
    unsafe { convert(from, to, |date| calendar::ticks(&date).map(FILETIME::from_ticks)) }
}

/// To local time, with the offset that holds now, as documented.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FileTimeToLocalFileTime(from: *const FILETIME, to: *mut FILETIME) -> BOOL {
    let rule = |time: FILETIME| {
        time.ticks().checked_add_signed(zone::offset_now()).map(FILETIME::from_ticks)
    };
    // SAFETY: the caller's.
    unsafe { convert(from, to, rule) }
}

/// From local time, with the offset that holds now, as documented.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LocalFileTimeToFileTime(from: *const FILETIME, to: *mut FILETIME) -> BOOL {
    let rule = |time: FILETIME| {
        time.ticks().checked_add_signed(-zone::offset_now()).map(FILETIME::from_ticks)
    };
    // SAFETY: the caller's.
    unsafe { convert(from, to, rule) }
}

/// -1, 0 or 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CompareFileTime(one: *const FILETIME, other: *const FILETIME) -> i32 {
    guard::call(0, || {
        // SAFETY: the caller's.
        let one = unsafe { arg::load(one) }?;
        // SAFETY: the caller's.
        let other = unsafe { arg::load(other) }?;
        Ok(one.ticks().cmp(&other.ticks()) as i32)
    })
}

/// Days between Automation's epoch, 30 December 1899, and 1601.
const VARIANT_EPOCH: f64 = 109_205.0;
const TICKS_PER_DAY: f64 = 864_000_000_000.0;

/// Automation's date: days since 30 December 1899, with the time of day as the fraction; before that day the fraction
/// counts away from zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SystemTimeToVariantTime(from: *const SYSTEMTIME, to: *mut f64) -> i32 {
    let rule = |date: SYSTEMTIME| {
        let ticks = calendar::ticks(&SYSTEMTIME { wMilliseconds: 0, ..date })?;
        let days = ticks as f64 / TICKS_PER_DAY - VARIANT_EPOCH;
        Some(if days < 0.0 { days.floor() - (days - days.floor()) } else { days })
    };
    // SAFETY: the caller's.
    unsafe { convert(from, to, rule) }
}

/// The date of Automation's, to the second.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VariantTimeToSystemTime(date: f64, to: *mut SYSTEMTIME) -> i32 {
    let rule = |date: f64| {
        // Years 100 to 9999 there; FILETIME's calendar begins in 1601.
        if !(-109_205.0..2_958_466.0).contains(&date) {
            return None;
        }
        let whole = date.trunc() + VARIANT_EPOCH;
        let seconds = whole * 86_400.0 + (date.fract().abs() * 86_400.0).round();
        calendar::date(seconds as u64 * calendar::TICKS_PER_SECOND)
    };
    // SAFETY: the caller's.
    unsafe { convert(&raw const date, to, rule) }
}
