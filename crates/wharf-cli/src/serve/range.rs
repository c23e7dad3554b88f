//! Which bytes of a file a Range field asks for (RFC 9110 section 14.1.2).
//!
//! Against absurd requests (section 14.2 allows ignoring them): more than a few ranges, or two that
//! overlap, are answered with the whole file. So no byte is ever sent twice in one answer, and what
//! the parts add to the file's length is bounded by their number.

/// Readers of PDF and of media indexes ask for two or three; past this the whole is less work.
const RANGES: usize = 8;

/// At least one byte: `first <= last`, and `last` lies in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: u64,
    pub(super) last: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// As though the field were not there.
    Whole,
    /// 416.
    Unsatisfiable,
    /// In the order asked for, without overlap, at least one.
    Spans(Vec<Span>),
}

impl Span {
    pub(super) fn len(self) -> u64 {
        self.last - self.first + 1
    }

    fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// What the field's `value` selects of `len` bytes. An empty file has no bytes to select and no
/// range to write in a Content-Range: players that always ask for `bytes=0-` get their empty 200.
pub(super) fn select(value: &[u8], len: u64) -> Selection {
    let Some(specs) = parse(value).filter(|_| len > 0) else { return Selection::Whole };
    let spans: Vec<Span> = specs.iter().filter_map(|spec| spec.within(len)).collect();
    let overlap = |(at, span): (usize, &Span)| spans[..at].iter().any(|one| one.overlaps(*span));
    if spans.is_empty() {
        Selection::Unsatisfiable
    } else if spans.iter().enumerate().any(overlap) {
        Selection::Whole
    } else {
        Selection::Spans(spans)
    }
}

enum Spec {
    From { first: u64, last: u64 },
    Suffix(u64),
}

impl Spec {
    fn within(&self, len: u64) -> Option<Span> {
        match *self {
            Self::From { first, last } => {
                (first < len).then_some(Span { first, last: last.min(len - 1) })
            }
            Self::Suffix(count) => {
                (count > 0).then_some(Span { first: len.saturating_sub(count), last: len - 1 })
            }
        }
    }
}

/// `None` for another unit, a malformed member, none at all or too many.
fn parse(value: &[u8]) -> Option<Vec<Spec>> {
    let at = value.iter().position(|&byte| byte == b'=')?;
    if !value[..at].eq_ignore_ascii_case(b"bytes") {
        return None;
    }
    let members = value[at + 1..].split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    let mut specs = Vec::new();
    for member in members.filter(|member| !member.is_empty()) {
        if specs.len() == RANGES {
            return None;
        }
        specs.push(parse_spec(member)?);
    }
    (!specs.is_empty()).then_some(specs)
}

fn parse_spec(member: &[u8]) -> Option<Spec> {
    let dash = member.iter().position(|&byte| byte == b'-')?;
    match (&member[..dash], &member[dash + 1..]) {
        ([], count) => Some(Spec::Suffix(number(count)?)),
        (first, []) => Some(Spec::From { first: number(first)?, last: u64::MAX }),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Spec::From { first, last })
        }
    }
}

/// A number past 64 bits is past every file too, so it stops at the largest.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let append =
        |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add((digit - b'0').into());
    Some(digits.iter().fold(0, append))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(value: &str, len: u64) -> String {
        match select(value.as_bytes(), len) {
            Selection::Whole => "whole".to_owned(),
            Selection::Unsatisfiable => "none".to_owned(),
            Selection::Spans(spans) => {
                let shown = spans.iter().map(|span| format!("{}-{}", span.first, span.last));
                shown.collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// Goal: every form, its limits, and every absurdity.
    #[test]
    fn selections() {
        let table = [
            ("bytes=0-0", "0-0"),
            ("bytes=0-9", "0-9"),
            ("bytes=0-10", "0-9"),
            ("bytes=9-", "9-9"),
            ("bytes=10-", "none"),
            ("bytes=10-20", "none"),
            ("bytes=-1", "9-9"),
            ("bytes=-10", "0-9"),
            ("bytes=-11", "0-9"),
            ("bytes=-0", "none"),
            ("BYTES=1-2", "1-2"),
            ("bytes= 1-2 , 4-5", "1-2 4-5"),
            ("bytes=,1-2,,", "1-2"),
            ("bytes=4-5,1-2", "4-5 1-2"),
            ("bytes=1-2,10-", "1-2"),
            ("bytes=10-,-0", "none"),
            ("bytes=0-4,5-9", "0-4 5-9"),
            ("bytes=0-4,4-9", "whole"),
            ("bytes=4-9,0-4", "whole"),
            ("bytes=0-,0-,0-", "whole"),
            ("bytes=0-1,4-5,-9", "whole"),
            ("bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7", "0-0 1-1 2-2 3-3 4-4 5-5 6-6 7-7"),
            ("bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8", "whole"),
            ("bytes=18446744073709551615-", "none"),
            ("bytes=99999999999999999999999999-", "none"),
            ("bytes=18446744073709551620-", "none"),
            ("bytes=1-99999999999999999999999999", "1-9"),
            ("bytes=-99999999999999999999999999", "0-9"),
            ("bytes=2-1", "whole"),
            ("bytes=1-2,2-1", "whole"),
            ("bytes=", "whole"),
            ("bytes=,", "whole"),
            ("bytes=-", "whole"),
            ("bytes=1", "whole"),
            ("bytes=a-b", "whole"),
            ("bytes=1-2-3", "whole"),
            ("bytes=--1", "whole"),
            ("bytes=+1-2", "whole"),
            ("bytes=1 - 2", "whole"),
            ("bytes=0x1-", "whole"),
            ("bytes 1-2", "whole"),
            ("bytes =1-2", "whole"),
            ("lines=1-2", "whole"),
            ("=1-2", "whole"),
            ("", "whole"),
        ];
        for (value, want) in table {
            assert_eq!(show(value, 10), want, "{value}");
        }
        for value in ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0"] {
            assert_eq!(show(value, 0), "whole", "{value} of nothing");
        }
        assert_eq!(show("bytes=-1", u64::MAX), "18446744073709551614-18446744073709551614");
    }
}
