//! The one lock of all waitable objects, and the cells it protects.
//!
//! A wait for all of several objects takes them together or not at all, so their states must be looked at under one
//! lock. There is one for the process, as short as a few dozen loads and stores: nothing is allocated for an object
//! that nobody waits for, nothing foreign runs, nobody is woken under it. A lock per object would have to take up to
//! 64 in an order for each wait.
//!
//! # Invariants
//! 1. A [`LockCell`] is reached through the [`Token`] only, and there is one token, in the lock.
//! 2. Who is to be woken is noted under the lock and woken after its release.
#![allow(unsafe_code)] // the cells

use std::cell::UnsafeCell;
use std::sync::{Arc, MutexGuard};

use super::waiter::Waiter;
use crate::fork::Lock;
use crate::thread::deferral::Deferral;

/// The right to look into every [`LockCell`].
pub(crate) struct Token(());

pub(crate) static LOCK: Lock<Token> = Lock::new(Token(()));

/// State under the lock.
pub(crate) struct LockCell<T>(UnsafeCell<T>);

// SAFETY: whoever reaches the content holds the only token mutably (invariant 1), so accesses exclude each other; the
// content moves between threads.
unsafe impl<T: Send> Sync for LockCell<T> {}

impl<T> LockCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        LockCell(UnsafeCell::new(value))
    }

    /// The state; the token is lent as long as it is looked at, so no two states are at a time.
    pub(crate) fn get<'a>(&'a self, _token: &'a mut Token) -> &'a mut T {
        // SAFETY: invariant 1.
        unsafe { &mut *self.0.get() }
    }
}

/// Whom to tell, after the release.
enum Tell {
    Waiter(Arc<Waiter>),
    Hook(Hook),
}

/// Called when a routine has been queued for a thread that said how to be woken.
pub(crate) type Hook = Arc<dyn Fn() + Send + Sync>;

/// The lock, held.
pub(crate) struct Locked {
    guard: Option<MutexGuard<'static, Token>>,
    tell: Vec<Tell>,
    /// Dropped last: a thread that is to stop does so when it holds the lock no more.
    _deferral: Deferral,
}

pub(crate) fn lock() -> Locked {
    let deferral = Deferral::begin();
    let guard = LOCK.lock();
    Locked { guard: Some(guard), tell: Vec::new(), _deferral: deferral }
}

impl Locked {
    pub(crate) fn token(&mut self) -> &mut Token {
        self.guard.as_mut().expect("held until the drop")
    }

    /// Wakes a waiter whose outcome is set, after the release.
    pub(crate) fn tell(&mut self, waiter: Arc<Waiter>) {
        self.tell.push(Tell::Waiter(waiter));
    }

    /// Calls a hook, after the release.
    pub(crate) fn call(&mut self, hook: Hook) {
        self.tell.push(Tell::Hook(hook));
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        self.guard = None;
        for tell in self.tell.drain(..) {
            match tell {
                Tell::Waiter(waiter) => waiter.notify(),
                Tell::Hook(hook) => hook(),
            }
        }
    }
}
