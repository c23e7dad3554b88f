//! The local time zone, as the C library knows it.
#![allow(unsafe_code)] // the C library's localtime; exported under C names

use super::calendar::{self, SYSTEMTIME};
use super::filetime::{FILETIME, UNIX_EPOCH};
use crate::types::{BOOL, FALSE, TRUE, WCHAR};
use crate::{arg, code, guard};

const TICKS_PER_SECOND: i64 = 10_000_000;
const TIME_ZONE_ID_UNKNOWN: u32 = 0;
const TIME_ZONE_ID_STANDARD: u32 = 1;
const TIME_ZONE_ID_DAYLIGHT: u32 = 2;
const TIME_ZONE_ID_INVALID: u32 = u32::MAX;

/// What holds at a moment.
struct Moment {
    /// Seconds east of Greenwich.
    offset: i64,
    summer: bool,
    name: String,
}

fn at(unix: i64) -> Moment {
    // SAFETY: tzset may be called at any time; it reads TZ.
    unsafe { tzset() };
    // SAFETY: all zeros are a valid tm.
    let mut date: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both are ours.
    if unsafe { libc::localtime_r(&raw const unix, &raw mut date) }.is_null() {
        return Moment { offset: 0, summer: false, name: "UTC".to_owned() };
    }
    let name = if date.tm_zone.is_null() {
        String::new()
    } else {
        // SAFETY: a string of the C library's, which it keeps.
        unsafe { std::ffi::CStr::from_ptr(date.tm_zone) }.to_string_lossy().into_owned()
    };
    Moment { offset: date.tm_gmtoff, summer: date.tm_isdst > 0, name }
}

unsafe extern "C" {
    fn tzset();
}

fn unix(ticks: u64) -> i64 {
    (i64::try_from(ticks).unwrap_or(i64::MAX) - UNIX_EPOCH).div_euclid(TICKS_PER_SECOND)
}

/// The offset that holds now, in 100 ns.
pub(crate) fn offset_now() -> i64 {
    at(unix(FILETIME::now().ticks())).offset * TICKS_PER_SECOND
}

/// A moment on local clocks, with the offset that holds then.
pub(crate) fn to_local(ticks: u64) -> u64 {
    ticks.saturating_add_signed(at(unix(ticks)).offset * TICKS_PER_SECOND)
}

/// The moment when local clocks show this.
fn to_utc(local: u64) -> u64 {
    // The offset before a change of clocks and the one after it: the second look settles it.
    let near = local.saturating_add_signed(-at(unix(local)).offset * TICKS_PER_SECOND);
    local.saturating_add_signed(-at(unix(near)).offset * TICKS_PER_SECOND)
}

/// TIME_ZONE_INFORMATION.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TIME_ZONE_INFORMATION {
    /// Minutes from local standard time to UTC.
    pub Bias: i32,
    /// The name of standard time.
    pub StandardName: [WCHAR; 32],
    /// When it begins.
    pub StandardDate: SYSTEMTIME,
    /// Minutes that it adds to the bias.
    pub StandardBias: i32,
    /// The name of summer time.
    pub DaylightName: [WCHAR; 32],
    /// When it begins; all zeros if there is none.
    pub DaylightDate: SYSTEMTIME,
    /// Minutes that it adds to the bias.
    pub DaylightBias: i32,
}

fn fixed(name: &str) -> [WCHAR; 32] {
    let mut text = [0; 32];
    let source = crate::text::wide(name.as_bytes());
    text.iter_mut().take(31).zip(source).for_each(|(to, unit)| *to = unit);
    text
}

/// The change of clocks between two moments, in Windows' form: month, weekday, week of the month (5 is the last), and
/// the time on the clock before.
fn change(from: i64, to: i64, before: &Moment) -> SYSTEMTIME {
    let (mut low, mut high) = (from, to);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if at(middle).summer == before.summer { low = middle } else { high = middle }
    }
    let clock = FILETIME::from_unix(high + before.offset, 0).ticks();
    let date = calendar::date(clock).unwrap_or_default();
    let week_later = calendar::date(clock + 7 * 86_400 * TICKS_PER_SECOND.cast_unsigned());
    let last = week_later.is_some_and(|later| later.wMonth != date.wMonth);
    SYSTEMTIME { wYear: 0, wDay: if last { 5 } else { (date.wDay - 1) / 7 + 1 }, ..date }
}

