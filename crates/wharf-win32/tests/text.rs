//! Conversions, comparisons and messages, through the exported functions.
#![allow(unsafe_code)] // calls of the C interface

use std::ffi::{CStr, c_void};
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
    let room = wide_length(page, flags, text)?;
    // SAFETY: the text's own length, and room for 64.
    let stored =
        unsafe { MultiByteToWideChar(page, flags, text.as_ptr(), length, buffer.as_mut_ptr(), 64) };
    assert_eq!(stored, room);
    Ok(buffer[..usize::try_from(stored).unwrap()].to_vec())
}

fn wide_length(page: u32, flags: u32, text: &[u8]) -> Result<i32, u32> {
    let length = i32::try_from(text.len()).unwrap();
    // SAFETY: the text's own length, and no room, so that nothing is stored.
    match unsafe { MultiByteToWideChar(page, flags, text.as_ptr(), length, null_mut(), 0) } {
        0 => Err(GetLastError()),
        length => Ok(length),
    }
}

fn to_narrow(page: u32, flags: u32, text: &[WCHAR]) -> Result<Vec<u8>, u32> {
    let length = i32::try_from(text.len()).unwrap();
    let mut buffer = [0; 64];
    let to = buffer.as_mut_ptr();
    // SAFETY: the text's own length, room for 64, and neither character nor flag.
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
    let convert = |length, to: Option<&mut [WCHAR; 8]>, room| {
        SetLastError(0);
        let to = to.map_or(null_mut(), |to| to.as_mut_ptr());
        // SAFETY: a text that ends with a zero and is not shorter than the lengths below, and room for 8, or null.
        let result =
            unsafe { MultiByteToWideChar(65001, 0, text.as_ptr().cast(), length, to, room) };
        (result, GetLastError())
    };
    assert_eq!(convert(-1, None, 0), (4, 0), "with the terminator");
    assert_eq!(convert(-1, Some(&mut to), 4), (4, 0));
    assert_eq!(to[..5], [0x61, 0x62, 0xE9, 0, 7]);
    assert_eq!(convert(-1, Some(&mut to), 3), (0, 122), "too small");
    assert_eq!(convert(0, Some(&mut to), 3), (0, 87), "no length");
    assert_eq!(convert(2, Some(&mut to), -1), (0, 87));
    assert_eq!(convert(2, None, 3), (0, 87));
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
    let convert = |page, mark: Option<&[u8; 1]>, used: Option<&mut i32>, to: &mut [u8; 8]| {
        let mark = mark.map_or(null(), |mark| mark.as_ptr());
        let (used, to) = (used.map_or(null_mut(), std::ptr::from_mut), to.as_mut_ptr());
        // SAFETY: a text that ends with a zero and room for 8; a character and a flag, or nulls.
        unsafe { WideCharToMultiByte(page, 0, text.as_ptr(), -1, to, 8, mark, used) }
    };
    assert_eq!(convert(1252, None, Some(&mut used), &mut to), 4);
    assert_eq!((&to[..4], used), (&b"a?b\0"[..], 1));
    assert_eq!(convert(1252, Some(mark), None, &mut to), 4);
    assert_eq!(to[..4], *b"a#b\0");
    assert_eq!(convert(65001, None, Some(&mut used), &mut to), 0, "not with UTF-8");
    assert_eq!(GetLastError(), 87);
}

fn narrow(text: Option<&CStr>) -> *const u8 {
    text.map_or(null(), |text| text.as_ptr().cast())
}

/// One of lstrcmpA and lstrcmpiA.
fn order(
    compare: unsafe extern "C" fn(*const u8, *const u8) -> i32,
    one: Option<&CStr>,
    other: Option<&CStr>,
) -> i32 {
    // SAFETY: nulls, or texts that end with a zero.
    unsafe { compare(narrow(one), narrow(other)) }
}

#[test]
fn strings_that_may_be_null() {
    // SAFETY: null has no length.
    assert_eq!(unsafe { lstrlenA(null()) }, 0);
    // SAFETY: a text that ends with a zero.
    assert_eq!(unsafe { lstrlenW(wide("héllo").as_ptr()) }, 5);
    let mut buffer = [b'x'; 8];
    let start = buffer.as_mut_ptr();
    // SAFETY: three bytes with the zero, into room for eight.
    assert_eq!(unsafe { lstrcpyA(start, narrow(Some(c"ab"))) }, start);
    // SAFETY: two more, behind a text that ends with a zero.
    assert_eq!(unsafe { lstrcatA(start, narrow(Some(c"cd"))) }, start);
    assert_eq!(buffer[..6], *b"abcd\0x");
    // SAFETY: no more than four bytes, into room for eight.
    unsafe { lstrcpynA(start, narrow(Some(c"123456")), 4) };
    assert_eq!(buffer[..4], *b"123\0");
    // SAFETY: null is refused.
    assert!(unsafe { lstrcpyA(start, null()) }.is_null());
    assert!(order(lstrcmpA, Some(c"abc"), Some(c"ABC")) < 0, "lower case first");
    assert_eq!(order(lstrcmpiA, Some(c"abc"), Some(c"ABC")), 0);
    // SAFETY: texts that end with a zero.
    let order_of_wide = unsafe { lstrcmpW(wide("B").as_ptr(), wide("a").as_ptr()) };
    assert!(order_of_wide > 0, "a dictionary's order");
    assert!(order(lstrcmpA, None, Some(c"")) < 0);
}

