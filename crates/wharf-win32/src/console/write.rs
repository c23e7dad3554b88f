//! WriteConsole, titles, colours, the cursor: what a terminal understands as text or as an ANSI sequence.
//!
//! Text goes also where output is redirected, which Windows refuses: programs that print by WriteConsole would be mute
//! in a pipe. Sequences go to terminals only.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rustix::io::Errno;
use rustix::termios::{isatty, tcgetwinsize};
use wharf_core::status::FileContext;

use crate::file::handle::{self, File};
use crate::fork::Lock;
use crate::text::{self, out};
use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::{arg, code, guard};

/// What has been set of the window.
pub(crate) struct Screen {
    title: Option<Vec<u8>>,
    attributes: u16,
}

pub(crate) static SCREEN: Lock<Screen> = Lock::new(Screen { title: None, attributes: 7 });

/// COORD.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct COORD {
    /// Column, from 0.
    pub X: i16,
    /// Row, from 0.
    pub Y: i16,
}

/// SMALL_RECT; its edges belong to it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SMALL_RECT {
    /// First column.
    pub Left: i16,
    /// First row.
    pub Top: i16,
    /// Last column.
    pub Right: i16,
    /// Last row.
    pub Bottom: i16,
}

/// CONSOLE_SCREEN_BUFFER_INFO.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CONSOLE_SCREEN_BUFFER_INFO {
    /// Columns and rows.
    pub dwSize: COORD,
    /// Where the cursor is.
    pub dwCursorPosition: COORD,
    /// The colours of what is written next.
    pub wAttributes: u16,
    /// What is seen of the buffer: all.
    pub srWindow: SMALL_RECT,
    /// The largest window.
    pub dwMaximumWindowSize: COORD,
}

/// CONSOLE_CURSOR_INFO.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CONSOLE_CURSOR_INFO {
    /// Per cent of the cell that it fills.
    pub dwSize: u32,
    /// Whether it is shown.
    pub bVisible: BOOL,
}

/// Writes all of a text.
pub(super) fn all(fd: BorrowedFd<'_>, mut text: &[u8]) -> Result<(), u32> {
    while !text.is_empty() {
        match wharf::blocking(|| rustix::io::write(fd, text)) {
            Ok(done) => text = &text[done..],
            Err(Errno::INTR) => {}
            Err(errno) => return Err(crate::file::code_of(errno, FileContext::Write)),
        }
    }
    Ok(())
}

/// The terminal of an output handle; ERROR_INVALID_HANDLE if it is none.
fn terminal(handle: HANDLE) -> Result<Arc<File>, u32> {
    let file = handle::get(handle)?;
    if isatty(file.as_fd()) { Ok(file) } else { Err(code::ERROR_INVALID_HANDLE) }
}

fn sequence(handle: HANDLE, text: &str) -> BOOL {
    guard::call(FALSE, || {
        let file = terminal(handle)?;
        all(file.as_fd(), text.as_bytes())?;
        Ok(TRUE)
    })
}

/// Writes text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteConsoleA(
    console: HANDLE,
    buffer: *const c_void,
    length: u32,
    written: *mut u32,
    _reserved: *const c_void,
) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(console)?;
        file.must_write()?;
        // SAFETY: the caller's text.
        let text = unsafe { arg::load_all(buffer.cast::<u8>(), length as usize) }?;
        all(file.as_fd(), &text)?;
        // SAFETY: the caller's variable, or null.
        unsafe { arg::store_optional(written, length) }?;
        Ok(TRUE)
    })
}

/// Writes text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteConsoleW(
    console: HANDLE,
    buffer: *const c_void,
    length: u32,
    written: *mut u32,
    _reserved: *const c_void,
) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(console)?;
        file.must_write()?;
        // SAFETY: the caller's text.
        let wide = unsafe { arg::load_all(buffer.cast::<WCHAR>(), length as usize) }?;
        all(file.as_fd(), &text::narrow(&wide))?;
        // SAFETY: the caller's variable, or null.
        unsafe { arg::store_optional(written, length) }?;
        Ok(TRUE)
    })
}

/// Windows' colour bits are blue, green, red; ANSI's numbers count red, green, blue.
fn ansi_colour(bits: u16) -> u16 {
    (bits & 1) << 2 | bits & 2 | (bits & 4) >> 2
}

/// The sequence of a set of attributes. The default (7) is the terminal's own pair of colours.
fn attribute_sequence(attributes: u16) -> String {
    if attributes & 0xFF == 7 && attributes >> 14 == 0 {
        return "\x1b[0m".to_owned();
    }
    let bright = |bits: u16, base: u16| if bits & 8 == 0 { base } else { base + 60 };
    let front = bright(attributes, 30) + ansi_colour(attributes);
    let back = attributes >> 4 & 0xF;
    let mut text = format!("\x1b[0;{front}");
    if back != 0 {
        text += &format!(";{}", bright(back, 40) + ansi_colour(back));
    }
    text += if attributes & 0x4000 == 0 { "" } else { ";7" };
    text += if attributes & 0x8000 == 0 { "" } else { ";4" };
    text + "m"
}

