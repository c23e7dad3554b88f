//! Changes in the form of FILE_NOTIFY_INFORMATION: a chain of records, each on a multiple of four bytes.

use crate::text;
use crate::types::WCHAR;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// FILE_ACTION_*.
    pub(super) action: u32,
    pub(super) name: Vec<u8>,
}

const HEADER: usize = 12;

/// The bytes of one change's record.
pub(super) fn size(change: &Change) -> usize {
    HEADER + String::from_utf8_lossy(&change.name).chars().count() * size_of::<WCHAR>()
}

/// All changes; none if they do not fit.
pub(super) fn pack(changes: &[Change], room: usize) -> Option<Vec<u8>> {
    let mut packed = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        let size = size(change);
        if packed.len() + size > room {
            return None;
        }
        let next = if at + 1 == changes.len() { 0 } else { size };
        let name = text::wide(&change.name);
        for word in [next, change.action as usize, size - HEADER] {
            packed.extend(u32::try_from(word).ok()?.to_ne_bytes());
        }
        name.iter().for_each(|unit| packed.extend(unit.to_ne_bytes()));
    }
    Some(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain() {
        let change = |action, name: &str| Change { action, name: name.as_bytes().to_vec() };
        let changes = [change(1, "é"), change(3, "ab")];
        let packed = pack(&changes, 100).unwrap();
        let words: Vec<u32> =
            packed.chunks(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap())).collect();
        assert_eq!(words, [16, 1, 4, 0xE9, 0, 3, 8, 0x61, 0x62]);
        assert_eq!((pack(&changes, 35), pack(&changes, 36).is_some()), (None, true));
    }
}
