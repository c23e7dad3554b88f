//! Win32 on Linux, as far as servers on completion ports use it: a C ABI.
//!
//! Every exported function decodes its arguments, calls, and encodes the answer; the rules are in `wharf` and
//! `wharf-core`. Names, signatures, constants and layouts are Windows' own. Rust finds them under the paths of
//! the crate windows-sys: `wharf_win32::Win32::System::IO::CreateIoCompletionPort`.
//!
//! # Conventions
//! * A name that the C library defines too (`send`, `select`, ...) is exported with the prefix `wharf_`; the
//!   headers give it its own name back.
//! * SOCKETs are descriptors. Every other handle is an entry of the table in [`object`].
//! * `WCHAR` is `wchar_t`: 32 bits.
//! * No panic crosses the boundary: [`guard::call`].
#![allow(non_snake_case, clippy::upper_case_acronyms, reason = "Windows' own names")]

mod error;
mod guard;
mod object;
mod types;

/// The paths of the crate windows-sys.
#[allow(missing_docs, reason = "Windows' own structure")]
pub mod Win32 {
    pub mod Foundation {
        pub use crate::error::{GetLastError, SetLastError};
        pub use crate::object::CloseHandle;
        pub use crate::types::{BOOL, HANDLE, INVALID_HANDLE_VALUE, WCHAR};
    }
}
