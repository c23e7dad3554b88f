//! What can be chosen for a port.

use crate::{Concurrency, Sensing};

/// Options of a port: [`Port::with_options`](crate::Port::with_options).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How many workers run at a time.
    pub concurrency: Concurrency,
    /// How the port learns that a worker is blocked that has not said so.
    pub sensing: Sensing,
}
