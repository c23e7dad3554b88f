//! Sharing: who has a file open, and what the others may do meanwhile.
//!
//! It holds inside the process. Other programs of Linux do not ask, and are not asked.
//!
//! # Invariants
//! 1. An opening is listed from its admission until its last handle is closed.
//! 2. Of two openings of one file, each one's access is within the other's sharing.

use std::collections::BTreeMap;
use std::sync::MutexGuard;

use crate::code;
use crate::fork::Lock;

/// What sharing is about; the bits are those of FILE_SHARE_*.
pub(crate) const READ: u32 = 1;
pub(crate) const WRITE: u32 = 2;
pub(crate) const DELETE: u32 = 4;

/// Device and inode.
pub(crate) type Identity = (u64, u64);

pub(crate) struct Opening {
    id: u64,
    access: u32,
    share: u32,
}

pub(crate) struct Openings {
    next: u64,
    files: BTreeMap<Identity, Vec<Opening>>,
}

pub(crate) static OPENINGS: Lock<Openings> =
    Lock::new(Openings { next: 0, files: BTreeMap::new() });

fn openings() -> MutexGuard<'static, Openings> {
    OPENINGS.lock()
}

/// One opening's place in the list; it ends with it.
pub(crate) struct Registration {
    file: Identity,
    id: u64,
}

/// Admits an opening, or says ERROR_SHARING_VIOLATION.
pub(crate) fn open(file: Identity, access: u32, share: u32) -> Result<Registration, u32> {
    let mut openings = openings();
    let id = openings.next;
    openings.next += 1;
    let list = openings.files.entry(file).or_default();
    let excludes = |other: &Opening| access & !other.share != 0 || other.access & !share != 0;
    // An opening that touches no content (attributes only) excludes nobody and is excluded by nobody.
    let conflict = access != 0 && list.iter().any(|other| other.access != 0 && excludes(other));
    if conflict {
        return Err(code::ERROR_SHARING_VIOLATION);
    }
    list.push(Opening { id, access, share });
    Ok(Registration { file, id })
}

/// Whether a file may be deleted or renamed: everybody else who has it open shares that.
pub(crate) fn may_delete(file: Identity, own: Option<&Registration>) -> Result<(), u32> {
    let openings = openings();
    let refuses = |other: &Opening| {
        let foreign = own.is_none_or(|own| own.id != other.id);
        foreign && other.access != 0 && other.share & DELETE == 0
    };
    match openings.files.get(&file) {
        Some(list) if list.iter().any(refuses) => Err(code::ERROR_SHARING_VIOLATION),
        _ => Ok(()),
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut openings = openings();
        if let Some(list) = openings.files.get_mut(&self.file) {
            list.retain(|opening| opening.id != self.id);
            if list.is_empty() {
                openings.files.remove(&self.file);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_openings() {
        let file = (u64::MAX, 1);
        let reader = open(file, READ, READ).unwrap();
        assert!(open(file, WRITE, READ | WRITE).is_err(), "the reader does not share writing");
        assert!(open(file, READ, 0).is_err(), "the new one does not share reading");
        drop(open(file, READ, READ).unwrap());
        drop(open(file, 0, 0).unwrap());
        assert!(may_delete(file, None).is_err());
        drop(reader);
        assert!(may_delete(file, None).is_ok() && open(file, WRITE, 0).is_ok());
    }
}
