//! ReadDirectoryChangesW (contract E15-E17).
//!
//! | file | subject |
//! |---|---|
//! | `call` | the exported function |
//! | `watch` | a directory's watch: what has changed, and who waits for it |
//! | `tree` | which directories inotify watches, and what its events mean |
//! | `pack` | changes as FILE_NOTIFY_INFORMATION |
//!
//! Names are relative to the directory, wide, and their parts are separated by `/`.

mod call;
mod pack;
mod tree;
mod watch;

pub use call::ReadDirectoryChangesW;
pub(crate) use watch::Watch;
