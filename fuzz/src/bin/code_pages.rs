//! Text between code pages.
#![no_main]

use std::ptr;

use libfuzzer_sys::fuzz_target;
use wharf_fuzz::{Input, at, room};
use wharf_win32::Win32::Globalization::{MultiByteToWideChar, WideCharToMultiByte};

const PAGES: [u32; 14] = [0, 1, 3, 437, 932, 936, 949, 950, 1200, 1252, 20127, 28591, 65000, 65001];

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let page = match input.byte() {
        which if which < 250 => PAGES[usize::from(which) % PAGES.len()],
        _ => input.number(),
    };
    let (kind, flags, size) = (input.byte(), input.number(), i32::from(input.byte()));
    let flags =
        if kind & 4 == 0 { 0 } else { flags & if kind & 8 == 0 { 0xFFF } else { u32::MAX } };
    if kind & 1 == 0 {
        let mut text = input.rest();
        let terminated = kind & 2 != 0 && text.last_mut().map(|last| *last = 0).is_some();
        let length = if terminated { -1 } else { text.len() as i32 };
        let mut output = vec![0; size as usize];
        // SAFETY: the text's own length, or -1 if it ends with a zero; the room's own size, or none.
        unsafe {
            let needed =
                MultiByteToWideChar(page, flags, text.as_ptr(), length, ptr::null_mut(), 0);
            let made =
                MultiByteToWideChar(page, flags, text.as_ptr(), length, at(&mut output), size);
            assert!(made <= size || size == 0);
            if needed > 0 && needed <= size && size > 0 {
                assert_eq!(made, needed);
                // What was decoded can be encoded.
                WideCharToMultiByte(
                    page,
                    0,
                    output.as_ptr(),
                    made,
                    ptr::null_mut(),
                    0,
                    ptr::null(),
                    ptr::null_mut(),
                );
            }
        }
    } else {
        let text = input.wide();
        let length = if kind & 2 != 0 { -1 } else { text.len() as i32 };
        let (mut output, mut used) = (room(size as usize), 0);
        let used = if kind & 16 == 0 { ptr::null_mut() } else { &raw mut used };
        let default = if kind & 32 == 0 { ptr::null() } else { c"??".as_ptr().cast() };
        // SAFETY: the text's own length, or -1, and a wide input ends with a zero; the room's own size, or none; character and
        // flag are null or there.
        unsafe {
            let needed = WideCharToMultiByte(
                page,
                flags,
                text.as_ptr(),
                length,
                ptr::null_mut(),
                0,
                default,
                used,
            );
            let made = WideCharToMultiByte(
                page,
                flags,
                text.as_ptr(),
                length,
                at(&mut output),
                size,
                default,
                used,
            );
            assert!(made <= size || size == 0);
            if needed > 0 && needed <= size && size > 0 {
                assert_eq!(made, needed);
            }
        }
    }
});
