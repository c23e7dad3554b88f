//! Counters: milliseconds since boot, the performance counter (contract F29).
#![allow(unsafe_code)] // exported under C names

use rustix::time::{ClockId, clock_gettime};

use crate::types::{BOOL, FALSE, TRUE};
use crate::{arg, guard};

/// Ticks of the performance counter in a second: 100 ns, as on Windows 10 and later.
const FREQUENCY: i64 = 10_000_000;
const TIMERR_NOERROR: u32 = 0;
const TIMERR_NOCANDO: u32 = 97;

/// A clock in units of 100 ns.
pub(crate) fn hundreds_of_nanoseconds(clock: ClockId) -> i64 {
    let now = clock_gettime(clock);
    now.tv_sec * FREQUENCY + now.tv_nsec / 100
}

fn milliseconds_since_boot() -> u64 {
    // Time asleep counts, as for Windows' tick count.
    hundreds_of_nanoseconds(ClockId::Boottime).cast_unsigned() / 10_000
}

/// Milliseconds since boot; wraps after 49.7 days.
#[unsafe(no_mangle)]
pub extern "C" fn GetTickCount() -> u32 {
    milliseconds_since_boot() as u32
}

/// Milliseconds since boot.
#[unsafe(no_mangle)]
pub extern "C" fn GetTickCount64() -> u64 {
    milliseconds_since_boot()
}

/// Milliseconds since boot, by multimedia's name.
#[unsafe(no_mangle)]
pub extern "C" fn timeGetTime() -> u32 {
    GetTickCount()
}

/// Asks for timers of this resolution in milliseconds: they are finer than that already.
#[unsafe(no_mangle)]
pub extern "C" fn timeBeginPeriod(period: u32) -> u32 {
    if (1..=1_000_000).contains(&period) { TIMERR_NOERROR } else { TIMERR_NOCANDO }
}

/// Takes such a wish back.
#[unsafe(no_mangle)]
pub extern "C" fn timeEndPeriod(period: u32) -> u32 {
    timeBeginPeriod(period)
}

/// TIMECAPS: the least and greatest period in milliseconds.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TIMECAPS {
    /// Least.
    pub wPeriodMin: u32,
    /// Greatest.
    pub wPeriodMax: u32,
}

/// Tells which periods timeBeginPeriod takes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn timeGetDevCaps(caps: *mut TIMECAPS, size: u32) -> u32 {
    if size as usize != size_of::<TIMECAPS>() {
        return TIMERR_NOCANDO;
    }
    let value = TIMECAPS { wPeriodMin: 1, wPeriodMax: 1_000_000 };
    // SAFETY: the caller's structure.
    unsafe { arg::store(caps, value) }.map_or(TIMERR_NOCANDO, |()| TIMERR_NOERROR)
}

/// The performance counter: never set, never stepped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryPerformanceCounter(count: *mut i64) -> BOOL {
    guard::call(FALSE, || {
        let now = hundreds_of_nanoseconds(ClockId::Monotonic);
        // SAFETY: the caller's variable.
        unsafe { arg::store(count, now) }?;
        Ok(TRUE)
    })
}

/// Its ticks in a second.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryPerformanceFrequency(frequency: *mut i64) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's variable.
        unsafe { arg::store(frequency, FREQUENCY) }?;
        Ok(TRUE)
    })
}

/// Time since boot without time asleep, in 100 ns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryUnbiasedInterruptTime(time: *mut u64) -> BOOL {
    guard::call(FALSE, || {
        let now = hundreds_of_nanoseconds(ClockId::Monotonic).cast_unsigned();
        // SAFETY: the caller's variable.
        unsafe { arg::store(time, now) }?;
        Ok(TRUE)
    })
}
