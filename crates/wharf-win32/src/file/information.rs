//! GetFileInformationByHandle(Ex) and SetFileInformationByHandle.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::handle::{self, File, Kind};
use super::stat::{self, Facts};
use super::{attributes, names, path, position, read_error, resolve, share, times};
use crate::time::filetime::FILETIME;
use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::{arg, code, guard, text};

/// BY_HANDLE_FILE_INFORMATION.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct BY_HANDLE_FILE_INFORMATION {
    /// FILE_ATTRIBUTE_*.
    pub dwFileAttributes: u32,
    /// Its birth.
    pub ftCreationTime: FILETIME,
    /// The last read.
    pub ftLastAccessTime: FILETIME,
    /// The last write.
    pub ftLastWriteTime: FILETIME,
    /// The device.
    pub dwVolumeSerialNumber: u32,
    /// Upper half of the size.
    pub nFileSizeHigh: u32,
    /// Lower half of the size.
    pub nFileSizeLow: u32,
    /// How many names it has.
    pub nNumberOfLinks: u32,
    /// Upper half of the inode's number.
    pub nFileIndexHigh: u32,
    /// Lower half of the inode's number.
    pub nFileIndexLow: u32,
}

/// FILE_BASIC_INFO.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct FILE_BASIC_INFO {
    /// Its birth.
    pub CreationTime: i64,
    /// The last read.
    pub LastAccessTime: i64,
    /// The last write.
    pub LastWriteTime: i64,
    /// The last change, of attributes too.
    pub ChangeTime: i64,
    /// FILE_ATTRIBUTE_*; 0 leaves them as they are.
    pub FileAttributes: u32,
}

/// FILE_STANDARD_INFO.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct FILE_STANDARD_INFO {
    /// What it takes on disk.
    pub AllocationSize: i64,
    /// Its size.
    pub EndOfFile: i64,
    /// How many names it has.
    pub NumberOfLinks: u32,
    /// Whether it goes when it is closed.
    pub DeletePending: u8,
    /// Whether it is a directory.
    pub Directory: u8,
}

/// FILE_ATTRIBUTE_TAG_INFO.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FILE_ATTRIBUTE_TAG_INFO {
    /// FILE_ATTRIBUTE_*.
    pub FileAttributes: u32,
    /// 0: what is open is no link.
    pub ReparseTag: u32,
}

/// FILE_ID_INFO.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FILE_ID_INFO {
    /// The device.
    pub VolumeSerialNumber: u64,
    /// The inode's number.
    pub FileId: [u64; 2],
}

/// FILE_RENAME_INFO, up to its name.
#[repr(C)]
#[derive(Clone, Copy)]
struct RenameHeader {
    replace: u32,
    root: HANDLE,
    length: u32,
}

const BASIC: u32 = 0;
const STANDARD: u32 = 1;
const NAME: u32 = 2;
const RENAME: u32 = 3;
const DISPOSITION: u32 = 4;
const ALLOCATION: u32 = 5;
const END_OF_FILE: u32 = 6;
const ATTRIBUTE_TAG: u32 = 9;
const PRIORITY_HINT: u32 = 12;
const ID: u32 = 18;
const DISPOSITION_EX: u32 = 21;

fn facts(file: &File) -> Result<Facts, u32> {
    stat::of_descriptor(file.as_fd()).map_err(read_error)
}

/// What is known about an open file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileInformationByHandle(
    file: HANDLE,
    to: *mut BY_HANDLE_FILE_INFORMATION,
) -> BOOL {
    guard::call(FALSE, || {
        let facts = facts(&*handle::get(file)?)?;
        let (device, inode) = facts.identity;
        let value = BY_HANDLE_FILE_INFORMATION {
            dwFileAttributes: facts.attributes,
            ftCreationTime: facts.created,
            ftLastAccessTime: facts.accessed,
            ftLastWriteTime: facts.written,
            dwVolumeSerialNumber: (device >> 32) as u32 ^ device as u32,
            nFileSizeHigh: (facts.size >> 32) as u32,
            nFileSizeLow: facts.size as u32,
            nNumberOfLinks: facts.links,
            nFileIndexHigh: (inode >> 32) as u32,
            nFileIndexLow: inode as u32,
        };
        // SAFETY: the caller's structure.
        unsafe { arg::store(to, value) }?;
        Ok(TRUE)
    })
}

