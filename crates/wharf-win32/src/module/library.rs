//! LoadLibrary, GetModuleHandle, GetProcAddress.
//!
//! `name.dll` is looked for as it is, as `name.so` and as `libname.so`: beside the program first, then where the dynamic
//! linker looks.
#![allow(unsafe_code)] // dlopen; exported under C names

use std::ffi::{CStr, CString, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::MutexGuard;

use super::system_dll;
use crate::fork::Lock;
use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::{arg, code, guard};

/// LOAD_LIBRARY_AS_DATAFILE and its kin: files to look into, not to run.
const AS_DATA: u32 = 0x2 | 0x20 | 0x40;
/// GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS.
const FROM_ADDRESS: u32 = 4;

/// What a module handle means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Module {
    Program,
    System,
    /// A handle of dlopen, and the name that it was loaded by.
    Library(usize, Vec<u8>),
}

pub(crate) struct Loaded {
    module: Module,
    count: usize,
}

/// The handles are numbers of this table, apart from addresses and from other handles: the program is 1, this library 2.
pub(crate) static LOADED: Lock<Vec<Option<Loaded>>> = Lock::new(Vec::new());
const BASE: usize = 0x7FF0_0000_0000;
const STEP: usize = 0x1_0000;
const PROGRAM: HANDLE = (BASE + STEP) as HANDLE;
const SYSTEM: HANDLE = (BASE + 2 * STEP) as HANDLE;

fn loaded() -> MutexGuard<'static, Vec<Option<Loaded>>> {
    LOADED.lock()
}

fn encode(index: usize) -> HANDLE {
    (BASE + (index + 3) * STEP) as HANDLE
}

fn decode(module: HANDLE) -> Option<usize> {
    let offset = (module as usize).checked_sub(BASE)?;
    offset.is_multiple_of(STEP).then_some((offset / STEP).checked_sub(3)?)
}

/// What a handle names; null is the program. ERROR_MOD_NOT_FOUND for anything else.
pub(super) fn get(module: HANDLE) -> Result<Module, u32> {
    match module {
        PROGRAM => return Ok(Module::Program),
        SYSTEM => return Ok(Module::System),
        _ if module.is_null() => return Ok(Module::Program),
        _ => {}
    }
    let loaded = loaded();
    let found = decode(module).and_then(|index| loaded.get(index)?.as_ref());
    found.map(|found| found.module.clone()).ok_or(code::ERROR_MOD_NOT_FOUND)
}

fn last_part(name: &[u8]) -> &[u8] {
    name.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or(name)
}

/// Whether two names mean one file, by Windows' rules.
fn same_name(one: &[u8], other: &[u8]) -> bool {
    let strip = |name: &[u8]| {
        let name = last_part(name).to_ascii_lowercase();
        [b".dll".as_slice(), b".so", b".exe"]
            .iter()
            .find_map(|ending| name.strip_suffix(*ending).map(<[u8]>::to_vec))
            .unwrap_or(name)
    };
    strip(one) == strip(other)
}

fn program() -> PathBuf {
    std::env::current_exe().unwrap_or_default()
}

/// A module that is in the process, by name.
fn find(name: &[u8]) -> Result<HANDLE, u32> {
    if system_dll::is_one(name) {
        return Ok(SYSTEM);
    }
    if same_name(program().as_os_str().as_bytes(), name) {
        return Ok(PROGRAM);
    }
    let known = |one: &Option<Loaded>| {
        let Some(Loaded { module: Module::Library(_, own), .. }) = one else { return false };
        same_name(own, name)
    };
    loaded().iter().position(known).map(encode).ok_or(code::ERROR_MOD_NOT_FOUND)
}

