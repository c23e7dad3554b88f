//! Windows' own printf: wsprintf, and the inserts of FormatMessage.
//!
//! Integers, characters, strings and pointers; no floating-point numbers, as in the original. `long` has 32 bits;
//! `s` is a string of the caller's kind, `S` one of the other, `hs` narrow, `ls` and `ws` wide.
#![allow(unsafe_code)] // strings of the caller's

use super::varargs::Arguments;
use crate::arg;
use crate::types::WCHAR;

/// The part of a format after its `%`.
#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    size: Size,
}

#[derive(Default, PartialEq)]
enum Size {
    #[default]
    Plain,
    Short,
    Long,
    Quad,
}

/// One conversion, such as `-08lX`; answers its text, and how much of the format it took. None for a letter that it does
/// not know: the caller prints that as it stands.
///
/// # Safety
/// The arguments fit the format.
pub(crate) unsafe fn convert(
    format: &[char],
    arguments: &mut Arguments,
    wide: bool,
) -> Result<Option<(String, usize)>, u32> {
    let mut spec = Spec::default();
    let mut at = 0;
    while let Some(c) = format.get(at) {
        match c {
            '-' => spec.left = true,
            '0' => spec.zero = true,
            '#' => spec.alternate = true,
            '+' | ' ' => {}
            _ => break,
        }
        at += 1;
    }
    // SAFETY: the caller's.
    if let Some(width) = unsafe { number(format, &mut at, arguments) }? {
        spec.left |= width < 0;
        spec.width = bounded(width.unsigned_abs());
    }
    if format.get(at) == Some(&'.') {
        at += 1;
        // SAFETY: the caller's.
        let precision = unsafe { number(format, &mut at, arguments) }?.unwrap_or(0);
        spec.precision = u64::try_from(precision).ok().map(bounded);
    }
    at += size(&format[at..], &mut spec);
    let Some(letter) = format.get(at) else { return Ok(None) };
    // SAFETY: the caller's.
    let text = unsafe { value(*letter, &spec, arguments, wide) }?;
    Ok(text.map(|text| (pad(text, &spec), at + 1)))
}

/// Nobody formats wider, and a number from the caller must not exhaust the memory.
fn bounded(number: u64) -> usize {
    usize::try_from(number.min(4096)).unwrap_or(0)
}

/// Digits, or `*` and an argument.
///
/// # Safety
/// As for [`convert`].
unsafe fn number(
    format: &[char],
    at: &mut usize,
    arguments: &mut Arguments,
) -> Result<Option<i64>, u32> {
    if format.get(*at) == Some(&'*') {
        *at += 1;
        // SAFETY: the caller's.
        let word = unsafe { arguments.next() }?;
        return Ok(Some(i64::from((word as u32).cast_signed())));
    }
    let mut value = None;
    while let Some(digit) = format.get(*at).and_then(|c| c.to_digit(10)) {
        value = Some((value.unwrap_or(0) * 10 + i64::from(digit)).min(1 << 20));
        *at += 1;
    }
    Ok(value)
}

/// The size prefix; answers its length.
fn size(format: &[char], spec: &mut Spec) -> usize {
    let starts = |prefix: &str| prefix.chars().eq(format.iter().take(prefix.len()).copied());
    for (prefix, size) in [
        ("I64", Size::Quad),
        ("I32", Size::Plain),
        ("I", Size::Quad),
        ("ll", Size::Quad),
        ("l", Size::Long),
        ("w", Size::Long),
        ("h", Size::Short),
    ] {
        if starts(prefix) {
            spec.size = size;
            return prefix.len();
        }
    }
    0
}

/// # Safety
/// As for [`convert`].
unsafe fn value(
    letter: char,
    spec: &Spec,
    arguments: &mut Arguments,
    wide: bool,
) -> Result<Option<String>, u32> {
    if !"diuxXpcCsS".contains(letter) {
        return Ok(None);
    }
    // SAFETY: the caller's.
    let word = unsafe { arguments.next() }?;
    let unsigned = if spec.size == Size::Quad { word } else { u64::from(word as u32) };
    let signed = if spec.size == Size::Quad {
        word.cast_signed()
    } else {
        i64::from((word as u32).cast_signed())
    };
    let digits = |text: String| {
        let least = spec.precision.unwrap_or(0);
        let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |d| ("-", d));
        format!("{sign}{digits:0>least$}")
    };
    let prefix = |text: &'static str| if spec.alternate { text } else { "" };
    let is_wide = match (letter, &spec.size) {
        (_, Size::Short) => false,
        (_, Size::Long) => true,
        ('S' | 'C', _) => !wide,
        _ => wide,
    };
    Ok(Some(match letter {
        'd' | 'i' => digits(signed.to_string()),
        'u' => digits(unsigned.to_string()),
        'x' => prefix("0x").to_owned() + &digits(format!("{unsigned:x}")),
        'X' => prefix("0X").to_owned() + &digits(format!("{unsigned:X}")),
        'p' => format!("{word:016X}"),
        'c' | 'C' => char::from_u32(word as u32).unwrap_or(char::REPLACEMENT_CHARACTER).to_string(),
        // SAFETY: the caller's.
        _ => unsafe { string(word as usize, is_wide, spec.precision) }?,
    }))
}

/// A string argument; null reads "(null)".
///
/// # Safety
/// A string of that kind, or null; with a precision it needs no terminator.
unsafe fn string(address: usize, wide: bool, most: Option<usize>) -> Result<String, u32> {
    if address == 0 {
        return Ok("(null)".chars().take(most.unwrap_or(6)).collect());
    }
    let most = most.unwrap_or(usize::MAX);
    let text = if wide {
        // SAFETY: the caller's.
        super::narrow(&unsafe { limited(address as *const WCHAR, most) }?)
    } else {
        // SAFETY: the caller's.
        unsafe { limited(address as *const u8, most) }?
    };
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// # Safety
/// Readable up to a zero, or for `most` units.
unsafe fn limited<T: Copy + Default + PartialEq>(
    text: *const T,
    most: usize,
) -> Result<Vec<T>, u32> {
    let mut copy = Vec::new();
    while copy.len() < most {
        // SAFETY: the caller's.
        let unit = unsafe { arg::load(text.wrapping_add(copy.len())) }?;
        if unit == T::default() {
            break;
        }
        copy.push(unit);
    }
    Ok(copy)
}

fn pad(text: String, spec: &Spec) -> String {
    let missing = spec.width.saturating_sub(text.chars().count());
    if missing == 0 {
        return text;
    }
    if spec.left {
        return text + &" ".repeat(missing);
    }
    if spec.zero {
        let (sign, rest) = text.strip_prefix('-').map_or(("", text.as_str()), |d| ("-", d));
        return format!("{sign}{}{rest}", "0".repeat(missing));
    }
    " ".repeat(missing) + &text
}

/// A whole format, as wsprintf reads it.
///
/// # Safety
/// As for [`convert`].
pub(crate) unsafe fn whole(
    format: &[char],
    arguments: &mut Arguments,
    wide: bool,
) -> Result<String, u32> {
    let mut text = String::new();
    let mut at = 0;
    while let Some(c) = format.get(at) {
        at += 1;
        if *c != '%' {
            text.push(*c);
            continue;
        }
        if format.get(at) == Some(&'%') {
            at += 1;
            text.push('%');
            continue;
        }
        // SAFETY: the caller's.
        if let Some((converted, taken)) = unsafe { convert(&format[at..], arguments, wide) }? {
            text.push_str(&converted);
            at += taken;
        }
    }
    Ok(text)
}
