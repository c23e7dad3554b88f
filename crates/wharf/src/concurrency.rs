//! How many workers a port lets run.

use std::num::NonZeroU32;
use std::thread;

/// The concurrency value of a port: how many of its workers run at a time.
///
/// It counts workers that *run*. One that blocks does not count, and another is released in its place;
/// a pool therefore has more workers than this value, by as many as may be blocked at once.
///
/// ```
/// use wharf::Concurrency;
/// assert_eq!(Concurrency::from(3).get(), 3);
/// assert_eq!(Concurrency::from(0), Concurrency::PerProcessor); // as for CreateIoCompletionPort
/// assert!(Concurrency::PerProcessor.get() >= 1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Concurrency {
    /// One running worker for each processor that is online, counted when the port is made. The
    /// processors of the system count, whatever the affinity of the process.
    #[default]
    PerProcessor,
    /// This many.
    Exactly(NonZeroU32),
}

impl Concurrency {
    /// The number that this is, here and now.
    #[must_use]
    pub fn get(self) -> u32 {
        self.value().get()
    }

    pub(crate) fn value(self) -> NonZeroU32 {
        match self {
            Concurrency::PerProcessor => processors(),
            Concurrency::Exactly(value) => value,
        }
    }
}

impl From<u32> for Concurrency {
    fn from(value: u32) -> Self {
        NonZeroU32::new(value).map_or(Concurrency::PerProcessor, Concurrency::Exactly)
    }
}

/// Processors online (Documentation/admin-guide/cputopology.rst); where sysfs is not mounted, those
/// that the process may use.
fn processors() -> NonZeroU32 {
    let online = std::fs::read_to_string("/sys/devices/system/cpu/online")
        .ok()
        .and_then(|list| count(&list));
    let allowed = || thread::available_parallelism().ok().and_then(|n| u32::try_from(n.get()).ok());
    online.or_else(allowed).and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
}

/// Counts a list such as `0-3,8`.
fn count(list: &str) -> Option<u32> {
    list.trim().split(',').try_fold(0_u32, |sum, range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
        sum.checked_add(last.checked_sub(first)?.checked_add(1)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors() {
        let cases = [
            ("0\n", Some(1)),
            ("0-3\n", Some(4)),
            ("0-3,8,10-11\n", Some(7)),
            ("", None),
            ("3-1", None),
        ];
        for (list, expected) in cases {
            assert_eq!(count(list), expected, "{list:?}");
        }
        assert_eq!(count("0-4294967295"), None, "overflow");
    }
}
