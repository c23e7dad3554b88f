//! What there is one of in a process; a child made by `fork` has one of its own.
//!
//! A lock that some thread holds at the moment of a fork is held in the child for ever, by a thread that is not there. So
//! a lock of the whole process is not a static: it is behind a pointer, and the child, which sees that what the pointer names
//! is its parent's, puts one of its own in its place without touching the other.
//!
//! # Invariants
//! 1. What the pointer has named is never freed.
//! 2. After a fork the child uses nothing of the parent's entry but its birth.
#![allow(unsafe_code)] // a pointer that is replaced without a lock

use std::ptr;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{AcqRel, Acquire};

use crate::sensor::Birth;

pub(crate) struct PerProcess<T: 'static> {
    current: AtomicPtr<Entry<T>>,
}

struct Entry<T> {
    birth: Birth,
    value: T,
}

impl<T: Default + Sync> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        PerProcess { current: AtomicPtr::new(ptr::null_mut()) }
    }

    /// This process's.
    pub(crate) fn get(&'static self) -> &'static T {
        // Acquire, as of the exchange that fails: pairs with the exchange that has put it there, so that it is seen whole.
        let current = self.current.load(Acquire);
        // SAFETY: null, or from a box below, which is never freed once it is here (invariant 1).
        if let Some(entry) = unsafe { current.as_ref() }
            && !entry.birth.is_over()
        {
            return &entry.value;
        }
        let own = Entry { birth: Birth::here(), value: T::default() };
        let own = Box::into_raw(Box::new(own));
        match self.current.compare_exchange(current, own, AcqRel, Acquire) {
            // SAFETY: just made, and never freed from here on.
            Ok(_) => &unsafe { &*own }.value,
            Err(first) => {
                // SAFETY: just made, and nobody else has seen it.
                drop(unsafe { Box::from_raw(own) });
                // SAFETY: put there by another thread of this process; invariant 1.
                &unsafe { &*first }.value
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Mutex;
    use std::thread;

    use super::*;

    /// Goal: all threads of a process have the same, whoever makes it.
    #[test]
    fn one_for_all_threads() {
        static NUMBER: PerProcess<Mutex<u32>> = PerProcess::new();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| *NUMBER.get().lock().unwrap() += 1);
            }
        });
        assert_eq!(*NUMBER.get().lock().unwrap(), 8);
    }
}