/// The files that a name may mean, the likeliest first.
fn candidates(name: &[u8]) -> Vec<Vec<u8>> {
    let clean: Vec<u8> = name.iter().map(|b| if *b == b'\\' { b'/' } else { *b }).collect();
    let clean = match clean.as_slice() {
        [letter, b':', rest @ ..] if letter.is_ascii_alphabetic() => rest.to_vec(),
        _ => clean,
    };
    let file = last_part(&clean);
    let directory = &clean[..clean.len() - file.len()];
    let stem_length = file.len().saturating_sub(4);
    let has_dll = file[stem_length..].eq_ignore_ascii_case(b".dll");
    let stem = if has_dll { &file[..stem_length] } else { file };
    let mut files = vec![file.to_vec(), [stem, b".so"].concat(), [b"lib", stem, b".so"].concat()];
    if !has_dll && !file.contains(&b'.') {
        files.insert(1, [file, b".dll"].concat());
    }
    let with = |directory: &[u8], file: &[u8]| [directory, file].concat();
    if !directory.is_empty() {
        return files.iter().map(|file| with(directory, file)).collect();
    }
    let mut beside =
        program().parent().map_or_else(Vec::new, |p| p.as_os_str().as_bytes().to_vec());
    beside.push(b'/');
    files.iter().map(|file| with(&beside, file)).chain(files.iter().cloned()).collect()
}

fn load(name: &[u8], flags: u32) -> Result<HANDLE, u32> {
    if flags & AS_DATA != 0 {
        return Err(code::ERROR_NOT_SUPPORTED);
    }
    if let Ok(module) = find(name) {
        let mut loaded = loaded();
        if let Some(Some(found)) = decode(module).and_then(|at| loaded.get_mut(at)) {
            found.count += 1;
        }
        return Ok(module);
    }
    let mut failure = code::ERROR_MOD_NOT_FOUND;
    for file in candidates(name) {
        let Ok(path) = CString::new(file.clone()) else { continue };
        // SAFETY: the library's initialisers are the program's business.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if handle.is_null() {
            // It is there, and the linker does not take it.
            if Path::new(std::ffi::OsStr::from_bytes(&file)).is_file() {
                failure = code::ERROR_BAD_EXE_FORMAT;
            }
            continue;
        }
        let module = Module::Library(handle as usize, file);
        let mut loaded = loaded();
        let entry = Some(Loaded { module, count: 1 });
        let index = loaded.iter().position(Option::is_none).unwrap_or(loaded.len());
        if index == loaded.len() {
            loaded.push(entry);
        } else {
            loaded[index] = entry;
        }
        return Ok(encode(index));
    }
    Err(failure)
}

/// Loads a library, or counts one more use of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LoadLibraryA(name: *const u8) -> HANDLE {
    // SAFETY: the caller's name.
    unsafe { LoadLibraryExA(name, std::ptr::null_mut(), 0) }
}

/// Loads a library, or counts one more use of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LoadLibraryW(name: *const WCHAR) -> HANDLE {
    // SAFETY: the caller's name.
    unsafe { LoadLibraryExW(name, std::ptr::null_mut(), 0) }
}

/// Loads a library. Flags that say where to look change nothing; files as data are ERROR_NOT_SUPPORTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LoadLibraryExA(name: *const u8, _file: HANDLE, flags: u32) -> HANDLE {
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::string(name) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        load(&name, flags)
    })
}

/// Loads a library. Flags that say where to look change nothing; files as data are ERROR_NOT_SUPPORTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LoadLibraryExW(name: *const WCHAR, _file: HANDLE, flags: u32) -> HANDLE {
    guard::call(std::ptr::null_mut(), || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::wide(name) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        load(&name, flags)
    })
}

/// Ends one use of a library; with the last it is unloaded. The program and Windows' own stay.
#[unsafe(no_mangle)]
pub extern "C" fn FreeLibrary(module: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        let Module::Library(handle, _) = get(module)? else { return Ok(TRUE) };
        let gone = {
            let mut loaded = loaded();
            let slot = decode(module).and_then(|index| loaded.get_mut(index));
            let slot = slot.ok_or(code::ERROR_MOD_NOT_FOUND)?;
            let entry = slot.as_mut().ok_or(code::ERROR_MOD_NOT_FOUND)?;
            entry.count -= 1;
            let gone = entry.count == 0;
            if gone {
                *slot = None;
            }
            gone
        };
        if gone {
            // SAFETY: of dlopen, and taken from the table.
            unsafe { libc::dlclose(handle as *mut c_void) };
        }
        Ok(TRUE)
    })
}

