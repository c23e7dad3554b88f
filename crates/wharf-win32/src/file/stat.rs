//! A file's attributes and times, in Windows' terms.

use std::os::fd::BorrowedFd;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Statx, StatxFlags, StatxTimestamp, statx};
use rustix::io::Errno;

use super::share::Identity;
use crate::time::filetime::FILETIME;

pub(crate) const READONLY: u32 = 1;
pub(crate) const DIRECTORY: u32 = 0x10;
pub(crate) const ARCHIVE: u32 = 0x20;
pub(crate) const DEVICE: u32 = 0x40;
pub(crate) const NORMAL: u32 = 0x80;
pub(crate) const REPARSE_POINT: u32 = 0x400;

/// What is known about a file.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) attributes: u32,
    pub(crate) created: FILETIME,
    pub(crate) accessed: FILETIME,
    pub(crate) written: FILETIME,
    pub(crate) changed: FILETIME,
    pub(crate) size: u64,
    pub(crate) allocated: u64,
    pub(crate) links: u32,
    pub(crate) identity: Identity,
    pub(crate) file_type: FileType,
}

const WANTED: StatxFlags = StatxFlags::BASIC_STATS.union(StatxFlags::BTIME);

/// Of a path; symbolic links are followed, except one that leads nowhere.
pub(crate) fn of_path(path: &Path) -> Result<Facts, Errno> {
    let found = statx(rustix::fs::CWD, path, AtFlags::empty(), WANTED);
    let found =
        found.or_else(|_| statx(rustix::fs::CWD, path, AtFlags::SYMLINK_NOFOLLOW, WANTED))?;
    Ok(facts(&found))
}

/// Of an open file.
pub(crate) fn of_descriptor(fd: BorrowedFd<'_>) -> Result<Facts, Errno> {
    Ok(facts(&statx(fd, "", AtFlags::EMPTY_PATH, WANTED)?))
}

fn facts(found: &Statx) -> Facts {
    let file_type = FileType::from_raw_mode(u32::from(found.stx_mode));
    let mut attributes = match file_type {
        FileType::Directory => DIRECTORY,
        FileType::RegularFile => ARCHIVE,
        FileType::Symlink => REPARSE_POINT,
        FileType::CharacterDevice | FileType::BlockDevice => DEVICE,
        _ => 0,
    };
    // Read-only is what nobody may write to.
    if found.stx_mode & 0o222 == 0 && file_type == FileType::RegularFile {
        attributes |= READONLY;
    }
    let has_birth = found.stx_mask & StatxFlags::BTIME.bits() != 0;
    let birth = if has_birth { found.stx_btime } else { found.stx_mtime };
    Facts {
        attributes: if attributes == 0 { NORMAL } else { attributes },
        created: time(birth),
        accessed: time(found.stx_atime),
        written: time(found.stx_mtime),
        changed: time(found.stx_ctime),
        size: if file_type == FileType::RegularFile { found.stx_size } else { 0 },
        allocated: found.stx_blocks * 512,
        links: found.stx_nlink,
        identity: (
            u64::from(found.stx_dev_major) << 32 | u64::from(found.stx_dev_minor),
            found.stx_ino,
        ),
        file_type,
    }
}

fn time(time: StatxTimestamp) -> FILETIME {
    FILETIME::from_unix(time.tv_sec, i64::from(time.tv_nsec))
}
