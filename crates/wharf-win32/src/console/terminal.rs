//! A terminal's settings, for input by the key instead of by the line.
//!
//! # Invariants
//! 1. A change of a moment is undone by the guard that made it.
//! 2. A change that lasts (SetConsoleMode) is undone when the program exits.
#![allow(unsafe_code)] // atexit

use std::os::fd::{AsFd, BorrowedFd};

use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, isatty, tcgetattr,
    tcsetattr,
};

use crate::code;
use crate::fork::Lock;

/// The settings at the first lasting change.
pub(crate) static ORIGINAL: Lock<Option<Termios>> = Lock::renewed(None, |original| {
    *original = None; // the parent restores them
});

/// The terminal's settings; ERROR_INVALID_HANDLE for what is no terminal.
pub(super) fn settings(fd: BorrowedFd<'_>) -> Result<Termios, u32> {
    tcgetattr(fd).map_err(|_| code::ERROR_INVALID_HANDLE)
}

/// Changes the settings until the program exits.
pub(super) fn change(fd: BorrowedFd<'_>, change: impl FnOnce(&mut Termios)) -> Result<(), u32> {
    let mut new = settings(fd)?;
    {
        let mut original = ORIGINAL.lock();
        if original.is_none() {
            *original = Some(new.clone());
            // SAFETY: a function of ours that takes nothing; without room for it the settings stay.
            unsafe { libc::atexit(restore) };
        }
    }
    change(&mut new);
    tcsetattr(fd, OptionalActions::Now, &new).map_err(|_| code::ERROR_INVALID_HANDLE)
}

extern "C" fn restore() {
    let original = ORIGINAL.lock().take();
    if let Some(original) = original {
        // At exit nobody is left to tell.
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &original);
    }
}

/// Standard input as keys, for as long as this lives.
pub(super) struct Keys {
    before: Option<Termios>,
}

impl Keys {
    pub(super) fn begin(echo: bool) -> Self {
        let fd = rustix::stdio::stdin();
        let Some(before) = isatty(fd.as_fd()).then(|| tcgetattr(fd).ok()).flatten() else {
            return Keys { before: None };
        };
        let mut new = before.clone();
        new.local_modes.remove(LocalModes::ICANON);
        new.local_modes.set(LocalModes::ECHO, echo);
        new.input_modes.remove(InputModes::ICRNL);
        new.special_codes[SpecialCodeIndex::VMIN] = 1;
        new.special_codes[SpecialCodeIndex::VTIME] = 0;
        // A terminal that refuses stays with lines.
        let _ = tcsetattr(fd, OptionalActions::Now, &new);
        Keys { before: Some(before) }
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.before.is_some()
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, before);
        }
    }
}
