//! Modules: the program, the shared libraries that it loads, and the names of Windows' own DLLs, which all mean this
//! library.

pub(crate) mod command_line;
mod file_name;
pub(crate) mod library;
mod system_dll;

pub use command_line::{CommandLineToArgvW, GetCommandLineA, GetCommandLineW};
pub(crate) use command_line::{quote, split};
pub use file_name::{GetModuleFileNameA, GetModuleFileNameW};
pub use library::{
    FreeLibrary, GetModuleHandleA, GetModuleHandleExA, GetModuleHandleExW, GetModuleHandleW,
    GetProcAddress, LoadLibraryA, LoadLibraryExA, LoadLibraryExW, LoadLibraryW,
};
