//! Keeps SIGPIPE from a call that cannot be told not to raise it (contract D81).
//!
//! A Rust program ignores the signal, and one call finds that out. In a program that does not, the signal is blocked for
//! the calling thread meanwhile; one that came, which is always the thread's own, is taken off before it is let in again.
#![allow(unsafe_code)] // the calls for signals, which rustix leaves to libc

use std::mem::MaybeUninit;

/// While it lives, this thread gets no SIGPIPE.
pub(super) struct Quiet {
    /// The mask to go back to; `None` where nothing had to be done.
    before: Option<libc::sigset_t>,
}

impl Quiet {
    pub(super) fn begin() -> Quiet {
        if is_ignored() {
            return Quiet { before: None };
        }
        let pipe = only_sigpipe();
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are ours, one to read, one to fill.
        let failed =
            unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const pipe, before.as_mut_ptr()) };
        debug_assert_eq!(failed, 0, "SIG_BLOCK is known");
        // SAFETY: filled by the call, which cannot fail with arguments like these.
        let before = unsafe { before.assume_init() };
        // SAFETY: a set that the kernel has filled.
        let blocked = unsafe { libc::sigismember(&raw const before, libc::SIGPIPE) } == 1;
        // A program that has it blocked may wait for it elsewhere; one more changes nothing for it.
        Quiet { before: (!blocked).then_some(before) }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let Some(before) = &self.before else { return };
        let pipe = only_sigpipe();
        let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: reads a set and a time of ours; no information about the signal is asked for.
        unsafe { libc::sigtimedwait(&raw const pipe, std::ptr::null_mut(), &raw const now) };
        // SAFETY: restores a mask that pthread_sigmask gave us.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, std::ptr::null_mut()) };
    }
}

fn is_ignored() -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: asks only, into memory of ours.
    unsafe { libc::sigaction(libc::SIGPIPE, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all zeros is a valid value, should the call have failed.
    let action = unsafe { action.assume_init() };
    action.sa_sigaction == libc::SIG_IGN
}

fn only_sigpipe() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: fills a set of ours.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: filled above.
    let mut set = unsafe { set.assume_init() };
    // SAFETY: a valid set and a valid signal.
    unsafe { libc::sigaddset(&raw mut set, libc::SIGPIPE) };
    set
}
