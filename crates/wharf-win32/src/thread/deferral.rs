//! When a thread may be stopped: not inside a call of ours.
//!
//! SuspendThread and TerminateThread reach their thread by a signal, anywhere. Inside a call it may hold locks that
//! every thread needs; there the handler only notes the wish, and the thread stops at the end of the call, as a
//! thread of Windows does at its way out of the kernel.
//!
//! # Invariants
//! 1. `DEPTH` is not 0 while the thread holds a lock of ours.
//! 2. A handler that sees `DEPTH` 0 may stop at once; else it sets `DUE`, which is looked at when `DEPTH` is 0 again.
//!    The handler runs on the thread itself, so the compiler's order is the only one that matters.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU32, compiler_fence};

thread_local! {
    static DEPTH: AtomicU32 = const { AtomicU32::new(0) };
    static DUE: AtomicBool = const { AtomicBool::new(false) };
}

/// Puts a stop off as long as it lives.
pub(crate) struct Deferral(());

impl Deferral {
    #[inline]
    pub(crate) fn begin() -> Deferral {
        DEPTH.with(|depth| depth.store(depth.load(Relaxed) + 1, Relaxed));
        compiler_fence(SeqCst);
        Deferral(())
    }
}

impl Drop for Deferral {
    #[inline]
    fn drop(&mut self) {
        compiler_fence(SeqCst);
        let depth = DEPTH.with(|depth| {
            let left = depth.load(Relaxed) - 1;
            depth.store(left, Relaxed);
            left
        });
        compiler_fence(SeqCst);
        if depth == 0 && is_due() {
            super::suspend::stop();
        }
    }
}

/// Runs the program's code from inside a call: there the thread may be stopped again.
pub(crate) fn callback<R>(routine: impl FnOnce() -> R) -> R {
    struct Restore(u32);
    impl Drop for Restore {
        fn drop(&mut self) {
            DEPTH.with(|depth| depth.store(self.0, Relaxed));
        }
    }
    let _restore = Restore(DEPTH.with(|depth| depth.swap(0, Relaxed)));
    compiler_fence(SeqCst);
    if is_due() {
        super::suspend::stop();
    }
    routine()
}

/// Whether the thread is inside a call.
pub(super) fn is_inside() -> bool {
    DEPTH.with(|depth| depth.load(Relaxed)) != 0
}

/// Whether somebody wants the thread to stop.
#[inline]
pub(crate) fn is_due() -> bool {
    DUE.with(|due| due.load(Relaxed))
}

pub(super) fn set_due(due: bool) {
    DUE.with(|cell| cell.store(due, Relaxed));
}
