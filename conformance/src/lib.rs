//! Shared parts of the conformance tests.

pub mod blocking;
pub mod net;
pub mod process;
pub mod races;
pub mod threads;
