//! File mappings: CreateFileMapping, MapViewOfFile.
//!
//! A mapping of no file is memory of its own (a memfd). Names are known inside the process.
#![allow(unsafe_code)] // mmap; exported under C names

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::os::fd::OwnedFd;
use std::ptr;
use std::sync::{Arc, Weak};

use rustix::fs::{MemfdFlags, fstat, ftruncate, memfd_create};
use rustix::mm::{MapFlags, MsyncFlags, ProtFlags, mmap, msync};

use super::reserve::{GRANULARITY, PAGE, pages, release, reserve};
use crate::error::SetLastError;
use crate::file::create::SECURITY_ATTRIBUTES;
use crate::file::handle;
use crate::fork::Lock;
use crate::object::{self, Object};
use crate::types::{BOOL, FALSE, HANDLE, INVALID_HANDLE_VALUE, TRUE, WCHAR};
use crate::{arg, code, guard};

const PAGE_READONLY: u32 = 2;
const PAGE_READWRITE: u32 = 4;
const PAGE_WRITECOPY: u32 = 8;
const PAGE_EXECUTE_READ: u32 = 0x20;
const PAGE_EXECUTE_READWRITE: u32 = 0x40;
const PAGE_EXECUTE_WRITECOPY: u32 = 0x80;
const SEC_RESERVE: u32 = 0x400_0000;
const SEC_COMMIT: u32 = 0x800_0000;

const FILE_MAP_COPY: u32 = 1;
const FILE_MAP_WRITE: u32 = 2;
const FILE_MAP_READ: u32 = 4;
const FILE_MAP_EXECUTE: u32 = 0x20;

/// A mapping object.
pub(crate) struct Section {
    fd: OwnedFd,
    size: u64,
    /// Whether views may change the file; copies may be changed always.
    writable: bool,
    executable: bool,
}

impl Object for Section {}

pub(crate) static NAMES: Lock<BTreeMap<Vec<u8>, Weak<Section>>> = Lock::new(BTreeMap::new());

pub(crate) struct View {
    size: usize,
    /// A view keeps its mapping, and with it the name.
    _section: Arc<Section>,
}

pub(crate) static VIEWS: Lock<BTreeMap<usize, View>> = Lock::new(BTreeMap::new());

