//! What can be chosen for a port.

use std::fmt;

use crate::{Concurrency, Sensing};

/// Options of a port: [`Port::with_options`](crate::Port::with_options), which has an example.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How many workers run at a time.
    pub concurrency: Concurrency,
    /// How the port learns that a worker is blocked that has not said so.
    pub sensing: Sensing,
    /// Who waits for disks.
    pub file_engine: FileEngine,
}

/// Who waits for disks: what performs the operations on a port's [`File`](crate::File)s that cannot be done at once.
///
/// The results are the same. io_uring costs less CPU time where disks are really waited for; many containers
/// refuse it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileEngine {
    /// io_uring where the kernel allows it, else threads. The environment variable `WHARF_FILES=threads` means
    /// threads, for trying.
    #[default]
    Auto,
    /// Two to eight threads per process, that end when they have nothing to do.
    Threads,
}

impl fmt::Display for FileEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileEngine::Auto => "auto",
            FileEngine::Threads => "threads",
        })
    }
}
