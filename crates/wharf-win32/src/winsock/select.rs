//! select: sets of sockets as Windows has them, a count and an array.
#![allow(unsafe_code)] // exported under C names; sets in the program's memory

use std::time::Duration;

use wharf_core::status::code;

use super::memory;
use super::readiness::{Ready, Watched, wait};
use crate::guard;
use crate::socket::started;
use crate::socket::types::{SOCKET, SOCKET_ERROR};

/// A set of sockets. A program may have made it with another FD_SETSIZE: the count says how many there are.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FD_SET {
    /// How many.
    pub fd_count: u32,
    /// The sockets.
    pub fd_array: [SOCKET; 64],
}
const _: () = assert!(size_of::<FD_SET>() == 520 && std::mem::offset_of!(FD_SET, fd_array) == 8);

/// A span of time: the C library's `struct timeval`, which programs here get from its own headers.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TIMEVAL {
    /// Seconds.
    pub tv_sec: i64,
    /// Microseconds.
    pub tv_usec: i64,
}
const _: () = assert!(size_of::<TIMEVAL>() == size_of::<libc::timeval>());

impl TIMEVAL {
    /// WSAEINVAL for a negative one.
    pub(super) fn duration(self) -> Result<Duration, u32> {
        let seconds = u64::try_from(self.tv_sec).map_err(|_| code::WSAEINVAL)?;
        let micros = u64::try_from(self.tv_usec).map_err(|_| code::WSAEINVAL)?;
        Ok(Duration::from_secs(seconds).saturating_add(Duration::from_micros(micros)))
    }
}

/// The sockets of a set; empty for null.
///
/// # Safety
/// Null, or plausible and then a set with as many sockets as it says.
unsafe fn read(set: *const FD_SET) -> Result<Vec<SOCKET>, u32> {
    if set.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: the caller's promise.
    let count = unsafe { memory::read(set.cast::<u32>()) }? as usize;
    let array = set.wrapping_byte_add(std::mem::offset_of!(FD_SET, fd_array)).cast::<SOCKET>();
    memory::readable(array, count.saturating_mul(size_of::<SOCKET>()))?;
    let mut sockets = Vec::with_capacity(count);
    for at in 0..count {
        // SAFETY: the set has so many.
        sockets.push(unsafe { memory::read(array.wrapping_add(at)) }?);
    }
    Ok(sockets)
}

/// Leaves in a set those of its sockets that are ready; answers how many.
///
/// # Safety
/// As [`read`], and writable.
unsafe fn write(
    set: *mut FD_SET,
    sockets: &[SOCKET],
    ready: impl Fn(SOCKET) -> bool,
) -> Result<i32, u32> {
    if set.is_null() {
        return Ok(0);
    }
    let array = set.wrapping_byte_add(std::mem::offset_of!(FD_SET, fd_array)).cast::<SOCKET>();
    let mut count = 0_u32;
    for &socket in sockets.iter().filter(|&&socket| ready(socket)) {
        // SAFETY: no more than there were.
        unsafe { memory::write(array.wrapping_add(count as usize), socket) }?;
        count += 1;
    }
    // SAFETY: the caller's promise.
    unsafe { memory::write(set.cast(), count) }?;
    Ok(count.cast_signed())
}

/// Waits until one of the sockets is ready: to read (data, a connection, the end), to write, or with an exception
/// (urgent data, a connect that failed). Answers how many are, in all sets, and leaves these in the sets; 0 after the
/// time. `nfds` is not looked at.
///
/// WSAEINVAL if all sets are empty or the time is negative, WSAENOTSOCK if one is no socket, WSAEFAULT.
///
/// # Safety
/// Null, or plausible pointers to sets and a time.
// SAFETY: prefixed, so the C library's name stays its own.
#[unsafe(export_name = "wharf_select")]
pub unsafe extern "C" fn select(
    _nfds: i32,
    readable: *mut FD_SET,
    writable: *mut FD_SET,
    exceptional: *mut FD_SET,
    timeout: *const TIMEVAL,
) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        // SAFETY: the caller's promise.
        let sets =
            [unsafe { read(readable) }?, unsafe { read(writable) }?, unsafe { read(exceptional) }?];
        if sets.iter().all(Vec::is_empty) {
            return Err(code::WSAEINVAL);
        }
        let limit = match timeout.is_null() {
            true => None,
            // SAFETY: the caller's promise.
            false => Some(unsafe { memory::read(timeout) }?.duration()?),
        };
        let wants = [libc::POLLIN, libc::POLLOUT, libc::POLLPRI];
        let mut watched = Vec::new();
        for (set, events) in sets.iter().zip(wants) {
            for &socket in set {
                watched.push(Watched::new(socket, events)?);
            }
        }
        let (first, second) = (sets[0].len(), sets[0].len() + sets[1].len());
        let hit = |at: usize, ready: &Ready| match at {
            at if at < first => ready.readable,
            at if at < second => ready.writable,
            _ => ready.urgent || ready.failed,
        };
        let any = |all: &[Ready]| all.iter().enumerate().any(|(at, ready)| hit(at, ready));
        let ready = wait(&watched, limit, any)?;
        let mut total = 0;
        let mut start = 0;
        for (set, sockets) in [readable, writable, exceptional].into_iter().zip(&sets) {
            let hits = |socket: SOCKET| {
                let mut range = start..start + sockets.len();
                range.any(|at| watched[at].socket == socket && hit(at, &ready[at]))
            };
            // SAFETY: the caller's promise.
            total += unsafe { write(set, sockets, hits) }?;
            start += sockets.len();
        }
        Ok(total)
    })
}

/// Whether a socket is in a set: what FD_ISSET is.
///
/// # Safety
/// Null, or plausible and then a set with as many sockets as it says.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __WSAFDIsSet(s: SOCKET, set: *mut FD_SET) -> i32 {
    // SAFETY: the caller's promise.
    guard::call(0, || Ok(unsafe { read(set) }?.contains(&s).into()))
}
