//! GetModuleFileName.
#![allow(unsafe_code)] // exported under C names

use std::os::unix::ffi::OsStrExt;

use super::library::{self, Module};
use crate::error::SetLastError;
use crate::text;
use crate::types::{HANDLE, WCHAR};
use crate::{arg, code, guard};

fn path(module: HANDLE) -> Result<Vec<u8>, u32> {
    let path = match library::get(module)? {
        Module::Library(_, name) => {
            let path = std::path::Path::new(std::ffi::OsStr::from_bytes(&name)).to_owned();
            std::path::absolute(&path).unwrap_or(path)
        }
        // What means this library is in the program, or is loaded beside it.
        Module::Program | Module::System => {
            std::env::current_exe().map_err(|_| code::ERROR_FILE_NOT_FOUND)?
        }
    };
    Ok(path.as_os_str().as_bytes().to_vec())
}

/// A path that does not fit is cut, terminated, and reported by the size and ERROR_INSUFFICIENT_BUFFER.
///
/// # Safety
/// The buffer is writable for `size` units.
unsafe fn store<T: Copy + Default>(path: &[T], buffer: *mut T, size: u32) -> Result<u32, u32> {
    let Some(most) = (size as usize).checked_sub(1) else {
        return Err(code::ERROR_INSUFFICIENT_BUFFER);
    };
    let fits = &path[..path.len().min(most)];
    // SAFETY: not more than the size.
    unsafe { arg::store_all(buffer, &[fits, &[T::default()]].concat()) }?;
    if fits.len() < path.len() {
        SetLastError(code::ERROR_INSUFFICIENT_BUFFER);
        return Ok(size);
    }
    SetLastError(code::ERROR_SUCCESS);
    Ok(u32::try_from(fits.len()).unwrap_or(size))
}

/// The path of a module; null is the program.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetModuleFileNameA(module: HANDLE, buffer: *mut u8, size: u32) -> u32 {
    // SAFETY: the caller's buffer.
    guard::call(0, || unsafe { store(&path(module)?, buffer, size) })
}

/// The path of a module; null is the program.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetModuleFileNameW(module: HANDLE, buffer: *mut WCHAR, size: u32) -> u32 {
    // SAFETY: the caller's buffer.
    guard::call(0, || unsafe { store(&text::wide(&path(module)?), buffer, size) })
}