/// Sets the colours of what is written next.
#[unsafe(no_mangle)]
pub extern "C" fn SetConsoleTextAttribute(console: HANDLE, attributes: u16) -> BOOL {
    let set = sequence(console, &attribute_sequence(attributes));
    if set != 0 {
        SCREEN.lock().attributes = attributes;
    }
    set
}

/// Moves the cursor.
#[unsafe(no_mangle)]
pub extern "C" fn SetConsoleCursorPosition(console: HANDLE, place: COORD) -> BOOL {
    if place.X < 0 || place.Y < 0 {
        return guard::call(FALSE, || Err(code::ERROR_INVALID_PARAMETER));
    }
    let (row, column) = (i32::from(place.Y) + 1, i32::from(place.X) + 1);
    sequence(console, &format!("\x1b[{row};{column}H"))
}

/// Shows or hides the cursor; its size is the terminal's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetConsoleCursorInfo(
    console: HANDLE,
    info: *const CONSOLE_CURSOR_INFO,
) -> BOOL {
    // SAFETY: the caller's structure.
    match unsafe { arg::load(info) } {
        Ok(info) if (1..=100).contains(&info.dwSize) => {
            sequence(console, if info.bVisible == 0 { "\x1b[?25l" } else { "\x1b[?25h" })
        }
        Ok(_) => guard::call(FALSE, || Err(code::ERROR_INVALID_PARAMETER)),
        Err(code) => guard::call(FALSE, || Err(code)),
    }
}

fn clamp(value: impl TryInto<i16>) -> i16 {
    value.try_into().unwrap_or(i16::MAX)
}

fn size(file: &File) -> Result<COORD, u32> {
    let size = tcgetwinsize(file).map_err(|_| code::ERROR_INVALID_HANDLE)?;
    Ok(COORD { X: clamp(size.ws_col), Y: clamp(size.ws_row) })
}

/// Size, cursor and colours of a terminal.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetConsoleScreenBufferInfo(
    console: HANDLE,
    info: *mut CONSOLE_SCREEN_BUFFER_INFO,
) -> BOOL {
    guard::call(FALSE, || {
        let file = terminal(console)?;
        let size = size(&file)?;
        let value = CONSOLE_SCREEN_BUFFER_INFO {
            dwSize: size,
            dwCursorPosition: super::cursor::position(file.as_fd()).unwrap_or_default(),
            wAttributes: SCREEN.lock().attributes,
            srWindow: SMALL_RECT { Left: 0, Top: 0, Right: size.X - 1, Bottom: size.Y - 1 },
            dwMaximumWindowSize: size,
        };
        // SAFETY: the caller's structure.
        unsafe { arg::store(info, value) }?;
        Ok(TRUE)
    })
}

/// A terminal keeps its own lines: any size that is not below the window's is granted, and changes nothing.
#[unsafe(no_mangle)]
pub extern "C" fn SetConsoleScreenBufferSize(console: HANDLE, wanted: COORD) -> BOOL {
    guard::call(FALSE, || {
        let window = size(&*terminal(console)?)?;
        if wanted.X < window.X || wanted.Y < window.Y {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        Ok(TRUE)
    })
}

pub(super) fn set_title(title: Vec<u8>) {
    let stdout = rustix::stdio::stdout();
    if isatty(stdout) {
        let clean: Vec<u8> = title.iter().copied().filter(|byte| *byte >= b' ').collect();
        // A title that cannot be shown is remembered all the same.
        let _ = all(stdout, &[b"\x1b]0;", clean.as_slice(), b"\x07"].concat());
    }
    SCREEN.lock().title = Some(title);
}

fn title() -> Vec<u8> {
    let title = SCREEN.lock().title.clone();
    title.unwrap_or_else(|| {
        use std::os::unix::ffi::OsStringExt;
        std::env::current_exe().map(|path| path.into_os_string().into_vec()).unwrap_or_default()
    })
}

/// Sets the title of the terminal's window.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetConsoleTitleA(title: *const u8) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's text.
        set_title(unsafe { arg::string(title) }?);
        Ok(TRUE)
    })
}

/// Sets the title of the terminal's window.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetConsoleTitleW(title: *const WCHAR) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's text.
        set_title(unsafe { arg::wide(title) }?);
        Ok(TRUE)
    })
}

/// The title that was set; before that the program's path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetConsoleTitleA(buffer: *mut u8, size: u32) -> u32 {
    // SAFETY: the caller's buffer.
    guard::call(0, || unsafe { out::sized(&title(), buffer, size) })
}

/// The title that was set; before that the program's path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetConsoleTitleW(buffer: *mut WCHAR, size: u32) -> u32 {
    // SAFETY: the caller's buffer.
    guard::call(0, || unsafe { out::sized_wide(&title(), buffer, size) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours() {
        assert_eq!(size_of::<CONSOLE_SCREEN_BUFFER_INFO>(), 22);
        let cases = [
            (7, "\x1b[0m"),
            (4, "\x1b[0;31m"),
            (1 | 8, "\x1b[0;94m"),
            (0x20 | 7, "\x1b[0;37;42m"),
            (0x8000 | 7, "\x1b[0;37;4m"),
        ];
        for (attributes, expected) in cases {
            assert_eq!(attribute_sequence(attributes), expected, "{attributes:#x}");
        }
    }
}