/// `Global\` and `Local\` are no part of a name: there is one session.
fn plain(name: &[u8]) -> Result<Vec<u8>, u32> {
    let rest = name.strip_prefix(br"Global\").or_else(|| name.strip_prefix(br"Local\"));
    let rest = rest.unwrap_or(name);
    if rest.contains(&b'\\') { Err(code::ERROR_PATH_NOT_FOUND) } else { Ok(rest.to_vec()) }
}

fn section(file: HANDLE, protection: u32, size: u64) -> Result<Section, u32> {
    let base = protection & 0xFF;
    let (writable, executable) = match base {
        PAGE_READONLY | PAGE_WRITECOPY => (false, false),
        PAGE_READWRITE => (true, false),
        PAGE_EXECUTE_READ | PAGE_EXECUTE_WRITECOPY => (false, true),
        PAGE_EXECUTE_READWRITE => (true, true),
        _ => return Err(code::ERROR_INVALID_PARAMETER),
    };
    if protection & !(0xFF | SEC_COMMIT | SEC_RESERVE) != 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let memory = |_| code::ERROR_NOT_ENOUGH_MEMORY;
    if file == INVALID_HANDLE_VALUE {
        if size == 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let fd = memfd_create("wharf-mapping", MemfdFlags::CLOEXEC).map_err(memory)?;
        ftruncate(&fd, size).map_err(memory)?;
        return Ok(Section { fd, size, writable, executable });
    }
    let file = handle::get(file)?;
    file.must_read()?;
    if writable {
        file.must_write()?;
    }
    let failed = crate::file::read_error;
    let now = u64::try_from(fstat(&*file).map_err(failed)?.st_size).unwrap_or(0);
    let size = if size == 0 { now } else { size };
    if size == 0 {
        return Err(code::ERROR_FILE_INVALID);
    }
    if size > now {
        // A file that cannot be written cannot grow.
        if !writable {
            return Err(code::ERROR_NOT_ENOUGH_MEMORY);
        }
        ftruncate(&*file, size)
            .map_err(|errno| crate::file::code_of(errno, wharf_core::status::FileContext::Write))?;
    }
    let fd = rustix::io::fcntl_dupfd_cloexec(&*file, 3).map_err(failed)?;
    Ok(Section { fd, size, writable, executable })
}

fn create(file: HANDLE, protection: u32, size: u64, name: Option<Vec<u8>>) -> Result<HANDLE, u32> {
    let Some(name) = name else {
        let handle = object::insert(Arc::new(section(file, protection, size)?))?;
        SetLastError(code::ERROR_SUCCESS);
        return Ok(handle);
    };
    let name = plain(&name)?;
    let mut names = NAMES.lock();
    if let Some(existing) = names.get(&name).and_then(Weak::upgrade) {
        let handle = object::insert(existing)?;
        SetLastError(code::ERROR_ALREADY_EXISTS);
        return Ok(handle);
    }
    let section = Arc::new(section(file, protection, size)?);
    names.retain(|_, other| other.strong_count() > 0);
    names.insert(name, Arc::downgrade(&section));
    let handle = object::insert(section)?;
    SetLastError(code::ERROR_SUCCESS);
    Ok(handle)
}

fn open(name: &[u8]) -> Result<HANDLE, u32> {
    let names = NAMES.lock();
    let found = names.get(&plain(name)?).and_then(Weak::upgrade);
    object::insert(found.ok_or(code::ERROR_FILE_NOT_FOUND)?)
}

/// Makes a mapping of a file, or of memory (INVALID_HANDLE_VALUE).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFileMappingA(
    file: HANDLE,
    _security: *const SECURITY_ATTRIBUTES,
    protection: u32,
    high: u32,
    low: u32,
    name: *const u8,
) -> HANDLE {
    guard::call(ptr::null_mut(), || {
        // SAFETY: the caller's name.
        let name = (!name.is_null()).then(|| unsafe { arg::string(name) }).transpose()?;
        create(file, protection, u64::from(high) << 32 | u64::from(low), name)
    })
}

/// Makes a mapping of a file, or of memory (INVALID_HANDLE_VALUE).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFileMappingW(
    file: HANDLE,
    _security: *const SECURITY_ATTRIBUTES,
    protection: u32,
    high: u32,
    low: u32,
    name: *const WCHAR,
) -> HANDLE {
    guard::call(ptr::null_mut(), || {
        // SAFETY: the caller's name.
        let name = (!name.is_null()).then(|| unsafe { arg::wide(name) }).transpose()?;
        create(file, protection, u64::from(high) << 32 | u64::from(low), name)
    })
}

/// A mapping by its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenFileMappingA(_access: u32, _inherit: BOOL, name: *const u8) -> HANDLE {
    guard::call(ptr::null_mut(), || {
        // SAFETY: the caller's name.
        open(&unsafe { arg::string(name) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?)
    })
}

