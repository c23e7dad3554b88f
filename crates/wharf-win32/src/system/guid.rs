//! GUIDs: new ones, and their text.
#![allow(unsafe_code)] // exported under C names

use super::native::random;
use crate::memory::global;
use crate::socket::types::GUID;
use crate::types::WCHAR;
use crate::{arg, code, guard, text};

/// E_FAIL and RPC_S_OK are answers here, not last errors.
const E_POINTER: i32 = 0x8000_4003_u32.cast_signed();
const RPC_S_OK: i32 = 0;
const RPC_S_OUT_OF_MEMORY: i32 = 14;
const RPC_S_INVALID_ARG: i32 = 87;

/// A random one: version 4 of RFC 9562.
fn new() -> Result<GUID, u32> {
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let mut data4 = rest;
    data4[0] = data4[0] & 0x3F | 0x80;
    Ok(GUID {
        data1: u32::from_le_bytes([a, b, c, d]),
        data2: u16::from_le_bytes([e, f]),
        data3: u16::from_le_bytes([g, h]) & 0x0FFF | 0x4000,
        data4,
    })
}

fn format(guid: &GUID) -> String {
    let GUID { data1, data2, data3, data4 } = guid;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{data1:08x}-{data2:04x}-{data3:04x}-{}-{}", hex(&data4[..2]), hex(&data4[2..]))
}

/// A new GUID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CoCreateGuid(to: *mut GUID) -> i32 {
    // SAFETY: the caller's structure.
    guard::call(E_POINTER, || unsafe { arg::store(to, new()?) }.map(|()| 0))
}

/// A new GUID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UuidCreate(to: *mut GUID) -> i32 {
    // SAFETY: the caller's structure.
    guard::call(RPC_S_INVALID_ARG, || unsafe { arg::store(to, new()?) }.map(|()| RPC_S_OK))
}

/// A GUID as text, in braces and with large letters; the length with the terminator, or 0 if there is no room for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn StringFromGUID2(guid: *const GUID, to: *mut WCHAR, room: i32) -> i32 {
    guard::call(0, || {
        // SAFETY: the caller's structure.
        let text = format(&unsafe { arg::load(guid) }?).to_uppercase();
        let mut units = text::wide(format!("{{{text}}}").as_bytes());
        units.push(0);
        let length = i32::try_from(units.len()).unwrap_or(i32::MAX);
        if room < length {
            return Ok(0);
        }
        // SAFETY: the caller's buffer, with room for it.
        unsafe { arg::store_all(to, &units) }?;
        Ok(length)
    })
}

/// # Safety
/// Null, or valid.
unsafe fn to_string<T: Copy + Default>(
    guid: *const GUID,
    to: *mut *mut T,
    convert: impl Fn(&str) -> Vec<T>,
) -> i32 {
    guard::call(RPC_S_INVALID_ARG, || {
        // SAFETY: the caller's structure.
        let text = convert(&format(&unsafe { arg::load(guid) }?));
        let units = [text.as_slice(), &[T::default()]].concat();
        arg::check_room(to, 1)?;
        let block = global::allocate(0, units.len() * size_of::<T>());
        let Ok(block) = block else { return Ok(RPC_S_OUT_OF_MEMORY) };
        // SAFETY: it has that size.
        unsafe { arg::store_all(block.cast(), &units) }?;
        // SAFETY: the caller's variable.
        unsafe { arg::store(to, block.cast()) }?;
        Ok(RPC_S_OK)
    })
}

/// A GUID as text, for RpcStringFreeA.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UuidToStringA(guid: *const GUID, to: *mut *mut u8) -> i32 {
    // SAFETY: the caller's.
    unsafe { to_string(guid, to, |text| text.as_bytes().to_vec()) }
}

/// A GUID as text, for RpcStringFreeW.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UuidToStringW(guid: *const GUID, to: *mut *mut WCHAR) -> i32 {
    // SAFETY: the caller's.
    unsafe { to_string(guid, to, |text| text::wide(text.as_bytes())) }
}

/// # Safety
/// Null, or the address of such a text.
unsafe fn free<T>(text: *mut *mut T) -> i32 {
    guard::call(RPC_S_INVALID_ARG, || {
        // SAFETY: the caller's variable.
        let block = unsafe { arg::load(text) }?;
        // SAFETY: of UuidToString.
        if !unsafe { global::LocalFree(block.cast()) }.is_null() {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: it was read.
        unsafe { arg::store(text, std::ptr::null_mut()) }?;
        Ok(RPC_S_OK)
    })
}

/// Frees a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RpcStringFreeA(text: *mut *mut u8) -> i32 {
    // SAFETY: the caller's.
    unsafe { free(text) }
}

/// Frees a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RpcStringFreeW(text: *mut *mut WCHAR) -> i32 {
    // SAFETY: the caller's.
    unsafe { free(text) }
}
