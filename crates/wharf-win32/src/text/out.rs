//! Texts that go into a caller's buffer, by the rules of the calls that return them.
#![allow(unsafe_code)] // the caller's buffers

use crate::arg;
use crate::code;
use crate::types::WCHAR;

/// The common rule: if text and terminator fit, the length without terminator; else the size that is needed, with it,
/// and nothing is stored.
///
/// # Safety
/// `buffer` is writable for `size` units.
pub(crate) unsafe fn sized<T: Copy + Default>(
    text: &[T],
    buffer: *mut T,
    size: u32,
) -> Result<u32, u32> {
    let needed = u32::try_from(text.len() + 1).map_err(|_| code::ERROR_BUFFER_OVERFLOW)?;
    if size < needed {
        return Ok(needed);
    }
    let terminated = [text, &[T::default()]].concat();
    // SAFETY: `size` units are the caller's word, and the text is not longer.
    unsafe { arg::store_all(buffer, &terminated) }?;
    Ok(needed - 1)
}

/// [`sized`], for a wide buffer.
///
/// # Safety
/// As there.
pub(crate) unsafe fn sized_wide(text: &[u8], buffer: *mut WCHAR, size: u32) -> Result<u32, u32> {
    // SAFETY: the caller's.
    unsafe { sized(&super::wide(text), buffer, size) }
}

/// The rule of calls with a size that is read and written: too small a buffer is `short`, with the size that is needed
/// (with terminator); otherwise the length without terminator is stored.
///
/// # Safety
/// `size` is null or valid, `buffer` writable for as many units.
pub(crate) unsafe fn counted<T: Copy + Default>(
    text: &[T],
    buffer: *mut T,
    size: *mut u32,
    short: u32,
) -> Result<(), u32> {
    // SAFETY: the caller's.
    let room = unsafe { arg::load(size) }?;
    let room = if buffer.is_null() { 0 } else { room };
    // SAFETY: the caller's.
    let length = unsafe { sized(text, buffer, room) }?;
    // SAFETY: it was read above.
    unsafe { arg::store(size, length) }?;
    if room <= length { Err(short) } else { Ok(()) }
}
