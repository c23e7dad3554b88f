//! Waits that end, and packets that are expected.

use std::io::ErrorKind;
use std::sync::LazyLock;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use std::{env, thread};

use rustix::io::Errno;
use wharf::{GetError, Packet, Port, Refused};

/// How long anything may take that happens by itself: 10 s, or `WHARF_LIMIT_MS`.
#[must_use]
pub fn limit() -> Duration {
    static LIMIT: LazyLock<Duration> =
        LazyLock::new(|| Duration::from_millis(number("WHARF_LIMIT_MS", 10_000)));
    *LIMIT
}

/// A number from the environment.
///
/// # Panics
/// If it is set to something else.
#[must_use]
pub fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().expect("a number in the environment"))
}

/// The next packet.
///
/// # Panics
/// If there is none within [`limit`].
#[track_caller]
pub fn take<T: Send>(port: &Port<T>) -> Packet<T> {
    match port.get(Some(limit())) {
        Ok(packet) => packet,
        Err(error) => panic!("waited {:?} for a packet: {error}; {:?}", limit(), port.stats()),
    }
}

/// Asserts that no packet is due now.
///
/// # Panics
/// If there is one.
#[track_caller]
pub fn nothing<T: Send>(port: &Port<T>) {
    stays_empty(port, Duration::ZERO);
}

/// Asserts that no packet comes within this time.
///
/// # Panics
/// If one does.
#[track_caller]
pub fn stays_empty<T: Send>(port: &Port<T>, time: Duration) {
    match port.get(Some(time)) {
        Err(GetError::TimedOut) => {}
        Err(error) => panic!("{error}"),
        Ok(Packet { key, result, buffer, .. }) => {
            panic!("a packet that must not be: key {key}, {result:?}, {} bytes", buffer.len())
        }
    }
}

/// Waits until something holds of which no event tells.
///
/// # Panics
/// If it does not within [`limit`].
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + limit();
    while !holds() {
        assert!(Instant::now() < end, "waited {:?}: {what}", limit());
        thread::yield_now();
    }
}

/// Does something that must not block, in a thread that can be given up.
///
/// # Panics
/// If it takes longer than [`limit`], or panics itself.
#[track_caller]
pub fn within<R: Send + 'static>(what: &str, call: impl FnOnce() -> R + Send + 'static) -> R {
    let (answer, answered) = channel();
    let thread = thread::spawn(move || drop(answer.send(call())));
    match answered.recv_timeout(limit()) {
        Ok(result) => {
            thread.join().expect("it has answered");
            result
        }
        Err(error) => panic!("{what}: {error}"),
    }
}

/// The error number of a failure.
///
/// # Panics
/// If it is a success, or an error without a number.
#[track_caller]
pub fn errno<R: std::fmt::Debug>(result: std::io::Result<R>) -> Errno {
    let error = result.expect_err("a failure");
    Errno::from_io_error(&error).unwrap_or_else(|| panic!("an error of the system, not {error:?}"))
}

/// The error number of a refusal; the payload and the buffer's bytes must have come back.
///
/// # Panics
/// If the operation was accepted, or not all came back.
#[track_caller]
pub fn refusal<I: std::fmt::Debug, T: PartialEq + std::fmt::Debug>(
    issued: Result<I, Refused<T>>,
    payload: T,
) -> Errno {
    let refused = issued.expect_err("a refusal");
    assert_eq!(refused.payload, payload, "the payload comes back");
    errno::<()>(Err(refused.error))
}

/// Whether an error of std says that there was nothing to be had within a time-out.
#[must_use]
pub fn timed_out(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