/// Stores a structure if the buffer has its size; ERROR_BAD_LENGTH is Windows' word for one that has not.
///
/// # Safety
/// Null, or writable for `size` bytes.
unsafe fn store<T>(to: *mut c_void, size: u32, value: T) -> Result<BOOL, u32> {
    if (size as usize) < size_of::<T>() {
        return Err(24);
    }
    // SAFETY: the size is the caller's word.
    unsafe { arg::store(to.cast(), value) }?;
    Ok(TRUE)
}

/// One kind of knowledge about an open file: basic, standard, name, attribute tag, identity.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileInformationByHandleEx(
    file: HANDLE,
    class: u32,
    to: *mut c_void,
    size: u32,
) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(file)?;
        let facts = facts(&file)?;
        let ticks = |time: FILETIME| time.ticks().cast_signed();
        match class {
            BASIC => {
                let value = FILE_BASIC_INFO {
                    CreationTime: ticks(facts.created),
                    LastAccessTime: ticks(facts.accessed),
                    LastWriteTime: ticks(facts.written),
                    ChangeTime: ticks(facts.changed),
                    FileAttributes: facts.attributes,
                };
                // SAFETY: the caller's buffer.
                unsafe { store(to, size, value) }
            }
            STANDARD => {
                let value = FILE_STANDARD_INFO {
                    AllocationSize: facts.allocated.cast_signed(),
                    EndOfFile: facts.size.cast_signed(),
                    NumberOfLinks: facts.links,
                    DeletePending: u8::from(file.delete_on_close.load(Ordering::Relaxed)),
                    Directory: u8::from(file.kind == Kind::Directory),
                };
                // SAFETY: the caller's buffer.
                unsafe { store(to, size, value) }
            }
            // SAFETY: the caller's buffer.
            NAME => unsafe { store_name(&file, to, size) },
            ATTRIBUTE_TAG => {
                let FileAttributes = facts.attributes;
                let value = FILE_ATTRIBUTE_TAG_INFO { FileAttributes, ReparseTag: 0 };
                // SAFETY: the caller's buffer.
                unsafe { store(to, size, value) }
            }
            ID => {
                let (VolumeSerialNumber, inode) = facts.identity;
                let value = FILE_ID_INFO { VolumeSerialNumber, FileId: [inode, 0] };
                // SAFETY: the caller's buffer.
                unsafe { store(to, size, value) }
            }
            _ => Err(code::ERROR_INVALID_PARAMETER),
        }
    })
}

/// FILE_NAME_INFO: a length in bytes, and the path without terminator; what does not fit is left out, with
/// ERROR_MORE_DATA.
///
/// # Safety
/// Null, or writable for `size` bytes.
unsafe fn store_name(file: &File, to: *mut c_void, size: u32) -> Result<BOOL, u32> {
    let name = text::wide(file.path().as_os_str().as_bytes());
    let unit = size_of::<WCHAR>();
    let room = (size as usize).checked_sub(4).ok_or(24_u32)? / unit;
    let bytes = u32::try_from(name.len() * unit).map_err(|_| code::ERROR_MORE_DATA)?;
    // SAFETY: at least four bytes.
    unsafe { arg::store(to.cast(), bytes) }?;
    let fits = &name[..name.len().min(room)];
    // SAFETY: as many as there is room for.
    unsafe { arg::store_all(to.wrapping_byte_add(4).cast::<WCHAR>(), fits) }?;
    if fits.len() < name.len() { Err(code::ERROR_MORE_DATA) } else { Ok(TRUE) }
}

/// # Safety
/// Null, or readable for `size` bytes.
unsafe fn load<T: Copy>(from: *const c_void, size: u32) -> Result<T, u32> {
    if (size as usize) < size_of::<T>() {
        return Err(24);
    }
    // SAFETY: the size is the caller's word.
    unsafe { arg::load(from.cast()) }
}

