//! What the tests of files share: a file of their own, and short forms of the calls.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};

pub(crate) use wharf_win32::Win32::Foundation::{
    CloseHandle, FILETIME, GetLastError, HANDLE, INVALID_HANDLE_VALUE, SetLastError,
};
pub(crate) use wharf_win32::Win32::Storage::FileSystem::*;
pub(crate) use wharf_win32::Win32::System::IO::{OVERLAPPED, OVERLAPPED_0, OVERLAPPED_0_0};

pub(crate) const READ: u32 = 0x8000_0000;
pub(crate) const WRITE: u32 = 0x4000_0000;
pub(crate) const SHARE_ALL: u32 = 7;
pub(crate) const CREATE_NEW: u32 = 1;
pub(crate) const CREATE_ALWAYS: u32 = 2;
pub(crate) const OPEN_EXISTING: u32 = 3;
pub(crate) const OPEN_ALWAYS: u32 = 4;
pub(crate) const TRUNCATE_EXISTING: u32 = 5;

pub(crate) fn name(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

pub(crate) fn open_with(
    path: &Path,
    access: u32,
    share: u32,
    disposition: u32,
    flags: u32,
) -> Result<HANDLE, u32> {
    let path = name(path);
    // SAFETY: a name that ends with a zero; no attributes.
    let handle = unsafe {
        CreateFileA(path.as_ptr().cast(), access, share, null(), disposition, flags, null_mut())
    };
    if handle == INVALID_HANDLE_VALUE { Err(GetLastError()) } else { Ok(handle) }
}

pub(crate) fn open(path: &Path, access: u32, disposition: u32) -> Result<HANDLE, u32> {
    open_with(path, access, SHARE_ALL, disposition, 0)
}

pub(crate) fn at(offset: u64) -> OVERLAPPED {
    let halves = OVERLAPPED_0_0 { Offset: offset as u32, OffsetHigh: (offset >> 32) as u32 };
    OVERLAPPED { Anonymous: OVERLAPPED_0 { Anonymous: halves }, ..OVERLAPPED::default() }
}

/// WriteFile, which answers bytes.
pub(crate) fn write(file: HANDLE, text: &[u8]) -> Result<u32, u32> {
    write_at(file, text, null_mut())
}

/// The place is null, or the place in the file; none of these handles is overlapped, so it is not used any more afterwards.
pub(crate) fn write_at(file: HANDLE, text: &[u8], place: *mut OVERLAPPED) -> Result<u32, u32> {
    let (from, length, mut count) = (text.as_ptr().cast(), text.len() as u32, u32::MAX);
    // SAFETY: the slice's own length, a variable for the count, and what the caller says of the place.
    let done = unsafe { WriteFile(file, from, length, &raw mut count, place) };
    if done == 0 { Err(GetLastError()) } else { Ok(count) }
}

/// ReadFile, which answers what was read.
pub(crate) fn read(file: HANDLE, length: u32) -> Result<Vec<u8>, u32> {
    read_at(file, length, null_mut()).map_err(|(code, _)| code)
}

/// The place is as in `write_at`; a failure has its code and its count.
pub(crate) fn read_at(
    file: HANDLE,
    length: u32,
    place: *mut OVERLAPPED,
) -> Result<Vec<u8>, (u32, u32)> {
    let (mut buffer, mut count) = (vec![0; length as usize], u32::MAX);
    let to = buffer.as_mut_ptr().cast();
    // SAFETY: room of that length, a variable for the count, and what the caller says of the place.
    let done = unsafe { ReadFile(file, to, length, &raw mut count, place) };
    buffer.truncate(count as usize);
    if done == 0 { Err((GetLastError(), count)) } else { Ok(buffer) }
}

/// Calls a function of the interface with a name, and nothing else.
pub(crate) fn with<R>(function: unsafe extern "C" fn(*const u8) -> R, path: &Path) -> R {
    let path = name(path);
    // SAFETY: a name that ends with a zero.
    unsafe { function(path.as_ptr().cast()) }
}

/// Calls a function of the interface with two names, and nothing else.
pub(crate) fn with_both<R>(
    function: unsafe extern "C" fn(*const u8, *const u8) -> R,
    one: &Path,
    other: &Path,
) -> R {
    let (one, other) = (name(one), name(other));
    // SAFETY: names that end with a zero.
    unsafe { function(one.as_ptr().cast(), other.as_ptr().cast()) }
}

pub(crate) fn place(name: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    (directory, path)
}
