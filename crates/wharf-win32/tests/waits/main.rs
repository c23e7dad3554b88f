//! Waits, threads and locks through the exported functions.
#![allow(unsafe_code)] // calls of the C interface
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "each passes live buffers of the test"
)]

mod callbacks;
mod locks;
mod objects;
mod support;
mod threads;
