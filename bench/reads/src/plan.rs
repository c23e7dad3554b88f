//! What every rival does: the same file, the same offsets, for the same time.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub(crate) const PAGE_BYTES: usize = 4096;
/// 128 MiB.
pub(crate) const PAGES: u64 = 32_768;
pub(crate) const DEPTH: usize = 32;

pub(crate) struct Plan {
    pub(crate) path: PathBuf,
    pub(crate) direct: bool,
    pub(crate) time: Duration,
}

impl Plan {
    pub(crate) fn open(&self) -> File {
        let flags = if self.direct { libc::O_DIRECT } else { 0 };
        OpenOptions::new().read(true).custom_flags(flags).open(&self.path).expect("the file")
    }

    pub(crate) fn end(&self) -> Instant {
        Instant::now() + self.time
    }
}

/// Offsets (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn offset(&mut self) -> u64 {
        self.next() % PAGES * PAGE_BYTES as u64
    }
}
