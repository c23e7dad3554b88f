//! The console: standard handles, control events, the terminal.

pub(crate) mod standard;

pub use standard::{GetStdHandle, SetStdHandle};
