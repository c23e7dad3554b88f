//! Dates of the proleptic Gregorian calendar, as FILETIME counts them: from 1 January 1601.
//!
//! Reference: the algorithms over years that begin in March, which are common knowledge.

/// A date and a time of day; SYSTEMTIME.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SYSTEMTIME {
    /// 1601 to 30827.
    pub wYear: u16,
    /// 1 to 12.
    pub wMonth: u16,
    /// 0 is Sunday.
    pub wDayOfWeek: u16,
    /// 1 to 31.
    pub wDay: u16,
    /// 0 to 23.
    pub wHour: u16,
    /// 0 to 59.
    pub wMinute: u16,
    /// 0 to 59.
    pub wSecond: u16,
    /// 0 to 999.
    pub wMilliseconds: u16,
}

pub(crate) const TICKS_PER_SECOND: u64 = 10_000_000;
const TICKS_PER_DAY: u64 = 86_400 * TICKS_PER_SECOND;
/// Days from 1 March of year 0 to 1 January 1601.
const EPOCH: u64 = 584_694;

/// The date of a count of 100 ns since 1601; none beyond the 63 bits that Windows takes.
pub(crate) fn date(ticks: u64) -> Option<SYSTEMTIME> {
    if ticks >> 63 != 0 {
        return None;
    }
    let (day, rest) = (ticks / TICKS_PER_DAY, ticks % TICKS_PER_DAY);
    // Day and year in a calendar whose years begin in March, and leap days therefore end one.
    let shifted = day + EPOCH;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let milliseconds = rest / 10_000;
    let part = |value: u64| u16::try_from(value).ok();
    Some(SYSTEMTIME {
        wYear: part(year)?,
        wMonth: part(month)?,
        // 1 January 1601 was a Monday.
        wDayOfWeek: part((day + 1) % 7)?,
        wDay: part(of_year - (153 * march + 2) / 5 + 1)?,
        wHour: part(milliseconds / 3_600_000)?,
        wMinute: part(milliseconds / 60_000 % 60)?,
        wSecond: part(milliseconds / 1000 % 60)?,
        wMilliseconds: part(milliseconds % 1000)?,
    })
}

/// The count of a date; none for one that does not exist. The day of the week is not looked at.
pub(crate) fn ticks(date: &SYSTEMTIME) -> Option<u64> {
    let sane = (1601..=30827).contains(&date.wYear)
        && (1..=12).contains(&date.wMonth)
        && (1..=days_in(date.wYear, date.wMonth)).contains(&date.wDay)
        && date.wHour < 24
        && date.wMinute < 60
        && date.wSecond < 60
        && date.wMilliseconds < 1000;
    if !sane {
        return None;
    }
    let month = u64::from(date.wMonth);
    let year = u64::from(date.wYear) - u64::from(month <= 2);
    let march = if month > 2 { month - 3 } else { month + 9 };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * march + 2) / 5 + u64::from(date.wDay) - 1;
    let day = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH;
    let seconds =
        u64::from(date.wHour) * 3600 + u64::from(date.wMinute) * 60 + u64::from(date.wSecond);
    Some(day * TICKS_PER_DAY + seconds * TICKS_PER_SECOND + u64::from(date.wMilliseconds) * 10_000)
}

fn days_in(year: u16, month: u16) -> u16 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_counts_agree() {
        let first = date(0).unwrap();
        assert_eq!((first.wYear, first.wMonth, first.wDay, first.wDayOfWeek), (1601, 1, 1, 1));
        // 1 January 1970, a Thursday; 29 February 2024, a Thursday too.
        let unix = date(116_444_736_000_000_000).unwrap();
        assert_eq!((unix.wYear, unix.wMonth, unix.wDay, unix.wDayOfWeek), (1970, 1, 1, 4));
        let leap = SYSTEMTIME { wYear: 2024, wMonth: 2, wDay: 29, wHour: 23, ..first };
        assert_eq!(date(ticks(&leap).unwrap()).unwrap().wDayOfWeek, 4);
        for step in 0..200_000_u64 {
            let count = step * 46_000_000_000_003 / 10_000 * 10_000;
            let Some(found) = date(count) else { break };
            assert_eq!(ticks(&found), Some(count), "{found:?}");
        }
    }

    #[test]
    fn dates_that_do_not_exist() {
        let good = SYSTEMTIME { wYear: 2023, wMonth: 2, wDay: 28, ..SYSTEMTIME::default() };
        assert!(ticks(&good).is_some());
        for bad in [
            SYSTEMTIME { wDay: 29, ..good },
            SYSTEMTIME { wDay: 0, ..good },
            SYSTEMTIME { wMonth: 13, ..good },
            SYSTEMTIME { wYear: 1600, ..good },
            SYSTEMTIME { wHour: 24, ..good },
            SYSTEMTIME { wMilliseconds: 1000, ..good },
        ] {
            assert_eq!(ticks(&bad), None, "{bad:?}");
        }
        assert_eq!(date(1 << 63), None);
    }
}
