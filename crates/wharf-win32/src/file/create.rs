//! CreateFile.
#![allow(unsafe_code)] // exported under C names

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{FileType, Mode, OFlags, fcntl_setfl, ftruncate, open};
use rustix::io::{Errno, FdFlags, fcntl_setfd};

use super::handle::{Descriptor, File, Kind};
use super::path::{self, Place};
use super::{named, open_error, resolve, share, stat};
use crate::error::SetLastError;
use crate::types::{BOOL, HANDLE, INVALID_HANDLE_VALUE, WCHAR};
use crate::{arg, code, guard, object};

const GENERIC_READ: u32 = 0x8000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;
const GENERIC_EXECUTE: u32 = 0x2000_0000;
const GENERIC_ALL: u32 = 0x1000_0000;
const FILE_READ_DATA: u32 = 1;
const FILE_WRITE_DATA: u32 = 2;
const FILE_APPEND_DATA: u32 = 4;
const DELETE: u32 = 0x1_0000;

const WRITE_THROUGH: u32 = 0x8000_0000;
const OVERLAPPED: u32 = 0x4000_0000;
const NO_BUFFERING: u32 = 0x2000_0000;
const RANDOM_ACCESS: u32 = 0x1000_0000;
const SEQUENTIAL_SCAN: u32 = 0x0800_0000;
const DELETE_ON_CLOSE: u32 = 0x0400_0000;
const BACKUP_SEMANTICS: u32 = 0x0200_0000;

const CREATE_NEW: u32 = 1;
const CREATE_ALWAYS: u32 = 2;
const OPEN_EXISTING: u32 = 3;
const OPEN_ALWAYS: u32 = 4;
const TRUNCATE_EXISTING: u32 = 5;

/// SECURITY_ATTRIBUTES; of the two things in it, inheritance has a meaning here.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SECURITY_ATTRIBUTES {
    /// The size of this structure.
    pub nLength: u32,
    /// Not looked at: Linux' permissions hold.
    pub lpSecurityDescriptor: *mut std::ffi::c_void,
    /// Whether programs that this one starts inherit the handle.
    pub bInheritHandle: BOOL,
}

/// Whether a handle is to be inherited.
///
/// # Safety
/// Null, or the structure.
pub(crate) unsafe fn inherited(attributes: *const SECURITY_ATTRIBUTES) -> Result<bool, u32> {
    if attributes.is_null() {
        return Ok(false);
    }
    // SAFETY: the caller's.
    Ok(unsafe { arg::load(attributes) }?.bInheritHandle != 0)
}

/// Notes that a new handle is inherited, if it is.
pub(crate) fn mark(handle: HANDLE, inherit: bool) -> Result<(), u32> {
    const INHERIT: u32 = 1;
    if inherit { object::set_flags(handle, INHERIT, INHERIT) } else { Ok(()) }
}

/// What CreateFile was asked for.
pub(crate) struct Wish {
    access: u32,
    share: u32,
    inherit: bool,
    disposition: u32,
    flags: u32,
}

impl Wish {
    fn reads(&self) -> bool {
        self.access & (GENERIC_READ | GENERIC_ALL | GENERIC_EXECUTE | FILE_READ_DATA) != 0
    }

    fn writes(&self) -> bool {
        self.access & (GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA | FILE_APPEND_DATA) != 0
    }

    /// Only at the end: FILE_APPEND_DATA without the right to write elsewhere.
    fn appends(&self) -> bool {
        let anywhere = GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA;
        self.access & FILE_APPEND_DATA != 0 && self.access & anywhere == 0
    }

    fn deletes(&self) -> bool {
        self.access & (DELETE | GENERIC_ALL) != 0 || self.has(DELETE_ON_CLOSE)
    }

    fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    fn shared_access(&self) -> u32 {
        let bit = |asked: bool, bit: u32| if asked { bit } else { 0 };
        bit(self.reads(), share::READ)
            | bit(self.writes(), share::WRITE)
            | bit(self.deletes(), share::DELETE)
    }

    fn open_flags(&self) -> OFlags {
        let mut flags = match (self.reads(), self.writes()) {
            (_, false) => OFlags::RDONLY,
            (false, true) => OFlags::WRONLY,
            (true, true) => OFlags::RDWR,
        };
        flags.set(OFlags::CLOEXEC, !self.inherit);
        flags.set(OFlags::APPEND, self.appends());
        flags.set(OFlags::SYNC, self.has(WRITE_THROUGH));
        flags.set(OFlags::DIRECT, self.has(NO_BUFFERING));
        flags | OFlags::NOCTTY
    }
}

