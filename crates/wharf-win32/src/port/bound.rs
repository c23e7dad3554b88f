//! What a file object remembers about ports; sockets have the same in their records.

use std::sync::OnceLock;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

use wharf_core::status::{Status, code};

use super::Binding;
use crate::file::signal::Signal;
use crate::overlapped::request::{Ended, Request, SKIP_EVENT_ON_HANDLE};

/// Port, key and notification modes of an open file.
///
/// An overlapped call on a file is `Request::begin`, [`begin`](Bound::begin), the transfer, and [`finish`](Bound::finish).
#[derive(Default)]
pub(crate) struct Bound {
    binding: OnceLock<Binding>,
    /// SetFileCompletionNotificationModes; bits are only ever added (C22). Relaxed: a call that races with the change
    /// may be under either rule.
    modes: AtomicU8,
    /// What a wait for the handle sees.
    pub(crate) signal: Signal,
}

impl Bound {
    /// Associates the file with a port, for good: ERROR_INVALID_PARAMETER if it was not opened as overlapped, or has
    /// a port (A5, A6).
    pub(crate) fn associate(&self, overlapped: bool, binding: Binding) -> Result<(), u32> {
        if !overlapped {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        self.binding.set(binding).map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        if !self.skips_event() {
            self.signal.set(true); // A22
        }
        Ok(())
    }

    /// Adds notification modes. A handle that no operation signals any more is cleared at once (C24).
    pub(crate) fn add_modes(&self, modes: u8) {
        self.modes.fetch_or(modes, Relaxed);
        if self.skips_event() {
            self.signal.set(false);
        }
    }

    fn skips_event(&self) -> bool {
        self.modes.load(Relaxed) & SKIP_EVENT_ON_HANDLE != 0
    }

    /// An operation has begun: its file is not signalled until an operation ends, and its thread's end may be its own.
    pub(crate) fn begin(&self, request: &Request) {
        request.entail(self.is_bound());
        if !request.has_event() {
            self.signal.set(false);
        }
    }

    /// Whether the file has a port.
    pub(crate) fn is_bound(&self) -> bool {
        self.binding.get().is_some()
    }

    /// The end of an overlapped operation on the file: status, event, and packet or routine. `AtOnce` only for one whose
    /// call says so, by TRUE.
    pub(crate) fn finish(&self, request: Request, status: Status, bytes: usize, ended: Ended) {
        let modes = self.modes.load(Relaxed);
        let tells = request.tells_handle(modes);
        let told = || {
            if tells {
                self.signal.set(true);
            }
        };
        request.finish_and(self.binding.get(), modes, status, bytes, ended, told);
    }
}
