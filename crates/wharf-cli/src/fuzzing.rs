//! What the fuzz targets feed.

pub use crate::compile::fuzzing::source;
pub use crate::serve::fuzzing::conversation;
