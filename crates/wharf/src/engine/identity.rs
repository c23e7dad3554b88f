//! One port for an open socket, whichever descriptor names it (contract A6, A7).
//!
//! A socket's inode on sockfs is its own and is not used again while the socket is open, so it names the
//! open file. A second association of the same socket, also by way of a duplicated descriptor, is refused.

use std::os::fd::AsFd;
use std::sync::{LazyLock, Mutex};

use rustix::io::Errno;
use wharf_core::association::{Associations, FileId};

use crate::sync::lock;

static ASSOCIATIONS: LazyLock<Mutex<Associations>> = LazyLock::new(Mutex::default);

/// The entry of one associated socket; its drop ends the association.
#[derive(Debug)]
pub(crate) struct Identity(FileId);

impl Identity {
    /// Enters a socket; EEXIST if it has a port already.
    pub(crate) fn claim(fd: impl AsFd) -> Result<Identity, Errno> {
        let stat = rustix::fs::fstat(fd)?;
        let file = FileId { device: stat.st_dev, number: stat.st_ino };
        lock(&ASSOCIATIONS).associate(file).map_err(|_| Errno::EXIST)?;
        Ok(Identity(file))
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        lock(&ASSOCIATIONS).dissociate(self.0);
    }
}
