//! Conversions, comparisons and messages, through the exported functions.
#![allow(unsafe_code)] // calls of the C interface
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "each passes live buffers of the test"
)]

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use wharf_win32::Win32::Foundation::{GetLastError, SetLastError, WCHAR};
use wharf_win32::Win32::Globalization::*;
use wharf_win32::Win32::System::Diagnostics::Debug::{FormatMessageA, FormatMessageW};
use wharf_win32::Win32::System::Memory::{LocalFree, LocalSize};
use wharf_win32::Win32::UI::WindowsAndMessaging::*;

fn wide(text: &str) -> Vec<WCHAR> {
    text.chars().map(|c| c as WCHAR).chain([0]).collect()
}

fn to_wide(page: u32, flags: u32, text: &[u8]) -> Result<Vec<WCHAR>, u32> {
    let length = i32::try_from(text.len()).unwrap();
    let mut buffer = [0; 64];
    let room = MultiByteLength(page, flags, text)?;
    let stored =
        unsafe { MultiByteToWideChar(page, flags, text.as_ptr(), length, buffer.as_mut_ptr(), 64) };
    assert_eq!(stored, room);
    Ok(buffer[..usize::try_from(stored).unwrap()].to_vec())
}

#[allow(non_snake_case)]
fn MultiByteLength(page: u32, flags: u32, text: &[u8]) -> Result<i32, u32> {
    let length = i32::try_from(text.len()).unwrap();
    match unsafe { MultiByteToWideChar(page, flags, text.as_ptr(), length, null_mut(), 0) } {
        0 => Err(GetLastError()),
        length => Ok(length),
    }
}

fn to_narrow(page: u32, flags: u32, text: &[WCHAR]) -> Result<Vec<u8>, u32> {
    let length = i32::try_from(text.len()).unwrap();
    let mut buffer = [0; 64];
    let to = buffer.as_mut_ptr();
    let stored = unsafe {
        WideCharToMultiByte(page, flags, text.as_ptr(), length, to, 64, null(), null_mut())
    };
    if stored == 0 { Err(GetLastError()) } else { Ok(buffer[..stored as usize].to_vec()) }
}

/// Each legacy code page of the survey, there and back, by bytes known from the vendors' tables.
#[test]
fn code_pages_convert_both_ways() {
    let cases: [(u32, &[u8], &str); 6] = [
        (65001, "한é😀".as_bytes(), "한é😀"),
        (0, "한é😀".as_bytes(), "한é😀"),
        (949, &[0xC7, 0xD1, 0xB1, 0xDB, b'!'], "한글!"),
        (936, &[0xD6, 0xD0, 0xCE, 0xC4], "中文"),
        (932, &[0x93, 0xFA, 0x96, 0x7B, 0xB1], "日本ｱ"),
        (1252, &[0x80, 0xE9], "€é"),
    ];
    for (page, narrow, text) in cases {
        let wide: Vec<WCHAR> = text.chars().map(|c| c as WCHAR).collect();
        assert_eq!(to_wide(page, 0, narrow).unwrap(), wide, "{page}");
        assert_eq!(to_narrow(page, 0, &wide).unwrap(), narrow, "{page}");
    }
}

#[test]
fn lengths_and_errors_of_conversions() {
    let text = c"ab\xC3\xA9";
    let mut to = [7; 8];
    let convert = |length, to: *mut WCHAR, room| unsafe {
        SetLastError(0);
        let result = MultiByteToWideChar(65001, 0, text.as_ptr().cast(), length, to, room);
        (result, GetLastError())
    };
    assert_eq!(convert(-1, null_mut(), 0), (4, 0), "with the terminator");
    assert_eq!(convert(-1, to.as_mut_ptr(), 4), (4, 0));
    assert_eq!(to[..5], [0x61, 0x62, 0xE9, 0, 7]);
    assert_eq!(convert(-1, to.as_mut_ptr(), 3), (0, 122), "too small");
    assert_eq!(convert(0, to.as_mut_ptr(), 3), (0, 87), "no length");
    assert_eq!(convert(2, to.as_mut_ptr(), -1), (0, 87));
    assert_eq!(convert(2, null_mut(), 3), (0, 87));
    assert_eq!(to_wide(65001, 0, b"a\xFFb").unwrap(), [0x61, 0xFFFD, 0x62]);
    assert_eq!(to_wide(65001, 8, b"a\xFFb"), Err(1113));
    assert_eq!(to_wide(65001, 1, b"a"), Err(1004));
    assert_eq!(to_wide(949, 8, b"a\xFFb"), Err(1113));
    assert_eq!(to_wide(12345, 0, b"a"), Err(87));
    assert_eq!(to_narrow(65001, 0x80, &[0xD800]), Err(1113));
    assert_eq!(to_narrow(65001, 0, &[0xD83D, 0xDE00]).unwrap(), "😀".as_bytes());
}

#[test]
fn the_default_character() {
    let text = wide("a한b");
    let (mut used, mut to) = (0, [0; 8]);
    let mark = b"#";
    let convert = |page, default: *const u8, used: *mut i32, to: *mut u8| unsafe {
        WideCharToMultiByte(page, 0, text.as_ptr(), -1, to, 8, default, used)
    };
    assert_eq!(convert(1252, null(), &mut used, to.as_mut_ptr()), 4);
    assert_eq!((&to[..4], used), (&b"a?b\0"[..], 1));
    assert_eq!(convert(1252, mark.as_ptr(), null_mut(), to.as_mut_ptr()), 4);
    assert_eq!(to[..4], *b"a#b\0");
    assert_eq!(convert(65001, null(), &mut used, to.as_mut_ptr()), 0, "not with UTF-8");
    assert_eq!(GetLastError(), 87);
}

