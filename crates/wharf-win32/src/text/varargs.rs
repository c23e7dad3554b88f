//! The arguments that a printf-like call formats: a C `va_list`, or Windows' array of words.
//!
//! References: the psABIs for x86-64 (section 3.5.7) and for 64-bit Arm (AAPCS64, appendix B).
#![allow(unsafe_code)] // memory of the caller's

use std::ffi::c_void;

use crate::arg;

/// Where words come from.
pub(crate) enum Arguments {
    /// One 64-bit word for each argument.
    Array(*const u64),
    /// A copy of the caller's list.
    List(List),
    /// There are none.
    None,
}

impl Arguments {
    /// From a C `va_list`, which is passed as the address of its state.
    ///
    /// # Safety
    /// Null, or a list that is not read up.
    pub(crate) unsafe fn list(list: *const c_void) -> Result<Self, u32> {
        if list.is_null() {
            return Ok(Arguments::None);
        }
        // SAFETY: the caller's.
        Ok(Arguments::List(unsafe { arg::load(list.cast::<List>()) }?))
    }

    /// The next word: an integer or a pointer.
    ///
    /// # Safety
    /// There is one, and it is no floating-point number.
    pub(crate) unsafe fn next(&mut self) -> Result<u64, u32> {
        let from = match self {
            Arguments::None => return Err(crate::code::ERROR_INVALID_PARAMETER),
            Arguments::Array(at) => {
                let here = *at;
                *at = here.wrapping_add(1);
                here
            }
            Arguments::List(list) => list.next(),
        };
        // SAFETY: the caller's.
        unsafe { arg::load(from) }
    }
}

#[cfg(target_arch = "x86_64")]
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct List {
    general: u32,
    floating: u32,
    overflow: *const u64,
    saved: *const u8,
}

#[cfg(target_arch = "x86_64")]
impl List {
    /// A list whose arguments are words in memory.
    pub(crate) fn of(words: *const u64) -> Self {
        List { general: 48, floating: 304, overflow: words, saved: std::ptr::null() }
    }

    fn next(&mut self) -> *const u64 {
        // Six registers of eight bytes, then the stack.
        if self.general < 48 {
            let here = self.saved.wrapping_add(self.general as usize);
            self.general += 8;
            return here.cast();
        }
        let here = self.overflow;
        self.overflow = here.wrapping_add(1);
        here
    }
}

#[cfg(target_arch = "aarch64")]
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct List {
    stack: *const u64,
    general_top: *const u8,
    vector_top: *const u8,
    general: i32,
    vector: i32,
}

#[cfg(target_arch = "aarch64")]
impl List {
    /// A list whose arguments are words in memory.
    pub(crate) fn of(words: *const u64) -> Self {
        let none = std::ptr::null();
        List { stack: words, general_top: none, vector_top: none, general: 0, vector: 0 }
    }

    fn next(&mut self) -> *const u64 {
        if self.general < 0 {
            let here = self.general_top.wrapping_offset(self.general as isize);
            self.general += 8;
            return here.cast();
        }
        let here = self.stack;
        self.stack = here.wrapping_add(1);
        here
    }
}
