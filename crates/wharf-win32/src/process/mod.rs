//! Other processes: CreateProcess, and handles to what it started.
//!
//! | file | subject |
//! |---|---|
//! | `types` | STARTUPINFO and its kin |
//! | `create` | CreateProcess: what its arguments mean |
//! | `block` | the environment as one block |
//! | `program` | which file a name or a command line means |
//! | `spawn` | the new process, up to its program |
//! | `streams` | its standard streams |
//! | `told` | exit codes of more than 8 bits |
//! | `job` | job objects |
//! | `child` | a process as a handle: its end, its code, its first thread |
//!
//! # What is not Windows'
//! A process starts with the descriptors that are marked as inheritable, under their numbers; handles of files are
//! numbers of this process, and mean nothing there: what a program is to have open goes by its standard streams. The
//! exit code of a program that is not of this library, or calls _exit, has the lowest 8 bits.

mod block;
pub(crate) mod child;
mod create;
pub(crate) mod job;
mod program;
mod spawn;
mod streams;
pub(crate) mod told;
pub(crate) mod types;

pub use create::{CreateProcessA, CreateProcessW};
pub use job::types::*;
pub use job::{
    AssignProcessToJobObject, CreateJobObjectA, CreateJobObjectW, IsProcessInJob, OpenJobObjectA,
    OpenJobObjectW, QueryInformationJobObject, SetInformationJobObject, TerminateJobObject,
};
pub use types::{PROCESS_INFORMATION, STARTUPINFOA, STARTUPINFOW};