#[test]
fn strings_that_may_be_null() {
    unsafe {
        assert_eq!(lstrlenA(null()), 0);
        assert_eq!(lstrlenW(wide("héllo").as_ptr()), 5);
        let mut buffer = [b'x'; 8];
        let start = buffer.as_mut_ptr();
        assert_eq!(lstrcpyA(start, c"ab".as_ptr().cast()), start);
        assert_eq!(lstrcatA(start, c"cd".as_ptr().cast()), start);
        assert_eq!(buffer[..6], *b"abcd\0x");
        lstrcpynA(start, c"123456".as_ptr().cast(), 4);
        assert_eq!(buffer[..4], *b"123\0");
        assert!(lstrcpyA(start, null()).is_null());
        assert!(lstrcmpA(c"abc".as_ptr().cast(), c"ABC".as_ptr().cast()) < 0, "lower case first");
        assert_eq!(lstrcmpiA(c"abc".as_ptr().cast(), c"ABC".as_ptr().cast()), 0);
        assert!(lstrcmpW(wide("B").as_ptr(), wide("a").as_ptr()) > 0, "a dictionary's order");
        assert!(lstrcmpA(null(), c"".as_ptr().cast()) < 0);
    }
}

#[test]
fn comparisons() {
    let (one, other) = (wide("Straße"), wide("straße"));
    let ordinal =
        |ignore| unsafe { CompareStringOrdinal(one.as_ptr(), -1, other.as_ptr(), -1, ignore) };
    assert_eq!((ordinal(0), ordinal(1)), (1, 2));
    let compare = |flags| unsafe { CompareStringW(0, flags, one.as_ptr(), 6, other.as_ptr(), -1) };
    assert_eq!((compare(0), compare(1)), (3, 2));
    assert_eq!((compare(0x8000_0000), GetLastError()), (0, 1004));
    assert_eq!(unsafe { CompareStringOrdinal(null(), -1, other.as_ptr(), -1, 0) }, 0);
    assert_eq!(GetLastError(), 87);
}

#[test]
fn case_in_place() {
    let mut text = wide("aé한ß");
    unsafe { CharUpperW(text.as_mut_ptr()) };
    assert_eq!(text, wide("AÉ한ß"));
    let mut narrow = *b"a\xC3\xA9Z\0";
    unsafe { CharUpperA(narrow.as_mut_ptr()) };
    assert_eq!(narrow, *b"A\xC3\x89Z\0");
    unsafe { CharLowerBuffA(narrow.as_mut_ptr(), 1) };
    assert_eq!(narrow[0], b'a');
    let one = unsafe { CharUpperW('q' as usize as *mut WCHAR) };
    assert_eq!(one as usize, 'Q' as usize, "a character in the pointer's place");
}

fn message(
    flags: u32,
    source: *const c_void,
    id: u32,
    arguments: *const c_void,
) -> Result<String, u32> {
    let mut buffer = [0; 256];
    let to = buffer.as_mut_ptr();
    let length = unsafe { FormatMessageA(flags, source, id, 0x400, to, 256, arguments) } as usize;
    if length == 0 {
        return Err(GetLastError());
    }
    assert_eq!(buffer[length], 0);
    Ok(String::from_utf8(buffer[..length].to_vec()).unwrap())
}

#[test]
fn system_messages() {
    assert_eq!(message(0x1200, null(), 5, null()).unwrap(), "Access is denied.\r\n");
    assert_eq!(message(0x1200 | 0xFF, null(), 5, null()).unwrap(), "Access is denied. ");
    assert_eq!(message(0x1200, null(), 0x8007_0005, null()).unwrap(), "Access is denied.\r\n");
    assert_eq!(message(0x1000, null(), 123_456, null()), Err(317));
    assert_eq!(message(0x1000, null(), 193, null()), Err(87), "an insert without arguments");
    assert!(message(0x1200, null(), 193, null()).unwrap().starts_with("%1 "));
    let mut short = [0; 10];
    let flags = 0x1200;
    assert_eq!(unsafe { FormatMessageA(flags, null(), 5, 0, short.as_mut_ptr(), 10, null()) }, 0);
    assert_eq!(GetLastError(), 122);
}

/// The way most programs call it: the buffer is made by the call and freed by LocalFree.
#[test]
fn an_allocated_message() {
    let mut text: *mut WCHAR = null_mut();
    let to = (&raw mut text).cast();
    let length = unsafe { FormatMessageW(0x1300, null(), 10054, 0x400, to, 0, null()) };
    assert!(length > 10 && !text.is_null());
    assert_eq!(unsafe { lstrlenW(text) }, length.cast_signed());
    assert_eq!(unsafe { LocalSize(text.cast()) }, (length as usize + 1) * 4);
    assert!(unsafe { LocalFree(text.cast()) }.is_null());
}

#[test]
fn inserts() {
    let format = |text: &std::ffi::CStr, words: &[usize]| {
        message(0x2400, text.as_ptr().cast(), 0, words.as_ptr().cast())
    };
    let name = c"name".as_ptr() as usize;
    assert_eq!(format(c"%2 is %1!08X!%n%%", &[0xBEEF, name]).unwrap(), "name is 0000BEEF\r\n%");
    assert_eq!(format(c"[%1!-6d!|%2!6s!]", &[usize::MAX, name]).unwrap(), "[-1    |  name]");
    assert_eq!(format(c"%1!*.*s!.", &[6, 2, name]).unwrap(), "    na.");
    assert_eq!(format(c"a%0b", &[]).unwrap(), "a");
    assert_eq!(message(0x400, null(), 0, null()), Err(87), "no source");
    assert_eq!(message(0, null(), 5, null()), Err(87), "no kind of source");
}