/// Opens or creates a file, a directory, a pipe's client end or the console.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFileA(
    name: *const u8,
    access: u32,
    share: u32,
    attributes: *const SECURITY_ATTRIBUTES,
    disposition: u32,
    flags: u32,
    template: HANDLE,
) -> HANDLE {
    guard::call(INVALID_HANDLE_VALUE, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::string(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)?;
        // SAFETY: the caller's structure.
        let inherit = unsafe { inherited(attributes) }?;
        let wish = Wish { access, share, inherit, disposition, flags };
        let handle = create(&name, template, &wish)?;
        mark(handle, inherit)?;
        Ok(handle)
    })
}

/// Opens or creates a file, a directory, a pipe's client end or the console.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFileW(
    name: *const WCHAR,
    access: u32,
    share: u32,
    attributes: *const SECURITY_ATTRIBUTES,
    disposition: u32,
    flags: u32,
    template: HANDLE,
) -> HANDLE {
    guard::call(INVALID_HANDLE_VALUE, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::wide(name) }.map_err(|_| code::ERROR_PATH_NOT_FOUND)?;
        // SAFETY: the caller's structure.
        let inherit = unsafe { inherited(attributes) }?;
        let wish = Wish { access, share, inherit, disposition, flags };
        let handle = create(&name, template, &wish)?;
        mark(handle, inherit)?;
        Ok(handle)
    })
}

fn create(name: &[u8], template: HANDLE, wish: &Wish) -> Result<HANDLE, u32> {
    if !(CREATE_NEW..=TRUNCATE_EXISTING).contains(&wish.disposition) || wish.share & !7 != 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    if wish.disposition == TRUNCATE_EXISTING && wish.access & (GENERIC_WRITE | GENERIC_ALL) == 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    // A template gives attributes that Linux does not have; its handle must be one all the same.
    if !template.is_null() {
        super::handle::get(template)?;
    }
    match path::locate(name)? {
        Place::File(path) => open_path(&path, name.ends_with(b"\\") || name.ends_with(b"/"), wish),
        Place::Pipe(name) => {
            named::open(&name, (wish.reads(), wish.writes()), wish.has(OVERLAPPED))
        }
        Place::Console => console(wish),
    }
}

fn open_path(path: &Path, ends_with_slash: bool, wish: &Wish) -> Result<HANDLE, u32> {
    let creates = matches!(wish.disposition, CREATE_NEW | CREATE_ALWAYS | OPEN_ALWAYS);
    let path = if creates { resolve::new(path) } else { resolve::existing(path) };
    if ends_with_slash && !path.is_dir() {
        return Err(if path.exists() || creates {
            code::ERROR_INVALID_NAME
        } else {
            resolve::missing(&path)
        });
    }
    let (fd, created) = obtain(&path, wish)?;
    let facts = stat::of_descriptor(fd.as_fd()).map_err(open_error)?;
    let kind = match facts.file_type {
        FileType::Directory => Kind::Directory,
        FileType::CharacterDevice | FileType::BlockDevice => Kind::Character,
        FileType::Fifo | FileType::Socket => Kind::Pipe,
        _ => Kind::Disk,
    };
    check_kind(kind, facts.attributes, created, wish)?;
    let registration = match kind {
        Kind::Disk => Some(share::open(facts.identity, wish.shared_access(), wish.share)?),
        _ => None,
    };
    let empties = matches!(wish.disposition, CREATE_ALWAYS | TRUNCATE_EXISTING);
    if empties && !created && kind == Kind::Disk {
        truncate(&fd, &path)?;
    }
    advise(&fd, wish);
    let absolute = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
    let file = File {
        append: wish.appends(),
        overlapped: wish.has(OVERLAPPED),
        unbuffered: wish.has(NO_BUFFERING),
        direct: wish.has(NO_BUFFERING) || wish.has(WRITE_THROUGH),
        path: Mutex::new(absolute),
        delete_on_close: AtomicBool::new(wish.has(DELETE_ON_CLOSE)),
        identity: facts.identity,
        registration: Mutex::new(registration),
        ..File::new(Descriptor::Owned(fd), kind, wish.reads(), wish.writes())
    };
    let undo = created && file.delete_on_close.load(Ordering::Relaxed);
    let handle = file.publish().inspect_err(|_| {
        if undo {
            // The call fails, so its file must not stay.
            let _ = rustix::fs::unlink(&path);
        }
    })?;
    let found = matches!(wish.disposition, CREATE_ALWAYS | OPEN_ALWAYS) && !created;
    SetLastError(if found { code::ERROR_ALREADY_EXISTS } else { code::ERROR_SUCCESS });
    Ok(handle)
}