#[test]
fn comparisons() {
    let (one, other) = (wide("Straße"), wide("straße"));
    let ordinal = |ignore| {
        // SAFETY: texts that end with a zero.
        unsafe { CompareStringOrdinal(one.as_ptr(), -1, other.as_ptr(), -1, ignore) }
    };
    assert_eq!((ordinal(0), ordinal(1)), (1, 2));
    let compare = |flags| {
        // SAFETY: six characters, and a text that ends with a zero.
        unsafe { CompareStringW(0, flags, one.as_ptr(), 6, other.as_ptr(), -1) }
    };
    assert_eq!((compare(0), compare(1)), (3, 2));
    assert_eq!((compare(0x8000_0000), GetLastError()), (0, 1004));
    // SAFETY: null is refused.
    assert_eq!(unsafe { CompareStringOrdinal(null(), -1, other.as_ptr(), -1, 0) }, 0);
    assert_eq!(GetLastError(), 87);
}

#[test]
fn case_in_place() {
    let mut text = wide("aé한ß");
    // SAFETY: a text that ends with a zero, changed in its place.
    unsafe { CharUpperW(text.as_mut_ptr()) };
    assert_eq!(text, wide("AÉ한ß"));
    let mut narrow = *b"a\xC3\xA9Z\0";
    // SAFETY: likewise; the upper case of these letters is as long.
    unsafe { CharUpperA(narrow.as_mut_ptr()) };
    assert_eq!(narrow, *b"A\xC3\x89Z\0");
    // SAFETY: one of five bytes.
    unsafe { CharLowerBuffA(narrow.as_mut_ptr(), 1) };
    assert_eq!(narrow[0], b'a');
    // SAFETY: the address is below 65536, so it is a character and nobody follows it.
    let one = unsafe { CharUpperW('q' as usize as *mut WCHAR) };
    assert_eq!(one as usize, 'Q' as usize, "a character in the pointer's place");
}

/// FormatMessageA: a text of the system's or the one that is given, with words for its inserts.
fn message(
    flags: u32,
    source: Option<&CStr>,
    id: u32,
    words: Option<&[usize]>,
) -> Result<String, u32> {
    let mut buffer = [0; 256];
    let to = buffer.as_mut_ptr();
    let source = narrow(source).cast::<c_void>();
    let arguments = words.map_or(null(), |words| words.as_ptr().cast());
    // SAFETY: room for 256, a text that ends with a zero or null, and as many words as its inserts take.
    let length = unsafe { FormatMessageA(flags, source, id, 0x400, to, 256, arguments) } as usize;
    if length == 0 {
        return Err(GetLastError());
    }
    assert_eq!(buffer[length], 0);
    Ok(String::from_utf8(buffer[..length].to_vec()).unwrap())
}

#[test]
fn system_messages() {
    assert_eq!(message(0x1200, None, 5, None).unwrap(), "Access is denied.\r\n");
    assert_eq!(message(0x1200 | 0xFF, None, 5, None).unwrap(), "Access is denied. ");
    assert_eq!(message(0x1200, None, 0x8007_0005, None).unwrap(), "Access is denied.\r\n");
    assert_eq!(message(0x1000, None, 123_456, None), Err(317));
    assert_eq!(message(0x1000, None, 193, None), Err(87), "an insert without arguments");
    assert!(message(0x1200, None, 193, None).unwrap().starts_with("%1 "));
    let mut short = [0; 10];
    let flags = 0x1200;
    // SAFETY: room for 10.
    assert_eq!(unsafe { FormatMessageA(flags, null(), 5, 0, short.as_mut_ptr(), 10, null()) }, 0);
    assert_eq!(GetLastError(), 122);
}

/// The way most programs call it: the buffer is made by the call and freed by LocalFree.
#[test]
fn an_allocated_message() {
    let mut text: *mut WCHAR = null_mut();
    let to = (&raw mut text).cast();
    // SAFETY: with this flag the room is a variable for the address of what is made.
    let length = unsafe { FormatMessageW(0x1300, null(), 10054, 0x400, to, 0, null()) };
    assert!(length > 10 && !text.is_null());
    // SAFETY: made above; it ends with a zero.
    assert_eq!(unsafe { lstrlenW(text) }, length.cast_signed());
    // SAFETY: a block that is not freed yet.
    assert_eq!(unsafe { LocalSize(text.cast()) }, (length as usize + 1) * 4);
    // SAFETY: freed once, and used no more.
    assert!(unsafe { LocalFree(text.cast()) }.is_null());
}

#[test]
fn inserts() {
    let format = |text: &CStr, words: &[usize]| message(0x2400, Some(text), 0, Some(words));
    let name = c"name".as_ptr() as usize;
    assert_eq!(format(c"%2 is %1!08X!%n%%", &[0xBEEF, name]).unwrap(), "name is 0000BEEF\r\n%");
    assert_eq!(format(c"[%1!-6d!|%2!6s!]", &[usize::MAX, name]).unwrap(), "[-1    |  name]");
    assert_eq!(format(c"%1!*.*s!.", &[6, 2, name]).unwrap(), "    na.");
    assert_eq!(format(c"a%0b", &[]).unwrap(), "a");
    assert_eq!(message(0x400, None, 0, None), Err(87), "no source");
    assert_eq!(message(0, None, 5, None), Err(87), "no kind of source");
}
