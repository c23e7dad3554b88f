//! FILETIME: units of 100 ns since 1 January 1601, UTC.
#![allow(unsafe_code)] // exported under C names

use rustix::time::ClockId;

use super::calendar::{self, SYSTEMTIME};
use super::clock::hundreds_of_nanoseconds;
use crate::{arg, guard};

/// FILETIME: two halves of a count, of no more than the alignment of a DWORD.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FILETIME {
    /// The lower half.
    pub dwLowDateTime: u32,
    /// The upper half.
    pub dwHighDateTime: u32,
}

/// From 1601 to 1970.
pub(crate) const UNIX_EPOCH: i64 = 116_444_736_000_000_000;

impl FILETIME {
    pub(crate) fn from_ticks(ticks: u64) -> Self {
        FILETIME { dwLowDateTime: ticks as u32, dwHighDateTime: (ticks >> 32) as u32 }
    }

    pub(crate) fn ticks(self) -> u64 {
        u64::from(self.dwHighDateTime) << 32 | u64::from(self.dwLowDateTime)
    }

    /// From seconds and nanoseconds of Unix' time; what lies before 1601 is 0.
    pub(crate) fn from_unix(seconds: i64, nanoseconds: i64) -> Self {
        let ticks = seconds.saturating_mul(10_000_000).saturating_add(nanoseconds / 100);
        Self::from_ticks(u64::try_from(ticks.saturating_add(UNIX_EPOCH)).unwrap_or(0))
    }

    /// Seconds and nanoseconds of Unix' time.
    pub(crate) fn unix(self) -> (i64, i64) {
        let ticks = i64::try_from(self.ticks()).unwrap_or(i64::MAX) - UNIX_EPOCH;
        (ticks.div_euclid(10_000_000), ticks.rem_euclid(10_000_000) * 100)
    }

    pub(crate) fn now() -> Self {
        let unix = hundreds_of_nanoseconds(ClockId::Realtime);
        Self::from_ticks((unix + UNIX_EPOCH).cast_unsigned())
    }
}

/// # Safety
/// Null, or writable.
unsafe fn store_now<T>(to: *mut T, value: impl FnOnce() -> Option<T>) {
    guard::call((), || {
        let now = value().ok_or(crate::code::ERROR_INVALID_PARAMETER)?;
        // SAFETY: the caller's.
        unsafe { arg::store(to, now) }
    });
}

/// Now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSystemTimeAsFileTime(time: *mut FILETIME) {
    // SAFETY: the caller's.
    unsafe { store_now(time, || Some(FILETIME::now())) }
}

/// Now, to the clock's last digit; so is the other one here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSystemTimePreciseAsFileTime(time: *mut FILETIME) {
    // SAFETY: the caller's.
    unsafe { store_now(time, || Some(FILETIME::now())) }
}

/// Now, as a date in UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSystemTime(date: *mut SYSTEMTIME) {
    // SAFETY: the caller's.
    unsafe { store_now(date, || calendar::date(FILETIME::now().ticks())) }
}

/// Now, as a date in the local time zone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLocalTime(date: *mut SYSTEMTIME) {
    let local = || calendar::date(super::zone::to_local(FILETIME::now().ticks()));
    // SAFETY: the caller's.
    unsafe { store_now(date, local) }
}
