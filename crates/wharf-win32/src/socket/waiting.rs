//! Calls that block, on descriptors that never do.
//!
//! A synchronous call tries, and waits with ppoll(2) where Windows would block: so the mode of a socket is the
//! record's and not the descriptor's, a closesocket elsewhere ends the wait (D56), and the worker's slot is given
//! back meanwhile (B8).

use std::sync::atomic::Ordering::SeqCst;
use std::time::Instant;

use wharf_core::status::{SocketContext, code, winsock_from_errno};

use super::table::Pin;
use crate::thread::alert::{self, Slept};
use crate::thread::record::Thread;
use crate::thread::suspend;
use crate::wait::apc;

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

/// Waits until a descriptor is ready: WSAETIMEDOUT after the deadline, WSAEINTR if the socket was closed. The thread's
/// routines run meanwhile (D55).
pub(crate) fn wait(pin: &Pin, wanted: Wanted, deadline: Option<Instant>) -> Result<(), u32> {
    let events = match wanted {
        Wanted::Input => libc::POLLIN | libc::POLLPRI,
        Wanted::Output => libc::POLLOUT,
    };
    loop {
        if pin.is_closed() {
            return Err(code::WSAEINTR);
        }
        let entry = libc::pollfd { fd: pin.fd(), events, revents: 0 };
        match sleep(&mut [entry], deadline, || pin.is_closed())? {
            Slept::Woken => {}
            _ if pin.is_closed() => return Err(code::WSAEINTR),
            Slept::TimedOut => return Err(code::WSAETIMEDOUT),
            Slept::Ready => return Ok(()),
        }
    }
}

/// A sleep of a blocking call, which routines interrupt: they have run when it says [`Slept::Woken`]. So does the close of
/// what it waits for, where the kernel does not tell of it.
pub(crate) fn sleep(
    entries: &mut [libc::pollfd],
    deadline: Option<Instant>,
    is_closed: impl Fn() -> bool,
) -> Result<Slept, u32> {
    let reason = |thread: &Thread| {
        thread.routines_wait.load(SeqCst) || suspend::is_terminated() || is_closed()
    };
    let slept = alert::poll(entries, deadline, reason);
    let slept = slept.map_err(|errno| winsock_from_errno(errno, SocketContext::Plain))?;
    if slept == Slept::Woken && suspend::is_terminated() {
        return Err(code::WSAEINTR); // the thread ends at the end of its call
    }
    if slept == Slept::Woken {
        apc::run_pending();
    }
    Ok(slept)
}
