//! The preconditions of a request, in the order of RFC 9110 section 13.2.2.

use super::date;
use super::request::Fields;
use super::tags::{self, EntityTag};
use super::validators::Validators;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Proceed,
    /// 304: the client has this content.
    NotModified,
    /// 412: the client meant other content.
    Failed,
}

/// For GET and HEAD. What a client wrote wrongly protects it still: an If-Match whose list is no
/// list matches nothing and fails, while the three others, if garbled, are as though absent.
pub(super) fn evaluate(fields: &Fields<'_>, current: &Validators) -> Outcome {
    let met = if fields.has("if-match") {
        matches(fields, "if-match", |tag| tag.equals_strongly(current.tag()))
    } else {
        compare(fields, "if-unmodified-since", current).unwrap_or(true)
    };
    if !met {
        return Outcome::Failed;
    }
    let known = if fields.has("if-none-match") {
        matches(fields, "if-none-match", |tag| tag.equals_weakly(current.tag()))
    } else {
        compare(fields, "if-modified-since", current).unwrap_or(false)
    };
    if known { Outcome::NotModified } else { Outcome::Proceed }
}

/// Whether the part asked for belongs to the content the client has a part of. Only certainty
/// counts: two halves of different files would make a file that never was.
pub(super) fn range_applies(fields: &Fields<'_>, current: &Validators) -> bool {
    if !fields.has("if-range") {
        return true;
    }
    let Some(value) = fields.only("if-range") else { return false };
    match tags::single(value) {
        Some(tag) => tag.equals_strongly(current.tag()),
        None => {
            let date = date::parse(value);
            date.is_some() && date == current.modified() && current.settled()
        }
    }
}

/// `*` stands for any content, and there is some, or we would not be here.
fn matches(fields: &Fields<'_>, name: &str, same: impl Fn(EntityTag<'_>) -> bool) -> bool {
    fields.all(name).any(|value| value == b"*" || tags::list(value).any(&same))
}

/// Whether the content is no newer than the date of the field; `None` if there is no such date, or
/// none to compare it with.
fn compare(fields: &Fields<'_>, name: &str, current: &Validators) -> Option<bool> {
    let date = date::parse(fields.only(name)?)?;
    Some(current.modified()? <= date)
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::super::request::{FIELD_LINES, Request};
    use super::*;

    const OLD: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const SAME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const NEW: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    /// The file is of `SAME`; `fresh` makes its tag weak.
    fn with<T>(lines: &str, fresh: bool, ask: impl Fn(&Fields<'_>, &Validators) -> T) -> T {
        let file = tempfile::tempfile().unwrap();
        let mut stat = rustix::fs::fstat(&file).unwrap();
        (stat.st_ino, stat.st_size, stat.st_mtime_nsec) = (1, 2, 3);
        stat.st_mtime = 784_111_777;
        let current = Validators::of_file(&stat, stat.st_mtime + if fresh { 0 } else { 100 });
        let tag = String::from_utf8(current.tag().opaque.to_vec()).unwrap();
        let lines = lines.replace("OLD", OLD).replace("SAME", SAME).replace("NEW", NEW);
        let head = format!("GET / HTTP/1.1\r\n{}\r\n\r\n", lines.replace("TAG", &tag));
        let mut slots = [const { MaybeUninit::uninit() }; FIELD_LINES];
        ask(&Request::parse(head.as_bytes(), &mut slots).unwrap().fields, &current)
    }

    /// Goal: every step of the order, alone and before the later ones, and garbled fields.
    #[test]
    fn preconditions() {
        use Outcome::{Failed, NotModified, Proceed};
        let table = [
            ("A: b", Proceed),
            ("If-Match: \"TAG\"", Proceed),
            ("If-Match: \"x\", \"TAG\"", Proceed),
            ("If-Match: \"x\"\r\nIf-Match: \"TAG\"", Proceed),
            ("If-Match: *", Proceed),
            ("If-Match: \"x\"", Failed),
            ("If-Match: W/\"TAG\"", Failed),
            ("If-Match: TAG", Failed),
            ("If-Match:", Failed),
            ("If-Unmodified-Since: SAME", Proceed),
            ("If-Unmodified-Since: NEW", Proceed),
            ("If-Unmodified-Since: OLD", Failed),
            ("If-Unmodified-Since: never", Proceed),
            ("If-Unmodified-Since: OLD\r\nIf-Unmodified-Since: OLD", Proceed),
            ("If-Match: \"TAG\"\r\nIf-Unmodified-Since: OLD", Proceed),
            ("If-None-Match: \"TAG\"", NotModified),
            ("If-None-Match: W/\"TAG\"", NotModified),
            ("If-None-Match: *", NotModified),
            ("If-None-Match: \"x\"", Proceed),
            ("If-None-Match: TAG", Proceed),
            ("If-Modified-Since: SAME", NotModified),
            ("If-Modified-Since: NEW", NotModified),
            ("If-Modified-Since: OLD", Proceed),
            ("If-Modified-Since: 784111777", Proceed),
            ("If-None-Match: \"x\"\r\nIf-Modified-Since: NEW", Proceed),
            ("If-None-Match: \"TAG\"\r\nIf-Modified-Since: OLD", NotModified),
            ("If-Match: \"x\"\r\nIf-None-Match: \"TAG\"", Failed),
            ("If-Unmodified-Since: OLD\r\nIf-Modified-Since: NEW", Failed),
            ("If-Match: *\r\nIf-None-Match: \"TAG\"", NotModified),
        ];
        for (lines, want) in table {
            assert_eq!(with(lines, false, evaluate), want, "{lines}");
        }
        assert_eq!(with("If-Match: \"TAG\"", true, evaluate), Failed, "weak tag");
        assert_eq!(with("If-None-Match: \"TAG\"", true, evaluate), NotModified, "weak tag");
    }

    /// Goal: a part is sent only on a strong proof that it fits.
    #[test]
    fn if_range() {
        let table = [
            ("A: b", true, true),
            ("If-Range: \"TAG\"", true, false),
            ("If-Range: W/\"TAG\"", false, false),
            ("If-Range: \"x\"", false, false),
            ("If-Range: \"TAG\", \"x\"", false, false),
            ("If-Range: *", false, false),
            ("If-Range: SAME", true, false),
            ("If-Range: NEW", false, false),
            ("If-Range: OLD", false, false),
            ("If-Range: never", false, false),
            ("If-Range: \"TAG\"\r\nIf-Range: \"TAG\"", false, false),
        ];
        for (lines, settled, fresh) in table {
            assert_eq!(with(lines, false, range_applies), settled, "{lines}");
            assert_eq!(with(lines, true, range_applies), fresh, "fresh, {lines}");
        }
    }
}
