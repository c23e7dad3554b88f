//! Locking, the same way everywhere.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a panic of some other holder does not spread.
///
/// Payloads are never dropped and handlers never called under our locks, so a holder that panicked did
/// so on a broken invariant of ours; its assertion has been printed, and refusing every later call
/// would only hide it.
#[inline]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
