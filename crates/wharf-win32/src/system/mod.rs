//! The system and the process: names, environment, debugging.

pub(crate) mod debug;
pub(crate) mod environment;
pub(crate) mod names;
pub(crate) mod process;
