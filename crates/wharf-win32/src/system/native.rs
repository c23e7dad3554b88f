//! Calls of ntdll, and random numbers.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::os::fd::{AsFd, OwnedFd};

use wharf_core::status::Status;

use crate::object::CloseHandle;
use crate::types::{BOOL, HANDLE, TRUE};
use crate::{arg, guard};

/// Closes a handle, or a socket as closesocket does (C41).
#[unsafe(no_mangle)]
pub extern "C" fn NtClose(handle: HANDLE) -> i32 {
    let status = if CloseHandle(handle) == TRUE { Status::SUCCESS } else { Status::INVALID_HANDLE };
    status.0.cast_signed()
}

/// The Win32 code of a status (A32).
#[unsafe(no_mangle)]
pub extern "C" fn RtlNtStatusToDosError(status: i32) -> u32 {
    Status(status.cast_unsigned()).win32()
}

/// How many bytes from the beginning are equal.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlCompareMemory(
    one: *const c_void,
    other: *const c_void,
    length: usize,
) -> usize {
    guard::call(0, || {
        // SAFETY: the caller's memory.
        let one = unsafe { arg::load_all(one.cast::<u8>(), length) }?;
        // SAFETY: the caller's memory.
        let other = unsafe { arg::load_all(other.cast::<u8>(), length) }?;
        Ok(one.iter().zip(&other).take_while(|(one, other)| one == other).count())
    })
}

/// Random bytes that nobody can foretell.
pub(crate) fn random(mut rest: &mut [u8]) -> Result<(), u32> {
    while !rest.is_empty() {
        // SAFETY: the buffer is ours.
        let done = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
        match usize::try_from(done) {
            Ok(done) => rest = &mut rest[done..],
            // Interrupted, or a kernel without the call: then the device.
            Err(_) => return device(rest),
        }
    }
    Ok(())
}

fn device(rest: &mut [u8]) -> Result<(), u32> {
    use rustix::fs::{Mode, OFlags, open};
    let failed = crate::file::read_error;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let device: OwnedFd = open("/dev/urandom", flags, Mode::empty()).map_err(failed)?;
    let mut done = 0;
    while done < rest.len() {
        done += rustix::io::read(device.as_fd(), &mut rest[done..]).map_err(failed)?;
    }
    Ok(())
}

/// Random bytes, by the name that RtlGenRandom is exported by.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SystemFunction036(to: *mut c_void, length: u32) -> u8 {
    guard::call(0, || {
        let mut bytes = vec![0; length as usize];
        random(&mut bytes)?;
        // SAFETY: the caller's buffer.
        unsafe { arg::store_all(to.cast(), &bytes) }?;
        Ok(1)
    })
}

/// Random bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlGenRandom(to: *mut c_void, length: u32) -> u8 {
    // SAFETY: the caller's buffer.
    unsafe { SystemFunction036(to, length) }
}

/// How a native call ended.
pub type NTSTATUS = i32;

/// Random bytes from the system's generator: with BCRYPT_USE_SYSTEM_PREFERRED_RNG (2) and no handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BCryptGenRandom(
    algorithm: *mut c_void,
    to: *mut c_void,
    length: u32,
    flags: u32,
) -> NTSTATUS {
    if !algorithm.is_null() || flags & 2 == 0 {
        return Status::INVALID_HANDLE.0.cast_signed();
    }
    // SAFETY: the caller's buffer.
    let done: BOOL = unsafe { SystemFunction036(to, length) }.into();
    let status = if done == 0 { Status::INVALID_PARAMETER } else { Status::SUCCESS };
    status.0.cast_signed()
}
