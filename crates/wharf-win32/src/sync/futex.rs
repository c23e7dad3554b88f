//! 32-bit words that threads sleep on: futex(2), private to the process.
#![allow(unsafe_code)] // a system call that rustix offers without absolute time

use std::sync::atomic::AtomicU32;

use super::errno;

/// A moment of the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

const NANOS_PER_MILLI: u64 = 1_000_000;
const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// What Windows calls forever.
pub(crate) const INFINITE: u32 = u32::MAX;

impl Moment {
    pub(crate) fn now() -> Moment {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        Moment(now.tv_sec.unsigned_abs() * NANOS_PER_SECOND + now.tv_nsec.unsigned_abs())
    }

    /// A time-out of a call as the moment when it is over; none for INFINITE.
    pub(crate) fn after_millis(millis: u32) -> Option<Moment> {
        (millis != INFINITE).then(|| Moment::now().plus(u64::from(millis) * NANOS_PER_MILLI))
    }

    pub(crate) fn plus(self, nanos: u64) -> Moment {
        Moment(self.0.saturating_add(nanos))
    }

    fn timespec(self) -> libc::timespec {
        let seconds = libc::time_t::try_from(self.0 / NANOS_PER_SECOND);
        libc::timespec {
            tv_sec: seconds.unwrap_or(libc::time_t::MAX),
            tv_nsec: libc::c_long::try_from(self.0 % NANOS_PER_SECOND).unwrap_or(0),
        }
    }
}

/// Sleeps while the word has this value, until `deadline` at the longest. Returns for any reason; false only if the
/// deadline was the reason.
pub(crate) fn wait(word: &AtomicU32, value: u32, deadline: Option<Moment>) -> bool {
    let time = deadline.map(Moment::timespec);
    let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let operation = libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG;
    let (word, none) = (word.as_ptr(), std::ptr::null::<u32>());
    // SAFETY: the word is borrowed and the time is a local; the kernel writes neither.
    let result = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word,
            operation,
            value,
            time,
            none,
            libc::FUTEX_BITSET_MATCH_ANY,
        )
    };
    result == 0 || errno::get() != libc::ETIMEDOUT
}

/// Wakes up to `count` threads that sleep on the word at this address. The word may be gone already: then nobody
/// sleeps on it, or somebody who looks again.
pub(crate) fn wake(word: *const AtomicU32, count: i32) {
    let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the kernel takes the address for a key and does not read what is there.
    unsafe { libc::syscall(libc::SYS_futex, word, operation, count) };
}

/// Of two kinds of sleepers on one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Class {
    Shared = 1,
    Exclusive = 2,
}

/// Sleeps while the word has this value, until a wake-up of this class. Returns for any reason.
pub(super) fn wait_class(word: &AtomicU32, value: u32, class: Class) {
    let operation = libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG;
    let (word, time) = (word.as_ptr(), std::ptr::null::<libc::timespec>());
    let none = std::ptr::null::<u32>();
    // SAFETY: the word is borrowed; the kernel does not write it.
    unsafe { libc::syscall(libc::SYS_futex, word, operation, value, time, none, class as u32) };
}

/// Wakes up to `count` sleepers of a class; how many there were.
pub(super) fn wake_class(word: *const AtomicU32, count: i32, class: Class) -> i64 {
    let operation = libc::FUTEX_WAKE_BITSET | libc::FUTEX_PRIVATE_FLAG;
    let (time, none) = (std::ptr::null::<libc::timespec>(), std::ptr::null::<u32>());
    // SAFETY: the kernel takes the address for a key and does not read what is there.
    unsafe { libc::syscall(libc::SYS_futex, word, operation, count, time, none, class as u32) }
}

/// Wakes everybody.
pub(crate) const EVERYBODY: i32 = i32::MAX;
