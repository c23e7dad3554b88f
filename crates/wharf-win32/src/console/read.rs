//! ReadConsole: a line of input, with the carriage return and line feed that Windows' console puts after it.
#![allow(unsafe_code)] // exported under C names

use std::ffi::c_void;
use std::os::fd::AsFd;

use rustix::io::Errno;

use crate::file::handle::{self, File};
use crate::fork::Lock;
use crate::text;
use crate::thread::synchronous;
use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::{arg, code, guard};

/// What a line had beyond the room of the call that read it: the next call begins with it.
pub(crate) static REST: Lock<Vec<u8>> = Lock::new(Vec::new());

/// A line, or as much as there is before the end of input.
fn line(file: &File) -> Result<Vec<u8>, u32> {
    file.must_read()?;
    let rest = std::mem::take(&mut *REST.lock());
    if !rest.is_empty() {
        return Ok(rest);
    }
    synchronous::cancellable(None, || typed(file))
}

fn typed(file: &File) -> Result<Vec<u8>, u32> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        if line.is_empty() && !synchronous::poll(file.raw(), libc::POLLIN) {
            return Err(code::ERROR_OPERATION_ABORTED);
        }
        match wharf::blocking(|| rustix::io::read(file.as_fd(), &mut byte)) {
            Ok(0) => return Ok(line),
            Ok(_) if byte[0] == b'\n' => {
                line.extend_from_slice(b"\r\n");
                return Ok(line);
            }
            Ok(_) => line.push(byte[0]),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(crate::file::read_error(errno)),
        }
    }
}

fn keep(rest: Vec<u8>) {
    *REST.lock() = rest;
}

/// Reads a line.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadConsoleA(
    console: HANDLE,
    buffer: *mut c_void,
    room: u32,
    read: *mut u32,
    _control: *const c_void,
) -> BOOL {
    guard::call(FALSE, || {
        arg::check_room(buffer, 1)?;
        let mut line = line(&*handle::get(console)?)?;
        keep(line.split_off(line.len().min(room as usize)));
        let length = u32::try_from(line.len()).map_err(|_| code::ERROR_NOT_ENOUGH_MEMORY)?;
        // SAFETY: not more than the room.
        unsafe { arg::store_all(buffer.cast(), &line) }?;
        // SAFETY: the caller's variable.
        unsafe { arg::store_optional(read, length) }?;
        Ok(TRUE)
    })
}

/// Reads a line.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadConsoleW(
    console: HANDLE,
    buffer: *mut c_void,
    room: u32,
    read: *mut u32,
    _control: *const c_void,
) -> BOOL {
    guard::call(FALSE, || {
        arg::check_room(buffer, 1)?;
        let mut line = text::wide(&line(&*handle::get(console)?)?);
        let rest: Vec<WCHAR> = line.split_off(line.len().min(room as usize));
        keep(text::narrow(&rest));
        let length = u32::try_from(line.len()).map_err(|_| code::ERROR_NOT_ENOUGH_MEMORY)?;
        // SAFETY: not more than the room.
        unsafe { arg::store_all(buffer.cast(), &line) }?;
        // SAFETY: the caller's variable.
        unsafe { arg::store_optional(read, length) }?;
        Ok(TRUE)
    })
}
