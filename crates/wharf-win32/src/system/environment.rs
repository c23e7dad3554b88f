//! Environment variables.
//!
//! They are the C library's, so that getenv sees what is set here. Windows' names have no case: what is not found as
//! it is written is looked for without regard to it.
#![allow(unsafe_code)] // the C library's environment; exported under C names

use std::ffi::{CStr, CString, c_char};
use std::sync::MutexGuard;

use crate::fork::Lock;
use crate::memory::global;
use crate::text::{self, out};
use crate::types::{BOOL, FALSE, TRUE, WCHAR};
use crate::{arg, code, guard};

/// The calls of this file exclude each other; the C library's own calls they cannot exclude.
pub(crate) static LOCK: Lock<()> = Lock::new(());

fn lock() -> MutexGuard<'static, ()> {
    LOCK.lock()
}

/// All variables, as `NAME=value`.
fn all() -> Vec<Vec<u8>> {
    unsafe extern "C" {
        static environ: *const *const c_char;
    }
    let mut list = Vec::new();
    // SAFETY: the C library's list; it may be null.
    let mut at = unsafe { environ };
    while !at.is_null() {
        // SAFETY: the list goes on up to a null.
        let entry = unsafe { *at };
        if entry.is_null() {
            break;
        }
        // SAFETY: each entry is a string.
        list.push(unsafe { CStr::from_ptr(entry) }.to_bytes().to_vec());
        at = at.wrapping_add(1);
    }
    list
}

fn split(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = entry.iter().position(|byte| *byte == b'=')?;
    Some((&entry[..equals], &entry[equals + 1..]))
}

/// The variable as it is spelled in the environment.
fn find(name: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let list = all();
    let entries = || list.iter().filter_map(|entry| split(entry));
    let same = entries().find(|entry| entry.0 == name);
    let similar = || entries().find(|entry| entry.0.eq_ignore_ascii_case(name));
    let (name, value) = same.or_else(similar)?;
    Some((name.to_vec(), value.to_vec()))
}

fn get(name: &[u8]) -> Result<Vec<u8>, u32> {
    let _lock = lock();
    find(name).map(|found| found.1).ok_or(code::ERROR_ENVVAR_NOT_FOUND)
}

fn set(name: &[u8], value: Option<&[u8]>) -> Result<BOOL, u32> {
    let _lock = lock();
    if name.is_empty() || name.contains(&b'=') {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    let found = find(name).map(|found| found.0);
    if found.is_none() && value.is_none() {
        return Err(code::ERROR_ENVVAR_NOT_FOUND);
    }
    let string = |text: &[u8]| CString::new(text).map_err(|_| code::ERROR_INVALID_PARAMETER);
    let name = string(found.as_deref().unwrap_or(name))?;
    let failed = match value {
        Some(value) => {
            let value = string(value)?;
            // SAFETY: strings of ours; other threads that read at the same time are the C library's known hazard.
            unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) }
        }
        // SAFETY: as above.
        None => unsafe { libc::unsetenv(name.as_ptr()) },
    };
    if failed == 0 { Ok(TRUE) } else { Err(code::ERROR_NOT_ENOUGH_MEMORY) }
}

/// Replaces `%NAME%` by the variable's value; a name that is not set stays as it is.
fn expand(text: &[u8]) -> Vec<u8> {
    let mut expanded = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.iter().position(|byte| *byte == b'%') {
        expanded.extend_from_slice(&rest[..start]);
        let inner = &rest[start + 1..];
        let end = inner.iter().position(|byte| *byte == b'%');
        match end.and_then(|end| Some((end, get(&inner[..end]).ok()?))) {
            Some((end, value)) => {
                expanded.extend_from_slice(&value);
                rest = &inner[end + 1..];
            }
            None => {
                expanded.push(b'%');
                rest = inner;
            }
        }
    }
    expanded.extend_from_slice(rest);
    expanded
}

