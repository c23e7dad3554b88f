//! The names of the machine and of the user.
#![allow(unsafe_code)] // the C library's user database; exported under C names

use crate::text::{self, out};
use crate::types::{BOOL, FALSE, TRUE, WCHAR};
use crate::{code, guard};

/// COMPUTER_NAME_FORMAT: the NetBIOS names, which are upper case and have 15 characters at most, and host names.
const NETBIOS: [u32; 2] = [0, 4];
const HOST_NAMES: [u32; 2] = [1, 5];
const DOMAINS: [u32; 2] = [2, 6];
const QUALIFIED: [u32; 2] = [3, 7];

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn netbios() -> String {
    let host = host();
    let label = host.split('.').next().unwrap_or_default();
    label.chars().take(15).map(text::case::upper).collect()
}

fn computer(format: u32) -> Result<String, u32> {
    let host = host();
    let (label, domain) = host.split_once('.').unwrap_or((&host, ""));
    match format {
        _ if NETBIOS.contains(&format) => Ok(netbios()),
        _ if HOST_NAMES.contains(&format) => Ok(label.to_owned()),
        _ if DOMAINS.contains(&format) => Ok(domain.to_owned()),
        _ if QUALIFIED.contains(&format) => Ok(host),
        _ => Err(code::ERROR_INVALID_PARAMETER),
    }
}

/// The user's name, by the effective id; the number, where the database does not know it.
fn user() -> String {
    let id = rustix::process::geteuid().as_raw();
    let mut buffer = vec![0; 16 * 1024];
    // SAFETY: all zeros are a valid passwd.
    let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
    let mut found = std::ptr::null_mut();
    let (at, size) = (buffer.as_mut_ptr(), buffer.len());
    // SAFETY: all of these are ours.
    unsafe { libc::getpwuid_r(id, &raw mut entry, at, size, &raw mut found) };
    if found.is_null() {
        return id.to_string();
    }
    // SAFETY: it was found, so its name is a string in the buffer.
    unsafe { std::ffi::CStr::from_ptr(entry.pw_name) }.to_string_lossy().into_owned()
}

/// The NetBIOS name of the machine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetComputerNameA(buffer: *mut u8, size: *mut u32) -> BOOL {
    let short = code::ERROR_BUFFER_OVERFLOW;
    guard::call(FALSE, || {
        // SAFETY: the caller's buffer.
        unsafe { out::counted(netbios().as_bytes(), buffer, size, short) }.map(|()| TRUE)
    })
}

/// The NetBIOS name of the machine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetComputerNameW(buffer: *mut WCHAR, size: *mut u32) -> BOOL {
    let short = code::ERROR_BUFFER_OVERFLOW;
    guard::call(FALSE, || {
        let name = text::wide(netbios().as_bytes());
        // SAFETY: the caller's buffer.
        unsafe { out::counted(&name, buffer, size, short) }.map(|()| TRUE)
    })
}

/// A name of the machine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetComputerNameExA(format: u32, buffer: *mut u8, size: *mut u32) -> BOOL {
    guard::call(FALSE, || {
        let name = computer(format)?;
        // SAFETY: the caller's buffer.
        unsafe { out::counted(name.as_bytes(), buffer, size, code::ERROR_MORE_DATA) }.map(|()| TRUE)
    })
}

/// A name of the machine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetComputerNameExW(
    format: u32,
    buffer: *mut WCHAR,
    size: *mut u32,
) -> BOOL {
    guard::call(FALSE, || {
        let name = text::wide(computer(format)?.as_bytes());
        // SAFETY: the caller's buffer.
        unsafe { out::counted(&name, buffer, size, code::ERROR_MORE_DATA) }.map(|()| TRUE)
    })
}

/// The user's name; its length is stored with the terminator.
///
/// # Safety
/// `size` is null or valid, `buffer` writable for as many units.
unsafe fn store_user<T: Copy + Default>(
    name: &[T],
    buffer: *mut T,
    size: *mut u32,
) -> Result<BOOL, u32> {
    // SAFETY: the caller's.
    unsafe { out::counted(name, buffer, size, code::ERROR_INSUFFICIENT_BUFFER) }?;
    let length = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
    // SAFETY: it was read and written before.
    unsafe { crate::arg::store(size, length) }?;
    Ok(TRUE)
}

/// The name of the user.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetUserNameA(buffer: *mut u8, size: *mut u32) -> BOOL {
    // SAFETY: the caller's.
    guard::call(FALSE, || unsafe { store_user(user().as_bytes(), buffer, size) })
}

/// The name of the user.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetUserNameW(buffer: *mut WCHAR, size: *mut u32) -> BOOL {
    // SAFETY: the caller's.
    guard::call(FALSE, || unsafe { store_user(&text::wide(user().as_bytes()), buffer, size) })
}
