//! One port for an open socket, whichever descriptor names it (contract A6, A7).
//!
//! A socket's inode on sockfs is its own and is not used again while the socket is open, so it names the
//! open file. A second association of the same socket, also by way of a duplicated descriptor, is refused.

use std::os::fd::AsFd;
use std::sync::Mutex;

use rustix::io::Errno;
use wharf_core::association::{Associations, FileId};

use crate::per_process::PerProcess;
use crate::sync::lock;

static ASSOCIATIONS: PerProcess<Mutex<Associations>> = PerProcess::new();

/// The entry of one associated socket; its drop ends the association, but for the drop in a child made by fork, which has a
/// table of its own.
#[derive(Debug)]
pub(crate) struct Identity {
    file: FileId,
    table: &'static Mutex<Associations>,
}

impl Identity {
    /// Enters a socket; EEXIST if it has a port already.
    pub(crate) fn claim(fd: impl AsFd) -> Result<Identity, Errno> {
        let stat = rustix::fs::fstat(fd)?;
        let file = FileId { device: stat.st_dev, number: stat.st_ino };
        let table = ASSOCIATIONS.get();
        lock(table).associate(file).map_err(|_| Errno::EXIST)?;
        Ok(Identity { file, table })
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        if std::ptr::eq(self.table, ASSOCIATIONS.get()) {
            lock(self.table).dissociate(self.file);
        }
    }
}
