//! FormatMessage: texts of system errors, and texts with inserts of the caller's own.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;

use super::varargs::Arguments;
use super::{printf, texts};
use crate::memory::global;
use crate::types::WCHAR;
use crate::{arg, code, guard};

const ALLOCATE_BUFFER: u32 = 0x100;
const IGNORE_INSERTS: u32 = 0x200;
const FROM_STRING: u32 = 0x400;
const FROM_HMODULE: u32 = 0x800;
const FROM_SYSTEM: u32 = 0x1000;
const ARGUMENT_ARRAY: u32 = 0x2000;
const MAX_WIDTH_MASK: u32 = 0xFF;

/// Formats a message. The language is ignored: there is one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FormatMessageA(
    flags: u32,
    source: *const c_void,
    id: u32,
    _language: u32,
    buffer: *mut u8,
    size: u32,
    arguments: *const c_void,
) -> u32 {
    guard::call(0, || {
        let own = || {
            // SAFETY: with FROM_STRING the source is a narrow string.
            let text = unsafe { arg::string(source.cast::<u8>()) }?;
            Ok(String::from_utf8_lossy(&text).chars().collect())
        };
        // SAFETY: the caller's arguments.
        let text = unsafe { format(flags, own, id, arguments, false) }?;
        // SAFETY: the caller's buffer.
        unsafe { deliver(text.as_bytes(), flags, buffer, size) }
    })
}

/// Formats a message. The language is ignored: there is one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FormatMessageW(
    flags: u32,
    source: *const c_void,
    id: u32,
    _language: u32,
    buffer: *mut WCHAR,
    size: u32,
    arguments: *const c_void,
) -> u32 {
    guard::call(0, || {
        let own = || {
            // SAFETY: with FROM_STRING the source is a wide string.
            let text = unsafe { arg::string(source.cast::<WCHAR>()) }?;
            Ok(super::characters(&text).collect())
        };
        // SAFETY: the caller's arguments.
        let text = unsafe { format(flags, own, id, arguments, true) }?;
        let text: Vec<WCHAR> = text.chars().map(super::unit).collect();
        // SAFETY: the caller's buffer.
        unsafe { deliver(&text, flags, buffer, size) }
    })
}

/// # Safety
/// The arguments fit the text.
unsafe fn format(
    flags: u32,
    own: impl Fn() -> Result<Vec<char>, u32>,
    id: u32,
    arguments: *const c_void,
    wide: bool,
) -> Result<String, u32> {
    let text = if flags & FROM_STRING != 0 {
        own().map_err(|_| code::ERROR_INVALID_PARAMETER)?
    } else {
        system_text(flags, id)?
    };
    let arguments = if flags & IGNORE_INSERTS != 0 || arguments.is_null() {
        Arguments::None
    } else if flags & ARGUMENT_ARRAY != 0 {
        Arguments::Array(arguments.cast())
    } else {
        // SAFETY: without the flag it is the address of a va_list.
        unsafe { Arguments::list(arguments) }?
    };
    let mut message = Message { text: String::new(), column: 0, width: width(flags) };
    let mut inserts = Inserts { arguments, words: Vec::new(), wide };
    let keep = flags & IGNORE_INSERTS != 0;
    // SAFETY: the caller's.
    unsafe { message.build(&text, &mut inserts, keep) }?;
    Ok(message.text)
}

fn system_text(flags: u32, id: u32) -> Result<Vec<char>, u32> {
    if flags & (FROM_SYSTEM | FROM_HMODULE) == 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    // Modules have no message tables here.
    if flags & FROM_SYSTEM == 0 {
        return Err(code::ERROR_RESOURCE_TYPE_NOT_FOUND);
    }
    // An HRESULT of the Win32 facility is that Win32 code.
    let id = if id >> 16 == 0x8007 { id & 0xFFFF } else { id };
    let text = texts::find(id).ok_or(code::ERROR_MR_MID_NOT_FOUND)?;
    Ok(text.chars().chain("\r\n".chars()).collect())
}

/// Stores the text, in a new buffer of LocalAlloc if that is asked for; answers its length.
///
/// # Safety
/// `buffer` is writable for `size` units, or for a pointer.
unsafe fn deliver<T: Copy + Default>(
    text: &[T],
    flags: u32,
    buffer: *mut T,
    size: u32,
) -> Result<u32, u32> {
    let length = u32::try_from(text.len()).map_err(|_| code::ERROR_NOT_ENOUGH_MEMORY)?;
    let terminated = [text, &[T::default()]].concat();
    if flags & ALLOCATE_BUFFER == 0 {
        if size <= length {
            return Err(code::ERROR_INSUFFICIENT_BUFFER);
        }
        // SAFETY: the size is the caller's word.
        unsafe { arg::store_all(buffer, &terminated) }
            .map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        return Ok(length);
    }
    arg::check_room(buffer, 1).map_err(|_| code::ERROR_NOT_ENOUGH_MEMORY)?;
    let units = terminated.len().max(size as usize);
    let block = global::allocate(0, units * size_of::<T>())?.cast::<T>();
    // SAFETY: the block has room for the whole text.
    unsafe { arg::store_all(block, &terminated) }?;
    // SAFETY: with ALLOCATE_BUFFER the argument is the address of a pointer.
    unsafe { arg::store(buffer.cast::<*mut T>(), block) }?;
    Ok(length)
}

