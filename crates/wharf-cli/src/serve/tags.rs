//! Entity tags: their form, their lists, their two comparisons (RFC 9110 section 8.8.3).

/// A tag of a client's list, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EntityTag<'a> {
    pub(super) weak: bool,
    pub(super) opaque: &'a [u8],
}

impl EntityTag<'_> {
    /// Same bytes, as far as both servers know: good enough to say "not modified".
    pub(super) fn equals_weakly(self, other: EntityTag<'_>) -> bool {
        self.opaque == other.opaque
    }

    /// Same bytes for certain: needed before bytes are combined with those of another time.
    pub(super) fn equals_strongly(self, other: EntityTag<'_>) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }
}

/// The tags of one field line, up to the first thing that is none. Commas may stand inside a tag,
/// so the list cannot be split at them.
pub(super) fn list(mut rest: &[u8]) -> impl Iterator<Item = EntityTag<'_>> {
    std::iter::from_fn(move || {
        while let [b' ' | b'\t' | b',', tail @ ..] = rest {
            rest = tail;
        }
        let (tag, tail) = first(rest)?;
        rest = tail;
        Some(tag)
    })
}

/// The tag that is the whole value, as If-Range carries it.
pub(super) fn single(value: &[u8]) -> Option<EntityTag<'_>> {
    first(value).filter(|(_, tail)| tail.is_empty()).map(|(tag, _)| tag)
}

fn first(bytes: &[u8]) -> Option<(EntityTag<'_>, &[u8])> {
    let unmarked = bytes.strip_prefix(b"W/");
    let quoted = unmarked.unwrap_or(bytes).strip_prefix(b"\"")?;
    let end = quoted.iter().position(|&byte| byte == b'"')?;
    let (opaque, tail) = (&quoted[..end], &quoted[end + 1..]);
    let closed = matches!(tail, [] | [b' ' | b'\t' | b',', ..]);
    let valid = opaque.iter().all(|&byte| byte > b' ' && byte != 0x7f);
    (closed && valid).then_some((EntityTag { weak: unmarked.is_some(), opaque }, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(value: &str) -> String {
        let tags = list(value.as_bytes()).map(|tag| {
            let mark = if tag.weak { "w" } else { "s" };
            format!("{mark}:{}", String::from_utf8_lossy(tag.opaque))
        });
        tags.collect::<Vec<_>>().join(" ")
    }

    /// Goal: every form of the list, and where a malformed one ends.
    #[test]
    fn lists() {
        let table = [
            ("", ""),
            (",, ,", ""),
            (r#""a""#, "s:a"),
            (r#""""#, "s:"),
            (r#"W/"a""#, "w:a"),
            (r#""a", W/"b" ,"c""#, "s:a w:b s:c"),
            (r#""a,b", "c""#, "s:a,b s:c"),
            (r#",, "a",,"b""#, "s:a s:b"),
            (r#""é""#, "s:é"),
            ("a", ""),
            ("*", ""),
            (r#"w/"a""#, ""),
            (r#"W/ "a""#, ""),
            (r#""a"#, ""),
            (r#""a b""#, ""),
            (r#""a""b""#, ""),
            (r#""a", b, "c""#, "s:a"),
        ];
        for (value, want) in table {
            assert_eq!(listed(value), want, "{value}");
        }
    }

    /// Goal: a single tag is the whole value.
    #[test]
    fn singles() {
        assert_eq!(single(br#""a""#), Some(EntityTag { weak: false, opaque: b"a" }));
        for value in [r#""a","b""#, r#""a" "#, r#" "a""#, "", "a"] {
            assert_eq!(single(value.as_bytes()), None, "{value}");
        }
    }

    /// Goal: the table of RFC 9110 section 8.8.3.2.
    #[test]
    fn comparisons() {
        let tag = |weak, opaque: &'static str| EntityTag { weak, opaque: opaque.as_bytes() };
        let table = [
            (tag(true, "1"), tag(true, "1"), false, true),
            (tag(true, "1"), tag(true, "2"), false, false),
            (tag(true, "1"), tag(false, "1"), false, true),
            (tag(false, "1"), tag(true, "1"), false, true),
            (tag(false, "1"), tag(false, "1"), true, true),
            (tag(false, "1"), tag(false, "2"), false, false),
        ];
        for (left, right, strong, weak) in table {
            assert_eq!(left.equals_strongly(right), strong, "{left:?} {right:?}");
            assert_eq!(left.equals_weakly(right), weak, "{left:?} {right:?}");
        }
    }
}
