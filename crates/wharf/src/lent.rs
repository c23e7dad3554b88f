//! Memory that receives take when data has come, and that goes back when the program drops it.
//!
//! Each thread keeps what is dropped on it, and takes the newest first: that is in the processor's cache. An allocator
//! would do the same, but for glibc's habit of giving a heap's end back to the kernel and asking for it again, 16 KiB of
//! page faults for each receive (a fifth of an echo's time).
//!
//! # Invariant
//! A thread keeps at most [`KEPT`] pieces of at most [`LARGEST`] bytes: 1 MiB.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// As many as come with one harvest, twice.
const KEPT: usize = 64;

/// What is larger costs more to fill than to allocate.
const LARGEST: usize = 16 * 1024;

thread_local! {
    static RESERVE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// What a receive into [`Buffer::OnDemand`](crate::Buffer::OnDemand) has brought. Its memory serves another receive when it
/// is dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lent(Vec<u8>);

impl Lent {
    /// So much room, or `None` where there is no memory.
    #[inline]
    pub(crate) fn with_room(room: usize) -> Option<Self> {
        let kept = RESERVE.try_with(|reserve| reserve.borrow_mut().pop());
        if let Ok(Some(bytes)) = kept
            && bytes.capacity() == room
        {
            return Some(Lent(bytes));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(room).ok()?;
        Some(Lent(bytes))
    }

    pub(crate) fn memory(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }

    /// The memory, which does not go back.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

impl Deref for Lent {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for Lent {
    #[inline]
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.0);
        if (1..=LARGEST).contains(&bytes.capacity()) {
            // A thread that ends has no reserve any more.
            let _ = RESERVE.try_with(|reserve| {
                let mut reserve = reserve.borrow_mut();
                if reserve.len() < KEPT {
                    reserve.push(bytes);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_memory_comes_first() {
        let (first, second) = (Lent::with_room(100).unwrap(), Lent::with_room(100).unwrap());
        let newest = second.0.as_ptr();
        drop(first);
        drop(second);
        assert_eq!(Lent::with_room(100).unwrap().0.as_ptr(), newest);
    }

    #[test]
    fn room_is_as_asked() {
        drop(Lent::with_room(100).unwrap());
        assert_eq!(Lent::with_room(50).unwrap().0.capacity(), 50);
        assert!(Lent::with_room(usize::MAX).is_none());
    }

    #[test]
    fn little_is_kept() {
        drop(Lent::with_room(LARGEST + 1).unwrap());
        drop((0..100).map(|_| Lent::with_room(10).unwrap()).collect::<Vec<_>>());
        RESERVE.with_borrow(|reserve| {
            assert_eq!(reserve.len(), KEPT);
            assert!(reserve.iter().all(|bytes| bytes.capacity() == 10));
        });
    }

    #[test]
    fn taken_memory_does_not_go_back() {
        let mut lent = Lent::with_room(100).unwrap();
        lent.memory().extend_from_slice(b"bytes");
        assert_eq!(lent.clone().into_vec(), b"bytes");
        assert_eq!(lent.into_vec().capacity(), 100);
        assert!(RESERVE.with_borrow(Vec::is_empty));
    }
}
