//! The primitives of what the model checker runs, the dispatcher and the inbox of the ring, in one place, so that it runs the
//! same code.
//!
//! Under `cfg(loom)` mutex, atomics and the futex come from loom; otherwise from std and the kernel.

#[cfg(loom)]
pub(crate) use loom::sync::{Arc, Mutex, MutexGuard, atomic};
#[cfg(not(loom))]
pub(crate) use std::sync::{Arc, Mutex, MutexGuard, atomic};

/// Locks. Std's mutex is poisoned by a holder that panicked; see `crate::sync::lock` for why that is passed over.
#[inline]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A 32-bit word that threads can sleep on.
#[cfg(not(loom))]
#[derive(Debug, Default)]
pub(crate) struct Futex {
    pub(crate) word: atomic::AtomicU32,
}

#[cfg(not(loom))]
impl Futex {
    /// Sleeps while the word has this value, for at most `timeout`. Returns for any reason.
    pub(crate) fn wait(&self, value: u32, timeout: Option<rustix::time::Timespec>) {
        use rustix::thread::futex;
        // EAGAIN (the word has changed), EINTR and ETIMEDOUT all mean: look again.
        let _ = futex::wait(&self.word, futex::Flags::PRIVATE, value, timeout.as_ref());
    }

    /// Wakes one thread that sleeps on the word.
    pub(crate) fn wake(&self) {
        use rustix::thread::futex;
        let woken = futex::wake(&self.word, futex::Flags::PRIVATE, 1);
        debug_assert!(woken.is_ok(), "the word is mapped and aligned");
    }
}

/// The same for loom, which knows no futex: a lock makes "compare, then sleep" one step.
#[cfg(loom)]
#[derive(Debug, Default)]
pub(crate) struct Futex {
    pub(crate) word: atomic::AtomicU32,
    gate: Mutex<()>,
    changed: loom::sync::Condvar,
}

#[cfg(loom)]
impl Futex {
    pub(crate) fn wait(&self, value: u32, timeout: Option<rustix::time::Timespec>) {
        assert!(timeout.is_none(), "loom has no clock");
        let gate = lock(&self.gate);
        if self.word.load(atomic::Ordering::SeqCst) == value {
            drop(self.changed.wait(gate));
        }
    }

    pub(crate) fn wake(&self) {
        let _gate = lock(&self.gate);
        self.changed.notify_one();
    }
}
