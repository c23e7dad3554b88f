//! How long to wait, and until when: the project's one conversion of time-outs.
//!
//! A caller's time-out, a [`Duration`] or Windows' milliseconds, becomes a [`Deadline`] at the start of
//! the call, and each sleep on the way asks the deadline what [`Remaining`] time to give the kernel. The
//! clock is the caller's: nanoseconds of one monotonic clock, which stops while the system is suspended
//! (A29), such as CLOCK_MONOTONIC. What a time-out reports is not decided here (A28).
//!
//! # Invariants
//! 1. Never early: a deadline passes no sooner than its time-out after the call, and no kernel value is
//!    shorter than what remains, except where it is cut to what the kernel's type holds.
//! 2. A value that is cut, or rounded up, brings the caller back to the same deadline: it asks again.
//! 3. Zero for the kernel means that the deadline has passed; "for ever" means [`Deadline::Never`].
//! 4. Monotone: a longer time-out has no earlier deadline; as the clock advances, what remains shrinks.
//!
//! # References
//! Contract A28, A29, C13.

use std::time::Duration;

/// The number of milliseconds by which Windows' calls mean "without limit".
pub const INFINITE: u32 = 0xFFFF_FFFF;

const NANOS_PER_MILLI: u64 = 1_000_000;
const NANOS_PER_SEC: u64 = 1_000_000_000;

/// How long a caller is ready to wait.
///
/// ```
/// use std::time::Duration;
/// use wharf_core::deadline::{INFINITE, Timeout};
/// assert_eq!(Timeout::from_millis(50), Timeout::from(Some(Duration::from_millis(50))));
/// assert_eq!(Timeout::from_millis(INFINITE), Timeout::from(None));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout(Option<Duration>);

impl Timeout {
    /// From Windows' milliseconds, where [`INFINITE`] is no limit (A29). Callers: the C interface's waits.
    pub const fn from_millis(millis: u32) -> Timeout {
        match millis {
            INFINITE => Timeout(None),
            _ => Timeout(Some(Duration::from_millis(millis as u64))),
        }
    }
}

/// `None` is no limit. Callers: the Rust interface's waits.
impl From<Option<Duration>> for Timeout {
    fn from(timeout: Option<Duration>) -> Timeout {
        Timeout(timeout)
    }
}

/// When a wait ends without result. The order is that of time, so that the earliest of several is `min`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// At once: the call polls (A29).
    Now,
    /// At this many nanoseconds of the caller's clock.
    At(u64),
    /// Never: without limit, or beyond the clock's range (584 years).
    Never,
}

impl Deadline {
    /// The deadline of a call that begins at `now`. Callers: every blocking call, once, on entry.
    ///
    /// ```
    /// use wharf_core::deadline::{Deadline, Timeout};
    /// assert_eq!(Deadline::after(7, Timeout::from_millis(1)), Deadline::At(1_000_007));
    /// assert_eq!(Deadline::after(7, Timeout::from_millis(0)), Deadline::Now);
    /// ```
    pub fn after(now: u64, timeout: Timeout) -> Deadline {
        let Timeout(Some(timeout)) = timeout else {
            return Deadline::Never;
        };
        if timeout.is_zero() {
            return Deadline::Now;
        }
        let nanos = u64::try_from(timeout.as_nanos()).ok();
        nanos.and_then(|nanos| now.checked_add(nanos)).map_or(Deadline::Never, Deadline::At)
    }

    /// The moment as a plain number, for a table of many: [`Deadline::Never`] is the clock's last.
    pub const fn moment(self) -> u64 {
        match self {
            Deadline::Now => 0,
            Deadline::At(at) => at,
            Deadline::Never => u64::MAX,
        }
    }

    /// What is left at `now`. Callers: the loop around a sleep, before each sleep and after each wake-up.
    pub fn remaining(self, now: u64) -> Remaining {
        match self {
            Deadline::Now => Remaining(Some(0)),
            Deadline::At(at) => Remaining(Some(at.saturating_sub(now))),
            Deadline::Never => Remaining(None),
        }
    }
}

/// The time left until a deadline, for the kernel.
///
/// ```
/// use wharf_core::deadline::Deadline;
/// let left = Deadline::At(2_000_000_001).remaining(1_000_000_000);
/// assert_eq!(left.timespec(), Some((1, 1)));
/// assert_eq!(left.millis(), 1001); // rounded up: never early
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining(Option<u64>);

impl Remaining {
    /// Whether the deadline has passed. Callers: the loop around a sleep, to give up.
    pub const fn is_over(self) -> bool {
        matches!(self.0, Some(0))
    }

