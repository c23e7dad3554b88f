//! Locks, and work that the process does for itself.
//!
//! | file | subject |
//! |---|---|
//! | `futex` | words that threads sleep on |
//! | `errno` | the C library's error number |

pub(crate) mod errno;
pub(crate) mod futex;
