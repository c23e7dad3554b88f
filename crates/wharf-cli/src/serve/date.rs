//! Time as HTTP writes it: whole seconds since 1970, and the form in which they travel.
//!
//! `httpdate` panics on a time before 1970 or after 9999, and a file's time may be either, for
//! anybody who owns a file sets its time. Every conversion therefore passes here.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The first second of the year 10000, which four digits cannot write.
const YEAR_10000: u64 = 253_402_300_800;

/// A clock set before 1970 reads as 1970.
pub(super) fn now() -> i64 {
    seconds(SystemTime::now())
}

/// `None` for a time that the format cannot express; its field is then left out.
pub(super) fn format(seconds: i64) -> Option<String> {
    let seconds = u64::try_from(seconds).ok().filter(|&seconds| seconds < YEAR_10000)?;
    Some(httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds)))
}

/// As [`format()`], for a time that is asked for again and again: that of the answer.
pub(super) fn format_now(seconds: i64) -> Option<Rc<str>> {
    thread_local! {
        static LAST: RefCell<(i64, Option<Rc<str>>)> = const { RefCell::new((i64::MIN, None)) };
    }
    LAST.with_borrow_mut(|last| {
        if last.0 != seconds {
            *last = (seconds, format(seconds).map(Rc::from));
        }
        last.1.clone()
    })
}

/// `None` for what is not a date, which a recipient has to treat as absent.
pub(super) fn parse(value: &[u8]) -> Option<i64> {
    httpdate::parse_http_date(str::from_utf8(value).ok()?).ok().map(seconds)
}

fn seconds(time: SystemTime) -> i64 {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    i64::try_from(since_1970).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Random;
    use super::*;

    /// Goal: both ends of what can be written, and nothing beyond them, however far.
    #[test]
    fn format_has_ends() {
        let last = i64::try_from(YEAR_10000).unwrap() - 1;
        assert_eq!(format(0).as_deref(), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        assert_eq!(format(last).as_deref(), Some("Fri, 31 Dec 9999 23:59:59 GMT"));
        for seconds in [0, 0, last, 0] {
            assert_eq!(format_now(seconds).as_deref(), format(seconds).as_deref());
        }
        for beyond in [-1, i64::MIN, last + 1, i64::MAX] {
            assert_eq!(format(beyond), None, "{beyond}");
            assert_eq!(format_now(beyond), None, "{beyond}");
        }
    }

    /// Goal: the three forms of RFC 9110 section 5.6.7 are one date, everything else is none.
    #[test]
    fn parse_forms() {
        let forms: [&[u8]; 3] = [
            b"Sun, 06 Nov 1994 08:49:37 GMT",
            b"Sunday, 06-Nov-94 08:49:37 GMT",
            b"Sun Nov  6 08:49:37 1994",
        ];
        for form in forms {
            assert_eq!(parse(form), Some(784_111_777));
        }
        let others: [&[u8]; 8] = [
            b"",
            b"0",
            b"yesterday",
            b"Mon, 06 Nov 1994 08:49:37 GMT",
            b"Sun, 06 Nov 1994 08:49:37 CET",
            b"Thu, 31 Feb 2000 00:00:00 GMT",
            b"Sun, 06 Nov 0000 08:49:37 GMT",
            b"\xff\xfe",
        ];
        for other in others {
            assert_eq!(parse(other), None, "{other:?}");
        }
    }

    /// Goal: no bytes make the parser panic. Method: valid forms, cut and overwritten at random.
    #[test]
    fn parse_survives() {
        let mut random = Random::seeded();
        for _ in 0..20_000 {
            let forms = ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"];
            let mut bytes = forms[random.below(2)].as_bytes().to_vec();
            for _ in 0..random.below(4) {
                let at = random.below(bytes.len());
                bytes[at] = random.byte();
            }
            bytes.truncate(random.below(bytes.len() + 1));
            parse(&bytes);
        }
    }
}