    /// Seconds and nanoseconds, exact; `None`, for a null pointer, only if the deadline is never.
    /// Callers: epoll_pwait2, futex waits, io_uring time-outs.
    pub const fn timespec(self) -> Option<(i64, u32)> {
        match self.0 {
            // Neither cast cuts: u64::MAX nanoseconds are 1.8e10 seconds.
            Some(nanos) => Some(((nanos / NANOS_PER_SEC) as i64, (nanos % NANOS_PER_SEC) as u32)),
            None => None,
        }
    }

    /// Milliseconds rounded up, at most `i32::MAX` (24 days, after which the caller asks again); -1 only
    /// if the deadline is never. Callers: epoll_wait, where the kernel lacks epoll_pwait2 (before 5.11).
    pub fn millis(self) -> i32 {
        match self.0 {
            Some(nanos) => i32::try_from(nanos.div_ceil(NANOS_PER_MILLI)).unwrap_or(i32::MAX),
            None => -1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MILLI: u64 = 1_000_000;

    /// Goal: every boundary of the way in. Method: time-outs by value, at two clock readings.
    #[test]
    fn time_outs_become_deadlines() {
        let nanos = |n| Some(Duration::from_nanos(n));
        for (timeout, from_zero, from_late) in [
            (nanos(0), Deadline::Now, Deadline::Now),
            (nanos(1), Deadline::At(1), Deadline::At(u64::MAX - 9)),
            (nanos(9), Deadline::At(9), Deadline::At(u64::MAX - 1)),
            (nanos(10), Deadline::At(10), Deadline::At(u64::MAX)),
            (nanos(11), Deadline::At(11), Deadline::Never),
            (nanos(MILLI), Deadline::At(MILLI), Deadline::Never),
            (nanos(u64::MAX), Deadline::At(u64::MAX), Deadline::Never),
            // 2^64 ns: one more than the clock counts.
            (Some(Duration::new(18_446_744_073, 709_551_616)), Deadline::Never, Deadline::Never),
            (Some(Duration::MAX), Deadline::Never, Deadline::Never),
            (None, Deadline::Never, Deadline::Never),
        ] {
            assert_eq!(Deadline::after(0, timeout.into()), from_zero, "{timeout:?}");
            assert_eq!(Deadline::after(u64::MAX - 10, timeout.into()), from_late, "{timeout:?}");
        }
    }

    /// A29: milliseconds as Windows counts them; only the largest number is no limit.
    #[test]
    fn windows_milliseconds() {
        for (millis, deadline) in [
            (0, Deadline::Now),
            (1, Deadline::At(5 + MILLI)),
            (50, Deadline::At(5 + 50 * MILLI)),
            (0x7FFF_FFFF, Deadline::At(5 + 2_147_483_647 * MILLI)),
            (0xFFFF_FFFE, Deadline::At(5 + 4_294_967_294 * MILLI)),
            (0xFFFF_FFFF, Deadline::Never),
        ] {
            assert_eq!(Deadline::after(5, Timeout::from_millis(millis)), deadline, "{millis}");
        }
    }

    /// Goal: every boundary of the way out. Method: what is left, by value, in both of the kernel's forms.
    #[test]
    fn what_remains_for_the_kernel() {
        let most = 2_147_483_647 * MILLI; // i32::MAX ms
        for (left, timespec, millis) in [
            (0, (0, 0), 0),
            (1, (0, 1), 1),
            (999_999, (0, 999_999), 1),
            (1_000_000, (0, 1_000_000), 1),
            (1_000_001, (0, 1_000_001), 2),
            (999_999_999, (0, 999_999_999), 1000),
            (1_000_000_000, (1, 0), 1000),
            (1_000_000_001, (1, 1), 1001),
            (most - MILLI, (2_147_483, 646_000_000), i32::MAX - 1),
            (most - MILLI + 1, (2_147_483, 646_000_001), i32::MAX),
            (most, (2_147_483, 647_000_000), i32::MAX),
            (most + 1, (2_147_483, 647_000_001), i32::MAX),
            (u64::MAX - 3, (18_446_744_073, 709_551_612), i32::MAX),
        ] {
            let remaining = Deadline::At(left + 3).remaining(3);
            assert_eq!(
                (remaining.timespec(), remaining.millis()),
                (Some(timespec), millis),
                "{left}"
            );
            assert_eq!(remaining.is_over(), left == 0, "{left}");
        }
    }

    /// Around a deadline, and for the two that have no time.
    #[test]
    fn a_deadline_passes_at_its_very_nanosecond() {
        let over = |deadline: Deadline, now| deadline.remaining(now).is_over();
        let at = Deadline::At(100);
        assert_eq!(
            [over(at, 99), over(at, 100), over(at, 101), over(at, u64::MAX)],
            [false, true, true, true]
        );
        assert_eq!(at.remaining(101), at.remaining(100), "the past does not wrap");
        assert!(over(Deadline::Now, 0) && over(Deadline::Now, u64::MAX));
        assert!(!over(Deadline::Never, 0) && !over(Deadline::Never, u64::MAX));
        let never = Deadline::Never.remaining(7);
        assert_eq!((never.timespec(), never.millis()), (None, -1));
        let now = Deadline::Now.remaining(7);
        assert_eq!((now.timespec(), now.millis()), (Some((0, 0)), 0));
    }

    /// Durations near the powers of ten and two at which a conversion may err, and anything else.
    fn durations() -> impl Strategy<Value = Duration> {
        let near = |centre: u64| (centre.saturating_sub(2)..=centre.saturating_add(2)).boxed();
        let nanos = prop_oneof![
            near(0),
            near(MILLI),
            near(NANOS_PER_SEC),
            near(2_147_483_647 * MILLI),
            near(u64::MAX),
            (0..100 * MILLI).boxed(),
            any::<u64>().boxed(),
        ];
        prop_oneof![
            8 => nanos.prop_map(Duration::from_nanos),
            1 => (any::<u64>(), 0..1_000_000_000u32).prop_map(|(secs, nanos)| Duration::new(secs, nanos)),
        ]
    }

    fn clocks() -> impl Strategy<Value = u64> {
        prop_oneof![0..1000u64, any::<u64>(), u64::MAX - 1000..=u64::MAX]
    }

    proptest! {
        /// Invariant 1 on the way in: when a deadline is over, the whole time-out has gone by, and a
        /// nanosecond before it is not.
        #[test]
        fn never_early(now in clocks(), timeout in durations()) {
            match Deadline::after(now, Some(timeout).into()) {
                Deadline::Now => prop_assert!(timeout.is_zero()),
                Deadline::At(at) => prop_assert_eq!(u128::from(at - now), timeout.as_nanos()),
                Deadline::Never => {
                    prop_assert!(u128::from(now) + timeout.as_nanos() > u128::from(u64::MAX));
                }
            }
        }

        /// Invariants 1 to 3 on the way out: no kernel value is short unless cut, none is zero before the
        /// time, and sleeping as told ends, in as few sleeps as the cut allows.
        #[test]
        fn sleeping_as_told_ends_on_time(start in clocks(), left in durations()) {
            let Deadline::At(at) = Deadline::after(start, Some(left).into()) else { return Ok(()) };
            let left = at - start;
            let remaining = Deadline::At(at).remaining(start);
            let (secs, nanos) = remaining.timespec().expect("a limit");
            prop_assert!(nanos < 1_000_000_000);
            prop_assert_eq!(secs as u128 * 1_000_000_000 + u128::from(nanos), u128::from(left));

            let mut now = u128::from(start);
            let cut = u128::from(left) / (i32::MAX as u128 * u128::from(MILLI));
            for _ in 0..=cut.min(100) {
                let remaining = Deadline::At(at).remaining(u64::try_from(now).unwrap_or(u64::MAX));
                if remaining.is_over() {
                    break;
                }
                prop_assert!(remaining.millis() > 0);
                now += remaining.millis() as u128 * u128::from(MILLI);
                prop_assert!(remaining.millis() == i32::MAX || now >= u128::from(at));
                prop_assert!(now < u128::from(at) + u128::from(MILLI), "late by a millisecond");
            }
            prop_assert!(cut > 100 || now >= u128::from(at));
        }

        /// Invariant 4: in the time-out, and in the clock.
        #[test]
        fn monotone(now in clocks(), later in clocks(), one in durations(), other in durations()) {
            let (short, long) = (one.min(other), one.max(other));
            let after = |timeout: Duration| Deadline::after(now, Some(timeout).into());
            let (sooner, farther) = (after(short), after(long));
            prop_assert!(sooner <= farther && farther <= Deadline::Never);
            let (now, later) = (now.min(later), now.max(later));
            for deadline in [sooner, farther] {
                let (before, after) = (deadline.remaining(now), deadline.remaining(later));
                prop_assert!(after.millis() <= before.millis());
                prop_assert!(after.timespec() <= before.timespec());
                prop_assert!(after.is_over() || !before.is_over());
            }
        }
    }
}
