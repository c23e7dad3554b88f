//! What identifies the content served now: its entity tag and its time of modification.
//!
//! A file's tag is made of inode, size and modification time, which the descriptor that is about
//! to be read gives for nothing; hashing many GB would not. It is **strong**, so that a broken
//! download can go on (If-Range and If-Match take no weak tag), but for a file changed in the last
//! seconds it is **weak**: a second change within one tick of the file system's clock, to the same
//! size, would leave all three as they were. What remains is a program that changes a file and
//! puts the old time back; who needs that must not serve the file while doing it.

use std::hash::{DefaultHasher, Hasher};

use rustix::fs::Stat;

use super::date;
use super::reply::Reply;
use super::tags::EntityTag;

/// The coarsest clock among the usual file systems, that of FAT.
const CLOCK_TICK_SECONDS: i64 = 2;

pub(super) struct Validators {
    weak: bool,
    opaque: Opaque,
    /// Never after the moment of the answer (RFC 9110 section 8.8.2.1); a generated page has none.
    modified: Option<i64>,
}

/// Numbers in hexadecimal with dashes between, as the opaque part of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Opaque {
    text: [u8; 67],
    len: usize,
}

impl Opaque {
    /// At most four numbers.
    fn of(numbers: &[u64]) -> Self {
        let mut opaque = Opaque { text: [b'-'; 67], len: 0 };
        for (at, number) in numbers.iter().enumerate() {
            let dash = usize::from(at > 0);
            let digits = (67 - number.leading_zeros().min(63)) as usize / 4;
            for digit in 0..digits {
                let value = (number >> (4 * (digits - 1 - digit))) & 15;
                opaque.text[opaque.len + dash + digit] = b"0123456789abcdef"[value as usize];
            }
            opaque.len += dash + digits;
        }
        opaque
    }

    fn as_bytes(&self) -> &[u8] {
        &self.text[..self.len]
    }

    fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).expect("digits and dashes")
    }
}

impl Validators {
    pub(super) fn of_file(stat: &Stat, now: i64) -> Self {
        let (seconds, nanoseconds) = (stat.st_mtime, stat.st_mtime_nsec);
        Self {
            weak: seconds > now.saturating_sub(CLOCK_TICK_SECONDS + 1),
            opaque: Opaque::of(&[
                stat.st_ino,
                stat.st_size.cast_unsigned(),
                seconds.cast_unsigned(),
                nanoseconds,
            ]),
            modified: Some(seconds.min(now)),
        }
    }

    /// The tag of a generated page is of its bytes, and weak: 64 bits of a hash made for tables do
    /// not prove that two pages are one, and nobody resumes a listing.
    pub(super) fn of_page(page: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(page);
        Self { weak: true, opaque: Opaque::of(&[hasher.finish()]), modified: None }
    }

    pub(super) fn tag(&self) -> EntityTag<'_> {
        EntityTag { weak: self.weak, opaque: self.opaque.as_bytes() }
    }

    pub(super) fn modified(&self) -> Option<i64> {
        self.modified
    }

    /// Whether the content cannot have changed within the second that `modified` names.
    pub(super) fn settled(&self) -> bool {
        !self.weak
    }

    /// The fields by which the client names this content next time.
    pub(super) fn describe(&self, reply: Reply) -> Reply {
        let mark = if self.weak { "W/" } else { "" };
        let reply = reply.field("ETag", format_args!("{mark}\"{}\"", self.opaque.as_str()));
        match self.modified.and_then(date::format) {
            Some(date) => reply.text_field("Last-Modified", &date),
            None => reply,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    /// Goal: the tag follows inode, size and time down to the nanosecond, and it is strong exactly
    /// when the time lies far enough back.
    #[test]
    fn file_tags() {
        let dir = tempfile::tempdir().unwrap();
        let stat = |name: &str, bytes: &[u8], time: Duration| {
            let path = dir.path().join(name);
            fs::write(&path, bytes).unwrap();
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_modified(UNIX_EPOCH + time).unwrap();
            rustix::fs::fstat(file).unwrap()
        };
        let tag = |stat: Stat, now| {
            let validators = Validators::of_file(&stat, now);
            (validators.opaque, validators.weak, validators.modified)
        };
        let at = Duration::new(1000, 5);
        let first = tag(stat("a", b"1", at), 1003);
        assert_eq!((first.1, first.2), (false, Some(1000)));
        assert_eq!(tag(stat("a", b"2", at), 1003).0, first.0, "same three, same tag");
        assert_ne!(tag(stat("a", b"22", at), 1003).0, first.0, "size");
        assert_ne!(tag(stat("a", b"1", at + Duration::from_nanos(1)), 1003).0, first.0, "time");
        assert_ne!(tag(stat("b", b"1", at), 1003).0, first.0, "inode");
        assert!(tag(stat("a", b"1", at), 1002).1, "just changed");
        let future = tag(stat("a", b"1", at), 900);
        assert_eq!((future.1, future.2), (true, Some(900)));
    }

    /// Goal: numbers of every length, up to the longest tag there is.
    #[test]
    fn numbers() {
        let table: [(&[u64], &str); 5] = [
            (&[], ""),
            (&[0], "0"),
            (&[15, 16, 0x100], "f-10-100"),
            (&[0x0123_4567_89ab_cdef], "123456789abcdef"),
            (&[u64::MAX; 4], "ffffffffffffffff-ffffffffffffffff-ffffffffffffffff-ffffffffffffffff"),
        ];
        for (numbers, want) in table {
            assert_eq!(Opaque::of(numbers).as_str(), want);
        }
    }

    /// Goal: a page's tag is of its bytes.
    #[test]
    fn page_tags() {
        let opaque = |page: &[u8]| Validators::of_page(page).opaque;
        assert_eq!(opaque(b"a"), opaque(b"a"));
        assert_ne!(opaque(b"a"), opaque(b"b"));
        assert!(!Validators::of_page(b"a").settled());
    }
}
