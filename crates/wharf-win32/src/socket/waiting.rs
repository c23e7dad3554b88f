//! Calls that block, on descriptors that never do.
//!
//! A synchronous call tries, and waits with poll(2) where Windows would block: so the mode of a socket is the
//! record's and not the descriptor's, a closesocket elsewhere ends the wait (D56), and the worker's slot is given
//! back meanwhile (B8).
#![allow(unsafe_code)] // poll

use std::time::Instant;

use wharf_core::status::code;

use super::table::Pin;

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Input,
    Output,
}

/// The errno of a failed system call.
pub(crate) fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL)
}

/// What a system call answered, or its errno.
pub(crate) fn checked(result: isize) -> Result<usize, i32> {
    usize::try_from(result).map_err(|_| errno())
}

/// Waits until a descriptor is ready: WSAETIMEDOUT after the deadline, WSAEINTR if the socket was closed.
pub(crate) fn wait(pin: &Pin, wanted: Wanted, deadline: Option<Instant>) -> Result<(), u32> {
    let events = match wanted {
        Wanted::Input => libc::POLLIN | libc::POLLPRI,
        Wanted::Output => libc::POLLOUT,
    };
    if pin.is_closed() {
        return Err(code::WSAEINTR);
    }
    let mut entry = libc::pollfd { fd: pin.fd(), events, revents: 0 };
    let ready = wharf::blocking(|| {
        loop {
            let millis = deadline.map_or(-1, |end| {
                let left = end.saturating_duration_since(Instant::now());
                i32::try_from(left.as_millis() + u128::from(!left.is_zero())).unwrap_or(i32::MAX)
            });
            // SAFETY: one entry, alive for the call.
            let count = unsafe { libc::poll(&raw mut entry, 1, millis) };
            if count >= 0 || errno() != libc::EINTR {
                break count;
            }
        }
    });
    match ready {
        _ if pin.is_closed() => Err(code::WSAEINTR),
        0 => Err(code::WSAETIMEDOUT),
        _ => Ok(()),
    }
}
