//! The values of a thread in its TLS or FLS slots.
//!
//! A value carries the number of its slot's allocation: one that was stored before the slot was freed and allocated
//! anew reads as 0, without a walk through all threads.

use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, AtomicUsize};

const IN_CHUNK: usize = 64;
const CHUNKS: usize = 64;
/// How many slots there can be: Windows has 1088 for TLS and 4080 for FLS.
pub(super) const LIMIT: usize = IN_CHUNK * CHUNKS;

#[derive(Default)]
struct Value {
    allocation: AtomicU32,
    value: AtomicUsize,
}

type Chunk = [Value; IN_CHUNK];

/// Written by its thread, and by whoever frees the slot.
pub(super) struct Values([OnceLock<Box<Chunk>>; CHUNKS]);

impl Default for Values {
    fn default() -> Self {
        Values([const { OnceLock::new() }; CHUNKS])
    }
}

impl Values {
    fn at(&self, index: usize) -> Option<&Value> {
        self.0.get(index / IN_CHUNK)?.get().map(|chunk| &chunk[index % IN_CHUNK])
    }

    pub(super) fn get(&self, index: usize, allocation: u32) -> usize {
        let value = self.at(index).filter(|value| value.allocation.load(Acquire) == allocation);
        value.map_or(0, |value| value.value.load(Relaxed))
    }

    pub(super) fn set(&self, index: usize, allocation: u32, value: usize) {
        let Some(chunk) = self.0.get(index / IN_CHUNK) else { return };
        let chunk = chunk.get_or_init(|| Box::new(std::array::from_fn(|_| Value::default())));
        let slot = &chunk[index % IN_CHUNK];
        slot.value.store(value, Relaxed);
        slot.allocation.store(allocation, Release); // the value first: pairs with `get` and `take`
    }

    /// The value, which is 0 from here on: of several that take it one gets it.
    pub(super) fn take(&self, index: usize, allocation: u32) -> usize {
        let value = self.at(index).filter(|value| value.allocation.load(Acquire) == allocation);
        value.map_or(0, |value| value.value.swap(0, Relaxed))
    }
}
