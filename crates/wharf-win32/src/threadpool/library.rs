//! A module that stays loaded as long as its code may be called: SetThreadpoolCallbackLibrary.
#![allow(unsafe_code)] // a call with a pointer for an answer

use crate::module::{FreeLibrary, GetModuleHandleExW};
use crate::types::{HANDLE, WCHAR};

/// One reference to a module.
pub(super) struct Library(usize);

impl Library {
    /// The module of some code; none for code that is in no module.
    pub(super) fn of(code: usize) -> Option<Library> {
        const FROM_ADDRESS: u32 = 4;
        let mut module: HANDLE = std::ptr::null_mut();
        // SAFETY: an address, which is looked up and not read, and room for the answer.
        let found =
            unsafe { GetModuleHandleExW(FROM_ADDRESS, code as *const WCHAR, &raw mut module) };
        (found != 0).then_some(Library(module as usize))
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        FreeLibrary(self.0 as HANDLE);
    }
}
