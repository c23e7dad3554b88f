//! MultiByteToWideChar and WideCharToMultiByte.
//!
//! A length counts units of the result: one `WCHAR` for each character here, where Windows needs two for those beyond
//! U+FFFF.
#![allow(unsafe_code)] // exported under C names

use encoding_rs::{DecoderResult, EncoderResult, Encoding};

use super::codepage::{self, CP_UTF8, CodePage};
use crate::types::{BOOL, WCHAR};
use crate::{arg, code, guard};

const MB_ERR_INVALID_CHARS: u32 = 8;
const WC_ERR_INVALID_CHARS: u32 = 0x80;
const MB_FLAGS: u32 = 0xF;
const WC_FLAGS: u32 = 0x670;

/// Wide characters of a narrow string. A length below 0 means "up to the terminator, with it"; room 0 asks for the
/// length that is needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MultiByteToWideChar(
    number: u32,
    flags: u32,
    text: *const u8,
    length: i32,
    to: *mut WCHAR,
    room: i32,
) -> i32 {
    guard::call(0, || {
        let page = codepage::find(number)?;
        let allowed = if matches!(page, CodePage::Utf8) { MB_ERR_INVALID_CHARS } else { MB_FLAGS };
        // SAFETY: the caller's text.
        let text = unsafe { source(text, length, to.cast(), room, flags, allowed) }?;
        let strict = flags & MB_ERR_INVALID_CHARS != 0;
        let decoded = decode(page, &text, strict)?;
        let decoded: Vec<WCHAR> = decoded.chars().map(super::unit).collect();
        // SAFETY: the caller's room.
        unsafe { result(&decoded, to, room) }
    })
}

/// The narrow string of wide characters. Lengths as for MultiByteToWideChar.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WideCharToMultiByte(
    number: u32,
    flags: u32,
    text: *const WCHAR,
    length: i32,
    to: *mut u8,
    room: i32,
    default: *const u8,
    used: *mut BOOL,
) -> i32 {
    guard::call(0, || {
        let page = codepage::find(number)?;
        if number == CP_UTF8 && !(default.is_null() && used.is_null()) {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let allowed = if matches!(page, CodePage::Utf8) { WC_ERR_INVALID_CHARS } else { WC_FLAGS };
        // SAFETY: the caller's text.
        let text = unsafe { source(text, length, to.cast(), room, flags, allowed) }?;
        let default =
            // SAFETY: the caller's character.
            if default.is_null() { b'?' } else { unsafe { arg::load(default) }? };
        let strict = flags & WC_ERR_INVALID_CHARS != 0;
        let (encoded, defaulted) = encode(page, &text, default, strict)?;
        // SAFETY: the caller's flag.
        unsafe { arg::store_optional(used, BOOL::from(defaulted)) }?;
        // SAFETY: the caller's room.
        unsafe { result(&encoded, to, room) }
    })
}

/// The text to convert, when the arguments make sense.
///
/// # Safety
/// `text` is readable for `length` units, or up to its terminator.
unsafe fn source<T: Copy + Default + PartialEq>(
    text: *const T,
    length: i32,
    to: *const T,
    room: i32,
    flags: u32,
    allowed: u32,
) -> Result<Vec<T>, u32> {
    if length == 0 || room < 0 || text.is_null() || (room > 0 && (to.is_null() || to == text)) {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    if flags & !allowed != 0 {
        return Err(code::ERROR_INVALID_FLAGS);
    }
    if let Ok(length) = usize::try_from(length) {
        // SAFETY: the caller's.
        return unsafe { arg::load_all(text, length) };
    }
    // SAFETY: the caller's.
    let mut text = unsafe { arg::string(text) }?;
    text.push(T::default());
    Ok(text)
}

/// Stores the result, or tells its length.
///
/// # Safety
/// `to` is writable for `room` units.
unsafe fn result<T: Copy>(text: &[T], to: *mut T, room: i32) -> Result<i32, u32> {
    let length = i32::try_from(text.len()).map_err(|_| code::ERROR_INVALID_PARAMETER)?;
    if room == 0 {
        return Ok(length);
    }
    let fits = text.len().min(usize::try_from(room).unwrap_or(0));
    // SAFETY: not more than the room.
    unsafe { arg::store_all(to, &text[..fits]) }?;
    if length > room { Err(code::ERROR_INSUFFICIENT_BUFFER) } else { Ok(length) }
}

fn decode(page: CodePage, text: &[u8], strict: bool) -> Result<String, u32> {
    let invalid = code::ERROR_NO_UNICODE_TRANSLATION;
    match page {
        CodePage::Utf8 if strict => {
            std::str::from_utf8(text).map(str::to_owned).map_err(|_| invalid)
        }
        CodePage::Utf8 => Ok(String::from_utf8_lossy(text).into_owned()),
        CodePage::Legacy(encoding) if strict => encoding
            .decode_without_bom_handling_and_without_replacement(text)
            .map(Into::into)
            .ok_or(invalid),
        CodePage::Legacy(encoding) => Ok(decode_lossy(encoding, text)),
    }
}

fn decode_lossy(encoding: &'static Encoding, text: &[u8]) -> String {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length(text.len()).unwrap_or(text.len() * 4 + 16);
    let mut decoded = String::with_capacity(room);
    let mut rest = text;
    loop {
        let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut decoded, true);
        rest = &rest[read..];
        match result {
            DecoderResult::InputEmpty => return decoded,
            DecoderResult::OutputFull => decoded.reserve(rest.len() * 4 + 16),
            // Windows' replacement in these code pages, and in UTF-8 the same character by another way.
            DecoderResult::Malformed(..) => decoded.push(char::REPLACEMENT_CHARACTER),
        }
    }
}

/// The text, and whether the default character stands for one that the code page lacks.
fn encode(
    page: CodePage,
    text: &[WCHAR],
    default: u8,
    strict: bool,
) -> Result<(Vec<u8>, bool), u32> {
    let whole: String = super::characters(text).collect();
    match page {
        CodePage::Utf8 => {
            let written = super::unit(char::REPLACEMENT_CHARACTER);
            let meant = text.iter().filter(|unit| **unit == written).count();
            let shown = whole.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count();
            if strict && shown > meant {
                return Err(code::ERROR_NO_UNICODE_TRANSLATION);
            }
            Ok((whole.into_bytes(), shown > meant))
        }
        CodePage::Legacy(encoding) => Ok(encode_legacy(encoding, &whole, default)),
    }
}

fn encode_legacy(encoding: &'static Encoding, text: &str, default: u8) -> (Vec<u8>, bool) {
    let mut encoder = encoding.new_encoder();
    let mut encoded = Vec::with_capacity(text.len() * 2 + 16);
    let (mut rest, mut defaulted) = (text, false);
    loop {
        let (result, read) =
            encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut encoded, true);
        rest = &rest[read..];
        match result {
            EncoderResult::InputEmpty => return (encoded, defaulted),
            EncoderResult::OutputFull => encoded.reserve(rest.len() * 4 + 16),
            EncoderResult::Unmappable(_) => {
                encoded.push(default);
                defaulted = true;
            }
        }
    }
}
