//! Sensing and the lives of workers, ports and processes: who comes, goes, stays away, is one of thousands, or
//! forks; and that nothing is opened and nothing runs while looking could not matter.
//!
//! Method: [`Hand`]s on small ports, on each source. What sensing costs is read from /proc: [`watch`].

mod fork;
mod watch;
mod workers;
