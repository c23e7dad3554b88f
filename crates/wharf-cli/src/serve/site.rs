//! The directory that is served, opened once, and what its names lead to.
//!
//! A rename of DIR while the server runs changes nothing: the descriptor is the directory.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat};
use rustix::io::Errno;

use super::lookup::Lookup;
use super::status::Status;

/// Shared by all connections; never changes.
#[derive(Debug)]
pub(crate) struct Site {
    root: OwnedFd,
    lookup: Lookup,
}

#[derive(Debug)]
pub(super) enum Found {
    File(File, Stat),
    /// Open for reading its names.
    Directory(OwnedFd),
    /// A FIFO, socket or device: there, but never read.
    Other,
}

impl Site {
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(dir, flags, Mode::empty())?;
        let lookup = Lookup::probe(root.as_fd())?;
        Ok(Self { root, lookup })
    }

    /// For the log: how paths are resolved, and so what becomes of links.
    pub(crate) fn describe_lookup(&self) -> &'static str {
        match self.lookup {
            Lookup::Kernel => "openat2; links that lead out are refused",
            Lookup::Walk => "openat2 is refused here; no link is followed",
        }
    }

    /// Opens without waiting, whatever it is: a FIFO would hold an ordinary open until somebody
    /// writes. A device is opened too, though not read, before its type is known; whoever may make
    /// device nodes under DIR can do worse.
    pub(super) fn find(&self, path: &[u8]) -> Result<Found, Status> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let root = self.root.as_fd();
        let opened = self.lookup.open_at_once(root, path, flags).unwrap_or_else(|| {
            // Directories and inodes may be on a disk.
            wharf::blocking(|| self.lookup.open(root, path, flags))
        });
        match opened {
            Ok(opened) => classify(opened).map_err(status_of),
            // Sockets, and devices without a driver, cannot be opened.
            Err(Errno::NXIO | Errno::NODEV) => Ok(Found::Other),
            Err(error) => Err(status_of(error)),
        }
    }

    /// Whether a path leads to a directory, which need not be one that may be read.
    pub(super) fn is_directory(&self, path: &[u8]) -> bool {
        let kind = self.stat(path).map(|stat| FileType::from_raw_mode(stat.st_mode));
        kind == Some(FileType::Directory)
    }

    /// What a path leads to, without opening it.
    pub(super) fn stat(&self, path: &[u8]) -> Option<Stat> {
        fstat(self.lookup.open(self.root.as_fd(), path, OFlags::PATH).ok()?).ok()
    }
}

fn classify(opened: OwnedFd) -> Result<Found, Errno> {
    let stat = fstat(&opened)?;
    Ok(match FileType::from_raw_mode(stat.st_mode) {
        // Its descriptor stays non-blocking, which means nothing to reads of a regular file but in the rings of some
        // kernels, before 5.15 and again before 6.16: those answer EAGAIN for what is not in the page cache, and
        // the port's engine of files gives it to a thread.
        FileType::RegularFile => Found::File(File::from(opened), stat),
        FileType::Directory => Found::Directory(opened),
        _ => Found::Other,
    })
}

/// A link that leads out is "not found", so that nobody can ask what exists outside.
pub(super) fn status_of(error: Errno) -> Status {
    match error {
        // INVAL: a name that this file system cannot have.
        Errno::NOENT
        | Errno::NOTDIR
        | Errno::LOOP
        | Errno::XDEV
        | Errno::NAMETOOLONG
        | Errno::ILSEQ
        | Errno::INVAL => Status::NotFound,
        Errno::ACCESS | Errno::PERM => Status::Forbidden,
        // Out of descriptors or memory, or (AGAIN) somebody renames faster than we look.
        Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::AGAIN => Status::Unavailable,
        _ => Status::InternalError,
    }
}

#[cfg(test)]
impl Site {
    /// As on a kernel or in a container without `openat2`.
    pub(super) fn open_walking(dir: &Path) -> io::Result<Self> {
        Ok(Self { lookup: Lookup::Walk, ..Self::open(dir)? })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, mkfifoat};

    use super::*;

    fn show(site: &Site, path: &str) -> Result<&'static str, Status> {
        site.find(path.as_bytes()).map(|found| match found {
            Found::File(..) => "file",
            Found::Directory(_) => "directory",
            Found::Other => "other",
        })
    }

    /// Goal: each kind of file is told from the others without waiting for anybody.
    #[test]
    fn kinds() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name| dir.path().join(name);
        std::fs::write(path("file"), "").unwrap();
        std::fs::create_dir(path("dir")).unwrap();
        mkfifoat(CWD, path("fifo"), Mode::RUSR).unwrap();
        let _socket = UnixListener::bind(path("socket")).unwrap();
        for open in [Site::open, Site::open_walking] {
            let site = open(dir.path()).unwrap();
            assert_eq!(show(&site, "file"), Ok("file"));
            assert_eq!(show(&site, "dir"), Ok("directory"));
            assert_eq!(show(&site, "fifo"), Ok("other"));
            assert_eq!(show(&site, "socket"), Ok("other"));
            assert_eq!(show(&site, "none"), Err(Status::NotFound));
            assert_eq!(show(&site, "file/x"), Err(Status::NotFound));
            assert_eq!(show(&site, &"x".repeat(256)), Err(Status::NotFound));
            assert_eq!(show(&site, &"x/".repeat(3000)), Err(Status::NotFound));
            assert_eq!(show(&open(Path::new("/dev")).unwrap(), "null"), Ok("other"));
        }
        assert!(Site::open(&path("file")).is_err());
        assert!(Site::open(&path("none")).is_err());
    }

    /// Goal: the site is the directory that was opened, not whatever bears its name later.
    #[test]
    fn renamed_root() {
        let top = tempfile::tempdir().unwrap();
        let (old, new) = (top.path().join("old"), top.path().join("new"));
        std::fs::create_dir(&old).unwrap();
        std::fs::write(old.join("file"), "").unwrap();
        let site = Site::open(&old).unwrap();
        std::fs::rename(&old, &new).unwrap();
        std::fs::create_dir(&old).unwrap();
        assert_eq!(show(&site, "file"), Ok("file"));
    }

    /// Goal: one status for each cause that a client or an administrator can do something about.
    #[test]
    fn causes() {
        assert_eq!(status_of(Errno::XDEV), Status::NotFound);
        assert_eq!(status_of(Errno::ACCESS), Status::Forbidden);
        assert_eq!(status_of(Errno::MFILE), Status::Unavailable);
        assert_eq!(status_of(Errno::IO), Status::InternalError);
    }
}
