//! An environment as CreateProcess takes it: `NAME=value` one after the other, the last one empty.
#![allow(unsafe_code)] // memory of the caller's

use std::ffi::c_void;

use crate::types::WCHAR;
use crate::{arg, text};

/// More entries are taken for a missing end.
const MOST: usize = 1 << 16;

fn collect(mut next: impl FnMut() -> Result<Vec<u8>, u32>) -> Result<Vec<Vec<u8>>, u32> {
    let mut entries = Vec::new();
    while entries.len() < MOST {
        let entry = next()?;
        if entry.is_empty() {
            break;
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// The entries of a block; of the process itself for null.
///
/// # Safety
/// Null, or a block of that kind of text.
pub(super) unsafe fn read(
    block: *const c_void,
    is_wide: bool,
) -> Result<Option<Vec<Vec<u8>>>, u32> {
    if block.is_null() {
        return Ok(None);
    }
    if is_wide {
        let mut at = block.cast::<WCHAR>();
        return collect(|| {
            // SAFETY: the block goes on up to an empty entry.
            let entry = unsafe { arg::string(at) }?;
            at = at.wrapping_add(entry.len() + 1);
            Ok(text::narrow(&entry))
        })
        .map(Some);
    }
    let mut at = block.cast::<u8>();
    collect(|| {
        // SAFETY: as above.
        let entry = unsafe { arg::string(at) }?;
        at = at.wrapping_add(entry.len() + 1);
        Ok(entry)
    })
    .map(Some)
}

/// Name and value of an entry. The name may begin with an equals sign, as those have that Windows keeps directories in;
/// such are not handed on.
pub(super) fn split(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = entry.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
    Some((&entry[..equals], &entry[equals + 1..]))
}
