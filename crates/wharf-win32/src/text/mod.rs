//! Text: narrow strings are UTF-8, wide strings are UTF-32 (`wchar_t`), and this is how one becomes the other.

pub(crate) mod case;
pub(crate) mod codepage;
pub(crate) mod compare;
pub(crate) mod convert;
pub(crate) mod format;
pub(crate) mod lstr;
pub(crate) mod message;
pub(crate) mod out;
pub(crate) mod printf;
mod texts;
pub(crate) mod varargs;

use crate::types::WCHAR;

/// A wide string as characters. Programs made for 16-bit characters may write pairs of surrogates: a pair is its
/// character, anything that is no character U+FFFD.
pub(crate) fn characters(text: &[WCHAR]) -> impl Iterator<Item = char> + '_ {
    let mut rest = text.iter().copied().peekable();
    std::iter::from_fn(move || {
        let unit = rest.next()?.cast_unsigned();
        let low = |unit: WCHAR| (0xDC00..0xE000).contains(&unit);
        if (0xD800..0xDC00).contains(&unit)
            && let Some(second) = rest.next_if(|next| low(*next))
        {
            let value = 0x1_0000 + (unit - 0xD800) * 0x400 + (second.cast_unsigned() - 0xDC00);
            return char::from_u32(value);
        }
        Some(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
    })
}

/// UTF-8 of a wide string.
pub(crate) fn narrow(text: &[WCHAR]) -> Vec<u8> {
    characters(text).collect::<String>().into_bytes()
}

/// The wide string of UTF-8; what is no UTF-8 becomes U+FFFD.
pub(crate) fn wide(text: &[u8]) -> Vec<WCHAR> {
    String::from_utf8_lossy(text).chars().map(unit).collect()
}

/// A character as one unit of a wide string.
pub(crate) fn unit(character: char) -> WCHAR {
    u32::from(character).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_surrogates_are_characters() {
        let text = [0x41, 0xD83D, 0xDE00, 0xDE00, 0xD83D, 0x42, 0x1F600];
        assert_eq!(String::from_utf8(narrow(&text)).unwrap(), "A😀\u{FFFD}\u{FFFD}B😀");
        assert_eq!(wide("é😀".as_bytes()), [0xE9, 0x1F600]);
    }
}