/// A variable's value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetEnvironmentVariableA(
    name: *const u8,
    buffer: *mut u8,
    size: u32,
) -> u32 {
    guard::call(0, || {
        // SAFETY: the caller's name.
        let value = get(&unsafe { arg::string(name) }?)?;
        // SAFETY: the caller's buffer.
        unsafe { out::sized(&value, buffer, size) }
    })
}

/// A variable's value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetEnvironmentVariableW(
    name: *const WCHAR,
    buffer: *mut WCHAR,
    size: u32,
) -> u32 {
    guard::call(0, || {
        // SAFETY: the caller's name.
        let value = get(&unsafe { arg::wide(name) }?)?;
        // SAFETY: the caller's buffer.
        unsafe { out::sized_wide(&value, buffer, size) }
    })
}

/// Sets a variable, or with null removes it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetEnvironmentVariableA(name: *const u8, value: *const u8) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::string(name) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        // SAFETY: the caller's value.
        let value = (!value.is_null()).then(|| unsafe { arg::string(value) }).transpose()?;
        set(&name, value.as_deref())
    })
}

/// Sets a variable, or with null removes it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetEnvironmentVariableW(name: *const WCHAR, value: *const WCHAR) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::wide(name) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        // SAFETY: the caller's value.
        let value = (!value.is_null()).then(|| unsafe { arg::wide(value) }).transpose()?;
        set(&name, value.as_deref())
    })
}

/// Replaces variables in a text; answers the size that the whole result needs, with its terminator.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExpandEnvironmentStringsA(
    text: *const u8,
    buffer: *mut u8,
    size: u32,
) -> u32 {
    guard::call(0, || {
        // SAFETY: the caller's text.
        let expanded = expand(&unsafe { arg::string(text) }?);
        // SAFETY: the caller's buffer.
        let length = unsafe { out::sized(&expanded, buffer, size) }?;
        Ok(if length < size { length + 1 } else { length })
    })
}

/// Replaces variables in a text; answers the size that the whole result needs, with its terminator.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExpandEnvironmentStringsW(
    text: *const WCHAR,
    buffer: *mut WCHAR,
    size: u32,
) -> u32 {
    guard::call(0, || {
        // SAFETY: the caller's text.
        let expanded = expand(&unsafe { arg::wide(text) }?);
        // SAFETY: the caller's buffer.
        let length = unsafe { out::sized_wide(&expanded, buffer, size) }?;
        Ok(if length < size { length + 1 } else { length })
    })
}

/// All variables one after another, each terminated, and one more terminator; in memory of LocalAlloc.
fn block<T: Copy + Default>(convert: impl Fn(&[u8]) -> Vec<T>) -> Result<*mut T, u32> {
    let entries = {
        let _lock = lock();
        all()
    };
    let mut whole = Vec::new();
    for entry in &entries {
        whole.extend(convert(entry));
        whole.push(T::default());
    }
    whole.push(T::default());
    let memory = global::allocate(0, whole.len() * size_of::<T>())?.cast::<T>();
    // SAFETY: it has that size.
    unsafe { arg::store_all(memory, &whole) }?;
    Ok(memory)
}

/// A copy of all variables, for FreeEnvironmentStringsW.
#[unsafe(no_mangle)]
pub extern "C" fn GetEnvironmentStringsW() -> *mut WCHAR {
    guard::call(std::ptr::null_mut(), || block(text::wide))
}

/// A copy of all variables, for FreeEnvironmentStringsA.
#[unsafe(no_mangle)]
pub extern "C" fn GetEnvironmentStringsA() -> *mut u8 {
    guard::call(std::ptr::null_mut(), || block(<[u8]>::to_vec))
}

/// Frees such a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FreeEnvironmentStringsW(strings: *mut WCHAR) -> BOOL {
    // SAFETY: the caller's.
    BOOL::from(unsafe { global::LocalFree(strings.cast()) }.is_null())
}

/// Frees such a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FreeEnvironmentStringsA(strings: *mut u8) -> BOOL {
    // SAFETY: the caller's.
    BOOL::from(unsafe { global::LocalFree(strings.cast()) }.is_null())
}
