//! What Microsoft's C library has and the system's has not, as far as it does not fit in the headers' inline functions.
//!
//! | Module | Subject |
//! |---|---|
//! | `format` | formats of printf and scanf, from Microsoft's to the system's |
//! | `print` | printf and its kin with an argument list |
//! | `variadic` | the same with their arguments behind the format |
//! | `scan` | scanf and its kin, with sizes behind the buffers for the `_s` ones |
//! | `invalid` | the handler of invalid parameters |
//! | `path` | names of files, fopen |
//!
//! The headers are `include/wharf/crt/*.h`; they declare what is exported here. What they define once for both kinds of
//! characters is in `include/wharf/kind`.

mod format;
pub(crate) mod invalid;
mod path;
mod print;
mod scan;
mod variadic;
