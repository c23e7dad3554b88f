//! Clocks and dates, through the exported functions.
#![allow(unsafe_code)] // calls of the C interface
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one note for a test of calls on the same variables"
)]

use std::ptr::null_mut;

use wharf_win32::Win32::Foundation::{FILETIME, GetLastError, SYSTEMTIME};
use wharf_win32::Win32::Media::{timeBeginPeriod, timeEndPeriod, timeGetTime};
use wharf_win32::Win32::System::Performance::*;
use wharf_win32::Win32::System::SystemInformation::*;
use wharf_win32::Win32::System::Threading::GetProcessTimes;
use wharf_win32::Win32::System::Time::*;

const CURRENT_PROCESS: *mut std::ffi::c_void = usize::MAX as *mut _;

/// F29.
#[test]
fn counters_do_not_go_back() {
    let (mut first, mut second, mut frequency) = (0, 0, 0);
    // SAFETY: variables of this test; null is refused.
    unsafe {
        assert_eq!(QueryPerformanceFrequency(&raw mut frequency), 1);
        assert_eq!(QueryPerformanceCounter(&raw mut first), 1);
        assert_eq!(QueryPerformanceCounter(&raw mut second), 1);
        assert_eq!((QueryPerformanceCounter(null_mut()), GetLastError()), (0, 998));
    }
    assert!(frequency == 10_000_000 && second >= first);
    let before = GetTickCount64();
    let (short, multimedia) = (GetTickCount(), timeGetTime());
    let after = GetTickCount64();
    let within = |count: u32| count.wrapping_sub(before as u32) <= (after - before) as u32;
    assert!(within(short) && within(multimedia));
    assert_eq!((timeBeginPeriod(1), timeEndPeriod(1), timeBeginPeriod(0)), (0, 0, 97));
}

#[test]
fn now_is_now() {
    let (mut time, mut date, mut back) =
        (FILETIME::default(), SYSTEMTIME::default(), FILETIME::default());
    // SAFETY: variables of this test; null is refused.
    unsafe {
        GetSystemTimeAsFileTime(&raw mut time);
        let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let ticks = u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
        let expected = u64::try_from(unix.as_nanos() / 100).unwrap() + 116_444_736_000_000_000;
        assert!(expected - ticks < 600_000_000, "within a minute");
        assert_eq!(FileTimeToSystemTime(&raw const time, &raw mut date), 1);
        assert_eq!(SystemTimeToFileTime(&raw const date, &raw mut back), 1);
        assert_eq!(CompareFileTime(&raw const back, &raw const time), -1, "milliseconds are less");
        date.wMonth = 13;
        assert_eq!((SystemTimeToFileTime(&raw const date, &raw mut back), GetLastError()), (0, 87));
        GetLocalTime(null_mut());
        assert_eq!(GetLastError(), 998);
    }
}

#[test]
fn the_process_has_used_time() {
    let mut times = [FILETIME::default(); 4];
    let at = times.as_mut_ptr();
    // SAFETY: room for four times; `at` is the only way to them until the block ends.
    unsafe {
        let exit = at.add(1);
        assert_eq!(GetProcessTimes(CURRENT_PROCESS, at, exit, at.add(2), at.add(3)), 1);
        let mut now = FILETIME::default();
        GetSystemTimeAsFileTime(&raw mut now);
        assert_eq!(CompareFileTime(at, &raw const now), -1);
        assert_eq!(GetProcessTimes(null_mut(), at, exit, at, at), 0);
        assert_eq!(GetLastError(), 6);
    }
    assert_eq!(times[1], FILETIME::default());
}

/// Values of Automation's documentation: 1 January 1900 is 2, noon is a half; before the epoch the fraction still adds.
#[test]
fn automation_dates() {
    let date = SYSTEMTIME { wYear: 1900, wMonth: 1, wDay: 1, wHour: 12, ..SYSTEMTIME::default() };
    let mut variant = 0.0;
    let mut back = SYSTEMTIME::default();
    // SAFETY: variables of this test.
    unsafe {
        assert_eq!(SystemTimeToVariantTime(&raw const date, &raw mut variant), 1);
        assert!((variant - 2.5_f64).abs() < 1e-9, "{variant}");
        assert_eq!(VariantTimeToSystemTime(-1.25, &raw mut back), 1);
    }
    assert_eq!((back.wYear, back.wMonth, back.wDay, back.wHour), (1899, 12, 29, 6));
}

#[test]
fn a_thread_has_used_time() {
    use wharf_win32::Win32::System::Threading::{GetCurrentThread, GetThreadTimes};
    let mut times = [FILETIME::default(); 4];
    let at = times.as_mut_ptr();
    // SAFETY: room for four times; `at` is the only way to them until the block ends.
    unsafe {
        let current = GetCurrentThread();
        assert_eq!(GetThreadTimes(current, at, at.add(1), at.add(2), at.add(3)), 1);
        let mut now = FILETIME::default();
        GetSystemTimeAsFileTime(&raw mut now);
        assert_eq!(CompareFileTime(at, &raw const now), -1);
        assert_eq!((GetThreadTimes(null_mut(), at, at, at, at), GetLastError()), (0, 6));
    }
}
