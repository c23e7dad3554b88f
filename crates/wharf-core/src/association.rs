//! Which open file belongs to which port: one, once, until its last handle is closed.
//!
//! Association is a property of the open file and not of a handle or a descriptor number (A7): a
//! duplicate of an associated handle is associated already. The table therefore is keyed by an
//! identity of the open file, which the caller finds out (for a socket its inode).
//!
//! # Invariants
//! 1. A file has at most one port; a second association is refused and the first stays (A6).
//! 2. An entry lives as long as its file, whether or not the port does (A8).

use std::collections::HashSet;

/// Identity of an open file, unique in the process while the file is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId {
    /// Device or file system that the number belongs to.
    pub device: u64,
    /// Number within the device.
    pub number: u64,
}

/// The file has a port already (A6; ERROR_INVALID_PARAMETER in the C ABI).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadyAssociated;

/// All associations of a process.
#[derive(Debug, Default)]
pub struct Associations {
    files: HashSet<FileId>,
}

impl Associations {
    /// Enters a file, unless it has a port.
    pub fn associate(&mut self, file: FileId) -> Result<(), AlreadyAssociated> {
        if self.files.insert(file) { Ok(()) } else { Err(AlreadyAssociated) }
    }

    /// The file's last handle was closed.
    pub fn dissociate(&mut self, file: FileId) {
        let known = self.files.remove(&file);
        debug_assert!(known, "only what was associated is dissociated");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A6 and A8: refused while the first association lives, possible again afterwards.
    #[test]
    fn once_per_open_file() {
        let mut table = Associations::default();
        let (a, b) = (FileId { device: 8, number: 1 }, FileId { device: 9, number: 1 });
        assert_eq!(table.associate(a), Ok(()));
        assert_eq!(table.associate(b), Ok(()), "the same number on another device");
        assert_eq!(table.associate(a), Err(AlreadyAssociated));
        table.dissociate(a);
        assert_eq!(table.associate(a), Ok(()));
    }
}
