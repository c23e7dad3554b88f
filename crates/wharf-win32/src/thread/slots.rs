//! Which TLS or FLS slots are allocated.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Mutex, PoisonError};

use super::values::LIMIT;
use crate::code;

struct Inner<T> {
    /// What an allocated slot carries.
    used: Vec<Option<T>>,
    allocations: u32,
}

pub(super) struct Slots<T: 'static> {
    inner: Mutex<Inner<T>>,
    /// The allocation of each slot, 0 if it is free: read without the lock.
    current: [AtomicU32; LIMIT],
    limit: usize,
}

impl<T: Copy> Slots<T> {
    pub(super) const fn new(limit: usize) -> Self {
        let inner = Inner { used: Vec::new(), allocations: 0 };
        Slots { inner: Mutex::new(inner), current: [const { AtomicU32::new(0) }; LIMIT], limit }
    }

    /// A slot; ERROR_NO_SYSTEM_RESOURCES if all are taken.
    pub(super) fn allocate(&self, with: T) -> Result<u32, u32> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let free = inner.used.iter().position(Option::is_none);
        let index = free.unwrap_or(inner.used.len());
        if index >= self.limit {
            return Err(code::ERROR_NO_SYSTEM_RESOURCES);
        }
        if index == inner.used.len() {
            inner.used.push(None);
        }
        inner.used[index] = Some(with);
        inner.allocations = inner.allocations.wrapping_add(1).max(1);
        self.current[index].store(inner.allocations, Release);
        u32::try_from(index).map_err(|_| code::ERROR_NO_SYSTEM_RESOURCES)
    }

    /// Frees a slot; its allocation and what it carried.
    pub(super) fn free(&self, index: u32) -> Result<(u32, T), u32> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let used = inner.used.get_mut(index as usize);
        let with = used.and_then(Option::take).ok_or(code::ERROR_INVALID_PARAMETER)?;
        Ok((self.current[index as usize].swap(0, Release), with))
    }

    /// The allocation of a slot; ERROR_INVALID_PARAMETER for one that is free.
    #[inline]
    pub(super) fn allocation(&self, index: u32) -> Result<u32, u32> {
        let current = self.current.get(index as usize).map_or(0, |slot| slot.load(Acquire));
        if current == 0 { Err(code::ERROR_INVALID_PARAMETER) } else { Ok(current) }
    }

    /// Every allocated slot: index, allocation, and what it carries.
    pub(super) fn allocated(&self) -> Vec<(usize, u32, T)> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = inner.used.iter().enumerate();
        slots
            .filter_map(|(at, with)| Some((at, self.current[at].load(Acquire), (*with)?)))
            .collect()
    }
}