/// The rules of the local zone in the current year; answers whether summer time holds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTimeZoneInformation(zone: *mut TIME_ZONE_INFORMATION) -> u32 {
    guard::call(TIME_ZONE_ID_INVALID, || {
        let now = unix(FILETIME::now().ticks());
        let today = calendar::date(FILETIME::from_unix(now, 0).ticks()).unwrap_or_default();
        let year = SYSTEMTIME { wMonth: 1, wDay: 1, wYear: today.wYear, ..SYSTEMTIME::default() };
        let january = unix(calendar::ticks(&year).unwrap_or(0));
        let (first, middle) = (at(january), at(january + 182 * 86_400));
        let none = SYSTEMTIME::default();
        let minutes = |seconds: i64| i32::try_from(seconds / 60).unwrap_or(0);
        let (standard, summer) = if first.summer { (&middle, &first) } else { (&first, &middle) };
        let changes = standard.summer != summer.summer;
        let early = || change(january, january + 182 * 86_400, &first);
        let late = || change(january + 182 * 86_400, january + 365 * 86_400, &middle);
        let (to_summer, to_standard) = match (changes, first.summer) {
            (false, _) => (none, none),
            (true, false) => (early(), late()),
            (true, true) => (late(), early()),
        };
        let value = TIME_ZONE_INFORMATION {
            Bias: -minutes(standard.offset),
            StandardName: fixed(&standard.name),
            StandardDate: to_standard,
            StandardBias: 0,
            DaylightName: fixed(&summer.name),
            DaylightDate: to_summer,
            DaylightBias: -minutes(summer.offset - standard.offset),
        };
        // SAFETY: the caller's structure.
        unsafe { arg::store(zone, value) }?;
        Ok(match (changes, at(now).summer) {
            (false, _) => TIME_ZONE_ID_UNKNOWN,
            (true, false) => TIME_ZONE_ID_STANDARD,
            (true, true) => TIME_ZONE_ID_DAYLIGHT,
        })
    })
}

/// # Safety
/// Null, or valid.
unsafe fn through(
    zone: *const TIME_ZONE_INFORMATION,
    from: *const SYSTEMTIME,
    to: *mut SYSTEMTIME,
    rule: fn(u64) -> u64,
) -> BOOL {
    guard::call(FALSE, || {
        // Rules of other zones are not applied.
        if !zone.is_null() {
            return Err(code::ERROR_NOT_SUPPORTED);
        }
        // SAFETY: the caller's.
        let date = unsafe { arg::load(from) }?;
        let ticks = calendar::ticks(&date).ok_or(code::ERROR_INVALID_PARAMETER)?;
        let other = calendar::date(rule(ticks)).ok_or(code::ERROR_INVALID_PARAMETER)?;
        // SAFETY: the caller's.
        unsafe { arg::store(to, other) }?;
        Ok(TRUE)
    })
}

/// From UTC to the local zone, by the rules of that date; for the current zone (null) only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SystemTimeToTzSpecificLocalTime(
    zone: *const TIME_ZONE_INFORMATION,
    from: *const SYSTEMTIME,
    to: *mut SYSTEMTIME,
) -> BOOL {
    // SAFETY: the caller's.
    unsafe { through(zone, from, to, to_local) }
}

/// From the local zone to UTC, by the rules of that date; for the current zone (null) only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TzSpecificLocalTimeToSystemTime(
    zone: *const TIME_ZONE_INFORMATION,
    from: *const SYSTEMTIME,
    to: *mut SYSTEMTIME,
) -> BOOL {
    // SAFETY: the caller's.
    unsafe { through(zone, from, to, to_utc) }
}
