//! scanf and its kin, with the arguments in a list: the format is rewritten, and the C library scans.
//!
//! The `_s` ones have a size behind the buffer of each `%s`, `%c` and `%[`. Such text goes into memory of the C
//! library's first; where it does not fit, its buffer is emptied and the scan counts up to the field before.
#![allow(unsafe_code)] // exported under C names

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

use super::format::{self, Unit};
use super::invalid::invalid_parameter;
use crate::arg;
use crate::text::varargs::{Arguments, List as Words};
use crate::types::WCHAR;

type List = *mut c_void;

unsafe extern "C" {
    fn vfscanf(file: *mut libc::FILE, format: *const u8, list: List) -> c_int;
    fn vsscanf(text: *const u8, format: *const u8, list: List) -> c_int;
    fn vfwscanf(file: *mut libc::FILE, format: *const WCHAR, list: List) -> c_int;
    fn vswscanf(text: *const WCHAR, format: *const WCHAR, list: List) -> c_int;
}

/// A buffer of the caller's, and what was read for it.
struct Field {
    /// Its place among the conversions that are counted.
    count: c_int,
    buffer: *mut c_void,
    size: usize,
    wide: bool,
    /// Where a terminator belongs behind it.
    terminated: bool,
    /// How many characters a `%c` is at most.
    width: usize,
    /// The index of the word that holds the C library's memory. Beside that of a `%c`, which has no terminator, are those
    /// of two `%n`: how far the scan was before it, and behind.
    word: usize,
}

/// Scans by a format whose text fields have sizes.
///
/// # Safety
/// The arguments fit the format.
unsafe fn secure<C: Unit>(
    format: &[C],
    list: List,
    scan: impl FnOnce(*const C, List) -> c_int,
) -> c_int {
    // SAFETY: the caller's list.
    let Ok(mut arguments) = (unsafe { Arguments::list(list) }) else {
        return invalid_parameter(libc::EINVAL) - libc::EINVAL - 1;
    };
    let (mut rest, mut to, mut fields, mut count) = (format, Vec::new(), Vec::new(), 0);
    let mut words: Vec<u64> = Vec::new();
    while let Some(piece) = format::piece(&mut rest, true) {
        to.extend_from_slice(piece.text);
        let Some(conversion) = piece.conversion else { continue };
        if !conversion.is_known(true) {
            break;
        }
        if conversion.stores_nothing() {
            conversion.write(true, b"", &mut to);
            continue;
        }
        // SAFETY: there is an argument for each conversion, by the caller's word.
        let Ok(pointer) = (unsafe { arguments.next() }) else { break };
        if conversion.letter != b'n' {
            count += 1;
        }
        let Some(wide) = conversion.text() else {
            conversion.write(true, b"", &mut to);
            words.push(pointer);
            continue;
        };
        // SAFETY: a size behind a buffer, by the caller's word.
        let Ok(size) = (unsafe { arguments.next() }) else { break };
        let digits =
            conversion.before.iter().map(|unit| usize::from(unit.ascii().wrapping_sub(b'0')));
        let width =
            digits.fold(0, |width: usize, digit| width.saturating_mul(10).saturating_add(digit));
        let terminated = !matches!(conversion.letter, b'c' | b'C');
        let mark: &[u8] = if terminated { b"" } else { b"%n" };
        to.extend(mark.iter().map(|byte| C::of(*byte)));
        words.resize(words.len() + mark.len() / 2, 0);
        conversion.write(true, b"m", &mut to);
        fields.push(Field {
            count,
            buffer: pointer as *mut c_void,
            size: size as u32 as usize,
            wide,
            terminated,
            width: width.max(1),
            word: words.len(),
        });
        to.extend(mark.iter().map(|byte| C::of(*byte)));
        words.resize(words.len() + 1 + mark.len() / 2, 0);
    }
    to.push(C::of(0));
    // The words of text fields point to the places of the C library's memory, those of marks to numbers.
    let mut memory = vec![null_mut::<c_void>(); words.len()];
    let mut marks: Vec<c_int> = vec![0; words.len()];
    for field in &fields {
        words[field.word] = (&raw mut memory[field.word]) as u64;
        for at in if field.terminated { vec![] } else { vec![field.word - 1, field.word + 1] } {
            words[at] = (&raw mut marks[at]) as u64;
        }
    }
    let mut state = Words::of(words.as_ptr());
    let scanned = scan(to.as_ptr(), (&raw mut state).cast());
    let mut result = scanned;
    for field in &fields {
        let text = memory[field.word];
        // Once one did not fit, the ones behind it are as if they had not been read.
        if field.count <= result {
            // The input may have ended within a `%c`.
            let read = match field.terminated {
                true => 0,
                false => {
                    usize::try_from(marks[field.word + 1] - marks[field.word - 1]).unwrap_or(0)
                }
            };
            // SAFETY: the C library's memory, of so many characters, and the caller's buffer with its size.
            if !unsafe { deliver(field, text, read) } {
                result = field.count - 1;
            }
        }
        // SAFETY: null, or allocated by the scan.
        unsafe { libc::free(text) };
    }
    result
}