/// Changes one thing about an open file: times and attributes, its name, whether it is deleted, its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFileInformationByHandle(
    file: HANDLE,
    class: u32,
    from: *const c_void,
    size: u32,
) -> BOOL {
    guard::call(FALSE, || {
        let file = handle::get(file)?;
        match class {
            // SAFETY: the caller's buffer.
            BASIC => set_basic(&file, unsafe { load(from, size) }?)?,
            // SAFETY: the caller's buffer.
            RENAME => unsafe { rename(&file, from, size) }?,
            // SAFETY: the caller's buffer.
            DISPOSITION => dispose(&file, unsafe { load::<u8>(from, size) }? != 0)?,
            // SAFETY: the caller's buffer.
            DISPOSITION_EX => dispose(&file, unsafe { load::<u32>(from, size) }? & 1 != 0)?,
            END_OF_FILE => {
                // SAFETY: the caller's buffer.
                let end = u64::try_from(unsafe { load::<i64>(from, size) }?);
                position::resize(&file, end.map_err(|_| code::ERROR_INVALID_PARAMETER)?)?;
            }
            ALLOCATION => {
                // SAFETY: the caller's buffer.
                let room = u64::try_from(unsafe { load::<i64>(from, size) }?);
                let room = room.map_err(|_| code::ERROR_INVALID_PARAMETER)?;
                // Less than the size cuts the file; more is room, which file systems find when it is needed.
                if room < facts(&file)?.size {
                    position::resize(&file, room)?;
                }
            }
            // SAFETY: the caller's buffer.
            PRIORITY_HINT => unsafe { load::<u32>(from, size) }.map(drop)?,
            _ => return Err(code::ERROR_INVALID_PARAMETER),
        }
        Ok(TRUE)
    })
}

fn set_basic(file: &File, value: FILE_BASIC_INFO) -> Result<(), u32> {
    // -1 and -2 leave a time as it is, now and later.
    let time = |ticks: i64| FILETIME::from_ticks(u64::try_from(ticks).unwrap_or(0));
    times::set(file, time(value.LastAccessTime), time(value.LastWriteTime))?;
    if value.FileAttributes != 0 {
        let read_only = value.FileAttributes & stat::READONLY != 0;
        attributes::set_read_only(&file.path(), read_only)?;
    }
    Ok(())
}

fn dispose(file: &File, delete: bool) -> Result<(), u32> {
    if delete && facts(file)?.attributes & stat::READONLY != 0 {
        return Err(code::ERROR_ACCESS_DENIED);
    }
    file.delete_on_close.store(delete, Ordering::Relaxed);
    Ok(())
}

/// # Safety
/// Null, or readable for `size` bytes.
unsafe fn rename(file: &File, from: *const c_void, size: u32) -> Result<(), u32> {
    // SAFETY: the caller's buffer.
    let header: RenameHeader = unsafe { load(from, size) }?;
    let start = std::mem::offset_of!(RenameHeader, length) + 4;
    let room = (size as usize - start) / size_of::<WCHAR>();
    let length = header.length as usize / size_of::<WCHAR>();
    if length == 0 || length > room || !header.root.is_null() {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    // SAFETY: it was compared with the size.
    let name = unsafe { arg::load_all(from.wrapping_byte_add(start).cast::<WCHAR>(), length) }?;
    let to = resolve::new(&path::file(&text::narrow(&name))?);
    let facts = facts(file)?;
    let own = file.registration.lock().unwrap_or_else(PoisonError::into_inner);
    share::may_delete(facts.identity, own.as_ref())?;
    drop(own);
    names::move_path(&file.path(), &to, facts, header.replace & 1)?;
    let absolute = std::path::absolute(&to).unwrap_or(to);
    *file.path.lock().unwrap_or_else(PoisonError::into_inner) = absolute;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes that Windows' headers give.
    #[test]
    fn layouts() {
        assert_eq!(size_of::<BY_HANDLE_FILE_INFORMATION>(), 52);
        assert_eq!(size_of::<FILE_BASIC_INFO>(), 40);
        assert_eq!(size_of::<FILE_STANDARD_INFO>(), 24);
        assert_eq!(std::mem::offset_of!(RenameHeader, length), 16);
    }
}