/// A descriptor by the disposition, and whether the file is new. Nothing is truncated yet: sharing is asked first.
fn obtain(path: &Path, wish: &Wish) -> Result<(OwnedFd, bool), u32> {
    let read_only = wish.flags & stat::READONLY != 0;
    let mode = Mode::from_raw_mode(if read_only { 0o444 } else { 0o666 });
    let existing = || open_existing(path, wish);
    let new = || {
        let flags = wish.open_flags() | OFlags::CREATE | OFlags::EXCL;
        call(|flags| open(path, flags, mode), flags)
    };
    let failed = |errno| resolve::error(errno, path);
    match wish.disposition {
        CREATE_NEW => match new() {
            Err(Errno::EXIST) => Err(code::ERROR_FILE_EXISTS),
            other => other.map(|fd| (fd, true)).map_err(failed),
        },
        CREATE_ALWAYS | OPEN_ALWAYS => loop {
            match existing() {
                Err(Errno::NOENT) => {}
                other => return other.map(|fd| (fd, false)).map_err(failed),
            }
            match new() {
                // Somebody was quicker.
                Err(Errno::EXIST) if path.exists() => {}
                other => return other.map(|fd| (fd, true)).map_err(failed),
            }
        },
        OPEN_EXISTING | TRUNCATE_EXISTING => existing().map(|fd| (fd, false)).map_err(failed),
        _ => Err(code::ERROR_INVALID_PARAMETER),
    }
}

fn open_existing(path: &Path, wish: &Wish) -> Result<OwnedFd, Errno> {
    let flags = wish.open_flags();
    match call(|flags| open(path, flags, Mode::empty()), flags) {
        // A directory; whether the call may have one is decided by its flags.
        Err(Errno::ISDIR) => {
            let flags = (flags - OFlags::RDWR - OFlags::WRONLY) | OFlags::RDONLY;
            open(path, flags - OFlags::DIRECT, Mode::empty())
        }
        // Without read or write access only the attributes are meant.
        Err(Errno::ACCESS) if !wish.reads() && !wish.writes() => {
            open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
        }
        other => other,
    }
}

/// Opens; where the file system has no unbuffered access, with the cache: what is read and written is the same. A FIFO
/// may make it wait.
fn call(open: impl Fn(OFlags) -> Result<OwnedFd, Errno>, flags: OFlags) -> Result<OwnedFd, Errno> {
    loop {
        let result = wharf::blocking(|| open(flags));
        match result {
            Err(Errno::INTR) => {}
            Err(Errno::INVAL) if flags.contains(OFlags::DIRECT) => {
                return open(flags - OFlags::DIRECT);
            }
            other => return other,
        }
    }
}

fn check_kind(kind: Kind, attributes: u32, created: bool, wish: &Wish) -> Result<(), u32> {
    let directory = kind == Kind::Directory;
    let creates = matches!(wish.disposition, CREATE_NEW | CREATE_ALWAYS | TRUNCATE_EXISTING);
    if directory && (creates || !wish.has(BACKUP_SEMANTICS)) {
        return Err(code::ERROR_ACCESS_DENIED);
    }
    // The superuser could write all the same; the attribute says no to everybody.
    let read_only = attributes & stat::READONLY != 0 && !created;
    if read_only && (wish.writes() || wish.has(DELETE_ON_CLOSE)) {
        return Err(code::ERROR_ACCESS_DENIED);
    }
    Ok(())
}

/// CREATE_ALWAYS empties also without write access, so another descriptor may be needed.
fn truncate(fd: &OwnedFd, path: &Path) -> Result<(), u32> {
    let emptied = ftruncate(fd, 0).or_else(|_| {
        open(path, OFlags::WRONLY | OFlags::TRUNC | OFlags::CLOEXEC, Mode::empty()).map(drop)
    });
    emptied.map_err(open_error)
}

fn advise(fd: &OwnedFd, wish: &Wish) {
    use rustix::fs::{Advice, fadvise};
    // Advice that is not taken changes nothing.
    if wish.has(RANDOM_ACCESS) {
        let _ = fadvise(fd, 0, None, Advice::Random);
    } else if wish.has(SEQUENTIAL_SCAN) {
        let _ = fadvise(fd, 0, None, Advice::Sequential);
    }
}

/// The terminal, for CONIN$ and CONOUT$.
fn console(wish: &Wish) -> Result<HANDLE, u32> {
    if wish.disposition == TRUNCATE_EXISTING {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY;
    let fd = open("/dev/tty", flags, Mode::empty()).map_err(|_| code::ERROR_FILE_NOT_FOUND)?;
    if wish.inherit {
        fcntl_setfd(&fd, FdFlags::empty()).map_err(open_error)?;
    }
    // The terminal may have been left without blocking by another program.
    fcntl_setfl(&fd, OFlags::empty()).map_err(open_error)?;
    File::new(Descriptor::Owned(fd), Kind::Character, wish.reads(), wish.writes()).publish()
}