/// Copies a field to its buffer; false, with the buffer emptied, where it does not fit. `read`: of a `%c`, how much of
/// the input it is.
///
/// # Safety
/// `text` is the C library's for this field; the buffer has its size.
unsafe fn deliver(field: &Field, text: *mut c_void, read: usize) -> bool {
    let unit = if field.wide { size_of::<WCHAR>() } else { 1 };
    let length = match (field.terminated, field.wide) {
        (false, false) => field.width.min(read),
        (false, true) => {
            // Fewer characters than bytes, perhaps; their memory knows.
            // SAFETY: null, or allocated by the scan.
            let room = unsafe { libc::malloc_usable_size(text) };
            field.width.min(read).min(room / unit)
        }
        // SAFETY: terminated by the scan.
        (true, false) => unsafe { libc::strlen(text.cast()) + 1 },
        // SAFETY: terminated by the scan.
        (true, true) => unsafe { libc::wcslen(text.cast()) + 1 },
    };
    if field.buffer.is_null() || field.size == 0 {
        return false;
    }
    if length > field.size {
        // SAFETY: the buffer has one unit at least.
        unsafe { field.buffer.cast::<u8>().write_bytes(0, unit) };
        return false;
    }
    // SAFETY: both have this many units.
    unsafe { field.buffer.cast::<u8>().copy_from_nonoverlapping(text.cast(), length * unit) };
    true
}

/// Scans by a format of Microsoft's.
///
/// # Safety
/// The arguments fit the format, which is null or terminated.
unsafe fn any<C: Unit>(
    at: *const C,
    sizes: c_int,
    list: List,
    scan: impl FnOnce(*const C, List) -> c_int,
) -> c_int {
    // SAFETY: the caller's format.
    let Ok(format) = (unsafe { arg::string(at) }) else {
        invalid_parameter(libc::EINVAL);
        return -1;
    };
    if sizes != 0 {
        // SAFETY: the caller's.
        return unsafe { secure(&format, list, scan) };
    }
    let mut to = format::scan(&format);
    to.push(C::of(0));
    scan(to.as_ptr(), list)
}

/// `sizes`: not 0 where a size stands behind each buffer.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_vfscanf(
    file: *mut libc::FILE,
    at: *const u8,
    sizes: c_int,
    list: List,
) -> c_int {
    // SAFETY: a terminated format, and arguments that fit it.
    let scan = |format, list| unsafe { vfscanf(file, format, list) };
    // SAFETY: the caller's.
    unsafe { any(at, sizes, list, scan) }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_vsscanf(
    text: *const u8,
    at: *const u8,
    sizes: c_int,
    list: List,
) -> c_int {
    if text.is_null() {
        invalid_parameter(libc::EINVAL);
        return -1;
    }
    // SAFETY: a terminated format, and arguments that fit it.
    let scan = |format, list| unsafe { vsscanf(text, format, list) };
    // SAFETY: the caller's.
    unsafe { any(at, sizes, list, scan) }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_vfwscanf(
    file: *mut libc::FILE,
    at: *const WCHAR,
    sizes: c_int,
    list: List,
) -> c_int {
    // SAFETY: a terminated format, and arguments that fit it.
    let scan = |format, list| unsafe { vfwscanf(file, format, list) };
    // SAFETY: the caller's.
    unsafe { any(at, sizes, list, scan) }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_vswscanf(
    text: *const WCHAR,
    at: *const WCHAR,
    sizes: c_int,
    list: List,
) -> c_int {
    if text.is_null() {
        invalid_parameter(libc::EINVAL);
        return -1;
    }
    // SAFETY: a terminated format, and arguments that fit it.
    let scan = |format, list| unsafe { vswscanf(text, format, list) };
    // SAFETY: the caller's.
    unsafe { any(at, sizes, list, scan) }
}