/// A mapping by its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenFileMappingW(
    _access: u32,
    _inherit: BOOL,
    name: *const WCHAR,
) -> HANDLE {
    guard::call(ptr::null_mut(), || {
        // SAFETY: the caller's name.
        open(&unsafe { arg::wide(name) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?)
    })
}

fn map(mapping: HANDLE, access: u32, offset: u64, size: usize, at: usize) -> Result<usize, u32> {
    let section = object::get::<Section>(mapping)?;
    if !offset.is_multiple_of(GRANULARITY as u64) || !at.is_multiple_of(GRANULARITY) {
        return Err(code::ERROR_MAPPED_ALIGNMENT);
    }
    let writes = access & FILE_MAP_WRITE != 0;
    let copies = access & FILE_MAP_COPY != 0 && !writes;
    if access & (FILE_MAP_COPY | FILE_MAP_WRITE | FILE_MAP_READ) == 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let executes = access & FILE_MAP_EXECUTE != 0;
    if (writes && !section.writable) || (executes && !section.executable) {
        return Err(code::ERROR_ACCESS_DENIED);
    }
    let left = section.size.checked_sub(offset).filter(|left| *left > 0);
    let left = left.ok_or(code::ERROR_ACCESS_DENIED)?;
    let length = if size == 0 { left } else { size as u64 };
    if length > left.next_multiple_of(PAGE as u64) {
        return Err(code::ERROR_ACCESS_DENIED);
    }
    let length = usize::try_from(length).map_err(|_| code::ERROR_NOT_ENOUGH_MEMORY)?;
    let length = pages(length)?;
    let mut protection = ProtFlags::READ;
    protection.set(ProtFlags::WRITE, writes || copies);
    protection.set(ProtFlags::EXEC, executes);
    let sharing = if copies { MapFlags::PRIVATE } else { MapFlags::SHARED } | MapFlags::FIXED;
    let base = reserve(at, length)?;
    // SAFETY: it replaces a reservation of ours.
    let mapped = unsafe { mmap(base, length, protection, sharing, &section.fd, offset) };
    if let Err(errno) = mapped {
        release(base, length)?;
        return Err(crate::file::read_error(errno));
    }
    let mut views = VIEWS.lock();
    views.insert(base as usize, View { size: length, _section: section });
    Ok(base as usize)
}

/// Maps a part of a mapping into memory; 0 bytes are all up to the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MapViewOfFile(
    mapping: HANDLE,
    access: u32,
    high: u32,
    low: u32,
    size: usize,
) -> *mut c_void {
    // SAFETY: no address is asked for.
    unsafe { MapViewOfFileEx(mapping, access, high, low, size, ptr::null()) }
}

/// MapViewOfFile at an address, if that is free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MapViewOfFileEx(
    mapping: HANDLE,
    access: u32,
    high: u32,
    low: u32,
    size: usize,
    address: *const c_void,
) -> *mut c_void {
    guard::call(ptr::null_mut(), || {
        let offset = u64::from(high) << 32 | u64::from(low);
        map(mapping, access, offset, size, address as usize).map(|base| base as *mut c_void)
    })
}

/// Ends a view, by any address in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UnmapViewOfFile(address: *const c_void) -> BOOL {
    guard::call(FALSE, || {
        let mut views = VIEWS.lock();
        let (base, size) = find(&views, address as usize)?;
        release(base as *mut c_void, size)?;
        views.remove(&base);
        Ok(TRUE)
    })
}

fn find(views: &BTreeMap<usize, View>, address: usize) -> Result<(usize, usize), u32> {
    let (base, view) = views.range(..=address).next_back().ok_or(code::ERROR_INVALID_ADDRESS)?;
    if address - base < view.size {
        Ok((*base, view.size))
    } else {
        Err(code::ERROR_INVALID_ADDRESS)
    }
}

/// Writes what was changed in a view to its file; 0 bytes are all up to the view's end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FlushViewOfFile(address: *const c_void, size: usize) -> BOOL {
    guard::call(FALSE, || {
        let start = address as usize / PAGE * PAGE;
        let end = {
            let views = VIEWS.lock();
            let (base, length) = find(&views, address as usize)?;
            let end = base + length;
            if size == 0 { end } else { (address as usize).saturating_add(size).min(end) }
        };
        // SAFETY: it changes no memory; a view that ends meanwhile is an error of the call.
        let synced = wharf::blocking(|| unsafe {
            msync(start as *mut c_void, end - start, MsyncFlags::SYNC)
        });
        synced.map(|()| TRUE).map_err(|_| code::ERROR_INVALID_ADDRESS)
    })
}
