//! WSAPoll.
#![allow(unsafe_code)] // exported under a C name; an array in the program's memory

use std::time::Duration;

use wharf_core::status::code;

use super::memory;
use super::readiness::{Ready, Watched, wait};
use crate::guard;
use crate::socket::started;
use crate::socket::types::{INVALID_SOCKET, SOCKET, SOCKET_ERROR};

const POLLERR: i16 = 0x0001;
const POLLHUP: i16 = 0x0002;
const POLLNVAL: i16 = 0x0004;
const POLLWRNORM: i16 = 0x0010;
const POLLRDNORM: i16 = 0x0100;
const POLLRDBAND: i16 = 0x0200;

/// What can be asked for. Windows refuses POLLPRI and POLLWRBAND, and what is answered only.
const ASKABLE: i16 = POLLRDNORM | POLLRDBAND | POLLWRNORM;

/// One socket of a poll.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WSAPOLLFD {
    /// The socket; a negative one is passed over.
    pub fd: SOCKET,
    /// POLL* that are wanted.
    pub events: i16,
    /// POLL* that are there.
    pub revents: i16,
}
const _: () = assert!(size_of::<WSAPOLLFD>() == 16);

/// What of a socket's readiness is told.
fn answer(events: i16, ready: &Ready) -> i16 {
    let mut answer = 0;
    if ready.failed {
        answer |= POLLERR | POLLHUP | (events & POLLWRNORM);
    }
    if ready.broken {
        answer |= POLLERR;
    }
    if ready.hung_up || ready.broken {
        answer |= POLLHUP;
    }
    if ready.readable {
        answer |= events & POLLRDNORM;
    }
    if ready.urgent {
        answer |= events & POLLRDBAND;
    }
    if ready.writable && !ready.broken {
        answer |= events & POLLWRNORM;
    }
    answer
}

/// Waits until something that is asked for, or an end, is there on one of the sockets, or `timeout` milliseconds; a
/// negative one is without end. Answers on how many.
///
/// What is no socket has POLLNVAL; if none is one the call fails with WSAENOTSOCK. WSAEINVAL for an empty array or
/// for events that cannot be asked for, WSAEFAULT.
///
/// # Safety
/// A plausible pointer is one to so many entries.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAPoll(entries: *mut WSAPOLLFD, count: u32, timeout: i32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        if count == 0 {
            return Err(code::WSAEINVAL);
        }
        let count = count as usize;
        memory::writable(entries, count.saturating_mul(size_of::<WSAPOLLFD>()))?;
        let mut list = Vec::with_capacity(count);
        for at in 0..count {
            // SAFETY: the caller's promise.
            let mut entry = unsafe { memory::read(entries.wrapping_add(at)) }?;
            entry.revents = 0;
            list.push(entry);
        }
        let (mut watched, mut places) = (Vec::new(), Vec::new());
        let mut invalid = 0;
        for (at, entry) in list.iter_mut().enumerate() {
            if entry.fd.cast_signed() < 0 && entry.fd != INVALID_SOCKET {
                continue;
            }
            if entry.events & !ASKABLE != 0 {
                return Err(code::WSAEINVAL);
            }
            let mut wanted = 0;
            if entry.events & POLLRDNORM != 0 {
                wanted |= libc::POLLIN;
            }
            if entry.events & POLLRDBAND != 0 {
                wanted |= libc::POLLPRI;
            }
            if entry.events & POLLWRNORM != 0 {
                wanted |= libc::POLLOUT;
            }
            // The end of a stream is told whatever is wanted.
            match Watched::new(entry.fd, wanted | libc::POLLRDHUP) {
                Ok(one) => {
                    watched.push(one);
                    places.push(at);
                }
                Err(_) => {
                    entry.revents = POLLNVAL;
                    invalid += 1;
                }
            }
        }
        if invalid == count {
            return Err(code::WSAENOTSOCK);
        }
        let limit = u64::try_from(timeout).ok().map(Duration::from_millis);
        let limit = if invalid > 0 { Some(Duration::ZERO) } else { limit };
        let any = |all: &[Ready]| {
            all.iter().zip(&places).any(|(ready, &at)| answer(list[at].events, ready) != 0)
        };
        let ready = wait(&watched, limit, any)?;
        for (ready, &at) in ready.iter().zip(&places) {
            list[at].revents = answer(list[at].events, ready);
        }
        for (at, entry) in list.iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { memory::write(entries.wrapping_add(at), *entry) }?;
        }
        let hits = list.iter().filter(|entry| entry.revents != 0).count();
        Ok(i32::try_from(hits).unwrap_or(i32::MAX))
    })
}
