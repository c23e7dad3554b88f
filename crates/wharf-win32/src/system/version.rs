//! Which Windows this is: 10, of the build that the contract was written for.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;

use crate::types::{BOOL, FALSE, TRUE};
use crate::{arg, code, guard};

const MAJOR: u32 = 10;
const MINOR: u32 = 0;
const BUILD: u32 = 19045;
/// VER_PLATFORM_WIN32_NT.
const PLATFORM: u32 = 2;
/// VER_NT_WORKSTATION.
const WORKSTATION: u8 = 1;

const VER_MINORVERSION: u32 = 1;
const VER_MAJORVERSION: u32 = 2;
const VER_BUILDNUMBER: u32 = 4;
const VER_PLATFORMID: u32 = 8;
const VER_SERVICEPACKMINOR: u32 = 0x10;
const VER_SERVICEPACKMAJOR: u32 = 0x20;
const VER_SUITENAME: u32 = 0x40;
const VER_PRODUCT_TYPE: u32 = 0x80;
/// ERROR_OLD_WIN_VERSION.
const OLD_VERSION: u32 = 1150;

/// OSVERSIONINFO, for either kind of characters.
#[repr(C)]
#[derive(Clone, Copy)]
struct Version<T> {
    size: u32,
    major: u32,
    minor: u32,
    build: u32,
    platform: u32,
    service_pack: [T; 128],
}

/// What OSVERSIONINFOEX has more.
#[repr(C)]
#[derive(Clone, Copy)]
struct Extended<T> {
    version: Version<T>,
    service_pack_major: u16,
    service_pack_minor: u16,
    suite: u16,
    product: u8,
    reserved: u8,
}

/// # Safety
/// Null, or a structure whose first field is its size.
unsafe fn store<T: Copy + Default>(to: *mut c_void) -> Result<BOOL, u32> {
    // SAFETY: the caller's.
    let size = unsafe { arg::load(to.cast::<u32>()) }?;
    let (plain, extended) = (size_of::<Version<T>>(), size_of::<Extended<T>>());
    let version = Version {
        size,
        major: MAJOR,
        minor: MINOR,
        build: BUILD,
        platform: PLATFORM,
        service_pack: [T::default(); 128],
    };
    if size as usize == plain {
        // SAFETY: it has that size.
        unsafe { arg::store(to.cast(), version) }?;
        return Ok(TRUE);
    }
    if size as usize != extended {
        // Windows' own code for it.
        return Err(code::ERROR_INSUFFICIENT_BUFFER);
    }
    let value = Extended {
        version,
        service_pack_major: 0,
        service_pack_minor: 0,
        suite: 0x100,
        product: WORKSTATION,
        reserved: 0,
    };
    // SAFETY: it has that size.
    unsafe { arg::store(to.cast(), value) }?;
    Ok(TRUE)
}

/// The version; into an OSVERSIONINFOA or OSVERSIONINFOEXA.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetVersionExA(to: *mut c_void) -> BOOL {
    // SAFETY: the caller's structure.
    guard::call(FALSE, || unsafe { store::<u8>(to) })
}

/// The version; into an OSVERSIONINFOW or OSVERSIONINFOEXW.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetVersionExW(to: *mut c_void) -> BOOL {
    // SAFETY: the caller's structure.
    guard::call(FALSE, || unsafe { store::<crate::types::WCHAR>(to) })
}

/// GetVersionExW as the native call: STATUS_SUCCESS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlGetVersion(to: *mut c_void) -> i32 {
    const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
    // SAFETY: the caller's structure.
    guard::call(INVALID_PARAMETER, || unsafe { store::<crate::types::WCHAR>(to) }.map(|_| 0))
}

/// The version in one number.
#[unsafe(no_mangle)]
pub extern "C" fn GetVersion() -> u32 {
    BUILD << 16 | MINOR << 8 | MAJOR
}

/// Adds a comparison to a mask for VerifyVersionInfo: three bits for each field.
#[unsafe(no_mangle)]
pub extern "C" fn VerSetConditionMask(mask: u64, fields: u32, condition: u8) -> u64 {
    let condition = u64::from(condition & 7);
    if condition == 0 || fields == 0 {
        return mask;
    }
    // The highest of several counts.
    mask | condition << (fields.ilog2() * 3)
}

/// Compares the version with a wish.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VerifyVersionInfoW(wanted: *const c_void, fields: u32, mask: u64) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's structure.
        let wanted = unsafe { arg::load(wanted.cast::<Extended<crate::types::WCHAR>>()) }?;
        let wish = [
            wanted.version.major,
            wanted.version.minor,
            wanted.version.build,
            wanted.version.platform,
            wanted.service_pack_major.into(),
            wanted.service_pack_minor.into(),
            wanted.product.into(),
        ];
        verify(wish, wanted.suite, fields, mask)
    })
}

/// Compares the version with a wish.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VerifyVersionInfoA(wanted: *const c_void, fields: u32, mask: u64) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's structure.
        let wanted = unsafe { arg::load(wanted.cast::<Extended<u8>>()) }?;
        let wish = [
            wanted.version.major,
            wanted.version.minor,
            wanted.version.build,
            wanted.version.platform,
            wanted.service_pack_major.into(),
            wanted.service_pack_minor.into(),
            wanted.product.into(),
        ];
        verify(wish, wanted.suite, fields, mask)
    })
}

fn verify(wish: [u32; 7], suite: u16, fields: u32, mask: u64) -> Result<BOOL, u32> {
    let condition = |field: u32| mask >> (field.ilog2() * 3) & 7;
    let holds = |condition: u64, own: u32, wanted: u32| match condition {
        1 => Some(own == wanted),
        2 => Some(own > wanted),
        3 => Some(own >= wanted),
        4 => Some(own < wanted),
        5 => Some(own <= wanted),
        _ => None,
    };
    let no = code::ERROR_INVALID_PARAMETER;
    if fields == 0 {
        return Err(no);
    }
    // Major, minor and service pack are one number of four places: a later place counts when those before are equal.
    let places = [
        (VER_MAJORVERSION, MAJOR, wish[0]),
        (VER_MINORVERSION, MINOR, wish[1]),
        (VER_SERVICEPACKMAJOR, 0, wish[4]),
        (VER_SERVICEPACKMINOR, 0, wish[5]),
    ];
    let asked: Vec<_> = places.iter().filter(|place| fields & place.0 != 0).collect();
    if let Some(decisive) = asked.iter().find(|place| place.1 != place.2).or(asked.last()) {
        let first = asked.first().map_or(decisive.0, |place| place.0);
        if !holds(condition(first), decisive.1, decisive.2).ok_or(no)? {
            return Err(OLD_VERSION);
        }
    }
    let single = [
        (VER_BUILDNUMBER, BUILD, wish[2]),
        (VER_PLATFORMID, PLATFORM, wish[3]),
        (VER_PRODUCT_TYPE, u32::from(WORKSTATION), wish[6]),
    ];
    for (field, own, wanted) in single {
        if fields & field != 0 && !holds(condition(field), own, wanted).ok_or(no)? {
            return Err(OLD_VERSION);
        }
    }
    // VER_AND wants all of the suites, VER_OR one of them; this one is VER_SUITE_SINGLEUSERTS.
    let suites = suite & 0x100;
    let fits = match condition(VER_SUITENAME) {
        6 => suites == suite,
        7 => suites != 0,
        _ => fields & VER_SUITENAME == 0,
    };
    if fits || fields & VER_SUITENAME == 0 { Ok(TRUE) } else { Err(OLD_VERSION) }
}
