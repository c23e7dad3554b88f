//! What the library has to say while it works: fewer workers than asked for, a weaker means than the one that was named.

use log::{LevelFilter, Log, Metadata, Record};

use crate::server;

struct Warnings;

/// From now on they are lines of standard error.
pub(crate) fn show() {
    if log::set_logger(&Warnings).is_ok() {
        log::set_max_level(LevelFilter::Warn);
    }
}

impl Log for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= LevelFilter::Warn
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            server::report(record.args());
        }
    }

    fn flush(&self) {}
}
