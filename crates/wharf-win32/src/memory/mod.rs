//! Memory: heaps, the blocks of Global* and Local*, pages, mappings.

pub(crate) mod block;
pub(crate) mod global;
pub(crate) mod heap;