/// A module that is in the process; null names the program.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetModuleHandleA(name: *const u8) -> HANDLE {
    guard::call(std::ptr::null_mut(), || {
        if name.is_null() {
            return Ok(PROGRAM);
        }
        // SAFETY: the caller's name.
        find(&unsafe { arg::string(name) }?)
    })
}

/// A module that is in the process; null names the program.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetModuleHandleW(name: *const WCHAR) -> HANDLE {
    guard::call(std::ptr::null_mut(), || {
        if name.is_null() {
            return Ok(PROGRAM);
        }
        // SAFETY: the caller's name.
        find(&unsafe { arg::wide(name) }?)
    })
}

/// The module that an address is in: the program, unless it is in this library or in one that was loaded by name.
fn of_address(address: *const c_void) -> Result<HANDLE, u32> {
    let base = |address: *const c_void| {
        // SAFETY: all zeros are a valid Dl_info.
        let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
        // SAFETY: it looks at any address.
        (unsafe { libc::dladdr(address, &raw mut info) } != 0).then_some(info.dli_fname)
    };
    let name = base(address).ok_or(code::ERROR_MOD_NOT_FOUND)?;
    // SAFETY: the linker's own string.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    find(name).or(Ok(PROGRAM))
}

/// # Safety
/// `to` is null or writable.
unsafe fn store(module: Result<HANDLE, u32>, to: *mut HANDLE) -> Result<BOOL, u32> {
    let value = *module.as_ref().unwrap_or(&std::ptr::null_mut());
    // SAFETY: the caller's variable.
    unsafe { arg::store(to, value) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?;
    module.map(|_| TRUE)
}

/// A module by name or by an address in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetModuleHandleExA(flags: u32, name: *const u8, to: *mut HANDLE) -> BOOL {
    guard::call(FALSE, || {
        let module = if flags & FROM_ADDRESS != 0 {
            of_address(name.cast())
        } else if name.is_null() {
            Ok(PROGRAM)
        } else {
            // SAFETY: the caller's name.
            unsafe { arg::string(name) }.and_then(|name| find(&name))
        };
        // SAFETY: the caller's variable.
        unsafe { store(module, to) }
    })
}

/// A module by name or by an address in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetModuleHandleExW(
    flags: u32,
    name: *const WCHAR,
    to: *mut HANDLE,
) -> BOOL {
    guard::call(FALSE, || {
        let module = if flags & FROM_ADDRESS != 0 {
            of_address(name.cast())
        } else if name.is_null() {
            Ok(PROGRAM)
        } else {
            // SAFETY: the caller's name.
            unsafe { arg::wide(name) }.and_then(|name| find(&name))
        };
        // SAFETY: the caller's variable.
        unsafe { store(module, to) }
    })
}

/// A function of a module, by name; ordinals name nothing here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcAddress(module: HANDLE, name: *const u8) -> *mut c_void {
    guard::call(std::ptr::null_mut(), || {
        let module = get(module)?;
        // SAFETY: the caller's name; what stands for an ordinal is no address.
        let name = unsafe { arg::string(name) }.map_err(|_| code::ERROR_PROC_NOT_FOUND)?;
        let name = CString::new(name).map_err(|_| code::ERROR_PROC_NOT_FOUND)?;
        let within = |handle: *mut c_void| {
            // SAFETY: a handle of dlopen, or the program's, and a string.
            let address = unsafe { libc::dlsym(handle, name.as_ptr()) };
            (!address.is_null()).then_some(address)
        };
        let address = match module {
            Module::System => system_dll::find(&name),
            Module::Program => within(libc::RTLD_DEFAULT),
            Module::Library(handle, _) => within(handle as *mut c_void),
        };
        address.ok_or(code::ERROR_PROC_NOT_FOUND)
    })
}
