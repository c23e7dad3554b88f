//! Command lines, paths, and names that are looked for.
#![no_main]

use std::ffi::c_void;
use std::ptr;

use libfuzzer_sys::fuzz_target;
use wharf_fuzz::{Input, at, room};
use wharf_win32::Win32::Foundation::WCHAR;

unsafe extern "C" {
    fn CommandLineToArgvW(line: *const WCHAR, count: *mut i32) -> *mut *mut WCHAR;
    fn LocalFree(memory: *mut c_void) -> *mut c_void;
    fn GetFullPathNameA(name: *const u8, size: u32, buffer: *mut u8, part: *mut *mut u8) -> u32;
    fn GetFullPathNameW(
        name: *const WCHAR,
        size: u32,
        buffer: *mut WCHAR,
        part: *mut *mut WCHAR,
    ) -> u32;
    fn GetFileAttributesA(name: *const u8) -> u32;
    fn GetFileAttributesW(name: *const WCHAR) -> u32;
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (kind, size) = (input.byte(), input.byte());
    if kind & 1 == 0 {
        let line = input.wide();
        let mut count = 0;
        // SAFETY: a wide input ends with a zero; the list has as many arguments as are counted, each of which ends with a zero,
        // and a null behind them; the room has the size that is given.
        unsafe {
            let arguments = CommandLineToArgvW(line.as_ptr(), &mut count);
            if !arguments.is_null() {
                for at in 0..count as usize {
                    let mut argument = *arguments.add(at);
                    while *argument != 0 {
                        argument = argument.add(1);
                    }
                }
                assert!((*arguments.add(count as usize)).is_null(), "the list ends");
                LocalFree(arguments.cast());
            }
            let mut output = vec![0; size.into()];
            let mut part = ptr::null_mut();
            let length = GetFullPathNameW(line.as_ptr(), size.into(), at(&mut output), &mut part);
            if length > 0 && length < u32::from(size) {
                assert_eq!(output[length as usize], 0);
            }
            GetFileAttributesW(line.as_ptr());
        }
    } else {
        let name = input.text();
        let mut output = room(size.into());
        let mut part = ptr::null_mut();
        // SAFETY: a text ends with a zero; the room has the size that is given.
        unsafe {
            let length = GetFullPathNameA(name.as_ptr(), size.into(), at(&mut output), &mut part);
            if length > 0 && length < u32::from(size) {
                assert_eq!(output[length as usize], 0);
            }
            GetFileAttributesA(name.as_ptr());
        }
    }
});