/// What becomes of the text's own line ends.
#[derive(Clone, Copy)]
enum Width {
    /// They stay.
    AsWritten,
    /// They become spaces.
    OneLine,
    /// They become spaces, and lines are broken at this column.
    Columns(usize),
}

fn width(flags: u32) -> Width {
    match flags & MAX_WIDTH_MASK {
        0 => Width::AsWritten,
        MAX_WIDTH_MASK => Width::OneLine,
        columns => Width::Columns(columns as usize),
    }
}

struct Message {
    text: String,
    column: usize,
    width: Width,
}

impl Message {
    /// # Safety
    /// The inserts fit the text.
    unsafe fn build(
        &mut self,
        text: &[char],
        inserts: &mut Inserts,
        keep: bool,
    ) -> Result<(), u32> {
        let mut at = 0;
        while let Some(c) = text.get(at) {
            at += 1;
            match (c, text.get(at)) {
                ('\r', Some('\n')) => {}
                ('\r' | '\n', _) => self.soft_break(),
                ('%', Some(next)) => {
                    at += 1;
                    match next {
                        '0' => return Ok(()),
                        '1'..='9' if !keep => {
                            // SAFETY: the caller's.
                            let (insert, taken) = unsafe { inserts.format(&text[at - 1..]) }?;
                            self.plain(&insert);
                            at += taken - 1;
                        }
                        '1'..='9' => self.plain(&format!("%{next}")),
                        'n' => self.hard_break(),
                        'r' => self.plain("\r"),
                        't' => self.plain("\t"),
                        'b' => self.plain(" "),
                        other => self.plain(&other.to_string()),
                    }
                }
                ('%', None) => return Err(code::ERROR_INVALID_PARAMETER),
                (c, _) => self.plain(&c.to_string()),
            }
        }
        Ok(())
    }

    fn plain(&mut self, text: &str) {
        self.text.push_str(text);
        self.column += text.chars().count();
        if let Width::Columns(most) = self.width
            && self.column > most
            && let Some(space) = self.text.rfind(' ')
            && self.text.rfind('\n').is_none_or(|line| line < space)
        {
            self.column = self.text[space + 1..].chars().count();
            self.text.replace_range(space..=space, "\r\n");
        }
    }

    fn hard_break(&mut self) {
        self.text.push_str("\r\n");
        self.column = 0;
    }

    fn soft_break(&mut self) {
        if let Width::AsWritten = self.width { self.hard_break() } else { self.plain(" ") }
    }
}

struct Inserts {
    arguments: Arguments,
    /// Those read so far: a list can be read only in order, an insert may name any.
    words: Vec<u64>,
    wide: bool,
}

impl Inserts {
    /// The insert of a text that begins with its number; answers how much of the text it took.
    ///
    /// # Safety
    /// The arguments fit.
    unsafe fn format(&mut self, text: &[char]) -> Result<(String, usize), u32> {
        let digits = text.iter().take(2).take_while(|c| c.is_ascii_digit()).count();
        let number = text[..digits].iter().fold(0, |sum, c| sum * 10 + c.to_digit(10).unwrap_or(0));
        let end = match text.get(digits) {
            Some('!') => text.iter().skip(digits + 1).position(|c| *c == '!'),
            _ => None,
        };
        let format = match end {
            Some(end) => &text[digits + 1..digits + 1 + end],
            None => &['s'][..],
        };
        let taken = end.map_or(digits, |end| digits + end + 2);
        let first = number as usize - 1;
        // An insert with stars takes the words after its own as well.
        let stars = format.iter().filter(|c| **c == '*').count();
        while self.words.len() <= first + stars {
            // SAFETY: the caller's.
            let word = unsafe { self.arguments.next() }?;
            self.words.push(word);
        }
        let words = &self.words[first..];
        let mut arguments = Arguments::Array(words.as_ptr());
        // SAFETY: as many words as the format takes were read.
        let converted = unsafe { printf::convert(format, &mut arguments, self.wide) }?;
        let (insert, _) = converted.ok_or(code::ERROR_INVALID_PARAMETER)?;
        Ok((insert, taken))
    }
}
