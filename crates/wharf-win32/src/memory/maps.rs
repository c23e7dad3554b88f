//! What the kernel says about the address space, and the IsBad...Ptr calls, which ask it.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;

use crate::arg;
use crate::types::{BOOL, TRUE, WCHAR};

/// A line of /proc/self/maps.
pub(super) struct Map {
    pub(super) start: usize,
    pub(super) end: usize,
    access: [bool; 3],
    shared: bool,
    named: bool,
}

impl Map {
    /// PAGE_*.
    pub(super) fn protection(&self) -> u32 {
        match (self.access, self.shared || !self.named) {
            ([false, false, false], _) => 1,
            ([_, false, false], _) => 2,
            ([_, true, false], true) => 4,
            // A private mapping of a file: a copy when it is written to.
            ([_, true, false], false) => 8,
            ([false, false, true], _) => 0x10,
            ([true, false, true], _) => 0x20,
            ([_, true, true], true) => 0x40,
            ([_, true, true], false) => 0x80,
        }
    }

    /// MEM_MAPPED, MEM_IMAGE or MEM_PRIVATE.
    pub(super) fn kind(&self) -> u32 {
        match (self.shared, self.named) {
            (true, _) => 0x4_0000,
            (false, true) => 0x100_0000,
            (false, false) => 0x2_0000,
        }
    }
}

fn parse(line: &str) -> Option<Map> {
    let mut fields = line.split_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let access = fields.next()?.as_bytes();
    let number = |text: &str| usize::from_str_radix(text, 16).ok();
    let has = |at: usize, letter: u8| access.get(at) == Some(&letter);
    Some(Map {
        start: number(start)?,
        end: number(end)?,
        access: [has(0, b'r'), has(1, b'w'), has(2, b'x')],
        shared: has(3, b's'),
        named: fields.nth(3).is_some_and(|name| name.starts_with('/')),
    })
}

fn all() -> Vec<Map> {
    let text = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    text.lines().filter_map(parse).collect()
}

/// The mapping that an address lies in.
pub(super) fn find(address: usize) -> Option<Map> {
    all().into_iter().find(|map| (map.start..map.end).contains(&address))
}

/// Where the next mapping after an address begins; none beyond the last address of a program.
pub(super) fn next(address: usize) -> Option<usize> {
    const LAST: usize = 0x7FFF_FFFE_FFFF;
    let next = all().into_iter().map(|map| map.start).find(|start| *start > address);
    (address < LAST).then(|| next.unwrap_or(LAST + 1).min(LAST + 1))
}

/// Whether each page of a range can be used in this way; a range of nothing can.
fn is_accessible(address: usize, size: usize, write: bool) -> bool {
    let Some(end) = address.checked_add(size) else { return false };
    let maps = all();
    let mut at = address;
    while at < end {
        let usable = |map: &&Map| {
            (map.start..map.end).contains(&at) && map.access[0] && (!write || map.access[1])
        };
        match maps.iter().find(usable) {
            Some(map) => at = map.end,
            None => return false,
        }
    }
    true
}

/// Whether memory cannot be read; what is true now need not be true later.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadReadPtr(address: *const c_void, size: usize) -> BOOL {
    BOOL::from(!is_accessible(address as usize, size, false))
}

/// Whether memory cannot be written; what is true now need not be true later.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadWritePtr(address: *mut c_void, size: usize) -> BOOL {
    BOOL::from(!is_accessible(address as usize, size, true))
}

/// Whether this is no code.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadCodePtr(address: *const c_void) -> BOOL {
    BOOL::from(!is_accessible(address as usize, 1, false))
}

/// Whether a string cannot be read up to its end, or as far as a limit.
///
/// # Safety
/// Any pointer: each page is asked for before it is read.
unsafe fn is_bad_string<T: Copy + Default + PartialEq>(text: *const T, most: usize) -> BOOL {
    let mut sure = 0_usize;
    for at in 0..most {
        let here = text.wrapping_add(at);
        let last = (here as usize).wrapping_add(size_of::<T>() - 1);
        if last >= sure {
            if !is_accessible(here as usize, size_of::<T>(), false) {
                return TRUE;
            }
            sure = (last / 4096 + 1) * 4096;
        }
        // SAFETY: its page can be read.
        match unsafe { arg::load(here) } {
            Ok(unit) if unit == T::default() => return 0,
            Ok(_) => {}
            Err(_) => return TRUE,
        }
    }
    0
}

/// Whether a string cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IsBadStringPtrA(text: *const u8, most: usize) -> BOOL {
    // SAFETY: any pointer will do.
    unsafe { is_bad_string(text, most) }
}

/// Whether a string cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IsBadStringPtrW(text: *const WCHAR, most: usize) -> BOOL {
    // SAFETY: any pointer will do.
    unsafe { is_bad_string(text, most) }
}
